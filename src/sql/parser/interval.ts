/** INTERVAL: a part of date arithmetic, an argument, or a function. */
import type { Call, Expression, Interval } from '../ast/expression.ts';
import { token } from '../lexer.ts';
import { wordName } from '../words.ts';
import { makeCall } from './call.ts';
import { type Cursor, char } from './cursor.ts';
import { continueExpression, level, parseExpression, parseOperators } from './expression.ts';
import { isUnit, w } from './keywords.ts';
import { fromParentheses, listOrQuery } from './parentheses.ts';

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
export function parseIntervalOperand(cursor: Cursor): Expression {
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
