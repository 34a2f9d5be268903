/**
 * The shards' side of one statement that reads on several connections: leases them, puts one question after the other to each, and gives each
 * back when it has nothing more to do. Who uses the rows need not know of connections.
 */

import { LateRows } from '../engine/late-rows.ts';
import { asRowsError } from '../engine/operators/operator.ts';
import type { RowProducer } from '../engine/row-stream.ts';
import type { RowReaderOwner } from '../engine/rows/row-reader.ts';
import { shardRows } from '../engine/rows/shard-rows.ts';
import { type BackendConnection, pendingState } from '../gateway/backend-connection.ts';
import { demand } from '../gateway/prepare-connection.ts';
import { toServerError } from '../gateway/tablet-refusal.ts';
import { runStatus } from '../mysql/protocol.ts';
import type { StatementScan } from '../sql/statement.ts';
import type { ServerError } from '../wire/err-packet.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';
import { inputSwitch, leaseForInputs, readsApart } from './gather/input-settings.ts';
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

/** Rows of SHOW WARNINGS that are kept of a statement over several shards. */
export const WARNINGS_KEPT_MAX = 1024;
/** So long the rest of an answer that nobody wants may take to come. */
const KILL_MS = 2;
/** Stopped by us, because another shard has failed or no more rows are wanted. */
const ERRNO_QUERY_INTERRUPTED = 1317;

type Part = {
  readonly place: Place;
  readonly connection: BackendConnection;
  /** Resolves when the connection is free for the question behind those that it has; never rejects. */
  turn: Promise<void>;
  /** Questions that have not been answered. */
  open: number;
  /** It goes back, or is lost. */
  given: Promise<void> | undefined;
  error: ServerError | undefined;
  warningRows: readonly Buffer[];
  /** What makes the connection the session's own again; undefined: nothing. */
  off: string | undefined;
};

export class ShardReads {
  readonly #session: Session;
  readonly #scan: StatementScan;
  /** What is read is for the router only: values as they are stored, and all rows. */
  readonly #isForInputs: boolean;
  readonly #parts: Part[] = [];
  readonly #unstarted = new Set<() => void>();
  /** No more questions come: a connection that is free goes back. */
  #sealed = false;
  /** Of the first shard that failed: what SHOW WARNINGS said there. */
  failedRows: readonly Buffer[] | undefined;
  /** Of the answers that have ended: bits of `runStatus`. */
  ranWith = 0;
  /** A connection of the session's own was among them: what was lost with it cannot be had elsewhere. */
  wasHeld = false;

  constructor(session: Session, scan: StatementScan, isForInputs = false) {
    this.#session = session;
    this.#scan = scan;
    this.#isForInputs = isForInputs;
  }

  /**
   * Leases a connection for each place, in the order of all statements: by keyspace, then by shard. A place that comes twice has one connection. Raises what `Holding.leaseAll` raises.
   */
  async lease(places: readonly Place[]): Promise<void> {
    const session = this.#session;
    const { holding, diagnostics } = session;
    const wanted = distinct(places);
    const isApart = this.#isForInputs && readsApart(session, this.#scan);
    const connections = isApart
      ? await leaseForInputs(session, wanted)
      : await holding.leaseAll(this.#scan, wanted);
    const change = this.#isForInputs && !isApart ? inputSwitch(session) : undefined;
    try {
      for (const connection of connections) {
        await diagnostics.prime(this.#scan, connection);
        if (change !== undefined) await demand(connection.query(change.on));
      }
    } catch (error) {
      for (const connection of connections) holding.giveBack(connection);
      throw error;
    }
    this.wasHeld = connections.some((connection) => holding.holds(connection));
    session.runsOn(connections, wanted[0]!);
    for (const [at, connection] of connections.entries()) {
      const place = wanted[at]!;
      const turn = Promise.resolve();
      this.#parts.push({
        place,
        connection,
        turn,
        open: 0,
        given: undefined,
        error: undefined,
        warningRows: [],
        off: change?.off,
      });
    }
  }

  get places(): readonly Place[] {
    return this.#parts.map(({ place }) => place);
  }

  /** In the order of the places, whichever answered first. */
  get warningRows(): readonly Buffer[] {
    return this.#parts.flatMap(({ warningRows }) => warningRows).slice(0, WARNINGS_KEPT_MAX);
  }

  /** What the shards have said of it with their definitions. */
  get runStatus(): number {
    return this.#parts.reduce((status, { connection }) => status | (connection.answer.status & runStatus), 0);
  }

  /** The rows that answer a question. It is put when the producer is started and those before it on its place have been answered. */
  rows(question: ShardQuestion): RowProducer {
    const part = this.#parts.find(({ place }) => isSame(place, question.place))!;
    const { turn } = part;
    let answered!: () => void;
    part.open++;
    part.turn = new Promise((resolve) => {
      answered = () => {
        this.#unstarted.delete(answered);
        part.open--;
        this.#giveIfFree(part);
        resolve();
      };
    });
    this.#unstarted.add(answered);
    return (sink) => {
      this.#unstarted.delete(answered);
      const rows = new LateRows(sink);
      void turn.then(() => this.#put(part, question, rows, answered));
      return rows;
    };
  }

  /** No more questions come, and those whose rows nobody has asked for are not put. */
  seal(): void {
    this.#sealed = true;
    for (const part of this.#parts) this.#giveIfFree(part);
  }

  /** As `seal`; questions that have not been started never will be. */
  stop(): void {
    for (const answered of [...this.#unstarted]) answered();
    this.seal();
  }

  /** After `seal`: resolves when all connections have been given back. Never rejects. */
  async freed(): Promise<void> {
    for (const part of this.#parts) {
      await part.turn;
      await part.given;
    }
  }

  /** A mistake of ours: what is under way is nobody's. */
  abandon(): void {
    for (const { connection } of this.#parts) connection.close();
  }

  /** Puts a question to a connection whose turn it is. */
  async #put(part: Part, question: ShardQuestion, rows: LateRows, answered: () => void): Promise<void> {
    const { connection } = part;
    try {
      if (rows.isCancelled) return answered();
      this.#session.activity.requireUninterrupted();
      const made = question.packet(connection);
      const packet = made instanceof Promise ? await made : made;
      if (!rows.isCancelled)
        return rows.start(shardRows(connection, packet, this.#ownerOf(part, question, packet, answered)));
      question.after?.(connection, packet);
      answered();
    } catch (error) {
      const failure = toServerError(error) ?? asRowsError(error);
      if (connection.closed) this.#lost(part);
      else part.error ??= failure;
      answered();
      rows.fail(failure);
    }
  }

  #ownerOf(part: Part, question: ShardQuestion, packet: Buffer, answered: () => void): RowReaderOwner {
    let killing: NodeJS.Timeout | undefined;
    return {
      onAnswerEnd: (answer) => {
        clearTimeout(killing);
        void this.#settle(part, answer)
          .then(() => question.after?.(part.connection, packet))
          // Lost while it was asked for warnings.
          .catch(() => this.#lost(part))
          .then(answered);
      },
      onAnswerLost: () => {
        clearTimeout(killing);
        this.#lost(part);
        answered();
      },
      // Under LIMIT a shard sends little more than what is wanted of it: mostly the rest is here before any KILL is.
      onCancelled: () => {
        killing = setTimeout(() => void this.#session.services.gateway.kill(part.connection), KILL_MS);
      },
    };
  }

  /** After an answer: what of it only the connection knows. */
  async #settle(part: Part, { error, warnings, status }: ResponseRelay): Promise<void> {
    const { connection } = part;
    this.ranWith |= status & runStatus;
    await connection.killing;
    part.error ??= error;
    const interrupted = error?.errno === ERRNO_QUERY_INTERRUPTED;
    if (warnings === 0 && (error === undefined || interrupted)) return;
    const { rows } = await connection.query('SHOW WARNINGS');
    part.warningRows = [...part.warningRows, ...rows].slice(0, WARNINGS_KEPT_MAX);
    if (error !== undefined) this.failedRows ??= rows;
  }

  #lost({ connection }: Part): void {
    this.#session.running.delete(connection);
    connection.close();
    this.#session.holding.lost(connection);
  }

  #giveIfFree(part: Part): void {
    if (this.#sealed && part.open === 0) part.given ??= this.#give(part);
  }

  async #give(part: Part): Promise<void> {
    const { connection, place, error, off } = part;
    if (connection.closed) return;
    const session = this.#session;
    connection.pending &= pendingState.lastInsertId;
    suspect(session, this.#scan, connection);
    await connection.killing;
    if (off !== undefined) {
      const restored = await connection.query(off).catch(() => undefined);
      if (restored === undefined || restored.error !== undefined) return this.#lost(part);
    }
    session.running.delete(connection);
    session.holding.settle(this.#scan, { error }, connection, place);
  }
}

const isSame = (a: Place, b: Place): boolean => a.shard === b.shard && a.type === b.type;

/** Each place once, in the order in which all statements take them: names of shards are in the order of their key ranges. */
function distinct(places: readonly Place[]): Place[] {
  const found: Place[] = [];
  for (const place of places) if (!found.some((other) => isSame(other, place))) found.push(place);
  return found.sort(
    (a, b) => compare(a.shard.keyspace, b.shard.keyspace) || compare(a.shard.shard, b.shard.shard),
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
