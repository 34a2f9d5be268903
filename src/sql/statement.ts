/** What the statement scan tells about one statement. Positions are byte offsets into the scanned text. */

import type { Directives } from './directives.ts';

export type StatementKind =
  | 'select'
  | 'insert'
  | 'replace'
  | 'update'
  | 'delete'
  | 'values'
  | 'table'
  | 'do'
  | 'set'
  | 'use'
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'savepoint'
  | 'rollbackTo'
  | 'release'
  | 'show'
  | 'describe'
  | 'explain'
  | 'kill'
  | 'prepare'
  | 'execute'
  | 'deallocate'
  | 'call'
  | 'lockTables'
  | 'unlockTables'
  | 'ddl'
  | 'createRoutine'
  | 'load'
  | 'handler'
  | 'xa'
  | 'admin'
  | 'account'
  | 'signal'
  | 'getDiagnostics'
  | 'help'
  | 'empty'
  | 'unknown';

/** What a statement does beyond its rows: bits of `StatementScan.effects`. */
export const effect = {
  readsUserVariable: 1 << 0,
  /** `:=`, SELECT … INTO @x, SET @x, GET DIAGNOSTICS @x, CALL with a variable. */
  writesUserVariable: 1 << 1,
  /** GET_LOCK and its family. */
  namedLock: 1 << 2,
  /** LAST_INSERT_ID(), @@last_insert_id, @@identity. */
  lastInsertIdRead: 1 << 3,
  /** LAST_INSERT_ID(expression). */
  lastInsertIdWrite: 1 << 4,
  foundRows: 1 << 5,
  calcFoundRows: 1 << 6,
  rowCount: 1 << 7,
  /** CONNECTION_ID(), @@pseudo_thread_id, PS_CURRENT_THREAD_ID(). */
  connectionId: 1 << 8,
  /** SHOW WARNINGS / ERRORS, @@warning_count, @@error_count, GET DIAGNOSTICS. */
  diagnosticsRead: 1 << 9,
  /** CREATE or DROP TEMPORARY TABLE. */
  temporaryTable: 1 << 10,
  /** A call of something that is not built into MySQL: a stored or loadable function can do anything. */
  unknownFunction: 1 << 11,
  /** FOR UPDATE, FOR SHARE, LOCK IN SHARE MODE. */
  locksRows: 1 << 12,
  /** INTO OUTFILE, INTO DUMPFILE. */
  intoOutfile: 1 << 13,
  /** SLEEP, BENCHMARK, and functions that wait for replication. */
  sleeps: 1 << 14,
  /** RAND, UUID, UUID_SHORT, SYSDATE, RANDOM_BYTES. */
  nonDeterministic: 1 << 15,
  /** Ends an open transaction. */
  implicitCommit: 1 << 16,
  /** Not what MySQL's lexer accepts, or nested too deep to follow: trust nothing else of the scan. */
  lexError: 1 << 17,
  /** What the connection keeps: LOCK TABLES, LOCK INSTANCE, FLUSH … WITH READ LOCK / FOR EXPORT, HANDLER, XA, BINLOG. */
  connectionLock: 1 << 18,
  /** Reads some `@@variable`. */
  readsSystemVariable: 1 << 19,
  /** USER(), CURRENT_USER, SESSION_USER(), SYSTEM_USER(), CURRENT_ROLE(): the tablet's user, not the client's. */
  currentUser: 1 << 20,
  /** DATABASE(), SCHEMA(). */
  currentDatabase: 1 << 21,
  /** A comment that is code from some version on: another server version may see another statement. */
  versionComment: 1 << 22,
  /** A version comment's content is part of the statement. */
  codeComment: 1 << 23,
  /** Not of the scan: calls of functions that have been looked up, and only compute with their arguments. */
  knownFunction: 1 << 24,
} as const;

export type ShowKind =
  | 'databases'
  | 'tables'
  | 'warnings'
  | 'errors'
  | 'countWarnings'
  | 'countErrors'
  | 'variables'
  | 'status'
  | 'processlist'
  | 'createDatabase'
  | 'headgate'
  | 'vitess'
  | 'other';

export type KillTarget = Readonly<{
  query: boolean;
  /** Undefined where the id is an expression. */
  id: number | undefined;
  idStart: number;
  idEnd: number;
}>;

export type BeginOptions = Readonly<{ readOnly: boolean; readWrite: boolean; consistentSnapshot: boolean }>;

export type Completion = Readonly<{ chain: boolean; release: boolean }>;

export type AssignmentTarget =
  | 'session'
  | 'global'
  | 'persist'
  | 'persistOnly'
  /** `SET TRANSACTION` and `SET @@x` of the two variables that then hold for the next transaction only. */
  | 'nextTransaction'
  | 'userVariable'
  | 'names'
  | 'charset'
  | 'password'
  | 'role'
  | 'resourceGroup'
  | 'other';

export type Assignment = Readonly<{
  target: AssignmentTarget;
  /** Lower case, without `@@` or scope; of a user variable without `@`. */
  name: string;
  valueStart: number;
  valueEnd: number;
  valueKind: 'literal' | 'default' | 'word' | 'expression';
  /** The literal without quotes and escapes, or the word as written. */
  value: string | undefined;
  /** SET NAMES … COLLATE. */
  collate: string | undefined;
}>;

/** One item of a select list without FROM. */
export type SelectItem = Readonly<{
  /** The expression's text, without the alias. */
  start: number;
  end: number;
  /** The alias as written, quotes included; -1 where there is none. */
  aliasStart: number;
  aliasEnd: number;
  /** Lower-case name with scope (`session.autocommit`, `autocommit`) when the item is only a system variable. */
  systemVariable: string | undefined;
}>;

/** A call whose value the router itself knows better than the tablet. */
export type Substitution = Readonly<{
  name: 'found_rows' | 'row_count';
  start: number;
  end: number;
  /** The item of the outermost select list that contains the call, without its alias; -1 if there is none. */
  itemStart: number;
  itemEnd: number;
  itemHasAlias: boolean;
}>;

export type StatementScan = Readonly<{
  start: number;
  /** Behind the last token; without the terminating `;` and trailing blanks and comments. */
  end: number;
  /** Where the next statement begins: behind the `;`, if more than blanks and comments follow; else -1. */
  next: number;
  kind: StatementKind;
  /** Bits of `effect`. */
  effects: number;
  /** Certain to change nothing, so that it may run on any connection and be sent again. */
  readOnly: boolean;
  /** Distinct names used as a database before a table (or routine of CALL). */
  qualifiers: readonly string[];
  hasUnqualifiedTable: boolean;
  /** String literals that name a keyspace, in a statement about information_schema, performance_schema or sys. */
  schemaLiterals: readonly string[];
  /** CREATE, ALTER, DROP DATABASE; SHOW CREATE DATABASE. */
  databaseName: string | undefined;
  showKind: ShowKind | undefined;
  use: string | undefined;
  killTarget: KillTarget | undefined;
  begin: BeginOptions | undefined;
  completion: Completion | undefined;
  /** SAVEPOINT x, ROLLBACK TO x, RELEASE SAVEPOINT x. */
  savepoint: string | undefined;
  assignments: readonly Assignment[] | undefined;
  /** Only for a SELECT of nothing but a select list (and LIMIT). */
  items: readonly SelectItem[] | undefined;
  substitutions: readonly Substitution[];
  /** What the statement asks of the router. */
  directives: Directives | undefined;
}>;
