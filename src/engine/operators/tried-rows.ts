/**
 * Rows that are kept until they are all here; are they too many, what has come is dropped and they are asked for again in another way, which
 * costs more for few rows. Nobody has seen anything of them by then.
 */
import type { RowProducer, RowSink } from '../row-stream.ts';
import { RowQueue } from '../rows/row-queue.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { CollectingOperator } from './operator.ts';

export type TriedOptions = Readonly<{
  budget: MemoryBudget;
  /** So much is kept. */
  bytesMax: number;
  /** The same rows in the other way; `definitions` are those of the first. */
  again: (definitions: readonly Buffer[]) => RowProducer;
}>;

class TriedRows extends CollectingOperator {
  readonly #options: TriedOptions;
  #rows = new RowQueue();
  #definitions: readonly Buffer[] = [];
  #taken = 0;
  #isPaused = false;

  constructor(sink: RowSink, options: TriedOptions) {
    super(sink);
    this.#options = options;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    this.#definitions = definitions;
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    const { budget, bytesMax } = this.#options;
    budget.take(end - at);
    this.#taken += end - at;
    this.#rows.push(bytes, at, end);
    if (this.#taken > bytesMax) this.#startAgain();
  }

  #startAgain(): void {
    const { budget, again } = this.#options;
    this.closed = true;
    this.source.cancel();
    budget.release(this.#taken);
    this.#rows = new RowQueue();
    const rows = again(this.#definitions)(this.sink);
    this.source = rows;
    if (this.#isPaused) rows.pause();
  }

  override pause(): void {
    this.#isPaused = true;
    if (this.closed) this.source.pause();
    else super.pause();
  }

  override resume(): void {
    this.#isPaused = false;
    if (this.closed) this.source.resume();
    else super.resume();
  }

  override cancel(): void {
    if (this.closed) this.source.cancel();
    else super.cancel();
  }

  protected override onCollected(): void {
    this.sink.fields(this.#definitions);
  }

  protected override emitNext(): boolean {
    const rows = this.#rows;
    if (!rows.hasHead) return false;
    const { bytes, start, end } = rows;
    this.sink.row(bytes, start, end);
    rows.shift();
    this.#taken -= end - start;
    this.#options.budget.release(end - start);
    return true;
  }
}

/** The rows of `first`, or those of `again`. Fails with HG_STATEMENT_MEMORY. */
export const triedRows =
  (first: RowProducer, options: TriedOptions): RowProducer =>
  (sink) =>
    new TriedRows(sink, options).start(first);
