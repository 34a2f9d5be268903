/** The table of collation weights behind the unicode_loose vindexes: `unicode-weights.txt`, which explains itself. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Weights by code point. An entry of `index` says where in `bytes` the weight starts and how long it is, and whether the code
 * point begins a pair with a weight of its own; 0 stands for a code point that the table lacks.
 */
export type UnicodeWeights = Readonly<{
  index: Uint32Array;
  bytes: Buffer;
  /** Entries by `pairKey`. */
  pairs: ReadonlyMap<number, number>;
}>;

const CODE_POINTS = 0x11_00_00;
const LENGTH_BITS = 6;
const LENGTH_MASK = (1 << LENGTH_BITS) - 1;
const BEGINS_PAIR = 1 << 30;

/** More than the table has. */
const WEIGHTS_BYTES_MAX = 1 << 18;

/** No weight is longer. */
export const WEIGHT_BYTES_MAX = LENGTH_MASK - 1;

// The length is kept one higher, so that an empty weight is not a missing one.
const entryOf = (start: number, length: number): number => (start << LENGTH_BITS) | (length + 1);

export const weightLength = (entry: number): number => (entry & LENGTH_MASK) - 1;
export const weightStart = (entry: number): number => (entry & (BEGINS_PAIR - 1)) >>> LENGTH_BITS;
export const beginsPair = (entry: number): boolean => (entry & BEGINS_PAIR) !== 0;

/** The key of two code points in `pairs`. */
export const pairKey = (first: number, second: number): number => first * CODE_POINTS + second;

const LINE = /^([0-9a-f]+)(?:([,=+])([0-9a-f]+))?(?: ([0-9a-f]+))?$/;

/** Reads the table, which takes some milliseconds. */
export function readUnicodeWeights(): UnicodeWeights {
  const text = readFileSync(join(import.meta.dirname, 'unicode-weights.txt'), 'latin1');
  const index = new Uint32Array(CODE_POINTS);
  const pairs = new Map<number, number>();
  const weights = new WeightList();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, start, sign, other = '1', weight = ''] = LINE.exec(line)!;
    const first = Number.parseInt(start!, 16);
    const number = Number.parseInt(other, 16);
    let entry = weights.add(weight);
    if (sign === ',') {
      pairs.set(pairKey(first, number), entry);
      index[first]! |= BEGINS_PAIR;
      continue;
    }
    index[first] = entry;
    for (let codePoint = first + 1; codePoint < first + number; codePoint++) {
      if (sign === '+') entry = weights.addNext(weight.length / 2);
      index[codePoint] = entry;
    }
  }
  return { index, bytes: weights.bytes(), pairs };
}

/** Weights one behind the other. */
class WeightList {
  readonly #bytes = Buffer.alloc(WEIGHTS_BYTES_MAX);
  #end = 0;

  add(hex: string): number {
    const start = this.#end;
    this.#end += this.#bytes.write(hex, start, 'hex');
    return entryOf(start, this.#end - start);
  }

  /** The last one of this length plus one. */
  addNext(length: number): number {
    const start = this.#end;
    this.#end += this.#bytes.copy(this.#bytes, start, start - length, start);
    let at = this.#end - 1;
    while (this.#bytes[at] === 0xff) this.#bytes[at--] = 0;
    this.#bytes[at]!++;
    return entryOf(start, length);
  }

  bytes(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#end));
  }
}
