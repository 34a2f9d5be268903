/** Queries: WITH, SELECT, VALUES, TABLE, set operations, and what stands behind them. */
import type { Expression } from '../ast/expression.ts';
import type { Name } from '../ast/node.ts';
import type {
  CommonTableExpression,
  Hint,
  Into,
  Limit,
  LockedTable,
  Locking,
  NestedQuery,
  QueryBody,
  QueryExpression,
  SetOperation,
  TableBody,
  ValueRow,
  ValuesBody,
  WithClause,
} from '../ast/query.ts';
import { token } from '../lexer.ts';
import { type Cursor, char } from './cursor.ts';
import { w } from './keywords.ts';
import { variableName } from './name.ts';
import { queryInParentheses } from './parentheses.ts';
import { parsePrimary, parseStoredValue } from './primary.ts';
import { parseQueryBlock } from './select.ts';
import { parseOrderBy } from './window.ts';

const NO_LOCKING: readonly Locking[] = [];

/** Whether a query begins here; of a `(` nothing is known. */
export function isQueryStart(cursor: Cursor): boolean {
  if (cursor.kind !== token.word) return false;
  switch (cursor.word) {
    case w.select:
    case w.with:
    case w.table:
      return true;
    case w.values:
      return cursor.peekWord() === w.row;
    default:
      return false;
  }
}

/** Whether the word can only go on with a query whose parentheses were just closed. */
export function isQueryTail(cursor: Cursor): boolean {
  if (cursor.kind !== token.word) return false;
  switch (cursor.word) {
    case w.union:
    case w.except:
    case w.intersect:
    case w.order:
    case w.limit:
    case w.into:
    case w.for:
    case w.lock:
      return true;
    default:
      return false;
  }
}

/** A query with or without parentheses. */
export function parseQuery(cursor: Cursor): QueryExpression {
  const { start } = cursor;
  const withClause = cursor.isWord(w.with) ? parseWith(cursor) : undefined;
  return finishQuery(cursor, start, withClause, parseUnion(cursor, parseBody(cursor)));
}

/** A query behind its WITH clause. */
export function parseQueryAfterWith(cursor: Cursor, withClause: WithClause): QueryExpression {
  return finishQuery(cursor, withClause.start, withClause, parseUnion(cursor, parseBody(cursor)));
}

/** The rest of a query whose first operand stood in parentheses and was read already. */
export function continueQuery(cursor: Cursor, first: NestedQuery, start: number): QueryExpression {
  return finishQuery(cursor, start, undefined, parseUnion(cursor, first));
}

function finishQuery(
  cursor: Cursor,
  start: number,
  withClause: WithClause | undefined,
  body: QueryBody,
): QueryExpression {
  const orderBy = cursor.isWord(w.order) ? parseOrderBy(cursor) : undefined;
  const limit = cursor.isWord(w.limit) ? parseLimit(cursor) : undefined;
  let into: Into | undefined;
  let locking = NO_LOCKING;
  if (cursor.kind === token.word) {
    if (cursor.word === w.into) into = parseInto(cursor);
    if (cursor.word === w.for || cursor.word === w.lock) locking = parseLocking(cursor);
    if (into === undefined && cursor.word === w.into && cursor.kind === token.word) into = parseInto(cursor);
  }
  return {
    kind: 'query',
    start,
    end: cursor.previousEnd,
    with: withClause,
    body,
    orderBy,
    limit,
    into,
    locking,
  };
}

// --- bodies ---

/** Set operations behind their first operand; INTERSECT binds tighter than the others. */
function parseUnion(cursor: Cursor, first: QueryBody): QueryBody {
  let left = parseIntersect(cursor, first);
  for (let count = 1; cursor.isWord(w.union) || cursor.isWord(w.except); count++) {
    const operator = cursor.word === w.union ? 'union' : 'except';
    cursor.advance();
    const all = takeAll(cursor);
    const right = parseIntersect(cursor, parseBody(cursor));
    left = joinBodies(cursor, left, right, operator, all, count);
  }
  return left;
}

function parseIntersect(cursor: Cursor, first: QueryBody): QueryBody {
  let left = first;
  for (let count = 1; cursor.isWord(w.intersect); count++) {
    cursor.advance();
    const all = takeAll(cursor);
    left = joinBodies(cursor, left, parseBody(cursor), 'intersect', all, count);
  }
  return left;
}

/** A chain of one operator is one node. */
function joinBodies(
  cursor: Cursor,
  left: QueryBody,
  right: QueryBody,
  operator: SetOperation['operator'],
  all: boolean,
  count: number,
): SetOperation {
  const end = cursor.previousEnd;
  if (left.kind === 'setOperation' && left.operator === operator && left.all === all) {
    // The node is still this parser's own: only a finished query is handed out.
    (left.operands as QueryBody[]).push(right);
    (left as { end: number }).end = end;
    return left;
  }
  cursor.chain(count);
  return { kind: 'setOperation', start: left.start, end, operator, all, operands: [left, right] };
}

function takeAll(cursor: Cursor): boolean {
  if (cursor.takeWord(w.all)) return true;
  cursor.takeWord(w.distinct);
  return false;
}

function parseBody(cursor: Cursor): QueryBody {
  if (cursor.kind === char.open) {
    const { start } = cursor;
    const query = queryInParentheses(cursor);
    return { kind: 'nestedQuery', start, end: cursor.previousEnd, query };
  }
  switch (cursor.kind === token.word ? cursor.word : 0) {
    case w.select:
      return parseQueryBlock(cursor);
    case w.values:
      return parseValues(cursor);
    case w.table:
      return parseTableBody(cursor);
    default:
      return cursor.fail('a query');
  }
}

function parseValues(cursor: Cursor): ValuesBody {
  const { start } = cursor;
  cursor.advance();
  const rows: ValueRow[] = [];
  do {
    const rowStart = cursor.start;
    cursor.expectWord(w.row);
    rows.push(parseValueRow(cursor, rowStart));
  } while (cursor.takeChar(char.comma));
  return { kind: 'values', start, end: cursor.previousEnd, rows };
}

/** `(a, DEFAULT, …)`; it can be empty. */
export function parseValueRow(cursor: Cursor, start: number): ValueRow {
  cursor.expectChar(char.open);
  const values: Expression[] = [];
  if (cursor.kind !== char.close) {
    do values.push(parseStoredValue(cursor));
    while (cursor.takeChar(char.comma));
  }
  cursor.expectChar(char.close);
  return { kind: 'valueRow', start, end: cursor.previousEnd, values };
}

function parseTableBody(cursor: Cursor): TableBody {
  const { start } = cursor;
  cursor.advance();
  let schema: string | undefined;
  let nameStart = cursor.start;
  let name = cursor.takeNameText();
  if (cursor.takeChar(char.dot)) {
    schema = name;
    nameStart = cursor.start;
    name = cursor.takeNameText();
  }
  return { kind: 'tableBody', start, end: cursor.previousEnd, schema, name, nameStart };
}

// --- around the body ---

/** A WITH clause from its first word on. */
export function parseWith(cursor: Cursor): WithClause {
  const { start } = cursor;
  cursor.advance();
  const recursive = cursor.takeWord(w.recursive);
  const expressions: CommonTableExpression[] = [];
  do {
    const own = cursor.start;
    const name = cursor.takeName();
    const columns: readonly Name[] = cursor.kind === char.open ? cursor.takeNameList() : [];
    cursor.expectWord(w.as);
    const query = queryInParentheses(cursor);
    expressions.push({ kind: 'commonTable', start: own, end: cursor.previousEnd, name, columns, query });
  } while (cursor.takeChar(char.comma));
  return { kind: 'with', start, end: cursor.previousEnd, recursive, expressions };
}

/** `LIMIT …` from LIMIT on. */
export function parseLimit(cursor: Cursor): Limit {
  const { start } = cursor;
  cursor.advance();
  const first = parseLimitValue(cursor);
  let count = first;
  let offset: Expression | undefined;
  if (cursor.takeChar(char.comma)) {
    offset = first;
    count = parseLimitValue(cursor);
  } else if (cursor.takeWord(w.offset)) {
    offset = parseLimitValue(cursor);
  }
  return { kind: 'limit', start, end: cursor.previousEnd, count, offset };
}

/** A literal, a marker, or the name of a routine's variable. */
function parseLimitValue(cursor: Cursor): Expression {
  const { kind } = cursor;
  const isNumber = kind === token.integer || kind === token.hex || kind === token.bit;
  if (!isNumber && kind !== char.question && !cursor.isName()) cursor.fail('a number');
  const value = parsePrimary(cursor);
  const isSimple = value.kind === 'literal' || value.kind === 'parameter' || value.kind === 'column';
  return isSimple ? value : cursor.fail('a number');
}

/** LIMIT of UPDATE and DELETE, if it is here: it has no offset. */
export function parseRowLimit(cursor: Cursor): Limit | undefined {
  if (!cursor.isWord(w.limit)) return undefined;
  const limit = parseLimit(cursor);
  return limit.offset === undefined ? limit : cursor.fail('no offset');
}

function parseLocking(cursor: Cursor): Locking[] {
  const clauses: Locking[] = [];
  for (;;) {
    const { start } = cursor;
    if (cursor.takeWord(w.lock)) {
      cursor.expectWord(w.in);
      cursor.expectWord(w.share);
      cursor.expectWord(w.mode);
      const end = cursor.previousEnd;
      clauses.push({ kind: 'locking', start, end, strength: 'shareMode', tables: [], wait: undefined });
    } else if (cursor.takeWord(w.for)) {
      const strength = cursor.takeWord(w.share) ? 'share' : 'update';
      if (strength === 'update') cursor.expectWord(w.update);
      const tables = cursor.takeWord(w.of) ? parseLockedTables(cursor) : [];
      let wait: Locking['wait'];
      if (cursor.takeWord(w.nowait)) wait = 'nowait';
      else if (cursor.takeWord(w.skip)) {
        cursor.expectWord(w.locked);
        wait = 'skipLocked';
      }
      clauses.push({ kind: 'locking', start, end: cursor.previousEnd, strength, tables, wait });
    } else {
      return clauses;
    }
  }
}

function parseLockedTables(cursor: Cursor): LockedTable[] {
  const tables: LockedTable[] = [];
  do {
    const { start } = cursor;
    let name = cursor.takeNameText();
    let schema: string | undefined;
    if (cursor.takeChar(char.dot)) {
      schema = name;
      name = cursor.takeNameText();
    }
    tables.push({ kind: 'lockedTable', start, end: cursor.previousEnd, schema, name });
  } while (cursor.takeChar(char.comma));
  return tables;
}

/** `INTO …` from INTO on. */
export function parseInto(cursor: Cursor): Into {
  const { start } = cursor;
  cursor.advance();
  const variables: Name[] = [];
  if (cursor.isWord(w.outfile) || cursor.isWord(w.dumpfile)) {
    const target = cursor.word === w.outfile ? 'outfile' : 'dumpfile';
    cursor.advance();
    if (cursor.kind !== token.string) cursor.fail("a file's name as a string");
    cursor.advance();
    while (isFileOption(cursor)) cursor.advance();
    return { kind: 'into', start, end: cursor.previousEnd, target, variables };
  }
  do {
    if (cursor.kind === token.userVariable) {
      const name: Name = { kind: 'name', start: cursor.start, end: cursor.end, text: variableName(cursor) };
      cursor.advance();
      variables.push(name);
    } else {
      variables.push(cursor.takeName());
    }
  } while (cursor.takeChar(char.comma));
  return { kind: 'into', start, end: cursor.previousEnd, target: 'variables', variables };
}

/** Format words behind a file's name run up to the next clause. */
function isFileOption(cursor: Cursor): boolean {
  const { kind } = cursor;
  if (kind === token.string || kind === token.hex || kind === token.bit) return true;
  if (kind === token.quotedName) return true;
  if (kind !== token.word) return false;
  return cursor.word !== w.from && !isQueryTail(cursor);
}

/** A hint comment if the current token is one. */
export function takeHint(cursor: Cursor): Hint | undefined {
  if (cursor.kind !== token.hint) return undefined;
  const { start, end } = cursor;
  cursor.advance();
  return { kind: 'hint', start, end };
}
