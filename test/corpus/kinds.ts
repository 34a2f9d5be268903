/** The groups that the corpus run counts by. */
import type { LexMode } from '../../src/sql/lex-mode.ts';
import { type StatementKind, scanStatement } from '../../src/sql/statement-scan.ts';

export const corpusKinds = ['select', 'dml', 'ddl', 'show', 'set', 'admin', 'other'] as const;
export type CorpusKind = (typeof corpusKinds)[number];

const groups: Readonly<Record<StatementKind, CorpusKind | 'empty'>> = {
  select: 'select',
  values: 'select',
  table: 'select',
  insert: 'dml',
  replace: 'dml',
  update: 'dml',
  delete: 'dml',
  ddl: 'ddl',
  createRoutine: 'ddl',
  show: 'show',
  describe: 'show',
  explain: 'show',
  help: 'show',
  set: 'set',
  admin: 'admin',
  account: 'admin',
  kill: 'admin',
  lockTables: 'admin',
  unlockTables: 'admin',
  do: 'other',
  use: 'other',
  begin: 'other',
  commit: 'other',
  rollback: 'other',
  savepoint: 'other',
  rollbackTo: 'other',
  release: 'other',
  prepare: 'other',
  execute: 'other',
  deallocate: 'other',
  call: 'other',
  load: 'other',
  handler: 'other',
  xa: 'other',
  signal: 'other',
  getDiagnostics: 'other',
  empty: 'empty',
  unknown: 'other',
};

const noKeyspaces: ReadonlySet<string> = new Set();

/** The group of a statement, by its first words; `empty` for comments only. */
export function kindOf(statement: Buffer, mode: LexMode): CorpusKind | 'empty' {
  return groups[scanStatement(statement, 0, mode, noKeyspaces).kind];
}
