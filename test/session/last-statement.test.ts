/**
 * LAST_INSERT_ID, ROW_COUNT, FOUND_ROWS, SHOW WARNINGS and settings where every statement runs on another session's
 * connection: two sessions share a pool of one and take turns. mysqld says what is right.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';
import { interleaved, playSame, type Turn } from '../support/session-play.ts';

let stage: RouterStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await RouterStage.set([
    'CREATE TABLE auto_a (id BIGINT AUTO_INCREMENT PRIMARY KEY, u INT UNIQUE, v TINYINT)',
    'CREATE TABLE auto_b (id BIGINT AUTO_INCREMENT PRIMARY KEY, u INT UNIQUE, v TINYINT) AUTO_INCREMENT = 1000',
    'CREATE TABLE plain (id INT PRIMARY KEY, v VARCHAR(4))',
    "INSERT INTO plain VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e')",
  ]);
  router = await stage.startRouter(['--pool-connections-max=1', '--pool-wait-ms-max=3000']);
});
afterAll(() => stage?.stop());

const same = (turns: readonly Turn[]) => playSame(stage.baseline, router.endpoint, turns);

/** Both sessions run the list, `$S` being their own table; after every statement the other has its turn. */
const both = (...statements: string[]) => same(interleaved(['auto_a', 'auto_b'], statements));

const facts = ['SHOW WARNINGS', 'SELECT LAST_INSERT_ID()', 'SELECT ROW_COUNT()', 'SELECT FOUND_ROWS()'];

/** The statement, then each question directly after it, then all of them. */
const askedAfter = (...statements: string[]) => [
  ...facts.flatMap((fact) => [...statements, fact]),
  ...statements,
  ...facts,
];

describe('LAST_INSERT_ID()', () => {
  test.each([
    ['generated', ['INSERT INTO $S (v) VALUES (1)']],
    ['several rows', ['INSERT INTO $S (v) VALUES (1), (2), (3)']],
    [
      'explicit id',
      [
        'INSERT INTO $S (v) VALUES (7)',
        'INSERT INTO $S (id, v) VALUES ((SELECT 50000 + COUNT(*) FROM plain p) + FLOOR(RAND() * 0) + CONNECTION_ID() * 0 + (SELECT m FROM (SELECT COALESCE(MAX(id), 0) m FROM $S) x), 2)',
      ],
    ],
    [
      'explicit id equal to the last one',
      [
        'INSERT INTO $S (v) VALUES (1)',
        'DELETE FROM $S WHERE id = LAST_INSERT_ID()',
        'INSERT INTO $S (id, v) SELECT LAST_INSERT_ID(), 3',
      ],
    ],
    ['function with argument', ['SELECT LAST_INSERT_ID(77)', 'SELECT 1']],
    [
      'UPDATE with the function',
      ['INSERT INTO $S (v) VALUES (1)', 'UPDATE $S SET v = 2, id = LAST_INSERT_ID(id) WHERE v < 2 LIMIT 1'],
    ],
    [
      'ON DUPLICATE KEY UPDATE',
      [
        'DELETE FROM $S',
        'INSERT INTO $S (u, v) VALUES (5, 1)',
        'INSERT INTO $S (u, v) VALUES (6, 1)',
        'INSERT INTO $S (u, v) VALUES (5, 2) ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), v = 9',
      ],
    ],
    [
      'ON DUPLICATE KEY UPDATE without the function',
      [
        'DELETE FROM $S',
        'INSERT INTO $S (u, v) VALUES (5, 1)',
        'INSERT INTO $S (u, v) VALUES (5, 2) ON DUPLICATE KEY UPDATE v = 9',
      ],
    ],
    [
      'INSERT IGNORE that inserts nothing',
      ['DELETE FROM $S', 'INSERT INTO $S (u, v) VALUES (5, 1)', 'INSERT IGNORE INTO $S (u, v) VALUES (5, 1)'],
    ],
    [
      'a failing INSERT',
      ['DELETE FROM $S', 'INSERT INTO $S (u, v) VALUES (5, 1)', 'INSERT INTO $S (u, v) VALUES (5, 1)'],
    ],
    [
      'REPLACE',
      ['DELETE FROM $S', 'INSERT INTO $S (u, v) VALUES (5, 1)', 'REPLACE INTO $S (u, v) VALUES (5, 2)'],
    ],
    ['INSERT … SELECT', ['INSERT INTO $S (v) SELECT id FROM plain']],
    [
      'used in a write',
      ['INSERT INTO $S (v) VALUES (1)', 'UPDATE $S SET v = v + 1 WHERE id = LAST_INSERT_ID()'],
    ],
  ])('%s', async (_name, statements) => {
    await both(...askedAfter(...statements));
  });

  test('@@last_insert_id, @@identity', async () => {
    await both(
      'INSERT INTO $S (v) VALUES (1)',
      'SELECT @@last_insert_id, @@identity',
      'SELECT 1',
      'SELECT @@identity AS i',
    );
  });

  test('set by hand, by one session', async () => {
    await same([
      ['a', 'SET last_insert_id = 4242'],
      ['a', 'SELECT 1'],
      ['a', 'SELECT LAST_INSERT_ID()'],
      ['a', 'DELETE FROM auto_a'],
      ['a', 'SET insert_id = 991234'],
      ['a', 'INSERT INTO auto_a (v) VALUES (1)'],
      ['a', 'SELECT LAST_INSERT_ID(), id FROM auto_a'],
    ]);
  });

  test('the other session only reads', async () => {
    await same([
      ['auto_a', 'INSERT INTO auto_a (v) VALUES (1)'],
      ['x', 'SELECT 1'],
      ['x', 'SELECT LAST_INSERT_ID()'],
      ['auto_a', 'SELECT LAST_INSERT_ID()'],
      ['x', 'INSERT INTO plain VALUES (100, NULL)'],
      ['x', 'SELECT LAST_INSERT_ID()'],
      ['x', 'DELETE FROM plain WHERE id = 100'],
      ['auto_a', 'SELECT LAST_INSERT_ID() AS id, ROW_COUNT(), FOUND_ROWS()'],
    ]);
  });
});

describe('ROW_COUNT(), FOUND_ROWS()', () => {
  test.each([
    ['SELECT', ['SELECT id FROM plain WHERE id > 2']],
    ['SELECT that finds nothing', ['SELECT id FROM plain WHERE id > 200']],
    ['LIMIT', ['SELECT id FROM plain LIMIT 2']],
    ['SQL_CALC_FOUND_ROWS', ['SELECT SQL_CALC_FOUND_ROWS id FROM plain LIMIT 2']],
    [
      'UPDATE with and without a change',
      [
        "UPDATE plain SET v = 'zz' WHERE id < 3",
        "UPDATE plain SET v = 'zz' WHERE id < 4",
        'UPDATE plain SET v = CHAR(96 + id)',
      ],
    ],
    ['DELETE of nothing', ['DELETE FROM plain WHERE id = 999']],
    ['SET', ['SELECT id FROM plain', 'SET sql_notes = 1']],
    ['SHOW', ['SHOW TABLES']],
    ['DO', ['DO 1']],
    ['BEGIN and COMMIT', ['BEGIN', 'COMMIT']],
    ['an error', ['SELECT nowhere FROM plain']],
    ['a syntax error', ['SELEC 1']],
    ['USE', ['SELECT id FROM plain', 'USE main']],
    ['UNION', ['(SELECT id FROM plain) UNION ALL (SELECT id FROM plain) LIMIT 3']],
  ])('%s', async (_name, statements) => {
    await both(...askedAfter(...statements));
  });

  test('inside of expressions and with aliases', async () => {
    await both(
      'SELECT id FROM plain LIMIT 3',
      'SELECT FOUND_ROWS() + 1 AS more, ROW_COUNT() , `FOUND_ROWS`() FROM plain LIMIT 1',
      'DELETE FROM plain WHERE id = 999',
      "SELECT IF(ROW_COUNT() = 0, 'none', 'some'), 'FOUND_ROWS()'",
    );
  });
});

describe('warnings', () => {
  test.each([
    ['of a SELECT', ["SELECT CAST('12x' AS SIGNED)"]],
    ['of a write', ["SET sql_mode = ''", 'INSERT INTO $S (v) VALUES (1000), (2000)']],
    ['an error', ['SELECT * FROM nowhere']],
    ['an error of the syntax', ['SELECT FROM']],
    ['a note', ['DROP TABLE IF EXISTS nowhere']],
    ['cleared by the next statement', ["SELECT CAST('12x' AS SIGNED)", 'SELECT id FROM plain LIMIT 1']],
    ['kept by a statement without tables', ["SELECT CAST('12x' AS SIGNED)", 'SELECT 1']],
    ['SET clears', ["SELECT CAST('12x' AS SIGNED)", 'SET @@sql_notes = 1']],
  ])('%s', async (_name, statements) => {
    const questions = [
      'SHOW WARNINGS',
      'SHOW COUNT(*) WARNINGS',
      'SHOW ERRORS',
      'SHOW COUNT(*) ERRORS',
      'SHOW WARNINGS LIMIT 1',
      'SHOW WARNINGS LIMIT 1, 1',
    ];
    await both(...questions.flatMap((question) => [...statements, question]), ...statements, ...questions);
  });

  test('@@warning_count and @@error_count', async () => {
    await both(
      "SELECT CAST('12x' AS SIGNED)",
      'SELECT @@warning_count, @@error_count',
      'SELECT * FROM nowhere',
      'SELECT @@error_count',
    );
  });
});

describe('settings go with their session', () => {
  const settings = [
    [
      'sql_mode',
      "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
      "SET SESSION sql_mode = 'STRICT_ALL_TABLES'",
      `SELECT @@sql_mode, '\\\\', "plain"`,
    ],
    ['PIPES_AS_CONCAT', "SET sql_mode = 'PIPES_AS_CONCAT'", 'SET @@sql_mode = DEFAULT', "SELECT '1' || '2'"],
    [
      'time_zone',
      "SET time_zone = '+05:00'",
      "SET time_zone = '-03:30'",
      'SELECT @@time_zone, FROM_UNIXTIME(0)',
    ],
    [
      'timestamp by name',
      "SET SESSION time_zone = 'SYSTEM', sql_notes = 0",
      "SET time_zone='+00:00'",
      'SELECT @@time_zone, @@sql_notes',
    ],
    [
      'isolation',
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      "SET transaction_isolation = 'SERIALIZABLE'",
      'SELECT @@transaction_isolation',
    ],
    [
      'read only',
      'SET SESSION TRANSACTION READ ONLY',
      'SET SESSION transaction_read_only = 0',
      'INSERT INTO plain VALUES (1, 1)',
    ],
    [
      'charset',
      'SET NAMES latin1',
      'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
      "SELECT @@character_set_client, @@character_set_results, @@collation_connection, HEX('ü'), 'A' = 'a'",
    ],
    [
      'SET CHARACTER SET',
      'SET CHARACTER SET latin1',
      'SET character_set_results = NULL',
      'SELECT @@character_set_client, @@character_set_results, @@collation_connection',
    ],
    [
      'sql_select_limit',
      'SET sql_select_limit = 2',
      'SET SESSION sql_select_limit = DEFAULT',
      'SELECT id FROM plain',
    ],
    [
      'max_execution_time',
      'SET max_execution_time = 1234',
      'SET @@session.max_execution_time = 0',
      'SELECT @@max_execution_time',
    ],
    [
      'foreign_key_checks',
      'SET foreign_key_checks = OFF',
      "SET foreign_key_checks = 'ON'",
      'SELECT @@foreign_key_checks, @@unique_checks',
    ],
    [
      'group_concat_max_len',
      'SET group_concat_max_len = 4',
      'SET group_concat_max_len = 1024 * 2',
      'SELECT GROUP_CONCAT(id), @@group_concat_max_len FROM plain',
    ],
    [
      'lc_time_names',
      "SET lc_time_names = 'de_DE'",
      "SET lc_time_names = 'fr_FR'",
      "SELECT DAYNAME('2024-01-01')",
    ],
    [
      'an expression',
      "SET sql_mode = CONCAT(@@sql_mode, ',ANSI')",
      "SET sql_mode = REPLACE(@@sql_mode, 'STRICT_TRANS_TABLES', '')",
      'SELECT @@sql_mode, 1 "x"',
    ],
    [
      'several at once',
      "SET sql_mode = '', time_zone = '+01:00', sql_select_limit = 3",
      "SET NAMES latin1, autocommit = 1, lc_time_names = 'es_ES'",
      'SELECT @@sql_mode, @@time_zone, @@sql_select_limit, @@character_set_client, @@lc_time_names',
    ],
    [
      'a SET that fails in the middle',
      "SET time_zone = '+02:00', sql_mode = 'NONSENSE'",
      'SET sql_select_limit = 5, nowhere = 3',
      'SELECT @@time_zone, @@sql_mode, @@sql_select_limit',
    ],
    ['unknown variables', 'SET nothing = 1', 'SET SESSION server_id = 1', 'SELECT @@server_uuid IS NULL'],
    [
      'copied from a variable',
      'SET time_zone = @@global.time_zone, max_join_size = @@max_join_size',
      'SET group_concat_max_len = (SELECT 99)',
      'SELECT @@time_zone, @@group_concat_max_len',
    ],
    [
      'collation_connection',
      'SET collation_connection = latin1_german1_ci',
      "SET collation_connection = 'utf8mb4_de_pb_0900_ai_ci'",
      "SELECT @@character_set_connection, COLLATION('x')",
    ],
  ] as const;

  test.each(settings)('%s', async (_name, a, b, question) => {
    await same([
      ['a', question],
      ['b', question],
      ['a', a],
      ['b', question],
      ['a', question],
      ['b', b],
      ['a', question],
      ['b', question],
      ['c', question],
      ['a', question],
    ]);
  });

  test('autocommit = 0', async () => {
    await same([
      ['a', 'SET autocommit = 0'],
      ['b', 'SELECT @@autocommit'],
      ['a', 'SELECT @@autocommit'],
      ['a', 'COMMIT'],
      ['b', 'SELECT @@autocommit'],
      ['a', "INSERT INTO plain VALUES (50, 'x')"],
      ['a', 'ROLLBACK'],
      ['b', 'SELECT * FROM plain WHERE id = 50'],
      ['a', "INSERT INTO plain VALUES (50, 'x')"],
      ['a', 'SET autocommit = 1'],
      ['b', 'SELECT * FROM plain WHERE id = 50'],
      ['b', 'DELETE FROM plain WHERE id = 50'],
      ['a', 'SELECT @@autocommit'],
    ]);
  });

  test('USE: each its own database', async () => {
    await same([
      ['a', 'USE other'],
      ['b', 'SELECT DATABASE()'],
      ['a', 'SELECT DATABASE()'],
      ['a', "INSERT INTO plain VALUES (9, 'o')"],
      ['b', 'SELECT v FROM plain WHERE id = 9'],
      ['a', 'SELECT v FROM plain WHERE id = 9'],
      ['a', 'DELETE FROM plain WHERE id = 9'],
      ['a', 'SHOW TABLES'],
      ['b', 'SELECT SCHEMA()'],
    ]);
  });
});

test('the pool never had more than its one connection', async () => {
  const status = JSON.parse((await router.admin('/status.json')).body) as {
    topology: { tablets: { alias: string; pool: { open: number } }[] };
  };
  for (const { pool } of status.topology.tablets) expect(pool.open).toBeLessThanOrEqual(1);
});
