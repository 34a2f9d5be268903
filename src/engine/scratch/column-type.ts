/** What a SQL type as text says that matters where its values are written and looked up. */
import { collationByName, defaultCollation } from '../../mysql/collations.ts';
import { typeBytes } from '../../mysql/type-bytes.ts';

export type ColumnTypeFacts = Readonly<{
  /** In lower case: `int`, `varchar`, `enum` … */
  name: string;
  notNull: boolean;
  invisible: boolean;
  /** Bytes that it takes of a row's 65,535 at most. */
  rowBytes: number;
  /** Bytes of the longest character; 1 for what is no text. */
  characterBytes: number;
  /** Of CHAR, VARCHAR and their binary kin: in characters. */
  length: number | undefined;
  /** Character set and collation, as they stand in the text. */
  textSuffix: string;
}>;

/** A TEXT or BLOB has its bytes elsewhere and only a pointer in the row. */
const POINTER_BYTES = 12;
const OTHER_BYTES = 40;
const DECIMAL_DIGITS_BYTES = 4;
const DECIMAL_DIGITS = 9;
/** Types of one size; a point in time with the most digits behind its point. */
const sizes: Readonly<Record<string, number>> = { ...typeBytes, integer: 4, datetime: 8, timestamp: 8 };

/** `type`: as in a column's definition, with character set, collation and NOT NULL where it has them. */
export function columnTypeFacts(type: string): ColumnTypeFacts {
  // Members of ENUM and SET are free text.
  const bare = type.replace(/'(?:[^'\\]|''|\\.)*'/gs, "''").toLowerCase();
  const name = /^\w+/.exec(bare)?.[0] ?? '';
  const invisible = /\binvisible$/.test(bare);
  const notNull = /\bnot null\b/.test(bare);
  const charset = /\b(?:character set|charset)\s+(\w+)/.exec(bare)?.[1];
  const collation = /\bcollate\s+(\w+)/.exec(bare)?.[1];
  const known =
    (collation === undefined ? undefined : collationByName(collation)) ??
    (charset === undefined ? undefined : defaultCollation(charset));
  const isText = /char|text$|^enum$|^set$/.test(name);
  const characterBytes = isText ? (known?.maxLength ?? 4) : 1;
  const counted = /^(?:(?:var)?char|(?:var)?binary)$/.test(name);
  const told = /^\w+\s*\((\d+)/.exec(bare)?.[1];
  const length = counted ? Number(told ?? 1) : undefined;
  const isLong = /(?:text|blob)$/.test(name);
  const rowBytes =
    length !== undefined
      ? length * characterBytes + 2
      : isLong
        ? POINTER_BYTES
        : sizeOf(name, Number(told ?? 10));
  const textSuffix = `${charset === undefined ? '' : ` CHARACTER SET ${charset}`}${collation === undefined ? '' : ` COLLATE ${collation}`}`;
  return { name, notNull, invisible, rowBytes, characterBytes, length, textSuffix };
}

/** `digits`: of a DECIMAL, four bytes for nine of them on either side of its point. */
const sizeOf = (name: string, digits: number): number =>
  name === 'decimal'
    ? (Math.ceil(digits / DECIMAL_DIGITS) + 1) * DECIMAL_DIGITS_BYTES
    : (sizes[name] ?? OTHER_BYTES);
