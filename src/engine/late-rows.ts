import type { RowProducer, RowSink, RowSource, RowsError } from './row-stream.ts';

/** Rows whose producer is still to come: what is said to them meanwhile holds for it. */
export class LateRows implements RowSource {
  readonly #sink: RowSink;
  #source: RowSource | undefined;
  #isPaused = false;
  isCancelled = false;

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  /** The producer is there. Not to be called once they are cancelled. */
  start(rows: RowProducer): void {
    this.#source = rows(this.#sink);
    if (this.#isPaused) this.#source.pause();
  }

  /** There will be none. */
  fail(error: RowsError): void {
    if (!this.isCancelled) this.#sink.fail(error);
  }

  pause(): void {
    this.#isPaused = true;
    this.#source?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#source?.resume();
  }

  cancel(): void {
    this.isCancelled = true;
    this.#source?.cancel();
  }
}
