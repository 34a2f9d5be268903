/** Operands: literals, names, variables, parentheses, signs, and what begins with a keyword. */

import { defaultCollation } from '../../mysql/collations.ts';
import type {
  Call,
  Case,
  CaseBranch,
  ColumnReference,
  Expression,
  Interval,
  Literal,
  LiteralType,
  MatchAgainst,
  SystemVariable,
  UnaryOperator,
} from '../ast/expression.ts';
import type { Span } from '../ast/node.ts';
import type { NestedQuery, QueryExpression, SelectStar } from '../ast/query.ts';
import { token } from '../lexer.ts';
import { nameText, stringText } from '../literals.ts';
import { wordCount, wordId, wordName } from '../words.ts';
import { makeCall, parseCall, parseKeywordCall } from './call.ts';
import { parseCast, parseConvert } from './cast.ts';
import { type Cursor, char } from './cursor.ts';
import { continueExpression, level, parseExpression, parseOperand, parseOperators } from './expression.ts';
import { isUnit, w } from './keywords.ts';
import { continueQuery, isQueryStart, isQueryTail, parseQuery } from './query.ts';

const UNDERSCORE = 0x5f;

/** What an operand is that begins with the word; 0 for words that are names unless reserved. */
const starts = {
  constant: 1,
  temporal: 2,
  case: 3,
  cast: 4,
  convert: 5,
  binary: 6,
  not: 7,
  exists: 8,
  interval: 9,
  match: 10,
  values: 11,
  default: 12,
  row: 13,
  /** Reserved, and a function with `(` behind it. */
  call: 14,
  /** A function that needs no parentheses. */
  bareCall: 15,
} as const;

const startByWord = new Uint8Array(wordCount);

function begin(code: number, list: string): void {
  for (const name of list.trim().split(/\s+/)) startByWord[wordId(name)] = code;
}

begin(starts.constant, 'true false null');
begin(starts.temporal, 'date time timestamp');
begin(starts.case, 'case');
begin(starts.cast, 'cast');
begin(starts.convert, 'convert');
begin(starts.binary, 'binary');
begin(starts.not, 'not');
begin(starts.exists, 'exists');
begin(starts.interval, 'interval');
begin(starts.match, 'match');
begin(starts.values, 'values');
begin(starts.default, 'default');
begin(starts.row, 'row');
begin(
  starts.call,
  `left right if replace insert repeat mod database schema char grouping row_number rank dense_rank
  percent_rank cume_dist ntile lead lag first_value last_value nth_value`,
);
begin(
  starts.bareCall,
  `current_date current_time current_timestamp localtime localtimestamp utc_date utc_time utc_timestamp
  current_user`,
);

/** An operand without COLLATE. */
export function parsePrimary(cursor: Cursor): Expression {
  const { kind } = cursor;
  if (kind === token.word) return parseWord(cursor);
  switch (kind) {
    case token.integer:
      return takeLiteral(cursor, 'integer');
    case char.question:
      return takeParameter(cursor);
    case token.quotedName:
      return noStar(cursor, parseNamed(cursor));
    case token.string:
      return parseString(cursor, cursor.start, 'string', undefined);
    case token.nationalString:
      return parseString(cursor, cursor.start, 'national', undefined);
    case token.decimal:
      return takeLiteral(cursor, 'decimal');
    case token.float:
      return takeLiteral(cursor, 'float');
    case token.hex:
      return takeLiteral(cursor, 'hex');
    case token.bit:
      return takeLiteral(cursor, 'bit');
    case char.open:
      return parseParentheses(cursor);
    case token.userVariable:
      return parseUserVariable(cursor);
    case token.systemVariable:
      return parseSystemVariable(cursor);
    case char.minus:
      return parseSign(cursor, '-');
    case char.plus:
      return parseSign(cursor, '+');
    case 0x7e:
      return parseSign(cursor, '~');
    case 0x21:
      return parseSign(cursor, '!');
    case char.openBrace:
      return parseBraces(cursor);
    default:
      return cursor.fail('an expression');
  }
}

function parseWord(cursor: Cursor): Expression {
  const { word } = cursor;
  switch (startByWord[word]) {
    case 0:
      break;
    case starts.constant:
      return takeLiteral(cursor, word === w.null ? 'null' : word === w.true ? 'true' : 'false');
    case starts.temporal:
      if (cursor.peekKind() === token.string) return parseTemporal(cursor);
      break;
    case starts.case:
      return parseCase(cursor);
    case starts.cast:
      if (cursor.peekKind() === char.open && cursor.peekStart() === cursor.end) return parseCast(cursor);
      break;
    case starts.convert:
      return parseConvert(cursor);
    case starts.binary:
      return parseSign(cursor, 'binary');
    case starts.not:
      return cursor.mode.highNotPrecedence ? parseSign(cursor, '!') : cursor.fail('an operand');
    case starts.exists:
      return parseExists(cursor);
    case starts.interval:
      return parseIntervalOperand(cursor);
    case starts.match:
      return parseMatch(cursor);
    case starts.values:
    case starts.default:
      return parseColumnFunction(cursor);
    case starts.row:
      return parseRow(cursor);
    case starts.call:
      if (cursor.peekKind() === char.open) return parseKeywordCall(cursor);
      return cursor.fail('an expression');
    case starts.bareCall:
      return parseBareCall(cursor);
  }
  if (word !== 0 && cursor.isReserved(word)) return cursor.fail('an expression');
  if (word === 0 && cursor.text[cursor.start] === UNDERSCORE) {
    const introduced = parseIntroduced(cursor);
    if (introduced !== undefined) return introduced;
  }
  return noStar(cursor, parseNamed(cursor));
}

function noStar(cursor: Cursor, found: ColumnReference | Expression | SelectStar): Expression {
  return found.kind === 'selectStar' ? cursor.fail('an expression instead of *') : found;
}

function takeLiteral(cursor: Cursor, type: LiteralType): Literal {
  const { start, end } = cursor;
  cursor.advance();
  return makeLiteral(type, start, end, start, end, undefined, undefined);
}

/** A literal of the source. */
function makeLiteral(
  type: LiteralType,
  start: number,
  end: number,
  valueStart: number,
  valueEnd: number,
  introducer: string | undefined,
  more: readonly Span[] | undefined,
): Literal {
  return { kind: 'literal', start, end, type, text: undefined, introducer, valueStart, valueEnd, more };
}

function takeParameter(cursor: Cursor): Expression {
  const { start, end } = cursor;
  cursor.advance();
  return { kind: 'parameter', start, end, index: cursor.parameterCount++ };
}

/** A string and those directly behind it that continue it. */
function parseString(
  cursor: Cursor,
  start: number,
  type: LiteralType,
  introducer: string | undefined,
): Literal {
  const valueStart = cursor.start;
  const valueEnd = cursor.end;
  cursor.advance();
  let more: Span[] | undefined;
  while (cursor.kind === token.string) {
    more ??= [];
    more.push({ start: cursor.start, end: cursor.end });
    cursor.advance();
  }
  return makeLiteral(type, start, cursor.previousEnd, valueStart, valueEnd, introducer, more);
}

/** `_charset 'text'`, if the name is a character set's. */
function parseIntroduced(cursor: Cursor): Literal | undefined {
  const kind = cursor.peekKind();
  if (kind !== token.string && kind !== token.hex && kind !== token.bit) return undefined;
  const charset = cursor.sliceLower(cursor.start + 1, cursor.end);
  if (defaultCollation(charset) === undefined) return undefined;
  const { start } = cursor;
  cursor.advance();
  if (kind === token.string) return parseString(cursor, start, 'string', charset);
  const valueStart = cursor.start;
  const { end } = cursor;
  cursor.advance();
  return makeLiteral(kind === token.hex ? 'hex' : 'bit', start, end, valueStart, end, charset, undefined);
}

function temporalType(word: number): 'date' | 'time' | 'timestamp' {
  return word === w.date ? 'date' : word === w.time ? 'time' : 'timestamp';
}

/** `DATE '…'`; adjacent strings do not continue it. */
function parseTemporal(cursor: Cursor): Literal {
  const { start } = cursor;
  const type = temporalType(cursor.word);
  cursor.advance();
  const valueStart = cursor.start;
  const { end } = cursor;
  cursor.advance();
  return makeLiteral(type, start, end, valueStart, end, undefined, undefined);
}

function parseSign(cursor: Cursor, operator: UnaryOperator): Expression {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  const operand = parseOperand(cursor);
  cursor.leave();
  return { kind: 'unary', start, end: cursor.previousEnd, operator, operand };
}

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

function parseUserVariable(cursor: Cursor): Expression {
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

function parseSystemVariable(cursor: Cursor): Expression {
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

/** What stands in parentheses from the current `(` on: a query, or expressions separated by commas. */
export function listOrQuery(cursor: Cursor): NestedQuery | Expression[] {
  const { start } = cursor;
  cursor.enter();
  cursor.advance();
  const items: Expression[] = [];
  if (isQueryStart(cursor)) {
    return nestedQuery(cursor, start, parseQuery(cursor));
  }
  const firstStart = cursor.start;
  if (cursor.kind === char.open) {
    const inner = listOrQuery(cursor);
    if ('kind' in inner) {
      if (cursor.isChar(char.close)) return nestedQuery(cursor, start, inner.query);
      if (isQueryTail(cursor)) return nestedQuery(cursor, start, continueQuery(cursor, inner, firstStart));
    }
    const first = fromParentheses(inner, firstStart, cursor.previousEnd);
    items.push(continueExpression(cursor, first, firstStart));
  } else {
    items.push(parseExpression(cursor));
  }
  while (cursor.takeChar(char.comma)) items.push(parseExpression(cursor));
  cursor.expectChar(char.close);
  cursor.leave();
  return items;
}

function nestedQuery(cursor: Cursor, start: number, query: QueryExpression): NestedQuery {
  cursor.expectChar(char.close);
  cursor.leave();
  return { kind: 'nestedQuery', start, end: cursor.previousEnd, query };
}

function fromParentheses(found: NestedQuery | Expression[], start: number, end: number): Expression {
  if ('kind' in found) return { kind: 'subquery', start, end, query: found.query };
  if (found.length > 1) return { kind: 'row', start, end, items: found };
  const only = found[0]!;
  // Nobody has seen the node yet; from here on the parentheses are part of its text.
  const own = only as { start: number; end: number };
  own.start = start;
  own.end = end;
  return only;
}

function parseParentheses(cursor: Cursor): Expression {
  const { start } = cursor;
  const found = listOrQuery(cursor);
  return fromParentheses(found, start, cursor.previousEnd);
}

/** `(query)`, where nothing else is possible. */
export function queryInParentheses(cursor: Cursor): QueryExpression {
  cursor.enter();
  cursor.expectChar(char.open);
  const query = parseQuery(cursor);
  cursor.expectChar(char.close);
  cursor.leave();
  return query;
}

function parseExists(cursor: Cursor): Expression {
  const { start } = cursor;
  cursor.advance();
  const query = queryInParentheses(cursor);
  return { kind: 'exists', start, end: cursor.previousEnd, query };
}

function parseRow(cursor: Cursor): Expression {
  const { start } = cursor;
  cursor.advance();
  if (cursor.kind !== char.open) cursor.fail("'('");
  const items = listOrQuery(cursor);
  if ('kind' in items || items.length < 2) return cursor.fail('a row of two or more values');
  return { kind: 'row', start, end: cursor.previousEnd, items };
}

function parseCase(cursor: Cursor): Case {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  const operand = cursor.isWord(w.when) ? undefined : parseExpression(cursor);
  const branches: CaseBranch[] = [];
  while (cursor.isWord(w.when)) {
    const branchStart = cursor.start;
    cursor.advance();
    const condition = parseExpression(cursor);
    cursor.expectWord(w.thenWord);
    const result = parseExpression(cursor);
    branches.push({ kind: 'when', start: branchStart, end: cursor.previousEnd, condition, result });
  }
  if (branches.length === 0) cursor.fail('WHEN');
  const otherwise = cursor.takeWord(w.else) ? parseExpression(cursor) : undefined;
  cursor.expectWord(w.end);
  cursor.leave();
  return { kind: 'case', start, end: cursor.previousEnd, operand, branches, otherwise };
}

/** A unit of time, lower case, without its old prefix. */
export function takeUnit(cursor: Cursor): string {
  const { word } = cursor;
  if (cursor.kind !== token.word || isUnit[word] !== 1) return cursor.fail('a unit of time');
  cursor.advance();
  const name = wordName(word);
  return name.startsWith('sql_tsi_') ? name.slice('sql_tsi_'.length) : name;
}

/** `INTERVAL x unit`, or the function INTERVAL(a, b, …). */
export function parseInterval(cursor: Cursor): Interval | Call {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  let amount: Expression;
  if (cursor.kind === char.open) {
    const amountStart = cursor.start;
    const found = listOrQuery(cursor);
    if (!('kind' in found) && found.length > 1) {
      cursor.leave();
      return makeCall(start, cursor.previousEnd, 'interval', found);
    }
    const operand = fromParentheses(found, amountStart, cursor.previousEnd);
    amount = continueExpression(cursor, operand, amountStart);
  } else {
    amount = parseExpression(cursor);
  }
  const unit = takeUnit(cursor);
  cursor.leave();
  return { kind: 'interval', start, end: cursor.previousEnd, amount, unit };
}

/** `INTERVAL x unit + y`: all that follows, down to comparisons, is `y`. */
function parseIntervalOperand(cursor: Cursor): Expression {
  const left = parseInterval(cursor);
  return left.kind === 'interval' ? parseIntervalSum(cursor, left) : left;
}

function parseIntervalSum(cursor: Cursor, left: Interval): Expression {
  cursor.expectChar(char.plus);
  cursor.enter();
  const right = parseOperators(cursor, level.not);
  cursor.leave();
  return { kind: 'binary', start: left.start, end: cursor.previousEnd, operator: '+', left, right };
}

/** An expression, or an interval alone where a function or a frame takes one. */
export function parseExpressionOrInterval(cursor: Cursor): Expression {
  if (!cursor.isWord(w.interval)) return parseExpression(cursor);
  const { start } = cursor;
  const left = parseInterval(cursor);
  if (left.kind !== 'interval') return continueExpression(cursor, left, start);
  if (cursor.kind !== char.plus) return left;
  return continueExpression(cursor, parseIntervalSum(cursor, left), start);
}

function parseMatch(cursor: Cursor): MatchAgainst {
  const { start } = cursor;
  cursor.advance();
  const hasParentheses = cursor.takeChar(char.open);
  const columns = [parseColumn(cursor)];
  while (cursor.takeChar(char.comma)) columns.push(parseColumn(cursor));
  if (hasParentheses) cursor.expectChar(char.close);
  cursor.expectWord(w.against);
  cursor.expectChar(char.open);
  cursor.enter();
  const against = parseOperators(cursor, level.bitOr);
  cursor.leave();
  const mode = parseMatchMode(cursor);
  cursor.expectChar(char.close);
  return { kind: 'match', start, end: cursor.previousEnd, columns, against, mode };
}

function parseMatchMode(cursor: Cursor): MatchAgainst['mode'] {
  let mode: MatchAgainst['mode'] = 'default';
  if (cursor.takeWord(w.in)) {
    if (cursor.takeWord(w.boolean)) {
      cursor.expectWord(w.mode);
      return 'boolean';
    }
    cursor.expectWord(w.natural);
    cursor.expectWord(w.language);
    cursor.expectWord(w.mode);
    mode = 'naturalLanguage';
  }
  if (!cursor.takeWord(w.with)) return mode;
  cursor.expectWord(w.query);
  cursor.expectWord(w.expansion);
  return mode === 'default' ? 'expansion' : 'naturalLanguageExpansion';
}

/** VALUES(column), DEFAULT(column). */
function parseColumnFunction(cursor: Cursor): Expression {
  const { start } = cursor;
  const kind = cursor.word === w.default ? 'defaultOf' : 'insertedValue';
  cursor.advance();
  cursor.expectChar(char.open);
  const column = parseColumn(cursor);
  cursor.expectChar(char.close);
  return { kind, start, end: cursor.previousEnd, column };
}

/** A value to be stored: an expression, or DEFAULT. */
export function parseStoredValue(cursor: Cursor): Expression {
  if (!cursor.isWord(w.default) || cursor.peekKind() === char.open) return parseExpression(cursor);
  const { start, end } = cursor;
  cursor.advance();
  return { kind: 'default', start, end };
}

/** CURRENT_TIMESTAMP, CURRENT_TIMESTAMP(), CURRENT_TIMESTAMP(6). */
function parseBareCall(cursor: Cursor): Expression {
  const { start, word } = cursor;
  if (cursor.peekKind() === char.open) return parseKeywordCall(cursor);
  cursor.advance();
  return makeCall(start, cursor.previousEnd, wordName(word), [], true);
}

/** ODBC: `{d '…'}`, `{t '…'}`, `{ts '…'}`, `{name x}`. */
function parseBraces(cursor: Cursor): Expression {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  const name = cursor.takeNameText().toLowerCase();
  const operand = parseExpression(cursor);
  cursor.expectChar(char.closeBrace);
  cursor.leave();
  const end = cursor.previousEnd;
  const type = name === 'd' ? 'date' : name === 't' ? 'time' : name === 'ts' ? 'timestamp' : undefined;
  if (type !== undefined && operand.kind === 'literal' && operand.type === 'string') {
    const { valueStart, valueEnd, more } = operand;
    return makeLiteral(type, start, end, valueStart, valueEnd, operand.introducer, more);
  }
  return { kind: 'odbcExpression', start, end, name, operand };
}
