/** Windows and the items of ORDER BY, which stand in queries and in calls. */
import type { Over } from '../ast/expression.ts';
import type {
  FrameBound,
  OrderBy,
  OrderItem,
  WindowDefinition,
  WindowFrame,
  WindowSpecification,
} from '../ast/query.ts';
import { token } from '../lexer.ts';
import { type Cursor, char } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { parseExpressionOrInterval } from './interval.ts';
import { w } from './keywords.ts';

/** `ORDER BY a, b DESC` from ORDER on. */
export function parseOrderBy(cursor: Cursor): OrderBy {
  const { start } = cursor;
  const items = parseOrderItems(cursor);
  return { kind: 'orderBy', start, end: cursor.previousEnd, items };
}

/** The items of `ORDER BY …`, from ORDER on. */
export function parseOrderItems(cursor: Cursor): OrderItem[] {
  cursor.advance();
  cursor.expectWord(w.by);
  return parseOrderList(cursor);
}

/** `a, b DESC, …` */
export function parseOrderList(cursor: Cursor): OrderItem[] {
  const items = [parseOrderItem(cursor)];
  while (cursor.takeChar(char.comma)) items.push(parseOrderItem(cursor));
  return items;
}

function parseOrderItem(cursor: Cursor): OrderItem {
  const { start } = cursor;
  const expression = parseExpression(cursor);
  let direction: OrderItem['direction'];
  if (cursor.takeWord(w.asc)) direction = 'asc';
  else if (cursor.takeWord(w.desc)) direction = 'desc';
  return { kind: 'orderItem', start, end: cursor.previousEnd, expression, direction };
}

/** What stands behind OVER. */
export function parseOver(cursor: Cursor): Over {
  return cursor.kind === char.open ? parseWindowSpecification(cursor) : cursor.takeName();
}

/** `name AS (…)` of WINDOW. */
export function parseWindowDefinition(cursor: Cursor): WindowDefinition {
  const { start } = cursor;
  const name = cursor.takeName();
  cursor.expectWord(w.as);
  const specification = parseWindowSpecification(cursor);
  return { kind: 'windowDefinition', start, end: cursor.previousEnd, name, specification };
}

function parseWindowSpecification(cursor: Cursor): WindowSpecification {
  const { start } = cursor;
  cursor.enter();
  cursor.expectChar(char.open);
  const isFrame = cursor.isWord(w.rows) || cursor.isWord(w.range) || cursor.isWord(w.groups);
  const base = !isFrame && cursor.isName() ? cursor.takeName() : undefined;
  const partitionBy = [];
  if (cursor.takeWord(w.partition)) {
    cursor.expectWord(w.by);
    do partitionBy.push(parseExpression(cursor));
    while (cursor.takeChar(char.comma));
  }
  const orderBy = cursor.isWord(w.order) ? parseOrderItems(cursor) : [];
  const frame = parseFrame(cursor);
  cursor.expectChar(char.close);
  cursor.leave();
  return { kind: 'window', start, end: cursor.previousEnd, base, partitionBy, orderBy, frame };
}

function parseFrame(cursor: Cursor): WindowFrame | undefined {
  const { start } = cursor;
  let units: WindowFrame['units'];
  if (cursor.takeWord(w.rows)) units = 'rows';
  else if (cursor.takeWord(w.range)) units = 'range';
  else if (cursor.takeWord(w.groups)) units = 'groups';
  else return undefined;
  let from: FrameBound;
  let to: FrameBound | undefined;
  if (cursor.takeWord(w.between)) {
    from = parseBound(cursor);
    cursor.expectWord(w.and);
    to = parseBound(cursor);
  } else {
    from = parseBound(cursor);
  }
  const exclude = cursor.takeWord(w.exclude) ? takeExclusion(cursor) : undefined;
  return { kind: 'frame', start, end: cursor.previousEnd, units, from, to, exclude };
}

function takeExclusion(cursor: Cursor): WindowFrame['exclude'] {
  if (cursor.takeWord(w.current)) {
    cursor.expectWord(w.row);
    return 'currentRow';
  }
  if (cursor.takeWord(w.group)) return 'group';
  if (cursor.takeWord(w.ties)) return 'ties';
  cursor.expectWord(w.no);
  cursor.expectWord(w.others);
  return 'noOthers';
}

function parseBound(cursor: Cursor): FrameBound {
  const { start } = cursor;
  if (cursor.kind === token.word && cursor.word === w.current) {
    cursor.advance();
    cursor.expectWord(w.row);
    return { kind: 'frameBound', start, end: cursor.previousEnd, bound: 'currentRow', amount: undefined };
  }
  const amount = cursor.takeWord(w.unbounded) ? undefined : parseExpressionOrInterval(cursor);
  const isPreceding = cursor.takeWord(w.preceding);
  if (!isPreceding) cursor.expectWord(w.following);
  let bound: FrameBound['bound'];
  if (amount === undefined) bound = isPreceding ? 'unboundedPreceding' : 'unboundedFollowing';
  else bound = isPreceding ? 'preceding' : 'following';
  return { kind: 'frameBound', start, end: cursor.previousEnd, bound, amount };
}
