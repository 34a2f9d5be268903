/**
 * Binary rows whose integers are of other widths than the ones that came first: by way of a temporary table an INT expression of
 * one shard is the BIGINT of another, and sign flags come and go.
 */

import { binaryInteger } from './binary-integer.ts';
import { binaryFormat } from './binary-row.ts';
import { type ColumnKind, columnKind, readColumnFacts } from './column-kind.ts';
import { fieldRanges } from './row-format.ts';

type IntegerKind = Extract<ColumnKind, { kind: 'integer' }>;

/** A row of other integers. The end of the row, which starts at 0 in `bytes`; -1 where a value does not fit. */
export type IntegerRows = Readonly<{
  bytes: () => Buffer;
  convert: (bytes: Buffer, at: number, end: number) => number;
}>;

const kindOf = (definition: Buffer): ColumnKind => columnKind(readColumnFacts(definition));

/** Whether these columns are integers that are written in different ways. */
function otherIntegers(one: Buffer, other: Buffer): boolean {
  const [a, b] = [kindOf(one), kindOf(other)];
  return a.kind === 'integer' && b.kind === 'integer' && (a.bytes !== b.bytes || a.unsigned !== b.unsigned);
}

/** Makes rows of `from` into rows of `to`; undefined where their integers are written alike. */
export function integersAs(to: readonly Buffer[], from: readonly Buffer[]): IntegerRows | undefined {
  const columns = to.map((definition, at) =>
    otherIntegers(definition, from[at]!)
      ? { to: kindOf(definition) as IntegerKind, from: kindOf(from[at]!) as IntegerKind }
      : undefined,
  );
  if (columns.every((column) => column === undefined)) return undefined;
  const readers = columns.map((column) => column && binaryInteger(column.from));
  const builder = binaryFormat(to).builder(to.length);
  const format = binaryFormat(from);
  const ranges = fieldRanges(from.length);
  const value = Buffer.alloc(8);
  const convert = (bytes: Buffer, at: number, end: number): number => {
    format.locate(bytes, at, end, from.length, ranges);
    builder.begin();
    for (const [index, column] of columns.entries()) {
      const start = ranges[2 * index]!;
      if (column === undefined || start < 0) {
        builder.field(bytes, start, ranges[2 * index + 1]!);
        continue;
      }
      const read = BigInt(readers[index]!(bytes, start));
      const { bytes: width, unsigned } = column.to;
      const bits = 8 * width;
      if ((unsigned ? BigInt.asUintN(bits, read) : BigInt.asIntN(bits, read)) !== read) return -1;
      value.writeBigUInt64LE(BigInt.asUintN(64, read));
      builder.field(value, 0, width);
    }
    return builder.finish();
  };
  return { bytes: () => builder.bytes, convert };
}
