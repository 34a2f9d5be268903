/** What begins with a name or is one: columns, calls, `t.*`, variables. */
import type { ColumnReference, Expression, SystemVariable } from '../ast/expression.ts';
import type { SelectStar } from '../ast/query.ts';
import { token } from '../lexer.ts';
import { nameText, stringText } from '../literals.ts';
import { parseCall } from './call.ts';
import { type Cursor, char } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { takeLiteral } from './literal.ts';

/** A column (with its path), a call, or `t.*`: whatever begins with a name. */
export function parseNamed(cursor: Cursor): Expression | SelectStar {
  const { start, end, kind, word } = cursor;
  const next = cursor.peekKind();
  if (next === char.open) return parseCall(cursor);
  if (kind === token.word && word !== 0 && cursor.isReserved(word)) cursor.fail('a name');
  const name = cursor.currentName();
  cursor.advance();
  if (next === char.dot) return parseQualified(cursor, start, name);
  return withPath(cursor, {
    kind: 'column',
    start,
    end,
    schema: undefined,
    table: undefined,
    name,
    schemaStart: start,
    tableStart: start,
    nameStart: start,
    nameEnd: end,
  });
}

function parseQualified(cursor: Cursor, start: number, first: string): Expression | SelectStar {
  cursor.advance();
  if (cursor.kind === char.star) return takeStar(cursor, start, undefined, first);
  if (cursor.peekKind() === char.open) return parseCall(cursor, first, start);
  let schema: string | undefined;
  let table = first;
  let tableStart = start;
  let nameStart = cursor.start;
  let name = cursor.takeNameText();
  if (cursor.takeChar(char.dot)) {
    schema = first;
    table = name;
    tableStart = nameStart;
    if (cursor.kind === char.star) return takeStar(cursor, start, schema, table);
    nameStart = cursor.start;
    name = cursor.takeNameText();
  }
  const end = cursor.previousEnd;
  return withPath(cursor, {
    kind: 'column',
    start,
    end,
    schema,
    table,
    name,
    schemaStart: start,
    tableStart,
    nameStart,
    nameEnd: end,
  });
}

function takeStar(cursor: Cursor, start: number, schema: string | undefined, table: string): SelectStar {
  cursor.advance();
  return { kind: 'selectStar', start, end: cursor.previousEnd, schema, table };
}

/** `->` or `->>` behind a column. */
function withPath(cursor: Cursor, column: ColumnReference): Expression {
  const { kind } = cursor;
  if (kind !== token.jsonExtract && kind !== token.jsonUnquote) return column;
  cursor.advance();
  if (cursor.kind !== token.string) cursor.fail('a path as a string');
  const path = takeLiteral(cursor, 'string');
  const unquote = kind === token.jsonUnquote;
  return { kind: 'jsonPath', start: column.start, end: cursor.previousEnd, unquote, column, path };
}

/** A column's name: 1 to 3 parts. */
export function parseColumn(cursor: Cursor): ColumnReference {
  if (!cursor.isName()) cursor.fail('a column');
  const found = parseNamed(cursor);
  return found.kind === 'column' ? found : cursor.fail('a column');
}

export function parseUserVariable(cursor: Cursor): Expression {
  const { start, end } = cursor;
  const variable = { kind: 'userVariable', start, end, name: variableName(cursor) } as const;
  cursor.advance();
  if (cursor.kind !== token.assign) return variable;
  cursor.advance();
  cursor.enter();
  const value = parseExpression(cursor);
  cursor.leave();
  return { kind: 'assignVariable', start, end: cursor.previousEnd, variable, value };
}

/** The name of the current token, a user variable. */
export function variableName(cursor: Cursor): string {
  const { text, start, end, mode } = cursor;
  const first = text[start + 1];
  const isString = first === 0x27 || (first === 0x22 && !mode.ansiQuotes);
  return isString ? stringText(text, start + 1, end, mode) : nameText(text, start + 1, end, mode);
}

const scopes: ReadonlyMap<string, SystemVariable['scope']> = new Map([
  ['session', 'session'],
  ['local', 'session'],
  ['global', 'global'],
  ['persist', 'persist'],
  ['persist_only', 'persist_only'],
]);

export function parseSystemVariable(cursor: Cursor): Expression {
  const { start } = cursor;
  let name = nameText(cursor.text, start + 2, cursor.end, cursor.mode).toLowerCase();
  const first = cursor.text[start + 2] === 0x60 ? undefined : scopes.get(name);
  cursor.advance();
  let scope: SystemVariable['scope'];
  let instance: string | undefined;
  if (first !== undefined && cursor.kind === char.dot) {
    scope = first;
    cursor.advance();
    name = takeVariablePart(cursor);
  }
  if (cursor.takeChar(char.dot)) {
    instance = name;
    name = takeVariablePart(cursor);
  }
  return { kind: 'systemVariable', start, end: cursor.previousEnd, scope, instance, name };
}

function takeVariablePart(cursor: Cursor): string {
  // `@@keycache.default` … are keywords that stand as instances.
  if (cursor.kind !== token.word && cursor.kind !== token.quotedName) cursor.fail("a variable's name");
  const name = cursor.currentName().toLowerCase();
  cursor.advance();
  return name;
}
