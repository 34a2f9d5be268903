/** SHOW in all its forms. */
import type { ShowStatement, VariableScope } from '../ast/administration.ts';
import type { Literal } from '../ast/expression.ts';
import type { Name } from '../ast/node.ts';
import { token } from '../lexer.ts';
import { wordName } from '../words.ts';
import { type Cursor, char } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { parsePrimary } from './primary.ts';
import { parseLimit } from './query.ts';
import { takeTable } from './table-name.ts';
import { takeIfNotExists, takeNameOrText, takeNumber, takeText, takeTwo, wordIds } from './words.ts';

const k = wordIds(
  'all',
  'binary',
  'binlog',
  'block',
  'channel',
  'character',
  'charset',
  'code',
  'collation',
  'columns',
  'context',
  'count',
  'cpu',
  'create',
  'current_user',
  'database',
  'databases',
  'engine',
  'engines',
  'errors',
  'event',
  'events',
  'extended',
  'faults',
  'fields',
  'for',
  'from',
  'full',
  'function',
  'global',
  'grants',
  'in',
  'index',
  'indexes',
  'io',
  'ipc',
  'keys',
  'library',
  'like',
  'limit',
  'local',
  'log',
  'logs',
  'masking',
  'materialized',
  'memory',
  'mutex',
  'open',
  'page',
  'parse_tree',
  'plugins',
  'policy',
  'privileges',
  'procedure',
  'processlist',
  'profile',
  'profiles',
  'query',
  'relaylog',
  'replica',
  'replicas',
  'schema',
  'schemas',
  'session',
  'set',
  'source',
  'status',
  'storage',
  'swaps',
  'switches',
  'table',
  'tables',
  'trigger',
  'triggers',
  'user',
  'using',
  'variables',
  'view',
  'warnings',
  'where',
);

type Draft = { -readonly [Key in keyof ShowStatement]: ShowStatement[Key] };

/** Reads the rest of a whole statement: explained statements need it, which only the entry can give. */
type Inner = (cursor: Cursor) => unknown;

/** A statement from SHOW on; `parseInner` reads the statement of SHOW PARSE_TREE. */
export function parseShow(cursor: Cursor, parseInner: Inner): ShowStatement {
  const { start } = cursor;
  cursor.advance();
  const draft: Draft = {
    kind: 'show',
    start,
    end: start,
    show: '',
    full: false,
    extended: false,
    scope: undefined,
    table: undefined,
    database: undefined,
    like: undefined,
    where: undefined,
    limit: undefined,
    parameterCount: 0,
    hasVersionComment: false,
  };
  if (cursor.kind !== token.word) cursor.fail('what to show');
  draft.extended = cursor.takeWord(k.extended);
  draft.full = cursor.takeWord(k.full);
  draft.scope = takeScope(cursor);
  const { word } = cursor;
  cursor.advance();
  if (word === k.parse_tree) {
    draft.show = 'parse_tree';
    parseInner(cursor);
  } else if (!readListing(cursor, word, draft) && !readFromTable(cursor, word, draft)) {
    readOther(cursor, word, draft);
  }
  draft.end = cursor.previousEnd;
  draft.parameterCount = cursor.parameterCount;
  draft.hasVersionComment = cursor.hasVersionComment;
  return draft;
}

function takeScope(cursor: Cursor): VariableScope | undefined {
  if (cursor.takeWord(k.global)) return 'global';
  return cursor.takeWord(k.session) || cursor.takeWord(k.local) ? 'session' : undefined;
}

/** What is listed with LIKE or WHERE. */
function readListing(cursor: Cursor, word: number, draft: Draft): boolean {
  switch (word) {
    case k.databases:
    case k.schemas:
      draft.show = 'databases';
      break;
    case k.variables:
    case k.status:
    case k.collation:
    case k.charset:
      draft.show = word === k.charset ? 'character set' : wordName(word);
      break;
    case k.character:
      cursor.expectWord(k.set);
      draft.show = 'character set';
      break;
    case k.tables:
    case k.triggers:
    case k.events:
      draft.show = wordName(word);
      takeDatabase(cursor, draft);
      break;
    case k.table:
      cursor.expectWord(k.status);
      draft.show = 'table status';
      takeDatabase(cursor, draft);
      break;
    case k.open:
      cursor.expectWord(k.tables);
      draft.show = 'open tables';
      takeDatabase(cursor, draft);
      break;
    case k.function:
    case k.procedure:
    case k.library:
      if (cursor.takeWord(k.code)) {
        draft.show = `${wordName(word)} code`;
        takeTable(cursor);
        return true;
      }
      cursor.expectWord(k.status);
      draft.show = `${wordName(word)} status`;
      break;
    default:
      return false;
  }
  takeFilter(cursor, draft);
  return true;
}

/** COLUMNS and INDEX, which need a table. */
function readFromTable(cursor: Cursor, word: number, draft: Draft): boolean {
  if (word === k.columns || word === k.fields) draft.show = 'columns';
  else if (word === k.index || word === k.indexes || word === k.keys) draft.show = 'index';
  else return false;
  if (!cursor.takeWord(k.from)) cursor.expectWord(k.in);
  draft.table = takeTable(cursor);
  takeDatabase(cursor, draft);
  takeFilter(cursor, draft);
  return true;
}

function readOther(cursor: Cursor, word: number, draft: Draft): void {
  draft.show = wordName(word);
  switch (word) {
    case k.create:
      readCreate(cursor, draft);
      return;
    case k.engine:
      if (!cursor.takeWord(k.all)) takeNameOrText(cursor);
      readEngine(cursor, draft);
      return;
    case k.storage:
      cursor.expectWord(k.engines);
      draft.show = 'engines';
      return;
    case k.warnings:
    case k.errors:
      takeLimit(cursor, draft);
      return;
    case k.count:
      cursor.expectChar(char.open);
      cursor.expectChar(char.star);
      cursor.expectChar(char.close);
      draft.show = cursor.takeWord(k.errors) ? 'count errors' : 'count warnings';
      if (draft.show === 'count warnings') cursor.expectWord(k.warnings);
      return;
    case k.grants:
      readGrants(cursor);
      return;
    case k.profile:
      readProfile(cursor, draft);
      return;
    case k.engines:
    case k.plugins:
    case k.privileges:
    case k.processlist:
    case k.profiles:
    case k.replicas:
      return;
    default:
      readReplication(cursor, word, draft);
  }
}

function readReplication(cursor: Cursor, word: number, draft: Draft): void {
  switch (word) {
    case k.binary:
      if (takeTwo(cursor, k.log, k.status)) draft.show = 'binary log status';
      else {
        cursor.expectWord(k.logs);
        draft.show = 'binary logs';
      }
      return;
    case k.binlog:
    case k.relaylog:
      cursor.expectWord(k.events);
      draft.show = `${wordName(word)} events`;
      if (cursor.takeWord(k.in)) takeText(cursor);
      if (cursor.takeWord(k.from)) takeNumber(cursor);
      takeLimit(cursor, draft);
      takeChannel(cursor);
      return;
    case k.replica:
      cursor.expectWord(k.status);
      draft.show = 'replica status';
      takeChannel(cursor);
      return;
    default:
      cursor.fail('what can be shown');
  }
}

function takeChannel(cursor: Cursor): void {
  if (takeTwo(cursor, k.for, k.channel)) takeText(cursor);
}

function readEngine(cursor: Cursor, draft: Draft): void {
  if (cursor.takeWord(k.mutex)) draft.show = 'engine mutex';
  else if (cursor.takeWord(k.logs)) draft.show = 'engine logs';
  else {
    cursor.expectWord(k.status);
    draft.show = 'engine status';
  }
}

function readCreate(cursor: Cursor, draft: Draft): void {
  const { word } = cursor;
  switch (word) {
    case k.database:
    case k.schema:
      cursor.advance();
      draft.show = 'create database';
      takeIfNotExists(cursor);
      draft.database = cursor.takeName();
      return;
    case k.table:
    case k.view:
      cursor.advance();
      draft.show = `create ${wordName(word)}`;
      draft.table = takeTable(cursor);
      return;
    case k.materialized:
      cursor.advance();
      cursor.expectWord(k.view);
      draft.show = 'create materialized view';
      draft.table = takeTable(cursor);
      return;
    case k.user:
      cursor.advance();
      draft.show = 'create user';
      takeUser(cursor);
      return;
    case k.event:
    case k.function:
    case k.procedure:
    case k.trigger:
    case k.library:
    case k.masking:
      if (cursor.word === k.masking && cursor.peekWord() === k.policy) cursor.advance();
      cursor.advance();
      draft.show = `create ${wordName(word)}`;
      takeTable(cursor);
      return;
    default:
      cursor.fail('what can be shown');
  }
}

function takeUser(cursor: Cursor): void {
  if (cursor.takeWord(k.current_user)) {
    if (cursor.takeChar(char.open)) cursor.expectChar(char.close);
    return;
  }
  takeNameOrText(cursor);
  if (cursor.kind === token.userVariable) cursor.advance();
}

function readGrants(cursor: Cursor): void {
  if (!cursor.takeWord(k.for)) return;
  takeUser(cursor);
  if (!cursor.takeWord(k.using)) return;
  do takeUser(cursor);
  while (cursor.takeChar(char.comma));
}

const profileTypes: ReadonlySet<number> = new Set([k.all, k.cpu, k.ipc, k.memory, k.source, k.swaps]);

function readProfile(cursor: Cursor, draft: Draft): void {
  do {
    if (cursor.kind === token.word && profileTypes.has(cursor.word)) cursor.advance();
    else if (cursor.takeWord(k.block)) cursor.expectWord(k.io);
    else if (cursor.takeWord(k.context)) cursor.expectWord(k.switches);
    else if (cursor.takeWord(k.page)) cursor.expectWord(k.faults);
    else break;
  } while (cursor.takeChar(char.comma));
  if (takeTwo(cursor, k.for, k.query)) takeNumber(cursor);
  takeLimit(cursor, draft);
}

function takeDatabase(cursor: Cursor, draft: Draft): void {
  if (!cursor.takeWord(k.from) && !cursor.takeWord(k.in)) return;
  const database: Name = cursor.takeName();
  draft.database = database;
}

function takeFilter(cursor: Cursor, draft: Draft): void {
  if (cursor.takeWord(k.like)) draft.like = takePattern(cursor);
  else if (cursor.takeWord(k.where)) draft.where = parseExpression(cursor);
}

function takePattern(cursor: Cursor): Literal {
  if (cursor.kind !== token.string) return cursor.fail('a pattern as a string');
  const pattern = parsePrimary(cursor);
  return pattern.kind === 'literal' ? pattern : cursor.fail('a pattern as a string');
}

function takeLimit(cursor: Cursor, draft: Draft): void {
  if (cursor.isWord(k.limit)) draft.limit = parseLimit(cursor);
}
