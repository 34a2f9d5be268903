import type { RowProducer, RowSink } from '../row-stream.ts';
import { CollectingOperator } from './operator.ts';

/** A result that takes the place of another one when that has ended. */
export type Replacement = Readonly<{ definitions: readonly Buffer[]; rows: readonly Buffer[] }>;

class ReplaceRows extends CollectingOperator {
  readonly #make: () => Replacement;
  #rows: readonly Buffer[] = [];
  #at = 0;

  constructor(sink: RowSink, make: () => Replacement) {
    super(sink);
    this.#make = make;
  }

  protected override onFields(): void {}

  protected override onRow(): void {}

  protected override onCollected(): void {
    const { definitions, rows } = this.#make();
    this.#rows = rows;
    this.sink.fields(definitions);
  }

  protected override emitNext(): boolean {
    const row = this.#rows[this.#at++];
    if (row === undefined) return false;
    this.sink.row(row, 0, row.length);
    return true;
  }
}

/** Reads all rows and drops them; then gives those that `make` makes. */
export const replaceRows =
  (input: RowProducer, make: () => Replacement): RowProducer =>
  (sink) =>
    new ReplaceRows(sink, make).start(input);
