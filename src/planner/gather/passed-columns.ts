/** Columns that a query gives out as its tables have them, so that conditions on them can go to the tables. */
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import { computationIn } from '../analysis/locality.ts';
import { isNamed } from '../analysis/scope.ts';
import { mergesColumns } from '../analysis/sources.ts';
import {
  type BlockScope,
  columnOf,
  type DraftColumn,
  type NamedSource,
  type Passes,
  sourceColumn,
} from './sources.ts';

/** Of a block, which is the whole of its query. */
export function passedBy(
  block: QueryBlock,
  query: QueryExpression,
  scope: BlockScope,
  required: ReadonlySet<NamedSource>,
): Passes | undefined {
  if (!takesRowsAlone(block, query)) return undefined;
  const items = itemsOf(block, scope);
  return (position) => {
    const item = items?.[position];
    const found = item === undefined ? undefined : foundIn(item, scope);
    if (found === undefined || !required.has(found.named)) return undefined;
    const isGrouped =
      block.groupBy === undefined || block.groupBy.items.some((group) => isColumn(group, found, scope));
    return isGrouped ? { draft: found.draft, column: found.column } : undefined;
  };
}

type Found = DraftColumn & { named: NamedSource };
type Item = ColumnReference | Readonly<{ kind: 'starred'; named: NamedSource; at: number }>;

function foundIn(item: Item, scope: BlockScope): Found | undefined {
  if (item.kind === 'starred') return sourceColumn(item.named, item.at);
  const found = columnOf(scope, item);
  return found?.depth === 0 ? found : undefined;
}

function isColumn(expression: Expression, wanted: DraftColumn, scope: BlockScope): boolean {
  const found = expression.kind === 'column' ? columnOf(scope, expression) : undefined;
  return found !== undefined && found.draft === wanted.draft && found.column === wanted.column;
}

/** The columns by their positions; undefined where a `*` stands for columns that cannot be counted. */
function itemsOf(block: QueryBlock, { sources }: BlockScope): readonly (Item | undefined)[] | undefined {
  const items: (Item | undefined)[] = [];
  for (const item of block.items) {
    if (item.kind === 'selectExpression') {
      items.push(item.expression.kind === 'column' ? item.expression : undefined);
      continue;
    }
    if (item.table === undefined && block.from.some(mergesColumns)) return undefined;
    for (const named of sources) {
      if (item.table !== undefined && !isNamed(named.source, item)) continue;
      if (named.source.columns === undefined) return undefined;
      for (const [at, { hidden }] of named.source.columns.entries())
        if (!hidden) items.push({ kind: 'starred', named, at });
    }
  }
  return items;
}

/** Whether a row can be left out without a change to what the others give, beside those of its group. */
export function takesRowsAlone(block: QueryBlock, query: QueryExpression): boolean {
  if (query.limit !== undefined || block.windows.length > 0 || block.qualify !== undefined) return false;
  const { groupBy, items } = block;
  const listed = items.flatMap((item) => (item.kind === 'selectExpression' ? [item.expression] : []));
  const ordered = (query.orderBy?.items ?? []).map(({ expression }) => expression);
  const computed = [...listed, ...ordered].map(computationIn);
  if (computed.some(({ window }) => window)) return false;
  if (groupBy !== undefined) return groupBy.grouping === 'plain';
  return block.having === undefined && !computed.some(({ aggregate }) => aggregate);
}
