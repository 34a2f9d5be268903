/** The bytes of a fingerprint's key, their hash, and which byte of the statement's text each of them was. */

/** What a cache needs of a key: compare `words` up to `length` bytes, never the hash alone. */
export type CacheKey = Readonly<{
  hash: number;
  /** In bytes. */
  length: number;
  /** The key's bytes, four in a word, the last word filled up with zeros. Longer than the key where it is a shared buffer. */
  words: Int32Array;
}>;

/** Longer keys are not made: their statements are planned each time. */
export const KEY_BYTES_MAX = 64 * 1024;

const BYTES_AT_FIRST = 4_096;
const PIECES_AT_FIRST = 64;
/** From this length on a native copy is faster than a loop. */
const NATIVE_COPY_BYTES = 96;
// Keys are compared byte by byte after the hash; the start keeps clients from choosing texts that collide.
const SEED = (Math.random() * 0x1_0000_0000) | 0;

export class FingerprintKey {
  length = 0;
  hash = 0;
  bytes = Buffer.alloc(BYTES_AT_FIRST);
  words = new Int32Array(this.bytes.buffer, this.bytes.byteOffset, BYTES_AT_FIRST / 4);
  /** False once the key got too long; it is of no use then. */
  isWhole = true;

  /** Pieces of text that stand in the key as they are: where each begins in the key and in the text. */
  #pieceCount = 0;
  #pieceKeys = new Int32Array(PIECES_AT_FIRST);
  #pieceTexts = new Int32Array(PIECES_AT_FIRST);
  #pieceEnds = new Int32Array(PIECES_AT_FIRST);
  /** Text from here on is to be copied. */
  #pending = 0;

  reset(): void {
    this.length = 0;
    this.#pieceCount = 0;
    this.isWhole = true;
  }

  /** The next piece of text begins at `textAt`. */
  begin(textAt: number): void {
    const index = this.#pieceCount++;
    if (index === this.#pieceKeys.length) this.#growPieces();
    this.#pieceKeys[index] = this.length;
    this.#pieceTexts[index] = textAt;
    this.#pieceEnds[index] = textAt;
    this.#pending = textAt;
  }

  /** The piece goes up to `end`. */
  copyTo(text: Buffer, end: number): void {
    const begun = this.#pending;
    const count = end - begun;
    if (count <= 0 || !this.#reserve(count)) return;
    const { bytes } = this;
    let to = this.length;
    if (count >= NATIVE_COPY_BYTES) text.copy(bytes, to, begun, end);
    else for (let at = begun; at < end; at++) bytes[to++] = text[at]!;
    this.length += count;
    this.#pending = end;
    this.#pieceEnds[this.#pieceCount - 1] = end;
  }

  add(byte: number): void {
    if (!this.#reserve(1)) return;
    this.bytes[this.length++] = byte;
  }

  /** The lower three bytes of a number. */
  addThree(value: number): void {
    if (!this.#reserve(3)) return;
    const { bytes, length } = this;
    bytes[length] = value & 0xff;
    bytes[length + 1] = (value >>> 8) & 0xff;
    bytes[length + 2] = (value >>> 16) & 0xff;
    this.length = length + 3;
  }

  /** Fills up the last word and computes the hash (32 bits, as a signed number). */
  finish(): void {
    const { bytes, words, length } = this;
    const wordCount = (length + 3) >>> 2;
    for (let at = length; at < wordCount * 4; at++) bytes[at] = 0;
    let hash = SEED ^ length;
    for (let i = 0; i < wordCount; i++) {
      let word = Math.imul(words[i]!, 0x9e37_79b1);
      word = (word << 15) | (word >>> 17);
      hash ^= Math.imul(word, 0x85eb_ca6b);
      hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0x2545_f491) | 0;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x7feb_352d);
    hash = Math.imul(hash ^ (hash >>> 15), 0x846c_a68b);
    this.hash = hash ^ (hash >>> 16);
  }

  /** A key of its own, for work that goes on after the next statement was read. */
  copy(): CacheKey {
    return { hash: this.hash, length: this.length, words: this.words.slice(0, (this.length + 3) >>> 2) };
  }

  /**
   * Where a token's border in the text is in the key: the same for all texts with this key. Positions inside a slot
   * have none (-1).
   */
  keyOffset(textAt: number): number {
    let piece = this.#pieceCount - 1;
    while (piece >= 0 && this.#pieceTexts[piece]! > textAt) piece--;
    if (piece < 0 || textAt > this.#pieceEnds[piece]!) return -1;
    return this.#pieceKeys[piece]! + textAt - this.#pieceTexts[piece]!;
  }

  /** The reverse, for the text just read. A slot's place in the key leads to its start. */
  textOffset(keyAt: number): number {
    let low = 0;
    let high = this.#pieceCount - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#pieceKeys[middle]! <= keyAt) low = middle;
      else high = middle - 1;
    }
    return this.#pieceTexts[low]! + keyAt - this.#pieceKeys[low]!;
  }

  #reserve(count: number): boolean {
    const needed = this.length + count;
    if (needed + 4 <= this.bytes.length) return true;
    if (needed + 4 > KEY_BYTES_MAX) {
      this.isWhole = false;
      return false;
    }
    let size = this.bytes.length;
    while (size < needed + 4) size *= 2;
    const bytes = Buffer.alloc(size);
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
    this.words = new Int32Array(bytes.buffer, bytes.byteOffset, size / 4);
    return true;
  }

  #growPieces(): void {
    const double = (from: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.#pieceKeys = double(this.#pieceKeys);
    this.#pieceTexts = double(this.#pieceTexts);
    this.#pieceEnds = double(this.#pieceEnds);
  }
}
