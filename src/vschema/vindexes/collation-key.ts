/**
 * Collation keys of Unicode 6.2's root collation on its first level alone, where case and accents do not count. They are
 * hashed, never compared, so they must stay as they are whatever later versions of Unicode say.
 */
import {
  beginsPair,
  pairKey,
  readUnicodeWeights,
  type UnicodeWeights,
  WEIGHT_BYTES_MAX,
  weightLength,
  weightStart,
} from './unicode-weights.ts';

type Ranges = readonly (readonly [first: number, last: number])[];

/** The ideographs that Unicode has in its first block for them. */
const coreIdeographs: Ranges = [
  [0x4e00, 0x9fff],
  [0xfa0e, 0xfa0f],
  [0xfa11, 0xfa11],
  [0xfa13, 0xfa14],
  [0xfa1f, 0xfa1f],
  [0xfa21, 0xfa21],
  [0xfa23, 0xfa24],
  [0xfa27, 0xfa29],
];

/** Those of the extensions, and other ideographic scripts. */
const otherIdeographs: Ranges = [
  [0x3400, 0x4dbf],
  [0x16fe4, 0x16fe4],
  [0x17000, 0x187f7],
  [0x18800, 0x18cd5],
  [0x18d00, 0x18d08],
  [0x1b170, 0x1b2fb],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b739],
  [0x2b740, 0x2b81d],
  [0x2b820, 0x2cea1],
  [0x2ceb0, 0x2ebe0],
  [0x30000, 0x3134a],
  [0x31350, 0x323af],
];

const IMPLICIT = 0x80_00_00;
const IMPLICIT_BYTES = 3;

const HANGUL_FIRST = 0xac00;
const HANGUL_LAST = 0xd7a3;
const VOWELS = 21;
const TRAILS = 28;
const LEAD_FIRST = 0x1100;
const VOWEL_FIRST = 0x1161;
const TRAIL_NONE = 0x11a7;

let table: UnicodeWeights | undefined;

/** The key of a text, by which `Test`, `TÉST` and `tést` are one. */
export function collationKey(text: string): Buffer {
  table ??= readUnicodeWeights();
  const key = new KeyWriter(table, text.length * 3);
  for (let at = 0; at < text.length; ) {
    const codePoint = text.codePointAt(at)!;
    at += codePoint > 0xff_ff ? 2 : 1;
    const entry = table.index[codePoint]!;
    if (beginsPair(entry) && at < text.length) {
      const next = text.codePointAt(at)!;
      const pair = table.pairs.get(pairKey(codePoint, next));
      if (pair !== undefined) {
        key.writeEntry(pair);
        at += next > 0xff_ff ? 2 : 1;
        continue;
      }
    }
    if (entry !== 0) key.writeEntry(entry);
    else if (codePoint >= HANGUL_FIRST && codePoint <= HANGUL_LAST) writeHangul(key, table, codePoint);
    else key.writeImplicit(implicitWeight(codePoint));
  }
  return key.written();
}

/** A syllable has the weights of the two or three letters that it is made of. */
function writeHangul(key: KeyWriter, { index }: UnicodeWeights, codePoint: number): void {
  const number = codePoint - HANGUL_FIRST;
  const trail = number % TRAILS;
  const vowel = Math.floor(number / TRAILS) % VOWELS;
  const lead = Math.floor(number / (TRAILS * VOWELS));
  key.writeEntry(index[LEAD_FIRST + lead]!);
  key.writeEntry(index[VOWEL_FIRST + vowel]!);
  if (trail > 0) key.writeEntry(index[TRAIL_NONE + trail]!);
}

const isIn = (ranges: Ranges, codePoint: number): boolean =>
  ranges.some(([first, last]) => codePoint >= first && codePoint <= last);

/** What the table lacks is ordered by its number: ideographs first, what has no character last. */
function implicitWeight(codePoint: number): number {
  if (isIn(coreIdeographs, codePoint)) return IMPLICIT + 0x1_00_00 + codePoint;
  if (isIn(otherIdeographs, codePoint)) return IMPLICIT + 0x2_00_00 + codePoint;
  return IMPLICIT + 0x5_00_00 + codePoint;
}

/** Bytes in a buffer that grows; most texts need no more than three for each character. */
class KeyWriter {
  readonly #weights: Buffer;
  #bytes: Buffer;
  #length = 0;

  constructor({ bytes }: UnicodeWeights, sizeExpected: number) {
    this.#weights = bytes;
    this.#bytes = Buffer.allocUnsafe(sizeExpected + WEIGHT_BYTES_MAX);
  }

  writeEntry(entry: number): void {
    this.#reserve();
    const start = weightStart(entry);
    const length = weightLength(entry);
    for (let at = 0; at < length; at++) this.#bytes[this.#length + at] = this.#weights[start + at]!;
    this.#length += length;
  }

  writeImplicit(weight: number): void {
    this.#reserve();
    this.#length = this.#bytes.writeUIntBE(weight, this.#length, IMPLICIT_BYTES);
  }

  #reserve(): void {
    if (this.#bytes.length - this.#length >= WEIGHT_BYTES_MAX) return;
    const larger = Buffer.allocUnsafe(this.#bytes.length * 2);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
