/**
 * Which connections a session has: those that it holds because something of the session is on them, and those from the pools
 * for a single statement. The only place that leases, holds and gives back; what it must never do is give back a connection
 * on which something of this client may be left.
 */
import {
  commitInOrder,
  type Participant,
  rollbackAll,
  runOnAll,
  type SavepointKind,
  ShardTransactions,
  savepointText,
} from '../engine/transactions/shard-transactions.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import type { ConnectionNeed } from '../gateway/connection-need.ts';
import { demand, selectDatabase } from '../gateway/prepare-connection.ts';
import { command, serverStatus } from '../mysql/protocol.ts';
import { type BeginOptions, effect, type StatementScan } from '../sql/statement-scan.ts';
import {
  beginText,
  ERRNO_DEADLOCK,
  type Held,
  hasBegun,
  hasDatabase,
  isAt,
  isFirstOfNext,
  isOpen,
  type Outcome,
  readOnlyFlag,
  requireJoinable,
  requireSeveralShards,
} from './held.ts';
import { pin, pinReasons, pinsOf } from './pins.ts';
import { followDefinition } from './schema-waits.ts';
import type { Session } from './session.ts';
import { dependsOnShard, namesTables, type Place } from './statement-place.ts';
import { databaseOf } from './target.ts';

const ERRNO_PARSE_ERROR = 1064;
const userVariables = effect.readsUserVariable | effect.writesUserVariable;
/** What is told in other words when it is lost: by the transaction's own error, by the next FETCH. */
const ownWords = pin.transaction | pin.nextTransaction | pin.cursor;
/** What another shard can do without: statements there need nothing of it. */
/** What a session may have on several connections at a time. */
const besideOthers = pin.cursor | pin.namedLocks;
const independent = pin.transaction | besideOthers;

export class Holding {
  /** The open transaction's beginning and savepoints. */
  readonly transaction = new ShardTransactions();
  /** The transaction's tablet was lost: nothing runs before ROLLBACK. */
  transactionLost = false;
  #stateLost: string | undefined;
  /** In the order in which they were taken. */
  #held: Held[] = [];
  /** Given up while they were at work: closed as soon as they are free. */
  readonly #dropped = new WeakSet<BackendConnection>();
  /** At work for the end of the transaction, which nothing may interrupt. */
  readonly #ending = new Set<BackendConnection>();
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The connection that is held longest. */
  get connection(): BackendConnection | undefined {
    return this.#held[0]?.connection;
  }

  /** In the order in which they were taken. */
  get all(): readonly Held[] {
    return this.#held;
  }

  get count(): number {
    return this.#held.length;
  }

  /** Whether it is held for one of these reasons. */
  isPinned(connection: BackendConnection, bits: number): boolean {
    return this.#held.some((held) => held.connection === connection && (held.pins & bits) !== 0);
  }

  holds(connection: BackendConnection): boolean {
    return this.#held.some((held) => held.connection === connection);
  }

  /** Reasons why connections are held: bits of `pin`. */
  get pins(): number {
    let pins = 0;
    for (const held of this.#held) pins |= held.pins;
    return pins;
  }

  /** BEGIN has been answered, and no shard has taken part yet. */
  get beginIsPending(): boolean {
    return this.transaction.begin !== undefined && (this.pins & pin.transaction) === 0;
  }

  get inTransaction(): boolean {
    return this.transaction.begin !== undefined || (this.pins & pin.transaction) !== 0;
  }

  get statusFlags(): number {
    return this.inTransaction ? serverStatus.inTransaction | readOnlyFlag(this, this.#session.state) : 0;
  }

  /** Raises HG_TRANSACTION_LOST until ROLLBACK, or HG_SESSION_STATE_LOST once. */
  requireState(): void {
    if (this.transactionLost) throw new HeadgateError('HG_TRANSACTION_LOST');
    const detail = this.#stateLost;
    this.#stateLost = undefined;
    if (detail === undefined) return;
    this.#session.state.variables.clear();
    throw new HeadgateError('HG_SESSION_STATE_LOST', { detail });
  }

  /** The next statement is told that `what` is gone. */
  loseState(what: string): void {
    this.#stateLost = what;
  }

  /** A connection for the statement that is ready as it is: a held one, or an idle one. Raises what `lease` raises. */
  tryLease(scan: StatementScan, place: Place): BackendConnection | undefined {
    const { begin, hasSavepoints } = this.transaction;
    if (isFirstOfNext(this.transaction, scan)) return undefined;
    if (this.#held.length > 0 || begin !== undefined || hasSavepoints) {
      const held = this.#heldFor(scan, place);
      if (held !== undefined) {
        const { connection } = held;
        const isReady = hasDatabase(held, place) && connection.killing === undefined;
        return isReady && !this.#isLeftOut(held, scan) ? connection : undefined;
      }
      if (this.#joins(scan)) return undefined;
    }
    return place.shard.pick(place.type)?.tryTake(this.needAt(place), this.#session, this.#session.last);
  }

  /**
   * A connection for the statement: the held one where the statement belongs there, else one from the pool, which joins the
   * open transaction. Rejects with ER_NOT_SUPPORTED_YET where the statement would leave what is held behind.
   */
  async lease(scan: StatementScan, place: Place): Promise<BackendConnection> {
    const held = this.#heldFor(scan, place);
    if (held !== undefined) {
      // A late KILL QUERY of the statement before must not hit this one.
      await held.connection.killing;
      if (!hasDatabase(held, place)) await selectDatabase(held.connection, place.database);
      if (this.#isLeftOut(held, scan)) await this.#join(held.connection, place);
      else if (isFirstOfNext(this.transaction, scan)) await this.transaction.announceNext(held.connection);
      return held.connection;
    }
    const joins = this.#joins(scan);
    if (joins) requireJoinable(this.#session, this.#held, place);
    const connection = await this.#fromPool(place);
    if (joins) await this.#join(connection, place);
    else if (isFirstOfNext(this.transaction, scan)) await this.transaction.announceNext(connection);
    return connection;
  }

  /**
   * Connections for one statement on several places, which must be in the order of the keyspace's shards: all statements take
   * theirs in the same order, so that two of them never wait for each other.
   */
  async leaseAll(scan: StatementScan, places: readonly Place[]): Promise<BackendConnection[]> {
    const leased: BackendConnection[] = [];
    if (places.length > 1) requireSeveralShards(this.#session, scan);
    try {
      for (const place of places) leased.push(this.tryLease(scan, place) ?? (await this.lease(scan, place)));
      return leased;
    } catch (error) {
      for (const connection of leased) this.#giveBackClean(connection);
      throw error;
    }
  }

  async #fromPool(place: Place): Promise<BackendConnection> {
    const { services, last, activity } = this.#session;
    const need = this.needAt(place);
    const connection = await activity.during(
      place,
      services.gateway.lease(place.shard, place.type, need, this.#session, last, activity.signal),
    );
    if (activity.interrupted) this.giveBack(connection);
    activity.requireUninterrupted();
    return connection;
  }

  /** Whether a statement on a shard that is not held yet makes that shard a part of the transaction. */
  #joins(scan: StatementScan): boolean {
    return (
      (this.transaction.begin !== undefined || !this.#session.state.autocommit) &&
      (this.beginIsPending || namesTables(scan) || !scan.readOnly)
    );
  }

  /** Whether a connection that is held for something else has to take part in the transaction from now on. */
  #isLeftOut({ pins }: Held, scan: StatementScan): boolean {
    return (pins & pin.transaction) === 0 && this.transaction.begin !== undefined && this.#joins(scan);
  }

  async #join(connection: BackendConnection, place: Place): Promise<void> {
    await this.transaction.open(connection);
    if (this.transaction.begin !== undefined) this.hold(connection, place, pin.transaction);
  }

  needAt(place: Place): ConnectionNeed {
    const { state } = this.#session;
    return place.database === databaseOf(state.target) ? state.need : state.needFor(place.database);
  }

  /** The held connection if the statement belongs there; undefined if it depends on nothing that is held. */
  #heldFor(scan: StatementScan, place: Place): Held | undefined {
    const first = this.#held[0];
    if (first === undefined) return undefined;
    const there = this.#held.find((held) => isAt(held, place));
    if (there === undefined && !dependsOnShard(scan)) return first;
    this.#requireOthers(scan, place, there);
    return there;
  }

  /** Raises ER_NOT_SUPPORTED_YET where the statement would need what is held elsewhere. */
  #requireOthers(scan: StatementScan, place: Place, there: Held | undefined): void {
    const takesPart = namesTables(scan) || !scan.readOnly;
    for (const held of this.#held) {
      if (held === there) continue;
      // XA and the like: a transaction that only its own connection knows.
      const foreign =
        there === undefined &&
        takesPart &&
        (held.pins & pin.transaction) !== 0 &&
        this.transaction.begin === undefined &&
        this.#session.state.autocommit;
      if (foreign) {
        throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
          message: `Headgate cannot extend this transaction to another shard: it runs on ${held.place.shard.name}, the statement is for ${place.shard.name}`,
        });
      }
      // These count for every statement, named or not.
      const ruled = takesPart && (held.pins & (pin.variables | pin.nextTransaction)) !== 0;
      const state = held.pins & ~independent;
      const uses = scan.kind === 'set' || (pinsOf(scan) & ~pin.namedLocks) !== 0;
      const reads =
        (scan.effects & userVariables) !== 0 && (held.pins & (pin.userVariables | pin.unknown)) !== 0;
      if (!ruled && !reads && !(uses && state !== 0)) continue;
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message: `The session holds state (${pinReasons(held.pins).join(', ')}) on ${held.place.shard.name}; Headgate cannot use it on ${place.shard.name} yet`,
      });
    }
  }

  /** Keeps a connection for the session. */
  hold(connection: BackendConnection, place: Place, pins: number): void {
    if (this.#session.closed) {
      connection.close();
      throw new HeadgateError('ER_QUERY_INTERRUPTED');
    }
    const held = this.#held.find((other) => other.connection === connection);
    if (held === undefined)
      this.#held.push({ connection, place, pins, sinceMs: this.#session.activity.sinceMs });
    else held.pins |= pins;
  }

  /** After a statement: holds the connection or gives it back, by what was left on it. `pins`: what else was. */
  settle(scan: StatementScan, answer: Outcome, connection: BackendConnection, place: Place, pins = 0): void {
    if (connection.closed) return;
    if (this.#dropped.has(connection)) {
      connection.close();
      return;
    }
    const wasOpen = (this.pins & pin.transaction) !== 0;
    if (answer.error?.errno === ERRNO_DEADLOCK) this.rolledBack(connection);
    this.#session.left.note(scan, connection);
    const left = this.#leftBy(scan, answer) | pins;
    const open = isOpen(connection, answer) ? pin.transaction : 0;
    const held = this.#held.find((other) => other.connection === connection);
    if (held === undefined) this.#settleFree(connection, place, left, open);
    else this.#settleHeld(held, scan, answer, left, open);
    this.#follow(scan, answer, open !== 0, wasOpen);
    if (isFirstOfNext(this.transaction, scan) && hasBegun(answer)) this.transaction.next = undefined;
    if (scan.kind === 'ddl' && answer.error === undefined) followDefinition(this.#session, scan, place);
  }

  #settleFree(connection: BackendConnection, place: Place, left: number, open: number): void {
    const others = this.#held.some(({ pins }) => (pins & ~besideOthers) !== 0);
    const elsewhere = others && open === 0 && (left & ~besideOthers) !== 0;
    if ((left | open) === 0) this.#giveBackClean(connection);
    else if (elsewhere) void this.discard(connection);
    else this.hold(connection, place, left | open);
  }

  #settleHeld(held: Held, scan: StatementScan, answer: Outcome, left: number, open: number): void {
    const ended = (held.pins & pin.transaction) !== 0 && open === 0;
    held.pins = (held.pins & ~pin.transaction) | left | open;
    // Only a transaction that was seen to begin and end has surely used up what SET TRANSACTION said.
    if (ended) held.pins &= ~pin.nextTransaction;
    if (scan.kind === 'unlockTables' && answer.error === undefined) held.pins &= ~pin.tableLocks;
    if (held.connection.doomed) held.connection.close();
    else this.unholdIfFree();
  }

  /** Keeps the transaction's own record in step with what a statement on one shard did. */
  #follow(scan: StatementScan, answer: Outcome, open: boolean, wasOpen: boolean): void {
    const { transaction } = this;
    const succeeded = answer.error === undefined;
    if (scan.kind === 'begin' && open && succeeded) {
      transaction.clear();
      this.beginLater(scan.begin);
    } else if ((this.pins & pin.transaction) === 0) {
      // Without autocommit, savepoints can be set before anything has begun.
      if (wasOpen || this.#session.state.autocommit || scan.kind === 'commit' || scan.kind === 'rollback')
        transaction.clear();
    } else if ((scan.kind === 'commit' || scan.kind === 'rollback') && succeeded) {
      // AND CHAIN: the next transaction has the same properties.
      transaction.restart(transaction.begin, transaction.snapshot, transaction.characteristics);
    } else if (succeeded && scan.savepoint !== undefined) {
      transaction.note(scan.kind as SavepointKind, scan.savepoint);
    }
  }

  /** BEGIN was answered, or relayed: shards join from now on. */
  beginLater(options: BeginOptions | undefined): void {
    this.transaction.restart(beginText(options), options?.consistentSnapshot === true);
  }

  /** MySQL has rolled back one shard's part; the others must not go on alone. */
  rolledBack(connection: BackendConnection): void {
    connection.status &= ~serverStatus.inTransaction;
    this.transaction.clear();
    for (const held of [...this.#held]) {
      if ((held.pins & pin.transaction) === 0) continue;
      held.pins &= ~pin.transaction;
      if (held.connection !== connection) this.#drop(held, 'deadlock');
    }
  }

  /** Whether an answer, or the other shards' part of a statement, is still awaited. */
  #isAtWork(connection: BackendConnection): boolean {
    return connection.busy || this.#session.running.has(connection) || this.#ending.has(connection);
  }

  /** Resets and gives back, or has it closed by whoever waits for its answer. */
  async #abandon(connection: BackendConnection): Promise<void> {
    if (this.#isAtWork(connection)) {
      this.#dropped.add(connection);
      connection.doomed = true;
    } else await this.discard(connection);
  }

  /** Gives up a held connection and what is on it. */
  #drop(held: Held, why: string): void {
    this.#held = this.#held.filter((other) => other !== held);
    const { connection } = held;
    const gone = held.pins & ~ownWords;
    if (gone !== 0) this.#stateLost = `${pinReasons(gone).join(', ')} (${why})`;
    void this.#abandon(connection);
  }

  #leftBy(scan: StatementScan, answer: Outcome): number {
    const { versionsDiffer } = this.#session.services.gateway;
    const doubtful = versionsDiffer && (scan.effects & effect.versionComment) !== 0 ? pin.unknown : 0;
    const nested = scan.kind === 'call' || scan.kind === 'execute';
    const unproven = (scan.effects & (effect.unknownFunction | effect.lexError)) !== 0;
    // A statement that MySQL could not read has done nothing; one that runs others may have, before one of those failed so.
    if (answer.error?.errno === ERRNO_PARSE_ERROR && !nested && !unproven) return 0;
    return pinsOf(scan) | doubtful;
  }

  /** A reason to hold a connection is gone; without one, to hold any. */
  unpin(bits: number, connection?: BackendConnection): void {
    for (const held of this.#held)
      if (connection === undefined || held.connection === connection) held.pins &= ~bits;
  }

  /** Gives back the held connections for which there is no reason any more. */
  unholdIfFree(): void {
    if (this.#held.every((held) => held.pins !== 0 || this.#isAtWork(held.connection))) return;
    const free = this.#held.filter((held) => held.pins === 0 && !this.#isAtWork(held.connection));
    this.#held = this.#held.filter((held) => !free.includes(held));
    for (const held of free) this.giveBack(held.connection);
  }

  get #participants(): Participant[] {
    return this.#held.map(({ connection, place }) => ({ connection, shard: place.shard.name }));
  }

  /**
   * Ends the transaction on all its shards, by COMMIT in the order in which they joined. Raises what `commitInOrder` raises;
   * the transaction has then ended as well. `chain`: the next one begins at once, with the same properties.
   */
  async complete(how: 'commit' | 'rollback', chain = false): Promise<void> {
    const { begin, snapshot, characteristics } = this.transaction;
    const participants = this.#participants;
    for (const { connection } of participants) this.#ending.add(connection);
    try {
      await Promise.all(participants.map(({ connection }) => connection.killing));
      if (how === 'commit') await commitInOrder(participants);
      else await rollbackAll(participants);
    } finally {
      this.transaction.clear();
      for (const { connection } of participants) {
        this.#ending.delete(connection);
        // The client has gone meanwhile.
        if (this.#dropped.has(connection) && !this.#isAtWork(connection)) connection.close();
      }
      for (const held of [...this.#held]) {
        held.pins &= ~(pin.transaction | pin.nextTransaction);
        if (held.connection.closed || (held.connection.status & serverStatus.inTransaction) !== 0)
          this.#drop(held, 'its connection was lost');
      }
      this.unholdIfFree();
    }
    if (chain) this.transaction.restart(begin ?? beginText(undefined), snapshot, characteristics);
  }

  /** A statement about a savepoint, on all shards that take part. Raises ER_SP_DOES_NOT_EXIST. */
  async savepoint(kind: SavepointKind, name: string): Promise<void> {
    if (kind !== 'savepoint') this.transaction.requireSavepoint(name);
    // A connection that is held for something else has no transaction in which it could be.
    const taking = this.#participants.filter(({ connection }) => this.isPinned(connection, pin.transaction));
    await runOnAll(taking, savepointText(kind, name));
    this.transaction.note(kind, name);
  }

  /** Runs a SET that has succeeded on one connection on all others, which belong to the same session. */
  async settingsChanged(connection: BackendConnection, sql: string | Buffer): Promise<void> {
    for (const held of [...this.#held]) {
      if (held.connection === connection || held.connection.closed) continue;
      try {
        await demand(held.connection.ask(command.query, Buffer.from(sql)));
        held.connection.need = this.#session.state.needFor(held.connection.database);
      } catch {
        // With other settings it must not go on.
        held.connection.close();
        this.lost(held.connection);
      }
    }
  }

  /** Gives back a connection that is not held. */
  giveBack(connection: BackendConnection): void {
    if (this.holds(connection)) return;
    const pool = this.#session.services.gateway.poolOf(connection);
    if (pool === undefined) connection.close();
    else pool.release(connection);
  }

  /** Gives back a connection that may have joined a transaction in which nothing has happened on it. */
  #giveBackClean(connection: BackendConnection): void {
    if (this.transaction.hasSavepoints && !this.holds(connection)) void this.discard(connection);
    else this.giveBack(connection);
  }

  /** Gives back a connection that is to be reset first; resolves when that is done. */
  async discard(connection: BackendConnection): Promise<void> {
    const pool = this.#session.services.gateway.poolOf(connection);
    if (pool === undefined) connection.close();
    else await pool.discard(connection);
  }

  /** The connection was closed under the session. */
  lost(connection: BackendConnection): void {
    const lost = this.#held.find((held) => held.connection === connection);
    if (lost === undefined) return;
    // Whoever ends the transaction says what has become of it.
    if (this.#ending.has(connection)) return;
    this.#held = this.#held.filter((held) => held !== lost);
    const gone = lost.pins & ~ownWords;
    if ((lost.pins & pin.transaction) === 0) {
      if (gone !== 0) this.#stateLost = pinReasons(gone).join(', ');
      return;
    }
    this.transactionLost = true;
    this.transaction.clear();
    for (const held of [...this.#held]) {
      if (held.pins & pin.transaction) this.#drop(held, 'its transaction was lost');
    }
  }

  /** Rolls back and forgets everything: RESET_CONNECTION, CHANGE_USER, the end. Resolves when the tablets have. */
  async releaseAll(): Promise<void> {
    this.transaction.clear();
    this.transaction.next = undefined;
    this.transactionLost = false;
    this.#stateLost = undefined;
    await Promise.all(this.#held.splice(0).map(({ connection }) => this.#abandon(connection)));
  }
}
