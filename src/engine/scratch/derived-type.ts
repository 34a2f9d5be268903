/**
 * The SQL type of a column of which only the definition packet is known: an expression's, a derived table's. Chosen so that the
 * temporary table's own definition says the same again, and so that every value fits.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { collationById } from '../../mysql/collations.ts';
import { columnType } from '../../mysql/protocol.ts';
import { type ColumnDefinition, columnFlags, decimalsNotFixed } from './column-definition.ts';

const BINARY_CHARSET = 63;
/** Expressions with longer results get a TEXT column, as in MySQL's own temporary tables; columns stay what they were. */
const EXPRESSION_CHARACTERS_MAX = 512;
const VECTOR_DIMENSIONS_MAX = 16_383;
const DECIMAL_PRECISION_MAX = 65;
const BIT_MAX = 64;
const DISPLAY_MAX = 255;

const integers: Readonly<Record<number, string>> = {
  [columnType.tiny]: 'tinyint',
  [columnType.short]: 'smallint',
  [columnType.int24]: 'mediumint',
  [columnType.long]: 'int',
  [columnType.longlong]: 'bigint',
};

/** SQL type with character set, collation and NOT NULL. Throws where the packet does not say enough (ENUM, SET). */
export function derivedType(definition: ColumnDefinition): string {
  const base = typeOf(definition);
  const { flags, type } = definition;
  if (flags & columnFlags.notNull) return `${base} NOT NULL`;
  // Without a word, a TIMESTAMP is NOT NULL on servers with explicit_defaults_for_timestamp switched off.
  return type === columnType.timestamp ? `${base} NULL` : base;
}

function typeOf(definition: ColumnDefinition): string {
  const { type, length, decimals, flags } = definition;
  const integer = integers[type];
  // The width counts: the lengths of expressions over the column follow from it.
  if (integer !== undefined) return `${integer}(${Math.min(length, DISPLAY_MAX)})${numberSuffix(flags)}`;
  switch (type) {
    case columnType.decimal:
    case columnType.newDecimal:
      return `decimal(${precisionOf(definition)},${decimals})${numberSuffix(flags)}`;
    case columnType.float:
      return floating('float', definition);
    case columnType.double:
      return floating('double', definition);
    case columnType.bit:
      return `bit(${Math.min(Math.max(length, 1), BIT_MAX)})`;
    case columnType.year:
      // YEAR() knows years that the type YEAR does not; the columns' own are written with zeros in front.
      return definition.stored || definition.flags & columnFlags.zerofill ? 'year' : 'int(4) unsigned';
    case columnType.date:
      return 'date';
    case columnType.time:
      return `time(${decimals})`;
    case columnType.datetime:
      return `datetime(${decimals})`;
    case columnType.timestamp:
      return `timestamp(${decimals})`;
    case columnType.null:
      return 'varbinary(0)';
    case columnType.json:
      return 'json';
    case columnType.geometry:
      return 'geometry';
    case columnType.vector:
      return `vector(${Math.min(Math.max(length >> 2, 1), VECTOR_DIMENSIONS_MAX)})`;
    default:
      return stringType(definition);
  }
}

const numberSuffix = (flags: number): string =>
  `${flags & columnFlags.unsigned ? ' unsigned' : ''}${flags & columnFlags.zerofill ? ' zerofill' : ''}`;

/** The length counts a point, and a sign where there can be one. */
function precisionOf({ length, decimals, flags }: ColumnDefinition): number {
  const digits = length - (decimals > 0 ? 1 : 0) - (flags & columnFlags.unsigned ? 0 : 1);
  return Math.min(DECIMAL_PRECISION_MAX, Math.max(digits, decimals, 1));
}

/** With a fixed number of digits it shows so many; MySQL's own tables for results round to them, too. */
function floating(name: string, { stored, length, decimals, flags }: ColumnDefinition): string {
  const digits = stored ? Math.min(length, DISPLAY_MAX) : DISPLAY_MAX;
  return `${name}${decimals < decimalsNotFixed ? `(${digits},${decimals})` : ''}${numberSuffix(flags)}`;
}

function stringType(definition: ColumnDefinition): string {
  const { type, length, flags, charset, stored, title } = definition;
  if (type === columnType.enum || type === columnType.set || flags & (columnFlags.enum | columnFlags.set)) {
    throw new HeadgateError('HG_INTERNAL', {
      detail: `the members of ${title} (ENUM or SET) are not known where its values are gathered`,
    });
  }
  const collation = collationById(charset);
  const binary = charset === BINARY_CHARSET || collation === undefined;
  const suffix = binary ? '' : ` CHARACTER SET ${collation.charset} COLLATE ${collation.name}`;
  const characters = binary ? length : Math.ceil(length / collation.maxLength);
  const isLong = type >= columnType.tinyBlob && type <= columnType.blob;
  if (isLong || characters > (stored ? Number.POSITIVE_INFINITY : EXPRESSION_CHARACTERS_MAX)) {
    return `${longName(length, binary)}${suffix}`;
  }
  const fixed = stored && type === columnType.string;
  const name = binary ? (fixed ? 'binary' : 'varbinary') : fixed ? 'char' : 'varchar';
  return `${name}(${characters})${suffix}`;
}

/** The shortest of the TEXT or BLOB types that has room for so many bytes. */
export function longName(bytes: number, binary: boolean): string {
  const size = bytes <= 0xff ? 'tiny' : bytes <= 0xffff ? '' : bytes <= 0xff_ff_ff ? 'medium' : 'long';
  return `${size}${binary ? 'blob' : 'text'}`;
}
