/** The client's query over information_schema with other tables in the place of its own. */
import type { SelectExpression } from '../../sql/ast/query.ts';
import type { SelectStatement } from '../../sql/ast/statement.ts';
import { nodesOfKind } from '../../sql/ast/walk.ts';
import { quotedName } from './json-table.ts';
import type { MetadataUse } from './uses.ts';

type Edit = Readonly<{ start: number; end: number; text: string | Buffer }>;

/** MySQL takes no longer alias. */
const TITLE_BYTES_MAX = 255;

/**
 * The columns of a use that the query can name, upper case; undefined for all of them. Names of other tables' columns may be among
 * them.
 */
export function columnsNamed({ query }: SelectStatement): ReadonlySet<string> | undefined {
  const joins = nodesOfKind(query, 'join');
  if (nodesOfKind(query, 'selectStar').length > 0 || joins.some(({ natural }) => natural)) return undefined;
  const names = nodesOfKind(query, 'column').map(({ name }) => name);
  const using = joins.flatMap((join) => (join.using ?? []).map(({ text }) => text));
  return new Set([...names, ...using].map((name) => name.toUpperCase()));
}

/** The statement's text with `tableOf(use)` for each of its uses. Titles stay as MySQL makes them of the client's text. */
export function withTables(
  statement: SelectStatement,
  text: Buffer,
  uses: readonly MetadataUse[],
  tableOf: (use: MetadataUse) => string,
): Buffer {
  const edits = [...uses.map((use) => tableEdit(use, tableOf(use))), ...qualifierEdits(statement)];
  const items = nodesOfKind(statement.query, 'selectExpression');
  for (const item of items) {
    const title = titleEdit(item, text, edits);
    if (title !== undefined) edits.push(title);
  }
  edits.sort((a, b) => a.start - b.start || a.end - b.end);
  const parts: Buffer[] = [];
  let from = statement.start;
  for (const { start, end, text: inserted } of edits) {
    parts.push(text.subarray(from, start), typeof inserted === 'string' ? Buffer.from(inserted) : inserted);
    from = end;
  }
  return Buffer.concat([...parts, text.subarray(from, statement.end)]);
}

function tableEdit({ node }: MetadataUse, table: string): Edit {
  const alias = node.alias === undefined ? ` AS ${quotedName(node.name)}` : '';
  return { start: node.start, end: node.nameEnd, text: `${table}${alias}` };
}

/** A derived table belongs to no database. */
function qualifierEdits({ query }: SelectStatement): Edit[] {
  const columns = nodesOfKind(query, 'column')
    .filter(({ schema }) => schema?.toLowerCase() === 'information_schema')
    .map(({ schemaStart, tableStart }) => ({ start: schemaStart, end: tableStart, text: '' }));
  const stars = nodesOfKind(query, 'selectStar').flatMap(({ start, end, schema, table }) =>
    schema?.toLowerCase() === 'information_schema' && table !== undefined
      ? [{ start, end, text: `${quotedName(table)}.*` }]
      : [],
  );
  return [...columns, ...stars];
}

/** An item without an alias has its text as title, unless it is a column. */
function titleEdit(
  { alias, expression, start, end }: SelectExpression,
  text: Buffer,
  edits: readonly Edit[],
): Edit | undefined {
  const isChanged = edits.some((edit) => edit.start >= start && edit.end <= end);
  if (alias !== undefined || expression.kind === 'column' || !isChanged) return undefined;
  // In the client's character set, byte by byte.
  const title = text.toString('latin1', start, Math.min(end, start + TITLE_BYTES_MAX));
  return { start: end, end, text: Buffer.from(` AS ${quotedName(title)}`, 'latin1') };
}
