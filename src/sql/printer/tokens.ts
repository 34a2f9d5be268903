/**
 * Definitions and administration as text: the tokens as written, one blank where there were blanks or comments. What
 * a version comment holds stands there without the comment's marks.
 */
import type { LexMode } from '../lex-mode.ts';
import { Lexer, token } from '../lexer.ts';
import type { Writer } from './writer.ts';

/** Writes the source's tokens between two positions. */
export function printTokens(out: Writer, start: number, end: number, mode: LexMode): void {
  // From the very start: the first token may stand in a version comment, whose end has to be known as such.
  const lexer = new Lexer(out.source, 0, mode);
  let previousEnd = -1;
  while (lexer.next() !== token.end && lexer.end <= end) {
    if (lexer.start < start) continue;
    if (previousEnd >= 0 && lexer.start > previousEnd) out.write(' ');
    out.copy(lexer.start, lexer.end);
    previousEnd = lexer.end;
  }
}
