/**
 * How each client character set classifies bytes, as MySQL's lexer sees them: what is blank, what may stand
 * in a name, and which bytes begin a character of several bytes. The multi-byte rules matter for safety:
 * the second byte of such a character may be a quote or a backslash.
 */

/** Classes of a token's first byte. */
export const byteClass = {
  other: 0,
  blank: 1,
  letter: 2,
  digit: 3,
  quote: 4,
  doubleQuote: 5,
  backtick: 6,
  dot: 7,
  minus: 8,
  slash: 9,
  hash: 10,
  at: 11,
  colon: 12,
  compare: 13,
  less: 14,
  andOr: 15,
  star: 16,
  dollar: 17,
  letterX: 18,
  letterB: 19,
  letterN: 20,
  invalid: 21,
  question: 22,
} as const;

/** Bits of a byte wherever it stands. */
export const byteBit = {
  /** May stand in an unquoted name. */
  name: 1,
  /** May stand behind `@`: letters, digits, `.`, `_`, `$`. */
  variable: 2,
  /** Ends the `--` that begins a comment: blanks and control characters. */
  commentBlank: 4,
  blank: 8,
  digit: 16,
  hexDigit: 32,
} as const;

/** Length of the valid character of several bytes at `at`, or 0. */
export type MultibyteLength = (text: Uint8Array, at: number, end: number) => number;

export type CharsetTable = Readonly<{
  classes: Uint8Array;
  bits: Uint8Array;
  /** Only for character sets whose later bytes can be ASCII or that need their leads checked; else undefined. */
  multibyteLength: MultibyteLength | undefined;
}>;

const within = (byte: number, low: number, high: number): boolean => byte >= low && byte <= high;

type ByteTest = (byte: number) => boolean;

/** A rule for sets with characters of two bytes only. */
function twoBytes(isLead: ByteTest, isTrail: ByteTest): MultibyteLength {
  return (text, at, end) => (at + 1 < end && isLead(text[at]!) && isTrail(text[at + 1]!) ? 2 : 0);
}

const shiftJis = twoBytes(
  (byte) => within(byte, 0x81, 0x9f) || within(byte, 0xe0, 0xfc),
  (byte) => within(byte, 0x40, 0x7e) || within(byte, 0x80, 0xfc),
);

const gbk = twoBytes(
  (byte) => within(byte, 0x81, 0xfe),
  (byte) => within(byte, 0x40, 0x7e) || within(byte, 0x80, 0xfe),
);

function gb18030(text: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end || !within(text[at]!, 0x81, 0xfe)) return 0;
  const second = text[at + 1]!;
  if (within(second, 0x40, 0x7e) || within(second, 0x80, 0xfe)) return 2;
  if (at + 3 >= end || !within(second, 0x30, 0x39)) return 0;
  return within(text[at + 2]!, 0x81, 0xfe) && within(text[at + 3]!, 0x30, 0x39) ? 4 : 0;
}

function eucJapanese(text: Uint8Array, at: number, end: number): number {
  const lead = text[at]!;
  if (lead < 0x80 || at + 1 >= end) return 0;
  const second = text[at + 1]!;
  if (within(lead, 0xa1, 0xfe) && within(second, 0xa1, 0xfe)) return 2;
  if (lead === 0x8e && within(second, 0xa1, 0xdf)) return 2;
  return lead === 0x8f && within(second, 0xa1, 0xfe) && at + 2 < end && within(text[at + 2]!, 0xa1, 0xfe)
    ? 3
    : 0;
}

const multibyteRules = new Map<string, MultibyteLength>([
  [
    'big5',
    twoBytes(
      (byte) => within(byte, 0xa1, 0xf9),
      (byte) => within(byte, 0x40, 0x7e) || within(byte, 0xa1, 0xfe),
    ),
  ],
  ['sjis', shiftJis],
  ['cp932', shiftJis],
  ['gbk', gbk],
  ['gb18030', gb18030],
  [
    'gb2312',
    twoBytes(
      (byte) => within(byte, 0xa1, 0xf7),
      (byte) => within(byte, 0xa1, 0xfe),
    ),
  ],
  [
    'euckr',
    twoBytes(
      (byte) => within(byte, 0x81, 0xfe),
      (byte) => within(byte, 0x41, 0x5a) || within(byte, 0x61, 0x7a) || within(byte, 0x81, 0xfe),
    ),
  ],
  ['ujis', eucJapanese],
  ['eucjpms', eucJapanese],
]);

const asciiClasses = new Map<string, number>([
  ["'", byteClass.quote],
  ['"', byteClass.doubleQuote],
  ['`', byteClass.backtick],
  ['.', byteClass.dot],
  ['-', byteClass.minus],
  ['/', byteClass.slash],
  ['#', byteClass.hash],
  ['@', byteClass.at],
  [':', byteClass.colon],
  ['=', byteClass.compare],
  ['>', byteClass.compare],
  ['!', byteClass.compare],
  ['<', byteClass.less],
  ['&', byteClass.andOr],
  ['|', byteClass.andOr],
  ['*', byteClass.star],
  ['$', byteClass.dollar],
  ['\\', byteClass.invalid],
  ['?', byteClass.question],
]);

const isLetter: ByteTest = (byte) => within(byte | 0x20, 0x61, 0x7a) && byte < 0x80;
const isDigit: ByteTest = (byte) => within(byte, 0x30, 0x39);
const isBlank: ByteTest = (byte) => byte === 0x20 || within(byte, 0x09, 0x0d);

function asciiClassOf(byte: number): number {
  if (isBlank(byte)) return byteClass.blank;
  if (byte < 0x20 || byte === 0x7f) return byteClass.invalid;
  if (isDigit(byte)) return byteClass.digit;
  if (byte === 0x5f) return byteClass.letter;
  if (!isLetter(byte)) return asciiClasses.get(String.fromCharCode(byte)) ?? byteClass.other;
  switch (byte | 0x20) {
    case 0x78:
      return byteClass.letterX;
    case 0x62:
      return byteClass.letterB;
    case 0x6e:
      return byteClass.letterN;
    default:
      return byteClass.letter;
  }
}

function asciiBitsOf(byte: number): number {
  let bits = 0;
  const isWord = isLetter(byte) || isDigit(byte) || byte === 0x5f || byte === 0x24;
  if (isWord) bits |= byteBit.name | byteBit.variable;
  if (byte === 0x2e) bits |= byteBit.variable;
  if (isBlank(byte)) bits |= byteBit.blank;
  if (byte <= 0x20 || byte === 0x7f) bits |= byteBit.commentBlank;
  if (isDigit(byte)) bits |= byteBit.digit | byteBit.hexDigit;
  if (within(byte | 0x20, 0x61, 0x66)) bits |= byteBit.hexDigit;
  return bits;
}

const tables = new Map<string, CharsetTable>();

/** The table of a client character set; an unknown name is treated as one where bytes from 0x80 on are letters. */
export function charsetTableOf(charset: string): CharsetTable {
  const known = tables.get(charset);
  if (known !== undefined) return known;
  const classes = new Uint8Array(256);
  const bits = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte++) {
    if (byte < 0x80) {
      classes[byte] = asciiClassOf(byte);
      bits[byte] = asciiBitsOf(byte);
    } else {
      classes[byte] = byteClass.letter;
      bits[byte] = byteBit.name | byteBit.variable;
    }
  }
  const table: CharsetTable = Object.freeze({ classes, bits, multibyteLength: multibyteRules.get(charset) });
  tables.set(charset, table);
  return table;
}
