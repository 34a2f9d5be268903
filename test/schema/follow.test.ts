/** Changes made on the tablets behind the gateway's back are in the next snapshot, whatever they are. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Gateway } from '../../src/gateway/gateway.ts';
import { findColumn, type KeyspaceSchema } from '../../src/schema/schema.ts';
import { keyspace, noticed, SchemaStage } from './stage.ts';

let stage: SchemaStage;
let gateway: Gateway;

beforeAll(async () => {
  stage = await SchemaStage.set();
  await stage.run([
    `CREATE TABLE item (
      id BIGINT UNSIGNED AUTO_INCREMENT, name VARCHAR(40) COLLATE utf8mb4_bin NOT NULL, price DECIMAL(12,3) DEFAULT 1.5,
      kind ENUM('a','it''s','b\\\\c','d\\ne'), made TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3), secret INT INVISIBLE,
      doubled INT AS (secret * 2) STORED, raw VARBINARY(20), PRIMARY KEY (id), UNIQUE KEY named (name, kind), KEY ((price + 1)))`,
    "CREATE TABLE `odd ``name' é` (`a b` INT)",
    'CREATE TABLE untouched (id INT PRIMARY KEY)',
    'CREATE TABLE x1 (a INT, b INT) ENGINE=MyISAM',
    'CREATE TABLE x2 (a INT, c INT) ENGINE=MyISAM',
    'CREATE VIEW cheap AS SELECT id, name AS title FROM item WHERE price < 10',
  ]);
  gateway = await stage.loaded();
});

afterAll(() => stage?.stop());

const names = (schema: KeyspaceSchema, table: string): string[] | undefined =>
  schema.tables.get(table)?.columns.map(({ name }) => name);

test('tables, columns, keys and views are read', () => {
  const schema = gateway.schema(keyspace)!;
  expect([...schema.tables.keys()]).toEqual(['cheap', 'item', "odd `name' é", 'untouched', 'x1', 'x2']);
  expect(schema.disagreements.size).toBe(0);
  const item = schema.tables.get('item')!;
  expect(item.kind).toBe('table');
  expect(findColumn(item, 'ID')).toMatchObject({ dataType: 'bigint', unsigned: true, autoIncrement: true });
  expect(findColumn(item, 'name')).toMatchObject({ length: 40, collation: 'utf8mb4_bin', nullable: false });
  expect(findColumn(item, 'price')).toMatchObject({ precision: 12, scale: 3, defaultText: '1.500' });
  expect(findColumn(item, 'kind')?.values).toEqual(['a', "it's", 'b\\c', 'd\ne']);
  expect(findColumn(item, 'made')).toMatchObject({ fractionDigits: 3, defaultIsExpression: true });
  expect(findColumn(item, 'secret')?.invisible).toBe(true);
  expect(findColumn(item, 'doubled')?.generated).toBe('stored');
  expect(findColumn(item, 'raw')).toMatchObject({ charset: undefined, length: 20 });
  expect(item.keys).toEqual([
    { name: 'PRIMARY', unique: true, primary: true, columns: ['id'] },
    { name: 'functional_index', unique: false, primary: false, columns: [undefined] },
    { name: 'named', unique: true, primary: false, columns: ['name', 'kind'] },
  ]);
  expect(schema.tables.get('cheap')).toMatchObject({
    kind: 'view',
    definition: expect.stringContaining('< 10'),
  });
  expect(names(schema, 'cheap')).toEqual(['id', 'title']);
});

describe('a change through another connection is noticed', () => {
  const changes: [string, readonly string[], (schema: KeyspaceSchema) => boolean][] = [
    [
      'CREATE TABLE',
      ['CREATE TABLE fresh (a INT, b VARCHAR(10))'],
      (schema) => names(schema, 'fresh')?.join() === 'a,b',
    ],
    [
      'instant ADD COLUMN',
      ['ALTER TABLE fresh ADD COLUMN c INT, ALGORITHM=INSTANT'],
      (schema) => names(schema, 'fresh')?.join() === 'a,b,c',
    ],
    [
      'ADD COLUMN in front',
      ['ALTER TABLE fresh ADD COLUMN d INT FIRST'],
      (schema) => names(schema, 'fresh')?.join() === 'd,a,b,c',
    ],
    [
      'RENAME COLUMN',
      ['ALTER TABLE fresh RENAME COLUMN c TO cc'],
      (schema) => names(schema, 'fresh')?.join() === 'd,a,b,cc',
    ],
    [
      'two columns exchange their names',
      ['ALTER TABLE fresh RENAME COLUMN a TO cc, RENAME COLUMN cc TO a'],
      (schema) => names(schema, 'fresh')?.join() === 'd,cc,b,a',
    ],
    [
      'another collation',
      ['ALTER TABLE fresh MODIFY b VARCHAR(10) COLLATE utf8mb4_bin'],
      (schema) => schema.tables.get('fresh')?.columns[2]?.collation === 'utf8mb4_bin',
    ],
    [
      'another default',
      ['ALTER TABLE fresh ALTER COLUMN a SET DEFAULT 7'],
      (schema) => schema.tables.get('fresh')?.columns[3]?.defaultText === '7',
    ],
    [
      'an invisible column',
      ['ALTER TABLE fresh ALTER COLUMN a SET INVISIBLE'],
      (schema) => schema.tables.get('fresh')?.columns[3]?.invisible === true,
    ],
    [
      'a key',
      ['ALTER TABLE fresh ADD UNIQUE KEY one (d)'],
      (schema) => schema.tables.get('fresh')?.keys[0]?.name === 'one',
    ],
    [
      'RENAME TABLE',
      ['RENAME TABLE fresh TO fresher'],
      (schema) => schema.tables.has('fresher') && !schema.tables.has('fresh'),
    ],
    [
      'DROP and CREATE under the same name',
      ['DROP TABLE fresher', 'CREATE TABLE fresher (z INT)'],
      (schema) => names(schema, 'fresher')?.join() === 'z',
    ],
    [
      'a definition without a trace in the binary log',
      ['SET sql_log_bin = 0', 'ALTER TABLE fresher RENAME COLUMN z TO zz'],
      (schema) => names(schema, 'fresher')?.join() === 'zz',
    ],
    [
      'two tables exchange their names',
      ['RENAME TABLE x1 TO x3, x2 TO x1, x3 TO x2'],
      (schema) => names(schema, 'x1')?.join() === 'a,c' && names(schema, 'x2')?.join() === 'a,b',
    ],
    [
      'CREATE VIEW',
      ['CREATE VIEW brief AS SELECT id FROM item'],
      (schema) => schema.tables.get('brief')?.kind === 'view',
    ],
    [
      'another SELECT of a view',
      ['CREATE OR REPLACE VIEW brief AS SELECT id FROM item WHERE id > 5'],
      (schema) => schema.tables.get('brief')?.definition?.includes('> 5') === true,
    ],
    [
      'another type below a view',
      ['ALTER TABLE item MODIFY name VARCHAR(60) COLLATE utf8mb4_bin NOT NULL'],
      (schema) => schema.tables.get('cheap')?.columns[1]?.length === 60,
    ],
    [
      'a table with an odd name',
      ["ALTER TABLE `odd ``name' é` ADD COLUMN `c'\"d` INT"],
      (schema) => names(schema, "odd `name' é")?.join() === 'a b,c\'"d',
    ],
    ['DROP VIEW', ['DROP VIEW brief'], (schema) => !schema.tables.has('brief')],
    ['DROP TABLE', ['DROP TABLE fresher'], (schema) => !schema.tables.has('fresher')],
    [
      'a table that was filled for long before it came to be',
      ['CREATE TABLE slow AS SELECT 1 AS a, SLEEP(2) AS b'],
      (schema) => names(schema, 'slow')?.join() === 'a,b',
    ],
  ];
  test.each(changes)('%s', async (_name, statements, holds) => {
    const before = gateway.schema(keyspace)!;
    expect(holds(before)).toBe(false);
    await stage.run(statements);
    const after = await noticed(gateway, 'the change is noticed', holds);
    expect(after.version).toBeGreaterThan(before.version);
    await noticed(gateway, 'the shards agree', (schema) => holds(schema) && schema.disagreements.size === 0);
  });
});

test('what has not changed stays the same object', async () => {
  const before = gateway.schema(keyspace)!;
  await gateway.schemaChanged(keyspace);
  expect(gateway.schema(keyspace)).toBe(before);
  await stage.run(['CREATE TABLE another (id INT)']);
  await gateway.schemaChanged(keyspace);
  const after = gateway.schema(keyspace)!;
  expect(after.version).toBeGreaterThan(before.version);
  for (const name of ['untouched', 'item', 'cheap']) {
    expect(after.tables.get(name)).toBe(before.tables.get(name));
  }
});

test('schemaChanged shows what is there when it resolves, and tells listeners', async () => {
  const told: number[] = [];
  const stop = gateway.onSchemaChange(({ version }) => told.push(version));
  for (let round = 0; round < 5; round++) {
    await stage.run([`ALTER TABLE untouched ADD COLUMN c${round} INT`]);
    await gateway.schemaChanged(keyspace);
    const schema = gateway.schema(keyspace)!;
    expect(names(schema, 'untouched')).toContain(`c${round}`);
    expect(told.at(-1)).toBe(schema.version);
  }
  stop();
});

test('a change while nobody was connected is seen by the next gateway', async () => {
  await stage.run(['CREATE TABLE offline (a INT)']);
  const second = await stage.loaded();
  expect(names(second.schema(keyspace)!, 'offline')).toEqual(['a']);
  await stage.close(second);
});
