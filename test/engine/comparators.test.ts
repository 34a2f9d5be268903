/** Every comparison of values against MySQL's own ORDER BY and GROUP BY, in both protocols. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concatenate } from '../../src/engine/operators/concatenate.ts';
import { groupHash } from '../../src/engine/operators/group-hash.ts';
import { groupSorted } from '../../src/engine/operators/group-sorted.ts';
import { MemoryBudget } from '../../src/engine/operators/memory-budget.ts';
import { mergeSort } from '../../src/engine/operators/merge-sort.ts';
import { sortInMemory } from '../../src/engine/operators/sort-in-memory.ts';
import type { RowProtocol } from '../../src/engine/rows/formats.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';
import { askRows, runSql, through } from './server-rows.ts';

let server: Mysqld;
let client: RawClient;

beforeAll(async () => {
  server = await startMysqld({ databases: ['compare'] });
  client = await RawClient.connect(server.endpoint, { database: 'compare' });
  await runSql(client, "SET sql_mode = ''", "SET time_zone = '+00:00'");
});

afterAll(async () => {
  client.destroy();
  await server.stop();
});

type Case = Readonly<{
  type: string;
  /** A value as a SQL literal. */
  value: (random: Random) => string;
  /** What the shard is asked to compare by, in place of the column itself. */
  by?: string;
  /** Only where the column cannot be compared itself in this protocol. */
  byIn?: RowProtocol;
}>;

const digits = (random: Random, most: number): string =>
  Array.from({ length: random.between(1, most) }, () => random.below(10)).join('');
const signed = (random: Random, most: number): string =>
  (random.chance(0.5) ? '-' : '') + digits(random, most);
const decimal = (random: Random, whole: number, fraction: number): string =>
  `${signed(random, whole)}.${digits(random, fraction)}`;
const double = (random: Random): string =>
  random.chance(0.3)
    ? `${random.between(-3, 3) / 2}e0`
    : `${decimal(random, 5, 9)}e${random.between(-300, 300)}`;
const two = (value: number): string => String(value).padStart(2, '0');
const fraction = (random: Random): string => (random.chance(0.5) ? '' : `.${digits(random, 6)}`);
const date = (random: Random): string =>
  random.chance(0.1)
    ? '0000-00-00'
    : `${random.pick([1000, 1999, 2024, 9999])}-${two(random.between(0, 12))}-${two(random.between(0, 28))}`;
const clock = (random: Random): string =>
  `${two(random.below(24))}:${two(random.below(3))}:${two(random.below(60))}`;
const time = (random: Random): string =>
  `'${random.chance(0.5) ? '-' : ''}${random.pick([0, 0, 1, 23, 99, 100, 838])}:${two(random.below(60))}:${two(random.below(2))}${fraction(random)}'`;
const bytes = (random: Random): string => `x'${random.bytes(random.below(5)).toString('hex')}'`;
const instant = (random: Random): string =>
  `'20${two(random.between(0, 37))}-0${random.between(1, 9)}-1${random.below(9)} ${clock(random)}${fraction(random)}'`;

const cases: readonly Case[] = [
  { type: 'TINYINT', value: (random) => signed(random, 2) },
  { type: 'SMALLINT UNSIGNED', value: (random) => digits(random, 5) },
  { type: 'MEDIUMINT', value: (random) => signed(random, 6) },
  { type: 'INT', value: (random) => signed(random, 9) },
  { type: 'INT(6) ZEROFILL', value: (random) => digits(random, 9) },
  { type: 'BIGINT', value: (random) => signed(random, 18) },
  { type: 'BIGINT UNSIGNED', value: (random) => digits(random, 20) },
  { type: 'DECIMAL(10,2)', value: (random) => decimal(random, 6, 3) },
  { type: 'DECIMAL(65,30)', value: (random) => decimal(random, 30, 30) },
  { type: 'DECIMAL(8,3) ZEROFILL', value: (random) => `${digits(random, 3)}.${digits(random, 3)}` },
  { type: 'DECIMAL(5,5)', value: (random) => decimal(random, 1, 5).replace(/[1-9]\./, '0.') },
  { type: 'DOUBLE', value: double },
  { type: 'DOUBLE(10,2)', value: (random) => decimal(random, 5, 3) },
  { type: 'FLOAT', value: (random) => decimal(random, 8, 3), by: 'v + 0e0', byIn: 'text' },
  { type: 'DATE', value: (random) => `'${date(random)}'` },
  { type: 'DATETIME', value: (random) => `'${date(random)} ${clock(random)}'` },
  { type: 'DATETIME(6)', value: (random) => `'${date(random)} ${clock(random)}${fraction(random)}'` },
  { type: 'TIMESTAMP(3) NULL', value: instant },
  { type: 'TIME', value: time },
  { type: 'TIME(6)', value: time },
  { type: 'YEAR', value: (random) => String(random.pick([0, 1901, 1999, 2024, 2155])) },
  { type: 'BIT(1)', value: (random) => String(random.below(2)) },
  { type: 'BIT(33)', value: (random) => String(random.below(2 ** 33)) },
  { type: 'BINARY(4)', value: bytes },
  { type: 'VARBINARY(20)', value: bytes },
  {
    type: 'BLOB',
    value: (random) => (random.chance(0.5) ? bytes(random) : `REPEAT('x', ${random.below(99)})`),
  },
  { type: "ENUM('z', 'b', 'a')", value: (random) => `'${random.pick(['z', 'b', 'a'])}'`, by: 'v + 0' },
  {
    type: "SET('z', 'b', 'a')",
    value: (random) => `'${random.pick(['z', 'b', 'a', 'z,a', 'b,a', ''])}'`,
    by: 'v + 0',
  },
];

const ROWS = 150;
const SHARDS = 3;

async function fill({ type, value }: Case): Promise<void> {
  const random = new Random(20_260);
  const values = Array.from({ length: ROWS }, () => (random.chance(0.08) ? 'NULL' : value(random)));
  // Duplicates in plenty, for the groups.
  const all = values.map((one) => (random.chance(0.3) ? random.pick(values) : one));
  await runSql(
    client,
    'DROP TABLE IF EXISTS t',
    `CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v ${type})`,
    `INSERT INTO t (v) VALUES ${all.map((one) => `(${one})`).join(', ')}`,
  );
}

const ids = (texts: readonly (readonly (string | null)[])[]): (string | null)[] =>
  texts.map((row) => row[2]!);

for (const protocol of ['text', 'binary'] as const) {
  describe.each(cases)(`$type in ${protocol} rows`, (one) => {
    const by = one.byIn === undefined || one.byIn === protocol ? (one.by ?? 'v') : 'v';
    const select = `SELECT v, ${by} AS w, id, 1 AS n FROM t`;
    const key = { column: 1 };
    const ask = (rest: string, what = select) => askRows(client, `${what} ${rest}`, protocol);
    const options = { protocol, budget: new MemoryBudget(2 ** 30) };

    beforeAll(() => fill(one));

    test('sorts as ORDER BY does, in memory and merged', async () => {
      const shards = Array.from({ length: SHARDS }, (_, i) => `WHERE id % ${SHARDS} = ${i}`);
      for (const descending of [false, true]) {
        const order = `ORDER BY v ${descending ? 'DESC' : 'ASC'}, id`;
        const keys = [{ ...key, descending }, { column: 2 }];
        const expected = await ask(order);
        const shuffled = await ask('ORDER BY CRC32(id)');
        const sorted = through([shuffled], ([rows]) => sortInMemory(rows!.rows, { ...options, keys }));
        expect(ids(sorted.texts)).toEqual(ids(expected.texts));
        const parts = [];
        for (const where of shards) parts.push(await ask(`${where} ${order}`));
        const merged = through(parts, (inputs) => mergeSort(inputs, protocol, keys));
        expect(merged.rows).toEqual(expected.rows);
      }
    });

    test('finds the groups that GROUP BY does', async () => {
      const grouped = await ask(
        'GROUP BY v ORDER BY id',
        'SELECT ANY_VALUE(v), 0, MIN(id) AS id, COUNT(*) FROM t',
      );
      const expected = grouped.texts.map(([, , id, count]) => `${id}:${count}`);
      const counts = [{ kind: 'count' as const, column: 3 }];
      const hashed = through([await ask('ORDER BY id')], (inputs) =>
        groupHash(concatenate(inputs), { ...options, keys: [key] }, counts),
      );
      expect(hashed.texts.map(([, , id, count]) => `${id}:${count}`)).toEqual(expected);
      const streamed = through([await ask('ORDER BY v, id')], (inputs) =>
        groupSorted(concatenate(inputs), { protocol, keys: [key] }, counts),
      );
      expect(streamed.texts.map(([, , id, count]) => `${id}:${count}`).toSorted()).toEqual(
        expected.toSorted(),
      );
    });
  });
}
