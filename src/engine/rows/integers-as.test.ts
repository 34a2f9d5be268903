import { expect, test } from 'vitest';
import { column } from '../../../test/support/row-stage.ts';
import { columnType } from '../../mysql/protocol.ts';
import { columnFlag } from './column-kind.ts';
import { integersAs } from './integers-as.ts';

const unsigned = { flags: columnFlag.unsigned };
const text = column('t', columnType.varString, { charset: 255 });

/** A binary row of values as they are written, NULL where undefined. */
function row(...values: readonly (Buffer | undefined)[]): Buffer {
  const nulls = values.reduce((bits, value, at) => (value ? bits : bits | (1 << (at + 2))), 0);
  return Buffer.concat([Buffer.from([0, nulls]), ...values.filter((value) => value !== undefined)]);
}
const bytes = (width: number, value: bigint): Buffer => {
  const written = Buffer.alloc(8);
  written.writeBigUInt64LE(BigInt.asUintN(64, value));
  return written.subarray(0, width);
};
const abc = Buffer.from('\u0003abc');

function converted(to: readonly Buffer[], from: readonly Buffer[], given: Buffer): Buffer | undefined {
  const rows = integersAs(to, from)!;
  const padded = Buffer.concat([Buffer.from('xx'), given, Buffer.from('yy')]);
  const end = rows.convert(padded, 2, 2 + given.length);
  return end < 0 ? undefined : Buffer.from(rows.bytes().subarray(0, end));
}

test('integers of one width become those of another, beside what stays', () => {
  const narrow = [column('n', columnType.long), text, column('m', columnType.tiny)];
  const wide = [column('n', columnType.longlong), text, column('m', columnType.longlong)];
  for (const [n, m] of [
    [0n, 1n],
    [-1n, -128n],
    [2_147_483_647n, 127n],
  ] as const) {
    const one = row(bytes(4, n), abc, bytes(1, m));
    const other = row(bytes(8, n), abc, bytes(8, m));
    expect(converted(wide, narrow, one)).toEqual(other);
    expect(converted(narrow, wide, other)).toEqual(one);
  }
  expect(converted(wide, narrow, row(undefined, abc, undefined))).toEqual(row(undefined, abc, undefined));
  expect(converted(wide, narrow, row(bytes(4, 7n), undefined, bytes(1, 2n)))).toEqual(
    row(bytes(8, 7n), undefined, bytes(8, 2n)),
  );
});

test('what does not fit is told', () => {
  const narrow = [column('n', columnType.long)];
  const signed = [column('n', columnType.longlong)];
  const positive = [column('n', columnType.longlong, unsigned)];
  expect(converted(narrow, signed, row(bytes(8, 2_147_483_648n)))).toBeUndefined();
  expect(converted(signed, positive, row(bytes(8, 18_446_744_073_709_551_615n)))).toBeUndefined();
  expect(converted(positive, signed, row(bytes(8, -1n)))).toBeUndefined();
  expect(converted(positive, signed, row(bytes(8, 1n)))).toEqual(row(bytes(8, 1n)));
});

test('nothing is rewritten where integers are written alike', () => {
  expect(integersAs([column('n'), text], [column('m'), text])).toBeUndefined();
});
