/**
 * Rows that are read by server-side cursors, so that what the session holds is free for other statements between their parts: the driving side
 * of a join within a transaction, whose lookups need the same connections. A part is fetched, or others have the connections: never both.
 */
import type { ShardRows } from '../engine/operators/inputs.ts';
import type { RowProducer, RowSink } from '../engine/row-stream.ts';
import { CursorRows, PART_BYTES } from '../engine/rows/cursor-rows.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { type BackendConnection, pendingState } from '../gateway/backend-connection.ts';
import { runStatus } from '../mysql/protocol.ts';
import type { StatementScan } from '../sql/statement.ts';
import { idAt } from './execute-packet.ts';
import { pin } from './pins.ts';
import type { Session } from './session.ts';
import { type ShardQuestion, WARNINGS_KEPT_MAX } from './shard-reads.ts';
import { suspect } from './suspect.ts';

type Part = {
  readonly question: ShardQuestion;
  readonly connection: BackendConnection;
  readonly execute: Buffer;
  rows: CursorRows | undefined;
  fail: RowSink['fail'] | undefined;
  /** Of its EXECUTE. */
  warnings: number;
};

export class JoinCursor {
  readonly #session: Session;
  readonly #scan: StatementScan;
  readonly #parts: readonly Part[];
  readonly #partBytes: number;
  /** Those that have the connections, or wait for them. */
  #takers = 0;
  #isOpen = false;
  #isClosed = false;
  #opening: Promise<void> | undefined;
  #waiting: (() => void)[] = [];
  #warningRows: readonly Buffer[] = [];
  #ranWith = 0;

  private constructor(session: Session, scan: StatementScan, parts: readonly Part[], bytesMax: number) {
    this.#partBytes = Math.min(PART_BYTES, bytesMax / parts.length);
    this.#session = session;
    this.#scan = scan;
    this.#parts = parts;
  }

  /**
   * Leases the connections and prepares what they are asked; the questions' packets are EXECUTEs with a cursor. `bytesMax`: about so much is
   * fetched of all shards at a time.
   */
  static async lease(
    session: Session,
    scan: StatementScan,
    questions: readonly ShardQuestion[],
    bytesMax: number,
  ): Promise<JoinCursor> {
    const { holding, diagnostics } = session;
    const connections = await holding.leaseAll(
      scan,
      questions.map(({ place }) => place),
    );
    const parts: Part[] = [];
    try {
      for (const [at, connection] of connections.entries()) {
        await diagnostics.prime(scan, connection);
        const question = questions[at]!;
        const execute = await question.packet(connection);
        parts.push({ question, connection, execute, rows: undefined, fail: undefined, warnings: 0 });
      }
      session.runsOn(connections, questions[0]!.place);
    } catch (error) {
      for (const { connection, execute } of parts)
        if (!connection.closed) connection.closeStatement(execute.readUInt32LE(idAt));
      for (const connection of connections) holding.giveBack(connection);
      throw error;
    }
    return new JoinCursor(session, scan, parts, bytesMax);
  }

  /** What its statements have said beside rows; `ranWith`: bits of `runStatus`. */
  get heard(): Readonly<{ warningRows: readonly Buffer[]; ranWith: number }> {
    return { warningRows: this.#warningRows, ranWith: this.#ranWith };
  }

  /** Each shard's rows. The cursors are opened when the first are started; all have to be. */
  get rows(): readonly ShardRows[] {
    return this.#parts.map((part) => ({
      name: part.question.place.shard.name,
      rows: this.#rowsOf(part),
    }));
  }

  #rowsOf(part: Part): RowProducer {
    const { connection, execute } = part;
    const owner = { onIdle: (warnings: number) => this.#onIdle(part, warnings) };
    return (sink) => {
      const told: RowSink = {
        fields: (definitions) => sink.fields(definitions),
        row: (bytes, at, end) => sink.row(bytes, at, end),
        // Parts say nothing of warnings that their EXECUTE has not said.
        end: () => sink.end({ warnings: part.warnings, status: 0 }),
        fail: (error) => sink.fail(error),
      };
      part.fail = told.fail;
      const id = execute.readUInt32LE(idAt);
      part.rows = new CursorRows(told, connection, id, owner, this.#partBytes);
      return part.rows.start(execute);
    };
  }

  get #isBusy(): boolean {
    return this.#parts.some(({ rows }) => rows?.busy === true);
  }

  #onIdle(part: Part, warnings: number): void {
    if (!this.#isOpen) part.warnings += warnings;
    if (!part.connection.closed) this.#ranWith |= part.connection.answer.status & runStatus;
    if (this.#isBusy) return;
    if (this.#isStarted) this.#opening ??= this.#open();
    if (this.#isOpen || !this.#isStarted) this.#tell();
  }

  get #isStarted(): boolean {
    return this.#parts.every(({ rows }) => rows !== undefined);
  }

  #tell(): void {
    for (const go of this.#waiting.splice(0)) go();
  }

  /** All have answered: from now on the connections are the session's until the end. */
  async #open(): Promise<void> {
    const rows: Buffer[] = [];
    for (const { connection, warnings } of this.#parts) {
      if (warnings === 0 || connection.closed) continue;
      const answer = await connection.query('SHOW WARNINGS').catch(() => undefined);
      rows.push(...(answer?.rows ?? []));
    }
    this.#warningRows = rows.slice(0, WARNINGS_KEPT_MAX);
    this.#isOpen = true;
    for (const part of this.#parts) this.#settle(part, pin.cursor);
    if (this.#takers === 0) this.#fetch();
    this.#tell();
  }

  /** What the connection is to the session between two of its statements. */
  #settle({ connection, question, rows }: Part, pins: number): void {
    const session = this.#session;
    session.running.delete(connection);
    if (connection.closed) return session.holding.lost(connection);
    if (session.closed) return connection.close();
    connection.pending &= pendingState.lastInsertId;
    suspect(session, this.#scan, connection);
    session.holding.settle(this.#scan, { error: rows?.error }, connection, question.place, pins);
  }

  #fetch(): void {
    const { closed, running, activity, holding } = this.#session;
    if (closed || this.#isClosed || activity.interrupted) return;
    for (const part of this.#parts) {
      const { connection, rows, fail } = part;
      if (rows?.done !== false) continue;
      if (holding.isPinned(connection, pin.cursor)) {
        running.add(connection);
        rows.want();
        continue;
      }
      // It was given up with the transaction, and may be another session's by now.
      rows.cancel();
      fail?.(new HeadgateError('HG_SESSION_STATE_LOST', { detail: 'cursor' }));
    }
  }

  /** Resolves when nothing is being fetched, and nothing will be until `release`. */
  async take(): Promise<void> {
    this.#takers++;
    for (const { rows } of this.#parts) rows?.settle();
    await this.#untilIdle();
    for (const { connection } of this.#parts) this.#session.running.delete(connection);
  }

  /** After `take`. */
  release(): void {
    this.#takers--;
    if (this.#takers === 0 && this.#isOpen) this.#fetch();
  }

  #untilIdle(): Promise<void> {
    if ((this.#isOpen || !this.#isStarted) && !this.#isBusy) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** When the rows have ended, or nobody wants more of them: closes the cursors. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { rows } of this.#parts) rows?.settle();
    await this.#untilIdle();
    const { holding, prepared, running } = this.#session;
    for (const part of this.#parts) {
      const { connection, execute } = part;
      await connection.killing;
      running.delete(connection);
      if (this.#isOpen && !holding.holds(connection)) {
        // It was given up: by whoever did it, unless it was at work then.
        if (connection.doomed) connection.close();
        continue;
      }
      if (!connection.closed) connection.closeStatement(execute.readUInt32LE(idAt));
      this.#settle(part, 0);
      const isShared = [...prepared.cursors].some((other) => other.isOn(connection));
      if (!isShared) holding.unpin(pin.cursor, connection);
    }
    holding.unholdIfFree();
  }
}
