/** The schema of one keyspace: the tables of all its shards, made one and published as a snapshot. */
import { type MergedTables, mergeShards } from '../../schema/compare-schemas.ts';
import type { KeyspaceSchema, TableSchema } from '../../schema/schema.ts';
import type { TabletPool } from '../tablet-pool.ts';
import { ShardTables } from './shard-tables.ts';
import { TableCache } from './table-cache.ts';

/** A shard of the topology and the pool of its primary. */
export type ShardPrimary = Readonly<{ shard: string; primary: TabletPool | undefined }>;

/** Told of each snapshot and of what went wrong. */
export interface KeyspaceTablesOwner {
  onPublished(schema: KeyspaceSchema, before: KeyspaceSchema | undefined): void;
  /** `error` undefined: the shard's tables could be read again. */
  onShardRead(keyspace: string, shard: string, pool: TabletPool, error: unknown): void;
}

/** Versions are unique in the process, so that a version alone can be part of a key. */
let lastVersion = 0;

export class KeyspaceTables {
  readonly keyspace: string;
  schema: KeyspaceSchema | undefined;
  /** Published snapshots. */
  loads = 0;
  /** How long the last round over all shards took. */
  lastRoundMs = 0;
  readonly #owner: KeyspaceTablesOwner;
  readonly #cache = new TableCache();
  /** In the order of the topology. */
  #shards: ReadonlyMap<string, ShardTables> = new Map();
  #merged: MergedTables | undefined;
  #round: Promise<void> = Promise.resolve();
  #nextRound: Promise<void> | undefined;
  #closed = false;

  constructor(keyspace: string, owner: KeyspaceTablesOwner) {
    this.keyspace = keyspace;
    this.#owner = owner;
  }

  get failures(): readonly unknown[] {
    return [...this.#shards.values()]
      .map(({ failure }) => failure)
      .filter((failure) => failure !== undefined);
  }

  /** When the snapshot was last known to be as all shards have it; 0 before the first time. */
  get confirmedAtMs(): number {
    const times = [...this.#shards.values()].map(({ confirmedAtMs }) => confirmedAtMs);
    return times.length === 0 ? 0 : Math.min(...times);
  }

  /** Follows the topology: a new primary is asked at once. Shards without one have no tables. */
  apply(shards: readonly ShardPrimary[]): void {
    const next = new Map<string, ShardTables>();
    let changed = false;
    for (const { shard, primary } of shards) {
      const before = this.#shards.get(shard);
      if (primary === undefined) {
        // What its last primary had is the best guess about the next one.
        if (before !== undefined) next.set(shard, before);
      } else if (before?.pool === primary) next.set(shard, before);
      else {
        next.set(shard, new ShardTables(primary, this.keyspace, this.#cache, before?.tables));
        changed = true;
      }
    }
    changed ||= next.size !== this.#shards.size;
    this.#shards = next;
    if (changed) void this.refresh();
  }

  /** The cheap look at every shard. A change anywhere is followed by the sure look everywhere, then by a new snapshot. */
  poll(): void {
    for (const [shard, tables] of this.#shards) {
      if (tables.pool.retired) continue;
      tables.poll(Date.now()).then(
        (changed) => {
          if (tables.failure === undefined) this.#told(shard, tables, undefined);
          // Shards that were changed one right after the other would otherwise disagree for a moment.
          if (changed) void this.refresh();
        },
        (error: unknown) => this.#told(shard, tables, error),
      );
    }
  }

  /** Resolves when what all shards have now, at the time of the call, is in `schema`. Never rejects: `failures` tells. */
  refresh(): Promise<void> {
    this.#nextRound ??= this.#round.then(() => {
      this.#nextRound = undefined;
      this.#round = this.#readAll();
      return this.#round;
    });
    return this.#nextRound;
  }

  close(): void {
    this.#closed = true;
  }

  async #readAll(): Promise<void> {
    const startMs = Date.now();
    await Promise.all(
      [...this.#shards].map(async ([shard, tables]) => {
        try {
          await tables.check(Date.now());
          this.#told(shard, tables, undefined);
        } catch (error) {
          this.#told(shard, tables, error);
        }
      }),
    );
    this.lastRoundMs = Date.now() - startMs;
    this.#publish();
  }

  #told(shard: string, tables: ShardTables, error: unknown): void {
    if (this.#closed || tables.pool.retired || this.#shards.get(shard) !== tables) return;
    this.#owner.onShardRead(this.keyspace, shard, tables.pool, error);
  }

  /**
   * Makes the snapshot. A shard that was tried and could not be reached is left out until it can be: it serves nothing
   * meanwhile, and the others can. With none read there is no snapshot.
   */
  #publish(): void {
    if (this.#closed) return;
    const read: { shard: string; tables: ReadonlyMap<string, TableSchema> }[] = [];
    for (const [shard, { tables, failure }] of this.#shards) {
      if (tables !== undefined) read.push({ shard: `${this.keyspace}/${shard}`, tables });
      else if (failure === undefined) return;
    }
    if (read.length === 0) return;
    this.#cache.retain(new Set(read.flatMap(({ tables }) => [...tables.values()])));
    const before = this.schema;
    const merged = mergeShards(read, this.#merged);
    this.#merged = merged;
    if (before?.tables === merged.tables) return;
    this.loads++;
    const { tables, disagreements } = merged;
    this.schema = Object.freeze({ keyspace: this.keyspace, version: ++lastVersion, tables, disagreements });
    this.#owner.onPublished(this.schema, before);
  }
}
