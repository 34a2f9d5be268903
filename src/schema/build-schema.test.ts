import { describe, expect, test } from 'vitest';
import { buildTables, type SchemaRows, typeValues } from './build-schema.ts';

const column = (table: string, position: number, name: string, more: Record<string, string | null> = {}) => ({
  TABLE_NAME: table,
  ORDINAL_POSITION: String(position),
  COLUMN_NAME: name,
  COLUMN_DEFAULT: null,
  IS_NULLABLE: 'YES',
  DATA_TYPE: 'int',
  CHARACTER_MAXIMUM_LENGTH: null,
  NUMERIC_PRECISION: '10',
  NUMERIC_SCALE: '0',
  DATETIME_PRECISION: null,
  CHARACTER_SET_NAME: null,
  COLLATION_NAME: null,
  COLUMN_TYPE: 'int',
  EXTRA: '',
  ...more,
});

const key = (table: string, name: string, at: number, columnName: string | null, nonUnique = '1') => ({
  TABLE_NAME: table,
  INDEX_NAME: name,
  SEQ_IN_INDEX: String(at),
  NON_UNIQUE: nonUnique,
  COLUMN_NAME: columnName,
});

const rows = (more: Partial<SchemaRows>): SchemaRows => ({
  columns: [],
  keys: [],
  tables: [{ TABLE_NAME: 't', TABLE_TYPE: 'BASE TABLE' }],
  views: [],
  ...more,
});

const built = (more: Record<string, string | null>) =>
  buildTables(rows({ columns: [column('t', 1, 'c', more)] })).get('t')!.columns[0]!;

test('columns come in the order of the table, whatever the order of the rows', () => {
  const columns = [column('t', 10, 'last'), column('t', 2, 'second'), column('t', 1, 'first')];
  const table = buildTables(rows({ columns })).get('t')!;
  expect(table.columns.map(({ name }) => name)).toEqual(['first', 'second', 'last']);
  expect(Object.isFrozen(table) && Object.isFrozen(table.columns[0])).toBe(true);
});

test('tables that differ in case are two', () => {
  const tables = ['T', 't'].map((name) => ({ TABLE_NAME: name, TABLE_TYPE: 'BASE TABLE' }));
  const found = buildTables(rows({ tables, columns: [column('T', 1, 'a'), column('t', 1, 'b')] }));
  expect(found.get('T')!.columns[0]!.name).toBe('a');
  expect(found.get('t')!.columns[0]!.name).toBe('b');
});

test('names that mean something to JavaScript are names', () => {
  const tables = [{ TABLE_NAME: '__proto__', TABLE_TYPE: 'BASE TABLE' }];
  const found = buildTables(rows({ tables, columns: [column('__proto__', 1, 'constructor')] }));
  expect(found.get('__proto__')!.columns[0]!.name).toBe('constructor');
});

test('a table without a column is left out', () => {
  expect(buildTables(rows({})).size).toBe(0);
});

describe('columns', () => {
  test('numbers', () => {
    const more = {
      DATA_TYPE: 'decimal',
      COLUMN_TYPE: 'decimal(12,3) unsigned',
      NUMERIC_PRECISION: '12',
      NUMERIC_SCALE: '3',
    };
    expect(built(more)).toMatchObject({ precision: 12, scale: 3, unsigned: true, length: undefined });
  });

  test('a value of an ENUM does not make it unsigned', () => {
    const column = built({ DATA_TYPE: 'enum', COLUMN_TYPE: "enum('x unsigned','y')" });
    expect(column).toMatchObject({ unsigned: false, values: ['x unsigned', 'y'] });
  });

  test('what EXTRA says', () => {
    expect(built({ EXTRA: 'auto_increment' })).toMatchObject({ autoIncrement: true, generated: 'no' });
    expect(built({ EXTRA: 'VIRTUAL GENERATED INVISIBLE' })).toMatchObject({
      generated: 'virtual',
      invisible: true,
    });
    expect(built({ EXTRA: 'STORED GENERATED' })).toMatchObject({ generated: 'stored', invisible: false });
    expect(built({ EXTRA: 'DEFAULT_GENERATED on update CURRENT_TIMESTAMP' })).toMatchObject({
      defaultIsExpression: true,
      generated: 'no',
    });
  });

  test('an empty default is not none', () => {
    expect(built({ COLUMN_DEFAULT: '' }).defaultText).toBe('');
    expect(built({}).defaultText).toBeUndefined();
  });
});

test("keys: the primary one first, columns in the key's order, undefined for expressions", () => {
  const keys = [
    key('t', 'z', 2, null),
    key('t', 'z', 1, 'b'),
    key('t', 'PRIMARY', 1, 'a', '0'),
    key('t', 'm', 1, 'c', '0'),
  ];
  expect(buildTables(rows({ columns: [column('t', 1, 'a')], keys })).get('t')!.keys).toEqual([
    { name: 'PRIMARY', unique: true, primary: true, columns: ['a'] },
    { name: 'm', unique: true, primary: false, columns: ['c'] },
    { name: 'z', unique: false, primary: false, columns: ['b', undefined] },
  ]);
});

test('a view whose text may not be seen has none', () => {
  const view = (definition: string) =>
    buildTables(
      rows({
        columns: [column('v', 1, 'a')],
        tables: [{ TABLE_NAME: 'v', TABLE_TYPE: 'VIEW' }],
        views: [{ TABLE_NAME: 'v', VIEW_DEFINITION: definition }],
      }),
    ).get('v')!;
  expect(view('select 1 AS `a`')).toMatchObject({ kind: 'view', definition: 'select 1 AS `a`' });
  expect(view('').definition).toBeUndefined();
});

test.each([
  ["enum('a','b')", ['a', 'b']],
  ["set('it''s','b,c','','tab\t')", ["it's", 'b,c', '', 'tab\t']],
  ["enum('')", ['']],
  ["enum('''')", ["'"]],
  [
    "enum('back\\\\slash','\\\\''','new\\nline','nul\\0x','\\r')",
    ['back\\slash', "\\'", 'new\nline', 'nul\0x', '\r'],
  ],
  ["enum('ü','日本',')','(')", ['ü', '日本', ')', '(']],
])('values of %s', (columnType, values) => {
  expect(typeValues(columnType)).toEqual(values);
});
