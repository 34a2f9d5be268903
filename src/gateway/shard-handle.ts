import type { TabletType } from '../topology/topology.ts';
import type { TabletPool } from './tablet-pool.ts';

/**
 * A shard as sessions hold on to it: the object stays, its tablets change with the topology. So a session's next statement
 * goes to a new primary without looking anything up.
 */
export class ShardHandle {
  readonly keyspace: string;
  readonly shard: string;
  term = 0;
  primary: TabletPool | undefined;
  /** Tablets of the other serving types. */
  others: readonly { readonly type: TabletType; readonly pool: TabletPool }[] = [];
  /** No longer in the topology. */
  gone = false;
  readonly #cell: string;
  #turn = 0;

  /** `cell`: that of the router, '' for no preference. */
  constructor(keyspace: string, shard: string, cell: string) {
    this.#cell = cell;
    this.keyspace = keyspace;
    this.shard = shard;
  }

  get name(): string {
    return `${this.keyspace}/${this.shard}`;
  }

  /** The tablet to use for a type, undefined when there is none: of several, those that may serve it in turn. */
  pick(type: TabletType): TabletPool | undefined {
    if (type === 'primary') return this.primary;
    const near = this.serving(type);
    return near.length === 0 ? undefined : near[this.#turn++ % near.length];
  }

  /** The tablets that may serve a type: those without a recent failure, of those the ones in the router's cell. */
  serving(type: TabletType): readonly TabletPool[] {
    if (type === 'primary') return this.primary === undefined ? [] : [this.primary];
    const candidates = this.others.filter((other) => other.type === type).map((other) => other.pool);
    const healthy = preferred(candidates, (pool) => pool.lastError === undefined);
    return preferred(healthy, (pool) => pool.tablet.cell === this.#cell);
  }

  /** Whether `pool` still serves `type` here: what a session holds on another tablet is lost to it. */
  serves(pool: TabletPool, type: TabletType): boolean {
    if (this.gone || pool.retired) return false;
    if (type === 'primary') return this.primary === pool;
    return this.others.some((other) => other.pool === pool && other.type === type);
  }
}

/** Those that fit, or all where none does. */
function preferred(pools: readonly TabletPool[], fits: (pool: TabletPool) => boolean): readonly TabletPool[] {
  const fitting = pools.filter(fits);
  return fitting.length > 0 ? fitting : pools;
}
