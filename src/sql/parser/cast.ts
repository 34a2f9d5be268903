/** CAST and CONVERT and the types that they take. */
import type { CastType, Expression, Literal } from '../ast/expression.ts';
import { token } from '../lexer.ts';
import { wordName } from '../words.ts';
import { type Cursor, char } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { w, wordSet } from './keywords.ts';
import { parsePrimary } from './primary.ts';

/** Types that are one word, maybe with a length. */
const plainTypes = wordSet(`
  binary date time datetime year decimal dec real float json point linestring polygon multipoint
  multilinestring multipolygon geometrycollection geomcollection`);

/** `CAST(x AS type)`. */
export function parseCast(cursor: Cursor): Expression {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  cursor.expectChar(char.open);
  const operand = parseExpression(cursor);
  const timeZone = cursor.takeWord(w.at) ? parseTimeZone(cursor) : undefined;
  cursor.expectWord(w.as);
  const type = parseCastType(cursor);
  cursor.expectChar(char.close);
  cursor.leave();
  return { kind: 'cast', start, end: cursor.previousEnd, operand, timeZone, type };
}

function parseTimeZone(cursor: Cursor): Literal {
  cursor.expectWord(w.time);
  cursor.expectWord(w.zone);
  cursor.takeWord(w.interval);
  const zone = parsePrimary(cursor);
  return zone.kind === 'literal' ? zone : cursor.fail('a time zone as a string');
}

/** `CONVERT(x, type)` and `CONVERT(x USING charset)`. */
export function parseConvert(cursor: Cursor): Expression {
  const { start } = cursor;
  cursor.advance();
  cursor.enter();
  cursor.expectChar(char.open);
  const operand = parseExpression(cursor);
  if (cursor.takeWord(w.using)) {
    const charset = cursor.takeWord(w.default) ? 'default' : cursor.takeNameOrString();
    cursor.expectChar(char.close);
    cursor.leave();
    return { kind: 'convertUsing', start, end: cursor.previousEnd, operand, charset };
  }
  cursor.expectChar(char.comma);
  const type = parseCastType(cursor);
  cursor.expectChar(char.close);
  cursor.leave();
  return { kind: 'cast', start, end: cursor.previousEnd, operand, timeZone: undefined, type };
}

export function parseCastType(cursor: Cursor): CastType {
  const { start } = cursor;
  const name = takeTypeName(cursor);
  let length: string | undefined;
  let decimals: string | undefined;
  if (cursor.takeChar(char.open)) {
    length = takeNumber(cursor);
    if (cursor.takeChar(char.comma)) decimals = takeNumber(cursor);
    cursor.expectChar(char.close);
  }
  const charset = name === 'char' ? takeCharset(cursor) : undefined;
  const isArray = cursor.takeWord(w.array);
  return { kind: 'castType', start, end: cursor.previousEnd, name, length, decimals, charset, isArray };
}

function takeNumber(cursor: Cursor): string {
  if (cursor.kind !== token.integer && cursor.kind !== token.hex) cursor.fail('a number');
  const text = cursor.sliceLower(cursor.start, cursor.end);
  cursor.advance();
  return text;
}

function takeTypeName(cursor: Cursor): string {
  const word = cursor.kind === token.word ? cursor.word : 0;
  if (plainTypes[word] === 1) {
    cursor.advance();
    return word === w.dec ? 'decimal' : wordName(word);
  }
  switch (word) {
    case w.char:
    case w.character:
      cursor.advance();
      return 'char';
    case w.nchar:
      cursor.advance();
      return 'nchar';
    case w.national:
      cursor.advance();
      if (!cursor.takeWord(w.char)) cursor.expectWord(w.character);
      return 'nchar';
    case w.signed:
    case w.unsigned:
      cursor.advance();
      if (!cursor.takeWord(w.int)) cursor.takeWord(w.integer);
      return wordName(word);
    case w.double:
      cursor.advance();
      cursor.takeWord(w.precision);
      return 'double';
    default:
      return cursor.fail('a type');
  }
}

/** `CHARACTER SET x`, ASCII, UNICODE, BYTE, BINARY and their pairs. */
function takeCharset(cursor: Cursor): string | undefined {
  let charset: string | undefined;
  let isBinary = cursor.takeWord(w.binary);
  if (cursor.takeWord(w.ascii)) charset = 'ascii';
  else if (cursor.takeWord(w.unicode)) charset = 'unicode';
  else if (cursor.takeWord(w.byte)) charset = 'byte';
  else if (cursor.isWord(w.charset) || cursor.isWord(w.char) || cursor.isWord(w.character)) {
    if (!cursor.takeWord(w.charset)) {
      cursor.advance();
      cursor.expectWord(w.set);
    }
    charset = `character set ${cursor.takeNameOrString()}`;
  }
  if (!isBinary) isBinary = cursor.takeWord(w.binary);
  if (charset === undefined) return isBinary ? 'binary' : undefined;
  return isBinary ? `${charset} binary` : charset;
}
