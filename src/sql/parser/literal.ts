/** Literals; their values stay in the source. */
import { defaultCollation } from '../../mysql/collations.ts';
import type { Literal, LiteralType } from '../ast/expression.ts';
import type { Span } from '../ast/node.ts';
import { token } from '../lexer.ts';
import type { Cursor } from './cursor.ts';
import { w } from './keywords.ts';

/** Takes the current token as a literal. */
export function takeLiteral(cursor: Cursor, type: LiteralType): Literal {
  const { start, end } = cursor;
  cursor.advance();
  return makeLiteral(type, start, end, start, end, undefined, undefined);
}

/** A literal of the source. */
export function makeLiteral(
  type: LiteralType,
  start: number,
  end: number,
  valueStart: number,
  valueEnd: number,
  introducer: string | undefined,
  more: readonly Span[] | undefined,
): Literal {
  return { kind: 'literal', start, end, type, text: undefined, introducer, valueStart, valueEnd, more };
}

/** A string and those directly behind it that continue it. */
export function parseString(
  cursor: Cursor,
  start: number,
  type: LiteralType,
  introducer: string | undefined,
): Literal {
  const valueStart = cursor.start;
  const valueEnd = cursor.end;
  cursor.advance();
  let more: Span[] | undefined;
  while (cursor.kind === token.string) {
    more ??= [];
    more.push({ start: cursor.start, end: cursor.end });
    cursor.advance();
  }
  return makeLiteral(type, start, cursor.previousEnd, valueStart, valueEnd, introducer, more);
}

/** `_charset 'text'`, if the name is a character set's. */
export function parseIntroduced(cursor: Cursor): Literal | undefined {
  const kind = cursor.peekKind();
  if (kind !== token.string && kind !== token.hex && kind !== token.bit) return undefined;
  const charset = cursor.sliceLower(cursor.start + 1, cursor.end);
  if (defaultCollation(charset) === undefined) return undefined;
  const { start } = cursor;
  cursor.advance();
  if (kind === token.string) return parseString(cursor, start, 'string', charset);
  const valueStart = cursor.start;
  const { end } = cursor;
  cursor.advance();
  return makeLiteral(kind === token.hex ? 'hex' : 'bit', start, end, valueStart, end, charset, undefined);
}

function temporalType(word: number): 'date' | 'time' | 'timestamp' {
  return word === w.date ? 'date' : word === w.time ? 'time' : 'timestamp';
}

/** `DATE '…'`; adjacent strings do not continue it. */
export function parseTemporal(cursor: Cursor): Literal {
  const { start } = cursor;
  const type = temporalType(cursor.word);
  cursor.advance();
  const valueStart = cursor.start;
  const { end } = cursor;
  cursor.advance();
  return makeLiteral(type, start, end, valueStart, end, undefined, undefined);
}
