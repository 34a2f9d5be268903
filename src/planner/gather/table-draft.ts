/** What is known of an input while the statement is walked through. */
import type { ColumnSchema, TableSchema } from '../../schema/schema.ts';
import { findColumn } from '../../schema/schema.ts';
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';
import type { Locking } from '../../sql/ast/query.ts';
import type { TableName } from '../../sql/ast/table.ts';
import type { TableVSchema } from '../../vschema/vschema.ts';
import type { JoinedDraft } from './joined-draft.ts';
import type { SourceText } from './source-text.ts';
import type { WholeQuery } from './whole-draft.ts';

/** One place in which the remainder reads a table. */
export type TableDraft = {
  readonly source: SourceText;
  readonly node: TableName;
  /** The temporary table. */
  readonly temporary: string;
  /** How the text names it. */
  readonly alias: string;
  readonly table: TableVSchema;
  readonly schema: TableSchema;
  /** Columns that the block can refer to: see `namesIn`. */
  readonly names: ReadonlySet<string>;
  /** A `*` or NATURAL stands for all its columns. */
  keepsAll: boolean;
  /** Conditions that all rows which matter fulfil. */
  readonly filters: TableFilter[];
  /** What only the table itself can compute, as columns of the temporary table. */
  readonly computed: ComputedColumn[];
  /** Names of columns that the remainder compares with other tables', by what they are compared with. */
  readonly compared: Map<object, Set<string>>;
  readonly locking: readonly Locking[];
  /** Where it is no table, but a query. */
  readonly whole: WholeQuery | undefined;
  /** Where it is read together with others. */
  joined: JoinedDraft | undefined;
};

/** A condition somewhere in a text, and the table's columns that its names stand for. */
export type TableFilter = Readonly<{
  expression: Expression;
  source: SourceText;
  columns: ReadonlyMap<ColumnReference, string>;
  /** All of one of these hold, where the expression as a whole says something of other tables, too. */
  alternatives?: readonly (readonly Expression[])[];
}>;

/** MATCH … AGAINST, DEFAULT(column). */
export type ComputedColumn = Readonly<{
  name: string;
  type: string;
  expression: Expression;
  source: SourceText;
  columns: ReadonlyMap<ColumnReference, string>;
}>;

/** The column of a table that is read. */
export const columnSchema = ({ schema }: TableDraft, column: string): ColumnSchema | undefined =>
  findColumn(schema, column);

/** Notes that a column is looked up by values of something else. */
export function noteCompared(draft: TableDraft, column: string, other: object): void {
  const own = columnSchema(draft, column);
  if (own === undefined) return;
  const names = draft.compared.get(other) ?? new Set();
  draft.compared.set(other, names.add(own.name));
}

/** The clauses that lock rows of a table. */
export const lockingOf = (
  clauses: readonly Locking[],
  source: Readonly<{ name: string; schema: string | undefined }>,
): Locking[] =>
  clauses.filter(
    ({ tables }) =>
      tables.length === 0 ||
      tables.some(
        ({ name, schema }) => name === source.name && (schema === undefined || schema === source.schema),
      ),
  );
