/**
 * Where the fields of a row lie, and rows made anew from such ranges: the same for the text and the binary protocol, so that
 * operators need not know which of the two they work on.
 */

/**
 * Start and end of each field's value, two numbers per field; the start of NULL is -1. One such array serves row after row.
 */
export type FieldRanges = Int32Array;

export const fieldRanges = (fieldCount: number): FieldRanges => new Int32Array(2 * fieldCount);

/** Writes rows field by field into a buffer that grows and is used again. `finish` says where the row lies. */
export interface RowBuilder {
  readonly bytes: Buffer;
  begin(): void;
  /** A value as it stands in another row of the same column; a start of -1 is NULL. */
  field(source: Buffer, start: number, end: number): void;
  /** The end of the row, which starts at 0 in `bytes` and stays there until the next `begin`. */
  finish(): number;
}

/** One of the two protocols, for rows of certain columns. */
export interface RowFormat {
  readonly kind: 'text' | 'binary';
  readonly fieldCount: number;
  /**
   * Finds the first `count` fields of the row that lies from `at` to `end`. Throws ER_MALFORMED_PACKET when the row is shorter.
   */
  locate(bytes: Buffer, at: number, end: number, count: number, ranges: FieldRanges): void;
  /** Where the row's first `count` fields end, so that the rest can be cut off; -1 where cutting is not enough (binary rows). */
  prefixEnd(bytes: Buffer, at: number, end: number, count: number): number;
  /** A builder of rows with the first `fieldCount` of the columns. */
  builder(fieldCount: number): RowBuilder;
}
