import { expect, test } from 'vitest';
import { columnType } from '../../mysql/protocol.ts';
import { buildColumn } from '../../wire/packets.ts';
import { scratchColumns, tableDefinition } from './table-definition.ts';

const BINARY = 63;
const UTF8MB4 = 255;
const NOT_NULL = 1;
const UNSIGNED = 32;
const NO_DECIMALS = 31;
const ENUM = 256;

type Facts = Readonly<{ type: number; length: number; flags?: number; charset?: number; decimals?: number }>;
const definition = ({ type, length, flags = 0, charset = BINARY, decimals = 0 }: Facts): Buffer =>
  buildColumn({ name: 'c', type, length, flags, collationId: charset, decimals });

/** The type of an expression's column. */
function typeOf(facts: Facts): string {
  const input = { table: 'headgate_1', columns: [{ name: 'c', type: undefined }], keys: [] };
  return scratchColumns(input, [definition(facts)])[0]!.type;
}

test('types of expressions', () => {
  const { longlong, newDecimal, double, float, varString, blob, datetime, json, vector, bit } = columnType;
  expect(typeOf({ type: longlong, length: 21, flags: NOT_NULL | UNSIGNED })).toBe(
    'bigint(21) unsigned NOT NULL',
  );
  expect(typeOf({ type: newDecimal, length: 33 })).toBe('decimal(32,0)');
  expect(typeOf({ type: newDecimal, length: 67, decimals: 30 })).toBe('decimal(65,30)');
  expect(typeOf({ type: newDecimal, length: 7, decimals: 2, flags: UNSIGNED })).toBe('decimal(6,2) unsigned');
  expect(typeOf({ type: double, length: 23, decimals: NO_DECIMALS })).toBe('double');
  expect(typeOf({ type: double, length: 8, decimals: 6 })).toBe('double(255,6)');
  expect(typeOf({ type: float, length: 12, decimals: NO_DECIMALS })).toBe('float');
  expect(typeOf({ type: varString, length: 80, charset: UTF8MB4 })).toBe(
    'varchar(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci',
  );
  expect(typeOf({ type: varString, length: 80 })).toBe('varbinary(80)');
  expect(typeOf({ type: varString, length: 4096, charset: UTF8MB4 })).toMatch(/^text /);
  expect(typeOf({ type: blob, length: 262_140, charset: UTF8MB4 })).toMatch(/^mediumtext /);
  expect(typeOf({ type: datetime, length: 26, decimals: 6 })).toBe('datetime(6)');
  expect(typeOf({ type: json, length: 4_294_967_295, charset: 46 })).toBe('json');
  expect(typeOf({ type: vector, length: 20, decimals: NO_DECIMALS })).toBe('vector(5)');
  expect(typeOf({ type: bit, length: 9 })).toBe('bit(9)');
  expect(() => typeOf({ type: columnType.string, length: 4, flags: ENUM, charset: UTF8MB4 })).toThrow(
    /members/,
  );
});

/** CREATE TEMPORARY TABLE for columns of these types. */
function created(types: readonly string[], keys: readonly (readonly number[])[]): string {
  const columns = types.map((type, at) => ({ name: `c${at}`, type }));
  const input = { table: 'headgate_1', columns, keys };
  const definitions = types.map(() => definition({ type: columnType.longlong, length: 20 }));
  return tableDefinition(input, scratchColumns(input, definitions), 'InnoDB');
}

test('long text is looked up by its beginning, and what can have no index gets none', () => {
  const types = [
    'int',
    'text CHARACTER SET latin1',
    'varchar(2000)',
    'json',
    'char(0)',
    'blob',
    'varchar(20)',
  ];
  expect(created(types, [[0], [1], [2, 0], [3], [0, 4], [5], [6], [0]])).toMatch(
    /, KEY \(`c0`\), KEY \(`c1`\(252\)\), KEY \(`c2`\(63\), `c0`\), KEY \(`c5`\(252\)\), KEY \(`c6`\)\) ENGINE=InnoDB$/,
  );
});

test('a row that is too long has its longest VARCHARs as TEXT', () => {
  const sql = created(['varchar(10000)', 'varchar(9000) NOT NULL', 'varbinary(20)', 'char(255)'], []);
  expect(sql).toContain('`c0` text, ');
  expect(sql).toContain('`c1` varchar(9000) NOT NULL, ');
  const latin1 = created([`varchar(60000) CHARACTER SET latin1 NOT NULL`, 'varbinary(30000)'], []);
  expect(latin1).toContain('`c0` text CHARACTER SET latin1 NOT NULL, `c1` varbinary(30000)');
});

test('names are quoted', () => {
  const input = { table: 'headgate_1', columns: [{ name: 'a`b', type: 'int' }], keys: [[0]] };
  const columns = scratchColumns(input, [definition({ type: columnType.long, length: 11 })]);
  expect(tableDefinition(input, columns, 'MEMORY')).toContain('(`a``b` int, KEY (`a``b`)) ENGINE=MEMORY');
});
