/** Statements that are recognised only: what they are called and which tables they name. */
import type { OtherStatement } from '../ast/administration.ts';
import type { TableName } from '../ast/table.ts';
import { token } from '../lexer.ts';
import { wordName } from '../words.ts';
import { type Cursor, char } from './cursor.ts';
import { takeTable, takeTables } from './table-name.ts';
import { wordIds } from './words.ts';

const k = wordIds('on', 'table', 'tables');

/** The rest of a statement of that verb, from wherever the cursor stands; a `;` ends it. */
export function parseOther(
  cursor: Cursor,
  start: number,
  verb: string,
  tables: readonly TableName[] = [],
): OtherStatement {
  while (cursor.kind !== token.end && cursor.kind !== char.semicolon) {
    if (cursor.kind === token.error) cursor.fail('a token');
    cursor.advance();
  }
  return finish(cursor, start, verb, tables);
}

/** The same for statements with a body in which `;` may stand. */
export function parseRoutine(
  cursor: Cursor,
  start: number,
  verb: string,
  tables: readonly TableName[] = [],
): OtherStatement {
  while (cursor.kind !== token.end) {
    if (cursor.kind === token.error) cursor.fail('a token');
    cursor.advance();
  }
  return finish(cursor, start, verb, tables);
}

function finish(cursor: Cursor, start: number, verb: string, tables: readonly TableName[]): OtherStatement {
  return {
    kind: 'other',
    start,
    end: cursor.previousEnd,
    verb,
    tables,
    hasVersionComment: cursor.hasVersionComment,
  };
}

/** A statement whose first word says enough. */
export function parseByFirstWord(cursor: Cursor): OtherStatement {
  const { start, word } = cursor;
  cursor.advance();
  return parseOther(cursor, start, wordName(word));
}

/** A statement that the second word tells from others: START REPLICA, LOCK INSTANCE. */
export function parseByTwoWords(cursor: Cursor): OtherStatement {
  const { start, word } = cursor;
  cursor.advance();
  if (cursor.kind !== token.word || cursor.word === 0) cursor.fail('a keyword');
  return parseOther(cursor, start, `${wordName(word)} ${wordName(cursor.word)}`);
}

/** HANDLER table … */
export function parseHandler(cursor: Cursor): OtherStatement {
  const { start } = cursor;
  cursor.advance();
  const table = takeTable(cursor);
  return parseOther(cursor, start, 'handler', [table]);
}

/** FLUSH, with the tables of FLUSH TABLES. */
export function parseFlush(cursor: Cursor): OtherStatement {
  const { start } = cursor;
  cursor.advance();
  if (cursor.kind !== token.word) cursor.fail('a keyword');
  const hasTables = cursor.takeWord(k.table) || cursor.takeWord(k.tables);
  const tables = hasTables && cursor.isName() ? takeTables(cursor) : [];
  return parseOther(cursor, start, 'flush', tables);
}

/** CREATE TRIGGER from TRIGGER on: its table stands behind ON. */
export function parseTrigger(cursor: Cursor, start: number): OtherStatement {
  while (cursor.kind !== token.end && !cursor.isWord(k.on)) cursor.advance();
  cursor.expectWord(k.on);
  const table = takeTable(cursor);
  return parseRoutine(cursor, start, 'create trigger', [table]);
}
