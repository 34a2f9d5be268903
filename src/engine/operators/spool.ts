/** Rows that go through, until their source has to end soon: then all that are left are taken into memory. */
import type { RowProducer, RowSink, RowsSummary } from '../row-stream.ts';
import { RowQueue } from '../rows/row-queue.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { Operator } from './operator.ts';

/** So much of the statement's memory is taken where it would be better, but need not be. */
const SHARE = 1 / 4;
const BYTES_MAX = 64 * 1024 * 1024;

export class Spool extends Operator {
  readonly #budget: MemoryBudget;
  readonly #bytesMax: number;
  readonly #waiting = new RowQueue();
  #taken = 0;
  #isDraining = false;
  #isRequired = false;
  #paused = false;
  #emitting = false;
  #summary: RowsSummary | undefined;

  constructor(sink: RowSink, budget: MemoryBudget) {
    super(sink);
    this.#budget = budget;
    this.#bytesMax = Math.min(BYTES_MAX, budget.bytesMax * SHARE);
  }

  /**
   * From now on the source is not slowed down. `required`: whatever memory its rows take, else HG_STATEMENT_MEMORY; without it, as long as
   * they take a part of it.
   */
  drain(required: boolean): void {
    this.#isRequired ||= required;
    if (this.#isDraining || this.closed || this.#isFull) return;
    this.#isDraining = true;
    if (this.#paused && this.#summary === undefined) this.source.resume();
  }

  get #isFull(): boolean {
    return !this.#isRequired && this.#taken > this.#bytesMax;
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    if (!this.#paused && !this.#waiting.hasHead && !this.#emitting) return this.sink.row(bytes, at, end);
    this.#budget.take(end - at);
    this.#taken += end - at;
    this.#waiting.push(bytes, at, end);
    if (!this.#isDraining || !this.#isFull) return;
    this.#isDraining = false;
    this.source.pause();
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
      this.#budget.release(end - start);
      this.#taken -= end - start;
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
