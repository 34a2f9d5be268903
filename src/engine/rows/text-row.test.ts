import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { column } from '../../../test/support/row-stage.ts';
import { columnType } from '../../mysql/protocol.ts';
import { buildTextRow, readTextRow } from '../../wire/packets.ts';
import { binaryFormat } from './binary-row.ts';
import { fieldRanges } from './row-format.ts';
import { textFormat } from './text-row.ts';

const value = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(250, 251, 300, 65_535, 65_536).map((size) => Buffer.alloc(size, 'x')),
);

type Values = readonly (Buffer | null)[];
/** Much faster than a matcher on long values. */
const sameValues = (a: Values, b: Values): boolean =>
  a.length === b.length &&
  a.every((one, i) => (one === null ? b[i] === null : b[i] !== null && one.equals(b[i]!)));

describe('text rows', () => {
  test('fields are found where they lie, and rows built from them are the same rows', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), fc.nat(), (values, cut) => {
        const row = buildTextRow(values);
        const bytes = Buffer.concat([Buffer.alloc(3, 0xff), row, Buffer.alloc(3)]);
        const format = textFormat(values.length);
        const ranges = fieldRanges(values.length);
        format.locate(bytes, 3, 3 + row.length, values.length, ranges);
        const found = values.map((_, i) =>
          ranges[2 * i]! < 0 ? null : bytes.subarray(ranges[2 * i]!, ranges[2 * i + 1]!),
        );
        expect(sameValues(found, values)).toBe(true);
        const builder = format.builder(values.length);
        builder.begin();
        for (let i = 0; i < values.length; i++) builder.field(bytes, ranges[2 * i]!, ranges[2 * i + 1]!);
        const length = builder.finish();
        expect(builder.bytes.subarray(0, length).equals(row)).toBe(true);
        const visible = cut % (values.length + 1);
        const end = format.prefixEnd(bytes, 3, 3 + row.length, visible);
        expect(sameValues(readTextRow(bytes.subarray(3, end), visible), values.slice(0, visible))).toBe(true);
      }),
    );
  });

  test('a row that ends too early is malformed, wherever it is cut', () => {
    const row = buildTextRow(['ab', null, 'x'.repeat(300)]);
    const format = textFormat(3);
    for (let end = 0; end < row.length; end++) {
      const malformed = expect.objectContaining({ code: 'ER_MALFORMED_PACKET' });
      expect(() => format.locate(row, 0, end, 3, fieldRanges(3))).toThrow(malformed);
      expect(() => format.prefixEnd(row, 0, end, 3)).toThrow(malformed);
    }
  });
});

test('a binary row that ends too early is malformed, wherever it is cut', () => {
  const definitions = [columnType.longlong, columnType.datetime, columnType.varString].map((type) =>
    column('c', type),
  );
  const row = Buffer.concat([
    Buffer.alloc(2),
    Buffer.alloc(8),
    Buffer.from([4, 0, 0, 1, 1]),
    Buffer.from([2, 97, 98]),
  ]);
  const format = binaryFormat(definitions);
  const ranges = fieldRanges(3);
  format.locate(row, 0, row.length, 3, ranges);
  expect([...ranges]).toEqual([2, 10, 11, 15, 16, 18]);
  for (let end = 0; end < row.length; end++) {
    expect(() => format.locate(row, 0, end, 3, ranges)).toThrow(
      expect.objectContaining({ code: 'ER_MALFORMED_PACKET' }),
    );
  }
});
