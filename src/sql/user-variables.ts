/** User variables (`@name`) as they stand in a statement's text. */
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { nameText, stringText } from './literals.ts';

/** The name of a user variable's token in lower case, without `@` and quotes. */
export function userVariableName(text: Buffer, start: number, end: number, mode: LexMode): string {
  const first = text[start + 1];
  const isString = first === 0x27 || (first === 0x22 && !mode.ansiQuotes);
  const read = isString ? stringText : nameText;
  return end === start + 1 ? '' : read(text, start + 1, end, mode).toLowerCase();
}

/** Distinct names of the user variables in the statement from `start` to `end`; hosts of accounts (`a@localhost`) are among them. */
export function userVariableNames(
  text: Buffer,
  start: number,
  end: number,
  mode: LexMode,
): readonly string[] {
  const lexer = new Lexer(text.subarray(0, end), start, mode);
  const names = new Set<string>();
  while (lexer.next() !== token.end) {
    if (lexer.kind === token.userVariable) names.add(userVariableName(text, lexer.start, lexer.end, mode));
  }
  return [...names];
}
