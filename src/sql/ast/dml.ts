/** Statements that change rows. */
import type { ColumnReference, Expression } from './expression.ts';
import type { Name } from './node.ts';
import type { Alias, Hint, Limit, OrderBy, QueryExpression, ValueRow, WithClause } from './query.ts';
import type { TableName, TableReference } from './table.ts';

/** INSERT and REPLACE. */
export type InsertStatement = Readonly<{
  kind: 'insert' | 'replace';
  start: number;
  end: number;
  /** Behind INSERT or REPLACE: a new optimizer hint goes here. */
  verbEnd: number;
  hint: Hint | undefined;
  priority: 'low' | 'high' | 'delayed' | undefined;
  ignore: boolean;
  table: TableName;
  /** The column list; undefined if there is none, empty for `()`. */
  columns: readonly ColumnReference[] | undefined;
  /** From the list's `(` to behind its `)`; -1 both without a list. */
  columnsStart: number;
  columnsEnd: number;
  source: InsertSource;
  /** `AS new(a, b)` behind VALUES or SET. */
  rowAlias: Alias | undefined;
  columnAliases: readonly Name[];
  /** ON DUPLICATE KEY UPDATE; undefined without it. */
  onDuplicate: readonly Assignment[] | undefined;
  /** Position of ON, -1 without ON DUPLICATE KEY UPDATE. */
  onDuplicateStart: number;
  parameterCount: number;
  hasVersionComment: boolean;
}>;

export type InsertSource = InsertRows | InsertSet | InsertQuery;

/** `VALUES (…), (…)`: the span begins at VALUES; the rows' spans include parentheses. */
export type InsertRows = Readonly<{
  kind: 'insertRows';
  start: number;
  end: number;
  rows: readonly ValueRow[];
}>;

/** `SET a = 1, b = 2`. */
export type InsertSet = Readonly<{
  kind: 'insertSet';
  start: number;
  end: number;
  assignments: readonly Assignment[];
}>;

/** SELECT, TABLE, VALUES ROW(…), or such a query in parentheses. */
export type InsertQuery = Readonly<{
  kind: 'insertQuery';
  start: number;
  end: number;
  query: QueryExpression;
}>;

/** `column = value`; the value may be DEFAULT. */
export type Assignment = Readonly<{
  kind: 'assignment';
  start: number;
  end: number;
  column: ColumnReference;
  value: Expression;
}>;

export type UpdateStatement = Readonly<{
  kind: 'update';
  start: number;
  end: number;
  verbEnd: number;
  hint: Hint | undefined;
  with: WithClause | undefined;
  lowPriority: boolean;
  ignore: boolean;
  /** One plain table makes it the single-table form. */
  tables: readonly TableReference[];
  assignments: readonly Assignment[];
  /** From the first assignment's start to the last one's end. */
  assignmentsStart: number;
  assignmentsEnd: number;
  where: Expression | undefined;
  orderBy: OrderBy | undefined;
  limit: Limit | undefined;
  parameterCount: number;
  hasVersionComment: boolean;
}>;

export type DeleteStatement = Readonly<{
  kind: 'delete';
  start: number;
  end: number;
  verbEnd: number;
  hint: Hint | undefined;
  with: WithClause | undefined;
  lowPriority: boolean;
  quick: boolean;
  ignore: boolean;
  /** `single`: DELETE FROM t; `from`: DELETE a, b FROM tables; `using`: DELETE FROM a, b USING tables. */
  form: 'single' | 'from' | 'using';
  /** The tables from which rows go in the multi-table forms; empty in the single form. */
  targets: readonly DeleteTarget[];
  /** The single form's one table, or the table references of the others. */
  tables: readonly TableReference[];
  where: Expression | undefined;
  orderBy: OrderBy | undefined;
  limit: Limit | undefined;
  parameterCount: number;
  hasVersionComment: boolean;
}>;

/** `t`, `s.t`, `t.*` as a target of a multi-table DELETE: a table's name or alias. */
export type DeleteTarget = Readonly<{
  kind: 'deleteTarget';
  start: number;
  end: number;
  schema: string | undefined;
  name: string;
}>;
