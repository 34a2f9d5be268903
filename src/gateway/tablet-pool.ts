/**
 * The connections to one tablet. Bounded; who finds none waits in a bounded queue, first come first served.
 *
 * A connection comes back in a proven state or not at all: `release` is for connections whose session says what they hold,
 * `discard` for all others.
 */
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import type { TabletRecord } from '../topology/topology.ts';
import { textValues } from './answer-collector.ts';
import { isServerFull, runAside } from './aside.ts';
import { BackendConnection, type ConnectionOwner, type TabletLogin } from './backend-connection.ts';
import { canServe, isFree, isProven, isWanted, leastWanted, lend } from './connection-fit.ts';
import { type ConnectionNeed, loginCollationId } from './connection-need.ts';
import { IdleConnections } from './idle-connections.ts';
import { idleMsOf } from './idle-limit.ts';
import type { PoolCounts, PoolLimits } from './pool-limits.ts';
import {
  applySettings,
  captureState,
  prepareConnection,
  resetConnection,
  selectDatabase,
} from './prepare-connection.ts';
import { StatementBudget } from './statement-budget.ts';
import { readFacts, type TabletFacts } from './tablet-facts.ts';
import { plainNeed, storedCodeExpression, TabletObserver } from './tablet-observer.ts';
import { TabletRefusal } from './tablet-refusal.ts';

/** How often unused connections are looked for. */
const SWEEP_MS = 1000;
/** So long a server that had no room for another connection is not asked again, where there are others to wait for. */
const FULL_MS = 1000;

type Waiter = Readonly<{
  need: ConnectionNeed;
  owner: ConnectionOwner;
  signal: AbortSignal;
  give: (connection: BackendConnection) => void;
  refuse: (error: unknown) => void;
  /** Stops its timer and listener: it is served, or refused. */
  leave: () => void;
}>;

export class TabletPool {
  readonly tablet: TabletRecord;
  facts: TabletFacts | undefined;
  lastError: Readonly<{ message: string; atMs: number }> | undefined;
  /** No longer to be used for new statements: the tablet left its place in the topology. */
  retired = false;
  /** Whether the tablet has stored functions or triggers, which can leave state on a connection without a sign in the statement. */
  hasStoredCode = true;
  /** Counts the reasons to doubt `hasStoredCode`: an answer to a question from before the last one is out of date. */
  storedCodeDoubts = 0;
  /** For questions of the router's own, beside the others. */
  readonly observer: TabletObserver;
  /** What all connections together keep prepared. */
  readonly statements: StatementBudget;

  readonly #login: TabletLogin;
  readonly #limits: PoolLimits;
  readonly #onFacts: (pool: TabletPool) => void;
  readonly #connections = new Set<BackendConnection>();
  #opening = 0;
  #resetting = 0;
  /** When the server had no room for another connection (`performance.now()`). */
  #fullSinceMs = Number.NEGATIVE_INFINITY;
  #factsStale = false;
  /** Of closed connections. */
  readonly #pastTraffic = { read: 0, written: 0 };
  readonly #idle = new IdleConnections();
  readonly #waiters: Waiter[] = [];
  readonly #sweep: NodeJS.Timeout;

  constructor(
    tablet: TabletRecord,
    login: TabletLogin,
    limits: PoolLimits,
    onFacts: (pool: TabletPool) => void,
  ) {
    this.tablet = tablet;
    this.#login = login;
    this.#limits = limits;
    this.#onFacts = onFacts;
    this.observer = new TabletObserver(tablet, login);
    this.statements = new StatementBudget(limits.statementsMax, limits.statementsPercentMax);
    this.#sweep = setInterval(
      () => {
        this.#closeIdle(Date.now());
        this.#serveWaiters();
      },
      Math.min(limits.idleMsMax, SWEEP_MS),
    );
    this.#sweep.unref();
  }

  /** Connections that there are, those at work (or being opened for somebody, or reset behind somebody), and who waits for one. */
  counts(): PoolCounts {
    let leased = this.#opening;
    for (const connection of this.#connections) if (connection.leased) leased++;
    const open = this.#connections.size + this.#opening;
    return { open, leased, waiting: this.#waiters.length, resetting: this.#resetting };
  }

  /** Bytes read and written on all connections so far. */
  traffic(): { read: number; written: number } {
    let { read, written } = this.#pastTraffic;
    for (const connection of this.#connections) {
      read += connection.bytesRead;
      written += connection.bytesWritten;
    }
    return { read, written };
  }

  get connections(): ReadonlySet<BackendConnection> {
    return this.#connections;
  }

  /**
   * An idle connection that is ready for `need` as it is, or undefined. The one used last comes first: few connections at
   * work cost the server and the caches less than many in turn. `preferred` is what the owner used last; it is taken where it
   * still has something of the owner's on it, which would have to be fetched or reset before anybody else could use it.
   */
  tryTake(
    need: ConnectionNeed,
    owner: ConnectionOwner,
    preferred?: BackendConnection,
  ): BackendConnection | undefined {
    if (this.retired || this.#waiters.length > 0) return undefined;
    if (preferred !== undefined && (preferred.pending !== 0 || preferred.suspect)) {
      const own = this.reclaim(preferred, need, owner);
      if (own !== undefined) return own;
    }
    const ready = this.#idle.take(need, owner);
    return ready && lend(ready, owner);
  }

  /** The given connection, if it is idle and ready for `need`. */
  reclaim(
    connection: BackendConnection,
    need: ConnectionNeed,
    owner: ConnectionOwner,
  ): BackendConnection | undefined {
    const free = this.#connections.has(connection) && isFree(connection, need, owner);
    return free && !this.retired && this.#waiters.length === 0 ? lend(connection, owner) : undefined;
  }

  /**
   * A connection prepared for `need`, waiting for one if need be. Rejects with TabletRefusal (the tablet refused a setting),
   * HG_TABLET_LOST, HG_TABLET_MISCONFIGURED or HG_POOL_TIMEOUT; with ER_QUERY_INTERRUPTED when `signal` ends the wait.
   */
  async take(
    need: ConnectionNeed,
    owner: ConnectionOwner,
    preferred: BackendConnection | undefined,
    signal: AbortSignal,
  ): Promise<BackendConnection> {
    const ready = this.tryTake(need, owner, preferred);
    if (ready !== undefined) return ready;
    if (this.#waiters.length > 0) return this.#wait(need, owner, signal);
    const other =
      this.#findIdle((connection) => !connection.suspect && canServe(connection, need)) ??
      this.#findIdle((connection) => !isWanted(connection) && canServe(connection, need)) ??
      leastWanted(this.#connections, need, owner);
    if (other !== undefined) return this.#adapt(other, need, owner, signal);
    if (this.#hasRoom) return this.#open(need, owner, signal);
    const unfit = this.#findIdle((connection) => !isWanted(connection)) ?? this.#findIdle(() => true);
    if (unfit === undefined) return this.#wait(need, owner, signal);
    if (canServe(unfit, need)) return this.#adapt(unfit, need, owner, signal);
    return this.#replace(unfit, need, owner, signal);
  }

  get #hasRoom(): boolean {
    if (this.#connections.size > 0 && performance.now() - this.#fullSinceMs < FULL_MS) return false;
    return this.#connections.size + this.#opening < this.#limits.connectionsMax;
  }

  /**
   * Gives a connection back. It is lent again only if its state is proven: the answer read to its end, no transaction, and
   * database and autocommit as its need says. Its session vouches for the rest.
   */
  release(connection: BackendConnection): void {
    const { killing } = connection;
    if (killing !== undefined) {
      // KILL QUERY hits whatever runs when it arrives: the next session's statement must not be it.
      killing.then(() => this.release(connection));
      return;
    }
    if (connection.closed) return;
    if (!isProven(connection) || connection.doomed || this.retired) {
      connection.close();
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      this.#rest(connection);
      return;
    }
    waiter.leave();
    this.#serve(waiter, connection);
  }

  /** For a connection that its session has used for more than statements: reset, then back to the pool. Resolves when it is reset. */
  async discard(connection: BackendConnection): Promise<void> {
    connection.pending = 0;
    connection.owner = undefined;
    if (connection.closed) return;
    const { need } = connection;
    if (connection.busy || connection.killing !== undefined || this.retired || need === undefined) {
      connection.close();
      return;
    }
    this.#resetting++;
    const isReset = await this.#restore(connection, need).then(
      () => true,
      () => false,
    );
    this.#resetting--;
    if (isReset) this.release(connection);
    else connection.close();
  }

  /** Ready again for the need under which it served, so that the next session of the kind finds it. */
  async #restore(connection: BackendConnection, need: ConnectionNeed): Promise<void> {
    await resetConnection(connection);
    if (need.database !== connection.database) {
      if (need.database === '')
        throw new HeadgateError('HG_INTERNAL', { detail: 'a database cannot be unselected' });
      await selectDatabase(connection, need.database);
    }
    await applySettings(connection, need, undefined);
    connection.need = need;
  }

  /** Runs a statement outside the limits: see `runAside`. */
  aside(sql: string): Promise<void> {
    return runAside(sql, this.tablet, this.#login, this.observer);
  }

  /** Looks for stored functions and triggers. */
  async refreshStoredCode(): Promise<void> {
    // The question before is still waiting for its answer.
    if (this.observer.busy) return;
    const doubts = this.storedCodeDoubts;
    const answer = await this.observer.query(`SELECT ${storedCodeExpression}`);
    this.learnStoredCode(textValues(answer, 0)[0] !== '0', doubts);
  }

  /** Takes the tablet's answer; `doubts` is what `storedCodeDoubts` was when it was asked. */
  learnStoredCode(hasStoredCode: boolean, doubts: number): void {
    if (doubts === this.storedCodeDoubts) this.hasStoredCode = hasStoredCode;
  }

  /** Opens a first connection so that version and defaults are known. */
  async probe(): Promise<void> {
    this.#rest(await this.#connect(plainNeed));
  }

  /** For good: the tablet is gone from the topology. Running statements end first. */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    clearInterval(this.#sweep);
    this.observer.close();
    for (const waiter of this.#waiters.splice(0)) {
      waiter.leave();
      waiter.refuse(
        new HeadgateError('HG_TABLET_LOST', { detail: `${this.tablet.alias} left the topology` }),
      );
    }
    for (const connection of [...this.#connections]) {
      if (connection.busy) connection.doomed = true;
      else connection.close();
    }
  }

  /** The tablet is no longer its shard's primary: what sessions hold there between statements is closed, and so rolled back. */
  releaseHolds(): void {
    for (const connection of [...this.#connections]) {
      if (connection.leased && !connection.busy) connection.close();
      else if (connection.leased) connection.doomed = true;
    }
  }

  #rest(connection: BackendConnection): void {
    if (this.retired) {
      connection.close();
      return;
    }
    connection.leased = false;
    connection.idleSinceMs = Date.now();
    this.#idle.add(connection);
  }

  #findIdle(fits: (connection: BackendConnection) => boolean): BackendConnection | undefined {
    for (const connection of this.#connections) {
      if (!connection.leased && !connection.busy && fits(connection)) return connection;
    }
    return undefined;
  }

  async #adapt(
    connection: BackendConnection,
    need: ConnectionNeed,
    owner: ConnectionOwner,
    signal: AbortSignal,
  ): Promise<BackendConnection> {
    connection.leased = true;
    if (connection.owner === owner && connection.need?.key === need.key) return connection;
    // The tablet may not answer at all.
    const aborted = () => connection.close();
    signal.addEventListener('abort', aborted, { once: true });
    try {
      await prepareConnection(connection, need);
    } catch (error) {
      connection.close();
      throw signal.aborted ? new HeadgateError('ER_QUERY_INTERRUPTED') : error;
    } finally {
      signal.removeEventListener('abort', aborted);
    }
    connection.owner = owner;
    return connection;
  }

  /** Closes an idle connection to make room, after handing its owner what only it knows. */
  async #retireOne(connection: BackendConnection): Promise<void> {
    connection.leased = true;
    await captureState(connection).catch(() => {});
    connection.close();
  }

  /** Makes room by closing a connection that cannot serve; its place is kept for this session meanwhile. */
  async #replace(
    unfit: BackendConnection,
    need: ConnectionNeed,
    owner: ConnectionOwner,
    signal: AbortSignal,
  ): Promise<BackendConnection> {
    this.#opening++;
    try {
      await this.#retireOne(unfit);
    } finally {
      this.#opening--;
    }
    return this.#open(need, owner, signal);
  }

  async #open(need: ConnectionNeed, owner: ConnectionOwner, signal: AbortSignal): Promise<BackendConnection> {
    try {
      const connection = await this.#connect(need);
      connection.owner = owner;
      return connection;
    } catch (error) {
      if (!isServerFull(error) || this.#connections.size === 0) throw error;
      // The server's own limit is lower than ours: one of those that we have, when it is free.
      this.#fullSinceMs = performance.now();
      return this.take(need, owner, undefined, signal);
    } finally {
      this.#serveWaiters();
    }
  }

  /** Serves those who wait while there is room or a free connection: nobody else would, where all connections have gone. */
  #serveWaiters(): void {
    while (this.#waiters.length > 0) {
      const free = this.#findIdle(() => true);
      if (free === undefined && !this.#hasRoom) return;
      const waiter = this.#waiters.shift()!;
      waiter.leave();
      if (free !== undefined) this.#serve(waiter, free);
      else this.#open(waiter.need, waiter.owner, waiter.signal).then(waiter.give, waiter.refuse);
    }
  }

  async #connect(need: ConnectionNeed): Promise<BackendConnection> {
    this.#opening++;
    try {
      const connection = await BackendConnection.connect(
        this.tablet,
        this.#login,
        need,
        this.statements,
        (closed) => this.#onConnectionClosed(closed),
      );
      connection.leased = true;
      this.#connections.add(connection);
      try {
        await this.#learn(connection);
        await applySettings(connection, need, loginCollationId(need));
      } catch (error) {
        connection.close();
        throw error;
      }
      connection.need = need;
      this.lastError = undefined;
      return connection;
    } catch (error) {
      if (!(error instanceof TabletRefusal)) this.lastError = { message: messageOf(error), atMs: Date.now() };
      throw error;
    } finally {
      this.#opening--;
    }
  }

  async #learn(connection: BackendConnection): Promise<void> {
    if (this.facts !== undefined && !this.#factsStale) return;
    this.facts = await readFacts(connection);
    this.statements.learn(this.facts.statementsMax);
    this.#factsStale = false;
    this.#onFacts(this);
  }

  #onConnectionClosed(connection: BackendConnection): void {
    if (!this.#connections.delete(connection)) return;
    this.#pastTraffic.read += connection.bytesRead;
    this.#pastTraffic.written += connection.bytesWritten;
    // A restarted server may be another version with other defaults.
    if (this.#connections.size === 0) this.#factsStale = true;
    if (!this.retired) this.#serveWaiters();
  }

  #serve(waiter: Waiter, connection: BackendConnection): void {
    const { need, owner, signal } = waiter;
    const served = canServe(connection, need)
      ? this.#adapt(connection, need, owner, signal)
      : this.#replace(connection, need, owner, signal);
    served.then(waiter.give, waiter.refuse);
  }

  async #wait(need: ConnectionNeed, owner: ConnectionOwner, signal: AbortSignal): Promise<BackendConnection> {
    if (signal.aborted) throw new HeadgateError('ER_QUERY_INTERRUPTED');
    if (this.#waiters.length >= this.#limits.waitersMax) throw this.#timeout('the queue is full');
    return new Promise((resolve, reject) => {
      const drop = (error: HeadgateError) => {
        waiter.leave();
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(error);
      };
      const aborted = () => drop(new HeadgateError('ER_QUERY_INTERRUPTED'));
      const { waitMsMax } = this.#limits;
      const timer = setTimeout(() => drop(this.#timeout(`waited ${waitMsMax} ms`)), waitMsMax);
      const leave = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', aborted);
      };
      const waiter: Waiter = { need, owner, signal, give: resolve, refuse: reject, leave };
      signal.addEventListener('abort', aborted, { once: true });
      this.#waiters.push(waiter);
      this.#serveWaiters();
    });
  }

  #timeout(why: string): HeadgateError {
    const { open } = this.counts();
    const { connectionsMax, connectionsKey = 'pool.connectionsMax' } = this.#limits;
    return new HeadgateError('HG_POOL_TIMEOUT', {
      tablet: this.tablet.alias,
      detail: `${this.tablet.alias}: ${why}; all ${open} connections are in use (${connectionsKey} ${connectionsMax})`,
    });
  }

  #closeIdle(nowMs: number): void {
    for (const connection of [...this.#connections]) {
      if (connection.leased) continue;
      const idleMsMax = idleMsOf(connection.need, this.facts, this.#limits.idleMsMax);
      if (nowMs - connection.idleSinceMs > idleMsMax) void this.#retireOne(connection);
    }
    this.#idle.sweep();
  }
}
