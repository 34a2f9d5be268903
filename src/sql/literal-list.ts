/**
 * Reads `(1, 2, 3)` and `(1, 'a'), (2, NULL)`, which become one place of the key whatever their length. Lists with
 * anything but literals in them are left to be read token by token.
 */
import type { FingerprintKey } from './fingerprint-key.ts';
import { gapMarks, MARKED_GAP_MIN } from './gap-comments.ts';
import type { LexMode } from './lex-mode.ts';
import { type Lexer, token } from './lexer.ts';
import { integerKind, kindBit, literalKind, NEGATIVE } from './literal-kind.ts';
import { LITERALS_MAX, type Literals, slotKind } from './literals-found.ts';
import { char } from './scan-state.ts';
import { wordId } from './words.ts';

const COLUMNS_MAX = 1024;
const LIST_MARKER = 0x0f;
const ROWS_MARKER = 0x10;

const NULL = wordId('null');
const TRUE = wordId('true');
const FALSE = wordId('false');
const DEFAULT = wordId('default');

export class ListReader {
  /** The slot's text. */
  slotStart = 0;
  slotEnd = 0;
  /** 0 for a list, else elements per row. */
  columns = 0;

  readonly #lexer: Lexer;
  readonly #literals: Literals;
  readonly #key: FingerprintKey;
  /** The kinds seen in each column, as bits; a list has one. */
  readonly #masks = new Int32Array(COLUMNS_MAX);
  #text: Buffer = Buffer.alloc(0);
  #end = 0;

  constructor(lexer: Lexer, literals: Literals, key: FingerprintKey) {
    this.#lexer = lexer;
    this.#literals = literals;
    this.#key = key;
  }

  /**
   * The lexer stands on a `(`: that of IN, or that of the first row of VALUES. On success it stands behind the last `)`
   * and the elements are noted; on failure nothing is noted, and the lexer stands anywhere.
   */
  read(text: Buffer, mode: LexMode, areRows: boolean): boolean {
    this.#text = text;
    this.columns = 0;
    const isRead = areRows ? this.#readValues(mode) : this.#readIn();
    if (isRead) return true;
    this.#literals.dropOpenElements();
    return false;
  }

  /** The slot's place in the key, and the slot. */
  addToKey(): void {
    const { columns } = this;
    const key = this.#key;
    key.add(columns === 0 ? LIST_MARKER : ROWS_MARKER);
    if (columns > 0) {
      key.add(columns & 0xff);
      key.add(columns >>> 8);
    }
    for (let i = 0; i < Math.max(columns, 1); i++) key.addThree(this.#masks[i]!);
    const kind = columns === 0 ? slotKind.list : slotKind.rows;
    this.#literals.addSlot(kind, this.slotStart, this.slotEnd, columns);
  }

  #readIn(): boolean {
    const lexer = this.#lexer;
    this.slotStart = lexer.end;
    this.#end = lexer.end;
    this.#masks[0] = 0;
    if (this.#next() !== char.open) {
      if (this.#readElements(lexer.kind, true, false) < 0) return false;
      this.slotEnd = lexer.start;
      return true;
    }
    for (;;) {
      if (!this.#readRow(false)) return false;
      const kind = this.#next();
      if (kind === char.close) break;
      if (kind !== char.comma || this.#next() !== char.open) return false;
    }
    this.slotEnd = lexer.start;
    return true;
  }

  #readValues(mode: LexMode): boolean {
    const lexer = this.#lexer;
    this.slotStart = lexer.start;
    this.#end = lexer.end;
    for (;;) {
      if (!this.#readRow(true)) return false;
      const { end } = lexer;
      this.slotEnd = end;
      if (this.#next() !== char.comma) {
        lexer.reset(this.#text, end, mode);
        return true;
      }
      if (this.#next() !== char.open) return false;
    }
  }

  /** A row from its `(` on; all have as many elements as the first. */
  #readRow(mayDefault: boolean): boolean {
    const isFirst = this.columns === 0;
    const count = this.#readElements(this.#next(), false, mayDefault);
    if (count < 0) return false;
    if (isFirst) this.columns = count;
    return count === this.columns;
  }

  /** Elements from a token on, up to the `)`; their number, or -1. */
  #readElements(first: number, isList: boolean, mayDefault: boolean): number {
    const masks = this.#masks;
    const isFirstRow = this.columns === 0;
    let count = 0;
    let kind = first;
    for (;;) {
      const bit = this.#readElement(kind, mayDefault);
      if (bit === 0 || (!isList && count === COLUMNS_MAX)) return -1;
      const column = isList ? 0 : count;
      if (isFirstRow && !isList) masks[column] = bit;
      else masks[column]! |= bit;
      count++;
      kind = this.#next();
      if (kind === char.close) return count;
      if (kind !== char.comma) return -1;
      kind = this.#next();
    }
  }

  /** Notes the element that begins with the token; its bit, or 0 where it is none. */
  #readElement(kind: number, mayDefault: boolean): number {
    const lexer = this.#lexer;
    const { start } = lexer;
    let sign = 0;
    let found: number;
    if (kind === char.minus) {
      const { end } = lexer;
      found = this.#numberKind(this.#next());
      sign = NEGATIVE;
      if (lexer.start !== end) return 0;
    } else {
      found = this.#numberKind(kind) || this.#otherKind(kind, mayDefault);
    }
    if (found === 0 || this.#literals.literalCount > LITERALS_MAX) return 0;
    this.#literals.addElement(found | sign, start, lexer.end);
    return kindBit(found | sign);
  }

  #numberKind(kind: number): number {
    switch (kind) {
      case token.integer:
        return integerKind(this.#text, this.#lexer.start, this.#lexer.end);
      case token.decimal:
        return literalKind.decimal;
      case token.float:
        return literalKind.float;
      default:
        return 0;
    }
  }

  #otherKind(kind: number, mayDefault: boolean): number {
    switch (kind) {
      case token.string:
        return literalKind.string;
      case token.nationalString:
        return literalKind.nationalString;
      case token.hex:
        return literalKind.hex;
      case token.bit:
        return literalKind.bit;
      case token.word:
        return this.#wordKind(mayDefault);
      default:
        return 0;
    }
  }

  #wordKind(mayDefault: boolean): number {
    switch (this.#lexer.word) {
      case 0:
        return 0;
      case NULL:
        return literalKind.null;
      case TRUE:
        return literalKind.true;
      case FALSE:
        return literalKind.false;
      case DEFAULT:
        return mayDefault ? literalKind.default : 0;
      default:
        return 0;
    }
  }

  /** The next token's kind, or an error where the comments before it are more than comments. */
  #next(): number {
    const lexer = this.#lexer;
    const kind = lexer.next();
    const { start } = lexer;
    const isPlain = start - this.#end < MARKED_GAP_MIN || gapMarks(this.#text, this.#end, start) === 0;
    this.#end = lexer.end;
    return isPlain ? kind : token.error;
  }
}
