/** CREATE, ALTER, DROP, RENAME, TRUNCATE: which object it is about, and the short ones of them. */
import type { OtherStatement } from '../ast/administration.ts';
import type {
  DefinitionStatement,
  DropIndex,
  DropTables,
  RenamedTable,
  RenameTable,
  TruncateTable,
} from '../ast/definition.ts';
import { token } from '../lexer.ts';
import { wordName } from '../words.ts';
import { parseAlterTable } from './alter-table.ts';
import { parseCreateIndex, parseCreateTable, parseView, takeAlgorithmOrLock, takeDefiner } from './create.ts';
import { type Cursor, char } from './cursor.ts';
import { parseByFirstWord, parseByTwoWords, parseOther, parseRoutine, parseTrigger } from './other.ts';
import { takeTable, takeTables } from './table-name.ts';
import { takeIfExists, takeTwo, wordIds } from './words.ts';

const k = wordIds(
  'aggregate',
  'algorithm',
  'cascade',
  'definer',
  'event',
  'external',
  'fulltext',
  'function',
  'index',
  'library',
  'on',
  'or',
  'procedure',
  'reference',
  'replace',
  'restrict',
  'spatial',
  'sql',
  'table',
  'tables',
  'temporary',
  'to',
  'trigger',
  'unique',
  'user',
  'view',
);

const withBody: ReadonlySet<number> = new Set([k.event, k.function, k.procedure, k.library]);

const definedBy: ReadonlySet<number> = new Set([
  k.event,
  k.function,
  k.procedure,
  k.aggregate,
  k.sql,
  k.view,
  k.trigger,
]);

/** A statement from CREATE on. */
export function parseCreate(cursor: Cursor): DefinitionStatement | OtherStatement {
  const { start } = cursor;
  cursor.advance();
  const orReplace = takeTwo(cursor, k.or, k.replace);
  const hasDefiner = takeDefiner(cursor);
  if (hasDefiner && !definedBy.has(cursor.word)) cursor.fail('what a definer can have');
  switch (cursor.kind === token.word ? cursor.word : 0) {
    case k.temporary:
    case k.external:
    case k.table:
      return parseCreateTable(cursor, start);
    case k.spatial:
      if (cursor.peekWord() === k.reference)
        return parseOther(cursor, start, 'create spatial reference system');
      return parseCreateIndex(cursor, start);
    case k.unique:
    case k.fulltext:
    case k.index:
      return parseCreateIndex(cursor, start);
    case k.algorithm:
    case k.sql:
    case k.view:
      return parseView(cursor, start, false, orReplace);
    case k.trigger:
      return parseTrigger(cursor, start);
    case k.aggregate:
      cursor.advance();
      return parseObject(cursor, start, 'create');
    default:
      return parseObject(cursor, start, 'create');
  }
}

/** Any other object: the word names it. */
function parseObject(cursor: Cursor, start: number, verb: string): OtherStatement {
  if (cursor.kind !== token.word || cursor.word === 0) return cursor.fail('what is meant');
  const { word } = cursor;
  const parse = withBody.has(word) ? parseRoutine : parseOther;
  return parse(cursor, start, `${verb} ${wordName(word)}`);
}

/** A statement from ALTER on. */
export function parseAlter(cursor: Cursor): DefinitionStatement | OtherStatement {
  const { start } = cursor;
  cursor.advance();
  takeDefiner(cursor);
  switch (cursor.kind === token.word ? cursor.word : 0) {
    case k.table:
      return parseAlterTable(cursor, start);
    case k.algorithm:
    case k.sql:
    case k.view:
      return parseView(cursor, start, true, false);
    default:
      return parseObject(cursor, start, 'alter');
  }
}

/** A statement from DROP on. */
export function parseDrop(cursor: Cursor): DropTables | DropIndex | OtherStatement {
  const { start } = cursor;
  const behind = cursor.peekWord();
  if (behind === k.index) return parseDropIndex(cursor);
  if (behind !== k.table && behind !== k.tables && behind !== k.view && behind !== k.temporary) {
    return parseByTwoWords(cursor);
  }
  cursor.advance();
  const temporary = cursor.takeWord(k.temporary);
  const kind = !temporary && cursor.takeWord(k.view) ? 'dropView' : 'dropTable';
  if (kind === 'dropTable' && !cursor.takeWord(k.table)) cursor.expectWord(k.tables);
  const ifExists = takeIfExists(cursor);
  const tables = takeTables(cursor);
  if (!cursor.takeWord(k.restrict)) cursor.takeWord(k.cascade);
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind, start, end, temporary, ifExists, tables, hasVersionComment };
}

function parseDropIndex(cursor: Cursor): DropIndex {
  const { start } = cursor;
  cursor.advance();
  cursor.advance();
  const name = cursor.takeName();
  cursor.expectWord(k.on);
  const table = takeTable(cursor);
  while (takeAlgorithmOrLock(cursor));
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'dropIndex', start, end, name, table, hasVersionComment };
}

/** TRUNCATE [TABLE] table. */
export function parseTruncate(cursor: Cursor): TruncateTable {
  const { start } = cursor;
  cursor.advance();
  cursor.takeWord(k.table);
  const table = takeTable(cursor);
  return {
    kind: 'truncateTable',
    start,
    end: cursor.previousEnd,
    table,
    hasVersionComment: cursor.hasVersionComment,
  };
}

/** RENAME TABLE a TO b, …; RENAME USER. */
export function parseRename(cursor: Cursor): RenameTable | OtherStatement {
  if (cursor.peekWord() === k.user) return parseByFirstWord(cursor);
  const { start } = cursor;
  cursor.advance();
  if (!cursor.takeWord(k.table)) cursor.expectWord(k.tables);
  const renamed: RenamedTable[] = [];
  do {
    const from = takeTable(cursor);
    cursor.expectWord(k.to);
    const to = takeTable(cursor);
    renamed.push({ kind: 'renamedTable', start: from.start, end: to.end, from, to });
  } while (cursor.takeChar(char.comma));
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'renameTable', start, end, renamed, hasVersionComment };
}
