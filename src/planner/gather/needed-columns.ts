/**
 * Which columns a text can refer to. By name alone: a name that is not qualified keeps the column in every table that has one, so that
 * what is ambiguous or unknown to MySQL stays so.
 */
import { columnKey } from '../../schema/schema.ts';
import { type AnyNode, walk } from '../../sql/ast/walk.ts';

/** Names as `name` and `table.name`, for `isNeeded`. */
export function namesIn(root: AnyNode): ReadonlySet<string> {
  const names = new Set<string>();
  walk(root, (node) => {
    if (node.kind === 'column') names.add(keyOf(node.table, node.name));
    if (node.kind === 'join') for (const { text } of node.using ?? []) names.add(keyOf(undefined, text));
    return true;
  });
  return names;
}

/** Whether the column of a table may be meant; `alias` is the table's name in the text. */
export const isNeeded = (names: ReadonlySet<string>, alias: string, column: string): boolean =>
  names.has(keyOf(undefined, column)) || names.has(keyOf(alias, column));

const keyOf = (table: string | undefined, column: string): string =>
  table === undefined ? columnKey(column) : `${table}\0${columnKey(column)}`;
