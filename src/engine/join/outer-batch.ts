/** Outer rows that are joined at a time: kept one behind the other in one buffer, with their keys numbered. */
import { type FieldRanges, fieldRanges, type RowFormat } from '../rows/row-format.ts';

const FIRST_BYTES = 16 * 1024;
/** A buffer that grew beyond this is given up with the rows that needed it. */
const KEPT_BYTES_MAX = 1024 * 1024;
/** The number of a row that is equal to nothing. */
export const NO_KEY = -1;

export class OuterBatch {
  bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  length = 0;
  /** Where each row starts; the one behind ends it. */
  readonly starts: number[] = [0];
  /** By row: the number of its key, or `NO_KEY`. */
  readonly keyOf: number[] = [];
  /** By key: its first row. By row: the next one with the same key, or -1. */
  readonly firstRow: number[] = [];
  readonly nextRow: number[] = [];
  readonly #lastRow: number[] = [];
  /** By key: whether it has met an inner row. */
  readonly matched: boolean[] = [];
  readonly #numbers = new Map<number | string, number>();

  get count(): number {
    return this.keyOf.length;
  }

  add(bytes: Buffer, at: number, end: number, key: number | string | undefined): void {
    const size = end - at;
    if (this.length + size > this.bytes.length) this.#grow(this.length + size);
    bytes.copy(this.bytes, this.length, at, end);
    this.length += size;
    const row = this.count;
    this.starts.push(this.length);
    this.nextRow.push(-1);
    this.keyOf.push(key === undefined ? NO_KEY : this.#number(key, row));
  }

  /** The number of a key; `NO_KEY` where no row has it. */
  find(key: number | string | undefined): number {
    return key === undefined ? NO_KEY : (this.#numbers.get(key) ?? NO_KEY);
  }

  #number(key: number | string, row: number): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) {
      this.nextRow[this.#lastRow[known]!] = row;
      this.#lastRow[known] = row;
      return known;
    }
    const number = this.firstRow.length;
    this.#numbers.set(key, number);
    this.firstRow.push(row);
    this.#lastRow.push(row);
    this.matched.push(false);
    return number;
  }

  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEPT_BYTES_MAX) this.bytes = Buffer.allocUnsafe(FIRST_BYTES);
    for (const list of [this.starts, this.keyOf, this.firstRow, this.nextRow, this.#lastRow, this.matched])
      list.length = 0;
    this.starts.push(0);
    this.#numbers.clear();
  }

  #grow(wanted: number): void {
    const grown = Buffer.allocUnsafe(2 * wanted);
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

/** The different keys of some rows: what is looked up. */
export class LookupKeys {
  readonly definitions: readonly Buffer[];
  readonly #batch: OuterBatch;
  readonly #format: RowFormat;
  /** One row for each key. */
  readonly #rows: readonly number[];

  /** The keys of the rows from `from` to before `to`. */
  constructor(
    batch: OuterBatch,
    format: RowFormat,
    definitions: readonly Buffer[],
    from: number,
    to: number,
  ) {
    this.#batch = batch;
    this.#format = format;
    this.definitions = definitions;
    const rows: number[] = [];
    const isWhole = from === 0 && to === batch.count;
    const seen = new Set<number>();
    for (let row = from; row < to; row++) {
      const key = batch.keyOf[row]!;
      if (key === NO_KEY || (isWhole ? batch.firstRow[key] !== row : seen.has(key))) continue;
      rows.push(row);
      if (!isWhole) seen.add(key);
    }
    this.#rows = rows;
  }

  get count(): number {
    return this.#rows.length;
  }

  /** Calls for each key with a row that has it, whose first `fieldCount` fields lie where `ranges` says until the next call. */
  each(fieldCount: number, visit: (bytes: Buffer, ranges: FieldRanges) => void): void {
    const ranges = fieldRanges(fieldCount);
    const { bytes, starts } = this.#batch;
    for (const row of this.#rows) {
      this.#format.locate(bytes, starts[row]!, starts[row + 1]!, fieldCount, ranges);
      visit(bytes, ranges);
    }
  }
}
