/** Operands: what they begin with decides which part of the grammar reads them. */
import type { Case, CaseBranch, Expression, MatchAgainst, UnaryOperator } from '../ast/expression.ts';
import type { SelectStar } from '../ast/query.ts';
import { token } from '../lexer.ts';
import { wordCount, wordId, wordName } from '../words.ts';
import { makeCall, parseKeywordCall } from './call.ts';
import { parseCast, parseConvert } from './cast.ts';
import { type Cursor, char } from './cursor.ts';
import { level, parseExpression, parseOperand, parseOperators } from './expression.ts';
import { parseIntervalOperand } from './interval.ts';
import { w } from './keywords.ts';
import { makeLiteral, parseIntroduced, parseString, parseTemporal, takeLiteral } from './literal.ts';
import { parseColumn, parseNamed, parseSystemVariable, parseUserVariable } from './name.ts';
import { listOrQuery, parseParentheses, queryInParentheses } from './parentheses.ts';

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

function noStar(cursor: Cursor, found: Expression | SelectStar): Expression {
  return found.kind === 'selectStar' ? cursor.fail('an expression instead of *') : found;
}

function takeParameter(cursor: Cursor): Expression {
  const { start, end } = cursor;
  cursor.advance();
  return { kind: 'parameter', start, end, index: cursor.parameterCount++ };
}

function parseSign(cursor: Cursor, operator: UnaryOperator): Expression {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  const operand = parseOperand(cursor);
  cursor.leave();
  return { kind: 'unary', start, end: cursor.previousEnd, operator, operand };
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
