/**
 * Which columns a block can refer to. By name alone: a name that is not qualified keeps the column in every table of the block that has one, so
 * that what is ambiguous or unknown to MySQL stays so.
 */
import { columnKey } from '../../schema/schema.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import type { TableReference } from '../../sql/ast/table.ts';
import { type AnyNode, children } from '../../sql/ast/walk.ts';

/** Names as `name` and `table.name`, for `isNeeded`: those that can mean columns of the tables in the block's FROM. */
export function namesIn(block: QueryBlock, query: QueryExpression): ReadonlySet<string> {
  const names = new Set<string>();
  const { from, ...rest } = block;
  for (const reference of from) fromNames(reference, names);
  for (const child of children(rest as QueryBlock)) addNames(child, names);
  for (const child of query.orderBy === undefined ? [] : children(query.orderBy)) addNames(child, names);
  return names;
}

/** A derived table sees nothing of its neighbours, unless it is LATERAL. */
function fromNames(reference: TableReference, names: Set<string>): void {
  switch (reference.kind) {
    case 'table':
    case 'dual':
      return;
    case 'derivedTable':
      if (reference.lateral) addNames(reference.query, names);
      return;
    case 'jsonTable':
      addNames(reference.document, names);
      return;
    case 'odbcJoin':
      fromNames(reference.table, names);
      return;
    case 'tableList':
      for (const table of reference.tables) fromNames(table, names);
      return;
    case 'join':
      fromNames(reference.left, names);
      fromNames(reference.right, names);
      if (reference.on !== undefined) addNames(reference.on, names);
      for (const { text } of reference.using ?? []) names.add(keyOf(undefined, text));
      return;
  }
}

function addNames(node: AnyNode, names: Set<string>): void {
  if (node.kind === 'column') names.add(keyOf(node.table, node.name));
  if (node.kind === 'join') for (const { text } of node.using ?? []) names.add(keyOf(undefined, text));
  for (const child of children(node)) addNames(child, names);
}

/** Whether the column of a table may be meant; `alias` is the table's name in the text. */
export const isNeeded = (names: ReadonlySet<string>, alias: string, column: string): boolean =>
  names.has(keyOf(undefined, column)) || names.has(keyOf(alias, column));

const keyOf = (table: string | undefined, column: string): string =>
  table === undefined ? columnKey(column) : `${table}\0${columnKey(column)}`;
