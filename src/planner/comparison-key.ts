/**
 * By which vindex input the rows of `column = literal` are found. MySQL compares with conversions (`s = 5` finds '5', '05' and
 * '5.0'), and a vindex knows only its input; so a value is told only where all rows that MySQL can find have this one.
 */
import { unreachable } from '../errors/unreachable.ts';
import type { ColumnSchema } from '../schema/schema.ts';
import type { VindexValue } from '../vschema/vindexes/vindex.ts';
import type { ColumnVindex } from '../vschema/vschema.ts';
import { type ColumnClass, columnClass } from './column-values/column-class.ts';
import { exactlyAt, exactNumber } from './column-values/exact-number.ts';
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
import { vindexExactness } from './column-vindex-exactness.ts';
import type { LiteralValue, ValueContext } from './literal-value.ts';

export type ComparisonKey =
  /** Every row that matches has exactly this vindex input (or one that the vindex takes for the same). */
  | Readonly<{ kind: 'value'; value: VindexValue }>
  /** No row can match. */
  | Readonly<{ kind: 'nothing' }>
  /** Matching rows can have several inputs, or it is not certain which. */
  | Readonly<{ kind: 'scatter'; reason: string }>;

type Of<K extends ColumnClass['kind']> = Extract<ColumnClass, { kind: K }>;
type Literal<K extends LiteralValue['kind']> = Extract<LiteralValue, { kind: K }>;

const nothing: ComparisonKey = Object.freeze({ kind: 'nothing' });

/** From here on, doubles do not tell neighbouring integers apart. */
const SAFE_MAX = 2 ** 53;
/** Decimal numbers of so many digits are different doubles. */
const DOUBLE_DIGITS = 15;

/**
 * The vindex input of all rows that `column = literal` can match; also for each element of IN, where a literal can be compared
 * in another way because of the others. `alone`: it is not, since it has none beside it, or `comparedAlone` says so of all.
 * For bounds of BETWEEN, the answer holds with `comparedAlone` only.
 */
export function comparisonKey(
  column: ColumnSchema,
  columnVindex: ColumnVindex,
  literal: LiteralValue,
  context: ValueContext,
  alone = false,
): ComparisonKey {
  if (literal.kind === 'null') return nothing;
  const own = columnClass(column);
  if (literal.kind === 'integer' && own.kind === 'integer') {
    if (holdsInteger(own, literal.value)) return valueKey(integerValue(own, literal.value));
    if (alone || !hasAlias(own, literal.value)) return nothing;
  } else if (literal.kind !== 'computed' && !hasOtherCollation(own, column, literal)) {
    const key = keyOf(column, own, columnVindex, literal, context, alone);
    if (key !== undefined) return key;
    if (columnVindex.canonicalValues) {
      const text = promisedText(column, own, literal, context);
      if (text !== undefined) return valueKey(text);
    }
  }
  return { kind: 'scatter', reason: whyScattered(column, columnVindex, own, literal) };
}

/** A user variable with another collation than the column's may be what decides how they are compared. */
function hasOtherCollation(own: ColumnClass, column: ColumnSchema, literal: LiteralValue): boolean {
  if (literal.kind !== 'binary' || literal.collation === undefined) return false;
  return (own.kind === 'text' || own.kind === 'enum') && literal.collation !== column.collation;
}

/** In lists of several types, MySQL takes 2^64 - 1 and -1 for the same. */
const hasAlias = (own: Of<'integer'>, value: bigint): boolean =>
  holdsInteger(own, value < 0n ? value + 2n ** 64n : value - 2n ** 64n);

/**
 * Whether MySQL compares a column with each element of a list, or each bound of BETWEEN, as with that one alone. A single one
 * that is read as a double can make it compare all as doubles, which do not tell large integers apart.
 */
export function comparedAlone(column: ColumnSchema, literals: readonly LiteralValue[]): boolean {
  const own = columnClass(column);
  if (own.kind !== 'integer') return literals.every(({ kind }) => kind === literals[0]!.kind);
  if (literals.every(({ kind }) => kind === 'integer')) return true;
  return literals.every((literal) => {
    const value = literal.kind === 'string' ? digitsOf(literal) : undefined;
    return value !== undefined && holdsInteger(own, value);
  });
}

/** Undefined where the rows that match can have several inputs. */
function keyOf(
  column: ColumnSchema,
  own: ColumnClass,
  columnVindex: ColumnVindex,
  literal: Exclude<LiteralValue, Literal<'null' | 'computed'>>,
  context: ValueContext,
  alone: boolean,
): ComparisonKey | undefined {
  switch (own.kind) {
    case 'integer':
      return integerColumnKey(own, literal, alone);
    case 'decimal':
      return decimalColumnKey(own, literal);
    case 'text': {
      if (!isString(literal) || !isExactText(column, own, columnVindex)) return undefined;
      const text = textIn(own.charset, literal, context);
      return text === undefined
        ? undefined
        : valueKey(textValue(own.isChar ? withoutTrailingSpaces(text) : text));
    }
    case 'bytes': {
      const bytes = isString(literal) ? bytesIn(literal, context) : undefined;
      return bytes === undefined ? undefined : bytesKey(own, bytes);
    }
    case 'temporal': {
      const text = temporalIn(own, literal);
      return text === undefined ? undefined : valueKey(textValue(text));
    }
    case 'year': {
      const value = literal.kind === 'integer' ? yearValue(literal.value) : undefined;
      return value === undefined ? undefined : valueKey(value);
    }
    case 'bit': {
      const value = literal.kind === 'integer' ? literal.value : bitsOf(literal);
      if (value === undefined || value < 0n || value >= SAFE_MAX) return undefined;
      return holdsBits(own, value) ? valueKey(bitValue(own, value)) : nothing;
    }
    case 'enum': {
      const member = enumMember(own, literal);
      return member === undefined ? undefined : valueKey(textValue(member));
    }
    case 'other':
      return undefined;
    default:
      return unreachable(own);
  }
}

const valueKey = (value: VindexValue): ComparisonKey => ({ kind: 'value', value });

const isString = (literal: LiteralValue): literal is StringLiteral =>
  literal.kind === 'string' || literal.kind === 'binary';

/** Without the promise, which holds for strings in all ways of writing them that the column does not tell apart. */
const isExactText = (column: ColumnSchema, own: Of<'text'>, columnVindex: ColumnVindex): boolean =>
  own.equality === 'bytes' || vindexExactness(column, columnVindex).exact;

const integerKey = (own: Of<'integer'>, value: bigint): ComparisonKey =>
  holdsInteger(own, value) ? valueKey(integerValue(own, value)) : nothing;

function integerColumnKey(
  own: Of<'integer'>,
  literal: Exclude<LiteralValue, Literal<'null' | 'computed'>>,
  alone: boolean,
): ComparisonKey | undefined {
  switch (literal.kind) {
    case 'integer':
      return integerKey(own, literal.value);
    case 'decimal': {
      const number = exactNumber(literal.text);
      if (number === undefined) return undefined;
      const value = exactlyAt(number, 0);
      if (value === undefined) return nothing;
      return alone || isSafe(value) ? integerKey(own, value) : undefined;
    }
    case 'float':
      return integerKeyOfDouble(own, Number(literal.text));
    case 'binary': {
      if (literal.charset !== undefined) return integerKeyOfText(own, literal, alone);
      const value = numberOfBytes(literal.bytes);
      return value === undefined || !isSafe(value) ? undefined : integerKey(own, value);
    }
    case 'string':
      return integerKeyOfText(own, literal, alone);
    case 'temporal':
      return undefined;
    default:
      return unreachable(literal);
  }
}

const isSafe = (value: bigint): boolean => value < SAFE_MAX && value > -SAFE_MAX;

/** Digits that the column can hold are made an integer; all other strings are compared as doubles. */
function integerKeyOfText(
  own: Of<'integer'>,
  literal: StringLiteral,
  alone: boolean,
): ComparisonKey | undefined {
  const value = digitsOf(literal);
  if (value !== undefined && holdsInteger(own, value) && (alone || isSafe(value)))
    return valueKey(integerValue(own, value));
  const text = numberIn(literal);
  return text === undefined ? undefined : integerKeyOfDouble(own, Number(text));
}

function digitsOf(literal: StringLiteral): bigint | undefined {
  const text = numberIn(literal);
  if (text === undefined || !/^[+-]?\d{1,65}$/.test(text)) return undefined;
  return BigInt(text.startsWith('+') ? text.slice(1) : text);
}

function integerKeyOfDouble(own: Of<'integer'>, value: number): ComparisonKey | undefined {
  if (!(Math.abs(value) < SAFE_MAX)) return undefined;
  return Number.isInteger(value) ? integerKey(own, BigInt(value)) : nothing;
}

function decimalColumnKey(
  own: Of<'decimal'>,
  literal: Exclude<LiteralValue, Literal<'null' | 'computed'>>,
): ComparisonKey | undefined {
  switch (literal.kind) {
    case 'integer':
    case 'decimal': {
      const number =
        literal.kind === 'integer' ? { coefficient: literal.value, scale: 0 } : exactNumber(literal.text);
      if (number === undefined) return undefined;
      const coefficient = exactlyAt(number, own.scale);
      if (coefficient === undefined || !holdsDecimal(own, coefficient)) return nothing;
      return valueKey(decimalValue(own, coefficient));
    }
    case 'float':
      return decimalKeyOfDouble(own, Number(literal.text));
    case 'string': {
      const text = numberIn(literal);
      return text === undefined ? undefined : decimalKeyOfDouble(own, Number(text));
    }
    case 'binary':
    case 'temporal':
      return undefined;
    default:
      return unreachable(literal);
  }
}

/** Compared as doubles; so short a DECIMAL is still equal to one double only. */
function decimalKeyOfDouble(own: Of<'decimal'>, value: number): ComparisonKey | undefined {
  if (own.precision > DOUBLE_DIGITS || Number.isNaN(value)) return undefined;
  if (Math.abs(value) >= 10 ** DOUBLE_DIGITS) return nothing;
  const text = value.toFixed(own.scale);
  if (Number(text) !== value) return nothing;
  const coefficient = exactlyAt(exactNumber(text)!, own.scale)!;
  return holdsDecimal(own, coefficient) ? valueKey(decimalValue(own, coefficient)) : nothing;
}

/** The text of a string that is a number from end to end, but for spaces; undefined for all that MySQL reads in part. */
function numberIn(literal: StringLiteral): string | undefined {
  const text = asciiText(literal)?.trim();
  return text !== undefined && /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? text : undefined;
}

function bytesKey(own: Of<'bytes'>, bytes: Buffer): ComparisonKey {
  return valueKey(bytesValue(own, bytes));
}

function temporalIn(own: Of<'temporal'>, literal: LiteralValue): string | undefined {
  if (literal.kind === 'string') {
    const text = asciiText(literal);
    return text === undefined ? undefined : temporalText(own, text);
  }
  if (literal.kind !== 'temporal' || (literal.type === 'time') !== (own.type === 'time')) return undefined;
  return temporalText(own, literal.text);
}

const bitsOf = (literal: LiteralValue): bigint | undefined =>
  literal.kind === 'binary' && literal.charset === undefined ? numberOfBytes(literal.bytes) : undefined;

/** Integers are the members' numbers; other literals that are no member in every letter may still be equal to one. */
function enumMember({ members }: Of<'enum'>, literal: LiteralValue): string | undefined {
  if (literal.kind === 'integer') return literal.value > 0n ? members[Number(literal.value) - 1] : undefined;
  if (literal.kind !== 'string') return undefined;
  const text = asciiText(literal);
  return text !== undefined && members.includes(text) ? text : undefined;
}

/** What a promise of canonical values says beyond the column's type: only strings against strings are the column's own equality. */
function promisedText(
  column: ColumnSchema,
  own: ColumnClass,
  literal: LiteralValue,
  context: ValueContext,
): VindexValue | undefined {
  if (isString(literal)) {
    if (own.kind === 'text') {
      const text = textIn(own.charset, literal, context);
      return text === undefined ? undefined : textValue(own.isChar ? withoutTrailingSpaces(text) : text);
    }
    const text = own.kind === 'other' && !isFloat(column) ? asciiText(literal) : undefined;
    return text === undefined ? undefined : textValue(text);
  }
  if (isFloat(column) && (literal.kind === 'float' || literal.kind === 'decimal'))
    return { kind: 'float', bytes: Buffer.from(literal.text, 'latin1') };
  if (isFloat(column) && literal.kind === 'integer')
    return { kind: 'float', bytes: Buffer.from(literal.value.toString(), 'latin1') };
  return undefined;
}

const isFloat = ({ dataType }: ColumnSchema): boolean => dataType === 'float' || dataType === 'double';

function whyScattered(
  column: ColumnSchema,
  columnVindex: ColumnVindex,
  own: ColumnClass,
  literal: LiteralValue,
): string {
  const { name, columnType } = column;
  if (literal.kind === 'computed') return `the value that ${name} is compared with is MySQL's to compute`;
  const isOwnKind = isString(literal) || own.kind === 'other';
  const { exact, reason } = vindexExactness(column, columnVindex);
  if (!exact && isOwnKind) return reason;
  const written = literalNames[literal.kind];
  return `MySQL may find several values of ${name} (${columnType}) equal to ${written} written so`;
}

const literalNames: Readonly<Record<LiteralValue['kind'], string>> = {
  null: 'NULL',
  integer: 'an integer',
  decimal: 'a decimal number',
  float: 'a floating-point number',
  string: 'a string',
  binary: 'a binary string',
  temporal: 'a date or time',
  computed: 'an expression',
};
