/**
 * One client's session: takes its commands one at a time and answers each.
 *
 * The usual statement goes straight through: scanned, placed, sent on an idle connection, its answer relayed as bytes. Only
 * what changes the session's own state takes another way. What it must never do: give a connection back to its pool while
 * something of this client is left on it.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import type {
  AnswerReceiver,
  BackendConnection,
  CapturedState,
  CommandOptions,
  ConnectionOwner,
} from '../gateway/backend-connection.ts';
import type { ConnectionNeed } from '../gateway/connection-need.ts';
import { demand, selectDatabase } from '../gateway/prepare-connection.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { command, serverStatus } from '../mysql/protocol.ts';
import { effect, type StatementScan, scanStatement } from '../sql/statement-scan.ts';
import { queryKind } from '../telemetry/query-kinds.ts';
import { tabletTypes } from '../topology/topology.ts';
import { buildErr, type ServerError } from '../wire/err-packet.ts';
import { buildOk, type OkFields } from '../wire/ok-packet.ts';
import type { ResponseKind, ResponseRelay } from '../wire/response-relay.ts';
import type { ClientPort } from './client-port.ts';
import { commandHandlers } from './command-handlers.ts';
import { Diagnostics } from './diagnostics.ts';
import { cleanPins, pin, pinReasons, pinsOf } from './pins.ts';
import { PreparedStatements } from './prepared-statements.ts';
import type { SessionServices } from './services.ts';
import type { SessionState } from './session-state.ts';
import { statementHandlers } from './statement-handlers.ts';
import { type Place, placeOf } from './statement-place.ts';
import { databaseOf, parseTarget } from './target.ts';
import { textPacket } from './text-packet.ts';

/** One statement on its way: where it was read, what it says, and the packet to send. */
export type Statement = {
  /** Buffer to which the scan's positions refer. */
  readonly source: Buffer;
  readonly scan: StatementScan;
  /** Command packet (header, command byte, text) for the tablet. */
  packet: Buffer;
};

type Held = { readonly connection: BackendConnection; readonly place: Place };

/** Effects whose statements need something of the session put on the connection first. */
const preparedEffects =
  effect.lastInsertIdRead | effect.foundRows | effect.rowCount | effect.diagnosticsRead | effect.connectionId;

const ERRNO_PARSE_ERROR = 1064;

export class Session implements ConnectionOwner, AnswerReceiver {
  readonly port: ClientPort;
  readonly services: SessionServices;
  state: SessionState;
  readonly diagnostics = new Diagnostics(this);
  readonly prepared = new PreparedStatements(this);
  /** Sequence number of the next packet to the client. */
  sequence = 1;
  /** MORE_RESULTS_EXISTS while a statement of a multi-statement is not the last one. */
  addStatus = 0;
  /** Reasons why a connection is held: bits of `pin`. */
  pins = 0;
  /** BEGIN as the client wrote it, not sent yet: no tablet is known to be needed. */
  pendingBegin: string | undefined;
  /** The transaction's tablet was lost: nothing runs before ROLLBACK. */
  transactionLost = false;
  #stateLost: string | undefined;
  #held: Held | undefined;
  /** Connection of the last statement, which the next one prefers. */
  last: BackendConnection | undefined;
  #running: BackendConnection | undefined;
  #statement: Statement | undefined;
  #place: Place | undefined;
  #settle: ((error: HeadgateError | undefined) => void) | undefined;
  #more: { source: Buffer; next: number } | undefined;
  #startedMs = 0;
  #retried = false;
  #closed = false;
  #killed = false;
  readonly #options: CommandOptions;
  readonly abort = new AbortController();

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
    };
  }

  get held(): BackendConnection | undefined {
    return this.#held?.connection;
  }

  get heldPlace(): Place | undefined {
    return this.#held?.place;
  }

  get inTransaction(): boolean {
    return this.pendingBegin !== undefined || (this.pins & pin.transaction) !== 0;
  }

  get pinReasons(): string[] {
    return pinReasons(this.pins);
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Selects the database of the handshake. Raises 1049. */
  async selectInitialDatabase(database: string): Promise<void> {
    if (this.services.gateway.topology === undefined) await this.services.gateway.ready(this.abort.signal);
    this.state.target = parseTarget(database, this.state.target, this.services.gateway.topology);
  }

  /** One command of the client: header, command byte, content. `sequence` is that of its last packet. */
  command(packet: Buffer, sequence: number): void {
    this.sequence = (sequence + 1) & 0xff;
    this.addStatus = 0;
    this.#more = undefined;
    this.#startedMs = performance.now();
    const code = packet[4];
    if (code === command.query) {
      this.#query(packet);
      return;
    }
    const handler = code === undefined ? undefined : commandHandlers[code];
    if (handler === undefined) {
      this.fail(new HeadgateError('ER_UNKNOWN_COM_ERROR', { message: 'Unknown command' }));
      return;
    }
    try {
      const slow = handler(this, packet);
      if (slow !== undefined) this.slowly(slow);
    } catch (error) {
      this.fail(error);
    }
  }

  #query(packet: Buffer): void {
    const { gateway } = this.services;
    if (gateway.sqlMode === undefined) {
      this.slowly(gateway.ready(this.abort.signal).then(() => this.#query(packet)));
      return;
    }
    try {
      this.#scanned(packet, this.scan(packet, 5));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Reads one statement of a buffer as the session's settings say. */
  scan(source: Buffer, start: number): StatementScan {
    const { gateway } = this.services;
    const mode = this.state.lexMode(gateway.sqlMode ?? '', gateway.serverVersionNumber);
    return scanStatement(source, start, mode, gateway.keyspaces);
  }

  #scanned(source: Buffer, scan: StatementScan): void {
    if (scan.next >= 0 && this.state.multiStatements) {
      this.#more = { source, next: scan.next };
      this.addStatus = serverStatus.moreResultsExist;
      this.execute({ source, scan, packet: textPacket(source.subarray(scan.start, scan.end)) });
    } else if (scan.next >= 0) {
      // Several statements where the client did not ask for that: the tablet refuses them with MySQL's own words.
      this.relay({ source, scan: { ...scan, kind: 'unknown' }, packet: source });
    } else {
      this.addStatus = 0;
      const whole = this.#more === undefined;
      this.#more = undefined;
      this.execute({
        source,
        scan,
        packet: whole ? source : textPacket(source.subarray(scan.start, scan.end)),
      });
    }
  }

  /** Runs one statement; ends with `finished`. */
  execute(statement: Statement): void {
    const { scan } = statement;
    if (!(this.transactionLost && scan.kind === 'rollback')) this.requireState();
    const handler = statementHandlers[scan.kind];
    const slow = handler?.(this, statement);
    if (slow === undefined) this.relay(statement);
    else this.slowly(slow);
  }

  /** Raises HG_TRANSACTION_LOST until ROLLBACK, or HG_SESSION_STATE_LOST once. */
  requireState(): void {
    if (this.transactionLost) throw new HeadgateError('HG_TRANSACTION_LOST');
    const detail = this.#stateLost;
    this.#stateLost = undefined;
    if (detail !== undefined) throw new HeadgateError('HG_SESSION_STATE_LOST', { detail });
  }

  /** Sends a statement to its shard and relays the answer. */
  relay(statement: Statement): void {
    const { scan } = statement;
    const place = placeOf(scan, this.state.target, this.services.gateway, statement.source);
    const ownIdentity = (scan.effects & effect.currentUser) !== 0 && this.port.identity !== undefined;
    if ((scan.effects & preparedEffects) !== 0 || this.pendingBegin !== undefined || ownIdentity) {
      this.slowly(this.diagnostics.relayPrepared(statement, place));
      return;
    }
    const connection = this.#held === undefined ? this.tryLease(place) : this.#heldFor(scan, place);
    if (connection === undefined) {
      this.slowly(this.lease(place).then((leased) => this.sendStatement(statement, place, leased)));
      return;
    }
    this.sendStatement(statement, place, connection);
  }

  /** An idle connection that is ready as it is. */
  tryLease(place: Place): BackendConnection | undefined {
    const pool = place.shard.pick(place.type);
    return pool?.tryTake(this.needAt(place), this, this.last);
  }

  needAt(place: Place): ConnectionNeed {
    const { state } = this;
    return place.database === databaseOf(state.target) ? state.need : state.needFor(place.database);
  }

  /** The held connection if the place is its own, or a fresh one for a statement that does not depend on what is held. */
  #heldFor(scan: StatementScan, place: Place): BackendConnection | undefined {
    const held = this.#held!;
    const same = held.place.shard === place.shard && held.place.type === place.type;
    if (same || (scan.qualifiers.length === 0 && !scan.hasUnqualifiedTable)) {
      const selected = place.database === '' || held.connection.database === place.database;
      return selected ? held.connection : undefined;
    }
    if (this.inTransaction) {
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message: `Headgate does not support transactions over several shards yet: this one runs on ${held.place.shard.name}, the statement is for ${place.shard.name}`,
      });
    }
    if ((scan.effects & (effect.readsUserVariable | effect.writesUserVariable)) === 0 && pinsOf(scan) === 0) {
      return this.tryLease(place);
    }
    throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
      message: `The session holds state (${this.pinReasons.join(', ')}) on ${held.place.shard.name}; Headgate cannot use it on ${place.shard.name} yet`,
    });
  }

  /** A connection for the place: the held one, or one from the pool, with the pending transaction begun on it. */
  async lease(place: Place): Promise<BackendConnection> {
    const held = this.#held;
    if (held !== undefined && held.place.shard === place.shard && held.place.type === place.type) {
      if (place.database !== '' && held.connection.database !== place.database)
        await selectDatabase(held.connection, place.database);
      return held.connection;
    }
    const { gateway } = this.services;
    const connection = await gateway.lease(
      place.shard,
      place.type,
      this.needAt(place),
      this,
      this.last,
      this.abort.signal,
    );
    if (this.#closed) {
      this.#giveBack(connection);
      throw new HeadgateError('ER_QUERY_INTERRUPTED');
    }
    if (this.pendingBegin !== undefined) await this.#beginOn(connection, place);
    return connection;
  }

  async #beginOn(connection: BackendConnection, place: Place): Promise<void> {
    const text = this.pendingBegin!;
    try {
      await demand(connection.query(text));
    } catch (error) {
      this.#giveBack(connection);
      throw error;
    }
    this.pendingBegin = undefined;
    this.hold(connection, place, pin.transaction);
  }

  /** Keeps a connection for the session. */
  hold(connection: BackendConnection, place: Place, pins: number): void {
    this.#held ??= { connection, place };
    this.pins |= pins;
  }

  sendStatement(statement: Statement, place: Place, connection: BackendConnection): void {
    this.#statement = statement;
    this.#place = place;
    this.send(connection, statement.packet, 'result', 0);
  }

  /** Sends a command whose answer is relayed; `afterAnswer` or the promise of `exchange` follows. */
  send(connection: BackendConnection, packet: Buffer, kind: ResponseKind, statementId: number): void {
    this.#running = connection;
    const options = this.#options;
    options.kind = kind;
    options.clientSequence = this.sequence;
    options.addStatus = this.addStatus;
    options.statementId = statementId;
    connection.send(packet, options, this);
  }

  /** `sendStatement` whose end is awaited, before anything is given back or told to the client's next command. */
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
    this.sequence = answer.nextClientSequence;
    if (answer.error !== undefined) this.services.metrics.error(answer.error.errno);
    const statement = this.#statement!;
    // A successful PREPARE leaves alone what the next statement may ask about the last one.
    if (this.#options.kind !== 'prepare' || answer.error !== undefined) {
      this.diagnostics.note(statement.scan, answer, connection);
    }
    this.last = connection;
    const settle = this.#settle;
    if (settle !== undefined) {
      this.#settle = undefined;
      settle(undefined);
      return;
    }
    this.settleConnection(statement.scan, answer, connection);
    this.finished(answer.error !== undefined);
  }

  /** Holds a connection or gives it back, by what the statement has left on it. */
  settleConnection(scan: StatementScan, answer: ResponseRelay, connection: BackendConnection): void {
    const refusedUnread = answer.error?.errno === ERRNO_PARSE_ERROR;
    const left = refusedUnread ? 0 : pinsOf(scan);
    const open = (connection.status & serverStatus.inTransaction) !== 0 ? pin.transaction : 0;
    if (this.#held === undefined) {
      if ((left | open) === 0) {
        this.#giveBack(connection);
        return;
      }
      this.hold(connection, this.#place!, left | open);
      return;
    }
    if (this.#held.connection !== connection) {
      this.#giveBack(connection);
      return;
    }
    this.pins = (this.pins & ~(pin.transaction | pin.nextTransaction)) | left | open;
    if (scan.kind === 'unlockTables') this.pins &= ~pin.tableLocks;
    if (connection.doomed) connection.close();
    else this.unholdIfFree();
  }

  /** Gives the held connection back when nothing is held any more. */
  unholdIfFree(): void {
    const held = this.#held;
    if (held === undefined || this.pins !== 0) return;
    this.#held = undefined;
    this.#giveBack(held.connection);
  }

  #giveBack(connection: BackendConnection): void {
    const pool = this.services.gateway.poolOf(connection);
    if (pool === undefined) connection.close();
    else pool.release(connection);
  }

  /** Gives back a connection on which no statement of the client ran. */
  giveBack(connection: BackendConnection): void {
    if (this.#held?.connection !== connection) this.#giveBack(connection);
  }

  onResponseLost(answer: ResponseRelay, error: HeadgateError): void {
    const connection = this.#running!;
    this.#running = undefined;
    const statement = this.#statement;
    const wasHeld = this.#held?.connection === connection;
    if (wasHeld) this.#dropHeld();
    const settle = this.#settle;
    const repeatable =
      statement?.scan.readOnly === true && !answer.started && !wasHeld && settle === undefined;
    if (repeatable && !this.#retried && !this.#closed && !this.#killed) {
      // A connection that died while it lay in the pool, or with its server: a read is sent again elsewhere, once.
      this.#retried = true;
      const place = this.#place!;
      this.slowly(this.lease(place).then((leased) => this.sendStatement(statement, place, leased)));
      return;
    }
    this.services.metrics.error(error.errno);
    if (!this.#closed) answer.abort(buildErr(error));
    this.sequence = answer.nextClientSequence;
    if (settle !== undefined) {
      this.#settle = undefined;
      settle(error);
      return;
    }
    this.finished(true);
  }

  onHeldLost(connection: BackendConnection): void {
    if (this.#held?.connection === connection) this.#dropHeld();
  }

  #dropHeld(): void {
    if (this.pins & pin.transaction) this.transactionLost = true;
    else if ((this.pins & ~cleanPins) !== 0) this.#stateLost = this.pinReasons.join(', ');
    this.pins = 0;
    this.#held = undefined;
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
    this.#measure(failed);
    if (this.#closed) return;
    const more = this.#more;
    if (more === undefined || failed) {
      this.#more = undefined;
      this.port.next();
      return;
    }
    this.#startedMs = performance.now();
    try {
      this.#scanned(more.source, this.scan(more.source, more.next));
    } catch (error) {
      this.fail(error);
    }
  }

  #measure(failed: boolean): void {
    const { metrics, log, slowQueryMs } = this.services;
    const tookMs = performance.now() - this.#startedMs;
    const kind = this.#statement?.scan.kind ?? 'other';
    const index = (queryKind as Record<string, number>)[kind] ?? queryKind.other;
    const type = this.#place === undefined ? metrics.noTablet : tabletTypes.indexOf(this.#place.type);
    metrics.query(index, type, tookMs * 1000, failed);
    if (slowQueryMs > 0 && tookMs >= slowQueryMs && this.#statement !== undefined) {
      const { source, scan } = this.#statement;
      const sql = source.toString('utf8', scan.start, Math.min(scan.end, scan.start + 1000));
      const shard = this.#place?.shard.name;
      log.warn(
        { connectionId: this.port.connectionId, tookMs: Math.round(tookMs), kind, shard, sql, failed },
        'slow query',
      );
    }
    this.#statement = undefined;
    this.#place = undefined;
  }

  /** A command that has no answer is done. */
  answeredSilently(): void {
    if (!this.#closed) this.port.next();
  }

  /** Status flags for an OK of the router's own. */
  get statusFlags(): number {
    const transaction = this.inTransaction ? serverStatus.inTransaction : 0;
    return this.state.statusFlags | transaction | this.addStatus;
  }

  /** Sends an OK of the router's own and ends the statement. */
  ok(fields: Partial<OkFields> = {}): void {
    this.diagnostics.noteLocal();
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
    const answer =
      known ??
      new HeadgateError('HG_INTERNAL', { detail: error instanceof Error ? error.message : String(error) });
    this.services.metrics.error(answer.errno);
    this.diagnostics.noteError(answer);
    if (!this.#closed) this.sendPayload(buildErr(answer));
    this.finished(true);
  }

  /** KILL from another session (or this one). */
  kill(queryOnly: boolean): void {
    this.#killed = true;
    const running = this.#running;
    if (running !== undefined) void this.services.gateway.kill(running);
    if (!queryOnly) this.port.end();
    this.#killed = false;
  }

  /** The client is gone, or COM_CHANGE_USER: gives everything back. A running statement is stopped on its tablet. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.abort.abort();
    this.releaseAll();
    const running = this.#running;
    if (running !== undefined && !running.closed) {
      running.doomed = true;
      void this.services.gateway.kill(running).then(() => running.close());
      running.resume();
    }
  }

  /** Rolls back and forgets everything that is held: RESET_CONNECTION, CHANGE_USER, the end. */
  releaseAll(): void {
    const held = this.#held;
    this.#held = undefined;
    this.pins = 0;
    this.pendingBegin = undefined;
    this.transactionLost = false;
    this.#stateLost = undefined;
    this.prepared.clear();
    this.diagnostics.clear();
    if (held === undefined || held.connection.busy) return;
    const pool = this.services.gateway.poolOf(held.connection);
    if (pool === undefined) held.connection.close();
    else pool.discard(held.connection);
  }

  get closed(): boolean {
    return this.#closed;
  }
}

function toServerError(error: unknown): ServerError | undefined {
  if (error instanceof HeadgateError) return error;
  if (error instanceof TabletRefusal) return error.answer;
  return undefined;
}
