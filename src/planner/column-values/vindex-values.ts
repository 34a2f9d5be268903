/** Values as a column has them, made into what vindexes take. */
import type { VindexValue } from '../../vschema/vindexes/vindex.ts';
import type { ColumnClass } from './column-class.ts';
import { decimalText } from './exact-number.ts';

type Of<K extends ColumnClass['kind']> = Extract<ColumnClass, { kind: K }>;

/** An integer: its digits, without the zeros of ZEROFILL. */
export const integerValue = ({ type }: Of<'integer'>, value: bigint): VindexValue => ({
  kind: type,
  bytes: Buffer.from(value.toString(), 'latin1'),
});

/** Whether an integer column can hold a value. */
export const holdsInteger = ({ min, max }: Of<'integer'>, value: bigint): boolean =>
  value >= min && value <= max;

/** A DECIMAL with all digits of its scale. */
export const decimalValue = ({ scale }: Of<'decimal'>, coefficient: bigint): VindexValue => ({
  kind: 'decimal',
  bytes: Buffer.from(decimalText(coefficient, scale), 'latin1'),
});

/** Whether a DECIMAL column can hold a coefficient of its scale. */
export function holdsDecimal({ precision, unsigned }: Of<'decimal'>, coefficient: bigint): boolean {
  const magnitude = coefficient < 0n ? -coefficient : coefficient;
  return magnitude < 10n ** BigInt(precision) && !(unsigned && coefficient < 0n);
}

/** BIT: big-endian bytes, as many as its bits need. */
export function bitValue({ bits }: Of<'bit'>, value: bigint): VindexValue {
  const digits = value.toString(16).padStart(Math.ceil(bits / 8) * 2, '0');
  return { kind: 'binary', bytes: Buffer.from(digits, 'hex') };
}

/** Whether a BIT column can hold a value. */
export const holdsBits = ({ bits }: Of<'bit'>, value: bigint): boolean =>
  value >= 0n && value < 2n ** BigInt(bits);

/** YEAR: its four digits; undefined for numbers that MySQL takes for another year, or for none. */
export function yearValue(value: bigint): VindexValue | undefined {
  if (value < 1901n || value > 2155n) return undefined;
  return { kind: 'unsigned', bytes: Buffer.from(value.toString(), 'latin1') };
}

/** A text of any type of column. */
export const textValue = (text: string | Buffer): VindexValue => ({
  kind: 'text',
  bytes: typeof text === 'string' ? Buffer.from(text, 'utf8') : text,
});

/** BINARY(n) is filled up with zero bytes; all other binary strings are kept as they are. */
export function bytesValue({ type, length }: Of<'bytes'>, bytes: Buffer): VindexValue {
  if (type !== 'binary' || bytes.length >= length) return { kind: 'binary', bytes };
  return { kind: 'binary', bytes: Buffer.concat([bytes], length) };
}

/** 0x…, x'…' and b'…' as the numbers that they are beside numbers; undefined for none, or more than 64 bits. */
export function numberOfBytes(bytes: Buffer): bigint | undefined {
  if (bytes.length === 0 || bytes.length > 8) return undefined;
  return BigInt(`0x${bytes.toString('hex')}`);
}
