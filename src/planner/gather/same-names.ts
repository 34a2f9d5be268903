/** Tables of one name from several databases: MySQL tells them apart by these, which temporary tables have not. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { columnKey } from '../../schema/schema.ts';
import type { ColumnReference } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import type { TableName } from '../../sql/ast/table.ts';
import type { Template } from '../template.ts';
import { quoted, sqlPiece } from './source-text.ts';
import type { BlockScope, NamedSource } from './sources.ts';

/** They get names of their own. What MySQL takes for the same table twice keeps its name, so that it says so. */
export function apart(sources: readonly NamedSource[]): NamedSource[] {
  return sources.map((named, at) => {
    const { source } = named;
    const before = sources.slice(0, at).filter((other) => other.source.name === source.name);
    const isOther = before.length > 0 && before.every((other) => other.source.schema !== source.schema);
    return isOther && source.schema !== undefined
      ? { ...named, shown: `${source.schema}.${source.name}` }
      : named;
  });
}

/** The name in the remainder of the table that a column's name without a database means, where it is not that which is written. Raises 1052. */
export function shownFor(node: ColumnReference, scope: BlockScope | undefined): string | undefined {
  for (let level = scope; level !== undefined; level = level.outer) {
    const named = level.sources.filter(({ source }) => source.name === node.table);
    if (named.length === 0) continue;
    if (named.length === 1 || level.isMerged(node.name)) return undefined;
    // One table or alias twice, of which MySQL complains first.
    if (new Set(named.map(({ source }) => source.schema)).size < named.length) return undefined;
    const having = named.filter(({ source: { columns } }) =>
      columns?.some(({ name }) => columnKey(name) === columnKey(node.name)),
    );
    const clause = scope!.clauseAt(node.start);
    // There it finds what is selected.
    if (clause === 'having clause') return undefined;
    if (having.length > 1)
      throw new HeadgateError('ER_NON_UNIQ_ERROR', {
        message: `Column '${node.table}.${node.name}' in ${clause} is ambiguous`,
      });
    return having[0]?.shown === node.table ? undefined : having[0]?.shown;
  }
  return undefined;
}

/** What MySQL calls the part of a block at a position. */
export function clausesOf(
  { items, where, groupBy, having }: QueryBlock,
  { orderBy }: Pick<QueryExpression, 'orderBy'>,
): BlockScope['clauseAt'] {
  const parts: readonly (readonly [string, Readonly<{ start: number; end: number }> | undefined])[] = [
    ...items.map((item) => ['field list', item] as const),
    ['where clause', where],
    ['group statement', groupBy],
    ['having clause', having],
    ['order clause', orderBy],
  ];
  return (at) =>
    parts.find(([, part]) => part !== undefined && part.start <= at && at < part.end)?.[0] ?? 'on clause';
}

/** A table that each server has for itself, under the name that it has in the remainder. */
export const serverTable = ({ schema = '', name }: TableName, shown: string): Template =>
  sqlPiece(`${quoted(schema)}.${quoted(name)} AS ${quoted(shown)}`);
