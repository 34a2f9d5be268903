/** What is played to all servers: a few statements of one session, with what is known about their answers. */
import type { Parameter } from '../support/parameters.ts';

/**
 * What may be said of the rows' order. `total`: row by row. `any`: the same rows in some order. `keys`: the same rows, and
 * these columns (from 0) in the same sequence. `count`: only how many there are.
 */
export type RowOrder = 'total' | 'any' | 'count' | Readonly<{ keys: readonly number[] }>;

export type Statement = Readonly<{
  sql: string;
  /** Sent by PREPARE and EXECUTE instead of as text. */
  parameters?: readonly Parameter[];
  order: RowOrder;
  /** The case has executed the same prepared statement before. */
  again?: boolean;
  /** Columns (from 0) that may hold any of the values that MySQL calls equal; see `differences.ts`. */
  loose?: readonly number[];
  /** Values that cannot be the same on two servers (random, clock): only their kind is compared. */
  volatile?: boolean;
}>;

/** How the session logs in, where it is not the usual way. */
export type Login = Readonly<{
  /** Without DEPRECATE_EOF. */
  classicEof?: boolean;
  /** With FOUND_ROWS: an UPDATE counts what it finds, not what it changes. */
  foundRows?: boolean;
  /** The number of the connection's collation. */
  collation?: number;
}>;

export type Case = Readonly<{
  /** `seed/number`, or the name of a chosen case. */
  name: string;
  /** What it is about: the report counts by it. */
  topic: string;
  statements: readonly Statement[];
  /** It changes rows: it is played alone, on fresh tables, and the tables are compared afterwards. */
  writes: boolean;
  /** What the session selects, where it is not the first sharded keyspace. */
  database?: string;
  login?: Login;
}>;
