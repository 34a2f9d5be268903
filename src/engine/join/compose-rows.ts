/** Rows put together from the fields of two others, as they stand there: nothing is decoded. */
import { formatOf, type RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges, type RowBuilder, type RowFormat } from '../rows/row-format.ts';
import { textPrefixEnd } from '../rows/text-row.ts';

/** Where a column of the joined rows comes from. */
export type JoinColumn = Readonly<{ side: 'outer' | 'inner'; column: number }>;

/** Writes joined rows into a buffer that grows and is used again. */
export interface RowComposer {
  readonly bytes: Buffer;
  /** Takes the outer row for the pairs that follow; it must stay where it is meanwhile. */
  outer(bytes: Buffer, at: number, end: number): void;
  /** The outer row with an inner one. Returns the row's end; it starts at 0. */
  pair(bytes: Buffer, at: number, end: number): number;
  /** The outer row with NULLs. */
  alone(): number;
}

export const composer = (
  protocol: RowProtocol,
  outer: readonly Buffer[],
  inner: readonly Buffer[],
  columns: readonly JoinColumn[],
): RowComposer =>
  protocol === 'text' ? new TextComposer(columns) : new BinaryComposer(outer, inner, columns);

/** Columns that stand side by side in both rows: text fields are copied with their lengths, all of them at once. */
type Run = { readonly isOuter: boolean; readonly first: number; count: number };

function runsOf(columns: readonly JoinColumn[]): readonly Run[] {
  const runs: Run[] = [];
  for (const { side, column } of columns) {
    const last = runs.at(-1);
    const isOuter = side === 'outer';
    if (last !== undefined && last.isOuter === isOuter && last.first + last.count === column) last.count++;
    else runs.push({ isOuter, first: column, count: 1 });
  }
  return runs;
}

const NULL_BYTE = 0xfb;
const FIRST_BYTES = 1024;

class TextComposer implements RowComposer {
  bytes = Buffer.allocUnsafe(FIRST_BYTES);
  readonly #runs: readonly Run[];
  /** Start and end of each run in its row. */
  readonly #borders: Int32Array;
  #outer: Buffer = this.bytes;

  constructor(columns: readonly JoinColumn[]) {
    this.#runs = runsOf(columns);
    this.#borders = new Int32Array(2 * this.#runs.length);
  }

  outer(bytes: Buffer, at: number, end: number): void {
    this.#outer = bytes;
    this.#find(true, bytes, at, end);
  }

  pair(bytes: Buffer, at: number, end: number): number {
    this.#find(false, bytes, at, end);
    const borders = this.#borders;
    let length = 0;
    for (let i = 0; i < this.#runs.length; i++) {
      const start = borders[2 * i]!;
      const stop = borders[2 * i + 1]!;
      this.#room(length, stop - start);
      (this.#runs[i]!.isOuter ? this.#outer : bytes).copy(this.bytes, length, start, stop);
      length += stop - start;
    }
    return length;
  }

  alone(): number {
    const borders = this.#borders;
    let length = 0;
    for (let i = 0; i < this.#runs.length; i++) {
      const { isOuter, count } = this.#runs[i]!;
      const start = borders[2 * i]!;
      const size = isOuter ? borders[2 * i + 1]! - start : count;
      this.#room(length, size);
      if (isOuter) this.#outer.copy(this.bytes, length, start, start + size);
      else this.bytes.fill(NULL_BYTE, length, length + size);
      length += size;
    }
    return length;
  }

  /** Where the runs of one side lie. They mostly come in the order of the columns: then the row is walked through once. */
  #find(isOuter: boolean, bytes: Buffer, at: number, end: number): void {
    let column = 0;
    let position = at;
    for (let i = 0; i < this.#runs.length; i++) {
      const run = this.#runs[i]!;
      if (run.isOuter !== isOuter) continue;
      if (run.first < column) {
        column = 0;
        position = at;
      }
      const start = textPrefixEnd(bytes, position, end, run.first - column);
      position = textPrefixEnd(bytes, start, end, run.count);
      column = run.first + run.count;
      this.#borders[2 * i] = start;
      this.#borders[2 * i + 1] = position;
    }
  }

  #room(length: number, count: number): void {
    if (length + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(2 * (length + count));
    this.bytes.copy(grown, 0, 0, length);
    this.bytes = grown;
  }
}

class BinaryComposer implements RowComposer {
  readonly #columns: readonly JoinColumn[];
  readonly #outerFormat: RowFormat;
  readonly #innerFormat: RowFormat;
  readonly #outerRanges: FieldRanges;
  readonly #innerRanges: FieldRanges;
  readonly #builder: RowBuilder;
  #outer: Buffer = Buffer.alloc(0);

  constructor(outer: readonly Buffer[], inner: readonly Buffer[], columns: readonly JoinColumn[]) {
    this.#columns = columns;
    this.#outerFormat = formatOf('binary', outer);
    this.#innerFormat = formatOf('binary', inner);
    this.#outerRanges = fieldRanges(outer.length);
    this.#innerRanges = fieldRanges(inner.length);
    const definitions = columns.map(({ side, column }) => (side === 'outer' ? outer : inner)[column]!);
    this.#builder = formatOf('binary', definitions).builder(columns.length);
  }

  get bytes(): Buffer {
    return this.#builder.bytes;
  }

  outer(bytes: Buffer, at: number, end: number): void {
    this.#outer = bytes;
    this.#outerFormat.locate(bytes, at, end, this.#outerFormat.fieldCount, this.#outerRanges);
  }

  pair(bytes: Buffer, at: number, end: number): number {
    this.#innerFormat.locate(bytes, at, end, this.#innerFormat.fieldCount, this.#innerRanges);
    return this.#build(bytes);
  }

  alone(): number {
    this.#innerRanges.fill(-1);
    return this.#build(this.#outer);
  }

  #build(inner: Buffer): number {
    const builder = this.#builder;
    builder.begin();
    for (let i = 0; i < this.#columns.length; i++) {
      const { side, column } = this.#columns[i]!;
      const isOuter = side === 'outer';
      const ranges = isOuter ? this.#outerRanges : this.#innerRanges;
      builder.field(isOuter ? this.#outer : inner, ranges[2 * column]!, ranges[2 * column + 1]!);
    }
    return builder.finish();
  }
}
