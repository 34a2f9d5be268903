/**
 * What EXPLAIN ANALYZE measures: the rows that pass between operators, by the part of the plan that gives them. Put between two operators for
 * such a statement alone; all others have nothing to do with it.
 */
import type { RowProducer, RowSink, RowSource, RowsError, RowsSummary } from './row-stream.ts';

/** Of one operator, or of one shard's part. Times are from the beginning of the statement. */
export type Figures = {
  rows: number;
  /** Of the rows' packets, without their headers. */
  bytes: number;
  /** When the first row came; undefined while there is none. */
  firstMs: number | undefined;
  /** When it ended, or was told that no more rows are wanted. */
  lastMs: number | undefined;
};

export class Measurements {
  readonly #startMs = performance.now();
  readonly #parts = new Map<object, Map<string, Figures>>();

  /** Passes the rows on and counts them for a part of the plan; `name` tells those apart that belong to the same part. */
  rows(part: object, name: string, rows: RowProducer): RowProducer {
    const figures = this.#figuresOf(part, name);
    return (sink) => new Measured(sink, figures, () => this.elapsedMs()).start(rows);
  }

  /** What was measured by somebody else. */
  note(part: object, name: string, { rows, bytes }: Readonly<{ rows: number; bytes: number }>): void {
    const figures = this.#figuresOf(part, name);
    figures.rows += rows;
    figures.bytes += bytes;
    figures.lastMs = this.elapsedMs();
  }

  /** By name. */
  of(part: object): ReadonlyMap<string, Readonly<Figures>> {
    return this.#parts.get(part) ?? nothing;
  }

  elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  #figuresOf(part: object, name: string): Figures {
    let named = this.#parts.get(part);
    if (named === undefined) {
      named = new Map();
      this.#parts.set(part, named);
    }
    let figures = named.get(name);
    if (figures === undefined) {
      figures = { rows: 0, bytes: 0, firstMs: undefined, lastMs: undefined };
      named.set(name, figures);
    }
    return figures;
  }
}

const nothing: ReadonlyMap<string, Figures> = new Map();

class Measured implements RowSink, RowSource {
  readonly #sink: RowSink;
  readonly #figures: Figures;
  readonly #elapsedMs: () => number;
  #source!: RowSource;

  constructor(sink: RowSink, figures: Figures, elapsedMs: () => number) {
    this.#sink = sink;
    this.#figures = figures;
    this.#elapsedMs = elapsedMs;
  }

  start(rows: RowProducer): RowSource {
    this.#source = rows(this);
    return this;
  }

  fields(definitions: readonly Buffer[]): void {
    this.#sink.fields(definitions);
  }

  row(bytes: Buffer, at: number, end: number): void {
    const figures = this.#figures;
    figures.firstMs ??= this.#elapsedMs();
    figures.rows++;
    figures.bytes += end - at;
    this.#sink.row(bytes, at, end);
  }

  end(summary: RowsSummary): void {
    this.#figures.lastMs = this.#elapsedMs();
    this.#sink.end(summary);
  }

  fail(error: RowsError): void {
    this.#sink.fail(error);
  }

  pause(): void {
    this.#source.pause();
  }

  resume(): void {
    this.#source.resume();
  }

  cancel(): void {
    this.#figures.lastMs = this.#elapsedMs();
    this.#source.cancel();
  }
}
