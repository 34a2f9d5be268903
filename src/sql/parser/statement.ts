/** The parser's entry: a text to a statement's tree, chosen by the first word. */

import type { QueryExpression } from '../ast/query.ts';
import type { ParsedStatement, SelectStatement, SyntaxProblem } from '../ast/statement.ts';
import type { LexMode } from '../lex-mode.ts';
import { token } from '../lexer.ts';
import { wordCount, wordId } from '../words.ts';
import {
  parseCallStatement,
  parseDo,
  parseExplain,
  parseKill,
  parseLock,
  parseMaintenance,
  parseUnlock,
  parseUse,
  parseVexplain,
} from './administration.ts';
import { Cursor, char, SyntaxFailure } from './cursor.ts';
import { parseAlter, parseCreate, parseDrop, parseRename, parseTruncate } from './definition.ts';
import { parseDelete, parseInsert, parseUpdate } from './dml.ts';
import { w, wordSet } from './keywords.ts';
import { parseLoad } from './load.ts';
import { parseByFirstWord, parseByTwoWords, parseFlush, parseHandler } from './other.ts';
import { parseQuery, parseQueryAfterWith, parseWith } from './query.ts';
import { parseSet } from './set.ts';
import { parseShow } from './show.ts';
import { parseBegin, parseEnd, parseRelease, parseSavepoint, parseStart } from './transaction.ts';

/** Reads a whole statement: the cursor stands on its first word. */
type StatementParser = (cursor: Cursor) => Statement;
type Statement = Exclude<ParsedStatement, SyntaxProblem>;

const parserByWord: (StatementParser | undefined)[] = new Array(wordCount).fill(undefined);

// Statements join here, one line per first word.
parserByWord[w.select] = parseSelect;
parserByWord[w.values] = parseSelect;
parserByWord[w.table] = parseSelect;
parserByWord[w.with] = parseAfterWith;
parserByWord[w.insert] = (cursor) => parseInsert(cursor);
parserByWord[w.replace] = (cursor) => parseInsert(cursor);
parserByWord[w.update] = (cursor) => parseUpdate(cursor);
parserByWord[w.delete] = (cursor) => parseDelete(cursor);
register(parseCreate, 'create');
register(parseAlter, 'alter');
register(parseDrop, 'drop');
register(parseRename, 'rename');
register(parseTruncate, 'truncate');
register(parseSet, 'set');
register((cursor) => parseShow(cursor, parseFirst), 'show');
register((cursor) => parseExplain(cursor, parseExplained), 'explain describe desc');
register((cursor) => parseVexplain(cursor, parseExplained), 'vexplain');
register(parseUse, 'use');
register(parseStart, 'start');
register(parseBegin, 'begin');
register(parseEnd, 'commit rollback');
register(parseSavepoint, 'savepoint');
register(parseRelease, 'release');
register(parseLock, 'lock');
register(parseUnlock, 'unlock');
register(parseKill, 'kill');
register(parseDo, 'do');
register(parseCallStatement, 'call');
register(parseMaintenance, 'analyze check checksum optimize repair');
register(parseHandler, 'handler');
register(parseFlush, 'flush');
register(parseLoad, 'load cache');
register(parseByTwoWords, 'install uninstall stop purge reset change xa import deallocate');
register(
  parseByFirstWord,
  'grant revoke binlog shutdown restart clone help signal resignal get prepare execute',
);

function register(parse: StatementParser, words: string): void {
  for (const word of words.split(' ')) parserByWord[wordId(word)] = parse;
}

const explainable = wordSet('select values table with insert replace update delete');

// Parsing never waits, so that one cursor serves all.
const shared = new Cursor();

/**
 * Parses the one statement between two positions of the text. A closing `;` may follow it. Never throws: what is
 * not understood, also what nests too deep, comes back as a `syntaxProblem`, which says nothing about MySQL's
 * own opinion of the text.
 */
export function parseStatement(text: Buffer, start: number, end: number, mode: LexMode): ParsedStatement {
  try {
    shared.reset(text, start, end, mode);
    const statement = parseFirst(shared);
    if (shared.kind === char.semicolon) shared.advance();
    if (shared.kind !== token.end) shared.fail('the end of the statement');
    return statement;
  } catch (error) {
    if (error instanceof SyntaxFailure)
      return { kind: 'syntaxProblem', at: error.at, message: error.message };
    // The caller's stack may be deep already.
    if (error instanceof RangeError) return { kind: 'syntaxProblem', at: start, message: 'nested too deep' };
    throw error;
  } finally {
    shared.clear();
  }
}

/** What can be explained: queries and changes of rows. */
function parseExplained(cursor: Cursor): Statement {
  const isPossible =
    cursor.kind === char.open || (cursor.kind === token.word && explainable[cursor.word] === 1);
  return isPossible ? parseFirst(cursor) : cursor.fail('a statement that can be explained');
}

function parseFirst(cursor: Cursor): Statement {
  if (cursor.kind === char.open) return parseSelect(cursor);
  const parse = cursor.kind === token.word ? parserByWord[cursor.word] : undefined;
  return parse === undefined ? cursor.fail('a statement') : parse(cursor);
}

function parseSelect(cursor: Cursor): SelectStatement {
  return makeSelect(cursor, parseQuery(cursor));
}

function makeSelect(cursor: Cursor, query: QueryExpression): SelectStatement {
  const { start, end } = query;
  const { parameterCount, hasVersionComment } = cursor;
  return { kind: 'select', start, end, query, parameterCount, hasVersionComment };
}

function parseAfterWith(cursor: Cursor): Statement {
  const withClause = parseWith(cursor);
  if (cursor.isWord(w.update)) return parseUpdate(cursor, withClause);
  if (cursor.isWord(w.delete)) return parseDelete(cursor, withClause);
  return makeSelect(cursor, parseQueryAfterWith(cursor, withClause));
}
