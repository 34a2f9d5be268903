/** Types of columns. */
import type { DataType } from '../ast/definition.ts';
import type { Literal } from '../ast/expression.ts';
import { token } from '../lexer.ts';
import { wordName } from '../words.ts';
import { type Cursor, char } from './cursor.ts';
import { parsePrimary } from './primary.ts';
import { takeCharsetWords, takeNumber, wordIds } from './words.ts';

const k = wordIds(
  'ascii',
  'binary',
  'byte',
  'char',
  'character',
  'long',
  'national',
  'nchar',
  'precision',
  'signed',
  'unicode',
  'unsigned',
  'varbinary',
  'varchar',
  'varcharacter',
  'varying',
  'zerofill',
);

/** What a type of one word is called, and which group decides about what may follow. */
type Group = 'number' | 'text' | 'bytes' | 'length' | 'plain' | 'list';
const types: ReadonlyMap<string, readonly [name: string, group: Group]> = new Map<string, [string, Group]>([
  ['tinyint', ['tinyint', 'number']],
  ['int1', ['tinyint', 'number']],
  ['smallint', ['smallint', 'number']],
  ['int2', ['smallint', 'number']],
  ['mediumint', ['mediumint', 'number']],
  ['middleint', ['mediumint', 'number']],
  ['int3', ['mediumint', 'number']],
  ['int', ['int', 'number']],
  ['integer', ['int', 'number']],
  ['int4', ['int', 'number']],
  ['bigint', ['bigint', 'number']],
  ['int8', ['bigint', 'number']],
  ['real', ['double', 'number']],
  ['double', ['double', 'number']],
  ['float8', ['double', 'number']],
  ['float', ['float', 'number']],
  ['float4', ['float', 'number']],
  ['decimal', ['decimal', 'number']],
  ['dec', ['decimal', 'number']],
  ['numeric', ['decimal', 'number']],
  ['fixed', ['decimal', 'number']],
  ['bit', ['bit', 'length']],
  ['bool', ['tinyint', 'plain']],
  ['boolean', ['tinyint', 'plain']],
  ['serial', ['bigint', 'plain']],
  ['binary', ['binary', 'length']],
  ['varbinary', ['varbinary', 'length']],
  ['year', ['year', 'number']],
  ['date', ['date', 'plain']],
  ['time', ['time', 'length']],
  ['timestamp', ['timestamp', 'length']],
  ['datetime', ['datetime', 'length']],
  ['tinyblob', ['tinyblob', 'plain']],
  ['blob', ['blob', 'length']],
  ['mediumblob', ['mediumblob', 'plain']],
  ['longblob', ['longblob', 'plain']],
  ['tinytext', ['tinytext', 'text']],
  ['text', ['text', 'text']],
  ['mediumtext', ['mediumtext', 'text']],
  ['longtext', ['longtext', 'text']],
  ['varchar', ['varchar', 'text']],
  ['varcharacter', ['varchar', 'text']],
  ['nvarchar', ['varchar', 'bytes']],
  ['enum', ['enum', 'list']],
  ['set', ['set', 'list']],
  ['json', ['json', 'plain']],
  ['vector', ['vector', 'length']],
  ['geometry', ['geometry', 'plain']],
  ['geometrycollection', ['geomcollection', 'plain']],
  ['geomcollection', ['geomcollection', 'plain']],
  ['point', ['point', 'plain']],
  ['multipoint', ['multipoint', 'plain']],
  ['linestring', ['linestring', 'plain']],
  ['multilinestring', ['multilinestring', 'plain']],
  ['polygon', ['polygon', 'plain']],
  ['multipolygon', ['multipolygon', 'plain']],
]);

type Mutable = { -readonly [Key in keyof DataType]: DataType[Key] };

/** A column's type with its length and attributes. */
export function parseDataType(cursor: Cursor): DataType {
  if (cursor.kind !== token.word || cursor.word === 0) cursor.fail('a type');
  const type: Mutable = {
    kind: 'dataType',
    start: cursor.start,
    end: cursor.end,
    name: '',
    length: undefined,
    decimals: undefined,
    unsigned: false,
    zerofill: false,
    charset: undefined,
    values: [],
  };
  const group = takeTypeName(cursor, type);
  if (group === 'list') type.values = takeValues(cursor);
  else if (group !== 'plain') takeLength(cursor, type);
  if (group === 'number') takeSigns(cursor, type);
  if (group === 'text' || group === 'list') type.charset = takeTextAttributes(cursor);
  // NCHAR and its like have their character set already.
  if (group === 'bytes') {
    type.charset = 'utf8mb3';
    cursor.takeWord(k.binary);
  }
  type.end = cursor.previousEnd;
  return type;
}

function takeTypeName(cursor: Cursor, type: Mutable): Group {
  const { word } = cursor;
  if (cursor.takeWord(k.national) || cursor.isWord(k.nchar)) return takeNational(cursor, type);
  if (cursor.takeWord(k.long)) return takeLong(cursor, type);
  if (cursor.takeWord(k.char) || cursor.takeWord(k.character)) {
    type.name = cursor.takeWord(k.varying) ? 'varchar' : 'char';
    return 'text';
  }
  const known = types.get(wordName(word));
  if (known === undefined) return cursor.fail('a type');
  cursor.advance();
  if (known[0] === 'double') cursor.takeWord(k.precision);
  if (wordName(word) === 'serial') type.unsigned = true;
  type.name = known[0];
  return known[1];
}

function takeNational(cursor: Cursor, type: Mutable): Group {
  if (cursor.takeWord(k.varchar) || cursor.takeWord(k.varcharacter)) type.name = 'varchar';
  else {
    if (!cursor.takeWord(k.nchar) && !cursor.takeWord(k.char)) cursor.expectWord(k.character);
    type.name = cursor.takeWord(k.varying) || cursor.takeWord(k.varchar) ? 'varchar' : 'char';
  }
  return 'bytes';
}

/** LONG, LONG VARCHAR, LONG VARBINARY. */
function takeLong(cursor: Cursor, type: Mutable): Group {
  if (cursor.takeWord(k.varbinary)) {
    type.name = 'mediumblob';
    return 'plain';
  }
  if (cursor.takeWord(k.char) || cursor.takeWord(k.character)) cursor.expectWord(k.varying);
  else if (!cursor.takeWord(k.varchar)) cursor.takeWord(k.varcharacter);
  type.name = 'mediumtext';
  return 'text';
}

function takeLength(cursor: Cursor, type: Mutable): void {
  if (!cursor.takeChar(char.open)) return;
  // VECTOR() and its like with nothing between are MySQL's to refuse.
  type.length = takeNumber(cursor);
  if (cursor.takeChar(char.comma)) type.decimals = takeNumber(cursor);
  cursor.expectChar(char.close);
}

function takeSigns(cursor: Cursor, type: Mutable): void {
  for (;;) {
    if (cursor.takeWord(k.unsigned)) type.unsigned = true;
    else if (cursor.takeWord(k.zerofill)) {
      type.zerofill = true;
      type.unsigned = true;
    } else if (!cursor.takeWord(k.signed)) return;
  }
}

function takeValues(cursor: Cursor): Literal[] {
  const values: Literal[] = [];
  cursor.expectChar(char.open);
  do {
    const { kind } = cursor;
    if (kind !== token.string && kind !== token.hex && kind !== token.bit) cursor.fail('a string');
    const value = parsePrimary(cursor);
    if (value.kind !== 'literal') return cursor.fail('a string');
    values.push(value);
  } while (cursor.takeChar(char.comma));
  cursor.expectChar(char.close);
  return values;
}

/** Character set words behind a text type; BINARY may stand on either side. */
function takeTextAttributes(cursor: Cursor): string | undefined {
  let charset = takeCharset(cursor);
  if (cursor.takeWord(k.binary)) charset ??= takeCharset(cursor) ?? undefined;
  return charset;
}

function takeCharset(cursor: Cursor): string | undefined {
  if (cursor.takeWord(k.ascii)) return 'latin1';
  if (cursor.takeWord(k.unicode)) return 'ucs2';
  if (cursor.takeWord(k.byte)) return 'binary';
  return takeCharsetWords(cursor) ? cursor.takeNameOrString() : undefined;
}
