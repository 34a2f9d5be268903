import { describe, expect, test } from 'vitest';
import type { ColumnSchema } from '../schema/schema.ts';
import { createVindex } from '../vschema/vindexes/registry.ts';
import type { ColumnVindex } from '../vschema/vschema.ts';
import { vindexExactness } from './column-vindex-exactness.ts';
import { type ComparisonKey, comparedAlone, comparisonKey } from './comparison-key.ts';
import type { LiteralValue, ValueContext } from './literal-value.ts';
import { type StoredKey, storedKey } from './stored-key.ts';

const context: ValueContext = {
  sqlMode: new Set(['STRICT_TRANS_TABLES']),
  charset: 'utf8mb4',
  collation: 'utf8mb4_0900_ai_ci',
  timeZone: undefined,
};
const lenient: ValueContext = { ...context, sqlMode: new Set() };

const column = (dataType: string, more: Partial<ColumnSchema> = {}): ColumnSchema => ({
  name: 'c',
  dataType,
  columnType: dataType,
  unsigned: false,
  length: undefined,
  precision: undefined,
  scale: undefined,
  fractionDigits: undefined,
  charset: undefined,
  collation: undefined,
  nullable: true,
  defaultText: undefined,
  defaultIsExpression: false,
  generated: 'no',
  invisible: false,
  autoIncrement: false,
  values: undefined,
  ...more,
});

const text = (dataType: string, collation: string): ColumnSchema =>
  column(dataType, { charset: collation.split('_', 1)[0]!, collation, length: 10 });

const by = (type = 'xxhash', canonicalValues = false): ColumnVindex => {
  const params = {};
  const vindex = { name: type, type, params, vindex: createVindex(type, params), canonicalValues };
  return { columns: ['c'], vindex, canonicalValues };
};

const integer = (value: bigint | number): LiteralValue => ({ kind: 'integer', value: BigInt(value) });
const decimal = (digits: string): LiteralValue => ({ kind: 'decimal', text: digits });
const float = (digits: string): LiteralValue => ({ kind: 'float', text: digits });
const string = (value: string): LiteralValue => ({
  kind: 'string',
  bytes: Buffer.from(value),
  charset: 'utf8mb4',
  collation: undefined,
});

/** The input's text, or the answer's kind in angle brackets. */
function shown(key: ComparisonKey | StoredKey): string {
  if (key.kind !== 'value') return `<${key.kind}>`;
  return key.value.kind === 'null' ? '<null>' : key.value.bytes.toString();
}

const found = (of: ColumnSchema, literal: LiteralValue, vindex = by(), alone = true): string =>
  shown(comparisonKey(of, vindex, literal, context, alone));

const tiny = column('tinyint');
const big = column('bigint');
const unsigned = column('bigint', { unsigned: true });
const price = column('decimal', { precision: 10, scale: 2 });
const long = column('decimal', { precision: 30, scale: 2 });
const loose = text('varchar', 'utf8mb4_0900_ai_ci');
const exact = text('varchar', 'utf8mb4_0900_bin');
const padded = text('varchar', 'utf8mb4_bin');
const char = text('char', 'utf8mb4_bin');
const bytes = column('varbinary', { length: 10 });
const fixed = column('binary', { length: 4 });
const moment = column('datetime', { fractionDigits: 2 });
const members = column('enum', {
  values: ['a', 'b', '10'],
  charset: 'utf8mb4',
  collation: 'utf8mb4_0900_ai_ci',
});

describe('comparisonKey', () => {
  test.each<[string, ColumnSchema, LiteralValue, string]>([
    ['an integer', big, integer(-5), '-5'],
    ['a greatest one', unsigned, integer(2n ** 64n - 1n), '18446744073709551615'],
    ['one out of range', tiny, integer(128), '<nothing>'],
    ['one below zero', unsigned, integer(-1), '<nothing>'],
    ['NULL', big, { kind: 'null' }, '<nothing>'],
    ['an expression', big, { kind: 'computed' }, '<scatter>'],
    ['a whole decimal', big, decimal('5.0'), '5'],
    ['a fraction', big, decimal('5.5'), '<nothing>'],
    ['a whole float', big, float('5e0'), '5'],
    ['a float beyond doubles', big, float('9007199254740993e0'), '<scatter>'],
    ['digits', big, string('9007199254740993'), '9007199254740993'],
    ['digits with zeros', big, string(' 05 '), '5'],
    ['a number as a string', big, string('5.0'), '5'],
    ['a fraction as a string', big, string('5.5'), '<nothing>'],
    ['half a number', big, string('5abc'), '<scatter>'],
    ['hexadecimal digits', big, { kind: 'binary', bytes: Buffer.of(0x35), charset: undefined }, '53'],
    ['an integer as a decimal', price, integer(5), '5.00'],
    ['too many digits', price, decimal('5.555'), '<nothing>'],
    ['a short decimal as a string', price, string('5.5'), '5.50'],
    ['a long decimal as a string', long, string('5.5'), '<scatter>'],
    ['a string without collation', exact, string('Ab '), 'Ab '],
    ['a string of spaces that count for nothing', padded, string('Ab'), '<scatter>'],
    ['a string without its spaces', char, string('Ab '), 'Ab'],
    ['a string in any case', loose, string('Ab'), '<scatter>'],
    ['a number against a string', exact, integer(5), '<scatter>'],
    ['bytes', bytes, string('Ab '), 'Ab '],
    ['bytes that are filled up', fixed, string('ab'), 'ab\0\0'],
    ['a day', moment, string('2020-01-02'), '2020-01-02 00:00:00.00'],
    [
      'a moment',
      moment,
      { kind: 'temporal', type: 'datetime', text: '2020-01-02 03:04:05.6' },
      '2020-01-02 03:04:05.60',
    ],
    ['a day in other words', moment, string('2020-1-2'), '<scatter>'],
    ['no day', moment, string('2019-02-29'), '<scatter>'],
    ['a timestamp', column('timestamp'), string('2020-01-02 00:00:00'), '<scatter>'],
    ['a float', column('double'), float('5e0'), '<scatter>'],
    ['a member', members, string('b'), 'b'],
    ["a member's number", members, integer(3), '10'],
    ['what may be a member', members, string('B'), '<scatter>'],
    ['bits', column('bit', { precision: 12 }), integer(5), '\0\u0005'],
    ['a year', column('year'), integer(2020), '2020'],
    ['a year of two digits', column('year'), integer(20), '<scatter>'],
  ])('%s', (_, of, literal, expected) => {
    expect(found(of, literal)).toBe(expected);
  });

  test('canonical values are promised for strings against strings', () => {
    expect(found(loose, string('Ab'), by('xxhash', true))).toBe('Ab');
    expect(found(padded, string('Ab'), by('xxhash', true))).toBe('Ab');
    expect(found(loose, integer(5), by('xxhash', true))).toBe('<scatter>');
  });

  test('a vindex that does not see the difference needs no promise', () => {
    expect(found(padded, string('Ab'), by('unicode_loose_md5'))).toBe('Ab');
    expect(found(loose, string('Ab'), by('unicode_loose_md5'))).toBe('<scatter>');
  });

  test('a reason names the column', () => {
    expect(comparisonKey(loose, by(), string('a'), context)).toMatchObject({
      reason: 'c (varchar): under utf8mb4_0900_ai_ci strings with different letters can be equal',
    });
    expect(comparisonKey(exact, by(), integer(5), context)).toMatchObject({
      reason: 'MySQL may find several values of c (varchar) equal to an integer written so',
    });
  });

  test('beside literals of other types large integers are not certain', () => {
    expect(found(big, integer(2n ** 60n), by(), false)).toBe(String(2n ** 60n));
    expect(found(big, string(String(2n ** 60n)), by(), false)).toBe('<scatter>');
    expect(found(big, string('5'), by(), false)).toBe('5');
    expect(found(unsigned, integer(-1), by(), false)).toBe('<scatter>');
    expect(comparedAlone(big, [integer(1), integer(2n ** 64n - 1n)])).toBe(true);
    expect(comparedAlone(big, [string('1'), string('2')])).toBe(true);
    expect(comparedAlone(big, [string('1'), string('2x')])).toBe(false);
    expect(comparedAlone(big, [integer(1), float('2e0')])).toBe(false);
    expect(comparedAlone(bytes, [string('a'), string('b')])).toBe(true);
    expect(comparedAlone(bytes, [string('a'), integer(1)])).toBe(false);
  });

  test('what charsets may change is not certain', () => {
    const bin = text('char', 'latin1_bin');
    expect(found(bin, string('é'))).toBe('é');
    expect(found(bin, string('日'))).toBe('<scatter>');
    const narrow = { ...context, collation: 'latin1_swedish_ci' };
    expect(shown(comparisonKey(exact, by(), string('日'), narrow))).toBe('<scatter>');
    expect(shown(comparisonKey(exact, by(), string('a'), narrow))).toBe('a');
  });
});

test('vindexExactness says why', () => {
  expect(vindexExactness(big, by())).toEqual({
    exact: true,
    reason: 'equal values of c (bigint) are written in one way',
  });
  expect(vindexExactness(padded, by())).toEqual({
    exact: false,
    reason: 'c (varchar): under utf8mb4_bin strings are equal that differ in the spaces at their end',
  });
  expect(vindexExactness(loose, by('xxhash', true))).toEqual({
    exact: true,
    reason: 'canonical values are promised for c',
  });
  expect(vindexExactness(loose, by('null')).exact).toBe(true);
  expect(vindexExactness(char, by()).exact).toBe(true);
  expect(vindexExactness(column('timestamp'), by()).exact).toBe(false);
});

describe('storedKey', () => {
  const stored = (of: ColumnSchema, literal: LiteralValue, used = context): string =>
    shown(storedKey(of, literal, used));

  test.each<[string, ColumnSchema, LiteralValue, string]>([
    ['an integer', big, integer(-5), '-5'],
    ['one out of range', tiny, integer(128), '<rejected>'],
    ['a half', tiny, decimal('-2.5'), '-3'],
    ['a fraction that is rounded out of range', tiny, decimal('127.5'), '<rejected>'],
    ['a half as a float', tiny, float('2.5e0'), '<unknown>'],
    ['a number as a string', tiny, string(' 5.5 '), '6'],
    ['half a number', tiny, string('5abc'), '<rejected>'],
    ['NULL', tiny, { kind: 'null' }, '<null>'],
    ['NULL where there is none', column('int', { nullable: false }), { kind: 'null' }, '<rejected>'],
    ['0 in a counter', column('int', { autoIncrement: true }), integer(0), '<unknown>'],
    ['a value of MySQL', tiny, { kind: 'computed' }, '<unknown>'],
    ['a generated value', column('int', { generated: 'stored' }), integer(1), '<unknown>'],
    ['a rounded decimal', price, decimal('5.555'), '5.56'],
    ['a decimal that is too large', price, integer(10n ** 8n), '<rejected>'],
    ['a string', loose, string('Ab '), 'Ab '],
    ['a string that is too long', loose, string('ééééééééééé'), '<rejected>'],
    ['a string with too many spaces', loose, string('éééééééééé  '), 'éééééééééé'],
    ['a string without its spaces', char, string('Ab '), 'Ab'],
    ['a number as a string', loose, decimal('007.50'), '7.50'],
    ['bytes that are filled up', fixed, string('ab'), 'ab\0\0'],
    ['bytes that are too long', fixed, string('abcde'), '<rejected>'],
    ['a day', moment, string('2020-01-02'), '2020-01-02 00:00:00.00'],
    ['a fraction that is rounded', moment, string('2020-01-02 00:00:00.678'), '<unknown>'],
    ['a member', members, string('b'), 'b'],
    ['what may be a member', members, string('B'), '<unknown>'],
    ['a timestamp', column('timestamp'), string('2020-01-02 00:00:00'), '<unknown>'],
  ])('%s', (_, of, literal, expected) => {
    expect(stored(of, literal)).toBe(expected);
  });

  test('without strict mode nothing is surely refused', () => {
    expect(stored(tiny, integer(128), lenient)).toBe('<unknown>');
    expect(stored(column('int', { nullable: false }), { kind: 'null' }, lenient)).toBe('<unknown>');
    expect(stored(loose, string('ééééééééééé'), lenient)).toBe('éééééééééé');
    expect(stored(fixed, string('abcde'), lenient)).toBe('abcd');
  });

  test.each([
    ['-1e0', '-1'],
    ['-1.5', '-2'],
    ['+1e1', '10'],
    ['-.5', '-1'],
    ['-1-2', '-1'],
    ['-1 2', '-1'],
    ['-abc', '0'],
    ['-', '0'],
    ['-999', '-128'],
    ['-e5', '<unknown>'],
    ['-1e', '<unknown>'],
  ])('without strict mode %s is an integer', (text, expected) => {
    expect(stored(tiny, string(text), lenient)).toBe(expected);
  });
});
