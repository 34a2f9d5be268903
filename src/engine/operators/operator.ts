/** What all operators over one input share: passing on what they do not change, ending once, and telling both sides when they fail. */
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import type { RowProducer, RowSink, RowSource, RowsError, RowsSummary } from '../row-stream.ts';

/** What was thrown, as an error that a client can be told. */
export const asRowsError = (cause: unknown): HeadgateError =>
  cause instanceof HeadgateError
    ? cause
    : new HeadgateError('HG_INTERNAL', { detail: messageOf(cause), cause });

/**
 * An operator: a sink for its input and the source of its output. Subclasses write `onFields`, `onRow` and `onEnd`, which may
 * throw: the input is cancelled then and the output fails.
 */
export abstract class Operator implements RowSink, RowSource {
  protected readonly sink: RowSink;
  protected source!: RowSource;
  /** Nothing is passed on any more: ended, failed or cancelled. */
  protected closed = false;

  constructor(sink: RowSink) {
    this.sink = sink;
  }

  /** Starts the input, with this as its sink. */
  start(input: RowProducer): RowSource {
    this.source = input(this);
    return this;
  }

  protected onFields(definitions: readonly Buffer[]): void {
    this.sink.fields(definitions);
  }

  protected abstract onRow(bytes: Buffer, at: number, end: number): void;

  protected onEnd(summary: RowsSummary): void {
    this.finish(summary);
  }

  /** The output ends while the input may still have more. */
  protected finish(summary: RowsSummary): void {
    this.closed = true;
    this.sink.end(summary);
  }

  protected abort(cause: unknown): void {
    if (this.closed) return;
    this.closed = true;
    this.source.cancel();
    this.sink.fail(asRowsError(cause));
  }

  fields(definitions: readonly Buffer[]): void {
    if (this.closed) return;
    try {
      this.onFields(definitions);
    } catch (cause) {
      this.abort(cause);
    }
  }

  row(bytes: Buffer, at: number, end: number): void {
    if (this.closed) return;
    try {
      this.onRow(bytes, at, end);
    } catch (cause) {
      this.abort(cause);
    }
  }

  end(summary: RowsSummary): void {
    if (this.closed) return;
    try {
      this.onEnd(summary);
    } catch (cause) {
      this.abort(cause);
    }
  }

  fail(error: RowsError): void {
    if (this.closed) return;
    this.closed = true;
    this.sink.fail(error);
  }

  pause(): void {
    this.source.pause();
  }

  resume(): void {
    this.source.resume();
  }

  cancel(): void {
    if (this.closed) return;
    this.closed = true;
    this.source.cancel();
  }
}

/** An operator that gives rows out only when its input has ended, at its reader's pace. */
export abstract class CollectingOperator extends Operator {
  #summary: RowsSummary | undefined;
  #paused = false;
  #emitting = false;

  /** Everything is in: called once, before the first `emitNext`. */
  protected abstract onCollected(): void;
  /** Gives the next row to the sink. False when there is none. */
  protected abstract emitNext(): boolean;

  protected override onEnd(summary: RowsSummary): void {
    this.onCollected();
    this.#summary = summary;
    this.#emit();
  }

  override pause(): void {
    this.#paused = true;
    if (this.#summary === undefined) this.source.pause();
  }

  override resume(): void {
    this.#paused = false;
    if (this.#summary === undefined) this.source.resume();
    else this.#emit();
  }

  #emit(): void {
    // A sink that takes a row may say "go on" before it returns: the loop below already does.
    if (this.#emitting) return;
    this.#emitting = true;
    try {
      while (!this.#paused && !this.closed) if (!this.emitNext()) this.finish(this.#summary!);
    } catch (cause) {
      this.abort(cause);
    } finally {
      this.#emitting = false;
    }
  }
}
