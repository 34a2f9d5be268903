/** JSON_TABLE with its columns. */
import type { JsonTable, JsonTableColumn } from '../ast/table.ts';
import { token } from '../lexer.ts';
import { parseOnResponses } from './call.ts';
import { type Cursor, char } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { w } from './keywords.ts';
import { parsePrimary } from './primary.ts';
import { parseTableAlias } from './table.ts';

/** `JSON_TABLE(document, path COLUMNS (…)) AS alias`. */
export function parseJsonTable(cursor: Cursor): JsonTable {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  cursor.expectChar(char.open);
  const document = parseExpression(cursor);
  cursor.expectChar(char.comma);
  const path = parsePrimary(cursor);
  const columns = parseColumns(cursor);
  cursor.expectChar(char.close);
  cursor.leave();
  const alias = parseTableAlias(cursor);
  return { kind: 'jsonTable', start, end: cursor.previousEnd, document, path, columns, alias };
}

function parseColumns(cursor: Cursor): JsonTableColumn[] {
  cursor.expectWord(w.columns);
  cursor.enter();
  cursor.expectChar(char.open);
  const columns: JsonTableColumn[] = [];
  do columns.push(parseColumn(cursor));
  while (cursor.takeChar(char.comma));
  cursor.expectChar(char.close);
  cursor.leave();
  return columns;
}

function parseColumn(cursor: Cursor): JsonTableColumn {
  const { start } = cursor;
  if (cursor.isWord(w.nested) && cursor.peekWord() === w.path) {
    cursor.advance();
    cursor.advance();
    const path = parsePrimary(cursor);
    const columns = parseColumns(cursor);
    return { kind: 'jsonNested', start, end: cursor.previousEnd, path, columns };
  }
  const name = cursor.takeName();
  if (cursor.takeWord(w.for)) {
    cursor.expectWord(w.ordinality);
    return { kind: 'jsonOrdinality', start, end: cursor.previousEnd, name };
  }
  const typeStart = cursor.start;
  skipType(cursor);
  const typeEnd = cursor.previousEnd;
  const exists = cursor.takeWord(w.exists);
  cursor.expectWord(w.path);
  const path = parsePrimary(cursor);
  const { onEmpty, onError } = parseOnResponses(cursor, true);
  const end = cursor.previousEnd;
  return { kind: 'jsonColumn', start, end, name, typeStart, typeEnd, exists, path, onEmpty, onError };
}

/** A column's type runs up to EXISTS or PATH, with parentheses of one level. */
function skipType(cursor: Cursor): void {
  while (!cursor.isWord(w.path) && !cursor.isWord(w.exists)) {
    const { kind } = cursor;
    const fits = kind === token.word || kind === token.string || kind === token.quotedName;
    if (!fits) cursor.fail('a type and PATH');
    cursor.advance();
    if (!cursor.takeChar(char.open)) continue;
    while (cursor.kind === token.integer || cursor.kind === token.string || cursor.kind === char.comma) {
      cursor.advance();
    }
    cursor.expectChar(char.close);
  }
}
