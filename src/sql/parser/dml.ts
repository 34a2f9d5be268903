/** INSERT, REPLACE, UPDATE, DELETE. */
import type {
  Assignment,
  DeleteStatement,
  DeleteTarget,
  InsertSource,
  InsertStatement,
  UpdateStatement,
} from '../ast/dml.ts';
import type { ColumnReference } from '../ast/expression.ts';
import type { Name } from '../ast/node.ts';
import type { Alias, ValueRow, WithClause } from '../ast/query.ts';
import type { TableName, TableReference } from '../ast/table.ts';
import { token } from '../lexer.ts';
import { type Cursor, char } from './cursor.ts';
import { w } from './keywords.ts';
import { parseColumn } from './name.ts';
import { parseStoredValue } from './primary.ts';
import { isQueryStart, parseQuery, parseRowLimit, parseValueRow, takeHint } from './query.ts';
import { parseCondition } from './select.ts';
import { parseTableAlias, parseTableName, parseTables } from './table.ts';
import { parseOrderBy } from './window.ts';

const NONE = -1;
const NO_NAMES: readonly Name[] = [];

/** INSERT or REPLACE from its verb on. */
export function parseInsert(cursor: Cursor): InsertStatement {
  const { start, end: verbEnd } = cursor;
  const kind = cursor.word === w.replace ? 'replace' : 'insert';
  const isInsert = kind === 'insert';
  cursor.advance();
  const hint = takeHint(cursor);
  let priority: InsertStatement['priority'];
  if (cursor.takeWord(w.low_priority)) priority = 'low';
  else if (cursor.takeWord(w.delayed)) priority = 'delayed';
  else if (isInsert && cursor.takeWord(w.high_priority)) priority = 'high';
  const ignore = isInsert && cursor.takeWord(w.ignore);
  cursor.takeWord(w.into);
  const table = parseTableName(cursor, false);
  const columnsStart = isColumnList(cursor) ? cursor.start : NONE;
  const columns = columnsStart === NONE ? undefined : parseColumnList(cursor);
  const columnsEnd = columnsStart === NONE ? NONE : cursor.previousEnd;
  const source = parseSource(cursor);
  let rowAlias: Alias | undefined;
  let columnAliases = NO_NAMES;
  if (isInsert && source.kind !== 'insertQuery' && cursor.isWord(w.as)) {
    rowAlias = parseTableAlias(cursor);
    if (cursor.kind === char.open) columnAliases = cursor.takeNameList();
  }
  const onDuplicateStart = isInsert && cursor.isWord(w.on) ? cursor.start : NONE;
  const onDuplicate = onDuplicateStart === NONE ? undefined : parseOnDuplicate(cursor);
  return {
    kind,
    start,
    end: cursor.previousEnd,
    verbEnd,
    hint,
    priority,
    ignore,
    table,
    columns,
    columnsStart,
    columnsEnd,
    source,
    rowAlias,
    columnAliases,
    onDuplicate,
    onDuplicateStart,
    parameterCount: cursor.parameterCount,
    hasVersionComment: cursor.hasVersionComment,
  };
}

/** Whether the `(` behind the table opens a list of columns and not a query. */
function isColumnList(cursor: Cursor): boolean {
  if (cursor.kind !== char.open) return false;
  if (cursor.peekKind() === char.open) return false;
  switch (cursor.peekWord()) {
    case w.select:
    case w.with:
    case w.table:
    case w.values:
      return false;
    default:
      return true;
  }
}

function parseColumnList(cursor: Cursor): ColumnReference[] {
  cursor.advance();
  const columns: ColumnReference[] = [];
  if (cursor.kind !== char.close) {
    do columns.push(parseColumn(cursor));
    while (cursor.takeChar(char.comma));
  }
  cursor.expectChar(char.close);
  return columns;
}

function parseSource(cursor: Cursor): InsertSource {
  const { start } = cursor;
  if (isQueryStart(cursor) || cursor.kind === char.open) {
    const query = parseQuery(cursor);
    return { kind: 'insertQuery', start, end: cursor.previousEnd, query };
  }
  if (cursor.takeWord(w.set)) {
    const assignments = parseAssignments(cursor);
    return { kind: 'insertSet', start, end: cursor.previousEnd, assignments };
  }
  if (!cursor.takeWord(w.values)) cursor.expectWord(w.value);
  const rows: ValueRow[] = [];
  do rows.push(parseValueRow(cursor, cursor.start));
  while (cursor.takeChar(char.comma));
  return { kind: 'insertRows', start, end: cursor.previousEnd, rows };
}

function parseOnDuplicate(cursor: Cursor): Assignment[] {
  cursor.advance();
  cursor.expectWord(w.duplicate);
  cursor.expectWord(w.key);
  cursor.expectWord(w.update);
  return parseAssignments(cursor);
}

/** `a = 1, b = DEFAULT`. */
export function parseAssignments(cursor: Cursor): Assignment[] {
  const assignments: Assignment[] = [];
  do {
    const { start } = cursor;
    const column = parseColumn(cursor);
    if (cursor.kind === token.assign) cursor.advance();
    else cursor.expectChar(char.equal);
    const value = parseStoredValue(cursor);
    assignments.push({ kind: 'assignment', start, end: cursor.previousEnd, column, value });
  } while (cursor.takeChar(char.comma));
  return assignments;
}

/** UPDATE from its verb on; a WITH clause was read before. */
export function parseUpdate(cursor: Cursor, withClause?: WithClause): UpdateStatement {
  const start = withClause?.start ?? cursor.start;
  const verbEnd = cursor.end;
  cursor.advance();
  const hint = takeHint(cursor);
  const lowPriority = cursor.takeWord(w.low_priority);
  const ignore = cursor.takeWord(w.ignore);
  const tables = parseTables(cursor);
  cursor.expectWord(w.set);
  const assignmentsStart = cursor.start;
  const assignments = parseAssignments(cursor);
  const assignmentsEnd = cursor.previousEnd;
  const where = parseCondition(cursor, w.where);
  const orderBy = cursor.isWord(w.order) ? parseOrderBy(cursor) : undefined;
  const limit = parseRowLimit(cursor);
  return {
    kind: 'update',
    start,
    end: cursor.previousEnd,
    verbEnd,
    hint,
    with: withClause,
    lowPriority,
    ignore,
    tables,
    assignments,
    assignmentsStart,
    assignmentsEnd,
    where,
    orderBy,
    limit,
    parameterCount: cursor.parameterCount,
    hasVersionComment: cursor.hasVersionComment,
  };
}

/** What stands between DELETE's options and WHERE. */
type DeleteTables = Pick<DeleteStatement, 'form' | 'targets' | 'tables'>;

/** DELETE from its verb on; a WITH clause was read before. */
export function parseDelete(cursor: Cursor, withClause?: WithClause): DeleteStatement {
  const start = withClause?.start ?? cursor.start;
  const verbEnd = cursor.end;
  cursor.advance();
  const hint = takeHint(cursor);
  let lowPriority = false;
  let quick = false;
  let ignore = false;
  for (;;) {
    if (cursor.takeWord(w.low_priority)) lowPriority = true;
    else if (cursor.takeWord(w.quick)) quick = true;
    else if (cursor.takeWord(w.ignore)) ignore = true;
    else break;
  }
  const { form, targets, tables } = parseDeleteTables(cursor);
  const where = parseCondition(cursor, w.where);
  const isSingle = form === 'single';
  const orderBy = isSingle && cursor.isWord(w.order) ? parseOrderBy(cursor) : undefined;
  const limit = isSingle ? parseRowLimit(cursor) : undefined;
  return {
    kind: 'delete',
    start,
    end: cursor.previousEnd,
    verbEnd,
    hint,
    with: withClause,
    lowPriority,
    quick,
    ignore,
    form,
    targets,
    tables,
    where,
    orderBy,
    limit,
    parameterCount: cursor.parameterCount,
    hasVersionComment: cursor.hasVersionComment,
  };
}

function parseDeleteTables(cursor: Cursor): DeleteTables {
  if (!cursor.takeWord(w.from)) {
    const targets = parseTargets(cursor);
    cursor.expectWord(w.from);
    return { form: 'from', targets, tables: parseTables(cursor) };
  }
  const target = parseTarget(cursor);
  if (target.hasStar || cursor.kind === char.comma || cursor.isWord(w.using)) {
    const targets = [target.node];
    while (cursor.takeChar(char.comma)) targets.push(parseTarget(cursor).node);
    cursor.expectWord(w.using);
    return { form: 'using', targets, tables: parseTables(cursor) };
  }
  return { form: 'single', targets: [], tables: [singleTable(cursor, target)] };
}

type Target = Readonly<{ node: DeleteTarget; nameStart: number; hasStar: boolean }>;

function parseTargets(cursor: Cursor): DeleteTarget[] {
  const targets = [parseTarget(cursor).node];
  while (cursor.takeChar(char.comma)) targets.push(parseTarget(cursor).node);
  return targets;
}

/** `t`, `t.*`, `s.t`, `s.t.*`. */
function parseTarget(cursor: Cursor): Target {
  const { start } = cursor;
  let schema: string | undefined;
  let nameStart = start;
  let name = cursor.takeNameText();
  let hasStar = false;
  for (let part = 2; !hasStar && cursor.takeChar(char.dot); part++) {
    if (cursor.takeChar(char.star)) {
      hasStar = true;
    } else {
      if (part > 2) cursor.fail("'*'");
      schema = name;
      nameStart = cursor.start;
      name = cursor.takeNameText();
    }
  }
  const node: DeleteTarget = { kind: 'deleteTarget', start, end: cursor.previousEnd, schema, name };
  return { node, nameStart, hasStar };
}

/** The table of `DELETE FROM t AS a PARTITION (p)`; here the alias comes first. */
function singleTable(cursor: Cursor, { node, nameStart }: Target): TableReference {
  const alias = parseTableAlias(cursor);
  const partitions = cursor.takeWord(w.partition) ? cursor.takeNameList() : NO_NAMES;
  const table: TableName = {
    kind: 'table',
    start: node.start,
    end: cursor.previousEnd,
    schema: node.schema,
    name: node.name,
    nameStart,
    nameEnd: node.end,
    partitions,
    alias,
    indexHints: [],
    sample: undefined,
  };
  return table;
}
