/** Queries over rows of several places: answered as one MySQL with all tables answers them, packet by packet. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { capability } from '../../src/mysql/protocol.ts';
import { long, type Parameter, text } from '../support/parameters.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { ask, explained, interleaved, playSame, refusal } from '../support/session-play.ts';
import { GatherStage } from './stage.ts';

let stage: GatherStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await GatherStage.set();
  router = await stage.startRouter();
});
afterAll(() => stage?.stop());
afterEach(() => stage.closeClients());

const same = (...statements: string[]) =>
  playSame(
    stage.reference,
    router.endpoint,
    interleaved(['a'], statements),
    { database: 'user' },
    simplified,
  );

/**
 * Depends on how a query was run: whether an index was used, and what a temporary table of MySQL's own makes of definitions (flags of keys, the
 * original name and the decimals of an expression).
 */
const simplified = (lines: string): string =>
  lines
    .replaceAll('+noIndexUsed', '')
    // What the router adds to MySQL's words.
    .replaceAll(/; did you mean [^?]*\?/g, '')
    .replaceAll('+noGoodIndexUsed', '')
    .replaceAll(/^COLUMN \.\(\)\.(.+)\((?:\1)?\) (\w+)\((\d+),\d+\)/gm, 'COLUMN $1 $2($3)')
    .replaceAll(/flags=(\d+)/g, (_, flags: string) => `flags=${Number(flags) & ~keyFlags}`);
const keyFlags = 2 | 4 | 8 | 128 | 16384;

const join = 'FROM customer c JOIN main.region r ON r.id = c.region';

test('joins of one keyspace and of two', async () => {
  await same(
    'SELECT c.name, r.name FROM customer c JOIN main.region r ON r.id = c.region ORDER BY c.id',
    'SELECT c.id, s.id, s.note FROM customer c JOIN sale s ON s.customer = c.id ORDER BY s.id',
    'SELECT c.*, r.* FROM customer c LEFT JOIN main.region r ON r.id = c.region ORDER BY c.id',
    `SELECT r.name, COUNT(DISTINCT c.name), MAX(c.since) ${join} GROUP BY r.name WITH ROLLUP`,
    'SELECT id, ROW_NUMBER() OVER (ORDER BY amount DESC) FROM sale ORDER BY id LIMIT 4',
    'SELECT id FROM customer WHERE region IN (SELECT id FROM main.region WHERE tax > 1.6) ORDER BY id',
    'WITH t AS (SELECT customer, SUM(amount) AS a FROM sale GROUP BY customer) SELECT x.customer FROM t x JOIN t y ON x.a > y.a GROUP BY x.customer HAVING COUNT(*) > 9 ORDER BY 1',
  );
});

test('names that the router gives its temporary tables', async () => {
  await same(
    `WITH headgate_1 AS (SELECT 5 AS region) SELECT r.name, COUNT(DISTINCT c.name), (SELECT region FROM headgate_1) ${join} GROUP BY r.name ORDER BY 1`,
    `WITH headgate_2 AS (SELECT 0 AS id) SELECT r.name, COUNT(DISTINCT c.name) ${join} JOIN headgate_2 h ON h.id = r.id GROUP BY r.name`,
    'WITH RECURSIVE Headgate_1 (n) AS (SELECT MIN(id) FROM customer UNION ALL SELECT n + 1 FROM Headgate_1 WHERE n < 5) SELECT h.n, COUNT(DISTINCT r.name) FROM Headgate_1 h LEFT JOIN main.region r ON r.id = h.n GROUP BY h.n ORDER BY 1',
    'SELECT headgate_1.name AS headgate_3, COUNT(DISTINCT headgate_2.name) FROM customer headgate_2 JOIN main.region headgate_1 ON headgate_1.id = headgate_2.region GROUP BY headgate_3 ORDER BY 1',
  );
});

test('letters whose second byte looks like a quote', async () => {
  const bytes = (sql: string, charset: string, letter: readonly number[]) => [
    `SET NAMES ${charset}`,
    Buffer.concat([Buffer.from(`SELECT CONCAT('`), Buffer.from(letter), Buffer.from(sql)]),
  ];
  const sql = `, (SELECT MAX(id) FROM user.nix), ', user.c.name), COUNT(DISTINCT r.name) ${join} GROUP BY 1 ORDER BY 1`;
  const turns = [
    ...bytes(sql, 'gbk', [0x81, 0x60]),
    ...bytes(sql, 'gbk', [0x81, 0x5c]),
    ...bytes(sql, 'sjis', [0x83, 0x60]),
  ].map((one) => ['a', one] as const);
  await playSame(stage.reference, router.endpoint, turns, { database: 'user' }, simplified);
});

test('names in another character set than UTF-8', async () => {
  const client = await stage.client(router);
  await ask(client, 'SET NAMES latin1');
  const named = Buffer.from(`SELECT c.id AS \`\xfc\`, COUNT(DISTINCT r.name) ${join} GROUP BY 1`, 'latin1');
  expect(await refusal(client, named)).toMatch(/names with letters outside of ASCII/);
  expect(await refusal(client, `SELECT MAX(c.name), COUNT(DISTINCT r.name) ${join}`)).toBeUndefined();
});

test('what the session has of its own', async () => {
  await same(
    `SELECT c.id INTO @x ${join} WHERE c.id = 3`,
    'SELECT @x',
    `SELECT @y := COUNT(DISTINCT c.name) ${join}`,
    'SELECT @y',
    `SELECT c.id INTO @z ${join} ORDER BY c.id`,
    'SHOW WARNINGS',
    'SELECT @z',
    'SELECT @n := IFNULL(@n, 0) + 1 FROM customer',
    `SELECT SQL_CALC_FOUND_ROWS c.id ${join} ORDER BY c.id LIMIT 2`,
    'SHOW WARNINGS',
    'SELECT FOUND_ROWS()',
    `SELECT COUNT(*), FOUND_ROWS() AS f, ROW_COUNT() ${join}`,
    `SELECT LAST_INSERT_ID(77) ${join} WHERE c.id = 1`,
    'SELECT LAST_INSERT_ID()',
    `SELECT DATABASE(), CONNECTION_ID() > 0, LAST_INSERT_ID(), c.id ${join} ORDER BY c.id LIMIT 1`,
    `SELECT c.id / 0, r.name ${join} WHERE c.id = 1`,
    'SHOW WARNINGS',
    `SELECT COUNT(DISTINCT NOW(6)) ${join}`,
  );
});

test('settings', async () => {
  await same(
    'SET sql_select_limit = 2',
    'SELECT region, COUNT(*) AS many FROM customer GROUP BY region ORDER BY COUNT(*) DESC, region',
    `SELECT c.id ${join} ORDER BY c.id`,
    'SET sql_select_limit = DEFAULT',
    'SET NAMES latin1',
    "SELECT c.id, CONCAT(c.name, '\u00e9') FROM customer c JOIN sale s ON s.customer = c.id ORDER BY s.id LIMIT 3",
    'SET NAMES utf8mb4',
    "SET time_zone = '+05:00', timestamp = 1700000000",
    'SELECT s.made, NOW(), r.name FROM sale s JOIN main.region r ON r.id = s.n ORDER BY s.id LIMIT 3',
    'SET timestamp = DEFAULT',
    "SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'",
    'SELECT "c".name || \'-\' || r.name FROM customer c JOIN main.region r ON r.id = c.region ORDER BY c.id LIMIT 2',
  );
});

test.each(['ucs2', 'utf16le', 'utf32', 'latin1'])('names of columns in %s', async (charset) => {
  await same(`SET character_set_results = ${charset}`, `SELECT c.name, r.name AS r ${join} ORDER BY c.id`);
});

test('errors are MySQL own, about the client own text', async () => {
  await same(
    `SELECT c.nix ${join}`,
    `SELECT id ${join}`,
    'SELECT c.id FROM customer c JOIN main.nothing r ON r.id = c.region',
    'SELECT c.id FROM customer c JOIN main.region r USING (nope)',
    `SELECT r.name, COUNT(DISTINCT c.name) ${join} GROUP BY r.id DIV 2`,
    'SELECT s.note, COUNT(*) FROM customer c JOIN sale s ON s.customer = c.id GROUP BY c.id',
    `SELECT r.id + 9223372036854775807, COUNT(DISTINCT c.name) ${join} WHERE r.id > 0 GROUP BY r.id`,
    'SELECT (SELECT id FROM main.region) FROM customer',
    `SELECT c.name, COUNT(*) AS n ${join} GROUP BY c.id ORDER BY c.id`,
  );
});

test('default databases that no keyspace is', async () => {
  const query = `SELECT DATABASE(), COUNT(DISTINCT c.name) ${join.replace('customer', 'user.customer')}`;
  const turns = interleaved(['a'], [query, 'USE information_schema', query, 'USE main', query]);
  await playSame(stage.reference, router.endpoint, turns, {}, simplified);
});

test('several statements in one command', async () => {
  const script = `SELECT COUNT(DISTINCT c.name) ${join}; SELECT 1; SELECT c.nix ${join}; SELECT 2`;
  const seen = await Promise.all(
    [stage.reference, router.endpoint].map(async (endpoint) => {
      const client = await stage.client({ endpoint }, { with: capability.multiStatements });
      return simplified(explained(await client.query(script)).join('\n'));
    }),
  );
  expect(seen[1]).toBe(seen[0]);
});

const prepared: readonly (readonly [string, readonly Parameter[]])[] = [
  [
    'SELECT c.id, r.name, ? FROM customer c JOIN sale s ON s.customer = c.id LEFT JOIN main.region r ON r.id = c.region AND r.tax > ? WHERE c.id < ? ORDER BY s.id LIMIT ?',
    [text('x'), long(1), long(6), long(5)],
  ],
  [
    'SELECT r.name, COUNT(DISTINCT c.name) AS n FROM customer c JOIN main.region r ON r.id = c.region WHERE c.id < ? GROUP BY r.name ORDER BY 1',
    [long(9)],
  ],
  ['SELECT MAX(c.id), COUNT(*) INTO @n, @m FROM customer c JOIN main.region r ON r.id = c.region', []],
  ['SELECT c.nix FROM customer c JOIN main.region r ON r.id = c.region', []],
];

test.each([0, 1])('prepared statements (cursor %i)', async (cursor) => {
  const seen = await Promise.all(
    [stage.reference, router.endpoint].map(async (endpoint) => {
      const client = await stage.client({ endpoint });
      const lines: string[] = [];
      for (const [sql, parameters] of prepared) {
        const { answer, id } = await client.prepare(sql);
        lines.push(sql, ...explained(answer));
        if (id === 0) continue;
        lines.push(...explained(await client.execute(id, parameters, { cursor })));
        if (cursor > 0)
          lines.push(...explained(await client.fetch(id, 2)), ...explained(await client.fetch(id, 99)));
      }
      return simplified(lines.join('\n')).split('\n');
    }),
  );
  expect(seen[1]).toEqual(seen[0]);
});

test('PREPARE and EXECUTE … USING', async () => {
  await same(
    `PREPARE p FROM 'SELECT c.id, r.name ${join} AND r.tax > ? WHERE c.id < ? ORDER BY c.id LIMIT ?'`,
    'SET @a = 1.75, @b = 6, @c = 7',
    'EXECUTE p USING @a, @b, @c',
    'DEALLOCATE PREPARE p',
  );
});
