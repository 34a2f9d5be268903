/**
 * Comparisons of single values where they lie in their rows, as MySQL's ORDER BY and `=` do them. NULL is the caller's: see
 * `sort-key.ts`. A system test compares each with a server.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { ColumnKind } from './column-kind.ts';

/** Below 0, 0 or above 0, as the first value sorts before, with or behind the second. Neither is NULL. */
export type CompareValues = (
  a: Buffer,
  aStart: number,
  aEnd: number,
  b: Buffer,
  bStart: number,
  bEnd: number,
) => number;

const LOOP_BYTES_MAX = 48;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;

/** Byte by byte; a value sorts before those that it begins. */
export const compareBytes: CompareValues = (a, aStart, aEnd, b, bStart, bEnd) => {
  const aLength = aEnd - aStart;
  const bLength = bEnd - bStart;
  const common = Math.min(aLength, bLength);
  if (common > LOOP_BYTES_MAX) return a.compare(b, bStart, bEnd, aStart, aEnd);
  for (let i = 0; i < common; i++) {
    const difference = a[aStart + i]! - b[bStart + i]!;
    if (difference !== 0) return difference;
  }
  return aLength - bLength;
};

/** Weights of a PAD SPACE collation: the shorter one counts as filled up with the weight of a space. */
export function comparePadded(space: Buffer): CompareValues {
  const unit = space.length;
  return (a, aStart, aEnd, b, bStart, bEnd) => {
    const aLength = aEnd - aStart;
    const bLength = bEnd - bStart;
    const common = Math.min(aLength, bLength);
    const difference = compareBytes(a, aStart, aStart + common, b, bStart, bStart + common);
    if (difference !== 0 || aLength === bLength) return difference;
    const longer = aLength > bLength ? a : b;
    const sign = aLength > bLength ? 1 : -1;
    const from = (aLength > bLength ? aStart : bStart) + common;
    const to = aLength > bLength ? aEnd : bEnd;
    for (let at = from, i = 0; at < to; at++) {
      const behind = longer[at]! - space[i]!;
      if (behind !== 0) return behind * sign;
      if (++i === unit) i = 0;
    }
    return 0;
  };
}

function skipZeros(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] === ZERO) at++;
  return at;
}

/** Integers as text, of any length: by sign, number of digits, digits. ZEROFILL puts zeros in front. */
const compareIntegerText: CompareValues = (a, aStart, aEnd, b, bStart, bEnd) => {
  const aNegative = a[aStart] === MINUS;
  const bNegative = b[bStart] === MINUS;
  if (aNegative !== bNegative) return aNegative ? -1 : 1;
  const sign = aNegative ? -1 : 1;
  const aFirst = skipZeros(a, aNegative ? aStart + 1 : aStart, aEnd);
  const bFirst = skipZeros(b, bNegative ? bStart + 1 : bStart, bEnd);
  const difference = aEnd - aFirst - (bEnd - bFirst);
  return sign * (difference !== 0 ? difference : compareBytes(a, aFirst, aEnd, b, bFirst, bEnd));
};

function findPoint(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== POINT) at++;
  return at;
}

/** Where a fraction ends when its trailing zeros do not count. */
function trimFraction(bytes: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && bytes[at - 1] === ZERO) at--;
  return at;
}

/** Exact decimals as text. Scales may differ; a zero has no sign. */
const compareDecimalText: CompareValues = (a, aStart, aEnd, b, bStart, bEnd) => {
  const aMinus = a[aStart] === MINUS;
  const bMinus = b[bStart] === MINUS;
  const aFirst = skipZeros(a, aMinus ? aStart + 1 : aStart, aEnd);
  const bFirst = skipZeros(b, bMinus ? bStart + 1 : bStart, bEnd);
  const aPoint = findPoint(a, aFirst, aEnd);
  const bPoint = findPoint(b, bFirst, bEnd);
  const aLast = aPoint === aEnd ? aEnd : trimFraction(a, aPoint + 1, aEnd);
  const bLast = bPoint === bEnd ? bEnd : trimFraction(b, bPoint + 1, bEnd);
  const aNegative = aMinus && (aPoint > aFirst || aLast > aPoint + 1);
  const bNegative = bMinus && (bPoint > bFirst || bLast > bPoint + 1);
  if (aNegative !== bNegative) return aNegative ? -1 : 1;
  const sign = aNegative ? -1 : 1;
  const byLength = aPoint - aFirst - (bPoint - bFirst);
  if (byLength !== 0) return sign * byLength;
  const byDigits = compareBytes(a, aFirst, aPoint, b, bFirst, bPoint);
  if (byDigits !== 0) return sign * byDigits;
  const aFraction = Math.min(aPoint + 1, aLast);
  const bFraction = Math.min(bPoint + 1, bLast);
  return sign * compareBytes(a, aFraction, aLast, b, bFraction, bLast);
};

const compareDoubleText: CompareValues = (a, aStart, aEnd, b, bStart, bEnd) =>
  Number(a.toString('latin1', aStart, aEnd)) - Number(b.toString('latin1', bStart, bEnd));

/** `-838:59:59.000000` to `838:59:59.000000`: two or three digits of hours. */
const compareTimeText: CompareValues = (a, aStart, aEnd, b, bStart, bEnd) => {
  const aNegative = a[aStart] === MINUS;
  const bNegative = b[bStart] === MINUS;
  if (aNegative !== bNegative) return aNegative ? -1 : 1;
  const sign = aNegative ? -1 : 1;
  const difference = aEnd - aStart - (bEnd - bStart);
  return sign * (difference !== 0 ? difference : compareBytes(a, aStart, aEnd, b, bStart, bEnd));
};

function compareIntegerBinary(unsigned: boolean, width: 1 | 2 | 4 | 8): CompareValues {
  if (width === 8) {
    return (a, aStart, _aEnd, b, bStart) => {
      const aHigh = unsigned ? a.readUInt32LE(aStart + 4) : a.readInt32LE(aStart + 4);
      const bHigh = unsigned ? b.readUInt32LE(bStart + 4) : b.readInt32LE(bStart + 4);
      return aHigh !== bHigh ? aHigh - bHigh : a.readUInt32LE(aStart) - b.readUInt32LE(bStart);
    };
  }
  if (unsigned)
    return (a, aStart, _aEnd, b, bStart) => a.readUIntLE(aStart, width) - b.readUIntLE(bStart, width);
  return (a, aStart, _aEnd, b, bStart) => a.readIntLE(aStart, width) - b.readIntLE(bStart, width);
}

/** Date and time as year (2 bytes), month, day, hour, minute, second, microseconds (4 bytes); what is left out is zero. */
const compareDateBinary: CompareValues = (a, aStart, aEnd, b, bStart, bEnd) => {
  for (let part = 0; part < dateParts.length; part++) {
    const [at, width] = dateParts[part]!;
    const aValue = aStart + at < aEnd ? a.readUIntLE(aStart + at, width) : 0;
    const bValue = bStart + at < bEnd ? b.readUIntLE(bStart + at, width) : 0;
    if (aValue !== bValue) return aValue - bValue;
  }
  return 0;
};
const dateParts: readonly (readonly [at: number, width: number])[] = [
  [0, 2],
  [2, 1],
  [3, 1],
  [4, 1],
  [5, 1],
  [6, 1],
  [7, 4],
];

/** Time as sign, days (4 bytes), hour, minute, second, microseconds (4 bytes). */
const timeMicroseconds = (bytes: Buffer, start: number, end: number): number => {
  if (end === start) return 0;
  const seconds =
    bytes.readUInt32LE(start + 1) * 86_400 +
    bytes[start + 5]! * 3600 +
    bytes[start + 6]! * 60 +
    bytes[start + 7]!;
  const value = seconds * 1e6 + (end - start > 8 ? bytes.readUInt32LE(start + 8) : 0);
  return bytes[start] === 1 ? -value : value;
};

const compareTimeBinary: CompareValues = (a, aStart, aEnd, b, bStart, bEnd) =>
  timeMicroseconds(a, aStart, aEnd) - timeMicroseconds(b, bStart, bEnd);

const refuse = (what: string): HeadgateError => new HeadgateError('HG_NOT_COMPARABLE', { detail: what });

/**
 * How values of a kind are compared in rows of a protocol. Throws HG_NOT_COMPARABLE for kinds that have no comparison here: the
 * planner must have asked the shards for something comparable, or have refused the query.
 */
export function comparatorOf(kind: ColumnKind, protocol: 'text' | 'binary'): CompareValues {
  switch (kind.kind) {
    case 'integer':
      return protocol === 'text' ? compareIntegerText : compareIntegerBinary(kind.unsigned, kind.bytes);
    case 'decimal':
      return compareDecimalText;
    case 'float':
      // Six digits of text do not tell one float from another.
      if (protocol === 'text') throw refuse('a FLOAT by its text (c + 0e0 can be compared)');
      return (a, aStart, _aEnd, b, bStart) => a.readFloatLE(aStart) - b.readFloatLE(bStart);
    case 'double':
      if (protocol === 'text') return compareDoubleText;
      return (a, aStart, _aEnd, b, bStart) => a.readDoubleLE(aStart) - b.readDoubleLE(bStart);
    case 'date':
      return protocol === 'text' ? compareBytes : compareDateBinary;
    case 'time':
      return protocol === 'text' ? compareTimeText : compareTimeBinary;
    case 'year':
      return protocol === 'text' ? compareBytes : compareIntegerBinary(true, 2);
    case 'bytes':
    case 'null':
      return compareBytes;
    case 'text':
      throw refuse('text without its WEIGHT_STRING');
    case 'enumeration':
      throw refuse('ENUM or SET by its text (c + 0 can be compared)');
    case 'json':
    case 'spatial':
    case 'vector':
      throw refuse(`a value of type ${kind.kind}`);
  }
}
