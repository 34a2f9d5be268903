/**
 * The cluster as the topology records describe it: an immutable snapshot and the questions asked of it.
 * Who is primary is said by the shard's record alone (alias and term); a tablet's own record never decides it.
 */

/** Types as in Vitess. `primary` is never stored in a tablet's record: it follows from the shard's. */
export const tabletTypes = [
  'primary',
  'replica',
  'rdonly',
  'spare',
  'backup',
  'restore',
  'drained',
  'experimental',
] as const;
export type TabletType = (typeof tabletTypes)[number];

export type TabletRecord = Readonly<{
  /** `CELL-UID`, unique in the cluster. */
  alias: string;
  cell: string;
  keyspace: string;
  shard: string;
  type: Exclude<TabletType, 'primary'>;
  host: string;
  port: number;
}>;

export type ShardRecord = Readonly<{
  keyspace: string;
  /** Key range as Vitess names it: `0` or `-` for a single shard, else `-80`, `80-c0`, … */
  shard: string;
  primaryAlias: string | null;
  /** Raised by every change of primary; of two claims the higher term holds. */
  term: number;
}>;

/** What happens to statements that look for rows on all shards of a keyspace, since no condition says where they are. */
export const scatterPolicies = ['allow', 'warn', 'deny'] as const;
export type ScatterPolicy = (typeof scatterPolicies)[number];

export type KeyspaceState = Readonly<{
  name: string;
  sharded: boolean;
  /** Undefined: as the router's configuration says. */
  scatterPolicy: ScatterPolicy | undefined;
  /** Vitess' VSchema JSON as it was applied; undefined when none was. */
  vschema: unknown;
  /** By shard name, in key-range order. */
  shards: ReadonlyMap<string, ShardRecord>;
}>;

export type Topology = Readonly<{
  /** The store's revision that this snapshot shows; grows with every change. */
  revision: number;
  keyspaces: ReadonlyMap<string, KeyspaceState>;
  /** Vitess' routing rules JSON as it was applied; undefined when none was. */
  routingRules: unknown;
  tablets: ReadonlyMap<string, TabletRecord>;
}>;

/** A followed topology. Lives in production on etcd, in tests also in memory. */
export interface TopologyWatcher {
  /** Undefined until the store was read for the first time. */
  readonly current: Topology | undefined;
  /** When the store last confirmed `current` (`Date.now()` milliseconds), 0 before the first time. */
  readonly confirmedAtMs: number;
  /** Called after each change, in order; returns the way to stop. A listener must not throw. */
  subscribe(listener: (next: Topology, previous: Topology | undefined) => void): () => void;
  close(): Promise<void>;
}

/** The type under which a tablet serves now: `primary` if its shard's record names it. */
export function servingType(topology: Topology, tablet: TabletRecord): TabletType {
  const shard = topology.keyspaces.get(tablet.keyspace)?.shards.get(tablet.shard);
  return shard?.primaryAlias === tablet.alias ? 'primary' : tablet.type;
}
