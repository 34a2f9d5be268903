import { HeadgateError } from '../../errors/headgate-error.ts';
import type { RowProducer } from '../row-stream.ts';
import { Operator } from './operator.ts';

class Interruptible extends Operator {
  readonly #signal: AbortSignal;
  readonly #interrupt = (): void => this.abort(new HeadgateError('ER_QUERY_INTERRUPTED'));

  constructor(sink: Operator['sink'], signal: AbortSignal) {
    super(sink);
    this.#signal = signal;
    signal.addEventListener('abort', this.#interrupt, { once: true });
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    this.sink.row(bytes, at, end);
  }

  protected override onEnd(summary: Parameters<Operator['end']>[0]): void {
    this.#signal.removeEventListener('abort', this.#interrupt);
    this.finish(summary);
  }
}

/** Rows that fail with ER_QUERY_INTERRUPTED as soon as the signal says so: rows that are in memory stop for nobody else. */
export const interruptible =
  (input: RowProducer, signal: AbortSignal): RowProducer =>
  (sink) =>
    new Interruptible(sink, signal).start(input);
