/** Plans: frozen data, the same for all texts of one fingerprint. What runs them is the engine; what prints them is EXPLAIN. */
import type { ErrorName } from '../errors/catalogue.ts';
import type { ColumnSchema } from '../schema/schema.ts';
import type { TableVSchema, VindexDefinition } from '../vschema/vschema.ts';
import type { GatherPlan } from './gather/gather-plan.ts';
import type { JoinPlan } from './join/join-plan.ts';
import type { Operand } from './operands.ts';
import type { Route, RoutingKey } from './route.ts';
import type { Template } from './template.ts';

export type Plan = QueryPlan | ChangePlan | InsertPlan | VindexPlan | CombinedPlan;

/** Queries of which no shard has all rows that meet: put together behind the shards, by the router or by a tablet. */
export type CombinedPlan = GatherPlan | JoinPlan;

/** Why a statement cannot run over several shards, as an error. */
export type Refusal = Readonly<{ code: ErrorName; detail: string }>;

/** Tables whose rows belong together, for messages and EXPLAIN. */
export type RoutedGroup = Readonly<{
  tables: readonly string[];
  route: Route;
  /** The vindex by which they are spread; undefined for pinned tables, and where none can be computed. */
  key: RoutingKey | undefined;
}>;

/** SELECT and its like. */
export type QueryPlan = Readonly<{
  kind: 'query';
  keyspace: string;
  /** All groups must lead to one shard for the text to run there as it is; none: any shard will do. */
  groups: readonly RoutedGroup[];
  /** The text for one shard where it cannot be the client's own; undefined: as it came. */
  text: Template | undefined;
  /** What happens when there are several shards. */
  scatter: Scatter | CombinedPlan | Refusal;
}>;

/** UPDATE and DELETE. */
export type ChangePlan = Readonly<{
  kind: 'change';
  verb: 'update' | 'delete';
  keyspace: string;
  groups: readonly RoutedGroup[];
  text: Template | undefined;
  /** The text for each of several shards: with the moment of the statement in it. */
  scatterText: Template;
  /** Why it may not run on several shards. */
  refusal: Refusal | undefined;
}>;

/** INSERT and REPLACE with rows of values. */
export type InsertPlan = Readonly<{
  kind: 'insert';
  verb: 'insert' | 'replace';
  keyspace: string;
  table: TableVSchema;
  ignore: boolean;
  /** VALUES (…), or SET with its one row. */
  form: 'values' | 'set';
  /** The primary vindex; undefined for a pinned table. */
  key: RoutingKey | undefined;
  /** Where among a row's values those of the key's columns are; -1 for a column that is not listed. */
  keyPositions: readonly number[];
  /** Of SET: the columns as they were written. */
  columns: readonly Template[];
  /** The text for one shard where it cannot be the client's own; undefined: as it came. */
  text: Template | undefined;
  /** The text before the first row and behind the last one. */
  head: Template;
  tail: Template;
  rows: InsertRows;
  sequence: InsertSequence | undefined;
  /** Why the rows may not go to several shards, or not at all. */
  refusal: Refusal | undefined;
  pinned: Buffer | undefined;
}>;

/** The values of the rows. */
export type InsertRows =
  /** All are literals, in one slot of the fingerprint: any number of rows. */
  | Readonly<{ kind: 'slot'; slot: number; columns: number }>
  /** As they were written when the statement was planned. */
  | Readonly<{ kind: 'written'; rows: readonly InsertRow[] }>;

export type InsertRow = Readonly<{ values: readonly InsertValue[] }>;

/** One value: its text, and what it is where that is known before it is stored. */
export type InsertValue = Readonly<{
  text: Template;
  value: Operand | 'default' | undefined;
}>;

/** AUTO_INCREMENT over shards. */
export type InsertSequence = Readonly<{
  keyspace: string;
  table: string;
  column: ColumnSchema;
  /** The column's place among a row's values; -1 where it is not listed: then it is added before the others. */
  position: number;
}>;

/** `SELECT … FROM vindex WHERE id = …`. */
export type VindexPlan = Readonly<{
  kind: 'vindex';
  keyspace: string;
  vindex: VindexDefinition;
  columns: readonly VindexColumn[];
  ids: readonly Operand[];
}>;

export type VindexColumn = Readonly<{
  name: 'id' | 'keyspace_id' | 'hex_keyspace_id' | 'range_start' | 'range_end' | 'shard';
  title: string;
}>;

/** A query over several shards: what each gets, and how their rows become one result. */
export type Scatter = Readonly<{
  text: Template;
  /** The same under sql_select_limit, where the first rows of each shard are not enough. */
  unlimited?: Template;
  /** Columns that each shard sends; undefined where nothing depends on their number. */
  columns: number | undefined;
  /** Titles on which the keys rest where the text does not name the columns; undefined for one that may be any. */
  titles?: readonly (string | undefined)[];
  /** Keys by which the shards have sorted; without them their rows come as they come. */
  merge: readonly PlanKey[] | undefined;
  steps: readonly Step[];
}>;

/** What is done to the gathered rows, one after the other. */
export type Step =
  | Readonly<{
      kind: 'group';
      method: 'sorted' | 'hash';
      keys: readonly PlanKey[];
      aggregates: readonly PlanAggregate[];
      /** Without any rows there is a group all the same, which the shards do not send. */
      always?: boolean;
    }>
  | Readonly<{ kind: 'distinct'; method: 'sorted' | 'hash'; keys: readonly PlanKey[] }>
  | Readonly<{ kind: 'sort'; keys: readonly PlanKey[] }>
  /** `pushed`: each shard has sent no more than count and offset together. */
  | Readonly<{ kind: 'limit'; count: Operand; offset: Operand | undefined; pushed: boolean }>
  | Readonly<{ kind: 'project'; visible: number }>;

/** A column to compare by; for text the column with its weights, and the collation that they are of. */
export type PlanKey = Readonly<{
  column: number;
  weight?: Readonly<{ column: number; collationId: number }>;
  descending?: boolean;
}>;

/** `distinct`: the shards send a row for each value, and of those that are equal by these keys one counts. */
export type PlanAggregate =
  | Readonly<{ kind: 'count' | 'sum'; column: number; distinct?: readonly PlanKey[] }>
  | Readonly<{ kind: 'bitAnd' | 'bitOr' | 'bitXor'; column: number }>
  | Readonly<{ kind: 'min' | 'max'; column: number; by: PlanKey }>
  | Readonly<{ kind: 'average'; column: number; sum: number; count: number; distinct?: readonly PlanKey[] }>;

export const refused = (code: ErrorName, detail: string): Refusal => Object.freeze({ code, detail });

export const isRefusal = (value: QueryPlan['scatter']): value is Refusal => 'code' in value;

export const isCombined = (value: QueryPlan['scatter']): value is CombinedPlan => 'kind' in value;

/** The keyspaces on whose VSchema and tables a plan rests. */
export function keyspacesOf(plan: Plan): readonly string[] {
  if (plan.kind === 'gather' || plan.kind === 'join') return plan.keyspaces;
  const several = plan.kind === 'query' && isCombined(plan.scatter) ? plan.scatter.keyspaces : [];
  return several.length === 0 ? [plan.keyspace] : several;
}

/**
 * For people: `scatter` goes to all shards, whatever its values are, `routed` where its values lead, `single` to any one shard or, where one is not
 * enough, nowhere; `join` and `gather` are put together unless one shard has all. Of other statements their kind.
 */
export function planKind(plan: Plan): string {
  if (plan.kind !== 'query') return plan.kind;
  const { scatter, groups } = plan;
  if (isRefusal(scatter) || groups.length === 0) return 'single';
  if (isCombined(scatter)) return scatter.kind;
  return groups.some(({ route }) => route.kind === 'all') ? 'scatter' : 'routed';
}
