/** Queries: SELECT, VALUES, TABLE, set operations, and the tables that they read. */
import type { Expression } from './expression.ts';
import type { Name } from './node.ts';
import type { TableReference } from './table.ts';

/** A query with what stands around its body. Inside parentheses the span is without them. */
export type QueryExpression = Readonly<{
  kind: 'query';
  start: number;
  end: number;
  with: WithClause | undefined;
  body: QueryBody;
  orderBy: OrderBy | undefined;
  limit: Limit | undefined;
  /** INTO behind the body; INTO in front of FROM is the block's own. */
  into: Into | undefined;
  locking: readonly Locking[];
}>;

export type QueryBody = QueryBlock | ValuesBody | TableBody | SetOperation | NestedQuery;

export type QueryBlock = Readonly<{
  kind: 'queryBlock';
  start: number;
  end: number;
  /** Behind SELECT: a new optimizer hint goes here. */
  verbEnd: number;
  hint: Hint | undefined;
  options: SelectOptions;
  items: readonly SelectItem[];
  /** From the first item's start to the last item's end, aliases included. */
  itemsStart: number;
  itemsEnd: number;
  /** INTO in front of FROM. */
  into: Into | undefined;
  /** Comma-separated table references; empty without FROM; FROM DUAL is one of kind `dual`. */
  from: readonly TableReference[];
  /** Position of FROM, -1 where there is none. */
  fromStart: number;
  where: Expression | undefined;
  /** Position of WHERE, -1 where there is none. */
  whereStart: number;
  groupBy: GroupBy | undefined;
  having: Expression | undefined;
  windows: readonly WindowDefinition[];
  qualify: Expression | undefined;
}>;

/** A whole hint comment, with its marks. */
export type Hint = Readonly<{ kind: 'hint'; start: number; end: number }>;

/** Words between SELECT and the items. */
export type SelectOptions = Readonly<{
  distinct: boolean;
  calcFoundRows: boolean;
  straightJoin: boolean;
  highPriority: boolean;
  smallResult: boolean;
  bigResult: boolean;
  bufferResult: boolean;
  /** From the first option to behind the last; -1 both without options. */
  start: number;
  end: number;
}>;

export type SelectItem = SelectExpression | SelectStar;

export type SelectExpression = Readonly<{
  kind: 'selectExpression';
  start: number;
  end: number;
  expression: Expression;
  alias: Alias | undefined;
}>;

/** `*`, `t.*`, `s.t.*`. */
export type SelectStar = Readonly<{
  kind: 'selectStar';
  start: number;
  end: number;
  schema: string | undefined;
  table: string | undefined;
}>;

/** An alias; its span is the name's, without AS. It may be written as a string. */
export type Alias = Readonly<{ kind: 'alias'; start: number; end: number; text: string }>;

export type GroupBy = Readonly<{
  kind: 'groupBy';
  start: number;
  end: number;
  items: readonly Expression[];
  /** With `sets` (GROUPING SETS) each item is a row, also of one expression or none. */
  grouping: 'plain' | 'rollup' | 'cube' | 'sets';
}>;

export type OrderBy = Readonly<{
  kind: 'orderBy';
  start: number;
  end: number;
  items: readonly OrderItem[];
}>;

export type OrderItem = Readonly<{
  kind: 'orderItem';
  start: number;
  end: number;
  expression: Expression;
  direction: 'asc' | 'desc' | undefined;
}>;

/** `LIMIT n`, `LIMIT m, n`, `LIMIT n OFFSET m`: both are a literal, a parameter or a name. */
export type Limit = Readonly<{
  kind: 'limit';
  start: number;
  end: number;
  count: Expression;
  offset: Expression | undefined;
}>;

export type Locking = Readonly<{
  kind: 'locking';
  start: number;
  end: number;
  strength: 'update' | 'share' | 'shareMode';
  /** Names after OF. */
  tables: readonly LockedTable[];
  wait: 'nowait' | 'skipLocked' | undefined;
}>;

export type LockedTable = Readonly<{
  kind: 'lockedTable';
  start: number;
  end: number;
  schema: string | undefined;
  name: string;
}>;

export type Into = Readonly<{
  kind: 'into';
  start: number;
  end: number;
  target: 'variables' | 'outfile' | 'dumpfile';
  /** Names of user variables without `@`; others are names of a routine's variables. */
  variables: readonly Name[];
}>;

/** `VALUES ROW(…), ROW(…)`. */
export type ValuesBody = Readonly<{
  kind: 'values';
  start: number;
  end: number;
  rows: readonly ValueRow[];
}>;

/** `(…)` or `ROW(…)` with its parentheses; it can be empty in INSERT. */
export type ValueRow = Readonly<{
  kind: 'valueRow';
  start: number;
  end: number;
  values: readonly Expression[];
}>;

/** `TABLE t`. */
export type TableBody = Readonly<{
  kind: 'tableBody';
  start: number;
  end: number;
  schema: string | undefined;
  name: string;
  nameStart: number;
}>;

/** Two or more operands, joined from left to right by one and the same operator. */
export type SetOperation = Readonly<{
  kind: 'setOperation';
  start: number;
  end: number;
  operator: 'union' | 'intersect' | 'except';
  all: boolean;
  operands: readonly QueryBody[];
}>;

/** A query in parentheses; the span includes them. */
export type NestedQuery = Readonly<{
  kind: 'nestedQuery';
  start: number;
  end: number;
  query: QueryExpression;
}>;

export type WithClause = Readonly<{
  kind: 'with';
  start: number;
  end: number;
  recursive: boolean;
  expressions: readonly CommonTableExpression[];
}>;

export type CommonTableExpression = Readonly<{
  kind: 'commonTable';
  start: number;
  end: number;
  name: Name;
  columns: readonly Name[];
  query: QueryExpression;
}>;

export type WindowDefinition = Readonly<{
  kind: 'windowDefinition';
  start: number;
  end: number;
  name: Name;
  specification: WindowSpecification;
}>;

/** `(name PARTITION BY … ORDER BY … frame)` with its parentheses. */
export type WindowSpecification = Readonly<{
  kind: 'window';
  start: number;
  end: number;
  base: Name | undefined;
  partitionBy: readonly Expression[];
  orderBy: readonly OrderItem[];
  frame: WindowFrame | undefined;
}>;

export type WindowFrame = Readonly<{
  kind: 'frame';
  start: number;
  end: number;
  units: 'rows' | 'range' | 'groups';
  from: FrameBound;
  /** Undefined without BETWEEN. */
  to: FrameBound | undefined;
  exclude: 'currentRow' | 'group' | 'ties' | 'noOthers' | undefined;
}>;

export type FrameBound = Readonly<{
  kind: 'frameBound';
  start: number;
  end: number;
  bound: 'unboundedPreceding' | 'unboundedFollowing' | 'currentRow' | 'preceding' | 'following';
  amount: Expression | undefined;
}>;
