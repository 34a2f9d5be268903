/** What the names in a block of the remainder stand for. */
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';
import { isOfSeveral, resolveColumn, type Scope } from '../analysis/scope.ts';
import { columnsIn } from '../analysis/subqueries.ts';
import type { Source } from '../analysis/table-use.ts';
import type { TableDraft } from './table-input.ts';

/** One entry of FROM. */
export type NamedSource = Readonly<{
  source: Source;
  /** Of a table that is read; undefined for what the remainder computes by itself. */
  draft: TableDraft | undefined;
  /** Its name in the remainder. */
  shown: string;
}>;

export type BlockScope = Readonly<{ sources: readonly NamedSource[]; outer: BlockScope | undefined }>;

/** The same as the analysis of routes sees it. */
export const scopeOf = ({ sources, outer }: BlockScope): Scope => ({
  sources: sources.map(({ source }) => source),
  outer: outer === undefined ? undefined : scopeOf(outer),
});

/** The table that a column is surely of, with its name there; undefined where that is not certain. */
export function tableOf(
  scope: BlockScope,
  name: ColumnReference,
): { draft: TableDraft; column: string; depth: number } | undefined {
  const names = scopeOf(scope);
  const found = resolveColumn(names, name);
  if (found.kind !== 'column') return undefined;
  let level: BlockScope = scope;
  for (let depth = found.depth; depth > 0; depth--) level = level.outer!;
  if (name.table === undefined && isOfSeveral(scopeOf(level), name.name)) return undefined;
  const draft = level.sources.find(({ source }) => source === found.source)?.draft;
  return draft === undefined ? undefined : { draft, column: found.column.name, depth: found.depth };
}

/** The one table of the block that an expression looks at; undefined for several, none, or uncertain ones. */
export function onlyTable(expression: Expression, scope: BlockScope): TableDraft | undefined {
  let only: TableDraft | undefined;
  for (const name of columnsIn(expression)) {
    const found = tableOf(scope, name);
    if (found === undefined || found.depth > 0) return undefined;
    if (only !== undefined && only !== found.draft) return undefined;
    only = found.draft;
  }
  return only;
}
