import type { ColumnKind } from './column-kind.ts';

type IntegerKind = Extract<ColumnKind, { kind: 'integer' }>;

/** Reads a column's integers where they stand in binary rows; those of eight bytes need not be exact as numbers. */
export function binaryInteger({
  unsigned,
  bytes: width,
}: IntegerKind): (bytes: Buffer, start: number) => number | bigint {
  if (width === 8)
    return (bytes, start) => (unsigned ? bytes.readBigUInt64LE(start) : bytes.readBigInt64LE(start));
  return (bytes, start) => (unsigned ? bytes.readUIntLE(start, width) : bytes.readIntLE(start, width));
}
