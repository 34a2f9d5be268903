import { expect, test } from 'vitest';
import { column, textRows } from '../../../test/support/row-stage.ts';
import { columnType } from '../../mysql/protocol.ts';
import { columnFlag } from '../rows/column-kind.ts';
import { formatOf, type RowProtocol } from '../rows/formats.ts';
import { fieldRanges } from '../rows/row-format.ts';
import { composer, type JoinColumn } from './compose-rows.ts';
import { joinKey } from './join-key.ts';

/** The key of a row by all of its columns. */
function keyOf(protocol: RowProtocol, definitions: readonly Buffer[], row: Buffer): unknown {
  const ranges = fieldRanges(definitions.length);
  formatOf(protocol, definitions).locate(row, 0, row.length, definitions.length, ranges);
  const keys = definitions.map((_, at) => ({ column: at }));
  return joinKey(definitions, protocol, keys)(row, ranges);
}

const textKey = (value: string | null, type?: number): unknown =>
  keyOf('text', [column('c', type)], textRows([[value]])[0]!);

/** A binary row without NULLs. */
const binaryRow = (...values: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.alloc(1 + ((values.length + 9) >> 3)), ...values]);

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
};

test('integers of any width and protocol are one key', () => {
  const narrow = [column('c', columnType.long)];
  const small = Buffer.alloc(4);
  small.writeInt32LE(-42);
  expect(keyOf('binary', narrow, binaryRow(small))).toBe(-42);
  expect(keyOf('binary', [column('c')], binaryRow(int64(-42n)))).toBe(-42);
  expect(textKey('-42')).toBe(-42);
  expect(textKey('00042')).toBe(42);
  expect(textKey('0')).toBe(0);
  const unsigned = [column('c', columnType.longlong, { flags: columnFlag.unsigned })];
  for (const value of [2n ** 64n - 1n, 10n ** 15n, 10n ** 15n - 1n, 2n ** 53n + 1n])
    expect(keyOf('binary', unsigned, binaryRow(int64(value)))).toBe(textKey(String(value)));
});

test('decimals are keys by their value, NULL is none', () => {
  expect(textKey('1.50', columnType.newDecimal)).toBe(textKey('01.5', columnType.newDecimal));
  expect(textKey('-1.5', columnType.newDecimal)).not.toBe(textKey('1.5', columnType.newDecimal));
  expect(textKey(null)).toBeUndefined();
  const two = [column('a'), column('b')];
  expect(keyOf('text', two, textRows([['1', null]])[0]!)).toBeUndefined();
  expect(keyOf('text', two, textRows([['1', '23']])[0]!)).not.toBe(
    keyOf('text', two, textRows([['12', '3']])[0]!),
  );
});

test('rows are put together in both protocols', () => {
  const outer = [column('a'), column('b', columnType.varString, { charset: 45 })];
  const inner = [column('c', columnType.varString, { charset: 45 }), column('d')];
  const columns: readonly JoinColumn[] = [
    { side: 'outer', column: 1 },
    { side: 'inner', column: 0 },
    { side: 'inner', column: 1 },
    { side: 'outer', column: 0 },
    { side: 'inner', column: 0 },
  ];
  const long = 'x'.repeat(5000);
  const [a, b] = textRows([
    ['1', long],
    ['ü', '2'],
  ]);
  const text = composer('text', outer, inner, columns);
  text.outer(a!, 0, a!.length);
  const end = text.pair(b!, 0, b!.length);
  expect(text.bytes.subarray(0, end)).toEqual(textRows([[long, 'ü', '2', '1', 'ü']])[0]);
  const alone = text.alone();
  expect(text.bytes.subarray(0, alone)).toEqual(textRows([[long, null, null, '1', null]])[0]);

  const string = (value: string): Buffer => Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
  const one = binaryRow(int64(1n), string('b'));
  const other = binaryRow(string('cc'), int64(2n));
  const binary = composer('binary', outer, inner, columns);
  binary.outer(one, 0, one.length);
  const stop = binary.pair(other, 0, other.length);
  const joined = binaryRow(string('b'), string('cc'), int64(2n), int64(1n), string('cc'));
  expect(binary.bytes.subarray(0, stop)).toEqual(joined);
  const bare = binaryRow(string('b'), int64(1n));
  const short = binary.alone();
  // The bitmap of five columns takes one byte, as that of two does: columns 1, 2 and 4 are NULL.
  bare[1] = ((1 << 1) | (1 << 2) | (1 << 4)) << 2;
  expect(binary.bytes.subarray(0, short)).toEqual(bare);
});
