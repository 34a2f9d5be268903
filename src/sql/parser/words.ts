/** Word ids by spelling for the parts of the grammar that are rarely run, and short ways to take several words. */
import type { Name } from '../ast/node.ts';
import { token } from '../lexer.ts';
import { stringText } from '../literals.ts';
import { wordId } from '../words.ts';
import { type Cursor, char } from './cursor.ts';

/** Ids of the words, by their spelling. */
export function wordIds<const Names extends readonly string[]>(
  ...names: Names
): Readonly<Record<Names[number], number>> {
  const ids = Object.fromEntries(names.map((name) => [name, wordId(name)]));
  return Object.freeze(ids) as Readonly<Record<Names[number], number>>;
}

/** Takes the two words if both are there, else nothing. */
export function takeTwo(cursor: Cursor, first: number, second: number): boolean {
  if (!cursor.isWord(first) || cursor.peekWord() !== second) return false;
  cursor.advance();
  cursor.advance();
  return true;
}

const k = wordIds('if', 'not', 'exists', 'character', 'set', 'charset', 'char');

export function takeIfExists(cursor: Cursor): boolean {
  if (!cursor.takeWord(k.if)) return false;
  cursor.expectWord(k.exists);
  return true;
}

export function takeIfNotExists(cursor: Cursor): boolean {
  if (!cursor.takeWord(k.if)) return false;
  cursor.expectWord(k.not);
  cursor.expectWord(k.exists);
  return true;
}

/** CHARACTER SET, CHAR SET or CHARSET. */
export function takeCharsetWords(cursor: Cursor): boolean {
  return cursor.takeWord(k.charset) || takeTwo(cursor, k.character, k.set) || takeTwo(cursor, k.char, k.set);
}

/** A name or a string. */
export function takeNameOrText(cursor: Cursor): Name {
  if (cursor.kind !== token.string) return cursor.takeName();
  const { start, end } = cursor;
  const text = stringText(cursor.text, start, end, cursor.mode);
  cursor.advance();
  return { kind: 'name', start, end, text };
}

/** A string; adjacent strings are not one here. */
export function takeText(cursor: Cursor): string {
  if (cursor.kind !== token.string) cursor.fail('a string');
  return takeNameOrText(cursor).text;
}

/** Digits, as written. */
export function takeNumber(cursor: Cursor): string {
  const { kind } = cursor;
  if (kind !== token.integer && kind !== token.hex && kind !== token.decimal && kind !== token.float) {
    cursor.fail('a number');
  }
  const text = cursor.sliceLower(cursor.start, cursor.end);
  cursor.advance();
  return text;
}

/** Goes behind the parenthesis that closes the current one, whatever stands between. */
export function skipParentheses(cursor: Cursor): void {
  let depth = 0;
  do {
    if (cursor.kind === token.end || cursor.kind === token.error) cursor.fail("')'");
    if (cursor.kind === char.open) depth++;
    if (cursor.kind === char.close) depth--;
    cursor.advance();
  } while (depth > 0);
}
