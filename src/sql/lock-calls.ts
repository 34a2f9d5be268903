/** Which named locks a statement speaks of: GET_LOCK and its family. */
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { stringText } from './literals.ts';
import { wordId } from './words.ts';

export type LockCalls = Readonly<{
  /** Given as literals to GET_LOCK. */
  taken: readonly string[];
  /** GET_LOCK of something else than a literal. */
  takesUnnamed: boolean;
  releasesAll: boolean;
}>;

const getLock = wordId('get_lock');
const releaseAllLocks = wordId('release_all_locks');
const PARENTHESIS = 0x28;
const COMMA = 0x2c;

export function lockCallsOf(text: Buffer, start: number, end: number, mode: LexMode): LockCalls {
  const lexer = new Lexer(text.subarray(0, end), start, mode);
  const taken: string[] = [];
  let takesUnnamed = false;
  let releasesAll = false;
  while (lexer.next() !== token.end) {
    if (lexer.kind !== token.word) continue;
    if (lexer.word === releaseAllLocks) releasesAll = true;
    if (lexer.word !== getLock || lexer.next() !== PARENTHESIS) continue;
    const isLiteral = lexer.next() === token.string;
    const name = isLiteral ? stringText(text, lexer.start, lexer.end, mode) : '';
    if (isLiteral && lexer.next() === COMMA) taken.push(name);
    else takesUnnamed = true;
  }
  return { taken, takesUnnamed, releasesAll };
}
