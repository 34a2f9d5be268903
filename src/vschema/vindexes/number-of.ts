/** Values as the 64-bit numbers that the numeric vindexes take. */
import type { VindexValue } from './vindex.ts';

const UNSIGNED_MAX = 2n ** 64n - 1n;
const SIGNED_MAX = 2n ** 63n - 1n;
const SIGNED_MIN = -(2n ** 63n);

/** Digits of which any number is exact as a JavaScript number. */
const SAFE_DIGITS_MAX = 15;

const NINE = 0x39;
const ZERO = 0x30;
const PLUS = 0x2b;
const MINUS = 0x2d;

/**
 * The number that the text is, in decimal digits and nothing else: `3.0`, ` 3`, `3e0` and the empty string are none. A sign is
 * read where `signed` is true; the range is that of 64 bits, signed or not. Undefined where the text is no such number.
 */
export function numberOf(value: VindexValue, signed = false): bigint | undefined {
  if (value.kind === 'null') return undefined;
  const { bytes } = value;
  const hasSign = signed && (bytes[0] === MINUS || bytes[0] === PLUS);
  const start = hasSign ? 1 : 0;
  if (bytes.length === start) return undefined;
  for (let at = start; at < bytes.length; at++) {
    if (bytes[at]! < ZERO || bytes[at]! > NINE) return undefined;
  }
  const number = digitsOf(bytes, start);
  if (!signed) return number <= UNSIGNED_MAX ? number : undefined;
  const result = bytes[0] === MINUS ? -number : number;
  return result >= SIGNED_MIN && result <= SIGNED_MAX ? result : undefined;
}

function digitsOf(bytes: Buffer, start: number): bigint {
  if (bytes.length - start > SAFE_DIGITS_MAX) return BigInt(bytes.toString('latin1', start));
  let number = 0;
  for (let at = start; at < bytes.length; at++) number = number * 10 + (bytes[at]! - ZERO);
  return BigInt(number);
}

/** Eight bytes, the highest first. */
export function bigEndian(number: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(number);
  return bytes;
}
