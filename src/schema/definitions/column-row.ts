/**
 * A column's definition to what information_schema.COLUMNS would say of it, without asking a server: MySQL's rules for lengths, precisions
 * and character sets (manual, "CREATE TABLE", "Silent Column Specification Changes").
 */
import { collationByName, defaultCollation } from '../../mysql/collations.ts';
import type { ColumnAttribute, ColumnAttributeName, ColumnDefinition } from '../../sql/ast/definition.ts';
import type { SchemaRows } from '../build-schema.ts';

export type ColumnRow = SchemaRows['columns'][number];

/** The table that the column is in; `collation` is that of text columns which name none. */
export type TableFacts = Readonly<{
  name: string;
  collation: string;
  sourceText: Buffer;
  /** The value of a string literal, which is somewhere in the text. */
  stringAt: (start: number, end: number) => string;
}>;

type Numbers = Readonly<{ precision: number; unsigned?: number }>;

const integers: Readonly<Record<string, Numbers>> = {
  tinyint: { precision: 3 },
  smallint: { precision: 5 },
  mediumint: { precision: 7 },
  int: { precision: 10 },
  bigint: { precision: 19, unsigned: 20 },
};

/** Types with a fixed number of bytes, in the order of their sizes. */
const texts = { tinytext: 255, text: 65_535, mediumtext: 16_777_215, longtext: 4_294_967_295 } as const;
const blobs = { tinyblob: 255, blob: 65_535, mediumblob: 16_777_215, longblob: 4_294_967_295 } as const;
const fixedBytes: Readonly<Record<string, number>> = { ...texts, ...blobs };

const characters: ReadonlySet<string> = new Set(['char', 'varchar', 'enum', 'set', ...Object.keys(texts)]);
const binaryOf: Readonly<Record<string, string>> = {
  char: 'binary',
  varchar: 'varbinary',
  tinytext: 'tinyblob',
  text: 'blob',
  mediumtext: 'mediumblob',
  longtext: 'longblob',
};

const DOUBLE_DIGITS = 22;
const FLOAT_DIGITS = 12;
/** FLOAT(p) with more digits is a DOUBLE. */
const FLOAT_PRECISION_MAX = 24;

/** What a type comes to be: its DATA_TYPE, COLUMN_TYPE and sizes. */
type Shape = Readonly<{
  dataType: string;
  columnType: string;
  length?: number;
  precision?: number;
  scale?: number;
  fraction?: number;
}>;

/** One row; `at` counts from 0. */
export function columnRow(
  table: TableFacts,
  column: ColumnDefinition,
  at: number,
  inPrimaryKey: boolean,
): ColumnRow {
  const { name, attributes, generated } = column;
  const typeText = table.sourceText.toString('latin1', column.type.start, column.type.end);
  const isSerial = /^serial$/i.test(typeText);
  const collation = collationOf(table, column);
  const shape = shapeOf(table, column, collation, typeText);
  const hasCharset = characters.has(shape.dataType);
  const written = attributeOf(attributes, 'default');
  const serialValue = isSerial || attributeOf(attributes, 'serialDefaultValue') !== undefined;
  const notNull =
    inPrimaryKey || serialValue || ['notNull', 'primaryKey'].some((each) => has(attributes, each));
  const isAuto = serialValue || has(attributes, 'autoIncrement');
  const generation = generated === undefined ? '' : `${generated.stored ? 'STORED' : 'VIRTUAL'} GENERATED `;
  return {
    TABLE_NAME: table.name,
    ORDINAL_POSITION: String(at + 1),
    COLUMN_NAME: name.text,
    COLUMN_DEFAULT: isExpression(written)
      ? defaultText(table, written)
      : shownDefault(shape, defaultText(table, written)),
    IS_NULLABLE: notNull ? 'NO' : 'YES',
    DATA_TYPE: shape.dataType,
    CHARACTER_MAXIMUM_LENGTH: textOf(shape.length),
    NUMERIC_PRECISION: textOf(shape.precision),
    NUMERIC_SCALE: textOf(shape.scale),
    DATETIME_PRECISION: textOf(shape.fraction),
    CHARACTER_SET_NAME: hasCharset ? (collationByName(collation)?.charset ?? null) : null,
    COLLATION_NAME: hasCharset ? collation : null,
    COLUMN_TYPE: shape.columnType,
    EXTRA:
      (isAuto ? 'auto_increment ' : '') +
      (isExpression(written) ? 'DEFAULT_GENERATED ' : '') +
      generation +
      (has(attributes, 'invisible') ? 'INVISIBLE' : ''),
  };
}

const textOf = (number: number | undefined): string | null => (number === undefined ? null : String(number));

const attributeOf = (
  attributes: readonly ColumnAttribute[],
  name: ColumnAttributeName,
): ColumnAttribute | undefined => attributes.findLast(({ attribute }) => attribute === name);

const has = (attributes: readonly ColumnAttribute[], name: string): boolean =>
  attributes.some(({ attribute }) => attribute === name);

function isExpression(written: ColumnAttribute | undefined): boolean {
  const { expression } = written ?? {};
  return expression !== undefined && expression.kind !== 'literal' && expression.kind !== 'unary';
}

function defaultText(table: TableFacts, written: ColumnAttribute | undefined): string | null {
  const { expression } = written ?? {};
  if (expression === undefined) return null;
  const text = table.sourceText.toString('utf8', expression.start, expression.end);
  if (expression.kind !== 'literal') return text;
  if (expression.type === 'null') return null;
  return expression.type === 'string' ? table.stringAt(expression.valueStart, expression.valueEnd) : text;
}

/** A literal as the type keeps it: bytes in hexadecimal, a decimal with all its digits. */
function shownDefault({ dataType, length = 0, scale = 0 }: Shape, text: string | null): string | null {
  if (text === null) return text;
  if (dataType === 'binary' || dataType === 'varbinary') {
    const hex = Buffer.from(text).toString('hex');
    return `0x${dataType === 'binary' ? hex.padEnd(2 * length, '0') : hex}`;
  }
  if (/^(true|false)$/i.test(text)) return /^t/i.test(text) ? '1' : '0';
  const [, whole, digits = ''] = /^([-+]?\d+)(?:\.(\d*))?$/.exec(text) ?? [];
  if (dataType !== 'decimal' || whole === undefined || digits.length > scale) return text;
  return scale === 0 ? whole : `${whole}.${digits.padEnd(scale, '0')}`;
}

/** The column's own, else that of its character set, else the table's. */
function collationOf(table: TableFacts, { type, attributes }: ColumnDefinition): string {
  const written = attributeOf(attributes, 'collate');
  if (written !== undefined) {
    const text = table.sourceText.toString('latin1', written.start, written.end);
    const name = text.replace(/^collate\s*=?\s*/i, '').replace(/['"`]/g, '');
    return collationByName(name)?.name ?? name.toLowerCase();
  }
  if (type.charset === undefined || type.charset === '') return table.collation;
  return defaultCollation(type.charset)?.name ?? table.collation;
}

function shapeOf(table: TableFacts, { type }: ColumnDefinition, collation: string, typeText: string): Shape {
  const { name: written, length, decimals, unsigned, zerofill } = type;
  const isBinary = collation === 'binary';
  const name = isBinary ? (binaryOf[written] ?? written) : written;
  const signs = `${unsigned || zerofill ? ' unsigned' : ''}${zerofill ? ' zerofill' : ''}`;
  const integer = integers[name];
  if (integer !== undefined) {
    const precision = unsigned || zerofill ? (integer.unsigned ?? integer.precision) : integer.precision;
    const isBool = /^bool/i.test(typeText) || (name === 'tinyint' && length === '1' && signs === '');
    const width = isBool ? '(1)' : zerofill && length !== undefined ? `(${length})` : '';
    return { dataType: name, columnType: `${name}${width}${signs}`, precision, scale: 0 };
  }
  switch (name) {
    case 'decimal': {
      const [precision, scale] = [Number(length ?? 10), Number(decimals ?? 0)];
      return { dataType: name, columnType: `${name}(${precision},${scale})${signs}`, precision, scale };
    }
    case 'float':
    case 'double':
      return floatShape(name, length, decimals, signs);
    case 'bit':
      return { dataType: name, columnType: `bit(${length ?? 1})`, precision: Number(length ?? 1) };
    case 'time':
    case 'datetime':
    case 'timestamp': {
      const digits = length === undefined || length === '0' ? '' : `(${length})`;
      return { dataType: name, columnType: `${name}${digits}`, fraction: Number(length ?? 0) };
    }
    case 'enum':
    case 'set':
      return listShape(table, name, type.values);
    case 'char':
    case 'varchar':
    case 'binary':
    case 'varbinary':
      return { dataType: name, columnType: `${name}(${length ?? 1})`, length: Number(length ?? 1) };
    default:
      return largeShape(name, length, collation);
  }
}

function floatShape(
  name: 'float' | 'double',
  length: string | undefined,
  decimals: string | undefined,
  signs: string,
): Shape {
  if (length !== undefined && decimals !== undefined) {
    const [precision, scale] = [Number(length), Number(decimals)];
    return { dataType: name, columnType: `${name}(${precision},${scale})${signs}`, precision, scale };
  }
  const isDouble = name === 'double' || Number(length ?? 0) > FLOAT_PRECISION_MAX;
  const dataType = isDouble ? 'double' : 'float';
  return {
    dataType,
    columnType: `${dataType}${signs}`,
    precision: isDouble ? DOUBLE_DIGITS : FLOAT_DIGITS,
  };
}

function listShape(
  table: TableFacts,
  name: 'enum' | 'set',
  literals: ColumnDefinition['type']['values'],
): Shape {
  // MySQL drops the blanks at the end of each.
  const values = literals.map(({ valueStart, valueEnd }) =>
    table.stringAt(valueStart, valueEnd).replace(/ +$/, ''),
  );
  const lengths = values.map((value) => [...value].length);
  const length =
    name === 'enum'
      ? Math.max(0, ...lengths)
      : lengths.reduce((sum, each) => sum + each, Math.max(0, lengths.length - 1));
  const written = values.map((value) => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`);
  return { dataType: name, columnType: `${name}(${written.join(',')})`, length };
}

/** TEXT and BLOB: with a length the smallest that has room. All other types are what they are called. */
function largeShape(name: string, length: string | undefined, collation: string): Shape {
  if (length !== undefined && (name === 'text' || name === 'blob')) {
    const width = name === 'text' ? (collationByName(collation)?.maxLength ?? 4) : 1;
    const bytes = Number(length) * width;
    const sizes = Object.entries(name === 'text' ? texts : blobs);
    const [dataType, size] = sizes.find(([, each]) => bytes <= each) ?? sizes.at(-1)!;
    return { dataType, columnType: dataType, length: size };
  }
  const bytes = fixedBytes[name];
  if (name === 'vector')
    return { dataType: name, columnType: `vector(${length ?? 2048})`, length: 4 * Number(length ?? 2048) };
  return bytes === undefined
    ? { dataType: name, columnType: name }
    : { dataType: name, columnType: name, length: bytes };
}
