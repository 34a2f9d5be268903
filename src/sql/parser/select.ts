/** SELECT blocks: options, items, and the clauses up to QUALIFY. */
import type { Expression, Row } from '../ast/expression.ts';
import type {
  Alias,
  GroupBy,
  Into,
  QueryBlock,
  SelectItem,
  SelectOptions,
  WindowDefinition,
} from '../ast/query.ts';
import type { TableReference } from '../ast/table.ts';
import { token } from '../lexer.ts';
import { stringText } from '../literals.ts';
import { type Cursor, char } from './cursor.ts';
import { continueExpression, parseExpression } from './expression.ts';
import { w } from './keywords.ts';
import { parseNamed } from './name.ts';
import { parseInto, takeHint } from './query.ts';
import { parseTables } from './table.ts';
import { parseWindowDefinition } from './window.ts';
import { takeTwo, wordIds } from './words.ts';

const k = wordIds('grouping', 'sets');

const NONE = -1;

const NO_OPTIONS: SelectOptions = Object.freeze({
  distinct: false,
  calcFoundRows: false,
  straightJoin: false,
  highPriority: false,
  smallResult: false,
  bigResult: false,
  bufferResult: false,
  start: NONE,
  end: NONE,
});

const NO_TABLES: readonly TableReference[] = [];
const NO_WINDOWS: readonly WindowDefinition[] = [];

/** A block from SELECT on, without what belongs to the query around it. */
export function parseQueryBlock(cursor: Cursor): QueryBlock {
  const { start, end: verbEnd } = cursor;
  cursor.advance();
  const hint = takeHint(cursor);
  const options = parseOptions(cursor);
  const itemsStart = cursor.start;
  const items = parseItems(cursor);
  const itemsEnd = cursor.previousEnd;
  const into: Into | undefined = cursor.isWord(w.into) ? parseInto(cursor) : undefined;
  const fromStart = cursor.isWord(w.from) ? cursor.start : NONE;
  const from = fromStart === NONE ? NO_TABLES : parseFrom(cursor);
  const whereStart = cursor.isWord(w.where) ? cursor.start : NONE;
  const where = parseCondition(cursor, w.where);
  const groupBy = cursor.isWord(w.group) ? parseGroupBy(cursor) : undefined;
  const having = parseCondition(cursor, w.having);
  const windows = cursor.takeWord(w.window) ? parseWindows(cursor) : NO_WINDOWS;
  const qualify = parseCondition(cursor, w.qualify);
  return {
    kind: 'queryBlock',
    start,
    end: cursor.previousEnd,
    verbEnd,
    hint,
    options,
    items,
    itemsStart,
    itemsEnd,
    into,
    from,
    fromStart,
    where,
    whereStart,
    groupBy,
    having,
    windows,
    qualify,
  };
}

/** `WHERE condition` and its like, if the clause begins here. */
export function parseCondition(cursor: Cursor, word: number): Expression | undefined {
  return cursor.takeWord(word) ? parseExpression(cursor) : undefined;
}

function parseOptions(cursor: Cursor): SelectOptions {
  const { start } = cursor;
  let found: { -readonly [K in keyof SelectOptions]: SelectOptions[K] } | undefined;
  while (cursor.kind === token.word) {
    const { word } = cursor;
    let option: keyof SelectOptions | undefined;
    switch (word) {
      case w.distinct:
      case w.distinctrow:
        option = 'distinct';
        break;
      case w.sql_calc_found_rows:
        option = 'calcFoundRows';
        break;
      case w.straight_join:
        option = 'straightJoin';
        break;
      case w.high_priority:
        option = 'highPriority';
        break;
      case w.sql_small_result:
        option = 'smallResult';
        break;
      case w.sql_big_result:
        option = 'bigResult';
        break;
      case w.sql_buffer_result:
        option = 'bufferResult';
        break;
      case w.all:
      case w.sql_no_cache:
        break;
      default:
        return found ?? NO_OPTIONS;
    }
    found ??= { ...NO_OPTIONS, start };
    if (option !== undefined) found[option as 'distinct'] = true;
    cursor.advance();
    found.end = cursor.previousEnd;
  }
  return found ?? NO_OPTIONS;
}

function parseItems(cursor: Cursor): SelectItem[] {
  const items: SelectItem[] = [];
  if (cursor.kind === char.star) {
    const { start, end } = cursor;
    cursor.advance();
    items.push({ kind: 'selectStar', start, end, schema: undefined, table: undefined });
    if (!cursor.takeChar(char.comma)) return items;
  }
  do items.push(parseItem(cursor));
  while (cursor.takeChar(char.comma));
  return items;
}

function parseItem(cursor: Cursor): SelectItem {
  const { start } = cursor;
  let expression: Expression;
  if (cursor.isName() && cursor.peekKind() === char.dot) {
    const found = parseNamed(cursor);
    if (found.kind === 'selectStar') return found;
    expression = continueExpression(cursor, found, start);
  } else {
    expression = parseExpression(cursor);
  }
  const alias = parseAlias(cursor);
  return { kind: 'selectExpression', start, end: cursor.previousEnd, expression, alias };
}

/** `AS name`, `name`, `AS 'name'`, `'name'`. */
export function parseAlias(cursor: Cursor): Alias | undefined {
  const hasAs = cursor.takeWord(w.as);
  const { start, end, kind } = cursor;
  if (kind === token.string) {
    const text = stringText(cursor.text, start, end, cursor.mode);
    cursor.advance();
    return { kind: 'alias', start, end, text };
  }
  if (!hasAs && !cursor.isName()) return undefined;
  return { kind: 'alias', start, end, text: cursor.takeNameText() };
}

function parseFrom(cursor: Cursor): readonly TableReference[] {
  cursor.advance();
  if (cursor.isWord(w.dual)) {
    const { start, end } = cursor;
    cursor.advance();
    return [{ kind: 'dual', start, end }];
  }
  return parseTables(cursor);
}

function parseGroupBy(cursor: Cursor): GroupBy {
  const { start } = cursor;
  cursor.advance();
  cursor.expectWord(w.by);
  const isRollup = cursor.isWord(w.rollup) && cursor.peekKind() === char.open;
  if (isRollup || cursor.isWord(w.cube)) {
    cursor.advance();
    cursor.expectChar(char.open);
    const items = parseGroupItems(cursor);
    cursor.expectChar(char.close);
    const grouping = isRollup ? 'rollup' : 'cube';
    return { kind: 'groupBy', start, end: cursor.previousEnd, items, grouping };
  }
  if (takeTwo(cursor, k.grouping, k.sets)) {
    const items = parseGroupingSets(cursor);
    return { kind: 'groupBy', start, end: cursor.previousEnd, items, grouping: 'sets' };
  }
  const items = parseGroupItems(cursor);
  // A view's WITH CHECK OPTION may follow.
  const hasRollup = takeTwo(cursor, w.with, w.rollup);
  return { kind: 'groupBy', start, end: cursor.previousEnd, items, grouping: hasRollup ? 'rollup' : 'plain' };
}

/** `((a, b), (a), ())`. */
function parseGroupingSets(cursor: Cursor): Row[] {
  const sets: Row[] = [];
  cursor.expectChar(char.open);
  do {
    const { start } = cursor;
    cursor.expectChar(char.open);
    const items = cursor.kind === char.close ? [] : parseGroupItems(cursor);
    cursor.expectChar(char.close);
    sets.push({ kind: 'row', start, end: cursor.previousEnd, items });
  } while (cursor.takeChar(char.comma));
  cursor.expectChar(char.close);
  return sets;
}

function parseGroupItems(cursor: Cursor): Expression[] {
  const items = [parseExpression(cursor)];
  while (cursor.takeChar(char.comma)) items.push(parseExpression(cursor));
  return items;
}

function parseWindows(cursor: Cursor): WindowDefinition[] {
  const windows = [parseWindowDefinition(cursor)];
  while (cursor.takeChar(char.comma)) windows.push(parseWindowDefinition(cursor));
  return windows;
}
