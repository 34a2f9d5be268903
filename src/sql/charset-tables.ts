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
  if (byte <= 0x20) bits |= byteBit.commentBlank;
  if (isDigit(byte)) bits |= byteBit.digit | byteBit.hexDigit;
  if (within(byte | 0x20, 0x61, 0x66)) bits |= byteBit.hexDigit;
  return bits;
}

/**
 * Bytes from 0x80 on (0x7f too among the controls), as ranges of hexadecimal numbers. Asked from MySQL 9.7 byte
 * by byte; a system test asks again. Bytes that are in none of them are refused outside quotes.
 */
type Shape = {
  /** May stand in names. */
  names: string;
  blanks?: string;
  /** Control characters: they make a comment of `--` before them. */
  controls?: string;
  /** May stand behind `@`, where that differs from names. */
  variables?: string;
};

const CONTROLS = '7f';

const shapeRows: readonly (readonly [charsets: string, shape: Shape])[] = [
  ['big5', { names: 'a1-f9' }],
  ['dec8 latin5', { names: 'c0-d6 d8-f6 f8-ff', blanks: 'a0' }],
  ['cp850', { names: '80-9b 9d a0-a5 b5-b7 c6-c7 d0-d8 de e0-e5 e7-ed', controls: '7f ff' }],
  ['hp8', { names: 'c5 cc ce-d0 d3-d4 d7-d8 da-dc', controls: '7f-a0 b1-b2 f2-f5 ff' }],
  ['koi8r', { names: 'a3 b3 c0-ff' }],
  ['latin1', { names: '83 8a 8c 8e 9a 9c 9e-9f c0-d6 d8-f6 f8-ff', blanks: 'a0' }],
  [
    'latin2',
    {
      names: 'a1 a3 a5-a6 a9-ac ae-af b1 b3 b5-b6 b9-bc be-cf d1-d6 d8-de e0-f6 f8-fe',
      blanks: 'a0',
      controls: '',
    },
  ],
  ['swe7 ascii tis620 binary', { names: '' }],
  ['ujis eucjpms', { names: '8e-8f a1-fe', variables: '' }],
  ['sjis cp932', { names: '81-9f e0-fc', variables: '' }],
  ['hebrew', { names: 'e0-fa', blanks: 'a0', controls: '7f fd-fe' }],
  ['euckr', { names: '81-fe', variables: '' }],
  ['koi8u', { names: 'a3-a4 a6-a7 ad b3-b4 b6-b7 bd c0-ff' }],
  ['gb2312', { names: 'a1-fe' }],
  ['greek', { names: 'b6 b8-ba bc be-d1 d3-fe', blanks: 'a0' }],
  [
    'cp1250',
    {
      names: '8a 8c-8f 9a 9c-9f a3 a5 a7 aa af b3 b9-ba bc be-d6 d8-f6 f8-fe',
      blanks: 'a0',
      controls: '7f-81 83 88 90 98',
    },
  ],
  ['gbk', { names: '81-fe', variables: 'a1-fe' }],
  ['armscii8', { names: 'b2-fd', blanks: 'a0' }],
  ['utf8mb3 gb18030 utf8mb4', { names: '80-fe' }],
  ['cp866', { names: '80-af e0-f7', blanks: 'ff', controls: '' }],
  ['keybcs2', { names: '80-ab e0-e5 e7-eb ed-ee', blanks: 'ff', controls: '' }],
  ['macce', { names: '80-9f a2 a7 ab ae-b1 b4-b5 b8-c1 c4-c5 cb-cf d8-db de-e1 e4-fe', controls: '' }],
  ['macroman', { names: '81-9f a7 ae-af be-bf c4 cc-cd d8-d9 e6-ef f1-f5', controls: '80 cb e5' }],
  [
    'cp852',
    { names: '80-9d 9f-a9 ab-ad b5-b8 bd-be c6-c7 d0-d8 dd-de e0-ee fb-fd', blanks: 'ff', controls: '' },
  ],
  [
    'latin7',
    {
      names: '80 aa af ba bf-d6 d8-f6 f8-fe',
      blanks: 'a0',
      controls: '7f 81 83 88 8a 8c 90 98 9a 9c 9f a1 a5',
    },
  ],
  ['cp1251', { names: '80-81 83 8a 8c-90 9a 9c-9f a1-a3 a5 a8 aa af b2-b4 b8 ba bc-ff', controls: '' }],
  ['cp1256', { names: '81 83 8c-8e 90 9c c1-d6 d8-f6 f8-fc' }],
  ['cp1257', { names: 'a8 aa af b8 ba bf-d6 d8-f6 f8-fe', controls: '' }],
  ['geostd8', { names: 'c0-e5', blanks: 'a0' }],
];

const shapes = new Map<string, Shape>(
  shapeRows.flatMap(([names, shape]) => names.split(' ').map((name) => [name, shape] as const)),
);

function* bytesOf(ranges: string): Generator<number> {
  for (const range of ranges === '' ? [] : ranges.split(' ')) {
    const [first, last] = range.split('-').map((hex) => Number.parseInt(hex, 16));
    for (let byte = first!; byte <= (last ?? first!); byte++) yield byte;
  }
}

/** In swe7 some of ASCII's signs are letters, though those that are quotes or operators stay what they are. */
function applySwe7(classes: Uint8Array, bits: Uint8Array): void {
  for (const byte of bytesOf('5b-5e 7b 7d-7e')) {
    classes[byte] = byteClass.letter;
    bits[byte]! |= byteBit.name;
  }
  for (const byte of bytesOf('40 5b-5e 60 7b-7e')) bits[byte]! |= byteBit.variable;
}

const tables = new Map<string, CharsetTable>();

/** The table of a client character set; one that is not known here is read as utf8mb4. */
export function charsetTableOf(charset: string): CharsetTable {
  const known = tables.get(charset);
  if (known !== undefined) return known;
  const shape = shapes.get(charset);
  if (shape === undefined) return charsetTableOf('utf8mb4');
  const classes = new Uint8Array(256).fill(byteClass.invalid);
  const bits = new Uint8Array(256);
  for (let byte = 0; byte < 0x80; byte++) {
    classes[byte] = asciiClassOf(byte);
    bits[byte] = asciiBitsOf(byte);
  }
  for (const byte of bytesOf(shape.names)) {
    classes[byte] = byteClass.letter;
    bits[byte]! |= byteBit.name;
  }
  for (const byte of bytesOf(shape.variables ?? shape.names)) bits[byte]! |= byteBit.variable;
  for (const byte of bytesOf(shape.blanks ?? '')) {
    classes[byte] = byteClass.blank;
    bits[byte]! |= byteBit.blank | byteBit.commentBlank;
  }
  for (const byte of bytesOf(shape.controls ?? CONTROLS)) bits[byte]! |= byteBit.commentBlank;
  if (charset === 'swe7') applySwe7(classes, bits);
  const table: CharsetTable = Object.freeze({ classes, bits, multibyteLength: multibyteRules.get(charset) });
  tables.set(charset, table);
  return table;
}
