/**
 * User variables go with the session over pools with fewer connections than sessions: every kind of value keeps its type, sign,
 * character set and collation, and no session sees another's.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';
import { ask, interleaved, playSame, value } from '../support/session-play.ts';

let stage: RouterStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await RouterStage.set([
    'CREATE TABLE item (id INT PRIMARY KEY, v INT, s VARCHAR(20))',
    "INSERT INTO item VALUES (1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c')",
  ]);
  router = await stage.startRouter(['--pool-connections-max=1', '--session-user-variable-bytes-max=2000']);
});
afterAll(() => stage?.stop());

const same = (...statements: string[]) =>
  playSame(stage.baseline, router.endpoint, interleaved(['a', 'b', 'c'], statements));

/** What a value is: itself, its type as a column, its collation and coercibility. */
const facts = [
  'SELECT @x',
  'SELECT @x, HEX(@x), COLLATION(@x), COERCIBILITY(@x), CHARSET(@x), @x + 0, @x IS NULL',
  'SELECT COALESCE(@x, 1), IF(1, @x, NULL), CONCAT(@x), -@x, @x = 5, CAST(@x AS CHAR), LENGTH(@x)',
  'SELECT @x UNION ALL SELECT @x',
];

describe('a value is the same on another connection', () => {
  test.each([
    'NULL',
    '0',
    '5',
    '-7',
    'TRUE',
    '9223372036854775807',
    '-9223372036854775808',
    '18446744073709551615',
    '18446744073709551616',
    'CAST(5 AS UNSIGNED)',
    'CAST(NULL AS SIGNED)',
    'CAST(NULL AS DECIMAL(5, 2))',
    'CAST(NULL AS CHAR)',
    'NULL + 0e0',
    '1.50',
    '-0.00',
    '.5',
    '123456789012345678901234567890.123456789012345678901234567890',
    '1e0',
    '1e0 / 3',
    '-0e0',
    '1.7976931348623157e308',
    '5e-324',
    '123456789e0',
    "''",
    "'text'",
    "'it''s \\\\ \\n \\0 \"quoted\"'",
    "'Grüße 😀'",
    '_latin1 0xE4',
    "_latin1 'abc' COLLATE latin1_german2_ci",
    "'abc' COLLATE utf8mb4_bin",
    '_utf16 0x00410042',
    '_gbk 0xC4E3',
    '_sjis 0x955C',
    "_ucs2 ''",
    "x'00FF10'",
    "_binary ''",
    "b'1010'",
    'NOW() > 0',
    "DATE '2024-02-29'",
    "TIMESTAMP '2024-02-29 10:00:00.123456'",
    "TIME '-100:00:01.5'",
    'CAST(\'{"a": [1, "b"]}\' AS JSON)',
    "ST_GeomFromText('POINT(1 2)')",
    "REPEAT('é', 300)",
    'USER() IS NULL',
    '(SELECT s FROM item WHERE id = 2)',
    '(SELECT SUM(v) FROM item)',
    '(SELECT AVG(v) FROM item)',
    'VERSION()',
    '@@sql_mode',
    '@@session.sql_notes',
  ])('%s', async (expression) => {
    await same(`SET @x = ${expression}`, ...facts);
  });

  test.each(['latin1', 'binary', 'utf8mb3', 'gbk', 'sjis'])('as strings of %s', async (charset) => {
    await same(
      `SET NAMES ${charset}`,
      "SET @x = 'aé\\\\b', @y = CONCAT('a', 1)",
      ...facts,
      'SELECT COLLATION(@x), COLLATION(@y), @y',
      "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
      'SELECT @x, @y, COLLATION(@x)',
    );
  });
});

const glance = ['other', 'SELECT @a, @b, @c, @n, @v, @x, @y'] as const;

describe('whatever sets them', () => {
  test.each<[string, readonly string[]]>([
    [
      'several in one SET',
      [
        "SET @a = 1, @b := 'b', @c = @a + 1",
        'SELECT @a, @b, @c',
        'SET @a = @a + 5, @d = @b',
        'SELECT @a, @d',
      ],
    ],
    [
      ':= in a SELECT',
      [
        'SELECT @n := 5, @n := @n + 1',
        'SELECT @n',
        'SELECT @n := @n + 1 FROM item',
        'SELECT @n',
        'SHOW WARNINGS',
        'SELECT @n',
      ],
    ],
    [
      'SELECT … INTO',
      [
        'SELECT v, s INTO @v, @s FROM item WHERE id = 2',
        'SELECT ROW_COUNT()',
        'SELECT @v, @s, FOUND_ROWS()',
        'SELECT v INTO @v FROM item WHERE id = 99',
        'SHOW WARNINGS',
        'SELECT @v',
        'SELECT v INTO @v FROM item',
        'SELECT @v',
        'SELECT 1, 2 INTO @v',
        'SELECT @v',
      ],
    ],
    [
      'UPDATE',
      ['UPDATE item SET v = (@before := v) + 0 WHERE id = 2', 'SELECT ROW_COUNT()', 'SELECT @before'],
    ],
    ['DO', ['DO @q := 3', 'SELECT @q']],
    [
      'GET DIAGNOSTICS',
      [
        'SELECT 1 FROM nowhere',
        'GET DIAGNOSTICS CONDITION 1 @errno = MYSQL_ERRNO, @text = MESSAGE_TEXT',
        'SELECT @errno, @text',
      ],
    ],
    [
      'quoted names',
      ['SET @`a` = 1, @\'b\' = 2, @"c" = 3, @A.b = 4, @$_d = 5', 'SELECT @a, @b, @c, @`A.B`, @$_d'],
    ],
    [
      'names that are not carried',
      ['SET @`with space` = 1, @`grün` = 2, @plain = 3', 'SELECT @`with space`, @`grün`, @plain'],
    ],
    [
      'a value that is too long',
      ["SET @long = REPEAT('x', 3000), @short = 1", 'SELECT LENGTH(@long), @short'],
    ],
    [
      'together with variables',
      ['SET @x = 1, sql_notes = 0, @y = @@sql_notes', 'SELECT @x, @y, @@sql_notes'],
    ],
    [
      'a SET that fails',
      ['SET @x = 1', "SET @x = 2, sql_mode = 'nonsense'", 'SELECT @x', 'SET @x = (SELECT 1', 'SELECT @x'],
    ],
    ['after an error', ['SELECT @e := 5, (SELECT 1 UNION SELECT 2)', 'SELECT @e']],
    [
      'in a transaction',
      [
        'BEGIN',
        'SET @x = 1',
        'UPDATE item SET v = v + @x WHERE id = 1',
        'SELECT v FROM item WHERE id = @x',
        'ROLLBACK',
        'SELECT @x',
      ],
    ],
    [
      'a chain of mysqldump',
      [
        "SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO'",
        'SET @OLD_NOTES=@@SQL_NOTES, SQL_NOTES=0',
        'SELECT @@sql_mode',
        'SET SQL_MODE=@OLD_SQL_MODE',
        'SET SQL_NOTES=@OLD_NOTES',
        'SELECT @@sql_mode, @@sql_notes',
      ],
    ],
  ])('%s', async (_, statements) => {
    const others = interleaved(['a'], statements).flatMap((turn) => [turn, glance]);
    const alone = statements.some((sql) => /space|long|BEGIN|DIAGNOSTICS/.test(sql));
    await playSame(stage.baseline, router.endpoint, alone ? interleaved(['a'], statements) : others);
  });
});

test('no connection is held for them', async () => {
  const client = await RawClient.connect(router.endpoint, { database: 'main' });
  await ask(client, "SET @a = 1, @b = 'x'");
  await ask(client, 'SELECT v INTO @c FROM item WHERE id = @a');
  const status = JSON.parse((await router.admin('/status.json')).body) as unknown;
  expect(JSON.stringify(status)).not.toContain('userVariables');
  expect(await value(client, 'SELECT CONCAT(@a, @b, @c)')).toBe('1x10');
  client.destroy();
});
