/** USE, EXPLAIN, DESCRIBE, LOCK TABLES, KILL, DO, CALL and table maintenance. */
import type {
  CallStatement,
  DescribeTable,
  DoStatement,
  ExplainStatement,
  KillStatement,
  LockTables,
  MaintainTables,
  OtherStatement,
  TableLock,
  UnlockTables,
  UseStatement,
} from '../ast/administration.ts';
import type { Expression, UserVariable } from '../ast/expression.ts';
import type { ParsedStatement, SyntaxProblem } from '../ast/statement.ts';
import { token } from '../lexer.ts';
import { wordName } from '../words.ts';
import { type Cursor, char } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { variableName } from './name.ts';
import { parseByTwoWords, parseOther } from './other.ts';
import { parseTableAlias } from './table.ts';
import { takeTable, takeTables } from './table-name.ts';
import { takeNameOrText, takeNumber, wordIds } from './words.ts';

const k = wordIds(
  'analyze',
  'as',
  'check',
  'checksum',
  'connection',
  'database',
  'drop',
  'for',
  'format',
  'instance',
  'into',
  'local',
  'low_priority',
  'no_write_to_binlog',
  'optimize',
  'query',
  'read',
  'repair',
  'schema',
  'table',
  'tables',
  'update',
  'write',
);

type Statement = Exclude<ParsedStatement, SyntaxProblem>;
/** Reads the explained statement: only the entry knows all statements. */
type Inner = (cursor: Cursor) => Statement;

/** USE database. */
export function parseUse(cursor: Cursor): UseStatement {
  const { start } = cursor;
  cursor.advance();
  const database = cursor.takeName();
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'use', start, end, database, hasVersionComment };
}

// --- EXPLAIN ---

/** EXPLAIN, DESCRIBE, DESC. */
export function parseExplain(cursor: Cursor, parseInner: Inner): ExplainStatement | DescribeTable {
  const { start } = cursor;
  cursor.advance();
  const analyze = cursor.takeWord(k.analyze);
  let format: string | undefined;
  if (cursor.isWord(k.format) && cursor.peekKind() === char.equal) {
    cursor.advance();
    cursor.advance();
    format = takeNameOrText(cursor).text.toLowerCase();
  }
  if (!analyze && format === undefined && cursor.isName()) return parseDescribe(cursor, start);
  const into = cursor.takeWord(k.into) ? takeUserVariable(cursor) : undefined;
  const database = takeForSchema(cursor);
  const isConnection = cursor.isWord(k.for) && cursor.peekWord() === k.connection;
  let connection: string | undefined;
  let statement: Statement | undefined;
  if (isConnection) {
    cursor.advance();
    cursor.advance();
    connection = takeNumber(cursor);
  } else {
    statement = parseInner(cursor);
  }
  const { previousEnd: end, parameterCount, hasVersionComment } = cursor;
  return {
    kind: 'explain',
    start,
    end,
    analyze,
    format,
    vexplain: undefined,
    into,
    database,
    connection,
    statement,
    parameterCount,
    hasVersionComment,
  };
}

function takeUserVariable(cursor: Cursor): UserVariable {
  if (cursor.kind !== token.userVariable) return cursor.fail('a user variable');
  const { start, end } = cursor;
  const name = variableName(cursor);
  cursor.advance();
  return { kind: 'userVariable', start, end, name };
}

function takeForSchema(cursor: Cursor): ExplainStatement['database'] {
  if (!cursor.isWord(k.for)) return undefined;
  if (cursor.peekWord() !== k.schema && cursor.peekWord() !== k.database) return undefined;
  cursor.advance();
  cursor.advance();
  return cursor.takeName();
}

function parseDescribe(cursor: Cursor, start: number): DescribeTable {
  const table = takeTable(cursor);
  const hasColumn = cursor.isName() || cursor.kind === token.string;
  const column = hasColumn ? takeNameOrText(cursor) : undefined;
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'describe', start, end, table, column, hasVersionComment };
}

const vexplainKinds: ReadonlyMap<string, ExplainStatement['vexplain']> = new Map([
  ['plan', 'plan'],
  ['queries', 'queries'],
  ['all', 'all'],
  ['trace', 'trace'],
  ['keys', 'keys'],
]);

/** VEXPLAIN [PLAN | QUERIES | ALL | TRACE | KEYS] statement: the router's own. */
export function parseVexplain(cursor: Cursor, parseInner: Inner): ExplainStatement {
  const { start } = cursor;
  cursor.advance();
  const named =
    cursor.kind === token.word ? vexplainKinds.get(cursor.sliceLower(cursor.start, cursor.end)) : undefined;
  if (named !== undefined) cursor.advance();
  const statement = parseInner(cursor);
  const { previousEnd: end, parameterCount, hasVersionComment } = cursor;
  return {
    kind: 'explain',
    start,
    end,
    analyze: false,
    format: undefined,
    vexplain: named ?? 'plan',
    into: undefined,
    database: undefined,
    connection: undefined,
    statement,
    parameterCount,
    hasVersionComment,
  };
}

// --- locks ---

/** LOCK TABLES, LOCK INSTANCE. */
export function parseLock(cursor: Cursor): LockTables | OtherStatement {
  if (cursor.peekWord() === k.instance) return parseByTwoWords(cursor);
  const { start } = cursor;
  cursor.advance();
  takeTableWord(cursor);
  const locks: TableLock[] = [];
  do {
    const plain = takeTable(cursor);
    const alias = parseTableAlias(cursor);
    const table = alias === undefined ? plain : { ...plain, end: cursor.previousEnd, alias };
    const mode = takeLockMode(cursor);
    locks.push({ kind: 'tableLock', start: table.start, end: cursor.previousEnd, table, mode });
  } while (cursor.takeChar(char.comma));
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'lockTables', start, end, locks, hasVersionComment };
}

function takeLockMode(cursor: Cursor): TableLock['mode'] {
  if (cursor.takeWord(k.read)) return cursor.takeWord(k.local) ? 'read local' : 'read';
  cursor.takeWord(k.low_priority);
  cursor.expectWord(k.write);
  return 'write';
}

function takeTableWord(cursor: Cursor): void {
  if (!cursor.takeWord(k.table)) cursor.expectWord(k.tables);
}

/** UNLOCK TABLES, UNLOCK INSTANCE. */
export function parseUnlock(cursor: Cursor): UnlockTables | OtherStatement {
  if (cursor.peekWord() === k.instance) return parseByTwoWords(cursor);
  const { start } = cursor;
  cursor.advance();
  takeTableWord(cursor);
  return {
    kind: 'unlockTables',
    start,
    end: cursor.previousEnd,
    hasVersionComment: cursor.hasVersionComment,
  };
}

// --- KILL, DO, CALL ---

/** KILL [CONNECTION | QUERY] id. */
export function parseKill(cursor: Cursor): KillStatement {
  const { start } = cursor;
  cursor.advance();
  const target = cursor.takeWord(k.query) ? 'query' : 'connection';
  if (target === 'connection') cursor.takeWord(k.connection);
  const id = parseExpression(cursor);
  const { previousEnd: end, parameterCount, hasVersionComment } = cursor;
  return { kind: 'kill', start, end, target, id, parameterCount, hasVersionComment };
}

/** DO expressions; they may have aliases, which mean nothing. */
export function parseDo(cursor: Cursor): DoStatement {
  const { start } = cursor;
  cursor.advance();
  const expressions: Expression[] = [];
  do {
    expressions.push(parseExpression(cursor));
    const hasAlias = cursor.takeWord(k.as);
    if (hasAlias || cursor.isName() || cursor.kind === token.string) takeNameOrText(cursor);
  } while (cursor.takeChar(char.comma));
  const { previousEnd: end, parameterCount, hasVersionComment } = cursor;
  return { kind: 'do', start, end, expressions, parameterCount, hasVersionComment };
}

/** CALL routine(arguments). */
export function parseCallStatement(cursor: Cursor): CallStatement {
  const { start } = cursor;
  cursor.advance();
  const { start: nameStart, end: nameEnd, schema, name } = takeTable(cursor);
  const routine = { kind: 'routineName', start: nameStart, end: nameEnd, schema, name } as const;
  const args: Expression[] = [];
  if (cursor.takeChar(char.open)) {
    if (cursor.kind !== char.close) {
      do args.push(parseExpression(cursor));
      while (cursor.takeChar(char.comma));
    }
    cursor.expectChar(char.close);
  }
  const { previousEnd: end, parameterCount, hasVersionComment } = cursor;
  return { kind: 'callRoutine', start, end, routine, args, parameterCount, hasVersionComment };
}

// --- maintenance ---

const maintenanceActions: ReadonlyMap<number, MaintainTables['action']> = new Map([
  [k.analyze, 'analyze'],
  [k.check, 'check'],
  [k.checksum, 'checksum'],
  [k.optimize, 'optimize'],
  [k.repair, 'repair'],
]);

/** ANALYZE, CHECK, CHECKSUM, OPTIMIZE, REPAIR TABLE. */
export function parseMaintenance(cursor: Cursor): MaintainTables {
  const { start } = cursor;
  const action = maintenanceActions.get(cursor.word)!;
  cursor.advance();
  if (!cursor.takeWord(k.no_write_to_binlog)) cursor.takeWord(k.local);
  takeTableWord(cursor);
  const tables = takeTables(cursor);
  takeMaintenanceOptions(cursor, action);
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'maintainTables', start, end, action, tables, hasVersionComment };
}

const o = wordIds('changed', 'extended', 'fast', 'medium', 'quick', 'upgrade', 'use_frm');
const checkOptions: ReadonlySet<number> = new Set([o.changed, o.extended, o.fast, o.medium, o.quick]);

function takeMaintenanceOptions(cursor: Cursor, action: MaintainTables['action']): void {
  if (action === 'analyze') {
    if (cursor.isWord(k.update) || cursor.isWord(k.drop))
      parseOther(cursor, cursor.start, wordName(cursor.word));
    return;
  }
  if (action === 'checksum') {
    if (!cursor.takeWord(o.quick)) cursor.takeWord(o.extended);
    return;
  }
  for (;;) {
    if (action === 'check' && cursor.takeWord(k.for)) cursor.expectWord(o.upgrade);
    else if (action === 'check' && checkOptions.has(cursor.word)) cursor.advance();
    else if (action !== 'optimize' && (cursor.isWord(o.quick) || cursor.isWord(o.extended))) cursor.advance();
    else if (action === 'repair' && cursor.takeWord(o.use_frm)) continue;
    else return;
  }
}
