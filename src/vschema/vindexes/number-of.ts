/** Values as the 64-bit numbers that the numeric vindexes take. */
import type { VindexValue } from './vindex.ts';

const UNSIGNED_MAX = 2n ** 64n - 1n;
const SIGNED_MAX = 2n ** 63n - 1n;
const SIGNED_MIN = -(2n ** 63n);

/** Longer numbers are not exact as JavaScript numbers; of this length, those up to the greatest safe integer are. */
const SAFE_DIGITS_MAX = 16;
const DIGITS_MAX = 20;

const TAB = 0x09;
const SPACE = 0x20;
const PLUS = 0x2b;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;

/**
 * The number that the text is, in decimal digits with blanks around them at most: `3.0`, `3e0` and the empty string are none. A
 * sign is read where `signed` is true; the range is that of 64 bits, signed or not. Undefined where the text is no such number.
 */
export function numberOf(value: VindexValue, signed = false): bigint | undefined {
  if (value.kind === 'null') return undefined;
  const { bytes } = value;
  let start = 0;
  let end = bytes.length;
  while (isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  const sign = signed ? bytes[start] : undefined;
  if (sign === MINUS || sign === PLUS) start++;
  if (start >= end) return undefined;
  for (let at = start; at < end; at++) {
    if (bytes[at]! < ZERO || bytes[at]! > NINE) return undefined;
  }
  const number = digitsOf(bytes, start, end);
  if (number === undefined) return undefined;
  if (!signed) return number <= UNSIGNED_MAX ? number : undefined;
  const result = sign === MINUS ? -number : number;
  return result >= SIGNED_MIN && result <= SIGNED_MAX ? result : undefined;
}

/** Undefined where there are too many digits for 64 bits: a long text of digits would take long to convert. */
function digitsOf(bytes: Buffer, from: number, end: number): bigint | undefined {
  let start = from;
  while (end - start > SAFE_DIGITS_MAX && bytes[start] === ZERO) start++;
  if (end - start > DIGITS_MAX) return undefined;
  if (end - start <= SAFE_DIGITS_MAX) {
    let number = 0;
    for (let at = start; at < end; at++) number = number * 10 + (bytes[at]! - ZERO);
    if (number <= Number.MAX_SAFE_INTEGER) return BigInt(number);
  }
  return BigInt(bytes.toString('latin1', start, end));
}

/** Eight bytes, the highest first. */
export function bigEndian(number: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(number);
  return bytes;
}
