/**
 * Plans of joins over places that cannot see each other: the rows of one side are read, and for the keys of each batch of them the rows of
 * the next side are looked up. Rows are put together by the router from raw fields.
 */
import type { QueryPlan, RoutedGroup, Step } from '../plan.ts';
import type { RoutingKey } from '../route.ts';
import type { Template } from '../template.ts';

export type JoinPlan = Readonly<{
  kind: 'join';
  /** The keyspace of the driving side. */
  keyspace: string;
  /** All keyspaces on whose VSchema and tables the plan rests. */
  keyspaces: readonly string[];
  /** The rows with which it begins. The text is always given; the plan for several shards is a `Scatter` without steps. */
  driving: QueryPlan;
  /** What the driving side is to a reader: `customer AS c`. */
  label: string;
  /** One after the other: each takes the rows that the one before gives. */
  lookups: readonly Lookup[];
  /** The driving side's text says how many of its rows are enough: each of them gives at least one. */
  isLimited: boolean;
  /** What is done to the joined rows. */
  steps: readonly Step[];
  /** Why the shards cannot answer it by themselves, for people. */
  reason: string;
}>;

/** `semi` keeps the rows that have a partner, `anti` those that have none; `left` gives NULLs where there is none. */
export type LookupKind = 'inner' | 'left' | 'semi' | 'anti';

export type Lookup = Readonly<{
  kind: LookupKind;
  /** Its columns may be NULL because there is no row, so far as MySQL says of them. */
  isNullable: boolean;
  label: string;
  keyspace: string;
  /** Where its rows can be, whatever the keys are; none: any shard will do. */
  groups: readonly RoutedGroup[];
  /** The text up to the list of keys: `… AND customer_id IN (`. The list, `)` and `behind` end it. */
  text: Template;
  /** GROUP BY, or nothing. */
  behind: string;
  /** Columns that it sends. */
  columns: number;
  keys: readonly LookupKey[];
  /** The key that leads to shards, and the vindex by which it does; undefined: all keys go to all shards. */
  route: Readonly<{ key: number; by: RoutingKey }> | undefined;
  /** Whether an index of its table finds the keys; without one each lookup reads the table, so there should be few. */
  isIndexed: boolean;
  /** The columns of the rows that it gives on. */
  output: readonly Readonly<{ side: 'outer' | 'inner'; column: number }>[];
  /** Whether the order of the outer rows counts. */
  ordered: boolean;
}>;

/** One equality. Positions are those of columns in the outer and in the inner rows. */
export type LookupKey = Readonly<{
  /** For people: `a.friend_id = b.customer_id`. */
  text: string;
  outer: number;
  inner: number;
  /** Of text: the weights that are compared in the place of the values. */
  weights: Readonly<{ outer: number; inner: number; collationId: number }> | undefined;
  form: KeyForm;
}>;

/** How a value of the outer side is written in the list. Text comes as the bytes of its own character set; `charset` names one that reads them. */
export type KeyForm =
  | Readonly<{ kind: 'integer' | 'decimal' | 'bytes' }>
  | Readonly<{ kind: 'text'; charset: string }>;
