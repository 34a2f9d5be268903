/** What kind of statement the first words make. */

import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { effect, type StatementKind } from './statement.ts';
import { wordCount, wordId } from './words.ts';

/** The kind, and how the scan has to look for names in the rest. */
export type Classified = Readonly<{
  kind: StatementKind;
  effects: number;
  /** A table may follow the verb directly. */
  tableFollows: boolean;
  /** Tables stand in a list behind TABLE, TABLES, VIEW. */
  isTableList: boolean;
  /** A table stands behind ON. */
  tableBehindOn: boolean;
  /** Calls are looked at from the start; else only from the first SELECT, TABLE, VALUES on. */
  hasCalls: boolean;
  /** FROM, JOIN, INTO, TABLE introduce tables from the start; else only from the first SELECT on. */
  hasTables: boolean;
}>;

const plain: Omit<Classified, 'kind'> = {
  effects: 0,
  tableFollows: false,
  isTableList: false,
  tableBehindOn: false,
  hasCalls: true,
  hasTables: false,
};

const make = (kind: StatementKind, more: Partial<Classified> = {}): Classified =>
  Object.freeze({ ...plain, kind, ...more });

const withTables = { hasTables: true };
const commits = { effects: effect.implicitCommit };
const definition = { ...commits, ...withTables, hasCalls: false };
const admin = make('admin', { ...commits, ...withTables, isTableList: true });
const ddl = make('ddl', definition);
const account = make('account', { ...commits, hasCalls: false });
const begin = make('begin', commits);

/** A statement that begins with no known verb. */
export const unknownStatement = make('unknown', withTables);

/** Kinds that the first word decides alone. */
const byFirstWord: (Classified | undefined)[] = new Array(wordCount).fill(undefined);

function first(classified: Classified, names: string): void {
  for (const name of names.split(' ')) byFirstWord[wordId(name)] = classified;
}

first(make('select', withTables), 'select');
for (const kind of ['insert', 'replace', 'update', 'delete'] as const) {
  first(make(kind, { ...withTables, tableFollows: true }), kind);
}
first(make('values', withTables), 'values');
first(make('table', withTables), 'table');
first(make('do'), 'do');
first(make('set'), 'set');
first(make('use'), 'use');
first(begin, 'begin');
first(make('commit'), 'commit');
first(make('savepoint'), 'savepoint');
first(make('release'), 'release');
first(make('show'), 'show');
first(make('kill'), 'kill');
first(make('prepare'), 'prepare');
first(make('execute'), 'execute');
first(make('deallocate'), 'deallocate');
first(make('call', { ...withTables, tableFollows: true }), 'call');
first(make('load', withTables), 'load');
first(make('handler', { ...withTables, tableFollows: true, effects: effect.connectionLock }), 'handler');
first(make('xa', { effects: effect.connectionLock }), 'xa');
first(make('signal'), 'signal resignal');
first(make('getDiagnostics', { effects: effect.diagnosticsRead }), 'get');
first(make('help'), 'help');
first(account, 'grant revoke');
first(
  admin,
  'analyze optimize check repair reset cache install uninstall shutdown restart clone import purge ' +
    'change stop',
);
first(make('admin', { ...withTables, isTableList: true }), 'checksum');
// BINLOG replays events: their settings stay on the connection.
first(make('admin', { effects: effect.implicitCommit | effect.connectionLock }), 'binlog');
first(make('ddl', { ...definition, tableFollows: true }), 'truncate');
first(make('ddl', { ...definition, isTableList: true }), 'rename');

const lockTables = make('lockTables', {
  ...withTables,
  isTableList: true,
  effects: effect.implicitCommit | effect.connectionLock,
});
const unlockTables = make('unlockTables', { effects: effect.implicitCommit | effect.connectionLock });
const lockInstance = make('admin', { effects: effect.connectionLock });

const word = {
  start: wordId('start'),
  transaction: wordId('transaction'),
  rollback: wordId('rollback'),
  work: wordId('work'),
  to: wordId('to'),
  lock: wordId('lock'),
  unlock: wordId('unlock'),
  instance: wordId('instance'),
  create: wordId('create'),
  alter: wordId('alter'),
  drop: wordId('drop'),
  flush: wordId('flush'),
  describe: wordId('describe'),
  desc: wordId('desc'),
  explain: wordId('explain'),
  vexplain: wordId('vexplain'),
  format: wordId('format'),
  read: wordId('read'),
  export: wordId('export'),
  prepare: wordId('prepare'),
  temporary: wordId('temporary'),
  load: wordId('load'),
  index: wordId('index'),
} as const;

/**
 * The kind by the first word; `behind` is where that word ends. WITH is not decided here: its main verb is
 * found by the scan.
 */
export function classify(first: number, text: Buffer, behind: number, mode: LexMode): Classified {
  const known = byFirstWord[first];
  if (known !== undefined && first !== word.load) return known;
  const ahead = new Lexer(text, behind, mode);
  ahead.next();
  switch (first) {
    case word.start:
      return ahead.word === word.transaction ? begin : admin;
    case word.rollback:
      if (ahead.word === word.work) ahead.next();
      return ahead.word === word.to ? make('rollbackTo') : make('rollback');
    case word.lock:
      return ahead.word === word.instance ? lockInstance : lockTables;
    case word.unlock:
      return ahead.word === word.instance ? lockInstance : unlockTables;
    case word.load:
      return ahead.word === word.index ? admin : make('load', withTables);
    case word.flush:
      return classifyFlush(ahead);
    case word.create:
    case word.alter:
    case word.drop:
      return classifyDefinition(first, ahead);
    case word.describe:
    case word.desc:
    case word.explain:
      return classifyExplain(ahead);
    // The router's own.
    case word.vexplain:
      return make('explain');
    default:
      return unknownStatement;
  }
}

function classifyFlush(ahead: Lexer): Classified {
  let keepsLock = false;
  while (ahead.kind !== token.end && ahead.kind !== 0x3b) {
    if (ahead.word === word.read || ahead.word === word.export) keepsLock = true;
    ahead.next();
  }
  return keepsLock
    ? make('admin', { ...admin, effects: effect.implicitCommit | effect.connectionLock })
    : admin;
}

const explained = new Uint8Array(wordCount);
for (const name of 'select insert replace update delete table with values analyze for into'.split(' ')) {
  explained[wordId(name)] = 1;
}

function classifyExplain(ahead: Lexer): Classified {
  if (ahead.kind === 0x28 || explained[ahead.word] === 1) return make('explain');
  if (ahead.word === word.format && ahead.next() === 0x3d) return make('explain');
  return make('describe');
}

type ObjectClass = 'table' | 'list' | 'index' | 'routine' | 'trigger' | 'account' | 'other';

const objects = new Map<number, ObjectClass>([
  ...['table', 'view', 'tables'].map((name) => [wordId(name), 'list'] as const),
  [wordId('index'), 'index'],
  ...['procedure', 'function', 'event'].map((name) => [wordId(name), 'routine'] as const),
  [wordId('trigger'), 'trigger'],
  ...['user', 'role'].map((name) => [wordId(name), 'account'] as const),
  ...[
    'database',
    'schema',
    'tablespace',
    'server',
    'logfile',
    'resource',
    'undo',
    'reference',
    'instance',
    'library',
  ].map((name) => [wordId(name), 'other'] as const),
]);

const EQUAL = 0x3d;
const OBJECT_DISTANCE_MAX = 30;

/** CREATE, ALTER, DROP: the object's word stands behind options of several kinds. */
function classifyDefinition(verb: number, ahead: Lexer): Classified {
  if (verb === word.drop && ahead.word === word.prepare) return make('deallocate');
  let isTemporary = false;
  for (let i = 0; i < OBJECT_DISTANCE_MAX && ahead.kind !== token.end; i++) {
    const object = ahead.kind === token.word ? objects.get(ahead.word) : undefined;
    if (object !== undefined) return definitionOf(verb, object, isTemporary);
    if (ahead.word === word.temporary) isTemporary = true;
    // DEFINER = name: the name may be any of these words.
    if (ahead.kind === EQUAL) ahead.next();
    ahead.next();
  }
  return ddl;
}

function definitionOf(verb: number, object: ObjectClass, isTemporary: boolean): Classified {
  switch (object) {
    case 'list':
    case 'table': {
      const isTableList = verb === word.drop;
      // A temporary table neither ends the transaction nor leaves the connection.
      const effects = isTemporary ? effect.temporaryTable : effect.implicitCommit;
      return make('ddl', { ...definition, isTableList, effects });
    }
    case 'index':
      return make('ddl', { ...definition, tableBehindOn: true });
    case 'trigger':
    case 'routine': {
      if (verb === word.drop) return ddl;
      return make('createRoutine', { ...definition, tableBehindOn: object === 'trigger', hasCalls: true });
    }
    case 'account':
      return account;
    case 'other':
      return make('ddl', { ...definition, hasTables: false });
  }
}
