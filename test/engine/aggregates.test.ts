/** Aggregates put together from parts against MySQL's own over all rows, and numbers printed as MySQL prints them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Aggregate } from '../../src/engine/operators/aggregates.ts';
import { concatenate } from '../../src/engine/operators/concatenate.ts';
import { groupHash } from '../../src/engine/operators/group-hash.ts';
import { groupSorted } from '../../src/engine/operators/group-sorted.ts';
import { MemoryBudget } from '../../src/engine/operators/memory-budget.ts';
import { mergeSort } from '../../src/engine/operators/merge-sort.ts';
import { project } from '../../src/engine/operators/project.ts';
import { sortInMemory } from '../../src/engine/operators/sort-in-memory.ts';
import { printDouble } from '../../src/engine/rows/numbers.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';
import { askRows, runSql, type ServerRows, through } from './server-rows.ts';

let server: Mysqld;
let client: RawClient;

beforeAll(async () => {
  server = await startMysqld({ databases: ['sums'] });
  client = await RawClient.connect(server.endpoint, { database: 'sums' });
});

afterAll(async () => {
  client.destroy();
  await server.stop();
});

const ROWS = 200;
const PARTS = 3;
const GROUPS = 9;

type Case = Readonly<{ type: string; value: (random: Random) => string }>;

const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.below(10)).join('');
const decimalCase = (precision: number, scale: number): Case => ({
  type: `DECIMAL(${precision},${scale})`,
  value: (random) => `${random.pick(['', '-'])}${digits(random, precision - scale)}.${digits(random, scale)}`,
});

const cases: readonly Case[] = [
  { type: 'TINYINT UNSIGNED', value: (random) => String(random.below(256)) },
  { type: 'INT', value: (random) => String(random.between(-2_000_000_000, 2_000_000_000)) },
  { type: 'BIGINT', value: (random) => `${random.pick(['', '-'])}${digits(random, 18)}` },
  { type: 'BIGINT UNSIGNED', value: (random) => `1${random.below(8)}${digits(random, 18)}` },
  { type: 'BIT(20)', value: (random) => String(random.below(2 ** 20)) },
  { type: 'YEAR', value: (random) => String(random.between(1901, 2155)) },
  { type: 'DOUBLE', value: (random) => `${random.between(-1_000_000, 1_000_000) / 64}e0` },
  { type: 'DOUBLE(12,2)', value: (random) => `${random.between(-1_000_000, 1_000_000) / 4}e0` },
  { type: 'FLOAT', value: (random) => `${random.between(-100_000, 100_000) / 16}` },
  {
    type: 'DATE',
    value: (random) => `'20${10 + random.below(90)}-0${1 + random.below(9)}-1${random.below(9)}'`,
  },
  {
    type: 'DATETIME(3)',
    value: (random) => `'2024-01-0${1 + random.below(9)} 10:00:0${random.below(9)}.${digits(random, 3)}'`,
  },
  ...[0, 1, 4, 5, 8, 9, 10, 14, 18, 23, 27, 30].map((scale) => decimalCase(scale + 8, scale)),
  decimalCase(30, 5),
  decimalCase(60, 20),
];

async function fill({ type, value }: Case): Promise<void> {
  const random = new Random(77);
  const rows = Array.from({ length: ROWS }, () => {
    const group = random.chance(0.1) ? 'NULL' : random.below(GROUPS);
    return `(${random.below(PARTS)}, ${group}, ${group === 0 || random.chance(0.1) ? 'NULL' : value(random)})`;
  });
  await runSql(
    client,
    'DROP TABLE IF EXISTS t',
    `CREATE TABLE t (part INT, g INT, x ${type})`,
    `INSERT INTO t VALUES ${rows.join(', ')}`,
  );
}

const aggregates = (isFloat: boolean): Aggregate[] => [
  { kind: 'count', column: 1 },
  { kind: 'count', column: 2 },
  { kind: 'sum', column: 3 },
  { kind: 'min', column: 4, ...(isFloat ? { by: { column: 9 } } : {}) },
  { kind: 'max', column: 5, ...(isFloat ? { by: { column: 10 } } : {}) },
  { kind: 'average', column: 6, sum: 7, count: 8 },
];
const visible = 'g, COUNT(*), COUNT(x), SUM(x), MIN(x), MAX(x), AVG(x)';
const hidden = 'SUM(x), COUNT(x), MIN(x) + 0e0, MAX(x) + 0e0';
const keys = [{ column: 0 }];

for (const protocol of ['text', 'binary'] as const) {
  describe.each(cases)(`$type in ${protocol} rows`, (one) => {
    const isFloat = one.type === 'FLOAT' && protocol === 'text';

    const parts = async (rest = 'GROUP BY g ORDER BY g', group = visible): Promise<ServerRows[]> => {
      const all: ServerRows[] = [];
      for (let part = 0; part < PARTS; part++)
        all.push(
          await askRows(client, `SELECT ${group}, ${hidden} FROM t WHERE part = ${part} ${rest}`, protocol),
        );
      return all;
    };

    beforeAll(() => fill(one));

    test.each([0, 4, 9, 30])('with GROUP BY, div_precision_increment %i', async (increment) => {
      await runSql(client, `SET SESSION div_precision_increment = ${increment}`);
      const expected = await askRows(client, `SELECT ${visible} FROM t GROUP BY g ORDER BY g`, protocol);
      const streamed = through(await parts(), (shards) =>
        project(
          groupSorted(mergeSort(shards, protocol, keys), { protocol, keys }, aggregates(isFloat)),
          protocol,
          7,
        ),
      );
      expect(streamed.texts).toEqual(expected.texts);
      expect(streamed.rows).toEqual(expected.rows);
      expect(streamed.definitions).toEqual(expected.definitions);
      const options = { protocol, keys, budget: new MemoryBudget(2 ** 20) };
      const hashed = through(await parts('GROUP BY g ORDER BY NULL'), (shards) =>
        project(
          sortInMemory(groupHash(concatenate(shards), options, aggregates(isFloat)), options),
          protocol,
          7,
        ),
      );
      expect(hashed.texts).toEqual(expected.texts);
    });

    test('without GROUP BY, also of nothing', async () => {
      const ungrouped = visible.replace('g,', '1,');
      for (const where of ['', 'AND g = 0', 'AND g = 77']) {
        const expected = await askRows(client, `SELECT ${ungrouped} FROM t WHERE 1 ${where}`, protocol);
        const whole = through(await parts(where, ungrouped), (shards) =>
          project(groupSorted(concatenate(shards), { protocol, keys: [] }, aggregates(isFloat)), protocol, 7),
        );
        expect(whole.texts).toEqual(expected.texts);
        expect(whole.rows).toEqual(expected.rows);
      }
    });
  });
}

test('MIN and MAX of text go by the collation', async () => {
  await runSql(
    client,
    'DROP TABLE IF EXISTS t',
    `CREATE TABLE t (part INT, x VARCHAR(10) COLLATE utf8mb4_general_ci)`,
    `INSERT INTO t VALUES (0, 'b'), (0, 'É'), (1, 'a\\t'), (1, NULL), (2, 'a'), (2, 'Z '), (2, 'z')`,
  );
  const select = 'SELECT MIN(x), MAX(x), WEIGHT_STRING(MIN(x)), WEIGHT_STRING(MAX(x)) FROM t';
  const shards: ServerRows[] = [];
  for (const part of [0, 1, 2]) shards.push(await askRows(client, `${select} WHERE part = ${part}`, 'text'));
  const weight = (column: number) => ({ column: column - 2, weight: { column, collationId: 45 } });
  const { texts } = through(shards, (inputs) =>
    groupSorted(concatenate(inputs), { protocol: 'text', keys: [] }, [
      { kind: 'min', column: 0, by: weight(2) },
      { kind: 'max', column: 1, by: weight(3) },
    ]),
  );
  const expected = await askRows(client, select, 'text');
  expect(texts).toEqual(expected.texts);
});

/** Doubles of every size, as SQL and as JavaScript reads them. */
function randomDoubles(random: Random, count: number): string[] {
  return Array.from({ length: count }, () => {
    const plain = `${random.pick(['', '-'])}${digits(random, random.between(1, 17))}`;
    const exponent = random.chance(0.7) ? random.between(-34, 22) : random.between(-320, 290);
    return `${random.chance(0.5) ? plain : `${plain}.${digits(random, random.between(1, 9))}`}e${exponent}`;
  });
}

const edges = [
  '0e0',
  '-0e0',
  '1e14',
  '1e15',
  '1e16',
  '123456789012345e0',
  '1234567890123456.5e0',
  '0.5e0',
  '1e-5',
];
const more = [
  '1e-14',
  '1e-15',
  '1e-16',
  '5e-324',
  '2.2250738585072014e-308',
  '1.7976931348623157e308',
  '1e21',
  '1e22',
];

test('doubles are printed as MySQL prints them', async () => {
  const values = [...edges, ...more, ...randomDoubles(new Random(5), 3000)];
  await runSql(
    client,
    'DROP TABLE IF EXISTS d',
    'CREATE TABLE d (id INT AUTO_INCREMENT PRIMARY KEY, x DOUBLE)',
    `INSERT INTO d (x) VALUES ${values.map((one) => `(${one})`).join(', ')}`,
  );
  const exact = await askRows(client, 'SELECT x FROM d ORDER BY id', 'binary');
  const doubles = exact.rows.map((row) => row.readDoubleLE(2));
  const { texts } = await askRows(client, 'SELECT x FROM d ORDER BY id', 'text');
  expect(doubles.map((value) => printDouble(value))).toEqual(texts.map(([text]) => text));
});

test('doubles with a fixed number of decimals are printed as MySQL prints them', async () => {
  for (const decimals of [0, 1, 2, 5, 12]) {
    const random = new Random(9 + decimals);
    const values = Array.from({ length: 300 }, () =>
      random.chance(0.3)
        ? `${random.between(-99, 99) / 16}`
        : `${random.between(-9, 9)}${digits(random, 12)}.${digits(random, 9)}`,
    );
    await runSql(
      client,
      'DROP TABLE IF EXISTS d',
      `CREATE TABLE d (id INT AUTO_INCREMENT PRIMARY KEY, x DOUBLE(40, ${decimals}))`,
      `INSERT INTO d (x) VALUES ${values.map((one) => `(${one})`).join(', ')}`,
    );
    const exact = await askRows(client, 'SELECT x FROM d ORDER BY id', 'binary');
    const { texts } = await askRows(client, 'SELECT x FROM d ORDER BY id', 'text');
    const printed = exact.rows.map((row) => printDouble(row.readDoubleLE(2), decimals));
    expect(printed).toEqual(texts.map(([text]) => text));
  }
});
