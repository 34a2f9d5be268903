/** Statements with version comments that are code: the same without the comments' marks. */
import { gapMark, gapMarks } from './gap-comments.ts';
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';

const BLANK = Buffer.from(' ');
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
 * are part of columns' names: MySQL puts a blank behind a comment, and none before it. Undefined for a comment within such a comment, of
 * which MySQL warns.
 */
export function unwrapped(text: Buffer, start: number, end: number, mode: LexMode): Buffer | undefined {
  const lexer = new Lexer(text.subarray(0, end), start, mode);
  const parts: Buffer[] = [];
  let previous = start;
  for (;;) {
    const wasInside = lexer.inVersionComment;
    const isLast = lexer.next() === token.end;
    const gap = text.subarray(previous, lexer.start);
    const isMarked = wasInside || (gapMarks(text, previous, lexer.start) & gapMark.code) !== 0;
    const kept = isMarked
      ? new MarkedGap(gap, text[lexer.start], wasInside).without(mode.serverVersion)
      : gap;
    if (kept === undefined) return undefined;
    const mayMerge = gap.length > 0 && kept.length === 0 && !isApart(text[previous - 1], text[lexer.start]);
    parts.push(mayMerge ? BLANK : kept);
    if (isLast) return Buffer.concat(parts);
    parts.push(text.subarray(lexer.start, lexer.end));
    previous = lexer.end;
  }
}

/** What stands between two tokens, with marks of version comments in it. */
class MarkedGap {
  readonly #gap: Buffer;
  /** The byte behind it. */
  readonly #behind: number | undefined;
  readonly #kept: number[] = [];
  #isInside: boolean;
  #at = 0;

  constructor(gap: Buffer, behind: number | undefined, isInside: boolean) {
    this.#gap = gap;
    this.#behind = behind;
    this.#isInside = isInside;
  }

  /** Undefined for a comment within such a comment. */
  without(serverVersion: number): Buffer | undefined {
    const gap = this.#gap;
    while (this.#at < gap.length) {
      const at = this.#at;
      if (gap[at] === STAR && gap[at + 1] === SLASH) {
        this.#at += 2;
        this.#isInside = false;
        this.#blankBehindComment();
      } else if (gap[at] === SLASH && gap[at + 2] === EXCLAMATION) {
        if (this.#isInside || !this.#takeMark(serverVersion)) return undefined;
      } else if (gap[at] === SLASH) {
        if (this.#isInside) return undefined;
        this.#keepTo(gap.indexOf('*/', at + 2, 'latin1') + 2);
      } else this.#keepTo(lineEnd(gap, at));
    }
    return Buffer.from(this.#kept);
  }

  /** False for a comment within a comment. */
  #takeMark(serverVersion: number): boolean {
    const gap = this.#gap;
    const from = this.#at + 3;
    const [digits] = versionDigits.exec(gap.toString('latin1', from, from + 7))!;
    this.#isInside = Number(digits) <= serverVersion;
    this.#at = from + digits.length;
    if (this.#isInside) return true;
    const end = gap.indexOf('*/', from, 'latin1');
    if (gap.subarray(from, end).includes('/*', 0, 'latin1')) return false;
    this.#at = end + 2;
    this.#blankBehindComment();
    return true;
  }

  #keepTo(end: number): void {
    while (this.#at < end) this.#kept.push(this.#gap[this.#at++]!);
  }

  #blankBehindComment(): void {
    const next = this.#at < this.#gap.length ? this.#gap[this.#at]! : this.#behind;
    if (next !== undefined && !isBlank(next)) this.#kept.push(SPACE);
  }
}

const isApart = (before: number | undefined, behind: number | undefined): boolean =>
  before === undefined || behind === undefined || standsAlone.has(before) || standsAlone.has(behind);

const isBlank = (byte: number): boolean => byte === SPACE || (byte >= 0x09 && byte <= 0x0d);

/** Behind a comment that ends with its line, or behind one blank. */
function lineEnd(gap: Buffer, at: number): number {
  if (gap[at] !== HASH && gap[at] !== MINUS) return at + 1;
  const end = gap.indexOf(NEWLINE, at);
  return end < 0 ? gap.length : end + 1;
}
