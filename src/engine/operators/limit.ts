import type { RowProducer, RowSink, RowsSummary } from '../row-stream.ts';
import { Operator } from './operator.ts';

/** What a LIMIT lets through. */
export type LimitOptions = Readonly<{
  offset?: number;
  count: number;
  /** Read the input to its end: it has few rows more, and ends by itself sooner than it could be stopped. */
  drains?: boolean;
}>;

class Limit extends Operator {
  #toSkip: number;
  #left: number;
  readonly #drains: boolean;

  constructor(sink: RowSink, { offset = 0, count, drains = false }: LimitOptions) {
    super(sink);
    this.#toSkip = offset;
    this.#left = count;
    this.#drains = drains;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    this.sink.fields(definitions);
    if (this.#left === 0) this.#satisfied();
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    if (this.#left === 0) return;
    if (this.#toSkip > 0) {
      this.#toSkip--;
      return;
    }
    this.#left--;
    this.sink.row(bytes, at, end);
    // The sink may have cancelled meanwhile.
    if (this.#left === 0 && !this.closed) this.#satisfied();
  }

  /** What shards that are stopped would have said at their end is not known: no warnings then. */
  #satisfied(): void {
    if (this.#drains) return;
    this.source.cancel();
    this.finish(nothingMore);
  }
}

const nothingMore: RowsSummary = { warnings: 0, status: 0 };

/** Skips `offset` rows, passes on `count`, and stops the input then (or reads the rest of it and drops that). */
export const limit =
  (input: RowProducer, options: LimitOptions): RowProducer =>
  (sink) =>
    new Limit(sink, options).start(input);
