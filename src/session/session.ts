/**
 * One client's session: takes its commands one at a time and answers each.
 *
 * The usual statement goes straight through: scanned, placed, sent on an idle connection, its answer relayed as bytes. Only
 * what changes the session's own state takes another way. What it must never do: give a connection back to its pool while
 * something of this client is left on it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import type {
  AnswerReceiver,
  BackendConnection,
  CapturedState,
  CommandOptions,
  ConnectionOwner,
} from '../gateway/backend-connection.ts';
import { toServerError } from '../gateway/tablet-refusal.ts';
import { capability, command, serverStatus } from '../mysql/protocol.ts';
import type { StatementScan } from '../sql/statement-scan.ts';
import type { QueryKindName } from '../telemetry/query-kinds.ts';
import { buildErr } from '../wire/err-packet.ts';
import { buildOk, type OkFields } from '../wire/ok-packet.ts';
import type { QueryAttribute } from '../wire/query-attributes.ts';
import type { ResponseKind, ResponseRelay } from '../wire/response-relay.ts';
import { Activity } from './activity.ts';
import { withoutAttributes } from './attributes.ts';
import type { ClientPort } from './client-port.ts';
import { commandHandlers } from './command-handlers.ts';
import { Deadline } from './deadline.ts';
import { Diagnostics } from './diagnostics.ts';
import type { Answered } from './held.ts';
import { Holding } from './holding.ts';
import { LeftBehind } from './left-behind.ts';
import { measureStatement } from './measure-statement.ts';
import { type Followed, toldOfAll } from './near-text.ts';
import { withOwnUser } from './own-user.ts';
import { isPlanned, runPlanned } from './planned.ts';
import { placeFor } from './prepared-error.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { scanIn } from './read-statement.ts';
import { needsPreparing } from './relay-needs.ts';
import type { SessionServices } from './services.ts';
import type { SessionState } from './session-state.ts';
import { statementHandlers } from './statement-handlers.ts';
import type { Place } from './statement-place.ts';
import { suspect } from './suspect.ts';
import { parseTarget } from './target.ts';
import { textPacket } from './text-packet.ts';
import { mayHaveSetVariables, settleWithVariables } from './user-variables.ts';

/** One statement on its way: where it was read, what it says, and the packet to send. */
export type Statement = {
  /** Buffer to which the scan's positions refer. */
  readonly source: Buffer;
  readonly scan: StatementScan;
  /** Command packet (header, command byte, content) for the tablet. */
  packet: Buffer;
  /** Makes the packet for another connection, where it is not the same for all (EXECUTE names the tablet's statement). */
  readonly remake?: (connection: BackendConnection) => Promise<Buffer>;
  /** What it has left on the connection beyond what its text says: bits of `pin`. */
  readonly leaves?: (answered: Answered) => number;
};

const savepointKinds: ReadonlySet<string> = new Set(['savepoint', 'rollbackTo', 'release']);
const REPEAT_MS = 20;

export class Session implements ConnectionOwner, AnswerReceiver {
  readonly port: ClientPort;
  readonly services: SessionServices;
  state: SessionState;
  readonly holding = new Holding(this);
  readonly diagnostics = new Diagnostics(this);
  readonly prepared = new PreparedStatements(this);
  readonly left = new LeftBehind(this);
  readonly activity = new Activity();
  readonly deadline = new Deadline(this);
  /** Sequence number of the next packet to the client. */
  sequence = 1;
  /** MORE_RESULTS_EXISTS while a statement of a multi-statement is not the last one. */
  addStatus = 0;
  /** Connection of the last statement, which the next one prefers. */
  last: BackendConnection | undefined;
  /** Query attributes of the command in progress. */
  attributes: readonly QueryAttribute[] | undefined;
  /** The tables are being read again after this session has changed them. */
  schemaChanging: Promise<void> | undefined;
  /** At work for a statement over several shards. */
  readonly running = new Set<BackendConnection>();
  #running: BackendConnection | undefined;
  #statement: Statement | undefined;
  #place: Place | undefined;
  #settle: (() => void) | undefined;
  #more: (Followed & { next: number }) | undefined;
  /** The client has its answer: whatever fails from here on must not send another one. */
  #answered = false;
  /** What the statement in progress counts as. */
  #kind = 'other';
  #retried = false;
  #closed = false;
  readonly #options: CommandOptions;

  constructor(port: ClientPort, services: SessionServices, state: SessionState) {
    this.port = port;
    this.services = services;
    this.state = state;
    this.#options = {
      kind: 'result',
      clientSequence: 1,
      addStatus: 0,
      clientCapabilities: port.capabilities,
      statementId: 0,
      errorTold: (error) => toldOfAll(this.deadline.told(error), this.#more),
      fileSource: (port.capabilities & capability.localFiles) === 0 ? undefined : port,
    };
  }

  get inTransaction(): boolean {
    return this.holding.inTransaction;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Selects the database of the handshake. Raises 1049. */
  async selectInitialDatabase(database: string): Promise<void> {
    if (this.services.gateway.topology === undefined) await this.services.gateway.ready(this.activity.signal);
    this.state.target = parseTarget(database, this.state.target, this.services.gateway.topology);
  }

  /** One command of the client: header, command byte, content. `sequence` is that of its last packet. */
  command(packet: Buffer, sequence: number): void {
    this.sequence = (sequence + 1) & 0xff;
    this.addStatus = 0;
    this.#more = undefined;
    this.#answered = false;
    this.activity.begin(packet);
    const { queryTimeoutMs } = this.state.vitess;
    if (queryTimeoutMs > 0) this.activity.limit(queryTimeoutMs, () => this.kill(true));
    if (this.state.begun) this.#dispatch(packet);
    else this.slowly(this.#begin(packet));
  }

  /** The first command waits until a tablet has told how statements are to be read. */
  async #begin(packet: Buffer): Promise<void> {
    const { gateway } = this.services;
    if (packet[4] !== command.quit && gateway.sqlMode === undefined)
      await gateway.ready(this.activity.signal);
    if (gateway.sqlMode !== undefined) this.state.begin(gateway.sqlMode);
    this.#dispatch(packet);
  }

  #dispatch(packet: Buffer): void {
    this.#kind = 'other';
    const hasAttributes = (this.port.capabilities & capability.queryAttributes) !== 0;
    try {
      this.#run(hasAttributes ? withoutAttributes(this, packet) : packet);
    } catch (error) {
      this.fail(error);
    }
  }

  #run(packet: Buffer): void {
    const code = packet[4];
    if (code === command.query) return this.#scanned(packet, scanIn(this, packet, 5));
    const handler = code === undefined ? undefined : commandHandlers[code];
    if (handler === undefined)
      throw new HeadgateError('ER_UNKNOWN_COM_ERROR', { message: 'Unknown command' });
    const slow = handler(this, packet);
    if (slow !== undefined) this.slowly(slow);
  }

  #scanned(source: Buffer, scan: StatementScan): void {
    if (scan.next >= 0 && this.state.multiStatements) {
      this.#more = { source, end: scan.end, next: scan.next };
      this.addStatus = serverStatus.moreResultsExist;
      this.execute({ source, scan, packet: textPacket(source.subarray(scan.start, scan.end)) });
    } else if (scan.next >= 0) {
      // Several statements where the client did not ask for that: the tablet refuses them with MySQL's own words.
      this.relay({ source, scan: { ...scan, kind: 'unknown' }, packet: source });
    } else {
      this.addStatus = 0;
      const whole = this.#more === undefined;
      this.#more = undefined;
      const packet = whole ? source : textPacket(source.subarray(scan.start, scan.end));
      this.execute({ source, scan, packet });
    }
  }

  /** Runs one statement; ends with `finished`. */
  execute(asWritten: Statement): void {
    const statement = withOwnUser(this, asWritten);
    const { scan } = statement;
    this.deadline.begin(scan);
    this.#kind = savepointKinds.has(scan.kind) ? 'savepoint' : scan.kind;
    if (!(this.holding.transactionLost && scan.kind === 'rollback')) this.holding.requireState();
    const handler = statementHandlers[scan.kind];
    const slow = handler?.(this, statement);
    if (slow === undefined) this.relay(statement);
    else this.slowly(slow);
  }

  /** Sends a statement to its shards, or to the one where it belongs by its names. */
  relay(statement: Statement): void {
    if (isPlanned(this, statement.scan)) {
      this.#statement = statement;
      const slow = runPlanned(this, statement);
      if (slow !== undefined) this.slowly(slow);
      return;
    }
    const place = placeFor(this, statement);
    place instanceof Promise ? this.slowly(place) : this.relayTo(statement, place);
  }

  /** Sends a statement to a shard and relays the answer. */
  relayTo(statement: Statement, place: Place): void {
    const { scan } = statement;
    const { holding } = this;
    if (needsPreparing(this, scan)) return this.slowly(this.diagnostics.relayPrepared(statement, place));
    const connection = holding.tryLease(scan, place);
    if (connection !== undefined) this.sendStatement(statement, place, connection);
    else
      this.slowly(holding.lease(scan, place).then((leased) => this.sendStatement(statement, place, leased)));
  }

  sendStatement(statement: Statement, place: Place, connection: BackendConnection): void {
    this.#statement = statement;
    this.#place = place;
    this.send(connection, statement.packet, 'result', 0);
  }

  /** Sends a command whose answer is relayed. Raises ER_QUERY_INTERRUPTED if it was killed or the client is gone. */
  send(connection: BackendConnection, packet: Buffer, kind: ResponseKind, statementId: number): void {
    if (this.#closed || this.activity.interrupted) this.#refuseKilled([connection]);
    this.#running = connection;
    const options = this.#options;
    options.kind = kind;
    options.clientSequence = this.sequence;
    options.addStatus = this.addStatus;
    options.attributes = this.attributes;
    options.statementId = statementId;
    connection.send(packet, options, this);
  }

  /**
   * Sends a statement and waits for the end of its answer; `holding.settle` and `finished` are then the caller's part. The
   * answer's `error` is set, or the connection closed, when it failed; where it is `withheld`, the client has no answer yet.
   */
  exchange(
    statement: Statement,
    place: Place,
    connection: BackendConnection,
    kind: ResponseKind = 'result',
    statementId = 0,
  ): Promise<ResponseRelay> {
    return new Promise((resolve) => {
      this.#statement = statement;
      this.#place = place;
      this.#settle = () => resolve(connection.answer);
      this.send(connection, statement.packet, kind, statementId);
    });
  }

  onResponseBytes(bytes: Buffer): void {
    this.port.relay(bytes, this.#running!);
  }

  onResponseEnd(answer: ResponseRelay, connection: BackendConnection): void {
    this.#running = undefined;
    const settle = this.#settle;
    this.#settle = undefined;
    if (answer.withheld) return settle?.();
    this.#answered = true;
    this.sequence = answer.nextClientSequence;
    if (answer.error !== undefined) this.services.metrics.error(answer.error.errno);
    const statement = this.#statement!;
    // A successful PREPARE leaves alone what the next statement may ask about the last one.
    if (answer.error !== undefined && this.deadline.expired) this.diagnostics.noteError(answer.error);
    else if (this.#options.kind !== 'prepare' || answer.error !== undefined)
      this.diagnostics.note(statement, answer, connection);
    suspect(this, statement.scan, connection);
    this.last = connection;
    if (settle !== undefined) return settle();
    if (mayHaveSetVariables(this, statement.scan, connection))
      return this.slowly(settleWithVariables(this, statement, answer, connection, this.#place!));
    try {
      const left = statement.leaves?.({ answer, connection, packet: statement.packet });
      this.holding.settle(statement.scan, answer, connection, this.#place!, left);
    } catch (error) {
      this.fail(error);
      return;
    }
    const failed = answer.error !== undefined;
    const slow = this.left.settle(statement, failed, connection);
    if (slow === undefined) this.finished(failed);
    else this.slowly(slow.then(() => this.finished(failed)));
  }

  onResponseLost(answer: ResponseRelay, error: HeadgateError): void {
    const connection = this.#running!;
    this.#running = undefined;
    const statement = this.#statement;
    const wasHeld = this.holding.holds(connection);
    this.holding.lost(connection);
    const settle = this.#settle;
    const repeatable =
      statement?.scan.readOnly === true && !answer.started && !wasHeld && settle === undefined;
    if (repeatable && !this.#retried && !this.#closed) {
      // A connection that died while it lay in the pool, or with its server: a read is sent again elsewhere, once.
      this.#retried = true;
      this.slowly(this.#repeat(statement, this.#place!));
      return;
    }
    this.#answered = true;
    this.services.metrics.error(error.errno);
    if (!this.#closed) answer.abort(buildErr(error));
    this.sequence = answer.nextClientSequence;
    this.diagnostics.noteError(error);
    if (settle === undefined) {
      this.finished(true);
      return;
    }
    this.#settle = undefined;
    settle();
  }

  async #repeat(statement: Statement, place: Place): Promise<void> {
    // With a server all its connections die; those whose end is not noticed yet must not be taken.
    await sleep(REPEAT_MS);
    const connection = await this.holding.lease(statement.scan, place);
    const packet = (await statement.remake?.(connection)) ?? statement.packet;
    this.sendStatement({ ...statement, packet }, place, connection);
  }

  onHeldLost(connection: BackendConnection): void {
    this.holding.lost(connection);
    this.last = undefined;
  }

  onStateCaptured(connection: BackendConnection, captured: CapturedState): void {
    this.diagnostics.captured(connection, captured);
  }

  /** Waits for something that has no place on the straight way; what it throws is the statement's error. */
  slowly(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.fail(error));
  }

  /** The statement (or command) has been answered. */
  finished(failed: boolean): void {
    this.#retried = false;
    this.deadline.end();
    this.#measure(failed);
    if (this.#closed) return;
    const more = this.#more;
    if (more === undefined || failed) {
      this.#more = undefined;
      this.activity.rest();
      this.port.next();
      return;
    }
    // Not from within the end of the one before: a command may hold thousands.
    queueMicrotask(() => this.#next(more.source, more.next));
  }

  #next(source: Buffer, at: number): void {
    if (this.#closed) return;
    this.#answered = false;
    try {
      this.#scanned(source, scanIn(this, source, at));
    } catch (error) {
      this.fail(error);
    }
  }

  #measure(failed: boolean): void {
    const statement = this.#statement;
    const { sinceMs } = this.activity;
    const ended = { statement, place: this.#place, kind: this.#kind, startedMs: sinceMs, failed };
    this.activity.sinceMs = measureStatement(this, ended);
    this.#statement = undefined;
    this.#place = undefined;
  }

  /** What the command counts as where it is no statement in itself. */
  countAs(kind: QueryKindName): void {
    this.#kind = kind;
  }

  /** The answer was sent by the caller itself. */
  answered(): void {
    this.#answered = true;
  }

  /** A command that has no answer is done. */
  answeredSilently(): void {
    this.activity.rest();
    if (!this.#closed) this.port.next();
  }

  /** Status flags for an OK of the router's own. */
  get statusFlags(): number {
    return this.state.statusFlags | this.holding.statusFlags | this.addStatus;
  }

  /** Sends an OK of the router's own and ends the statement. */
  ok(fields: Partial<OkFields> = {}): void {
    this.diagnostics.noteLocal();
    this.okWith(fields);
  }

  /** The same for a statement whose facts are noted already. */
  okWith(fields: Partial<OkFields>): void {
    this.#answered = true;
    this.sendPayload(buildOk({ statusFlags: this.statusFlags, ...fields }, this.port.capabilities));
    this.finished(false);
  }

  sendPayload(payload: Buffer): void {
    this.port.send(payload, this.sequence);
    this.sequence = (this.sequence + 1) & 0xff;
  }

  /** Answers with an error: MySQL's own, a tablet's, or (for mistakes of ours) HG_INTERNAL. */
  fail(error: unknown): void {
    const known = toServerError(error);
    if (known === undefined)
      this.services.log.error({ err: error, connectionId: this.port.connectionId }, 'internal error');
    const own = known ?? new HeadgateError('HG_INTERNAL', { detail: messageOf(error) });
    const answer = toldOfAll(this.deadline.told(own), this.#more);
    if (this.#closed) return;
    if (this.#answered) {
      // The client must not get a second answer to one command; what is uncertain now is told with the next one.
      this.services.log.error(
        { err: error, connectionId: this.port.connectionId },
        'failed after the answer',
      );
      this.holding.loseState('settings');
    } else {
      this.#answered = true;
      this.services.metrics.error(answer.errno);
      this.diagnostics.noteError(answer);
      this.sendPayload(buildErr(answer));
    }
    this.finished(true);
  }

  /** KILL from another session (or this one). */
  kill(queryOnly: boolean): void {
    for (const connection of this.atWork) void this.services.gateway.kill(connection);
    this.activity.interrupt();
    if (!queryOnly) this.port.end();
  }

  /** The client is gone: gives everything back. A running statement is stopped on its tablet. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.deadline.end();
    this.activity.close();
    void this.releaseAll();
    for (const running of this.atWork) {
      if (running.closed) continue;
      running.doomed = true;
      running.resume();
      void this.services.gateway.kill(running).then(() => running.close());
    }
  }

  /** Connections on which the statement in progress runs. */
  get atWork(): BackendConnection[] {
    return this.#running === undefined ? [...this.running] : [this.#running, ...this.running];
  }

  /** A statement over several shards begins on these. Raises ER_QUERY_INTERRUPTED if it was killed or the client is gone. */
  runsOn(connections: readonly BackendConnection[], place: Place): void {
    this.#place = place;
    if (this.#closed || this.activity.interrupted) this.#refuseKilled(connections);
    for (const connection of connections) this.running.add(connection);
  }

  #refuseKilled(connections: readonly BackendConnection[]): never {
    for (const connection of connections) {
      if (this.#closed) connection.close();
      else this.holding.giveBack(connection);
    }
    throw new HeadgateError('ER_QUERY_INTERRUPTED');
  }

  /** Rolls back and forgets everything that is held: RESET_CONNECTION, CHANGE_USER, the end. Resolves when the tablets have. */
  releaseAll(): Promise<void> {
    this.prepared.clear();
    this.diagnostics.clear();
    this.last = undefined;
    return this.holding.releaseAll();
  }
}
