/**
 * Plans of queries that no list of shards can answer by itself: the rows that matter are gathered into temporary tables of one tablet, and
 * the rest of the query runs there, so that whatever it computes is computed by MySQL.
 */
import type { QueryPlan } from '../plan.ts';
import type { RoutingKey } from '../route.ts';
import type { Template } from '../template.ts';

export type GatherPlan = Readonly<{
  kind: 'gather';
  /** The keyspace of its first table. */
  keyspace: string;
  /** All keyspaces on whose VSchema and tables the plan rests. */
  keyspaces: readonly string[];
  inputs: readonly GatherInput[];
  /**
   * The remainder: the client's text with temporary tables in the place of what they stand for, named without a database. No other name in it
   * may depend on the connection's database.
   */
  text: Template;
  /** Undefined where nothing in it can rest on unique keys. Only of use under ONLY_FULL_GROUP_BY. */
  check: GroupCheck | undefined;
  /** Columns as the text names them that no table has, with what may have been meant. */
  unknown?: readonly Readonly<{ name: string; suggestion: string }>[];
  /** Names by which derived tables of the remainder stand for views. */
  views?: readonly string[];
  /** Why the shards cannot answer it by themselves, for people. */
  reason: string;
}>;

/**
 * Statements that make empty tables in the places of the inputs, with the unique keys of the tables that they are of: the remainder is
 * prepared over them for what MySQL has against it, and runs without ONLY_FULL_GROUP_BY then.
 */
export type GroupCheck = Readonly<{
  create: readonly string[];
  drop: string;
  /** The remainder with each table by itself; undefined where it is so anyway. */
  text?: Template;
}>;

/** What one temporary table is filled with. Each reference has one of its own: none can be opened twice in a query. */
export type GatherInput = Readonly<{
  /** The temporary table: `headgate_1` and so on. */
  table: string;
  /** Further temporary tables with the same rows, for other references. */
  copies?: readonly string[];
  /** What it is to a reader: `customer AS c`. */
  label: string;
  /** Its rows, in any order. The text is always given; the plan for several shards is a `Scatter`. */
  plan: QueryPlan;
  /** In the order of the plan's result. */
  columns: readonly GatherColumn[];
  /** Indexes for the conditions of the remainder: positions of columns. */
  keys: readonly (readonly number[])[];
  reductions: readonly Reduction[];
  /** The table whose rows they are, by the names that columns' definitions have: each column has its own name there. */
  origin: TableOrigin | undefined;
  /**
   * Its columns are of several tables or computed: in the definitions of the answer they are as the shards define them, tables' aliases
   * and all, but for the title.
   */
  isComputed?: boolean;
  /** Of tables that the shards join: columns by the titles, in lower case, that the remainder gives to them. */
  titles?: Readonly<Record<string, string>>;
}>;

/** `aliases`: what the client's text calls it, also where there are copies. */
export type TableOrigin = Readonly<{ schema: string; table: string; aliases: readonly string[] }>;

export type GatherColumn = Readonly<{
  name: string;
  /** Its SQL type with character set, collation and NOT NULL; undefined: by the definition that the shards send. */
  type: string | undefined;
  /** Of tables that the shards join: whose column it is. `alias`: the table's name in the text. */
  of?: Readonly<{ schema: string; table: string; alias: string; column: string }>;
  /** A value that the table has computed: it is of no column. */
  isValue?: boolean;
}>;

/**
 * Rows whose `column` is not among the values of another input's column cannot matter. The piece `reduction` of the input's template stands
 * where the condition goes.
 */
export type Reduction = Readonly<{
  /** Positions of the other input, of its column, and of the own column. */
  from: number;
  fromColumn: number;
  column: number;
  /** The vindex by which the values lead to shards; undefined: to all. */
  key: RoutingKey | undefined;
}>;
