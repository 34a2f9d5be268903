/** What can stand in FROM. */
import type { Expression, JsonOnResponse } from './expression.ts';
import type { Name } from './node.ts';
import type { Alias, QueryExpression } from './query.ts';

export type TableReference = TableName | DerivedTable | JsonTable | Join | TableList | OdbcJoin | Dual;

export type TableName = Readonly<{
  kind: 'table';
  start: number;
  end: number;
  schema: string | undefined;
  name: string;
  /** Position of the last part; the schema is at `start`. */
  nameStart: number;
  nameEnd: number;
  /** PARTITION (…). */
  partitions: readonly Name[];
  alias: Alias | undefined;
  indexHints: readonly IndexHint[];
  /** TABLESAMPLE method (percentage). */
  sample: TableSample | undefined;
}>;

export type TableSample = Readonly<{
  kind: 'tableSample';
  start: number;
  end: number;
  method: 'system' | 'bernoulli';
  percentage: Expression;
}>;

export type IndexHint = Readonly<{
  kind: 'indexHint';
  start: number;
  end: number;
  action: 'use' | 'force' | 'ignore';
  scope: 'join' | 'orderBy' | 'groupBy' | undefined;
  indexes: readonly Name[];
}>;

export type DerivedTable = Readonly<{
  kind: 'derivedTable';
  start: number;
  end: number;
  lateral: boolean;
  query: QueryExpression;
  /** MySQL demands one; where it is undefined the server refuses. */
  alias: Alias | undefined;
  columns: readonly Name[];
}>;

export type JsonTable = Readonly<{
  kind: 'jsonTable';
  start: number;
  end: number;
  document: Expression;
  path: Expression;
  columns: readonly JsonTableColumn[];
  alias: Alias | undefined;
}>;

export type JsonTableColumn = JsonOrdinalityColumn | JsonPathColumn | JsonNestedColumns;

export type JsonOrdinalityColumn = Readonly<{
  kind: 'jsonOrdinality';
  start: number;
  end: number;
  name: Name;
}>;

export type JsonPathColumn = Readonly<{
  kind: 'jsonColumn';
  start: number;
  end: number;
  name: Name;
  /** The column's type with its attributes stands between these positions. */
  typeStart: number;
  typeEnd: number;
  exists: boolean;
  path: Expression;
  onEmpty: JsonOnResponse | undefined;
  onError: JsonOnResponse | undefined;
}>;

export type JsonNestedColumns = Readonly<{
  kind: 'jsonNested';
  start: number;
  end: number;
  path: Expression;
  columns: readonly JsonTableColumn[];
}>;

/** `cross` is also JOIN and CROSS JOIN with or without a condition, which MySQL takes for the same as INNER. */
export type Join = Readonly<{
  kind: 'join';
  start: number;
  end: number;
  type: 'inner' | 'cross' | 'straight' | 'left' | 'right';
  natural: boolean;
  left: TableReference;
  right: TableReference;
  on: Expression | undefined;
  /** USING (…); undefined without it. */
  using: readonly Name[] | undefined;
}>;

/** `(a, b)` or `(a JOIN b …)` in parentheses, which are inside the span. */
export type TableList = Readonly<{
  kind: 'tableList';
  start: number;
  end: number;
  tables: readonly TableReference[];
}>;

/** `{OJ a LEFT JOIN b ON …}`. */
export type OdbcJoin = Readonly<{ kind: 'odbcJoin'; start: number; end: number; table: TableReference }>;

export type Dual = Readonly<{ kind: 'dual'; start: number; end: number }>;
