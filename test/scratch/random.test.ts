/** Tables of random columns with random rows, by seed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Random } from '../support/random.ts';
import { ask, run, ScratchStage } from './stage.ts';
import { allCases, type TypeCase } from './type-cases.ts';

const TABLES = 8;
const COLUMNS_MAX = 25;
const ROWS_MAX = 400;

let stage: ScratchStage;

beforeAll(async () => {
  stage = await ScratchStage.start();
  await run(stage.shard, 'SET cte_max_recursion_depth = 100000');
});
afterAll(() => stage.stop());

/** FLOAT does not come as text; '' as a member is told apart from none by number only. */
const cases = allCases.filter(([type]) => !/^float|^enum\(''/.test(type));
/** Long values fill a row's room, and the test's time. */
const isShort = (value: string): boolean => !/repeat/i.test(value);

async function makeTable(random: Random): Promise<number> {
  const count = random.between(1, COLUMNS_MAX);
  const columns = Array.from({ length: count }, (): TypeCase => random.pick(cases));
  const notNull = columns.map(([type]) => random.chance(0.3) && !/^(?:enum|set)/.test(type));
  const parts = columns.map(([type], at) => `c${at} ${type}${notNull[at] ? ' NOT NULL' : ' NULL'}`);
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t',
    `CREATE TABLE t (id INT PRIMARY KEY, ${parts.join(', ')})`,
  );
  const rows = random.between(0, ROWS_MAX);
  for (let at = 0; at < rows; ) {
    const values: string[] = [];
    for (let left = 50; left > 0 && at < rows; left--, at++) {
      const cells = columns.map(([, ...all], position) => {
        const usual = all.filter(isShort);
        return !notNull[position] && random.chance(0.2) ? 'NULL' : random.pick(usual);
      });
      values.push(`(${[at, ...cells].join(', ')})`);
    }
    await run(stage.shard, `INSERT INTO t VALUES ${values.join(', ')}`);
  }
  return rows;
}

test.each(Array.from({ length: TABLES }, (_, seed) => seed))('seed %s', async (seed) => {
  const random = new Random(seed + 1);
  const rows = await makeTable(random);
  const types = (await stage.typesOf('t')).map(({ type }) => type);
  for (const protocol of ['text', 'binary'] as const) {
    const loaded = await stage.copy('SELECT * FROM t', { protocol, types, keys: [[0]] });
    expect(loaded.rows).toBe(rows);
    await stage.expectSame('SELECT * FROM t ORDER BY id', 'SELECT * FROM headgate_1 ORDER BY id');
  }
});

test('rows wider than a table can have, and long values', async () => {
  const wide = Array.from({ length: 8 }, (_, at) => `w${at} VARCHAR(2000)`).join(', ');
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t, u',
    `CREATE TABLE t (id INT PRIMARY KEY, ${wide})`,
    `CREATE TABLE u (uid INT PRIMARY KEY, ${wide.replaceAll('w', 'u')}, b LONGBLOB)`,
    "INSERT INTO t (id, w0, w7) VALUES (1, REPEAT('ü', 2000), '')",
    "INSERT INTO u (uid, u0, b) VALUES (1, 'x', REPEAT(x'27005cff', 4500000))",
  );
  await stage.copy('SELECT * FROM t JOIN u ON id = uid', { protocol: 'text', keys: [[1], [2, 0]] });
  const facts = (table: string): string =>
    `SELECT HEX(w0), w7, u0, w1, LENGTH(b), SHA2(b, 256) FROM ${table}`;
  await stage.expectSameText(facts('t JOIN u ON id = uid'), facts('headgate_1'));
});

test('servers that want a primary key of each table', async () => {
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t',
    'CREATE TABLE t (a INT)',
    'INSERT INTO t VALUES (1), (NULL)',
  );
  await run(stage.scratch, 'SET sql_require_primary_key = ON');
  for (const memoryBytesMax of [0, 1000]) {
    const store = { memoryBytesMax, rowsWithoutKeysMax: 10 };
    await stage.copy('SELECT a FROM t', { protocol: 'text', keys: [[0]], store });
    await stage.expectSame('SELECT * FROM t ORDER BY a', 'SELECT * FROM headgate_1 ORDER BY a');
  }
  await run(stage.scratch, 'SET sql_require_primary_key = DEFAULT');
});

test('more CHAR columns than a page of InnoDB takes', async () => {
  const columns = Array.from({ length: 400 }, (_, at) => `c${at} CHAR(40)`).join(', ');
  const types = Array.from({ length: 400 }, () => 'char(40) CHARACTER SET latin1');
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t',
    `CREATE TABLE t (${columns}) CHARACTER SET latin1 ENGINE=MyISAM`,
    "INSERT INTO t (c0, c399) VALUES ('x', 'y')",
  );
  await stage.copy('SELECT * FROM t', {
    protocol: 'text',
    types,
    keys: [[0]],
    store: { memoryBytesMax: 0, rowsWithoutKeysMax: 0 },
  });
  await stage.expectSame('SELECT * FROM t', 'SELECT * FROM headgate_1');
});

test('many columns, and many rows', async () => {
  const columns = Array.from({ length: 1000 }, (_, at) => `${at} AS c${at}`).join(', ');
  await stage.copy(`SELECT ${columns}`, { protocol: 'text' });
  await stage.expectSameText('SELECT 0 + 999', 'SELECT c0 + c999 FROM headgate_1');
  const many =
    'WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT i, REPEAT(i, 10) AS r FROM n';
  const batches: number[] = [];
  await stage.copy(many, { protocol: 'binary', budget: (rows) => batches.push(rows) });
  expect(batches.reduce((sum, rows) => sum + rows, 0)).toBe(30_000);
  await stage.expectSameText(
    `SELECT COUNT(*), SUM(i), SUM(CRC32(r)) FROM (${many}) d`,
    'SELECT COUNT(*), SUM(i), SUM(CRC32(r)) FROM headgate_1',
  );
  await ask(stage.shard, 'SELECT 1');
});
