import { expect, test } from 'vitest';
import { buildTables } from './build-schema.ts';
import { columnIndex, columnKey, findColumn } from './schema.ts';

const table = buildTables({
  columns: ['Id', 'é', 'e', 'ΟΔΟΣ', 'ẞ', 'ß'].map((name, at) => ({
    TABLE_NAME: 't',
    ORDINAL_POSITION: String(at + 1),
    COLUMN_NAME: name,
    COLUMN_DEFAULT: null,
    IS_NULLABLE: 'NO',
    DATA_TYPE: 'int',
    CHARACTER_MAXIMUM_LENGTH: null,
    NUMERIC_PRECISION: '10',
    NUMERIC_SCALE: '0',
    DATETIME_PRECISION: null,
    CHARACTER_SET_NAME: null,
    COLLATION_NAME: null,
    COLUMN_TYPE: 'int',
    EXTRA: '',
  })),
  keys: [],
  tables: [{ TABLE_NAME: 't', TABLE_TYPE: 'BASE TABLE' }],
  views: [],
}).get('t')!;

test('columns are found without regard to case, but with regard to accents', () => {
  expect(findColumn(table, 'ID')?.name).toBe('Id');
  expect(findColumn(table, 'É')?.name).toBe('é');
  expect(findColumn(table, 'E')?.name).toBe('e');
  expect(columnIndex(table, 'οδοσ')).toBe(3);
  expect(columnIndex(table, 'ß')).toBe(5);
  expect(columnIndex(table, 'ẞ')).toBe(4);
  expect(findColumn(table, 'missing')).toBeUndefined();
  expect(findColumn(table, 'constructor')).toBeUndefined();
});

test('İ is a capital i, as in MySQL', () => {
  expect(columnKey('İ')).toBe(columnKey('i'));
});
