/**
 * The connections on which the router has temporary tables of its own: for each tablet a pool beside that of the sessions' statements, so that
 * what is evaluated never waits for what is read.
 */
import type { BackendConnection, TabletLogin } from './backend-connection.ts';
import type { PoolCounts, PoolLimits } from './pool-limits.ts';
import { TabletPool } from './tablet-pool.ts';

export class ScratchPools {
  readonly #login: TabletLogin;
  readonly #limits: PoolLimits;
  readonly #pools = new Map<string, Readonly<{ main: TabletPool; scratch: TabletPool }>>();

  /** `limits` of the tablets' pools: what is different here is how many connections there are. */
  constructor(login: TabletLogin, limits: PoolLimits) {
    this.#login = login;
    this.#limits = {
      ...limits,
      connectionsMax: limits.scratchConnectionsMax,
      connectionsKey: 'pool.scratchConnectionsMax',
    };
  }

  /** The pool beside the given one. */
  beside(main: TabletPool): TabletPool {
    const { alias } = main.tablet;
    const known = this.#pools.get(alias);
    if (known?.main === main) return known.scratch;
    known?.scratch.retire();
    const scratch = new TabletPool(main.tablet, this.#login, this.#limits, () => {});
    this.#pools.set(alias, { main, scratch });
    if (main.retired) scratch.retire();
    return scratch;
  }

  /** The tablet's usual pool, where the connection is one of those kept here. */
  mainOf(connection: BackendConnection): TabletPool | undefined {
    const pools = this.#pools.get(connection.tablet.alias);
    return pools?.scratch.connections.has(connection) === true ? pools.main : undefined;
  }

  /** Connections that are open, and those at work, on a tablet. */
  counts(alias: string): PoolCounts {
    return this.#pools.get(alias)?.scratch.counts() ?? none;
  }

  /** Whether a statement would have to wait for others to end before it has a connection to a tablet. */
  isFull(alias: string): boolean {
    const { leased, waiting, resetting } = this.counts(alias);
    return leased + waiting - resetting >= this.#limits.connectionsMax;
  }

  /** The tablet is gone, or another one has its name. */
  retire(alias: string): void {
    this.#pools.get(alias)?.scratch.retire();
    this.#pools.delete(alias);
  }

  retireAll(): void {
    for (const alias of [...this.#pools.keys()]) this.retire(alias);
  }
}

const none = { open: 0, leased: 0, waiting: 0, resetting: 0 } as const;
