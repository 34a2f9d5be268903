import { describe, expect, test } from 'vitest';
import { mergeShards, type ShardTables } from './compare-schemas.ts';
import type { ColumnSchema, KeySchema, TableSchema } from './schema.ts';

const column = (name: string, more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  name,
  dataType: 'int',
  columnType: 'int',
  unsigned: false,
  length: undefined,
  precision: 10,
  scale: 0,
  fractionDigits: undefined,
  charset: undefined,
  collation: undefined,
  nullable: false,
  defaultText: undefined,
  defaultIsExpression: false,
  generated: 'no',
  invisible: false,
  autoIncrement: false,
  values: undefined,
  ...more,
});

const table = (columns: readonly ColumnSchema[], more: Partial<TableSchema> = {}): TableSchema => ({
  name: 't',
  kind: 'table',
  columns,
  keys: [],
  definition: undefined,
  ...more,
});

const shard = (name: string, ...tables: TableSchema[]): ShardTables => ({
  shard: `k/${name}`,
  tables: new Map(tables.map((each) => [each.name, each])),
});

/** The message for two shards with these tables; undefined where they can be used together. */
const disagreement = (first: TableSchema, second: TableSchema): string | undefined =>
  mergeShards([shard('-80', first), shard('80-', second)]).disagreements.get('t');

const a = column('a');
const b = column('b');
const prefix = 'the shards have different tables `t`: compared with k/-80, ';

describe('what makes a table unusable', () => {
  const text = { dataType: 'varchar', columnType: 'varchar(10)', collation: 'utf8mb4_bin' };
  const cases: [string, TableSchema, TableSchema, string][] = [
    ['a column less', table([a, b]), table([a]), 'column `b` is missing on k/80-'],
    ['a column more', table([a]), table([a, b]), 'there is a column `b` more on k/80-'],
    ['another order', table([a, b]), table([b, a]), 'the columns are in another order on k/80-'],
    [
      'a name in other letters',
      table([a]),
      table([column('A')]),
      'column `a` is missing on k/80-; compared with k/-80, there is a column `A` more on k/80-',
    ],
    [
      'a type',
      table([a]),
      table([column('a', { columnType: 'bigint' })]),
      'the type of column `a` is bigint instead of int on k/80-',
    ],
    [
      'a collation',
      table([column('a', text)]),
      table([column('a', { ...text, collation: 'utf8mb4_0900_ai_ci' })]),
      'the collation of column `a` is utf8mb4_0900_ai_ci instead of utf8mb4_bin on k/80-',
    ],
    [
      'a default',
      table([a]),
      table([column('a', { defaultText: '5' })]),
      'the default of column `a` is 5 instead of none on k/80-',
    ],
    [
      'invisibility',
      table([a]),
      table([column('a', { invisible: true })]),
      'the invisibility of column `a` is true instead of false on k/80-',
    ],
    [
      'a view here, a table there',
      table([a]),
      table([a], { kind: 'view' }),
      'it is a view and no table on k/80-',
    ],
    [
      'the SELECT of a view',
      table([a], { kind: 'view', definition: 'select 1 AS `a`' }),
      table([a], { kind: 'view', definition: 'select 2 AS `a`' }),
      "the view's SELECT differs on k/80-",
    ],
  ];
  test.each(cases)('%s', (_name, first, second, message) => {
    expect(disagreement(first, second)).toBe(prefix + message);
  });

  test('a table that is missing somewhere', () => {
    const merged = mergeShards([shard('-40', table([a])), shard('40-80'), shard('80-', table([a]))]);
    expect(merged.tables.size).toBe(0);
    expect(merged.disagreements.get('t')).toBe(
      'the shards have different tables `t`: it is missing on k/40-80 and there on k/-40, k/80-',
    );
  });

  test('shards with the same difference are named together', () => {
    const merged = mergeShards([
      shard('-40', table([a, b])),
      shard('40-80', table([a])),
      shard('80-', table([a])),
    ]);
    expect(merged.disagreements.get('t')).toBe(
      'the shards have different tables `t`: compared with k/-40, column `b` is missing on k/40-80, k/80-',
    );
  });

  test('a message has an end', () => {
    const many = Array.from({ length: 50 }, (_each, at) => column(`c${at}`));
    const message = disagreement(table(many), table([a]))!;
    expect(message).toContain('and 46 more');
    expect(message.length).toBeLessThan(500);
  });
});

describe('what does not', () => {
  const primary: KeySchema = { name: 'PRIMARY', unique: true, primary: true, columns: ['a'] };
  const named = (name: string): KeySchema => ({ name, unique: false, primary: false, columns: ['b'] });

  test('other keys: those count that all shards have, under whatever name', () => {
    const first = table([a, b], { keys: [primary, named('x'), { ...named('y'), columns: ['a', 'b'] }] });
    const second = table([a, b], { keys: [primary, named('z')] });
    const merged = mergeShards([shard('-80', first), shard('80-', second)]);
    expect(merged.disagreements.size).toBe(0);
    expect(merged.tables.get('t')?.keys).toEqual([primary, named('x')]);
  });

  test('whether NULL is taken: it may be there', () => {
    const merged = mergeShards([
      shard('-80', table([a])),
      shard('80-', table([column('a', { nullable: true })])),
    ]);
    expect(merged.tables.get('t')?.columns[0]?.nullable).toBe(true);
  });
});

describe('identity', () => {
  const t = table([a]);
  const u = table([b], { name: 'u' });

  test('equal objects are taken as they are', () => {
    const merged = mergeShards([shard('-80', t), shard('80-', t)]);
    expect(merged.tables.get('t')).toBe(t);
  });

  test('nothing changed: the same maps', () => {
    const before = mergeShards([shard('-80', t, u), shard('80-', t, u)]);
    const after = mergeShards([shard('-80', t, u), shard('80-', t, u)], before);
    expect(after.tables).toBe(before.tables);
    expect(after.disagreements).toBe(before.disagreements);
  });

  test('a united table stays the same while its parts do', () => {
    const other = table([column('a', { nullable: true })]);
    const before = mergeShards([shard('-80', t), shard('80-', other)]);
    const after = mergeShards([shard('-80', t, u), shard('80-', other, u)], before);
    expect(after.tables).not.toBe(before.tables);
    expect(after.tables.get('t')).toBe(before.tables.get('t'));
    expect(after.tables.get('t')).not.toBe(t);
  });

  test('a table that goes while another comes is a change', () => {
    const before = mergeShards([shard('0', t)]);
    const after = mergeShards([shard('0', u)], before);
    expect([...after.tables.keys()]).toEqual(['u']);
  });

  test('another shard with the same tables is no change', () => {
    const before = mergeShards([shard('-80', t)]);
    const after = mergeShards([shard('-80', t), shard('80-', t)], before);
    expect(after.tables).toBe(before.tables);
  });

  test('a disagreement with another message is a change', () => {
    const before = mergeShards([shard('-80', t), shard('80-')]);
    const after = mergeShards([shard('-80', t), shard('80-', table([a, b]))], before);
    expect(after.disagreements).not.toBe(before.disagreements);
    expect(after.disagreements.get('t')).toContain('column `b`');
  });
});
