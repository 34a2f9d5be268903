/**
 * How rows move through the engine: pushed by their source into a sink, with back-pressure and cancellation running the other
 * way. A row stays the packet payload that a shard sent; no object, promise or copy is made per row.
 */
import type { HeadgateError } from '../errors/headgate-error.ts';
import type { ServerError } from '../wire/err-packet.ts';

/** What is known of a result when its last row has been sent. */
export type RowsSummary = Readonly<{
  warnings: number;
  /** Status bits of the answers, or'ed: what concerns the session (transaction, autocommit) is the session's own to say. */
  status: number;
}>;

/**
 * Where rows go. Calls in order: `fields` once, `row` any number of times, then `end` or `fail` once (`fail` may come first).
 * No method throws. None is called before the producer has returned its source, nor after `cancel`.
 */
export interface RowSink {
  /** Column definition packets (payloads). They stay valid. */
  fields(definitions: readonly Buffer[]): void;
  /** One row: `bytes` from `at` to `end` are its payload, valid until the call returns. */
  row(bytes: Buffer, at: number, end: number): void;
  end(summary: RowsSummary): void;
  fail(error: RowsError): void;
}

/** An error of a tablet (number, state and text stay its own) or of the router. */
export type RowsError = ServerError | HeadgateError;

/** Where rows come from, as the sink's side sees it. All methods may be called at any time, also within a call of the sink. */
export interface RowSource {
  /** Stop reading; what is in memory already (one chunk) may still be delivered. */
  pause(): void;
  resume(): void;
  /** No more rows are wanted, and the sink is not called again; the source sees to it that its connection ends in a clean state. */
  cancel(): void;
}

/** A result that has not been asked for yet: starting it gives the handle by which it is slowed down or stopped. */
export type RowProducer = (sink: RowSink) => RowSource;
