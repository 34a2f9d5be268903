/**
 * The VSchema as the router uses it: which tables a keyspace has, and how their rows are spread over shards. Built from
 * Vitess' JSON by `build-vschema.ts`; plain frozen data from then on.
 */
import type { Vindex } from './vindexes/vindex.ts';

/** All keyspaces and the rules that lead table names elsewhere. */
export type VSchema = Readonly<{
  keyspaces: ReadonlyMap<string, KeyspaceVSchema>;
  routingRules: RoutingRules;
  /** Why the rules cannot be read at all: then no table can be used, since any might have been led elsewhere. */
  routingRulesProblem?: string;
}>;

/** What Vitess means with each: `unspecified` is treated as `unmanaged`. */
export type ForeignKeyMode = 'unspecified' | 'disallow' | 'unmanaged' | 'managed';

export type KeyspaceVSchema = Readonly<{
  name: string;
  sharded: boolean;
  vindexes: ReadonlyMap<string, VindexDefinition>;
  /** By name, as written: table names are case-sensitive, as on the tablets. */
  tables: ReadonlyMap<string, TableVSchema>;
  /** The names of `tables`; also where the VSchema is broken and `tables` is empty. */
  tableNames: ReadonlySet<string>;
  /** Its tables are not found by an unqualified name unless the keyspace is the session's own. */
  requireExplicitRouting: boolean;
  foreignKeyMode: ForeignKeyMode;
  /** The column by which Vitess tells tenants apart while they move; kept, not acted upon. */
  multiTenant?: Readonly<{ column: string; type: string }>;
  /** Why the keyspace's tables cannot be used: its VSchema is broken. Then `tables` and `vindexes` are empty. */
  problem?: string;
}>;

export type VindexDefinition = Readonly<{
  name: string;
  /** The registered type: `hash`, `xxhash`, `lookup_unique`, …. */
  type: string;
  params: Readonly<Record<string, string>>;
  /** The table whose rows a lookup vindex follows. */
  owner?: string;
  vindex: Vindex;
  /** The owner of the data promises that equal values (to MySQL) are written in one way only. */
  canonicalValues: boolean;
}>;

export type TableKind = 'sharded' | 'unsharded' | 'reference' | 'sequence';

export type TableVSchema = Readonly<{
  keyspace: string;
  name: string;
  kind: TableKind;
  /** The first is the primary vindex: it decides where a row lives. Empty for pinned, reference and unsharded tables. */
  columnVindexes: readonly ColumnVindex[];
  autoIncrement?: AutoIncrement;
  /** The keyspace id of the one shard that has the whole table. */
  pinned?: Buffer;
  /** Of a reference table: the table that it is a copy of, where writes go. */
  source?: Readonly<{ keyspace: string; table: string }>;
  /** What the VSchema says about columns; often nothing, since the tablets know better. */
  columns: readonly VSchemaColumn[];
  columnListAuthoritative: boolean;
}>;

export type AutoIncrement = Readonly<{ column: string; sequenceKeyspace: string; sequence: string }>;

export type ColumnVindex = Readonly<{
  columns: readonly string[];
  vindex: VindexDefinition;
  /** The promise of `VindexDefinition.canonicalValues`, given for the vindex or for this column alone. */
  canonicalValues: boolean;
}>;

/** A column as a VSchema describes it; `type` is Vitess' name of a query type in lower case, such as `varchar`. */
export type VSchemaColumn = Readonly<{
  name: string;
  type?: string;
  invisible: boolean;
  default?: string;
  collation?: string;
  size?: number;
  scale?: number;
  nullable?: boolean;
  values?: readonly string[];
}>;

/** By what a rule's `from_table` says: `t`, `ks.t`, `t@replica`, `ks.t@replica`. */
export type RoutingRules = ReadonlyMap<string, RoutingRule>;

export type RoutingRule =
  | Readonly<{ kind: 'table'; from: string; keyspace: string; table: string }>
  /** The rule has no target: the table may not be used. */
  | Readonly<{ kind: 'disabled'; from: string }>
  /** The rule is wrong; whoever uses the table gets the problem as an error. */
  | Readonly<{ kind: 'broken'; from: string; problem: string }>;

export const EMPTY_VSCHEMA: VSchema = Object.freeze({ keyspaces: new Map(), routingRules: new Map() });
