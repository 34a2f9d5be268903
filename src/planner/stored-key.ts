/** What a column will hold after INSERT of a literal, as vindexes take it: rounded, trimmed and converted by MySQL's rules. */
import { unreachable } from '../errors/unreachable.ts';
import type { ColumnSchema } from '../schema/schema.ts';
import type { VindexValue } from '../vschema/vindexes/vindex.ts';
import { type ColumnClass, columnClass } from './column-values/column-class.ts';
import { decimalText, exactNumber, roundedTo } from './column-values/exact-number.ts';
import { temporalText } from './column-values/temporal.ts';
import {
  asciiText,
  bytesIn,
  type StringLiteral,
  textIn,
  withoutTrailingSpaces,
} from './column-values/text.ts';
import {
  bitValue,
  bytesValue,
  decimalValue,
  holdsBits,
  holdsDecimal,
  holdsInteger,
  integerValue,
  numberOfBytes,
  textValue,
  yearValue,
} from './column-values/vindex-values.ts';
import type { LiteralValue, ValueContext } from './literal-value.ts';

export type StoredKey =
  | Readonly<{ kind: 'value'; value: VindexValue }>
  /** MySQL will surely refuse the row, whichever shard gets it. */
  | Readonly<{ kind: 'rejected' }>
  /** What MySQL will store, if anything, is not certain. */
  | Readonly<{ kind: 'unknown'; reason: string }>;

type Of<K extends ColumnClass['kind']> = Extract<ColumnClass, { kind: K }>;
type Known = Exclude<LiteralValue, { kind: 'null' | 'computed' }>;

/** How a value ends that is not simply stored. `refused`: strict mode refuses the row, all others store something else. */
type Stored = VindexValue | 'refused' | 'unknown';

const rejected: StoredKey = Object.freeze({ kind: 'rejected' });

/**
 * The vindex input of the value that MySQL will store. `rejected` holds for tables with transactions and statements without
 * IGNORE: for IGNORE, hand over a `context` whose sql_mode is not strict.
 */
export function storedKey(column: ColumnSchema, literal: LiteralValue, context: ValueContext): StoredKey {
  if (column.generated !== 'no') return unknown(`${column.name} is generated`);
  if (literal.kind === 'computed') return unknown("the value is MySQL's to compute");
  const isStrict = context.sqlMode.has('STRICT_TRANS_TABLES') || context.sqlMode.has('STRICT_ALL_TABLES');
  if (literal.kind === 'null') return storedNull(column, isStrict);
  const stored = storedIn(columnClass(column), literal, context, isStrict);
  if (stored === 'refused' && isStrict) return rejected;
  if (stored === 'refused' || stored === 'unknown')
    return unknown(`how ${literalNames[literal.kind]} is stored in ${column.columnType} is left to MySQL`);
  if (column.autoIncrement && stored.kind !== 'null' && /^[0.]*$/.test(stored.bytes.toString('latin1')))
    return unknown(`0 in ${column.name} makes MySQL count`);
  return { kind: 'value', value: stored };
}

const unknown = (reason: string): StoredKey => ({ kind: 'unknown', reason });

const literalNames: Readonly<Record<Known['kind'], string>> = {
  integer: 'such an integer',
  decimal: 'such a decimal number',
  float: 'such a floating-point number',
  string: 'such a string',
  binary: 'such a binary string',
  temporal: 'such a date or time',
};

function storedNull(column: ColumnSchema, isStrict: boolean): StoredKey {
  if (column.autoIncrement) return unknown(`NULL in ${column.name} makes MySQL count`);
  // With explicit_defaults_for_timestamp off, it is the time of now.
  if (column.dataType === 'timestamp') return unknown(`NULL in ${column.name} may become the time of now`);
  if (column.nullable) return { kind: 'value', value: { kind: 'null' } };
  return isStrict ? rejected : unknown(`NULL in ${column.name} may become a value that is not NULL`);
}

function storedIn(own: ColumnClass, literal: Known, context: ValueContext, isStrict: boolean): Stored {
  switch (own.kind) {
    case 'integer':
      return storedInteger(own, literal, isStrict);
    case 'decimal':
      return storedDecimal(own, literal);
    case 'text':
      return storedText(own, literal, context, isStrict);
    case 'bytes':
      return storedBytes(own, literal, context, isStrict);
    case 'temporal':
      return storedTemporal(own, literal);
    case 'year': {
      const number = literal.kind === 'integer' ? literal.value : yearIn(literal);
      return number === undefined ? 'unknown' : (yearValue(number) ?? 'unknown');
    }
    case 'bit':
      return storedBits(own, literal);
    case 'enum':
      return storedMember(own, literal);
    case 'other':
      return 'unknown';
    default:
      return unreachable(own);
  }
}

function storedInteger(own: Of<'integer'>, literal: Known, isStrict: boolean): Stored {
  switch (literal.kind) {
    case 'integer':
      return withinIntegers(own, literal.value);
    case 'decimal': {
      const number = exactNumber(literal.text);
      return number === undefined ? 'unknown' : rounded(own, number);
    }
    case 'float':
      return wholeDouble(own, Number(literal.text));
    case 'string':
      return integerOfText(own, literal, isStrict);
    case 'binary': {
      const value = literal.charset === undefined ? numberOfBytes(literal.bytes) : undefined;
      return value === undefined || !holdsInteger(own, value) ? 'unknown' : integerValue(own, value);
    }
    case 'temporal':
      return 'unknown';
    default:
      return unreachable(literal);
  }
}

const withinIntegers = (own: Of<'integer'>, value: bigint): Stored =>
  holdsInteger(own, value) ? integerValue(own, value) : 'refused';

function rounded(own: Of<'integer'>, number: { coefficient: bigint; scale: number }): Stored {
  const value = roundedTo(number, 0);
  // What is below zero and becomes zero is accepted from some types, and refused from others.
  if (own.min === 0n && number.coefficient < 0n && value === 0n) return 'unknown';
  return withinIntegers(own, value);
}

/** Doubles are rounded to even, and written with digits that they do not have: only whole ones are certain. */
function wholeDouble(own: Of<'integer'>, value: number): Stored {
  return Number.isSafeInteger(value) ? withinIntegers(own, BigInt(value)) : 'unknown';
}

/** Beyond these digits MySQL reads fractions as doubles. */
const EXACT_DIGITS = 18;

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function integerOfText(own: Of<'integer'>, literal: StringLiteral, isStrict: boolean): Stored {
  const text = asciiText(literal)?.trim();
  if (text === undefined) return 'unknown';
  // Without strictness: the digits at the beginning, and of what is out of range the nearest value.
  const digits = /^[+-]?\d*/.exec(text)![0];
  if (!isStrict && !/[.eE]/.test(text.charAt(digits.length)))
    return integerValue(own, nearestInteger(own, digits));
  if (/^(?:[+-]?(?:\d+\.?\d*|\.\d+)[a-df-z].*|[a-z_].*|)$/i.test(text)) return 'refused';
  if (!numberPattern.test(text)) return 'unknown';
  if (/e/i.test(text)) return wholeDouble(own, Number(text));
  const number = exactNumber(text);
  if (number === undefined || (number.scale > 0 && text.length > EXACT_DIGITS)) return 'unknown';
  return rounded(own, number);
}

function nearestInteger({ min, max }: Of<'integer'>, digits: string): bigint {
  const value = /\d/.test(digits) ? BigInt(digits.replace('+', '')) : 0n;
  if (value < min) return min;
  return value > max ? max : value;
}

function storedDecimal(own: Of<'decimal'>, literal: Known): Stored {
  const number =
    literal.kind === 'integer'
      ? { coefficient: literal.value, scale: 0 }
      : exactNumber(digitsIn(literal) ?? '');
  if (number === undefined) return 'unknown';
  const coefficient = roundedTo(number, own.scale);
  if (own.unsigned && number.coefficient < 0n && coefficient === 0n) return 'unknown';
  return holdsDecimal(own, coefficient) ? decimalValue(own, coefficient) : 'refused';
}

function digitsIn(literal: Known): string | undefined {
  if (literal.kind === 'decimal') return literal.text;
  return literal.kind === 'string' ? asciiText(literal)?.trim() : undefined;
}

function storedText(own: Of<'text'>, literal: Known, context: ValueContext, isStrict: boolean): Stored {
  if (literal.kind !== 'string' && literal.kind !== 'binary') {
    const digits = numberText(literal);
    return digits === undefined || digits.length > own.length ? 'unknown' : textValue(digits);
  }
  const text = textIn(own.charset, literal, context);
  if (text === undefined) return 'unknown';
  // A charset that needs more bytes for a character than UTF-8 needs none more than four times as many.
  if (own.unit === 'bytes') return text.length * 4 <= own.length ? textValue(text) : 'unknown';
  const kept = cutTo(own.length, text);
  const isLong = withoutTrailingSpaces(text).length > kept.length;
  if (isLong && isStrict) return 'refused';
  return textValue(own.isChar ? withoutTrailingSpaces(kept) : kept);
}

/** The first characters of a text in UTF-8. */
function cutTo(characters: number, text: Buffer): Buffer {
  if (text.length <= characters) return text;
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const isFirstOfCharacter = (text[at]! & 0xc0) !== 0x80;
    if (isFirstOfCharacter && ++count > characters) return text.subarray(0, at);
  }
  return text;
}

/** A number as a string; undefined for those that MySQL writes in its own way. */
function numberText(literal: Known): string | undefined {
  if (literal.kind === 'integer') return literal.value.toString();
  if (literal.kind !== 'decimal') return undefined;
  const number = exactNumber(literal.text);
  if (number === undefined) return undefined;
  // The sign of a zero is kept by some paths only.
  if (number.coefficient === 0n && literal.text.startsWith('-')) return undefined;
  return decimalText(number.coefficient, number.scale);
}

function storedBytes(own: Of<'bytes'>, literal: Known, context: ValueContext, isStrict: boolean): Stored {
  if (literal.kind !== 'string' && literal.kind !== 'binary') {
    const digits = numberText(literal);
    return digits === undefined || digits.length > own.length
      ? 'unknown'
      : bytesValue(own, Buffer.from(digits, 'latin1'));
  }
  const bytes = bytesIn(literal, context);
  if (bytes === undefined) return 'unknown';
  if (bytes.length <= own.length) return bytesValue(own, bytes);
  if (own.type === 'blob') return 'unknown';
  return isStrict ? 'refused' : bytesValue(own, bytes.subarray(0, own.length));
}

function storedTemporal(own: Of<'temporal'>, literal: Known): Stored {
  let text: string | undefined;
  if (literal.kind === 'string') text = asciiText(literal);
  else if (literal.kind === 'temporal' && (literal.type === 'time') === (own.type === 'time'))
    text = literal.text;
  const stored = text === undefined ? undefined : temporalText(own, text);
  return stored === undefined ? 'unknown' : textValue(stored);
}

function yearIn(literal: Known): bigint | undefined {
  const text = literal.kind === 'string' ? asciiText(literal) : undefined;
  return text !== undefined && /^\d{4}$/.test(text) ? BigInt(text) : undefined;
}

function storedBits(own: Of<'bit'>, literal: Known): Stored {
  if (literal.kind === 'integer' && literal.value >= 0n)
    return holdsBits(own, literal.value) ? bitValue(own, literal.value) : 'refused';
  const value =
    literal.kind === 'binary' && literal.charset === undefined ? numberOfBytes(literal.bytes) : undefined;
  return value !== undefined && holdsBits(own, value) ? bitValue(own, value) : 'unknown';
}

function storedMember({ members }: Of<'enum'>, literal: Known): Stored {
  if (literal.kind === 'integer' && literal.value > 0n) {
    const member = literal.value <= BigInt(members.length) ? members[Number(literal.value) - 1] : undefined;
    return member === undefined ? 'refused' : textValue(member);
  }
  const text = literal.kind === 'string' ? asciiText(literal) : undefined;
  return text !== undefined && members.includes(text) ? textValue(text) : 'unknown';
}
