/**
 * Which connection a session has: one that it holds because something of the session is on it, or one from the pool for a
 * single statement. The only place that leases, holds and gives back; what it must never do is give back a connection on
 * which something of this client may be left.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import type { ConnectionNeed } from '../gateway/connection-need.ts';
import { demand, selectDatabase } from '../gateway/prepare-connection.ts';
import { serverStatus } from '../mysql/protocol.ts';
import { effect, type StatementScan } from '../sql/statement-scan.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';
import { pin, pinReasons, pinsOf } from './pins.ts';
import type { Session } from './session.ts';
import { dependsOnShard, namesTables, type Place } from './statement-place.ts';
import { databaseOf } from './target.ts';

type Held = { readonly connection: BackendConnection; readonly place: Place };

const ERRNO_PARSE_ERROR = 1064;
const userVariables = effect.readsUserVariable | effect.writesUserVariable;

export class Holding {
  /** Reasons why a connection is held: bits of `pin`. */
  pins = 0;
  /** BEGIN as it is to be sent, before the first statement has shown which tablet takes part. */
  pendingBegin: string | undefined;
  /** The transaction's tablet was lost: nothing runs before ROLLBACK. */
  transactionLost = false;
  #stateLost: string | undefined;
  #held: Held | undefined;
  /** Of the statement that waits for a connection, or did last. */
  #wait: AbortController | undefined;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  get connection(): BackendConnection | undefined {
    return this.#held?.connection;
  }

  get inTransaction(): boolean {
    return this.pendingBegin !== undefined || (this.pins & pin.transaction) !== 0;
  }

  /** Raises HG_TRANSACTION_LOST until ROLLBACK, or HG_SESSION_STATE_LOST once. */
  requireState(): void {
    if (this.transactionLost) throw new HeadgateError('HG_TRANSACTION_LOST');
    const detail = this.#stateLost;
    this.#stateLost = undefined;
    if (detail !== undefined) throw new HeadgateError('HG_SESSION_STATE_LOST', { detail });
  }

  /** Ends the wait for a connection: the statement was killed, or its client is gone. */
  interrupt(): void {
    this.#wait?.abort();
  }

  /** The next statement is told that `what` is gone. */
  loseState(what: string): void {
    this.#stateLost = what;
  }

  /** A connection for the statement that is ready as it is: the held one, or an idle one. Raises what `lease` raises. */
  tryLease(scan: StatementScan, place: Place): BackendConnection | undefined {
    const held = this.#heldFor(scan, place);
    if (held !== undefined)
      return this.#hasDatabase(held, place) && held.killing === undefined ? held : undefined;
    return place.shard.pick(place.type)?.tryTake(this.needAt(place), this.#session, this.#session.last);
  }

  /**
   * A connection for the statement: the held one where the statement belongs there, else one from the pool, with the pending
   * transaction begun on it. Rejects with ER_NOT_SUPPORTED_YET where the statement would leave what is held behind.
   */
  async lease(scan: StatementScan, place: Place): Promise<BackendConnection> {
    const held = this.#heldFor(scan, place);
    if (held !== undefined) {
      // A late KILL QUERY of the statement before must not hit this one.
      await held.killing;
      if (!this.#hasDatabase(held, place)) await selectDatabase(held, place.database);
      return held;
    }
    const { services, last } = this.#session;
    const need = this.needAt(place);
    const wait = new AbortController();
    this.#wait = wait;
    const connection = await services.gateway.lease(
      place.shard,
      place.type,
      need,
      this.#session,
      last,
      wait.signal,
    );
    if (this.#session.closed) {
      this.giveBack(connection);
      throw new HeadgateError('ER_QUERY_INTERRUPTED');
    }
    if (this.pendingBegin !== undefined) await this.#beginOn(connection, place);
    return connection;
  }

  needAt(place: Place): ConnectionNeed {
    const { state } = this.#session;
    return place.database === databaseOf(state.target) ? state.need : state.needFor(place.database);
  }

  #hasDatabase(held: BackendConnection, place: Place): boolean {
    // What belongs to the held connection from another place has no use for the database there.
    return !this.#isHeldAt(place) || place.database === '' || held.database === place.database;
  }

  #isHeldAt(place: Place): boolean {
    const at = this.#held?.place;
    return at?.shard === place.shard && at.type === place.type;
  }

  /** The held connection if the statement belongs there; undefined if it depends on nothing that is held. */
  #heldFor(scan: StatementScan, place: Place): BackendConnection | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    if (this.#isHeldAt(place) || !dependsOnShard(scan)) return held.connection;
    const takesPart = namesTables(scan) || !scan.readOnly;
    if (takesPart && (this.inTransaction || !this.#session.state.autocommit)) {
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message: `Headgate does not support transactions over several shards yet: this one runs on ${held.place.shard.name}, the statement is for ${place.shard.name}`,
      });
    }
    // These count for every statement, named or not.
    const ruled = takesPart && (this.pins & (pin.variables | pin.nextTransaction)) !== 0;
    const uses = (scan.effects & userVariables) !== 0 || scan.kind === 'set' || pinsOf(scan) !== 0;
    if (!ruled && !uses) return undefined;
    throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
      message: `The session holds state (${pinReasons(this.pins).join(', ')}) on ${held.place.shard.name}; Headgate cannot use it on ${place.shard.name} yet`,
    });
  }

  async #beginOn(connection: BackendConnection, place: Place): Promise<void> {
    try {
      await demand(connection.query(this.pendingBegin!));
    } catch (error) {
      connection.close();
      throw error;
    }
    this.pendingBegin = undefined;
    this.hold(connection, place, pin.transaction);
  }

  /** Keeps a connection for the session. */
  hold(connection: BackendConnection, place: Place, pins: number): void {
    if (this.#session.closed) {
      connection.close();
      throw new HeadgateError('ER_QUERY_INTERRUPTED');
    }
    this.#held ??= { connection, place };
    this.pins |= pins;
  }

  /** After a statement: holds the connection or gives it back, by what was left on it. `pins`: what else was. */
  settle(
    scan: StatementScan,
    answer: ResponseRelay,
    connection: BackendConnection,
    place: Place,
    pins = 0,
  ): void {
    if (connection.closed) return;
    const left = this.#leftBy(scan, answer) | pins;
    const open = isOpen(connection, answer) ? pin.transaction : 0;
    const held = this.#held;
    if (held === undefined) {
      if ((left | open) === 0) this.giveBack(connection);
      else this.hold(connection, place, left | open);
      return;
    }
    if (held.connection !== connection) {
      if (left !== 0) this.#discard(connection);
      else this.giveBack(connection);
      return;
    }
    const ended = (this.pins & pin.transaction) !== 0 && open === 0;
    this.pins = (this.pins & ~pin.transaction) | left | open;
    // Only a transaction that was seen to begin and end has surely used up what SET TRANSACTION said.
    if (ended) this.pins &= ~pin.nextTransaction;
    if (scan.kind === 'unlockTables' && answer.error === undefined) this.pins &= ~pin.tableLocks;
    if (connection.doomed) connection.close();
    else this.unholdIfFree();
  }

  #leftBy(scan: StatementScan, answer: ResponseRelay): number {
    const { versionsDiffer } = this.#session.services.gateway;
    const doubtful = versionsDiffer && (scan.effects & effect.versionComment) !== 0 ? pin.unknown : 0;
    const nested = scan.kind === 'call' || scan.kind === 'execute';
    const unproven = (scan.effects & (effect.unknownFunction | effect.lexError)) !== 0;
    // A statement that MySQL could not read has done nothing; one that runs others may have, before one of those failed so.
    if (answer.error?.errno === ERRNO_PARSE_ERROR && !nested && !unproven) return 0;
    return pinsOf(scan) | doubtful;
  }

  /** Gives the held connection back when nothing is held any more. */
  unholdIfFree(): void {
    const held = this.#held;
    if (held === undefined || this.pins !== 0 || held.connection.busy) return;
    this.#held = undefined;
    this.giveBack(held.connection);
  }

  /** Gives back a connection that is not held. */
  giveBack(connection: BackendConnection): void {
    if (this.#held?.connection === connection) return;
    const pool = this.#session.services.gateway.poolOf(connection);
    if (pool === undefined) connection.close();
    else pool.release(connection);
  }

  #discard(connection: BackendConnection): void {
    const pool = this.#session.services.gateway.poolOf(connection);
    if (pool === undefined) connection.close();
    else pool.discard(connection);
  }

  /** The connection was closed under the session. */
  lost(connection: BackendConnection): void {
    if (this.#held?.connection !== connection) return;
    const gone = this.pins & ~(pin.transaction | pin.nextTransaction);
    if (this.pins & pin.transaction) this.transactionLost = true;
    else if (gone !== 0) this.#stateLost = pinReasons(gone).join(', ');
    this.pins = 0;
    this.#held = undefined;
  }

  /** Rolls back and forgets everything: RESET_CONNECTION, CHANGE_USER, the end. */
  releaseAll(): void {
    const connection = this.#held?.connection;
    this.#held = undefined;
    this.pins = 0;
    this.pendingBegin = undefined;
    this.transactionLost = false;
    this.#stateLost = undefined;
    if (connection === undefined) return;
    // At work for this session: whoever waits for the answer gives it back later, and then it is closed.
    connection.doomed ||= connection.busy;
    if (!connection.busy) this.#discard(connection);
  }
}

/** An error says nothing of the transaction: without autocommit the failed statement may have begun one. */
function isOpen(connection: BackendConnection, answer: ResponseRelay): boolean {
  if ((connection.status & serverStatus.inTransaction) !== 0) return true;
  return answer.error !== undefined && (connection.status & serverStatus.autocommit) === 0;
}
