import type { RowProducer, RowSink } from '../row-stream.ts';
import { formatOf, type RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges, type RowFormat } from '../rows/row-format.ts';
import { type CompareRows, fieldsNeeded, rowComparator, type SortKey } from '../rows/sort-key.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { CollectingOperator } from './operator.ts';

/** What a row takes beside its bytes and the positions of its fields. */
const ROW_BYTES = 320;
const RANGE_BYTES = 8;
/** Below this, cutting the rows down to the wanted ones does not pay. */
const CUT_ROWS_MIN = 1024;

type KeptRow = Readonly<{ bytes: Buffer; ranges: FieldRanges; order: number }>;

/** `rowsMax`: how many rows are wanted at most (offset and count of a LIMIT behind), so that the others need not be kept. */
export type SortOptions = Readonly<{
  protocol: RowProtocol;
  keys: readonly SortKey[];
  budget: MemoryBudget;
  rowsMax?: number;
}>;

class SortInMemory extends CollectingOperator {
  readonly #options: SortOptions;
  readonly #fieldCount: number;
  #format!: RowFormat;
  #compare!: CompareRows;
  #rows: KeptRow[] = [];
  #count = 0;
  #next = 0;

  constructor(sink: RowSink, options: SortOptions) {
    super(sink);
    this.#options = options;
    this.#fieldCount = fieldsNeeded(options.keys);
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    const { protocol, keys } = this.#options;
    this.#format = formatOf(protocol, definitions);
    this.#compare = rowComparator(definitions, protocol, keys);
    this.sink.fields(definitions);
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    const { budget, rowsMax = Number.POSITIVE_INFINITY } = this.#options;
    budget.take(this.#sizeOf(end - at));
    const kept = Buffer.from(bytes.subarray(at, end));
    const ranges = fieldRanges(this.#fieldCount);
    this.#format.locate(kept, 0, kept.length, this.#fieldCount, ranges);
    this.#rows.push({ bytes: kept, ranges, order: this.#count++ });
    if (this.#rows.length >= Math.max(CUT_ROWS_MIN, 2 * rowsMax)) this.#cut(rowsMax);
  }

  protected override onCollected(): void {
    this.#sort();
  }

  protected override emitNext(): boolean {
    const row = this.#rows[this.#next];
    if (row === undefined) {
      for (const { bytes } of this.#rows) this.#options.budget.release(this.#sizeOf(bytes.length));
      this.#rows = [];
      return false;
    }
    this.#next++;
    this.sink.row(row.bytes, 0, row.bytes.length);
    return true;
  }

  #sizeOf(rowBytes: number): number {
    return ROW_BYTES + RANGE_BYTES * this.#fieldCount + rowBytes;
  }

  #sort(): void {
    this.#rows.sort((a, b) => this.#compare(a.bytes, a.ranges, b.bytes, b.ranges) || a.order - b.order);
  }

  #cut(rowsMax: number): void {
    this.#sort();
    for (const { bytes } of this.#rows.splice(rowsMax))
      this.#options.budget.release(this.#sizeOf(bytes.length));
  }
}

/** Sorts rows within the statement's memory; equal ones keep their order. Fails with HG_STATEMENT_MEMORY. */
export const sortInMemory =
  (input: RowProducer, options: SortOptions): RowProducer =>
  (sink) =>
    new SortInMemory(sink, options).start(input);
