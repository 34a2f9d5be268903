/**
 * Numbers of rows as the router adds and prints them: exact integers and decimals, and doubles in the digits that MySQL prints
 * (`my_gcvt` and `my_fcvt` of its strings/dtoa.cc, whose rules are proved against a server in a system test).
 */
import { HeadgateError } from '../../errors/headgate-error.ts';

const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
/** So many digits fit a number with room to spare. */
const SAFE_DIGITS = 15;
const SAFE_SUM_MAX = Number.MAX_SAFE_INTEGER - 1e15;

const malformed = (text: string): HeadgateError =>
  new HeadgateError('ER_MALFORMED_PACKET', { detail: `a shard's number reads '${text}'` });

/** Adds decimals of one scale exactly. Small sums stay plain numbers. */
export class ExactSum {
  readonly scale: number;
  #small = 0;
  #large = 0n;

  constructor(scale: number) {
    this.scale = scale;
  }

  /** Adds the number that stands as text from `start` to `end`; fewer fraction digits than `scale` are filled up. */
  addText(bytes: Buffer, start: number, end: number): void {
    let value = 0;
    let fraction = -1;
    const negative = bytes[start] === MINUS;
    const first = negative ? start + 1 : start;
    if (end - first > SAFE_DIGITS) return this.#addLong(bytes, start, end);
    for (let at = first; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === POINT && fraction < 0) {
        fraction = 0;
      } else {
        if (byte < ZERO || byte > NINE) throw malformed(bytes.toString('latin1', start, end));
        value = value * 10 + byte - ZERO;
        if (fraction >= 0) fraction++;
      }
    }
    const missing = this.scale - Math.max(0, fraction);
    if (missing !== 0) return this.#addLong(bytes, start, end);
    this.addNumber(negative ? -value : value);
  }

  /** Adds a whole number of units of the last fraction digit. */
  addNumber(units: number): void {
    this.#small += units;
    if (this.#small > SAFE_SUM_MAX || this.#small < -SAFE_SUM_MAX) this.#flush();
  }

  addBigint(units: bigint): void {
    this.#large += units;
  }

  #addLong(bytes: Buffer, start: number, end: number): void {
    const text = bytes.toString('latin1', start, end);
    this.#large += parseDecimal(text, this.scale);
  }

  #flush(): void {
    this.#large += BigInt(this.#small);
    this.#small = 0;
  }

  /** The sum in units of the last fraction digit. */
  get units(): bigint {
    this.#flush();
    return this.#large;
  }

  toString(): string {
    if (this.#large === 0n && this.scale === 0) return String(this.#small);
    return printDecimal(this.units, this.scale);
  }
}

/** A decimal in units of its `scale`th fraction digit. Throws ER_MALFORMED_PACKET on other text and on more fraction digits. */
export function parseDecimal(text: string, scale: number): bigint {
  const match = /^(-?)([0-9]*)(?:\.([0-9]*))?$/.exec(text);
  const fraction = match?.[3] ?? '';
  if (match === null || fraction.length > scale || match[2] + fraction === '') throw malformed(text);
  const units = BigInt(match[2] + fraction + '0'.repeat(scale - fraction.length));
  return match[1] === '-' ? -units : units;
}

/** As MySQL prints decimals: a digit before the point, all digits of the scale behind it. */
export function printDecimal(units: bigint, scale: number): string {
  const negative = units < 0n;
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0');
  const text =
    scale === 0 ? digits : `${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
  return negative ? `-${text}` : text;
}

/** MySQL keeps fractions in words of so many digits. */
const WORD_DIGITS = 9;
const wordsUp = (digits: number): number => Math.ceil(digits / WORD_DIGITS) * WORD_DIGITS;

/**
 * AVG of exact numbers: `sumUnits` of scale `sumScale` by `count`, to `scale` fraction digits. MySQL's division cuts the quotient off
 * behind whole words of nine digits and rounds that half up: where `scale` itself fills its words, nothing is left to round.
 */
export function divideDecimal(sumUnits: bigint, sumScale: number, count: bigint, scale: number): bigint {
  const increment = scale - sumScale;
  const sumDigits = wordsUp(sumScale);
  const digits = wordsUp(sumDigits + Math.max(0, increment - (sumDigits - sumScale)));
  const negative = sumUnits < 0n;
  const sum = negative ? -sumUnits : sumUnits;
  const quotient = (sum * 10n ** BigInt(Math.max(0, digits - sumScale))) / count;
  const surplus = digits - scale;
  const rounded =
    surplus > 0 ? (quotient + 5n * 10n ** BigInt(surplus - 1)) / 10n ** BigInt(surplus) : quotient;
  return negative ? -rounded : rounded;
}

/** Decimals of a column whose values have no fixed number of fraction digits (`DECIMAL_NOT_SPECIFIED`). */
export const DECIMALS_NOT_FIXED = 31;
/** Positions of the decimal point up to which digits are written out. */
const POINT_MAX = 15;

/** A double as MySQL's text protocol prints it. */
export const printDouble = (value: number, decimals = DECIMALS_NOT_FIXED): string =>
  decimals < DECIMALS_NOT_FIXED ? printFixed(value, decimals) : printShortest(value);

/** Digits of a FLOAT in the text protocol. */
const FLOAT_DIGITS = 6;

/** A FLOAT as MySQL's text protocol prints it: not all of its digits. */
export function printFloat(value: number, decimals = DECIMALS_NOT_FIXED): string {
  if (decimals < DECIMALS_NOT_FIXED) return printFixed(value, decimals);
  if (value === 0) return printShortest(value);
  const size = Math.abs(value);
  const rounded = size.toExponential(FLOAT_DIGITS - 1);
  const long = size.toExponential(FLOAT_DIGITS - 1 + TIE_DIGITS);
  const at = long.indexOf('e');
  // Exactly between two: MySQL takes the even one, toExponential the greater.
  const isTie = /^50*$/.test(long.slice(at - TIE_DIGITS, at));
  const kept = long.slice(0, at - TIE_DIGITS);
  const isEven = Number(kept.at(-1)) % 2 === 0;
  const text = isTie && isEven ? kept + long.slice(at) : rounded;
  return (value < 0 ? '-' : '') + printShortest(Number(text));
}

/** The fewest digits that read back as the same number: `digits` with the decimal point in front of the digit number `point`. */
function shortest(size: number): { digits: string; point: number } {
  const [mantissa, exponent] = size.toExponential().split('e') as [string, string];
  return { digits: mantissa.replace('.', ''), point: Number(exponent) + 1 };
}

function printShortest(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const sign = value < 0 ? '-' : '';
  const { digits, point } = shortest(Math.abs(value));
  if (point < 1 - POINT_MAX || (point > POINT_MAX && digits.length <= point)) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits[0]}${rest}e${point - 1}`;
  }
  return sign + placePoint(digits, point);
}

function placePoint(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (digits.length <= point) return digits.padEnd(point, '0');
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** So many more digits show whether a double lies exactly between two candidates: it has fewer beyond them. */
const TIE_DIGITS = 40;

function printFixed(value: number, decimals: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const size = Math.abs(value);
  const { digits, point } = shortest(size);
  const fraction = Math.max(0, digits.length - point);
  if (size === 0 || fraction <= decimals) {
    const text = size === 0 ? '0' : placePoint(digits, point);
    const zeros = '0'.repeat(size === 0 ? decimals : decimals - fraction);
    return sign + text + (zeros !== '' && (size === 0 || fraction === 0) ? '.' : '') + zeros;
  }
  const long = size.toFixed(decimals + TIE_DIGITS);
  const kept = long.slice(0, long.length - TIE_DIGITS);
  // Exactly between two: MySQL takes the even one, toFixed the greater.
  const isTie = /^50*$/.test(long.slice(long.length - TIE_DIGITS));
  const isEven = Number(kept.replace('.', '').at(-1)) % 2 === 0;
  return sign + (isTie && isEven ? kept.replace(/\.$/, '') : size.toFixed(decimals));
}
