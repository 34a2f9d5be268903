/**
 * A cursor over several shards: each keeps one of its own, and the plan's operators stand still between two fetches. What a fetch
 * has brought beyond the rows that were asked for waits here: at most what one part of each shard is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientRowSink, type RowClient } from '../engine/operators/client-row-sink.ts';
import type { ShardRows } from '../engine/operators/inputs.ts';
import type { RowProducer, RowSink, RowSource, RowsError } from '../engine/row-stream.ts';
import { CursorRows } from '../engine/rows/cursor-rows.ts';
import { RowQueue } from '../engine/rows/row-queue.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { type BackendConnection, pendingState } from '../gateway/backend-connection.ts';
import type { TakenStatement } from '../gateway/prepared-cache.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { serverStatus } from '../mysql/protocol.ts';
import { buildResultEnd } from '../wire/packets.ts';
import type { ClientStatement } from './client-statement.ts';
import type { Cursor } from './cursor.ts';
import { idAt } from './execute-packet.ts';
import { pin } from './pins.ts';
import { changedColumns } from './scatter-read.ts';
import type { Session } from './session.ts';
import { type ShardQuestion, WARNINGS_KEPT_MAX } from './shard-reads.ts';
import { suspect } from './suspect.ts';

type Part = Readonly<{
  question: ShardQuestion;
  connection: BackendConnection;
  execute: Buffer;
  /** The tablet's statement as it was in the connection's cache; undefined: it is of no use to others. */
  taken: TakenStatement | undefined;
}>;

const REPEAT_MS = 20;

/** Opens cursors on all shards and answers EXECUTE; the questions' packets are EXECUTEs with a cursor. Rejects before anything was sent. */
export async function openOverShards(
  session: Session,
  statement: ClientStatement,
  questions: readonly ShardQuestion[],
  rowsOf: (shards: readonly ShardRows[]) => RowProducer,
): Promise<void> {
  const wasHolding = session.holding.count > 0;
  try {
    await openOnce(session, statement, questions, rowsOf);
  } catch (error) {
    const isLost = error instanceof HeadgateError && error.code === 'HG_TABLET_LOST';
    if (!isLost || wasHolding || !statement.scan.readOnly || session.closed) throw error;
    // With a server all its connections die; those whose end is not noticed yet must not be taken.
    await sleep(REPEAT_MS);
    await openOnce(session, statement, questions, rowsOf);
  }
}

async function openOnce(
  session: Session,
  statement: ClientStatement,
  questions: readonly ShardQuestion[],
  rowsOf: (shards: readonly ShardRows[]) => RowProducer,
): Promise<void> {
  const { holding, diagnostics } = session;
  const { scan } = statement;
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
      parts.push({
        question,
        connection,
        execute,
        taken: connection.prepared.take(execute.readUInt32LE(idAt)),
      });
    }
  } catch (error) {
    for (const { connection, taken } of parts) if (taken !== undefined) connection.prepared.put(taken);
    for (const connection of connections) holding.giveBack(connection);
    throw error;
  }
  await new ShardsCursor(session, statement, parts).open(rowsOf);
}

class ShardsCursor implements Cursor, RowSink, RowClient {
  readonly #session: Session;
  readonly #statement: ClientStatement;
  readonly #parts: readonly Part[];
  readonly #shards: CursorRows[] = [];
  readonly #surplus = new RowQueue();
  #source!: RowSource;
  #definitions: readonly Buffer[] | undefined;
  #error: RowsError | undefined;
  /** No more rows come from the operators. */
  #ended = false;
  #warnings = 0;
  /** Of the answer in progress: where its rows go, and how many are still wanted. */
  #answer: ClientRowSink | undefined;
  #left = 0;
  #full = false;
  keepsBytes = false;
  #settled: (() => void) | undefined;
  #sequence = 0;

  constructor(session: Session, statement: ClientStatement, parts: readonly Part[]) {
    this.#session = session;
    this.#statement = statement;
    this.#parts = parts;
  }

  isOn(connection: BackendConnection): boolean {
    return this.#parts.some((part) => part.connection === connection);
  }

  async open(rowsOf: (shards: readonly ShardRows[]) => RowProducer): Promise<void> {
    const session = this.#session;
    session.runsOn(this.#connections, this.#parts[0]!.question.place);
    this.#source = rowsOf(this.#parts.map((part) => this.#rowsAt(part)))(this);
    await this.#untilSettled();
    const warningRows = await this.#warningRows();
    this.#release(pin.cursor);
    if (session.closed) return;
    this.#requireNoError();
    this.#statement.cursor = this;
    session.prepared.cursors.add(this);
    const answer = this.#beginAnswer();
    answer.fields(this.#definitions!);
    const warnings = Math.min(this.#warnings, 0xffff);
    session.diagnostics.noteSeveral({ rows: undefined, affectedRows: -1n, warnings, warningRows });
    this.#endAnswer(answer, serverStatus.cursorExists, warnings);
  }

  get #connections(): BackendConnection[] {
    return this.#parts.map(({ connection }) => connection);
  }

  #rowsAt({ question, connection, execute }: Part): ShardRows {
    const id = execute.readUInt32LE(idAt);
    const owner = {
      onIdle: (warnings: number) => {
        this.#warnings += warnings;
        this.#look();
      },
    };
    const rows: RowProducer = (sink) => {
      const shard = new CursorRows(sink, connection, id, owner);
      this.#shards.push(shard);
      return shard.start(execute);
    };
    return { name: question.place.shard.name, rows };
  }

  async fetch(_packet: Buffer, rows: number): Promise<void> {
    const session = this.#session;
    if (!this.#isThere) {
      this.close();
      throw new HeadgateError('HG_SESSION_STATE_LOST', { detail: 'cursor' });
    }
    await Promise.all(this.#connections.map(({ killing }) => killing));
    const answer = this.#beginAnswer();
    this.#left = rows;
    session.runsOn(this.#connections, this.#parts[0]!.question.place);
    const settled = this.#untilSettled();
    this.#pump();
    this.#look();
    await settled;
    this.#release(0);
    answer.end({ warnings: 0, status: 0 });
    session.sequence = this.#sequence;
    if (session.closed) return;
    this.#requireNoError();
    session.diagnostics.noteSeveral({ rows: undefined, affectedRows: -1n, warnings: 0, warningRows: [] });
    if (this.#left > 0) this.close();
    this.#endAnswer(undefined, this.#left > 0 ? serverStatus.lastRowSent : serverStatus.cursorExists, 0);
  }

  /** Some of the connections may have been lost, or reset, since. */
  get #isThere(): boolean {
    const { holding } = this.#session;
    return this.#ended || this.#connections.every((one) => !one.closed && holding.isPinned(one, pin.cursor));
  }

  #beginAnswer(): ClientRowSink {
    const options = { sequence: this.#session.sequence, deprecateEof: true, status: () => 0 };
    const pace: RowSource = { pause: () => {}, resume: () => {}, cancel: () => {} };
    this.#answer = new ClientRowSink(this, options).start(() => pace);
    return this.#answer;
  }

  #endAnswer(open: ClientRowSink | undefined, flag: number, warnings: number): void {
    const session = this.#session;
    if (open !== undefined) {
      open.end({ warnings: 0, status: 0 });
      session.sequence = this.#sequence;
    }
    session.answered();
    session.sendPayload(buildResultEnd(session.statusFlags | flag, warnings, session.port.capabilities));
    session.finished(false);
  }

  /** Raises what a shard or an operator has failed with; the cursor is then closed. */
  #requireNoError(): void {
    const error = this.#error;
    if (error === undefined) return;
    this.close();
    if (error instanceof HeadgateError) throw error;
    throw new TabletRefusal(
      changedColumns(
        error,
        this.#parts.map(({ question }) => question.place),
      ),
    );
  }

  fields(definitions: readonly Buffer[]): void {
    this.#definitions = definitions;
  }

  row(bytes: Buffer, at: number, end: number): void {
    if (this.#left === 0 || this.#full || this.#surplus.hasHead) return this.#surplus.push(bytes, at, end);
    this.#answer!.row(bytes, at, end);
    if (--this.#left === 0) this.#satisfied();
  }

  end(): void {
    this.#ended = true;
    this.#look();
  }

  fail(error: RowsError): void {
    this.#error ??= error;
    this.#ended = true;
    for (const shard of this.#shards) shard.settle();
    this.#look();
  }

  /** Rows that wait go out first; then more are asked for. */
  #pump(): void {
    const surplus = this.#surplus;
    while (this.#left > 0 && !this.#full && surplus.hasHead) {
      this.#answer!.row(surplus.bytes, surplus.start, surplus.end);
      surplus.shift();
      this.#left--;
    }
    if (this.#left === 0) return this.#satisfied();
    if (this.#full || this.#ended) return;
    this.#source.resume();
    if (this.#left > 0) for (const shard of this.#shards) shard.want();
  }

  #satisfied(): void {
    this.#source.pause();
    for (const shard of this.#shards) shard.settle();
  }

  #untilSettled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settled = resolve;
    });
  }

  /** Whether the answer in progress is complete, and all connections are free. */
  #look(): void {
    if (this.#settled === undefined || this.#shards.some(({ busy }) => busy)) return;
    if (this.#shards.length < this.#parts.length) return;
    const isOpening = this.#definitions === undefined && this.#error === undefined;
    if (isOpening) {
      for (const shard of this.#shards) shard.want();
      return;
    }
    const hasAll = this.#left === 0 || (this.#ended && !this.#surplus.hasHead);
    if (!hasAll && this.#error === undefined) return;
    const settled = this.#settled;
    this.#settled = undefined;
    settled();
  }

  async #warningRows(): Promise<Buffer[]> {
    const rows: Buffer[] = [];
    if (this.#warnings === 0) return rows;
    for (const { connection } of this.#parts) {
      if (connection.closed) continue;
      const answer = await connection.query('SHOW WARNINGS').catch(() => undefined);
      rows.push(...(answer?.rows ?? []));
    }
    return rows.slice(0, WARNINGS_KEPT_MAX);
  }

  /** The connections are at nobody's work; they stay the session's as long as there is a reason. */
  #release(pins: number): void {
    const session = this.#session;
    const { scan } = this.#statement;
    for (const [at, { connection, question }] of this.#parts.entries()) {
      session.running.delete(connection);
      if (connection.closed) {
        session.holding.lost(connection);
        continue;
      }
      connection.pending &= pendingState.lastInsertId;
      suspect(session, scan, connection);
      session.holding.settle(scan, { error: this.#shards[at]?.error }, connection, question.place, pins);
    }
  }

  close(): void {
    const { holding, prepared } = this.#session;
    if (this.#statement.cursor === this) this.#statement.cursor = undefined;
    prepared.cursors.delete(this);
    for (const [at, { connection, taken, execute }] of this.#parts.entries()) {
      if (connection.closed || !holding.isPinned(connection, pin.cursor)) continue;
      const isDone = this.#shards[at]?.done === true && taken !== undefined;
      connection.closeStatement(isDone ? connection.prepared.put(taken) : execute.readUInt32LE(idAt));
      const isShared = [...prepared.cursors].some((other) => other.isOn(connection));
      if (!isShared) holding.unpin(pin.cursor, connection);
    }
    holding.unholdIfFree();
  }

  write(packets: Buffer): boolean {
    this.#full = false;
    this.keepsBytes = false;
    this.#session.port.relay(packets, this);
    return !this.#full;
  }

  /** The client's socket is full, and later has room again. */
  pause(): void {
    this.#full = true;
    this.#source.pause();
  }

  resume(): void {
    if (this.#session.closed || this.#answer === undefined) return;
    this.#full = false;
    if (this.#settled === undefined) return;
    this.#pump();
    this.#look();
  }

  keepBytes(): void {
    this.keepsBytes = true;
  }

  onRowsEnd(_summary: unknown, sequence: number): void {
    this.#sequence = sequence;
  }

  onRowsFailed(): void {}
}
