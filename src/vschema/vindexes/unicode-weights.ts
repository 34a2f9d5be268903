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

/** No weight is longer. */
export const WEIGHT_BYTES_MAX = LENGTH_MASK - 1;

// The length is kept one higher, so that an empty weight is not a missing one.
const entryOf = (start: number, length: number): number => (start << LENGTH_BITS) | (length + 1);

export const weightLength = (entry: number): number => (entry & LENGTH_MASK) - 1;
export const weightStart = (entry: number): number => (entry & (BEGINS_PAIR - 1)) >>> LENGTH_BITS;
export const beginsPair = (entry: number): boolean => (entry & BEGINS_PAIR) !== 0;

/** The key of two code points in `pairs`. */
export const pairKey = (first: number, second: number): number => first * CODE_POINTS + second;

type Row = Readonly<{
  first: number;
  /** The other code point of a pair. */
  second: number | undefined;
  count: number;
  /** What each weight of several is above the one before. */
  step: 0n | 1n;
  weight: Buffer;
}>;

const LINE = /^([0-9a-f]+)(?:([,=+])([0-9a-f]+))?(?: ([0-9a-f]+))?$/;

function rowOf(line: string): Row {
  const [, start, sign, other = '', weight = ''] = LINE.exec(line)!;
  const number = Number.parseInt(other, 16);
  return {
    first: Number.parseInt(start!, 16),
    second: sign === ',' ? number : undefined,
    count: sign === '=' || sign === '+' ? number : 1,
    step: sign === '+' ? 1n : 0n,
    weight: Buffer.from(weight, 'hex'),
  };
}

function plus(weight: Buffer, step: bigint): Buffer {
  const sum = BigInt(`0x${weight.toString('hex')}`) + step;
  return Buffer.from(sum.toString(16).padStart(weight.length * 2, '0'), 'hex');
}

/** Reads the table, which takes some milliseconds. */
export function readUnicodeWeights(): UnicodeWeights {
  const text = readFileSync(join(import.meta.dirname, 'unicode-weights.txt'), 'latin1');
  const index = new Uint32Array(CODE_POINTS);
  const pairs = new Map<number, number>();
  const weights: Buffer[] = [];
  let end = 0;
  const add = (weight: Buffer): number => {
    const entry = entryOf(end, weight.length);
    weights.push(weight);
    end += weight.length;
    return entry;
  };
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const { first, second, count, step, weight } = rowOf(line);
    let entry = add(weight);
    if (second !== undefined) {
      pairs.set(pairKey(first, second), entry);
      index[first]! |= BEGINS_PAIR;
      continue;
    }
    index[first] = entry;
    for (let at = 1; at < count; at++) {
      if (step > 0n) entry = add(plus(weight, BigInt(at)));
      index[first + at] = entry;
    }
  }
  return { index, bytes: Buffer.concat(weights), pairs };
}
