/** Statements with version comments that are code: the same without the comments' marks. */
import { gapMark, gapMarks } from './gap-comments.ts';
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const SLASH = 0x2f;
const STAR = 0x2a;
const EXCLAMATION = 0x21;
const HASH = 0x23;
const MINUS = 0x2d;
/** Digits of a version behind the mark: MySQL takes a sixth only where a blank follows. */
const versionDigits = /^(?:\d{6}(?=\s)|\d{5})?/;
/** No blank is needed between these and anything else. */
const standsAlone = new Set(Buffer.from('(),;=+%^~'));

/**
 * The statement between two positions as a server of the mode's version reads it. All else stays as it is, since blanks and other comments
 * are part of columns' names: MySQL puts a blank behind a comment, and none before it.
 */
export function unwrapped(text: Buffer, start: number, end: number, mode: LexMode): Buffer {
  const lexer = new Lexer(text.subarray(0, end), start, mode);
  const parts: Buffer[] = [];
  let previous = start;
  for (;;) {
    const wasInside = lexer.inVersionComment;
    const isLast = lexer.next() === token.end;
    const gap = text.subarray(previous, lexer.start);
    const isMarked = wasInside || (gapMarks(text, previous, lexer.start) & gapMark.code) !== 0;
    parts.push(isMarked ? withoutMarks(gap, text[previous - 1], text[lexer.start], mode.serverVersion) : gap);
    if (isLast) return Buffer.concat(parts);
    parts.push(text.subarray(lexer.start, lexer.end));
    previous = lexer.end;
  }
}

/** What stands between two tokens; `before` and `behind`: their bytes next to it. */
function withoutMarks(
  gap: Buffer,
  before: number | undefined,
  behind: number | undefined,
  serverVersion: number,
): Buffer {
  const kept: number[] = [];
  let at = 0;
  const blankBehindComment = () => {
    const next = at < gap.length ? gap[at]! : behind;
    if (next !== undefined && !isBlank(next)) kept.push(SPACE);
  };
  while (at < gap.length) {
    if (gap[at] === STAR && gap[at + 1] === SLASH) {
      at += 2;
      blankBehindComment();
    } else if (gap[at] === SLASH && gap[at + 2] === EXCLAMATION) {
      const [digits] = versionDigits.exec(gap.toString('latin1', at + 3, at + 10))!;
      if (Number(digits) <= serverVersion) at += 3 + digits.length;
      else {
        at = nestedEnd(gap, at + 3);
        blankBehindComment();
      }
    } else {
      const end = gap[at] === SLASH ? gap.indexOf('*/', at + 2, 'latin1') + 2 : lineEnd(gap, at);
      while (at < end) kept.push(gap[at++]!);
    }
  }
  const mayMerge = gap.length > 0 && kept.length === 0 && !isApart(before) && !isApart(behind);
  return mayMerge ? Buffer.from(' ') : Buffer.from(kept);
}

const isApart = (byte: number | undefined): boolean => byte === undefined || standsAlone.has(byte);

const isBlank = (byte: number): boolean => byte === SPACE || (byte >= 0x09 && byte <= 0x0d);

/** Behind a comment that ends with its line, or behind one blank. */
function lineEnd(gap: Buffer, at: number): number {
  if (gap[at] !== HASH && gap[at] !== MINUS) return at + 1;
  const end = gap.indexOf(NEWLINE, at);
  return end < 0 ? gap.length : end + 1;
}

/** Behind a comment's end; comments of one level may stand in it. */
function nestedEnd(gap: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const end = gap.indexOf('*/', at, 'latin1');
    const inner = gap.indexOf('/*', at, 'latin1');
    if (inner < 0 || inner > end) return end + 2;
    at = gap.indexOf('*/', inner + 2, 'latin1') + 2;
  }
}
