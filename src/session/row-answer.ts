/** The client's side of a statement that the router puts together: its rows go out at the client's pace, then the end or the error. */
import { ClientRowSink, type RowClient } from '../engine/operators/client-row-sink.ts';
import type { RowProducer, RowsError, RowsSummary } from '../engine/row-stream.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { capability } from '../mysql/protocol.ts';
import { buildErr } from '../wire/err-packet.ts';
import { buildResultEnd } from '../wire/packets.ts';
import type { Session } from './session.ts';

/** How a result ended; the packet that says so has not been sent. */
export type Ending = Readonly<{ summary: RowsSummary | undefined; error: RowsError | undefined }>;

/** What is noted of a result beside its rows. */
export type ResultFacts = Readonly<{
  warnings: number;
  /** Rows of SHOW WARNINGS. */
  warningRows: readonly Buffer[];
  /** Status bits of the tablets: see `runStatus`. */
  status: number;
  /** What FOUND_ROWS() is; undefined: the number of rows. */
  foundRows?: number | bigint;
}>;

export class RowAnswer implements RowClient {
  readonly #session: Session;
  #sink: ClientRowSink | undefined;
  #full = false;
  #sequence = 0;
  #ended!: (ending: Ending) => void;
  /** The client has something of the result. */
  sent = false;
  keepsBytes = false;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Sends the rows; resolves when all are written, or they have failed. `status`: bits of the tablets for the definitions' end. */
  send(rows: RowProducer, status: () => number): Promise<Ending> {
    const session = this.#session;
    this.#sink = new ClientRowSink(this, {
      sequence: session.sequence,
      deprecateEof: (session.port.capabilities & capability.deprecateEof) !== 0,
      status: () => session.statusFlags | status(),
    });
    const ended = new Promise<Ending>((resolve) => {
      this.#ended = resolve;
    });
    this.#sink.start(rows);
    return ended;
  }

  /** Ends the result, and the statement. */
  end({ warnings, warningRows, status, foundRows }: ResultFacts): void {
    const session = this.#session;
    if (session.closed) return;
    session.sequence = this.#sequence;
    session.answered();
    const rows = foundRows ?? this.#sink!.rowCount;
    const warningCount = warnings + session.diagnostics.besideCount;
    session.diagnostics.noteSeveral({ rows, affectedRows: -1n, warnings, warningRows });
    const flags = session.statusFlags | status;
    session.sendPayload(buildResultEnd(flags, warningCount, session.port.capabilities));
    session.finished(false);
  }

  /** Ends the statement with an error. `failedRows`: what SHOW WARNINGS said where it came from. */
  fail(error: RowsError | undefined, failedRows: readonly Buffer[] | undefined): void {
    const session = this.#session;
    if (session.closed) return;
    const failure = session.deadline.told(error ?? new HeadgateError('ER_QUERY_INTERRUPTED'));
    if (this.sent) session.sequence = this.#sequence;
    session.answered();
    session.services.metrics.error(failure.errno);
    if (failedRows !== undefined) session.diagnostics.failedWith(failedRows);
    session.diagnostics.noteError(failure);
    session.sendPayload(buildErr(failure));
    session.finished(true);
  }

  write(packets: Buffer): boolean {
    this.sent = true;
    this.#full = false;
    this.keepsBytes = false;
    this.#session.port.relay(packets, this);
    return !this.#full;
  }

  /** The client's socket is full, and later has room again. */
  pause(): void {
    this.#full = true;
  }

  resume(): void {
    if (!this.#session.closed) this.#sink?.resume();
  }

  keepBytes(): void {
    this.keepsBytes = true;
  }

  onRowsEnd(summary: RowsSummary, sequence: number): void {
    this.#sequence = sequence;
    this.#ended({ summary, error: undefined });
  }

  onRowsFailed(error: RowsError, sequence: number): void {
    this.#sequence = sequence;
    this.#ended({ summary: undefined, error });
  }
}

/** Whether an error is that of a tablet that was lost. */
export const isTabletLost = (error: RowsError | undefined): boolean =>
  error instanceof HeadgateError && error.code === 'HG_TABLET_LOST';
