/** The many ways to write a value that a column may be compared with or be given. */
import { columnType } from '../../../src/mysql/protocol.ts';
import { double, longlong, nullValue, text as textParameter } from '../../support/parameters.ts';
import type { Random } from '../../support/random.ts';
import { type ColumnDefinition, quoted } from '../columns.ts';
import { type Fragment, literal, sql } from '../fragment.ts';
import { literalBytes } from '../placement.ts';
import { integers, texts } from '../pools.ts';

const INT64_MAX = 2n ** 63n - 1n;

/** A number that is an integer: mostly plain, sometimes in a spelling that MySQL compares as equal, or nearly so. */
export function integerLiteral(random: Random, digits: string): Fragment {
  const value = BigInt(digits);
  const plain = literal(digits, longlong(value, value > INT64_MAX));
  if (random.chance(0.5)) return plain;
  const positive = value >= 0n;
  switch (random.below(16)) {
    case 0:
    case 1:
      return literal(`'${digits}'`, textParameter(digits));
    case 2:
      return literal(`${digits}.0`, textParameter(`${digits}.0`, columnType.newDecimal));
    case 3:
      return literal(`${digits}e0`, double(Number(value)));
    case 4:
      return literal(positive ? `0x${evenHex(value)}` : digits);
    case 5:
      return literal(
        positive ? `'0${digits}'` : `'${digits}.0'`,
        textParameter(positive ? `0${digits}` : `${digits}.0`),
      );
    case 6:
      return literal(`' ${digits}'`, textParameter(` ${digits}`));
    case 7:
      return literal(`'${digits}abc'`, textParameter(`${digits}abc`));
    case 8:
      return literal(`${digits}.5`, textParameter(`${digits}.5`, columnType.newDecimal));
    case 9:
      return literal(value === 1n ? 'TRUE' : value === 0n ? 'FALSE' : `+${digits}`);
    case 10:
      return positive && value > 0n ? sql`-(-${digits})` : sql`(${digits})`;
    case 11:
      return sql`${plain} + 0`;
    case 12:
      return sql`CAST(${literal(`'${digits}'`, textParameter(digits))} AS ${positive ? 'UNSIGNED' : 'SIGNED'})`;
    case 13:
      return literal(positive ? `b'${value.toString(2)}'` : `(${digits})`);
    case 14:
      return literal(`"${digits}"`, textParameter(digits));
    default:
      return random.chance(0.3)
        ? literal('NULL', nullValue())
        : literal(`'${digits}e0'`, textParameter(`${digits}e0`));
  }
}

const evenHex = (value: bigint): string => {
  const hex = value.toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
};

const accents: Readonly<Record<string, string>> = {
  a: 'á',
  e: 'é',
  i: 'ï',
  o: 'ö',
  u: 'ü',
  n: 'ñ',
  s: 'ś',
  A: 'Ä',
  S: 'Š',
};

/** A text: mostly as it is, sometimes in other case, with other accents or spaces, or as a number or bytes. */
export function textLiteral(random: Random, value: string): Fragment {
  const plain = (text: string): Fragment => literal(quoted(text), textParameter(text));
  if (random.chance(0.45)) return plain(value);
  switch (random.below(17)) {
    case 0:
      return plain(value.toUpperCase());
    case 1:
      return plain(value.toLowerCase());
    case 2:
      return plain(`${value} `);
    case 3:
      return plain(value.trimEnd());
    case 4:
      return plain(value.replace(/[a-zA-Z]/, (letter) => accents[letter] ?? letter));
    case 5:
      return plain(value.normalize(random.chance(0.5) ? 'NFD' : 'NFC'));
    case 6:
      return literal(value === '' ? "''" : `X'${Buffer.from(value).toString('hex')}'`);
    case 7:
      return literal(`_utf8mb4${quoted(value)}`);
    case 8:
      return literal(`_binary${quoted(value)}`);
    case 9:
      return literal(`N${quoted(value)}`);
    case 10:
      return /^[\x20-\x7e]*$/.test(value) ? literal(`_latin1${quoted(value)}`) : plain(value);
    case 11:
      return value.length > 1 && !/[\\'\t]/.test(value)
        ? literal(`${quoted(value.slice(0, 1))} ${quoted(value.slice(1))}`)
        : plain(value);
    case 12:
      return sql`CONCAT(${plain(value)}, '')`;
    case 13:
      return sql`${plain(value)} COLLATE utf8mb4_bin`;
    case 14:
      return /^-?\d+$/.test(value.trim())
        ? literal(value.trim(), longlong(BigInt(value.trim())))
        : random.chance(0.3)
          ? literal(String(random.below(7)), longlong(5))
          : plain(value);
    case 15:
      return random.chance(0.4) ? literal('NULL', nullValue()) : sql`LOWER(${plain(value.toUpperCase())})`;
    default:
      return literal(
        `"${value.replaceAll('\\', '\\\\').replaceAll('"', '""').replaceAll('\t', '\\t')}"`,
        textParameter(value),
      );
  }
}

/** A value of the column's own kind, in one of its spellings. `canonical`: only as it is stored. */
export function literalFor(random: Random, column: ColumnDefinition, canonical = false): Fragment {
  const stored = column.pool.length > 0 ? random.pick(column.pool) : String(random.between(-2, 45));
  if (stored === 'NULL') return literal('NULL', nullValue());
  const bytes = literalBytes(stored)!;
  if (canonical) return [{ text: stored, parameter: textParameter(bytes), fixed: true }];
  switch (column.family) {
    case 'integer':
    case 'unsigned':
    case 'year':
      return integerLiteral(random, stored);
    case 'text':
      return textLiteral(random, bytes.toString());
    case 'decimal':
      return numberLiteral(random, stored);
    case 'float':
      return literal(stored, double(Number(stored)));
    case 'binary':
      return random.chance(0.6)
        ? literal(stored, textParameter(bytes, columnType.blob))
        : textLiteral(random, bytes.toString());
    case 'date':
    case 'datetime':
    case 'time':
      return temporalLiteral(random, column.family, bytes.toString());
    case 'enum':
      return random.chance(0.2)
        ? literal(String(random.between(0, 4)), longlong(2))
        : textLiteral(random, bytes.toString());
    case 'json':
    case 'set':
    case 'bit':
      return literal(stored);
  }
}

function numberLiteral(random: Random, stored: string): Fragment {
  switch (random.below(6)) {
    case 0:
      return literal(`'${stored}'`, textParameter(stored));
    case 1:
      return literal(stored.replace(/\.?0+$/, '') || '0');
    case 2:
      return literal(`${stored}${stored.includes('.') ? '00' : '.00'}`);
    case 3:
      return literal(`${stored}e0`, double(Number(stored)));
    default:
      return literal(stored, textParameter(stored, columnType.newDecimal));
  }
}

function temporalLiteral(random: Random, family: 'date' | 'datetime' | 'time', stored: string): Fragment {
  const plain = literal(`'${stored}'`, textParameter(stored));
  switch (random.below(6)) {
    case 0:
      return literal(`${family === 'datetime' ? 'TIMESTAMP' : family.toUpperCase()}'${stored}'`);
    case 1:
      // 20200101 for '2020-01-01'
      return family === 'date' ? literal(stored.replaceAll('-', '')) : plain;
    case 2:
      return family === 'date' ? literal(`'${stored.replace(/-0(\d)$/, '-$1')}'`) : plain;
    case 3:
      return family === 'date' ? literal(`'${stored} 00:00:00'`) : plain;
    default:
      return plain;
  }
}

/** The same query with other values, of the same kinds as far as MySQL's grammar knows kinds. */
export function varied(random: Random, fragment: Fragment): Fragment {
  return fragment.flatMap((part): Fragment => {
    if (typeof part === 'string' || part.parameter === undefined || part.fixed) return [part];
    if (/^-?\d+$/.test(part.text)) return integerLike(random.pick(integers));
    if (/^'.*'$/s.test(part.text) && !/\d-\d/.test(part.text)) return textLike(random.pick(texts));
    return [part];
  });
}

const integerLike = (digits: string): Fragment => literal(digits, longlong(BigInt(digits)));
const textLike = (text: string): Fragment => literal(quoted(text), textParameter(text));
