/**
 * One query over several shards on behalf of a session: leases the connections, lets the operators run, and ends when the client has
 * the whole result and every connection is free again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientRowOptions, ClientRowSink, type RowClient } from '../engine/operators/client-row-sink.ts';
import type { ShardRows } from '../engine/operators/inputs.ts';
import type { RowProducer, RowsError, RowsSummary } from '../engine/row-stream.ts';
import type { RowReaderOwner } from '../engine/rows/row-reader.ts';
import { shardRows } from '../engine/rows/shard-rows.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { type BackendConnection, pendingState } from '../gateway/backend-connection.ts';
import { capability, runStatus } from '../mysql/protocol.ts';
import type { StatementScan } from '../sql/statement.ts';
import { buildErr, type ServerError } from '../wire/err-packet.ts';
import { buildResultEnd } from '../wire/packets.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';
import { preparedError } from './prepared-error.ts';
import type { Session } from './session.ts';
import type { Place } from './statement-place.ts';
import { suspect } from './suspect.ts';

/** What one shard is asked. */
export type ShardQuestion = Readonly<{
  place: Place;
  packet: (connection: BackendConnection) => Promise<Buffer> | Buffer;
  /** What is to be done on the connection when it has answered; `sent` is the packet. */
  after?: (connection: BackendConnection, sent: Buffer) => void;
}>;

/** All questions of one statement. `original` is the client's own text where the shards get another one. */
export type ScatterQuestion = Readonly<{ questions: readonly ShardQuestion[]; original: Buffer | undefined }>;

/** Rows of SHOW WARNINGS that are kept of a statement over several shards. */
export const WARNINGS_KEPT_MAX = 1024;
const REPEAT_MS = 20;
/** So long the rest of an answer that nobody wants may take to come. */
const KILL_MS = 2;
const ERRNO_BAD_FIELD = 1054;
/** Stopped by us, because another shard has failed or no more rows are wanted. */
const ERRNO_QUERY_INTERRUPTED = 1317;

type Part = {
  readonly place: Place;
  readonly connection: BackendConnection;
  /** What has to be done once it has answered. */
  readonly after: () => void;
  free: Promise<void>;
  warningRows: readonly Buffer[];
};

/** How a result ended. */
type Ending = Readonly<{ summary: RowsSummary | undefined; error: RowsError | undefined; sequence: number }>;

/**
 * Asks the shards and sends the client the rows that `rowsOf` makes of theirs. A read whose tablet was lost before the client had anything
 * is repeated once. Rejects only before anything was sent.
 */
export async function scatterRead(
  session: Session,
  scan: StatementScan,
  question: ScatterQuestion,
  rowsOf: (shards: readonly ShardRows[]) => RowProducer,
): Promise<void> {
  const first = new ScatterRead(session, scan, question);
  const lost = await first.run(rowsOf, scan.readOnly);
  if (!lost) return;
  await sleep(REPEAT_MS);
  await new ScatterRead(session, scan, question).run(rowsOf, false);
}

/** The text as the client has it is right: what was added to it names a column that is gone. */
export function changedColumns(error: ServerError, places: readonly Place[]): ServerError {
  if (error.errno !== ERRNO_BAD_FIELD) return error;
  const shards = places.map(({ shard }) => shard.name).join(', ');
  return new HeadgateError('HG_SCHEMA_CHANGED', { detail: `${shards}: ${error.message}` });
}

/** Errors of names and forms (also 1052, an ambiguous column, and two of ONLY_FULL_GROUP_BY); all others come of running. */
const isAboutText = ({ sqlState, errno }: ServerError): boolean =>
  sqlState.startsWith('42') ||
  sqlState.startsWith('21') ||
  errno === 1052 ||
  errno === 3029 ||
  errno === 3065;

class ScatterRead implements RowClient {
  readonly #session: Session;
  readonly #scan: StatementScan;
  readonly #questions: readonly ShardQuestion[];
  readonly #original: Buffer | undefined;
  readonly #parts: Part[] = [];
  #sink!: ClientRowSink;
  /** Of the first shard that failed. */
  #failedRows: readonly Buffer[] | undefined;
  /** Of the shards whose answers have ended: bits of `runStatus`. */
  #ranWith = 0;
  #sent = false;
  #full = false;
  #wasHeld = false;
  #ended!: (ending: Ending) => void;

  constructor(session: Session, scan: StatementScan, { questions, original }: ScatterQuestion) {
    this.#session = session;
    this.#scan = scan;
    this.#questions = questions;
    this.#original = original;
  }

  /** True: nothing was sent since a tablet was lost, and the query may be repeated. */
  async run(rowsOf: (shards: readonly ShardRows[]) => RowProducer, repeatable: boolean): Promise<boolean> {
    const session = this.#session;
    const { holding, diagnostics, port } = session;
    const places = this.#questions.map(({ place }) => place);
    const connections = await holding.leaseAll(this.#scan, places);
    this.#wasHeld = connections.some((connection) => holding.holds(connection));
    const packets: Buffer[] = [];
    try {
      for (const [at, connection] of connections.entries()) {
        await diagnostics.prime(this.#scan, connection);
        packets.push(await this.#questions[at]!.packet(connection));
      }
    } catch (error) {
      for (const connection of connections) holding.giveBack(connection);
      throw error;
    }
    session.runsOn(connections, places[0]!);
    const options: ClientRowOptions = {
      sequence: session.sequence,
      deprecateEof: (port.capabilities & capability.deprecateEof) !== 0,
      status: () => session.statusFlags | this.#runStatus(),
    };
    this.#sink = new ClientRowSink(this, options);
    const ended = new Promise<Ending>((resolve) => {
      this.#ended = resolve;
    });
    const shards = connections.map((connection, at): ShardRows => {
      const place = places[at]!;
      const { after } = this.#questions[at]!;
      const part: Part = {
        place,
        connection,
        free: Promise.resolve(),
        warningRows: [],
        after: () => after?.(connection, packets[at]!),
      };
      this.#parts.push(part);
      return { name: place.shard.name, rows: shardRows(connection, packets[at]!, this.#ownerOf(part)) };
    });
    try {
      this.#sink.start(rowsOf(shards));
    } catch (error) {
      // A mistake of ours: what is under way on them is nobody's.
      for (const connection of connections) connection.close();
      throw error;
    }
    const ending = await ended;
    // Also those whose rest nobody wants: the next statement may need them.
    await Promise.all(this.#parts.map(({ free }) => free));
    const error = await this.#ownError(ending.error);
    return this.#finish({ ...ending, error }, repeatable);
  }

  /** MySQL's words about a statement that it refuses are about its own text, not about what was added to it. */
  async #ownError(error: RowsError | undefined): Promise<RowsError | undefined> {
    if (error === undefined || error instanceof HeadgateError || !isAboutText(error)) return error;
    const place = this.#questions[0]!.place;
    // A shard that has begun to answer had nothing against the text.
    const own = this.#original && !this.#sent && (await preparedError(this.#session, place, this.#original));
    if (own) return own;
    return changedColumns(
      error,
      this.#questions.map((question) => question.place),
    );
  }

  /** What the shards have said of it with their definitions. */
  #runStatus(): number {
    return this.#parts.reduce((status, { connection }) => status | (connection.answer.status & runStatus), 0);
  }

  #ownerOf(part: Part): RowReaderOwner {
    let freed!: () => void;
    part.free = new Promise((resolve) => {
      freed = resolve;
    });
    const { holding, running } = this.#session;
    let killing: NodeJS.Timeout | undefined;
    const lost = () => {
      running.delete(part.connection);
      part.connection.close();
      holding.lost(part.connection);
    };
    return {
      onAnswerEnd: (answer, connection) => {
        clearTimeout(killing);
        void this.#release(part, answer, connection)
          // Lost while it was asked for warnings.
          .catch(() => lost())
          .then(freed);
      },
      onAnswerLost: () => {
        clearTimeout(killing);
        lost();
        freed();
      },
      // Under LIMIT a shard sends little more than what is wanted of it: mostly the rest is here before any KILL is.
      onCancelled: () => {
        killing = setTimeout(() => void this.#session.services.gateway.kill(part.connection), KILL_MS);
      },
    };
  }

  async #release(part: Part, answer: ResponseRelay, connection: BackendConnection): Promise<void> {
    const session = this.#session;
    connection.pending &= pendingState.lastInsertId;
    suspect(session, this.#scan, connection);
    await connection.killing;
    const { error, warnings } = answer;
    this.#ranWith |= answer.status & runStatus;
    const outcome = { error, warnings };
    const interrupted = error?.errno === ERRNO_QUERY_INTERRUPTED;
    if (warnings > 0 || (error !== undefined && !interrupted)) {
      const { rows } = await connection.query('SHOW WARNINGS');
      part.warningRows = rows.slice(0, WARNINGS_KEPT_MAX);
      if (error !== undefined) this.#failedRows ??= rows;
    }
    part.after();
    session.running.delete(connection);
    session.holding.settle(this.#scan, outcome, connection, part.place);
  }

  /** The result's end, or its error. True if the query is to be repeated instead. */
  #finish({ summary, error, sequence }: Ending, repeatable: boolean): boolean {
    const session = this.#session;
    const { port, diagnostics } = session;
    if (session.closed) return false;
    if (summary !== undefined) {
      session.sequence = sequence;
      session.answered();
      diagnostics.noteSeveral({
        rows: this.#sink.rowCount,
        affectedRows: -1n,
        warnings: summary.warnings,
        // In the order of the shards, whichever answered first.
        warningRows: this.#parts.flatMap(({ warningRows }) => warningRows).slice(0, WARNINGS_KEPT_MAX),
      });
      const status = session.statusFlags | this.#ranWith;
      session.sendPayload(buildResultEnd(status, summary.warnings, port.capabilities));
      session.finished(false);
      return false;
    }
    const failure = session.deadline.told(error ?? new HeadgateError('ER_QUERY_INTERRUPTED'));
    const lost = failure instanceof HeadgateError && failure.code === 'HG_TABLET_LOST';
    if (lost && repeatable && !this.#sent && !this.#wasHeld) return true;
    session.sequence = this.#sent ? sequence : session.sequence;
    session.answered();
    session.services.metrics.error(failure.errno);
    if (this.#failedRows !== undefined) diagnostics.failedWith(this.#failedRows);
    diagnostics.noteError(failure);
    session.sendPayload(buildErr(failure));
    session.finished(true);
    return false;
  }

  write(packets: Buffer): boolean {
    this.#sent = true;
    this.#full = false;
    this.#session.port.relay(packets, this);
    return !this.#full;
  }

  /** The client's socket is full, and later has room again. */
  pause(): void {
    this.#full = true;
  }

  resume(): void {
    if (!this.#session.closed) this.#sink.resume();
  }

  keepBytes(): void {}

  onRowsEnd(summary: RowsSummary, sequence: number): void {
    this.#ended({ summary, error: undefined, sequence });
  }

  onRowsFailed(error: RowsError, sequence: number): void {
    this.#ended({ summary: undefined, error, sequence });
  }
}
