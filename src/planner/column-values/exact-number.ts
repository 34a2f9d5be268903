/** Numbers as text, taken exactly: what is between them and MySQL's DECIMAL is only a point. */

/** `coefficient` divided by ten to the power of `scale`. */
export type ExactNumber = Readonly<{ coefficient: bigint; scale: number }>;

/** MySQL cuts literals that have more digits than DECIMAL can hold. */
const DIGITS_MAX = 65;
const SCALE_MAX = 30;

const numberPattern = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/** Reads digits with a sign and a point, without exponent; undefined for all else, and for more digits than DECIMAL has. */
export function exactNumber(text: string): ExactNumber | undefined {
  const found = numberPattern.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = '', fraction = ''] = found;
  const digits = whole + fraction;
  if (digits === '' || digits.length > DIGITS_MAX || fraction.length > SCALE_MAX) return undefined;
  const magnitude = BigInt(digits);
  return { coefficient: sign === '-' ? -magnitude : magnitude, scale: fraction.length };
}

/** The coefficient at another scale; undefined if digits would be lost. */
export function exactlyAt({ coefficient, scale }: ExactNumber, wanted: number): bigint | undefined {
  if (wanted >= scale) return coefficient * 10n ** BigInt(wanted - scale);
  const divisor = 10n ** BigInt(scale - wanted);
  return coefficient % divisor === 0n ? coefficient / divisor : undefined;
}

/** The coefficient at another scale; halves are rounded away from zero. */
export function roundedTo({ coefficient, scale }: ExactNumber, wanted: number): bigint {
  if (wanted >= scale) return coefficient * 10n ** BigInt(wanted - scale);
  const divisor = 10n ** BigInt(scale - wanted);
  const half = coefficient < 0n ? -divisor / 2n : divisor / 2n;
  return (coefficient + half) / divisor;
}

/** As MySQL writes a DECIMAL: no zeros in front but one before the point, all digits of the scale behind it. */
export function decimalText(coefficient: bigint, scale: number): string {
  const magnitude = (coefficient < 0n ? -coefficient : coefficient).toString().padStart(scale + 1, '0');
  const sign = coefficient < 0n ? '-' : '';
  if (scale === 0) return sign + magnitude;
  return `${sign}${magnitude.slice(0, -scale)}.${magnitude.slice(-scale)}`;
}
