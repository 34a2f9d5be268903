/** Statements about the session, the transaction and the server, and those of which only the kind and tables matter. */
import type { Expression, Literal, UserVariable } from './expression.ts';
import type { Name } from './node.ts';
import type { Limit } from './query.ts';
import type { ParsedStatement, SyntaxProblem } from './statement.ts';
import type { TableName } from './table.ts';

export type VariableScope = 'session' | 'global' | 'persist' | 'persist_only';

/** SET with variables, NAMES, CHARACTER SET. */
export type SetStatement = Readonly<{
  kind: 'set';
  start: number;
  end: number;
  assignments: readonly SetAssignment[];
  parameterCount: number;
  hasVersionComment: boolean;
}>;

export type SetAssignment = SetVariable | SetUserVariable | SetNames;

export type SetVariable = Readonly<{
  kind: 'setVariable';
  start: number;
  end: number;
  /** As written before this name; SET's first scope holds for the plain names behind it, too. */
  scope: VariableScope | undefined;
  /** The part before the last dot (`mycache.key_buffer_size`, also NEW and OLD). */
  instance: string | undefined;
  name: string;
  /** A plain name as value is a column reference. */
  value: Expression | SetKeyword;
}>;

/** DEFAULT, ON, ALL, BINARY, ROW, SYSTEM where no expression can stand. */
export type SetKeyword = Readonly<{
  kind: 'setKeyword';
  start: number;
  end: number;
  /** Lower case. */
  keyword: string;
}>;

export type SetUserVariable = Readonly<{
  kind: 'setUserVariable';
  start: number;
  end: number;
  variable: UserVariable;
  value: Expression;
}>;

/** SET NAMES; with `charsetOnly` SET CHARACTER SET. The character set is undefined for DEFAULT. */
export type SetNames = Readonly<{
  kind: 'setNames';
  start: number;
  end: number;
  charsetOnly: boolean;
  charset: string | undefined;
  collation: string | undefined;
}>;

export type IsolationLevel = 'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable';

export type SetTransaction = Readonly<{
  kind: 'setTransaction';
  start: number;
  end: number;
  /** Undefined: the next transaction only. */
  scope: VariableScope | undefined;
  isolation: IsolationLevel | undefined;
  access: 'read only' | 'read write' | undefined;
  hasVersionComment: boolean;
}>;

export type ShowStatement = Readonly<{
  kind: 'show';
  start: number;
  end: number;
  /**
   * What is shown, lower case with single blanks: `tables`, `columns`, `index`, `create table`, `table status`,
   * `variables`, `engine status` … (synonyms are one: FIELDS is `columns`, KEYS is `index`).
   */
  show: string;
  full: boolean;
  extended: boolean;
  scope: VariableScope | undefined;
  /** SHOW COLUMNS, SHOW INDEX, SHOW CREATE TABLE and VIEW. */
  table: TableName | undefined;
  /** Behind FROM or IN, or of SHOW CREATE DATABASE. */
  database: Name | undefined;
  like: Literal | undefined;
  where: Expression | undefined;
  limit: Limit | undefined;
  parameterCount: number;
  hasVersionComment: boolean;
}>;

export type UseStatement = Readonly<{
  kind: 'use';
  start: number;
  end: number;
  database: Name;
  hasVersionComment: boolean;
}>;

/** EXPLAIN of a statement, also the router's own VEXPLAIN. */
export type ExplainStatement = Readonly<{
  kind: 'explain';
  start: number;
  end: number;
  analyze: boolean;
  /** Lower case; `headgate` is the router's own. */
  format: string | undefined;
  /** VEXPLAIN's kind: `plan` where none is written. */
  vexplain: 'plan' | 'queries' | 'all' | 'trace' | 'keys' | undefined;
  into: UserVariable | undefined;
  /** FOR SCHEMA. */
  database: Name | undefined;
  /** FOR CONNECTION's number, as written. */
  connection: string | undefined;
  /** The statement, undefined only for FOR CONNECTION. */
  statement: Exclude<ParsedStatement, SyntaxProblem> | undefined;
  parameterCount: number;
  hasVersionComment: boolean;
}>;

/** DESCRIBE table: the columns. */
export type DescribeTable = Readonly<{
  kind: 'describe';
  start: number;
  end: number;
  table: TableName;
  /** A column's name or a pattern. */
  column: Name | undefined;
  hasVersionComment: boolean;
}>;

/** START TRANSACTION and BEGIN. */
export type BeginStatement = Readonly<{
  kind: 'begin';
  start: number;
  end: number;
  consistentSnapshot: boolean;
  access: 'read only' | 'read write' | undefined;
  hasVersionComment: boolean;
}>;

/** COMMIT and ROLLBACK; undefined where `completion_type` decides. */
export type EndTransaction = Readonly<{
  kind: 'commit' | 'rollback';
  start: number;
  end: number;
  chain: boolean | undefined;
  release: boolean | undefined;
  hasVersionComment: boolean;
}>;

export type SavepointStatement = Readonly<{
  kind: 'savepoint' | 'rollbackTo' | 'releaseSavepoint';
  start: number;
  end: number;
  name: Name;
  hasVersionComment: boolean;
}>;

export type TableLock = Readonly<{
  kind: 'tableLock';
  start: number;
  end: number;
  table: TableName;
  mode: 'read' | 'read local' | 'write';
}>;

export type LockTables = Readonly<{
  kind: 'lockTables';
  start: number;
  end: number;
  locks: readonly TableLock[];
  hasVersionComment: boolean;
}>;

export type UnlockTables = Readonly<{
  kind: 'unlockTables';
  start: number;
  end: number;
  hasVersionComment: boolean;
}>;

export type KillStatement = Readonly<{
  kind: 'kill';
  start: number;
  end: number;
  target: 'connection' | 'query';
  id: Expression;
  parameterCount: number;
  hasVersionComment: boolean;
}>;

export type DoStatement = Readonly<{
  kind: 'do';
  start: number;
  end: number;
  expressions: readonly Expression[];
  parameterCount: number;
  hasVersionComment: boolean;
}>;

/** `p` or `s.p`. */
export type RoutineName = Readonly<{
  kind: 'routineName';
  start: number;
  end: number;
  schema: string | undefined;
  name: string;
}>;

export type CallStatement = Readonly<{
  kind: 'callRoutine';
  start: number;
  end: number;
  routine: RoutineName;
  args: readonly Expression[];
  parameterCount: number;
  hasVersionComment: boolean;
}>;

/** ANALYZE, CHECK, CHECKSUM, OPTIMIZE, REPAIR TABLE. */
export type MaintainTables = Readonly<{
  kind: 'maintainTables';
  start: number;
  end: number;
  action: 'analyze' | 'check' | 'checksum' | 'optimize' | 'repair';
  tables: readonly TableName[];
  hasVersionComment: boolean;
}>;

/** Recognised only: MySQL judges the rest. */
export type OtherStatement = Readonly<{
  kind: 'other';
  start: number;
  end: number;
  /** Lower case: the words that say what it is, such as `grant`, `create procedure`, `xa`. */
  verb: string;
  /** The tables that are known to be named. */
  tables: readonly TableName[];
  hasVersionComment: boolean;
}>;

export type AdministrationStatement =
  | SetStatement
  | SetTransaction
  | ShowStatement
  | UseStatement
  | ExplainStatement
  | DescribeTable
  | BeginStatement
  | EndTransaction
  | SavepointStatement
  | LockTables
  | UnlockTables
  | KillStatement
  | DoStatement
  | CallStatement
  | MaintainTables
  | OtherStatement;

/** All nodes of this file. */
export type AdministrationNode =
  | AdministrationStatement
  | SetAssignment
  | SetKeyword
  | TableLock
  | RoutineName;
