/**
 * From keyspace and shard to a connection: keeps the pools in step with the topology, and holds statements while a shard
 * has no reachable primary.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HeadgateError } from '../errors/headgate-error.ts';
import type { KeyspaceSchema } from '../schema/schema.ts';
import type { Log } from '../telemetry/log.ts';
import type { SetMetric } from '../telemetry/metrics.ts';
import {
  servingType,
  type TabletRecord,
  type TabletType,
  type Topology,
  type TopologyWatcher,
} from '../topology/topology.ts';
import type { BackendConnection, ConnectionOwner, TabletLogin } from './backend-connection.ts';
import type { ConnectionNeed } from './connection-need.ts';
import type { PoolLimits } from './pool-limits.ts';
import type { ShardPrimary } from './schema/keyspace-tables.ts';
import { type SchemaListener, SchemaLoader } from './schema/schema-loader.ts';
import { ScratchPools } from './scratch-pools.ts';
import { ShardHandle } from './shard-handle.ts';
import type { ClientTimeouts } from './tablet-facts.ts';
import { TabletPool } from './tablet-pool.ts';

export type GatewayOptions = Readonly<{
  watcher: TopologyWatcher;
  login: TabletLogin;
  limits: PoolLimits;
  /** How long a statement waits for a primary. */
  holdMsMax: number;
  /** Replicas of this cell are preferred; '' for none. */
  cell: string;
  log: Log;
}>;

const RETRY_MS = 50;
const PROBE_RETRY_MS = 500;
/** A change of definitions is to be noticed, and read, within a second. */
const OBSERVE_EVERY_MS = 750;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #pools = new Map<string, TabletPool>();
  readonly #shards = new Map<string, ShardHandle>();
  readonly #changed = new Set<() => void>();
  readonly #unsubscribe: () => void;
  /** Of pools that are gone. */
  readonly #pastTraffic = { read: 0, written: 0 };
  #closed = false;
  readonly #observing: NodeJS.Timeout;
  readonly #schemas: SchemaLoader;
  /** For temporary tables of the router's own. */
  readonly scratch: ScratchPools;
  topology: Topology | undefined;
  /** Names of all keyspaces. */
  keyspaces: ReadonlySet<string> = new Set();
  /** Default sql_mode of the tablets, by which statements are read until a session sets its own. */
  sqlMode: string | undefined;
  /** The tablets' defaults; undefined before any is known. */
  clientTimeouts: ClientTimeouts | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#schemas = new SchemaLoader(options.log);
    this.scratch = new ScratchPools(options.login, options.limits);
    this.#schemas.subscribe(() => this.#wake());
    this.#observing = setInterval(() => this.#observe(), OBSERVE_EVERY_MS).unref();
    this.#unsubscribe = options.watcher.subscribe((next) => this.#apply(next));
    if (options.watcher.current !== undefined) this.#apply(options.watcher.current);
  }

  get pools(): Iterable<TabletPool> {
    return this.#pools.values();
  }

  /** The lowest version among the tablets that have been reached; undefined before the first. */
  serverVersion: string | undefined;
  /** The same as a number (90704), 0 before. */
  serverVersionNumber = 0;
  /** Tablets of several versions: what a version comment means depends on the tablet. */
  versionsDiffer = false;

  /** The shard's handle, or undefined when keyspace or shard do not exist. */
  shard(keyspace: string, shard: string): ShardHandle | undefined {
    return this.#shards.get(`${keyspace}/${shard}`);
  }

  /** The only shard of an unsharded keyspace, the first of a sharded one. */
  firstShard(keyspace: string): ShardHandle | undefined {
    const shards = this.topology?.keyspaces.get(keyspace)?.shards;
    const first = shards?.keys().next().value;
    return first === undefined ? undefined : this.shard(keyspace, first);
  }

  /** Where statements without any table run: the first shard of the first unsharded keyspace, else of any. */
  anyShard(): ShardHandle | undefined {
    let fallback: ShardHandle | undefined;
    for (const keyspace of this.topology?.keyspaces.values() ?? []) {
      const handle = this.firstShard(keyspace.name);
      if (handle === undefined || handle.primary === undefined) continue;
      if (!keyspace.sharded) return handle;
      fallback ??= handle;
    }
    return fallback;
  }

  /** The pool of an open connection; undefined once its tablet has left or moved. */
  poolOf(connection: BackendConnection): TabletPool | undefined {
    const pool = this.#pools.get(connection.tablet.alias);
    return pool?.connections.has(connection) === true ? pool : this.scratch.mainOf(connection);
  }

  /**
   * A connection to a tablet of the shard. While none can be reached it waits for the topology to change or the tablet to
   * come back, at most `holdMsMax`. Rejects with HG_NO_PRIMARY, HG_NO_TABLET, or as `TabletPool.take`.
   */
  async lease(
    shard: ShardHandle,
    type: TabletType,
    need: ConnectionNeed,
    owner: ConnectionOwner,
    preferred: BackendConnection | undefined,
    signal: AbortSignal,
  ): Promise<BackendConnection> {
    const deadlineMs = Date.now() + this.#options.holdMsMax;
    let last: unknown;
    for (;;) {
      const pool = shard.gone ? undefined : shard.pick(type);
      if (pool !== undefined) {
        try {
          const connection = await pool.take(need, owner, preferred, signal);
          // Between the wait and now the primary may have changed.
          if (shard.serves(pool, type) && !connection.closed) return connection;
          pool.release(connection);
          continue;
        } catch (error) {
          if (!isUnreachable(error)) throw error;
          last = error;
        }
      }
      if (signal.aborted) throw new HeadgateError('ER_QUERY_INTERRUPTED');
      if (shard.gone || Date.now() >= deadlineMs || this.#closed) throw this.#unavailable(shard, type, last);
      await this.#nextChance(signal);
    }
  }

  /** Waits until the topology is known (it may come later than the router). Rejects with HG_NO_TOPOLOGY. */
  async ready(signal: AbortSignal): Promise<void> {
    const deadlineMs = Date.now() + this.#options.holdMsMax;
    while (this.anyShard() === undefined || this.sqlMode === undefined) {
      if (Date.now() >= deadlineMs || signal.aborted || this.#closed) {
        if (this.topology === undefined) throw new HeadgateError('HG_NO_TOPOLOGY');
        if (this.topology.keyspaces.size === 0) {
          throw new HeadgateError('HG_NO_TABLET', {
            detail: 'the topology has no keyspace; add one with `headgate ctl keyspaces add`',
          });
        }
        const errors = [...this.#pools.values()]
          .map((pool) => pool.lastError?.message)
          .filter((error) => error !== undefined);
        throw new HeadgateError('HG_NO_PRIMARY', { detail: errors[0] ?? 'no shard has one in the topology' });
      }
      await this.#nextChance(signal);
    }
  }

  /**
   * Interrupts the statement that runs on a connection. Resolves when the tablet has answered, also if it refused; if it says nothing, the
   * connection is closed, so that nobody waits for it for ever.
   */
  kill(connection: BackendConnection): Promise<void> {
    const pool = this.poolOf(connection);
    if (pool === undefined || connection.closed) return Promise.resolve();
    const asked = pool.aside(`KILL QUERY ${connection.threadId}`).catch((error: unknown) => {
      this.#options.log.warn({ err: error, tablet: connection.tablet.alias }, 'KILL QUERY failed');
      if (isUnreachable(error)) connection.close();
    });
    // Each goes its own way: a second one may be answered while the first is still to come.
    const killing: Promise<void> = Promise.all([connection.killing, asked]).then(() => {
      // Cleared before anybody who waits for it goes on: the pool looks again.
      if (connection.killing === killing) connection.killing = undefined;
    });
    connection.killing = killing;
    return killing;
  }

  /** After definitions have changed: until the tablet was asked, stored code is taken to be there. */
  definitionsChanged(pool: TabletPool): void {
    pool.hasStoredCode = true;
    pool.storedCodeDoubts++;
    this.#refreshStoredCode(pool);
  }

  /** The current snapshot of a keyspace's tables; undefined until its primaries have been asked for the first time. */
  schema(keyspace: string): KeyspaceSchema | undefined {
    return this.#schemas.schema(keyspace);
  }

  /**
   * The snapshot, waiting for the first one at most `holdMsMax`. Rejects with HG_NO_SCHEMA, or with ER_QUERY_INTERRUPTED when
   * `signal` ends the wait.
   */
  async schemaReady(keyspace: string, signal: AbortSignal): Promise<KeyspaceSchema> {
    const deadlineMs = Date.now() + this.#options.holdMsMax;
    for (;;) {
      const schema = this.#schemas.schema(keyspace);
      if (schema !== undefined) return schema;
      if (signal.aborted) throw new HeadgateError('ER_QUERY_INTERRUPTED');
      if (Date.now() >= deadlineMs || this.#closed) throw this.#schemas.missing(keyspace);
      await this.#nextChance(signal);
    }
  }

  /**
   * A statement that changes definitions has run: resolves when the snapshot shows them. A shard that cannot be asked keeps
   * what was known of it (and the log says so); the promise never rejects.
   */
  schemaChanged(keyspace: string): Promise<void> {
    return this.#schemas.changed(keyspace);
  }

  /** Calls `listener` for each new snapshot; it must not throw. Returns the way to stop. */
  onSchemaChange(listener: SchemaListener): () => void {
    return this.#schemas.subscribe(listener);
  }

  /** Figures about the snapshots, for each scrape. */
  collectSchemas(set: SetMetric): void {
    this.#schemas.collect(set);
  }

  #observe(): void {
    // With primaries it is one question with that for their tables.
    const primaries = new Set([...this.#shards.values()].map(({ primary }) => primary));
    for (const pool of this.#pools.values()) {
      if (pool.facts !== undefined && !primaries.has(pool)) this.#refreshStoredCode(pool);
    }
    this.#schemas.poll();
  }

  #refreshStoredCode(pool: TabletPool): void {
    pool.refreshStoredCode().catch(() => {
      // Not reached: nothing runs there either, and the assumption stays the careful one.
      pool.hasStoredCode = true;
    });
  }

  /** Bytes read from and written to tablets since the start. */
  traffic(): { read: number; written: number } {
    const sum = { ...this.#pastTraffic };
    for (const pool of this.#pools.values()) addTraffic(sum, pool.traffic());
    return sum;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#observing);
    this.#schemas.close();
    this.#unsubscribe();
    for (const pool of this.#pools.values()) pool.retire();
    this.scratch.retireAll();
    this.#pools.clear();
    this.#wake();
  }

  #unavailable(shard: ShardHandle, type: TabletType, last: unknown): HeadgateError {
    if (last instanceof HeadgateError && last.code === 'HG_TABLET_MISCONFIGURED') return last;
    const why = shard.gone
      ? 'it is no longer in the topology'
      : last instanceof Error
        ? last.message
        : 'the topology names none';
    const detail = `${shard.name}@${type}: ${why}`;
    return new HeadgateError(type === 'primary' ? 'HG_NO_PRIMARY' : 'HG_NO_TABLET', {
      keyspace: shard.keyspace,
      shard: shard.shard,
      detail,
      cause: last,
    });
  }

  async #nextChance(signal: AbortSignal): Promise<void> {
    const turn = new AbortController();
    const wake = () => turn.abort();
    this.#changed.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    await sleep(RETRY_MS, undefined, { signal: turn.signal }).catch(() => {});
    this.#changed.delete(wake);
    signal.removeEventListener('abort', wake);
  }

  #wake(): void {
    for (const wake of [...this.#changed]) wake();
  }

  #apply(topology: Topology): void {
    if (this.#closed) return;
    this.topology = topology;
    this.keyspaces = new Set(topology.keyspaces.keys());
    this.#applyTablets(topology);
    const seen = new Set<string>();
    for (const keyspace of topology.keyspaces.values()) {
      for (const record of keyspace.shards.values()) {
        const name = `${keyspace.name}/${record.shard}`;
        seen.add(name);
        let handle = this.#shards.get(name);
        if (handle === undefined) {
          handle = new ShardHandle(keyspace.name, record.shard, this.#options.cell);
          this.#shards.set(name, handle);
        }
        this.#applyShard(handle, topology, record.primaryAlias, record.term);
      }
    }
    for (const [name, handle] of this.#shards) {
      if (seen.has(name)) continue;
      handle.gone = true;
      this.#shards.delete(name);
    }
    this.#schemas.apply(this.#primaries(topology));
    this.#wake();
  }

  #primaries(topology: Topology): ReadonlyMap<string, readonly ShardPrimary[]> {
    const shardsOf = (keyspace: string, names: Iterable<string>) =>
      [...names].map((shard) => ({ shard, primary: this.shard(keyspace, shard)?.primary }));
    return new Map(
      [...topology.keyspaces].map(([name, { shards }]) => [name, shardsOf(name, shards.keys())]),
    );
  }

  #applyTablets(topology: Topology): void {
    for (const [alias, pool] of this.#pools) {
      const record = topology.tablets.get(alias);
      if (record !== undefined && samePlace(record, pool.tablet)) continue;
      this.#pools.delete(alias);
      pool.retire();
      this.scratch.retire(alias);
      addTraffic(this.#pastTraffic, pool.traffic());
    }
    for (const tablet of topology.tablets.values()) {
      if (this.#pools.has(tablet.alias)) continue;
      const pool = new TabletPool(tablet, this.#options.login, this.#options.limits, (known) =>
        this.#learn(known),
      );
      this.#pools.set(tablet.alias, pool);
      void this.#probe(pool);
    }
  }

  #applyShard(handle: ShardHandle, topology: Topology, primaryAlias: string | null, term: number): void {
    // Only the highest term is believed: an older claim may be a record that was restored.
    if (term < handle.term) return;
    const before = handle.primary;
    const primary = primaryAlias === null ? undefined : this.#pools.get(primaryAlias);
    handle.term = term;
    handle.primary = primary;
    handle.others = [...topology.tablets.values()]
      .filter(
        (tablet) =>
          tablet.keyspace === handle.keyspace &&
          tablet.shard === handle.shard &&
          tablet.alias !== primaryAlias,
      )
      .map((tablet) => ({ type: servingType(topology, tablet), pool: this.#pools.get(tablet.alias)! }));
    if (before === primary) return;
    before?.releaseHolds();
    const tablet = primary?.tablet.alias ?? null;
    this.#options.log.info(
      {
        keyspace: handle.keyspace,
        shard: handle.shard,
        term,
        primary: tablet,
        previous: before?.tablet.alias ?? null,
      },
      'primary changed',
    );
  }

  #learn(pool: TabletPool): void {
    const { facts } = pool;
    if (facts === undefined) return;
    // Sessions that begin later take the newest; each puts its own onto every connection that it uses.
    this.sqlMode = facts.sqlMode;
    this.clientTimeouts = facts.timeouts;
    this.#learnVersion();
    this.#wake();
  }

  #learnVersion(): void {
    const versions = [...this.#pools.values()].flatMap(({ facts }) =>
      facts === undefined ? [] : [facts.version],
    );
    versions.sort((a, b) => versionNumber(a) - versionNumber(b));
    this.serverVersion = versions[0];
    this.serverVersionNumber = versionNumber(versions[0] ?? '');
    this.versionsDiffer = versionNumber(versions.at(-1) ?? '') !== this.serverVersionNumber;
  }

  /** Tries until a first connection stands or the pool is retired; who needs the tablet meanwhile tries on its own. */
  async #probe(pool: TabletPool): Promise<void> {
    let failed = false;
    while (!pool.retired && pool.facts === undefined) {
      try {
        await pool.probe();
        if (failed) this.#options.log.info({ tablet: pool.tablet.alias }, 'tablet reached');
      } catch (error) {
        if (!failed && !pool.retired)
          this.#options.log.warn({ err: error, tablet: pool.tablet.alias }, 'tablet not reached yet');
        failed = true;
        await sleep(PROBE_RETRY_MS, undefined, { ref: false });
      }
    }
  }
}

const samePlace = (a: TabletRecord, b: TabletRecord): boolean =>
  a.host === b.host && a.port === b.port && a.keyspace === b.keyspace && a.shard === b.shard;

function addTraffic(sum: { read: number; written: number }, more: { read: number; written: number }): void {
  sum.read += more.read;
  sum.written += more.written;
}

const isUnreachable = (error: unknown): boolean =>
  error instanceof HeadgateError && error.code === 'HG_TABLET_LOST';

/** `9.7.4-2` → 90704, for comparisons. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(/[^0-9]/).map(Number);
  return major * 10_000 + minor * 100 + patch;
}
