/** The kinds of literals that a fingerprint keeps apart: 5, 5.0 and '5' compare, hash and convert differently. */

const kinds = {
  /** Digits that fit a signed 64-bit number. */
  integer: 1,
  /** Digits that fit only an unsigned one. */
  unsigned: 2,
  /** With a point, or more digits than 64 bits hold. */
  decimal: 3,
  float: 4,
  string: 5,
  /** `N'text'` */
  nationalString: 6,
  /** The string behind a character set's introducer (`_latin1'text'`); its positions are without the introducer. */
  introducedString: 7,
  /** `0x1f`, `x'1f'` */
  hex: 8,
  /** `0b01`, `b'01'` */
  bit: 9,
  /** The words below are literals only as elements of lists and rows; elsewhere they are text. */
  null: 10,
  true: 11,
  false: 12,
  /** DEFAULT as an element of a row. */
  default: 13,
};

/** Kinds of literals, as `Literals.kinds` has them. */
export const literalKind: Readonly<typeof kinds> = kinds;

/**
 * Added to the kind of a number in a list or row whose text begins with a minus sign. Elsewhere a sign is an operator
 * outside the literal.
 */
export const NEGATIVE = 0x10;

/** The bit of an element's kind in the mask of a list or a column. */
export const kindBit = (kind: number): number => 1 << kind;

const SIGNED_MAX = '9223372036854775807';
const UNSIGNED_MAX = '18446744073709551615';
const ZERO = 0x30;

/** The kind of a run of digits; MySQL does not count leading zeros. */
export function integerKind(text: Uint8Array, start: number, end: number): number {
  if (end - start < SIGNED_MAX.length) return literalKind.integer;
  let at = start;
  while (at < end - 1 && text[at] === ZERO) at++;
  if (isAtMost(text, at, end, SIGNED_MAX)) return literalKind.integer;
  return isAtMost(text, at, end, UNSIGNED_MAX) ? literalKind.unsigned : literalKind.decimal;
}

function isAtMost(text: Uint8Array, start: number, end: number, limit: string): boolean {
  if (end - start !== limit.length) return end - start < limit.length;
  for (let i = 0; i < limit.length; i++) {
    const difference = text[start + i]! - limit.charCodeAt(i);
    if (difference !== 0) return difference < 0;
  }
  return true;
}
