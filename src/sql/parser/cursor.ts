/**
 * The parser's place in a text: the current token, one token of lookahead, the limits on depth, and what all
 * parts of the grammar share. Parsing functions take a cursor that stands on their first token and leave it
 * on the token behind their last; a failure is thrown as SyntaxFailure and caught in `parseStatement`.
 */
import type { Name } from '../ast/node.ts';
import { byteBit } from '../charset-tables.ts';
import { type LexMode, lexModeOf } from '../lex-mode.ts';
import { Lexer, token } from '../lexer.ts';
import { nameText, stringText } from '../literals.ts';
import { wordFlag, wordFlags, wordName } from '../words.ts';

const NESTING_MAX = 150;
/**
 * A chain of operators is a tree as deep as it is long. The first few of each chain cost nothing unless they
 * are nested already; of the others, one expression with all inside it may have so many.
 */
const CHAIN_FREE = 4;
const CHAIN_FREE_DEPTH_MAX = 8;
const CHAINS_MAX = 500;
const SINCE_9 = 90_000;
const EMPTY = Buffer.alloc(0);

/** Codes of the single characters that are tokens. */
export const char = {
  open: 0x28,
  close: 0x29,
  comma: 0x2c,
  dot: 0x2e,
  star: 0x2a,
  plus: 0x2b,
  minus: 0x2d,
  equal: 0x3d,
  question: 0x3f,
  openBrace: 0x7b,
  closeBrace: 0x7d,
  semicolon: 0x3b,
} as const;

/** Thrown inside the parser only. */
export class SyntaxFailure extends Error {
  readonly at: number;

  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

export class Cursor {
  /** The current token, as in the lexer. */
  kind = 0;
  start = 0;
  end = 0;
  word = 0;
  /** End of the token before the current one: the end of a node that was just read. */
  previousEnd = 0;
  text: Buffer = EMPTY;
  mode: LexMode;
  /** Markers (`?`) so far. */
  parameterCount = 0;

  #lexer: Lexer;
  #hasAhead = false;
  #depth = 0;
  #chains = 0;

  constructor() {
    this.mode = lexModeOf('', 'utf8mb4', 0, false);
    this.#lexer = new Lexer(EMPTY, 0, this.mode);
  }

  /** Stands on the first token of the text from `start` on. */
  reset(text: Buffer, start: number, end: number, mode: LexMode): void {
    this.text = end === text.length ? text : text.subarray(0, end);
    this.mode = mode;
    this.parameterCount = 0;
    this.#lexer.reset(this.text, start, mode);
    this.#hasAhead = false;
    this.#depth = 0;
    this.#chains = 0;
    this.end = start;
    this.advance();
  }

  /** Lets go of the text. */
  clear(): void {
    this.text = EMPTY;
    this.#lexer.reset(EMPTY, 0, this.mode);
  }

  /** Whether a version comment was met whose content belongs to the statement. */
  get hasVersionComment(): boolean {
    return this.#lexer.hasVersionComment;
  }

  /** Takes the next token. */
  advance(): void {
    const lexer = this.#lexer;
    this.previousEnd = this.end;
    if (this.#hasAhead) this.#hasAhead = false;
    else lexer.next();
    this.kind = lexer.kind;
    this.start = lexer.start;
    this.end = lexer.end;
    this.word = lexer.word;
  }

  /** The kind of the token behind the current one. */
  peekKind(): number {
    this.#lookAhead();
    return this.#lexer.kind;
  }

  /** The word of the token behind the current one, 0 if it is none. */
  peekWord(): number {
    this.#lookAhead();
    return this.#lexer.kind === token.word ? this.#lexer.word : 0;
  }

  /** Where the token behind the current one begins. */
  peekStart(): number {
    this.#lookAhead();
    return this.#lexer.start;
  }

  #lookAhead(): void {
    if (this.#hasAhead) return;
    this.#lexer.next();
    this.#hasAhead = true;
  }

  /** Fails at the current token. */
  fail(expected: string): never {
    if (this.kind === token.end) throw new SyntaxFailure(this.start, `expected ${expected} at the end`);
    const found = this.text.toString('utf8', this.start, Math.min(this.end, this.start + 40));
    throw new SyntaxFailure(this.start, `expected ${expected} at '${found}'`);
  }

  /** Goes one level deeper; `leave` comes back. Nothing may nest without it. */
  enter(): void {
    if (++this.#depth > NESTING_MAX) throw new SyntaxFailure(this.start, 'nested too deep');
  }

  leave(): void {
    this.#depth--;
  }

  /** Counts the `length`th operator of a chain that becomes a tree of that depth. */
  chain(length: number): void {
    if (length <= CHAIN_FREE && this.#depth <= CHAIN_FREE_DEPTH_MAX) return;
    if (++this.#chains > CHAINS_MAX) throw new SyntaxFailure(this.start, 'too many operators in chains');
  }

  /** Begins an expression that is one of several side by side; `endItem` gets what this returns. */
  beginItem(): number {
    const others = this.#chains;
    this.#chains = 0;
    return others;
  }

  /** Depths of expressions side by side do not add up: the deepest one counts. */
  endItem(others: number): void {
    if (others > this.#chains) this.#chains = others;
  }

  /** Takes the character's token if it is the current one. */
  takeChar(code: number): boolean {
    if (this.kind !== code) return false;
    this.advance();
    return true;
  }

  isChar(code: number): boolean {
    return this.kind === code;
  }

  expectChar(code: number): void {
    if (this.kind !== code) this.fail(`'${String.fromCharCode(code)}'`);
    this.advance();
  }

  /** Takes the keyword if it is the current token. */
  takeWord(word: number): boolean {
    if (this.word !== word || this.kind !== token.word) return false;
    this.advance();
    return true;
  }

  expectWord(word: number): void {
    if (this.word !== word || this.kind !== token.word) this.fail(wordName(word).toUpperCase());
    this.advance();
  }

  /** Whether the current token is that keyword. */
  isWord(word: number): boolean {
    return this.word === word && this.kind === token.word;
  }

  /** Whether the word is reserved on the server in question. */
  isReserved(word: number): boolean {
    const flags = wordFlags[word]!;
    if ((flags & wordFlag.reserved) === 0) return false;
    return (flags & wordFlag.since9) === 0 || this.mode.serverVersion >= SINCE_9;
  }

  /** Whether the current token can be a name: quoted, or a word that is not reserved. */
  isName(): boolean {
    if (this.kind === token.quotedName) return true;
    return this.kind === token.word && (this.word === 0 || !this.isReserved(this.word));
  }

  /** The text of the current token, a name; the cursor stays. */
  currentName(): string {
    return nameText(this.text, this.start, this.end, this.mode);
  }

  /** Takes a name and returns its text. */
  takeNameText(): string {
    if (!this.isName()) this.fail('a name');
    const text = this.currentName();
    this.advance();
    return text;
  }

  takeName(): Name {
    const { start, end } = this;
    return { kind: 'name', start, end, text: this.takeNameText() };
  }

  /** A name or a string, as MySQL takes them for character sets and collations: lower case. */
  takeNameOrString(): string {
    if (this.kind === token.string) {
      const text = stringText(this.text, this.start, this.end, this.mode);
      this.advance();
      return text.toLowerCase();
    }
    // BINARY is the one reserved word that names a character set.
    if (this.kind === token.word && this.word !== 0 && wordName(this.word) === 'binary') {
      this.advance();
      return 'binary';
    }
    return this.takeNameText().toLowerCase();
  }

  /** `(a, b, c)`: names in parentheses, at least one. */
  takeNameList(): Name[] {
    this.expectChar(char.open);
    const names = [this.takeName()];
    while (this.takeChar(char.comma)) names.push(this.takeName());
    this.expectChar(char.close);
    return names;
  }

  /** Whether only blanks (not even comments) stand between two positions. */
  isBlank(from: number, to: number): boolean {
    const { bits } = this.mode.table;
    for (let at = from; at < to; at++) if ((bits[this.text[at]!]! & byteBit.blank) === 0) return false;
    return true;
  }

  /** Lower-case text of a span: for numbers and words. */
  sliceLower(start: number, end: number): string {
    return this.text.toString('latin1', start, end).toLowerCase();
  }
}
