/** Table references: names, derived tables, JSON_TABLE, joins, parentheses. */
import type { Expression } from '../ast/expression.ts';
import type { Name } from '../ast/node.ts';
import type { Alias, NestedQuery, QueryExpression } from '../ast/query.ts';
import type { IndexHint, Join, TableName, TableReference, TableSample } from '../ast/table.ts';
import { token } from '../lexer.ts';
import { type Cursor, char } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { parseJsonTable } from './json-table.ts';
import { w } from './keywords.ts';
import { queryInParentheses } from './parentheses.ts';
import { parsePrimary } from './primary.ts';
import { continueQuery, isQueryStart, isQueryTail, parseQuery } from './query.ts';

const NO_NAMES: readonly Name[] = [];
const NO_HINTS: readonly IndexHint[] = [];

/** Table references separated by commas. */
export function parseTables(cursor: Cursor): TableReference[] {
  const tables = [parseTableReference(cursor)];
  while (cursor.takeChar(char.comma)) tables.push(parseTableReference(cursor));
  return tables;
}

/** One table reference with its joins. */
export function parseTableReference(cursor: Cursor): TableReference {
  const { start } = cursor;
  return continueJoins(cursor, parseFactor(cursor), start);
}

type JoinWords = Readonly<{ type: Join['type']; natural: boolean }>;

const innerJoin: JoinWords = { type: 'inner', natural: false };
const crossJoin: JoinWords = { type: 'cross', natural: false };
const straightJoin: JoinWords = { type: 'straight', natural: false };
const leftJoin: JoinWords = { type: 'left', natural: false };
const rightJoin: JoinWords = { type: 'right', natural: false };

/** Takes the words of a join operator, if one is here. */
function takeJoinWords(cursor: Cursor): JoinWords | undefined {
  if (cursor.kind !== token.word) return undefined;
  switch (cursor.word) {
    case w.join:
      cursor.advance();
      return innerJoin;
    case w.inner:
      cursor.advance();
      cursor.expectWord(w.join);
      return innerJoin;
    case w.cross:
      cursor.advance();
      cursor.expectWord(w.join);
      return crossJoin;
    case w.straight_join:
      cursor.advance();
      return straightJoin;
    case w.left:
    case w.right: {
      const words = cursor.word === w.left ? leftJoin : rightJoin;
      cursor.advance();
      cursor.takeWord(w.outer);
      cursor.expectWord(w.join);
      return words;
    }
    case w.natural: {
      cursor.advance();
      const words = takeJoinWords(cursor);
      if (words === undefined || words.natural || words.type === 'cross' || words.type === 'straight') {
        return cursor.fail('JOIN');
      }
      return { type: words.type, natural: true };
    }
    default:
      return undefined;
  }
}

/** Joins behind a table that was read from `start` on. */
function continueJoins(cursor: Cursor, first: TableReference, start: number): TableReference {
  let left = first;
  for (let count = 1; ; count++) {
    const words = takeJoinWords(cursor);
    if (words === undefined) return left;
    cursor.chain(count);
    if (words.natural) {
      left = makeJoin(cursor, words, left, parseFactor(cursor), start);
      continue;
    }
    cursor.enter();
    // As MySQL does: the right side takes what joins follow, with their conditions, before this one's.
    const right = parseTableReference(cursor);
    cursor.leave();
    left = parseJoinCondition(cursor, words, left, right, start);
  }
}

function parseJoinCondition(
  cursor: Cursor,
  words: JoinWords,
  left: TableReference,
  right: TableReference,
  start: number,
): TableReference {
  if (cursor.isWord(w.on) && cursor.peekWord() !== w.duplicate) {
    cursor.advance();
    const on = parseExpression(cursor);
    return makeJoin(cursor, words, left, right, start, on);
  }
  if (cursor.takeWord(w.using)) {
    const using = cursor.takeNameList();
    return makeJoin(cursor, words, left, right, start, undefined, using);
  }
  if (words.type === 'left' || words.type === 'right') cursor.fail('ON or USING');
  return crossWithLeftmost(words, left, right, start);
}

function makeJoin(
  cursor: Cursor,
  words: JoinWords,
  left: TableReference,
  right: TableReference,
  start: number,
  on?: Expression,
  using?: readonly Name[],
): Join {
  const { type, natural } = words;
  return { kind: 'join', start, end: cursor.previousEnd, type, natural, left, right, on, using };
}

/** A join without a condition: `a JOIN b LEFT JOIN c ON x` is `(a JOIN b) LEFT JOIN c ON x`. */
function crossWithLeftmost(
  words: JoinWords,
  left: TableReference,
  right: TableReference,
  start: number,
): TableReference {
  if (right.kind === 'join') {
    return { ...right, start, left: crossWithLeftmost(words, left, right.left, start) };
  }
  const { type, natural } = words;
  return { kind: 'join', start, end: right.end, type, natural, left, right, on: undefined, using: undefined };
}

function parseFactor(cursor: Cursor): TableReference {
  const { start, kind } = cursor;
  if (kind === char.open) return tableFromParentheses(cursor, parseParentheses(cursor), start);
  if (kind === char.openBrace) return parseOdbcJoin(cursor);
  if (kind === token.word) {
    if (cursor.word === w.json_table) return parseJsonTable(cursor);
    if (cursor.word === w.lateral) {
      cursor.advance();
      return derivedTable(cursor, queryInParentheses(cursor), start, true);
    }
  }
  return parseTableName(cursor, true);
}

function parseOdbcJoin(cursor: Cursor): TableReference {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  // Any name will do here.
  cursor.takeNameText();
  const table = parseTableReference(cursor);
  cursor.expectChar(char.closeBrace);
  cursor.leave();
  return { kind: 'odbcJoin', start, end: cursor.previousEnd, table };
}

/** From the current `(` on: a query, or table references. */
function parseParentheses(cursor: Cursor): NestedQuery | TableReference[] {
  const { start } = cursor;
  cursor.enter();
  cursor.advance();
  if (isQueryStart(cursor)) return nestedQuery(cursor, start, parseQuery(cursor));
  const tables: TableReference[] = [];
  if (cursor.kind === char.open) {
    const innerStart = cursor.start;
    const inner = parseParentheses(cursor);
    if ('kind' in inner) {
      if (cursor.isChar(char.close)) return nestedQuery(cursor, start, inner.query);
      if (isQueryTail(cursor)) return nestedQuery(cursor, start, continueQuery(cursor, inner, innerStart));
    }
    tables.push(continueJoins(cursor, tableFromParentheses(cursor, inner, innerStart), innerStart));
  } else {
    tables.push(parseTableReference(cursor));
  }
  while (cursor.takeChar(char.comma)) tables.push(parseTableReference(cursor));
  cursor.expectChar(char.close);
  cursor.leave();
  return tables;
}

function nestedQuery(cursor: Cursor, start: number, query: QueryExpression): NestedQuery {
  cursor.expectChar(char.close);
  cursor.leave();
  return { kind: 'nestedQuery', start, end: cursor.previousEnd, query };
}

function tableFromParentheses(
  cursor: Cursor,
  found: NestedQuery | TableReference[],
  start: number,
): TableReference {
  if ('kind' in found) return derivedTable(cursor, found.query, start, false);
  return { kind: 'tableList', start, end: cursor.previousEnd, tables: found };
}

function derivedTable(
  cursor: Cursor,
  query: QueryExpression,
  start: number,
  lateral: boolean,
): TableReference {
  const alias = parseTableAlias(cursor);
  const columns = alias !== undefined && cursor.kind === char.open ? cursor.takeNameList() : NO_NAMES;
  return { kind: 'derivedTable', start, end: cursor.previousEnd, lateral, query, alias, columns };
}

/** `AS name`, `name`. */
export function parseTableAlias(cursor: Cursor): Alias | undefined {
  const hasAs = cursor.takeWord(w.as);
  if (!hasAs && !cursor.isName()) return undefined;
  const { start, end } = cursor;
  return { kind: 'alias', start, end, text: cursor.takeNameText() };
}

/** A table's name with what may follow it; only the name and its partitions without `isReference`. */
export function parseTableName(cursor: Cursor, isReference: boolean): TableName {
  const { start } = cursor;
  let schema: string | undefined;
  let nameStart = start;
  let name = cursor.takeNameText();
  if (cursor.kind === char.dot) {
    cursor.advance();
    schema = name;
    nameStart = cursor.start;
    name = cursor.takeNameText();
  }
  const nameEnd = cursor.previousEnd;
  const partitions = cursor.takeWord(w.partition) ? cursor.takeNameList() : NO_NAMES;
  const alias = isReference ? parseTableAlias(cursor) : undefined;
  const sample = isReference && cursor.isWord(w.tablesample) ? parseSample(cursor) : undefined;
  const indexHints = isReference ? parseIndexHints(cursor) : NO_HINTS;
  return {
    kind: 'table',
    start,
    end: cursor.previousEnd,
    schema,
    name,
    nameStart,
    nameEnd,
    partitions,
    alias,
    indexHints,
    sample,
  };
}

function parseSample(cursor: Cursor): TableSample {
  const { start } = cursor;
  cursor.advance();
  const method = cursor.takeWord(w.system) ? 'system' : 'bernoulli';
  if (method === 'bernoulli') cursor.expectWord(w.bernoulli);
  cursor.expectChar(char.open);
  const percentage = parsePrimary(cursor);
  cursor.expectChar(char.close);
  return { kind: 'tableSample', start, end: cursor.previousEnd, method, percentage };
}

function indexAction(cursor: Cursor): IndexHint['action'] | undefined {
  if (cursor.kind !== token.word) return undefined;
  switch (cursor.word) {
    case w.use:
      return 'use';
    case w.force:
      return 'force';
    case w.ignore:
      return 'ignore';
    default:
      return undefined;
  }
}

function parseIndexHints(cursor: Cursor): readonly IndexHint[] {
  if (indexAction(cursor) === undefined) return NO_HINTS;
  const hints: IndexHint[] = [];
  for (let action = indexAction(cursor); action !== undefined; action = indexAction(cursor)) {
    const { start } = cursor;
    cursor.advance();
    if (!cursor.takeWord(w.index)) cursor.expectWord(w.key);
    const scope = cursor.takeWord(w.for) ? takeHintScope(cursor) : undefined;
    cursor.expectChar(char.open);
    const indexes: Name[] = [];
    if (cursor.kind !== char.close) {
      do indexes.push(takeIndexName(cursor));
      while (cursor.takeChar(char.comma));
    }
    cursor.expectChar(char.close);
    hints.push({ kind: 'indexHint', start, end: cursor.previousEnd, action, scope, indexes });
  }
  return hints;
}

function takeHintScope(cursor: Cursor): IndexHint['scope'] {
  if (cursor.takeWord(w.join)) return 'join';
  const scope = cursor.isWord(w.group) ? 'groupBy' : 'orderBy';
  if (scope === 'groupBy') cursor.advance();
  else cursor.expectWord(w.order);
  cursor.expectWord(w.by);
  return scope;
}

function takeIndexName(cursor: Cursor): Name {
  if (!cursor.isWord(w.primary)) return cursor.takeName();
  const { start, end } = cursor;
  cursor.advance();
  return { kind: 'name', start, end, text: 'PRIMARY' };
}
