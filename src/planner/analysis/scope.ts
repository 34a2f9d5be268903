/** Names of a query block and of those around it. */
import type { ColumnReference } from '../../sql/ast/expression.ts';
import type { QueryExpression } from '../../sql/ast/query.ts';
import type { Origin, Source, SourceColumn } from './table-use.ts';

/** A common table expression, to be analysed anew for each use. */
export type CommonTable = Readonly<{
  name: string;
  columns: readonly string[];
  query: QueryExpression;
  /** Names that were visible where it is defined. */
  scope: CommonTables | undefined;
  recursive: boolean;
}>;

/** A chain of definitions, the nearest first. */
export type CommonTables = Readonly<{ table: CommonTable; outer: CommonTables | undefined }>;

export type Scope = Readonly<{ sources: readonly Source[]; outer: Scope | undefined }>;

/** What a name stands for. `unknown`: not to be told without columns that are not known. */
export type Resolved =
  | Readonly<{ kind: 'column'; source: Source; column: SourceColumn; depth: number }>
  | Readonly<{ kind: 'unknown' }>
  | Readonly<{ kind: 'missing' }>;

const missing: Resolved = { kind: 'missing' };
const unknown: Resolved = { kind: 'unknown' };

/** Finds a column from the innermost block outwards. `depth` 0 is the block itself. */
export function resolveColumn(scope: Scope, name: ColumnReference): Resolved {
  let depth = 0;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.outer, depth++) {
    const found = resolveIn(level.sources, name, depth);
    if (found.kind !== 'missing') return found;
  }
  return missing;
}

function resolveIn(sources: readonly Source[], name: ColumnReference, depth: number): Resolved {
  const wanted = name.name.toLowerCase();
  for (const source of sources) {
    if (name.table !== undefined && !isNamed(source, name)) continue;
    if (source.columns === undefined) return unknown;
    const column = source.columns.find((candidate) => candidate.name.toLowerCase() === wanted);
    if (column !== undefined) return { kind: 'column', source, column, depth };
  }
  return missing;
}

/** Whether several tables of the block have, or may have, a column of a name. */
export function isOfSeveral({ sources }: Scope, name: string): boolean {
  const wanted = name.toLowerCase();
  const having = sources.filter(
    ({ columns }) => columns === undefined || columns.some((column) => column.name.toLowerCase() === wanted),
  );
  return having.length > 1;
}

/** Table names are compared as MySQL on Linux does, aliases too: with case. */
export const isNamed = (
  source: Source,
  { table, schema }: Readonly<{ table: string | undefined; schema: string | undefined }>,
): boolean => source.name === table && (schema === undefined || source.schema === schema);

/** The origin of a column expression, if it is one that is known. */
export function originOf(scope: Scope, name: ColumnReference): Origin | undefined {
  const found = resolveColumn(scope, name);
  return found.kind === 'column' ? found.column.origin : undefined;
}

/** The common table of a name. */
export function findCommonTable(tables: CommonTables | undefined, name: string): CommonTable | undefined {
  // Names of common tables are compared without regard to case on every platform.
  const wanted = name.toLowerCase();
  for (let at = tables; at !== undefined; at = at.outer)
    if (at.table.name.toLowerCase() === wanted) return at.table;
  return undefined;
}
