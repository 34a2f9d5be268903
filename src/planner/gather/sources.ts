/** What the names in a block of the remainder stand for. */
import type { ColumnReference } from '../../sql/ast/expression.ts';
import type { Join, TableReference } from '../../sql/ast/table.ts';
import { isOfSeveral, resolveColumn, type Scope } from '../analysis/scope.ts';
import type { Source } from '../analysis/table-use.ts';
import type { TableDraft } from './table-draft.ts';

/** A column of a table that is read. */
export type DraftColumn = Readonly<{ draft: TableDraft; column: string }>;

/**
 * The table's column that a query gives out unchanged at a position, where rows that have another value there can be left out of the table
 * before the query looks at them; undefined where that is not certain. Ask when all of the statement has been walked through.
 */
export type Passes = (position: number) => DraftColumn | undefined;

/** One entry of FROM. */
export type NamedSource = {
  readonly source: Source;
  /** Of a table that is read; undefined for what the remainder computes by itself. */
  readonly draft: TableDraft | undefined;
  /** Of a query, once it has been walked through. */
  passes: Passes | undefined;
  /** Its name in the remainder. */
  readonly shown: string;
};

export type BlockScope = Readonly<{
  sources: readonly NamedSource[];
  outer: BlockScope | undefined;
  /** Whether a name of several entries means the column of the first of them, to which the others are joined by it. */
  isMerged: (name: string) => boolean;
  /** What MySQL calls the clause at a position of the text. */
  clauseAt: (position: number) => string;
}>;

/** The names by which USING and NATURAL join the entries of a block. With a RIGHT JOIN the first may be the one that is made up. */
export function mergedNames(from: readonly TableReference[]): BlockScope['isMerged'] {
  const joins = from.flatMap((reference) => joinsIn(reference));
  if (joins.some(({ type }) => type === 'right')) return () => false;
  if (joins.some(({ natural }) => natural)) return () => true;
  const names = new Set(joins.flatMap(({ using }) => (using ?? []).map(({ text }) => text.toLowerCase())));
  return (name) => names.has(name.toLowerCase());
}

/** Those of the block itself. */
function joinsIn(reference: TableReference): Join[] {
  switch (reference.kind) {
    case 'join':
      return [reference, ...joinsIn(reference.left), ...joinsIn(reference.right)];
    case 'tableList':
      return reference.tables.flatMap(joinsIn);
    case 'odbcJoin':
      return joinsIn(reference.table);
    default:
      return [];
  }
}

/** The same as the analysis of routes sees it. */
export const scopeOf = ({ sources, outer }: BlockScope): Scope => ({
  sources: sources.map(({ source }) => source),
  outer: outer === undefined ? undefined : scopeOf(outer),
});

/** What a name surely means: the entry of FROM, and the table's column behind it. `depth` 0 is the block itself. */
export type FoundColumn = DraftColumn & Readonly<{ named: NamedSource; depth: number }>;

/** Undefined where it is not certain, or no table's column. */
export function columnOf(scope: BlockScope, name: ColumnReference): FoundColumn | undefined {
  const found = resolveColumn(scopeOf(scope), name);
  if (found.kind !== 'column') return undefined;
  let level: BlockScope = scope;
  for (let up = found.depth; up > 0; up--) level = level.outer!;
  const isSeveral = name.table === undefined && isOfSeveral(scopeOf(level), name.name);
  if (isSeveral && !level.isMerged(name.name)) return undefined;
  const named = level.sources.find(({ source }) => source === found.source)!;
  const column = sourceColumn(named, found.source.columns!.indexOf(found.column));
  return column === undefined ? undefined : { ...column, depth: found.depth };
}

/** The table's column behind one that an entry of FROM offers. */
export function sourceColumn(
  named: NamedSource,
  at: number,
): (DraftColumn & { named: NamedSource }) | undefined {
  const { draft, source } = named;
  if (draft !== undefined) return { draft, column: source.columns![at]!.name, named };
  const passed = named.passes?.(at);
  return passed === undefined ? undefined : { ...passed, named };
}
