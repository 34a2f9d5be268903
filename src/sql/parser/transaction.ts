/** Statements that begin and end transactions. */
import type {
  BeginStatement,
  EndTransaction,
  OtherStatement,
  SavepointStatement,
} from '../ast/administration.ts';
import { type Cursor, char } from './cursor.ts';
import { parseByTwoWords } from './other.ts';
import { takeAccess } from './set.ts';
import { wordIds } from './words.ts';

const k = wordIds(
  'and',
  'chain',
  'commit',
  'consistent',
  'no',
  'read',
  'release',
  'savepoint',
  'snapshot',
  'to',
  'transaction',
  'with',
  'work',
);

/** START TRANSACTION, or another statement that begins with START. */
export function parseStart(cursor: Cursor): BeginStatement | OtherStatement {
  if (cursor.peekWord() !== k.transaction) return parseByTwoWords(cursor);
  const { start } = cursor;
  cursor.advance();
  cursor.advance();
  let consistentSnapshot = false;
  let access: BeginStatement['access'];
  if (cursor.isWord(k.with) || cursor.isWord(k.read)) {
    do {
      if (cursor.takeWord(k.with)) {
        cursor.expectWord(k.consistent);
        cursor.expectWord(k.snapshot);
        consistentSnapshot = true;
      } else {
        cursor.expectWord(k.read);
        access = takeAccess(cursor);
      }
    } while (cursor.takeChar(char.comma));
  }
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'begin', start, end, consistentSnapshot, access, hasVersionComment };
}

/** BEGIN [WORK]. */
export function parseBegin(cursor: Cursor): BeginStatement {
  const { start } = cursor;
  cursor.advance();
  cursor.takeWord(k.work);
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind: 'begin', start, end, consistentSnapshot: false, access: undefined, hasVersionComment };
}

/** COMMIT, ROLLBACK, ROLLBACK TO. */
export function parseEnd(cursor: Cursor): EndTransaction | SavepointStatement {
  const { start } = cursor;
  const kind = cursor.word === k.commit ? 'commit' : 'rollback';
  cursor.advance();
  cursor.takeWord(k.work);
  if (kind === 'rollback' && cursor.takeWord(k.to)) {
    cursor.takeWord(k.savepoint);
    return finishSavepoint(cursor, 'rollbackTo', start);
  }
  let chain: boolean | undefined;
  let release: boolean | undefined;
  if (cursor.takeWord(k.and)) {
    chain = !cursor.takeWord(k.no);
    cursor.expectWord(k.chain);
  }
  if (cursor.takeWord(k.no)) {
    cursor.expectWord(k.release);
    release = false;
  } else if (chain !== true && cursor.takeWord(k.release)) {
    release = true;
  }
  const { previousEnd: end, hasVersionComment } = cursor;
  return { kind, start, end, chain, release, hasVersionComment };
}

/** SAVEPOINT name. */
export function parseSavepoint(cursor: Cursor): SavepointStatement {
  const { start } = cursor;
  cursor.advance();
  return finishSavepoint(cursor, 'savepoint', start);
}

/** RELEASE SAVEPOINT name. */
export function parseRelease(cursor: Cursor): SavepointStatement {
  const { start } = cursor;
  cursor.advance();
  cursor.expectWord(k.savepoint);
  return finishSavepoint(cursor, 'releaseSavepoint', start);
}

function finishSavepoint(
  cursor: Cursor,
  kind: SavepointStatement['kind'],
  start: number,
): SavepointStatement {
  const name = cursor.takeName();
  return { kind, start, end: cursor.previousEnd, name, hasVersionComment: cursor.hasVersionComment };
}
