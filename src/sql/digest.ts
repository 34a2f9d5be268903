/** A statement's shape: its text without literals, and a short hash of that, by which logs and statistics can be grouped. */
import { createHash } from 'node:crypto';
import type { LexMode } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';

const DIGEST_LENGTH = 16;

const literals: ReadonlySet<number> = new Set([
  token.integer,
  token.decimal,
  token.float,
  token.hex,
  token.bit,
  token.string,
  token.nationalString,
  token.dollarString,
]);

export type Digest = Readonly<{
  /** 16 hex digits; equal for statements that differ only in literals, the length of their lists, case and blanks. */
  hash: string;
  /** The statement with `?` for each literal and one for a list of them, cut to `charactersMax`. */
  text: string;
}>;

/** Not for the hot path: one lexing and one hash per call. */
export function digestOf(
  source: Buffer,
  start: number,
  end: number,
  mode: LexMode,
  charactersMax: number,
): Digest {
  const lexer = new Lexer(source.subarray(start, end), 0, mode);
  const parts: string[] = [];
  for (let kind = lexer.next(); kind !== token.end && kind !== token.error; kind = lexer.next()) {
    if (literals.has(kind)) pushLiteral(parts);
    else parts.push(source.toString('utf8', start + lexer.start, start + lexer.end));
  }
  const text = parts.join(' ');
  const hash = createHash('sha256').update(text.toLowerCase()).digest('hex').slice(0, DIGEST_LENGTH);
  return { hash, text: text.slice(0, charactersMax) };
}

/** `?, ?` becomes `?`: lists of any length have one digest. */
function pushLiteral(parts: string[]): void {
  if (parts.at(-1) === ',' && parts.at(-2) === '?') parts.pop();
  else parts.push('?');
}
