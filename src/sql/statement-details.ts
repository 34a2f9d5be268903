/** What only some kinds of statements have; read in a second pass, so that the others do not pay for it. */
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { nameText, stringText } from './literals.ts';
import { beginsOwnShow } from './own-show.ts';
import { char } from './scan-state.ts';
import { selectItemsOf } from './select-items.ts';
import { assignmentsOf } from './set-assignments.ts';
import { effect, type ShowKind, type StatementKind, type StatementScan } from './statement.ts';
import { wordId } from './words.ts';

export { substitutionsOf } from './select-items.ts';

export type Details = Readonly<
  Pick<
    StatementScan,
    | 'databaseName'
    | 'showKind'
    | 'use'
    | 'killTarget'
    | 'begin'
    | 'completion'
    | 'savepoint'
    | 'assignments'
    | 'items'
    | 'substitutions'
    | 'effects'
    | 'hasUnqualifiedTable'
  > & { qualifier: string | undefined }
>;

export const noDetails: Details = Object.freeze({
  effects: 0,
  hasUnqualifiedTable: false,
  qualifier: undefined,
  databaseName: undefined,
  showKind: undefined,
  use: undefined,
  killTarget: undefined,
  begin: undefined,
  completion: undefined,
  savepoint: undefined,
  assignments: undefined,
  items: undefined,
  substitutions: Object.freeze([]),
});

const word = Object.freeze(
  Object.fromEntries(
    [
      'and',
      'chain',
      'columns',
      'connection',
      'consistent',
      'count',
      'create',
      'database',
      'databases',
      'errors',
      'exists',
      'explain',
      'fields',
      'from',
      'full',
      'global',
      'grants',
      'headgate',
      'if',
      'in',
      'index',
      'indexes',
      'keys',
      'kill',
      'no',
      'not',
      'only',
      'open',
      'processlist',
      'profile',
      'profiles',
      'query',
      'read',
      'release',
      'savepoint',
      'schema',
      'schemas',
      'session',
      'snapshot',
      'start',
      'status',
      'table',
      'tables',
      'to',
      'transaction',
      'triggers',
      'variables',
      'view',
      'warnings',
      'work',
      'write',
      'extended',
      'local',
      'like',
      'where',
      'events',
      'procedure',
      'function',
      'trigger',
      'event',
      'engine',
      'code',
      'for',
      'keyspace',
    ].map((name) => [name, wordId(name)]),
  ),
) as Readonly<Record<string, number>>;

/** Second pass over the statement in `start` to `end`. */
export function detailsOf(
  kind: StatementKind,
  text: Buffer,
  start: number,
  end: number,
  mode: LexMode,
): Details {
  const reader = new DetailReader(text.subarray(0, end), start, mode);
  switch (kind) {
    case 'select':
      return { ...noDetails, items: selectItemsOf(text, start, end, mode) };
    case 'set':
      return reader.set(end);
    case 'use':
      return { ...noDetails, use: reader.target(end) };
    case 'begin':
      return reader.begin();
    case 'commit':
    case 'rollback':
      return reader.completion();
    case 'savepoint':
    case 'rollbackTo':
    case 'release':
      return reader.savepoint();
    case 'kill':
      return reader.kill(end);
    case 'show':
      return reader.show();
    case 'describe':
      return reader.tableBehind(1);
    case 'ddl':
      return reader.database();
    default:
      return noDetails;
  }
}

type WordTest = (id: number) => boolean;

class DetailReader {
  readonly #lexer: Lexer;
  readonly #text: Buffer;
  readonly #mode: LexMode;
  readonly #start: number;

  constructor(text: Buffer, start: number, mode: LexMode) {
    this.#text = text;
    this.#start = start;
    this.#mode = mode;
    this.#lexer = new Lexer(text, start, mode);
    this.#lexer.next();
  }

  #is(id: number): boolean {
    return this.#lexer.kind === token.word && this.#lexer.word === id;
  }

  #skip(id: number): boolean {
    if (!this.#is(id)) return false;
    this.#lexer.next();
    return true;
  }

  #isName(): boolean {
    return this.#lexer.kind === token.word || this.#lexer.kind === token.quotedName;
  }

  /** The name here; the lexer moves behind it. */
  #name(): string | undefined {
    if (!this.#isName()) return undefined;
    const { start, end } = this.#lexer;
    this.#lexer.next();
    return nameText(this.#text, start, end, this.#mode);
  }

  /** What USE names, also `keyspace@type` without quotes; undefined where there is anything else behind it. */
  target(end: number): string | undefined {
    this.#lexer.next();
    const nameEnd = this.#lexer.end;
    const name = this.#name();
    const { kind, start: at, end: behind } = this.#lexer;
    if (name === undefined || at >= end) return name;
    if (kind !== token.userVariable || at !== nameEnd) return undefined;
    this.#lexer.next();
    return this.#lexer.start >= end ? name + this.#text.toString('latin1', at, behind) : undefined;
  }

  set(end: number): Details {
    const assignments = assignmentsOf(this.#text, this.#start, end, this.#mode);
    const writes = assignments.some(({ target }) => target === 'userVariable');
    const commits = assignments.some(
      ({ target, valueStart }) =>
        target === 'password' || (target === 'role' && this.#isWordAt(valueStart, 'default')),
    );
    return {
      ...noDetails,
      assignments,
      effects: (writes ? effect.writesUserVariable : 0) | (commits ? effect.implicitCommit : 0),
    };
  }

  /** SET DEFAULT ROLE is about accounts, SET ROLE about the session. */
  #isWordAt(at: number, name: string): boolean {
    return this.#text.toString('latin1', at, at + name.length).toLowerCase() === name;
  }

  begin(): Details {
    let readOnly = false;
    let readWrite = false;
    let consistentSnapshot = false;
    for (; this.#lexer.kind !== token.end; this.#lexer.next()) {
      if (this.#is(word.only!)) readOnly = true;
      if (this.#is(word.write!)) readWrite = true;
      if (this.#is(word.snapshot!)) consistentSnapshot = true;
    }
    return { ...noDetails, begin: Object.freeze({ readOnly, readWrite, consistentSnapshot }) };
  }

  /** [WORK] [AND [NO] CHAIN] [[NO] RELEASE] */
  completion(): Details {
    let chain = false;
    let release = false;
    let isNo = false;
    for (; this.#lexer.kind !== token.end; this.#lexer.next()) {
      if (this.#is(word.chain!)) chain = !isNo;
      if (this.#is(word.release!)) release = !isNo;
      isNo = this.#is(word.no!);
    }
    return { ...noDetails, completion: Object.freeze({ chain, release }) };
  }

  /** The name is the statement's last token. */
  savepoint(): Details {
    let { start, end, kind } = this.#lexer;
    for (; this.#lexer.kind !== token.end; this.#lexer.next()) ({ start, end, kind } = this.#lexer);
    const isName = kind === token.word || kind === token.quotedName;
    return { ...noDetails, savepoint: isName ? nameText(this.#text, start, end, this.#mode) : undefined };
  }

  kill(end: number): Details {
    const lexer = this.#lexer;
    lexer.next();
    let query = false;
    const { word: id } = lexer;
    if (id === word.query || id === word.connection) {
      query = id === word.query;
      lexer.next();
    }
    const idStart = lexer.start;
    const digits = lexer.kind === token.integer ? this.#text.toString('latin1', lexer.start, lexer.end) : '';
    const isAlone = lexer.next() === token.end;
    return {
      ...noDetails,
      killTarget: Object.freeze({
        query,
        id: digits !== '' && isAlone ? Number(digits) : undefined,
        idStart,
        idEnd: end,
      }),
    };
  }

  /** A table's name behind `count` words: DESC t, SHOW CREATE TABLE db.t. */
  tableBehind(count: number): Details {
    for (let i = 0; i < count; i++) this.#lexer.next();
    return this.#table(noDetails);
  }

  #table(details: Details): Details {
    this.#skip(word.if!);
    this.#skip(word.not!);
    this.#skip(word.exists!);
    const first = this.#name();
    if (first === undefined) return details;
    if (this.#lexer.kind === char.dot) return { ...details, qualifier: first };
    return { ...details, hasUnqualifiedTable: true };
  }

  /** CREATE, ALTER, DROP DATABASE. */
  database(): Details {
    this.#lexer.next();
    if (!this.#skip(word.database!) && !this.#skip(word.schema!)) return noDetails;
    this.#skip(word.if!);
    this.#skip(word.not!);
    this.#skip(word.exists!);
    // ALTER DATABASE without a name means the current one.
    return { ...noDetails, databaseName: this.#name() };
  }

  show(): Details {
    const lexer = this.#lexer;
    lexer.next();
    const first = this.#text.toString('latin1', lexer.start, lexer.end).toLowerCase();
    if (this.#is(word.headgate!)) return showing('headgate');
    if (beginsOwnShow(first)) return showing('vitess');
    if (this.#is(word.create!)) return this.#showCreate();
    if (this.#is(word.count!)) return this.#showCount();
    this.#skip(word.extended!);
    this.#skip(word.full!);
    for (const scope of [word.session!, word.global!, word.local!]) this.#skip(scope);
    return this.#showNamed();
  }

  #showCount(): Details {
    const lexer = this.#lexer;
    while (lexer.kind !== token.end && lexer.kind !== char.close) lexer.next();
    lexer.next();
    const kind = this.#is(word.errors!) ? 'countErrors' : 'countWarnings';
    return { ...showing(kind), effects: effect.diagnosticsRead };
  }

  #showCreate(): Details {
    const lexer = this.#lexer;
    lexer.next();
    const { word: id } = lexer;
    lexer.next();
    if (id === word.database || id === word.schema) {
      this.#skip(word.if!);
      this.#skip(word.not!);
      this.#skip(word.exists!);
      return { ...showing('createDatabase'), databaseName: this.#name() };
    }
    const named = [word.table, word.view, word.procedure, word.function, word.trigger, word.event];
    return named.includes(id) ? this.#table(showing('other')) : showing('other');
  }

  #showNamed(): Details {
    const id = this.#lexer.kind === token.word ? this.#lexer.word : 0;
    switch (id) {
      case word.databases:
      case word.schemas:
        return showing('databases');
      case word.tables:
        return this.#showOfDatabase(showing('tables'));
      case word.warnings:
        return { ...showing('warnings'), effects: effect.diagnosticsRead };
      case word.errors:
        return { ...showing('errors'), effects: effect.diagnosticsRead };
      case word.profile:
      case word.profiles:
        return { ...showing('other'), effects: effect.diagnosticsRead };
      case word.variables:
        return showing('variables');
      case word.status:
        return showing('status');
      case word.processlist:
        return showing('processlist');
      case word.columns:
      case word.fields:
      case word.index:
      case word.indexes:
      case word.keys:
        return this.#showOfTable();
      case word.open:
      case word.table:
      case word.triggers:
      case word.events:
        return this.#showOfDatabase(showing('other'));
      default:
        return showing('other');
    }
  }

  /** … [FROM db]: without it, of the current database. */
  #showOfDatabase(details: Details): Details {
    if (!this.#toFrom()) return { ...details, hasUnqualifiedTable: true };
    const name = this.#name();
    return { ...details, qualifier: name };
  }

  /** … FROM t [FROM db], … FROM db.t */
  #showOfTable(): Details {
    const details = showing('other');
    if (!this.#toFrom()) return details;
    const table = this.#name();
    if (table === undefined) return details;
    if (this.#lexer.kind === char.dot) return { ...details, qualifier: table };
    if (!this.#skip(word.from!) && !this.#skip(word.in!)) return { ...details, hasUnqualifiedTable: true };
    return { ...details, qualifier: this.#name() };
  }

  /** Moves behind the next FROM or IN; false if LIKE, WHERE or the end comes first. */
  #toFrom(): boolean {
    const stop: WordTest = (id) => id === word.like || id === word.where;
    for (; this.#lexer.kind !== token.end; this.#lexer.next()) {
      if (this.#skip(word.from!) || this.#skip(word.in!)) return true;
      if (this.#lexer.kind === token.word && stop(this.#lexer.word)) return false;
    }
    return false;
  }
}

const showing = (showKind: ShowKind): Details => ({ ...noDetails, showKind });

const NO_NAMES: readonly string[] = Object.freeze([]);
const aboutDatabases: ReadonlySet<string> = new Set(['information_schema', 'performance_schema', 'sys']);

/** String literals that are keyspaces' names, where tables that have rows about databases are asked. */
export function schemaLiteralsOf(
  text: Buffer,
  start: number,
  end: number,
  mode: LexMode,
  qualifiers: readonly string[],
  keyspaces: ReadonlySet<string>,
): readonly string[] {
  if (!qualifiers.some((name) => aboutDatabases.has(name.toLowerCase()))) return NO_NAMES;
  const lexer = new Lexer(text.subarray(0, end), start, mode);
  const found = new Set<string>();
  while (lexer.next() !== token.end) {
    if (lexer.kind !== token.string && lexer.kind !== token.nationalString) continue;
    const value = stringText(text, lexer.start, lexer.end, mode);
    if (keyspaces.has(value)) found.add(value);
  }
  return [...found];
}
