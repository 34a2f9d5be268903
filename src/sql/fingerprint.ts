/**
 * One pass over a statement: the key that it shares with all statements of the same shape, and where the literals are
 * that differ between them. A plan made for one text serves every text with the same key, so the key keeps whatever
 * could change a plan or a column title; in doubt a literal stays in it, since a plan made twice costs microseconds and
 * a wrong one costs the answer.
 *
 * In the key each literal is one byte that no statement can contain outside quotes (its kind); a list is such a byte and the
 * kinds of its elements. Runs of blanks and comments become one blank, except in select lists, whose exact bytes
 * are titles. Token borders are the lexer's. Nothing is allocated; all fields are those of the statement read last.
 */
import { byteBit } from './charset-tables.ts';
import { FingerprintKey } from './fingerprint-key.ts';
import {
  comparesInHaving,
  groupsInHaving,
  isInsertVerb,
  isShared,
  keepsArguments,
  keepsNext,
  wordRole,
  wordRoles,
} from './fingerprint-words.ts';
import { gapMark, gapMarks, MARKED_GAP_MIN } from './gap-comments.ts';
import { type LexMode, lexModeOf } from './lex-mode.ts';
import { Lexer, token } from './lexer.ts';
import { integerKind, literalKind } from './literal-kind.ts';
import { ListReader } from './literal-list.ts';
import { LITERALS_MAX, Literals } from './literals-found.ts';
import { char } from './scan-state.ts';
import { wordId } from './words.ts';

const FROM = wordId('from');
const IN = wordId('in');
const VALUES = wordId('values');
const VALUE = wordId('value');

const SPACE = 0x20;
const QUESTION = 0x3f;
const UNDERSCORE = 0x5f;
const EQUAL = 0x3d;
const LESS = 0x3c;
const GREATER = 0x3e;

/** Bits of a level of parentheses. */
const EXTRACTS = 1;
const HAVING = 2;
/** Literals stay, whatever words follow. */
const KEEPS = 4;

const DEPTH_MAX = 255;

const markers = new Uint8Array(16);
/** Bytes of the key for each kind: below 0x20 and no blanks, which no lexer takes outside quotes and comments. */
for (const kind of Object.values(literalKind)) markers[kind] = kind < 9 ? kind : 0x0e;

const scalarKinds = new Uint8Array(32);
scalarKinds[token.integer] = literalKind.integer;
scalarKinds[token.decimal] = literalKind.decimal;
scalarKinds[token.float] = literalKind.float;
scalarKinds[token.hex] = literalKind.hex;
scalarKinds[token.bit] = literalKind.bit;
scalarKinds[token.string] = literalKind.string;
scalarKinds[token.nationalString] = literalKind.nationalString;

/** What reading came to. */
const outcome = { done: 1, keepAll: 2, refused: 3, listRead: 4 } as const;

export class Fingerprint {
  readonly key = new FingerprintKey();
  readonly literals = new Literals();

  /** As in `StatementScan`: where the statement begins and ends, and the next one, or -1. */
  start = 0;
  end = 0;
  next = -1;
  /** Markers `?`. */
  parameterCount = 0;
  hasUserVariable = false;
  hasSystemVariable = false;
  /** A comment that is a directive; it is in the key. */
  hasDirective = false;
  /** A hint where MySQL reads it; it is in the key. */
  hasHint = false;

  readonly #lexer: Lexer;
  readonly #lists: ListReader;
  readonly #levels = new Uint8Array(DEPTH_MAX + 1);
  #text: Buffer = Buffer.alloc(0);
  #mode: LexMode;
  #depth = 0;
  /** Depth of the select list being read, else -1. */
  #selectDepth = -1;
  #verb = 0;
  /** An INSERT whose values have not begun. */
  #insertHead = false;
  /** The token before. */
  #kind = 0;
  #word = 0;
  #tokenStart = 0;
  #tokenEnd = 0;

  constructor() {
    this.#mode = lexModeOf('', 'utf8mb4', 0, false);
    this.#lexer = new Lexer(this.#text, 0, this.#mode);
    this.#lists = new ListReader(this.#lexer, this.literals, this.key);
  }

  /**
   * Reads the statement at `from`. False where it has no key: the lexer doubts the text, it is too long, or its end is
   * not certain; then no field means anything.
   */
  read(text: Buffer, from: number, mode: LexMode): boolean {
    this.#text = text;
    this.#mode = mode;
    const { bits } = mode.table;
    let start = from;
    while (start < text.length && (bits[text[start]!]! & byteBit.blank) !== 0) start++;
    this.start = start;
    if (start === text.length) return false;
    this.#reset();
    let result = this.#readShared();
    if (result === outcome.keepAll) {
      this.#reset();
      result = this.#readKept();
    }
    if (result !== outcome.done || !this.key.isWhole) return false;
    this.key.finish();
    return true;
  }

  #reset(): void {
    this.#lexer.reset(this.#text, this.start, this.#mode);
    this.literals.reset();
    this.key.reset();
    this.parameterCount = 0;
    this.hasUserVariable = false;
    this.hasSystemVariable = false;
    this.hasDirective = false;
    this.hasHint = false;
    this.#depth = 0;
    this.#levels[0] = 0;
    this.#selectDepth = -1;
    this.#verb = 0;
    this.#insertHead = false;
    this.#kind = 0;
    this.#word = 0;
    this.#tokenEnd = this.start;
  }

  /** Reads a statement and takes its literals out. */
  #readShared(): number {
    const lexer = this.#lexer;
    const text = this.#text;
    for (;;) {
      const kind = lexer.next();
      const { start } = lexer;
      const gap = start - this.#tokenEnd;
      if (gap >= MARKED_GAP_MIN && this.#hasCode(this.#tokenEnd, start)) return outcome.keepAll;
      if (kind === token.end) return this.#finishShared(text.length, -1);
      if (kind === char.semicolon) return this.#endAtSemicolon(start, true);
      if (this.#verb === 0 && kind !== char.open && !this.#takeVerb(kind)) return outcome.keepAll;
      if (this.#kind === 0) this.key.begin(this.hasDirective ? this.start : start);
      else if (gap !== 0 && this.#selectDepth < 0) this.#takeGap(start, gap);
      const result = this.#take(kind);
      if (result !== 0 && result !== outcome.listRead) return result;
      if (!this.key.isWhole) return outcome.refused;
      this.#kind = result === 0 ? kind : char.close;
      this.#word = lexer.word;
      this.#tokenStart = start;
      this.#tokenEnd = lexer.end;
    }
  }

  /** Reads a statement whose key is its text. */
  #readKept(): number {
    const lexer = this.#lexer;
    for (;;) {
      const kind = lexer.next();
      if (kind === token.end) return this.#finishKept(this.#text.length);
      if (lexer.start - this.#tokenEnd >= MARKED_GAP_MIN) this.#hasCode(this.#tokenEnd, lexer.start);
      if (kind === char.semicolon) return this.#endAtSemicolon(lexer.start, false);
      if (this.#verb === 0 && kind !== char.open) this.#takeVerb(kind);
      const result = this.#takeAnywhere(kind);
      if (result !== 0) return result;
      this.#kind = kind;
      this.#tokenEnd = lexer.end;
    }
  }

  #takeVerb(kind: number): boolean {
    const id = kind === token.word ? this.#lexer.word : 0;
    this.#verb = id === 0 ? -1 : id;
    if (id === 0 || isShared[id] === 0) return false;
    this.#insertHead = isInsertVerb[id] === 1;
    return true;
  }

  // --- the end ---

  /** A `;` that MySQL might see as part of the text before it is no end to rely on. */
  #endAtSemicolon(at: number, isExtracted: boolean): number {
    const hasNoBody = this.#verb > 0 && isShared[this.#verb] === 1;
    if (!hasNoBody || this.#lexer.inVersionComment || this.#kind === char.minus) return outcome.refused;
    const { bits } = this.#mode.table;
    const text = this.#text;
    let behind = at + 1;
    while (
      behind < text.length &&
      (text[behind] === char.semicolon || (bits[text[behind]!]! & byteBit.blank) !== 0)
    ) {
      behind++;
    }
    const next = behind < text.length ? at + 1 : -1;
    return isExtracted ? this.#finishShared(at, next) : this.#finishKept(at, next);
  }

  #finishShared(at: number, next: number): number {
    this.#setEnd(at, next);
    const isTextKept = this.#selectDepth >= 0 || this.hasDirective;
    this.key.copyTo(this.#text, isTextKept ? this.end : this.#tokenEnd);
    return this.#kind === 0 || this.#kind === char.minus ? outcome.refused : outcome.done;
  }

  #finishKept(at: number, next = -1): number {
    this.#setEnd(at, next);
    this.key.begin(this.start);
    this.key.copyTo(this.#text, this.end);
    return this.#verb === 0 ? outcome.refused : outcome.done;
  }

  #setEnd(at: number, next: number): void {
    const { bits } = this.#mode.table;
    let end = at;
    while (end > this.start && (bits[this.#text[end - 1]!]! & byteBit.blank) !== 0) end--;
    this.end = end;
    this.next = next;
  }

  // --- between tokens ---

  /** Whether the comments of a gap are code; notes directives. */
  #hasCode(from: number, to: number): boolean {
    const marks = gapMarks(this.#text, from, to);
    if ((marks & gapMark.directive) !== 0) this.hasDirective = true;
    return (marks & gapMark.code) !== 0;
  }

  #takeGap(start: number, gap: number): void {
    const from = this.#tokenEnd;
    if (gap === 1 && this.#text[from] === SPACE) return;
    if (gap >= 2) {
      // Which comment holds the directive does not matter: all of the gap stays.
      if (this.hasDirective && gap >= MARKED_GAP_MIN) return;
      // Under IGNORE_SPACE a name before blanks and `(` is a call, before a comment it is none.
      if (this.#lexer.kind === char.open && !this.#isBlank(from, start)) return;
      // A blank in place of the comment in `--/**/` would make a comment of both signs.
      if (this.#kind === char.minus) return;
    }
    this.key.copyTo(this.#text, from);
    this.key.add(SPACE);
    this.key.begin(start);
  }

  #isBlank(from: number, to: number): boolean {
    const { bits } = this.#mode.table;
    for (let at = from; at < to; at++) if ((bits[this.#text[at]!]! & byteBit.blank) === 0) return false;
    return true;
  }

  // --- tokens ---

  /** 0 to go on. */
  #take(kind: number): number {
    switch (kind) {
      case token.word:
        this.#takeWord(this.#lexer.word);
        return 0;
      case char.open:
        return this.#takeOpen();
      case char.close:
        return this.#takeClose();
      case token.integer:
      case token.decimal:
      case token.float:
      case token.hex:
      case token.bit:
      case token.string:
      case token.nationalString:
        return this.#takeLiteral(kind);
      default:
        return this.#takeAnywhere(kind);
    }
  }

  /** Tokens that mean the same in every place. */
  #takeAnywhere(kind: number): number {
    switch (kind) {
      case token.error:
        return outcome.refused;
      case token.userVariable:
        this.hasUserVariable = true;
        return 0;
      case token.systemVariable:
        this.hasSystemVariable = true;
        return 0;
      case token.hint:
        this.hasHint = true;
        return 0;
      case QUESTION:
        this.parameterCount++;
        return 0;
      default:
        return 0;
    }
  }

  #takeWord(id: number): void {
    if (id === 0) return;
    const depth = this.#depth;
    if (this.#selectDepth >= 0) {
      if (id !== FROM || depth !== this.#selectDepth) return;
      this.#selectDepth = -1;
    }
    const role = wordRoles[id]!;
    const level = this.#levels[depth]!;
    if (role === wordRole.none || (level & KEEPS) !== 0) return;
    this.#levels[depth] = this.#levelBehind(role, level);
  }

  #levelBehind(role: number, level: number): number {
    switch (role) {
      case wordRole.values:
        return EXTRACTS;
      case wordRole.having:
        return EXTRACTS | HAVING;
      case wordRole.limit:
        return this.#depth === 0 ? EXTRACTS : 0;
      case wordRole.set:
        if (this.#depth > 0) return level;
        this.#insertHead = false;
        return EXTRACTS;
      case wordRole.rows:
        if (this.#depth === 0 && (this.#insertHead || (level & EXTRACTS) !== 0)) {
          return isInsertVerb[this.#verb] === 1 ? EXTRACTS : 0;
        }
        return 0;
      case wordRole.row:
        // The word is VALUES only where `(` follows, which `#takeOpen` sees.
        return level;
      case wordRole.select:
        this.#insertHead = false;
        this.#selectDepth = this.#depth;
        return 0;
      default:
        return 0;
    }
  }

  #takeOpen(): number {
    const depth = this.#depth;
    if (depth === DEPTH_MAX) return outcome.refused;
    if (this.#selectDepth >= 0) {
      this.#depth = depth + 1;
      return 0;
    }
    const word = this.#kind === token.word ? this.#word : 0;
    let level = this.#levels[depth]!;
    if (this.#insertHead && depth === 0 && (word === VALUES || word === VALUE)) {
      this.#insertHead = false;
      level = EXTRACTS;
      this.#levels[0] = level;
      const result = this.#takeList(true);
      if (result >= 0) return result;
    } else if (word === IN && (level & EXTRACTS) !== 0) {
      const result = this.#takeList(false);
      if (result >= 0) return result;
    }
    const isCall = this.#kind === token.word || this.#kind === token.quotedName;
    if (keepsArguments[word] === 1 || ((level & HAVING) !== 0 && isCall && groupsInHaving[word] === 0)) {
      level = KEEPS;
    }
    this.#depth = depth + 1;
    this.#levels[depth + 1] = level;
    return 0;
  }

  /** Reads a list or rows of nothing but literals; -1 where there is something else, and nothing has been read then. */
  #takeList(areRows: boolean): number {
    const lists = this.#lists;
    const { start, end } = this.#lexer;
    if (!lists.read(this.#text, this.#mode, areRows)) {
      this.#lexer.reset(this.#text, start, this.#mode);
      this.#lexer.next();
      return -1;
    }
    if (this.literals.literalCount > LITERALS_MAX) return outcome.refused;
    const { key } = this;
    // Behind IN the parentheses of a list stand in the key; rows are one slot with theirs.
    key.copyTo(this.#text, areRows ? start : end);
    lists.addToKey();
    key.begin(lists.slotEnd);
    return outcome.listRead;
  }

  #takeClose(): number {
    if (this.#depth === 0) return outcome.refused;
    this.#depth--;
    if (this.#depth < this.#selectDepth) this.#selectDepth = -1;
    return 0;
  }

  #takeLiteral(kind: number): number {
    if (this.#selectDepth >= 0) return 0;
    const level = this.#levels[this.#depth]!;
    if ((level & EXTRACTS) === 0) return 0;
    const isText = kind === token.string || kind === token.nationalString;
    const isBehindText = this.#kind === token.string || this.#kind === token.nationalString;
    // 'a' 'b' is one literal.
    if (isText && isBehindText) return outcome.keepAll;
    if (this.#keepsThis(level)) return 0;
    let found = scalarKinds[kind]!;
    const { start, end } = this.#lexer;
    if (kind === token.integer) found = integerKind(this.#text, start, end);
    if (this.#kind === token.word && this.#text[this.#tokenStart] === UNDERSCORE) {
      if (kind !== token.string) return 0;
      found = literalKind.introducedString;
    }
    const { key } = this;
    key.copyTo(this.#text, start);
    key.add(markers[found]!);
    key.begin(end);
    this.literals.addScalar(found, start, end);
    return this.literals.literalCount > LITERALS_MAX ? outcome.refused : 0;
  }

  /** Whether the token before says that a literal shapes something. */
  #keepsThis(level: number): boolean {
    const kind = this.#kind;
    const word = kind === token.word ? this.#word : 0;
    if (keepsNext[word] === 1 || kind === token.jsonExtract || kind === token.jsonUnquote) return true;
    if ((level & HAVING) === 0) return false;
    switch (kind) {
      case EQUAL:
      case LESS:
      case GREATER:
      case token.lessOrEqual:
      case token.greaterOrEqual:
      case token.notEqual:
      case token.nullSafeEqual:
        return false;
      default:
        return comparesInHaving[word] === 0;
    }
  }
}
