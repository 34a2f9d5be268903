/**
 * Operators, by precedence as MySQL's grammar has it (not as its manual tells): IN, BETWEEN, LIKE and REGEXP bind
 * tighter than comparisons, take no second one of their kind, and nothing but a comparison or a logical
 * operator can follow them.
 */
import type { Binary, Comparison, ComparisonOperator, Expression } from '../ast/expression.ts';
import { token } from '../lexer.ts';
import { wordCount } from '../words.ts';
import { type Cursor, char } from './cursor.ts';
import { parseInterval } from './interval.ts';
import { w } from './keywords.ts';
import { listOrQuery, queryInParentheses } from './parentheses.ts';
import { parsePrimary } from './primary.ts';

/** How tightly an operator binds; a higher level binds tighter. */
export const level = {
  or: 1,
  xor: 2,
  and: 3,
  not: 4,
  comparison: 5,
  predicate: 6,
  bitOr: 7,
  bitAnd: 8,
  shift: 9,
  sum: 10,
  product: 11,
  bitXor: 12,
  concat: 13,
  unary: 14,
} as const;

const NONE = 0;

const levelByKind = new Uint8Array(256);
levelByKind[token.orOr] = level.or;
levelByKind[token.andAnd] = level.and;
for (const kind of [
  0x3d,
  0x3c,
  0x3e,
  token.lessOrEqual,
  token.greaterOrEqual,
  token.notEqual,
  token.nullSafeEqual,
]) {
  levelByKind[kind] = level.comparison;
}
levelByKind[0x7c] = level.bitOr;
levelByKind[0x26] = level.bitAnd;
levelByKind[token.shiftLeft] = level.shift;
levelByKind[token.shiftRight] = level.shift;
levelByKind[char.plus] = level.sum;
levelByKind[char.minus] = level.sum;
levelByKind[char.star] = level.product;
levelByKind[0x2f] = level.product;
levelByKind[0x25] = level.product;
levelByKind[0x5e] = level.bitXor;

const levelByWord = new Uint8Array(wordCount);
levelByWord[w.or] = level.or;
levelByWord[w.xor] = level.xor;
levelByWord[w.and] = level.and;
levelByWord[w.is] = level.comparison;
for (const word of [w.in, w.between, w.like, w.regexp, w.rlike, w.member, w.sounds, w.not]) {
  levelByWord[word] = level.predicate;
}
levelByWord[w.div] = level.product;
levelByWord[w.mod] = level.product;

/** A whole expression. */
export function parseExpression(cursor: Cursor): Expression {
  const others = cursor.beginItem();
  const found = parseOperators(cursor, level.or);
  cursor.endItem(others);
  return found;
}

/** An expression of operators of at least the level. */
export function parseOperators(cursor: Cursor, least: number): Expression {
  const { start } = cursor;
  if (cursor.word === w.not && cursor.kind === token.word && !cursor.mode.highNotPrecedence) {
    if (least > level.not) cursor.fail('an operand');
    return continueOperators(cursor, parseNot(cursor), start, least, level.and);
  }
  return continueOperators(cursor, parseOperand(cursor), start, least, level.unary);
}

function parseNot(cursor: Cursor): Expression {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  const operand = parseOperators(cursor, level.not);
  cursor.leave();
  return { kind: 'unary', start, end: cursor.previousEnd, operator: 'not', operand };
}

/** An operand with its signs and COLLATE. */
export function parseOperand(cursor: Cursor): Expression {
  const { start } = cursor;
  return continueOperand(cursor, parsePrimary(cursor), start);
}

/** COLLATE behind an operand that was read from `start` on. */
export function continueOperand(cursor: Cursor, operand: Expression, start: number): Expression {
  let left = operand;
  for (let count = 1; cursor.word === w.collate && cursor.kind === token.word; count++) {
    cursor.chain(count);
    cursor.advance();
    const collation = cursor.takeNameOrString();
    left = { kind: 'collate', start, end: cursor.previousEnd, operand: left, collation };
  }
  return left;
}

/** The rest of an expression whose first operand was read already, without what COLLATE and operators add. */
export function continueExpression(cursor: Cursor, operand: Expression, start: number): Expression {
  return continueOperators(cursor, continueOperand(cursor, operand, start), start, level.or, level.unary);
}

function levelOfToken(cursor: Cursor): number {
  const { kind } = cursor;
  if (kind === token.word) return levelByWord[cursor.word]!;
  if (kind === token.orOr && cursor.mode.pipesAsConcat) return level.concat;
  return levelByKind[kind]!;
}

/** Operators of at least `least` and at most `most` behind an operand. */
function continueOperators(
  cursor: Cursor,
  operand: Expression,
  start: number,
  least: number,
  most: number,
): Expression {
  let left = operand;
  let ceiling = most;
  for (let count = 1; ; count++) {
    const found = levelOfToken(cursor);
    if (found === NONE || found < least || found > ceiling) return left;
    cursor.chain(count);
    ceiling = found;
    switch (found) {
      case level.or:
        left = parseLogical(cursor, left, start, 'or', level.or);
        break;
      case level.and:
        left = parseLogical(cursor, left, start, 'and', level.and);
        break;
      case level.comparison:
        if (cursor.kind !== token.word) {
          left = parseComparison(cursor, left, start);
          break;
        }
        left = parseIs(cursor, left, start);
        // IS TRUE and its like are whole conditions, unlike IS NULL.
        if (left.kind === 'is' && left.test !== 'null') ceiling = level.and;
        break;
      case level.predicate:
        left = parsePredicate(cursor, left, start);
        ceiling = level.comparison;
        break;
      case level.sum:
        left = parseSum(cursor, left, start);
        // Behind `+ INTERVAL x unit` stands a whole operand, whatever follows.
        if (left.kind === 'binary' && left.right.kind === 'interval') ceiling = level.bitXor;
        break;
      default:
        left = parseBinary(cursor, left, start, found);
    }
  }
}

/** AND or OR with all operands of the chain. */
function parseLogical(
  cursor: Cursor,
  left: Expression,
  start: number,
  operator: 'and' | 'or',
  own: number,
): Expression {
  const operands = [left];
  while (levelOfToken(cursor) === own) {
    cursor.advance();
    operands.push(parseOperators(cursor, own + 1));
  }
  return { kind: 'logical', start, end: cursor.previousEnd, operator, operands };
}

function comparisonOperator(kind: number): ComparisonOperator {
  switch (kind) {
    case 0x3d:
      return '=';
    case 0x3c:
      return '<';
    case 0x3e:
      return '>';
    case token.lessOrEqual:
      return '<=';
    case token.greaterOrEqual:
      return '>=';
    case token.nullSafeEqual:
      return '<=>';
    default:
      return '<>';
  }
}

function parseComparison(cursor: Cursor, left: Expression, start: number): Expression {
  const operator = comparisonOperator(cursor.kind);
  cursor.advance();
  const { word } = cursor;
  if (
    (word === w.all || word === w.any || word === w.some) &&
    cursor.kind === token.word &&
    cursor.peekKind() === char.open
  ) {
    cursor.advance();
    const query = queryInParentheses(cursor);
    const quantifier = word === w.all ? 'all' : 'any';
    return { kind: 'quantified', start, end: cursor.previousEnd, operator, quantifier, left, query };
  }
  const right = parseOperators(cursor, level.predicate);
  const node: Comparison = { kind: 'comparison', start, end: cursor.previousEnd, operator, left, right };
  return node;
}

function parseIs(cursor: Cursor, operand: Expression, start: number): Expression {
  cursor.advance();
  const negated = cursor.takeWord(w.not);
  let test: 'null' | 'true' | 'false' | 'unknown' = 'null';
  if (cursor.isWord(w.true)) test = 'true';
  else if (cursor.isWord(w.false)) test = 'false';
  else if (cursor.isWord(w.unknown)) test = 'unknown';
  else if (!cursor.isWord(w.null)) cursor.fail('NULL, TRUE, FALSE or UNKNOWN');
  cursor.advance();
  return { kind: 'is', start, end: cursor.previousEnd, operand, negated, test };
}

function parsePredicate(cursor: Cursor, operand: Expression, start: number): Expression {
  if (cursor.word === w.member) return parseMemberOf(cursor, operand, start);
  if (cursor.word === w.sounds) return parseSoundsLike(cursor, operand, start);
  const negated = cursor.takeWord(w.not);
  switch (cursor.kind === token.word ? cursor.word : 0) {
    case w.in:
      return parseIn(cursor, operand, start, negated);
    case w.between: {
      cursor.advance();
      const low = parseOperators(cursor, level.bitOr);
      cursor.expectWord(w.and);
      cursor.enter();
      const high = parseOperators(cursor, level.predicate);
      cursor.leave();
      return { kind: 'between', start, end: cursor.previousEnd, operand, negated, low, high };
    }
    case w.like: {
      cursor.advance();
      const pattern = parseOperators(cursor, level.concat);
      const escaper = cursor.takeWord(w.escape) ? parseOperators(cursor, level.concat) : undefined;
      return { kind: 'like', start, end: cursor.previousEnd, operand, negated, pattern, escape: escaper };
    }
    case w.regexp:
    case w.rlike: {
      cursor.advance();
      const pattern = parseOperators(cursor, level.bitOr);
      return { kind: 'regexp', start, end: cursor.previousEnd, operand, negated, pattern };
    }
    default:
      return cursor.fail('IN, BETWEEN, LIKE or REGEXP');
  }
}

function parseMemberOf(cursor: Cursor, operand: Expression, start: number): Expression {
  cursor.advance();
  cursor.takeWord(w.of);
  cursor.expectChar(char.open);
  const array = parseOperators(cursor, level.concat);
  cursor.expectChar(char.close);
  return { kind: 'memberOf', start, end: cursor.previousEnd, operand, array };
}

function parseSoundsLike(cursor: Cursor, left: Expression, start: number): Expression {
  cursor.advance();
  cursor.expectWord(w.like);
  const right = parseOperators(cursor, level.bitOr);
  return { kind: 'soundsLike', start, end: cursor.previousEnd, left, right };
}

function parseIn(cursor: Cursor, operand: Expression, start: number, negated: boolean): Expression {
  cursor.advance();
  const listStart = cursor.start;
  if (cursor.kind !== char.open) cursor.fail("'('");
  const found = listOrQuery(cursor);
  const end = cursor.previousEnd;
  if ('kind' in found) {
    return { kind: 'inSubquery', start, end, operand, negated, query: found.query };
  }
  return { kind: 'inList', start, end, operand, negated, items: found, listStart };
}

/** `+` and `-`, also with `INTERVAL x unit` behind them. */
function parseSum(cursor: Cursor, left: Expression, start: number): Expression {
  const operator = cursor.kind === char.plus ? '+' : '-';
  cursor.advance();
  let right: Expression;
  if (cursor.word === w.interval && cursor.kind === token.word) {
    const rightStart = cursor.start;
    right = parseInterval(cursor);
    // INTERVAL(a, b) is a function.
    if (right.kind !== 'interval') {
      right = continueOperand(cursor, right, rightStart);
      right = continueOperators(cursor, right, rightStart, level.product, level.unary);
    }
  } else {
    right = parseOperators(cursor, level.product);
  }
  return { kind: 'binary', start, end: cursor.previousEnd, operator, left, right };
}

function binaryOperator(cursor: Cursor): Binary['operator'] {
  switch (cursor.kind) {
    case token.word:
      if (cursor.word === w.xor) return 'xor';
      return cursor.word === w.div ? 'div' : '%';
    case token.orOr:
      return 'concat';
    case token.shiftLeft:
      return '<<';
    case token.shiftRight:
      return '>>';
    case 0x7c:
      return '|';
    case 0x26:
      return '&';
    case 0x5e:
      return '^';
    case char.star:
      return '*';
    case 0x2f:
      return '/';
    default:
      return '%';
  }
}

function parseBinary(cursor: Cursor, left: Expression, start: number, own: number): Expression {
  const operator = binaryOperator(cursor);
  cursor.advance();
  const right = parseOperators(cursor, own + 1);
  const node: Binary = { kind: 'binary', start, end: cursor.previousEnd, operator, left, right };
  return node;
}
