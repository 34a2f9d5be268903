import type { RowProducer, RowSink, RowsSummary } from '../row-stream.ts';
import { Operator } from './operator.ts';

class Limit extends Operator {
  #toSkip: number;
  #left: number;

  constructor(sink: RowSink, offset: number, count: number) {
    super(sink);
    this.#toSkip = offset;
    this.#left = count;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    this.sink.fields(definitions);
    if (this.#left === 0) this.#satisfied();
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    if (this.#toSkip > 0) {
      this.#toSkip--;
      return;
    }
    this.#left--;
    this.sink.row(bytes, at, end);
    // The sink may have cancelled meanwhile.
    if (this.#left === 0 && !this.closed) this.#satisfied();
  }

  /** What the shards would have said at their end is not known: no warnings then. */
  #satisfied(): void {
    this.source.cancel();
    this.finish(nothingMore);
  }
}

const nothingMore: RowsSummary = { warnings: 0, status: 0 };

/** Skips `offset` rows, passes on `count`, and stops the input then. */
export const limit =
  (input: RowProducer, { offset = 0, count }: { offset?: number; count: number }): RowProducer =>
  (sink) =>
    new Limit(sink, offset, count).start(input);
