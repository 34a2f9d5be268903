/** What stands in the remainder for tables that are joined on the shards, and for their columns. */
import { columnKey } from '../../schema/schema.ts';
import type { ColumnReference } from '../../sql/ast/expression.ts';
import type { QueryBlock, SelectStar } from '../../sql/ast/query.ts';
import type { Join, TableReference } from '../../sql/ast/table.ts';
import type { AnyNode } from '../../sql/ast/walk.ts';
import { conjunctsOf } from '../analysis/predicates.ts';
import { isNamed } from '../analysis/scope.ts';
import { viewMode } from '../analysis/view-query.ts';
import type { Template } from '../template.ts';
import { Apart, type JoinedDraft, useColumn } from './joined-draft.ts';
import { quoted, type SourceText, sqlPiece } from './source-text.ts';
import { type BlockScope, columnOf, type NamedSource } from './sources.ts';
import { columnSchema, type TableDraft } from './table-draft.ts';

/** The joined rows in the place of the first of their tables; one row in those of others that conditions stand behind. */
export const writtenTable = (draft: TableDraft, { place, temporary }: JoinedDraft): Template =>
  sqlPiece(draft === place ? quoted(temporary) : `(SELECT 1) AS ${quoted(draft.temporary)}`);

/** Whether tables of the text may be joined: a view's is read in another way than the client's; a comment that is code may begin in one table and end in another. */
export const isPlainText = ({ mode, hasVersionComment }: SourceText): boolean =>
  mode !== viewMode && !hasVersionComment;

/** Whether the rows stand in the place of another table. */
export const isElsewhere = ({ draft }: NamedSource): boolean =>
  draft?.joined !== undefined && draft.joined.place !== draft;

/** Whether all of a join but its left side is in the joined rows. */
export const isGone = (
  { right, on }: Join,
  byNode: ReadonlyMap<TableReference, NamedSource>,
  tested: ReadonlySet<AnyNode>,
): boolean =>
  right.kind === 'table' &&
  isElsewhere(byNode.get(right)!) &&
  conjunctsOf(on).every((condition) => tested.has(condition));

const written = (joined: JoinedDraft, draft: TableDraft, column: string): string =>
  `${quoted(joined.temporary)}.${quoted(useColumn(joined, draft, column))}`;

/** Undefined for other tables' columns. Raises Apart where it is not certain what the name means. */
export function writtenColumn(name: ColumnReference, scope: BlockScope): Template | undefined {
  const found = columnOf(scope, name);
  if (found === undefined) return requireOther(name, scope);
  const { draft, named } = found;
  if (draft.joined === undefined || named.draft !== draft) return undefined;
  return sqlPiece(written(draft.joined, draft, columnSchema(draft, found.column)!.name));
}

function requireOther(name: ColumnReference, scope: BlockScope): undefined {
  for (let level: BlockScope | undefined = scope; level !== undefined; level = level.outer)
    for (const { draft, source } of level.sources) {
      const isMeant = name.table === undefined || isNamed(source, name);
      if (draft?.joined !== undefined && isMeant && columnSchema(draft, name.name) !== undefined)
        throw new Apart(draft.joined.block);
    }
}

/** A `*`, of one table or of all; undefined where no table of it is joined. Raises Apart. */
export function writtenStar(
  star: Pick<SelectStar, 'schema' | 'table'>,
  sources: readonly NamedSource[],
  existsOnly: boolean,
): Template | undefined {
  const { table, schema } = star;
  const meant = sources.filter(({ source }) => table === undefined || isNamed(source, { table, schema }));
  const first = meant.find(({ draft }) => draft?.joined !== undefined)?.draft;
  if (first?.joined === undefined || (existsOnly && table === undefined)) return undefined;
  if (existsOnly) throw new Apart(first.joined.block);
  const items = meant.flatMap(({ draft, shown }) => {
    if (draft?.joined === undefined) return [`${quoted(shown)}.*`];
    const { joined } = draft;
    const visible = draft.schema.columns.filter(({ invisible }) => !invisible);
    return visible.map(({ name }) => `${written(joined, draft, name)} AS ${quoted(name)}`);
  });
  return sqlPiece(items.join(', '));
}

/** Notes the titles that a block gives to columns of its joined tables: as a derived table's they have no other name. */
export function titleColumns({ items }: QueryBlock, scope: BlockScope): void {
  for (const item of items) {
    if (item.kind !== 'selectExpression' || item.expression.kind !== 'column') continue;
    const found = columnOf(scope, item.expression);
    const joined = found?.depth === 0 && found.named.draft === found.draft ? found.draft.joined : undefined;
    if (found === undefined || joined === undefined) continue;
    const title = item.alias?.text ?? item.expression.name;
    const { name } = columnSchema(found.draft, found.column)!;
    joined.titles.set(columnKey(title), useColumn(joined, found.draft, name));
  }
}
