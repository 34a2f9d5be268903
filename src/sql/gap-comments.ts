/** What stands between two tokens, where it is more than blanks and plain comments. */

/** Bits of `gapMarks`. */
export const gapMark = {
  /** `/*!`: code for some servers. */
  code: 1,
  /** `/*vt+`: a directive to the router. */
  directive: 2,
} as const;

const SLASH = 0x2f;
const STAR = 0x2a;
const EXCLAMATION = 0x21;
const PLUS = 0x2b;

/** No gap shorter than this has a mark. */
export const MARKED_GAP_MIN = 3;

/** Marks found in `from` to `to`; one inside another comment is found too, which is harmless. */
export function gapMarks(text: Buffer, from: number, to: number): number {
  let marks = 0;
  for (let at = from; at < to - 2; at++) {
    if (text[at] !== SLASH || text[at + 1] !== STAR) continue;
    if (text[at + 2] === EXCLAMATION) marks |= gapMark.code;
    else if (isDirective(text, at + 2)) marks |= gapMark.directive;
  }
  return marks;
}

const isDirective = (text: Buffer, at: number): boolean =>
  (text[at]! | 0x20) === 0x76 && (text[at + 1]! | 0x20) === 0x74 && text[at + 2] === PLUS;
