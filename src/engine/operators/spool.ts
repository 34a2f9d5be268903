/** Rows that go through, until their source has to end soon: then all that are left are taken into memory. */
import type { RowProducer, RowSink, RowsSummary } from '../row-stream.ts';
import { RowQueue } from '../rows/row-queue.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { Operator } from './operator.ts';

export class Spool extends Operator {
  readonly #budget: MemoryBudget;
  readonly #waiting = new RowQueue();
  #isDraining = false;
  #paused = false;
  #emitting = false;
  #summary: RowsSummary | undefined;

  constructor(sink: RowSink, budget: MemoryBudget) {
    super(sink);
    this.#budget = budget;
  }

  /** From now on the source is never slowed down. Fails with HG_STATEMENT_MEMORY where its rows are too many. */
  drain(): void {
    if (this.#isDraining || this.closed) return;
    this.#isDraining = true;
    if (this.#paused && this.#summary === undefined) this.source.resume();
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    if (!this.#paused && !this.#waiting.hasHead && !this.#emitting) return this.sink.row(bytes, at, end);
    if (this.#isDraining) this.#budget.take(end - at);
    this.#waiting.push(bytes, at, end);
  }

  protected override onEnd(summary: RowsSummary): void {
    this.#summary = summary;
    this.#emit();
  }

  override pause(): void {
    this.#paused = true;
    if (!this.#isDraining && this.#summary === undefined) this.source.pause();
  }

  override resume(): void {
    this.#paused = false;
    this.#emit();
    if (!this.#paused && !this.#isDraining && this.#summary === undefined && !this.closed)
      this.source.resume();
  }

  #emit(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    const waiting = this.#waiting;
    while (waiting.hasHead && !this.#paused && !this.closed) {
      const { bytes, start, end } = waiting;
      this.sink.row(bytes, start, end);
      if (this.#isDraining) this.#budget.release(end - start);
      waiting.shift();
    }
    this.#emitting = false;
    if (this.#summary !== undefined && !waiting.hasHead && !this.#paused && !this.closed)
      this.finish(this.#summary);
  }
}

/** Rows through a spool, which `given` gets. */
export const spool =
  (input: RowProducer, budget: MemoryBudget, given: (spool: Spool) => void): RowProducer =>
  (sink) => {
    const operator = new Spool(sink, budget);
    given(operator);
    return operator.start(input);
  };
