/** Columns by the way in which MySQL compares and stores their values. */
import type { ColumnSchema } from '../../schema/schema.ts';

export type ColumnClass =
  | Readonly<{ kind: 'integer'; min: bigint; max: bigint; type: 'integer' | 'unsigned' }>
  | Readonly<{ kind: 'decimal'; precision: number; scale: number; unsigned: boolean }>
  | Readonly<{
      kind: 'text';
      charset: string;
      /** CHAR loses its spaces at the end when it is read. */
      isChar: boolean;
      length: number;
      /** What `length` counts. */
      unit: 'characters' | 'bytes';
      /** Equal are: the same bytes; those and any spaces behind them; or whatever the collation says. */
      equality: 'bytes' | 'padded' | 'loose';
    }>
  | Readonly<{ kind: 'bytes'; length: number; type: 'binary' | 'varbinary' | 'blob' }>
  | Readonly<{ kind: 'temporal'; type: 'date' | 'datetime' | 'time'; fractionDigits: number }>
  | Readonly<{ kind: 'year' }>
  | Readonly<{ kind: 'bit'; bits: number }>
  /** Of ENUM whose members differ under its collation beyond doubt. */
  | Readonly<{ kind: 'enum'; members: readonly string[] }>
  | Readonly<{ kind: 'other'; why: string }>;

const classes = new WeakMap<ColumnSchema, ColumnClass>();

/** The class of a column; found once for each column. */
export function columnClass(column: ColumnSchema): ColumnClass {
  let found = classes.get(column);
  if (found === undefined) {
    found = Object.freeze(findClass(column));
    classes.set(column, found);
  }
  return found;
}

const integerBits: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  bigint: 64n,
};

function findClass(column: ColumnSchema): ColumnClass {
  const { dataType, unsigned, precision, scale, length, fractionDigits } = column;
  const bits = integerBits[dataType];
  if (bits !== undefined) return integerClass(bits, unsigned);
  switch (dataType) {
    case 'decimal':
      if (precision === undefined || scale === undefined) break;
      return { kind: 'decimal', precision, scale, unsigned };
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return textClass(column);
    case 'binary':
    case 'varbinary':
      return { kind: 'bytes', length: length ?? 0, type: dataType };
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
      return { kind: 'bytes', length: length ?? 0, type: 'blob' };
    case 'date':
    case 'datetime':
    case 'time':
      return { kind: 'temporal', type: dataType, fractionDigits: fractionDigits ?? 0 };
    case 'timestamp':
      return { kind: 'other', why: "a TIMESTAMP's text depends on the session's time zone" };
    case 'year':
      return { kind: 'year' };
    case 'bit':
      return { kind: 'bit', bits: precision ?? 1 };
    case 'enum':
      return enumClass(column);
    case 'float':
    case 'double':
      return { kind: 'other', why: 'its numbers are not exact' };
    default:
  }
  return { kind: 'other', why: `equality of ${dataType.toUpperCase()} is not that of its text` };
}

function integerClass(bits: bigint, unsigned: boolean): ColumnClass {
  if (unsigned) return { kind: 'integer', min: 0n, max: 2n ** bits - 1n, type: 'unsigned' };
  return { kind: 'integer', min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n, type: 'integer' };
}

function textClass({ dataType, charset = '', collation = '', length = 0 }: ColumnSchema): ColumnClass {
  const isChar = dataType === 'char';
  const unit = isChar || dataType === 'varchar' ? 'characters' : 'bytes';
  return { kind: 'text', charset, isChar, length, unit, equality: textEquality(collation, isChar) };
}

function textEquality(collation: string, isChar: boolean): 'bytes' | 'padded' | 'loose' {
  if (!collation.endsWith('_bin')) return 'loose';
  // Spaces at the end are all that two equal values can differ in, and CHAR has none.
  return collation === 'utf8mb4_0900_bin' || isChar ? 'bytes' : 'padded';
}

/** Collations under which printable ASCII differs once it differs in lower case. Some languages take v as w, or y as i. */
const plainCollation = /_(?:bin|general_c[is]|unicode_ci|unicode_520_ci|0900_ai_ci|0900_as_c[is]|0900_bin)$/;

function enumClass({ values = [], collation = '' }: ColumnSchema): ColumnClass {
  const folded = new Set(values.map((value) => (collation.endsWith('_bin') ? value : value.toLowerCase())));
  const isPlain = values.every((value) => /^[ -~]*$/.test(value)) && plainCollation.test(collation);
  if (isPlain && folded.size === values.length) return { kind: 'enum', members: values };
  return { kind: 'other', why: 'its members may be equal under its collation' };
}
