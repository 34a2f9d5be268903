/** Parentheses, of which only their content tells whether they hold a query, a row or an operand. */
import type { Expression } from '../ast/expression.ts';
import type { NestedQuery, QueryExpression } from '../ast/query.ts';
import { type Cursor, char } from './cursor.ts';
import { continueExpression, parseExpression } from './expression.ts';
import { continueQuery, isQueryStart, isQueryTail, parseQuery } from './query.ts';

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

export function fromParentheses(found: NestedQuery | Expression[], start: number, end: number): Expression {
  if ('kind' in found) return { kind: 'subquery', start, end, query: found.query };
  if (found.length > 1) return { kind: 'row', start, end, items: found };
  const only = found[0]!;
  // Nobody has seen the node yet; from here on the parentheses are part of its text.
  const own = only as { start: number; end: number };
  own.start = start;
  own.end = end;
  return only;
}

export function parseParentheses(cursor: Cursor): Expression {
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
