/**
 * Bytes to tokens, exactly where MySQL's own lexer puts the borders. The current token is in the lexer's
 * fields, so that no object is made per token. Nothing throws: what MySQL would not accept is an error token,
 * and the lexer goes on behind it. A border in another place than MySQL's would be a hole through which one
 * statement hides in another, so doubtful text is an error, never a guess.
 */
import { byteBit, byteClass, type MultibyteLength } from './charset-tables.ts';
import type { LexMode } from './lex-mode.ts';
import { findWord, wordId } from './words.ts';

const tokenKinds = {
  end: 0,
  error: 1,
  /** An unquoted name or keyword; `word` is its id, 0 for other names and for names behind a dot. */
  word: 2,
  quotedName: 3,
  integer: 4,
  decimal: 5,
  float: 6,
  /** `0x1f`, `x'1f'`. */
  hex: 7,
  /** `0b01`, `b'01'`. */
  bit: 8,
  string: 9,
  /** `N'text'`. */
  nationalString: 10,
  /** `@x`, `@'x'`, also the host part of an account name. */
  userVariable: 11,
  /** `@@x`: the first word with its `@@`; a scope's `.name` follows as tokens of its own. */
  systemVariable: 12,
  /** An optimizer hint where MySQL looks for it: behind SELECT, INSERT, REPLACE, UPDATE, DELETE. */
  hint: 13,
  /** `:=` */
  assign: 14,
  /** `$$text$$`, `$tag$text$tag$`. */
  dollarString: 15,
  /** `->` */
  jsonExtract: 16,
  /** `->>` */
  jsonUnquote: 17,
  lessOrEqual: 18,
  greaterOrEqual: 19,
  notEqual: 20,
  /** `<=>` */
  nullSafeEqual: 21,
  shiftLeft: 22,
  shiftRight: 23,
  /** `&&` */
  andAnd: 24,
  /** `||`: OR, or concatenation under PIPES_AS_CONCAT. */
  orOr: 25,
};

/** Kinds of tokens; a single character that is none of these is its own code (`(` is 0x28). */
export const token: Readonly<typeof tokenKinds> = tokenKinds;

const NEWLINE = 0x0a;
const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const BACKTICK = 0x60;
const BACKSLASH = 0x5c;
const STAR = 0x2a;
const SLASH = 0x2f;
const DOT = 0x2e;
const DOLLAR = 0x24;
const EXCLAMATION = 0x21;
const PLUS = 0x2b;
const MINUS = 0x2d;
const EQUAL = 0x3d;
const LESS = 0x3c;
const GREATER = 0x3e;

const isHintVerb = new Uint8Array(65_536);
for (const verb of ['select', 'insert', 'replace', 'update', 'delete']) isHintVerb[wordId(verb)] = 1;

const EMPTY = Buffer.alloc(0);

export class Lexer {
  /** A value of `token`, or a character's code. */
  kind = 0;
  start = 0;
  end = 0;
  /** The id of the word (see words.ts) when `kind` is `word` or `systemVariable`, else 0. */
  word = 0;

  text: Buffer = EMPTY;
  #length = 0;
  #classes: Uint8Array;
  #bits: Uint8Array;
  #multibyteLength: MultibyteLength | undefined;
  #mode: LexMode;
  #inVersionComment = false;
  #hasVersionComment = false;
  #hasVersionNumber = false;
  /** The dot that follows and the name behind it belong to the name just read. */
  #dotNext = false;
  #nameNext = false;
  #hintNext = false;

  constructor(text: Buffer, start: number, mode: LexMode) {
    this.#mode = mode;
    this.#classes = mode.table.classes;
    this.#bits = mode.table.bits;
    this.reset(text, start, mode);
  }

  /** Begins at `start` of another text; the first token comes with `next`. */
  reset(text: Buffer, start: number, mode: LexMode): void {
    this.text = text;
    this.#length = text.length;
    this.#mode = mode;
    this.#classes = mode.table.classes;
    this.#bits = mode.table.bits;
    this.#multibyteLength = mode.table.multibyteLength;
    this.kind = token.end;
    this.start = start;
    this.end = start;
    this.word = 0;
    this.#inVersionComment = false;
    this.#hasVersionComment = false;
    this.#hasVersionNumber = false;
    this.#dotNext = false;
    this.#nameNext = false;
    this.#hintNext = false;
  }

  /** True between the parts of a version comment whose content is code. */
  get inVersionComment(): boolean {
    return this.#inVersionComment;
  }

  /** True once a version comment was met whose content is code. */
  get hasVersionComment(): boolean {
    return this.#hasVersionComment;
  }

  /** True once a comment was met that is code for some servers only. */
  get hasVersionNumber(): boolean {
    return this.#hasVersionNumber;
  }

  /** Reads the next token and returns its kind. At the end of the text it is `token.end`, again and again. */
  next(): number {
    this.word = 0;
    if (this.#dotNext) return this.#takeDot(this.end);
    if (this.#nameNext) {
      this.#nameNext = false;
      this.start = this.end;
      return this.#finishName(this.end, false);
    }
    const { text } = this;
    const length = this.#length;
    const classes = this.#classes;
    let at = this.end;
    for (;;) {
      if (at >= length) return this.#takeEnd();
      const byte = text[at]!;
      switch (classes[byte]) {
        case byteClass.blank:
          at++;
          continue;
        case byteClass.letter:
          this.start = at;
          return this.#takeName(at);
        case byteClass.hash:
          at = this.#lineCommentEnd(at);
          this.#hintNext = false;
          continue;
        case byteClass.minus:
          if (!this.#isDashComment(at)) return this.#takeMinus(at);
          at = this.#lineCommentEnd(at);
          this.#hintNext = false;
          continue;
        case byteClass.slash: {
          const behind = this.#skipComment(at);
          if (behind < 0) return this.kind;
          at = behind;
          continue;
        }
        case byteClass.star:
          if (this.#inVersionComment && text[at + 1] === SLASH) {
            this.#inVersionComment = false;
            this.#hintNext = false;
            at += 2;
            continue;
          }
          return this.#take(byte, at, at + 1);
        case byteClass.other:
          return this.#take(byte, at, at + 1);
        default:
          this.start = at;
          this.#hintNext = false;
          return this.#takeSpecial(classes[byte]!, byte, at);
      }
    }
  }

  #take(kind: number, start: number, end: number): number {
    this.#hintNext = false;
    this.start = start;
    this.end = end;
    this.kind = kind;
    return kind;
  }

  #takeEnd(): number {
    // A version comment without its end is a syntax error; it is told once, then the end follows.
    const open = this.#inVersionComment;
    this.#inVersionComment = false;
    return this.#take(open ? token.error : token.end, this.#length, this.#length);
  }

  #takeSpecial(kind: number, byte: number, at: number): number {
    switch (kind) {
      case byteClass.digit:
        return this.#takeNumberOrName(at);
      case byteClass.quote:
        return this.#takeString(token.string, at, at + 1, QUOTE);
      case byteClass.doubleQuote:
        return this.#mode.ansiQuotes
          ? this.#takeQuotedName(at, DOUBLE_QUOTE)
          : this.#takeString(token.string, at, at + 1, DOUBLE_QUOTE);
      case byteClass.backtick:
        return this.#takeQuotedName(at, BACKTICK);
      case byteClass.dot:
        return this.#isDigit(at + 1) ? this.#takeReal(at, at + 1) : this.#takeDot(at);
      case byteClass.at:
        return this.#takeVariable(at);
      case byteClass.colon:
        return this.text[at + 1] === EQUAL
          ? this.#take(token.assign, at, at + 2)
          : this.#take(byte, at, at + 1);
      case byteClass.compare:
      case byteClass.less:
        return this.#takeComparison(byte, at);
      case byteClass.andOr:
        if (this.text[at + 1] !== byte) return this.#take(byte, at, at + 1);
        return this.#take(byte === 0x26 ? token.andAnd : token.orOr, at, at + 2);
      case byteClass.dollar:
        return this.#takeDollar(at);
      case byteClass.letterX:
        return this.text[at + 1] === QUOTE ? this.#takeHexString(at) : this.#takeName(at);
      case byteClass.letterB:
        return this.text[at + 1] === QUOTE ? this.#takeBitString(at) : this.#takeName(at);
      case byteClass.letterN:
        return this.text[at + 1] === QUOTE
          ? this.#takeString(token.nationalString, at, at + 2, QUOTE)
          : this.#takeName(at);
      case byteClass.question:
        // MySQL takes no marker directly before a name.
        return this.#take(this.#isName(at + 1) ? token.error : byte, at, at + 1);
      default:
        return this.#take(token.error, at, at + 1);
    }
  }

  #isDigit(at: number): boolean {
    return at < this.#length && (this.#bits[this.text[at]!]! & byteBit.digit) !== 0;
  }

  #isName(at: number): boolean {
    return at < this.#length && (this.#bits[this.text[at]!]! & byteBit.name) !== 0;
  }

  /** End of the run of bytes that may stand in a name; `at` may be its end already. */
  #nameEnd(from: number): number {
    const { text } = this;
    const length = this.#length;
    const bits = this.#bits;
    const multibyteLength = this.#multibyteLength;
    let at = from;
    if (multibyteLength === undefined) {
      while (at < length && (bits[text[at]!]! & byteBit.name) !== 0) at++;
      return at;
    }
    while (at < length && (bits[text[at]!]! & byteBit.name) !== 0) {
      at += text[at]! < 0x80 ? 1 : multibyteLength(text, at, length) || 1;
    }
    return at;
  }

  /** A name or keyword from its first byte. */
  #takeName(at: number): number {
    this.start = at;
    return this.#finishName(at, true);
  }

  /** Reads a name to its end; `asKeyword` unless it stands behind a dot or begins with a digit. */
  #finishName(from: number, asKeyword: boolean): number {
    const end = this.#nameEnd(from);
    this.kind = token.word;
    this.end = end;
    this.#hintNext = false;
    if (this.text[end] === DOT && this.#isName(end + 1)) {
      this.#dotNext = true;
      return token.word;
    }
    if (asKeyword) {
      const word = findWord(this.text, this.start, end);
      this.word = word;
      if (isHintVerb[word] === 1) this.#hintNext = true;
    }
    return token.word;
  }

  #takeDot(at: number): number {
    this.#dotNext = false;
    this.#nameNext = this.#isName(at + 1);
    return this.#take(DOT, at, at + 1);
  }

  #takeNumberOrName(at: number): number {
    const { text } = this;
    if (text[at] === 0x30 && (text[at + 1] === 0x78 || text[at + 1] === 0x62)) {
      const isHex = text[at + 1] === 0x78;
      let end = at + 2;
      while (end < this.#length && (isHex ? this.#isHexDigit(end) : (text[end]! & 0xfe) === 0x30)) end++;
      if (end > at + 2 && !this.#isName(end)) return this.#take(isHex ? token.hex : token.bit, at, end);
      return this.#finishName(end, false);
    }
    let end = at + 1;
    while (this.#isDigit(end)) end++;
    if (!this.#isName(end)) {
      return text[end] === DOT ? this.#takeReal(at, end + 1) : this.#take(token.integer, at, end);
    }
    if ((text[end]! | 0x20) === 0x65) {
      const sign = text[end + 1] === PLUS || text[end + 1] === MINUS ? 1 : 0;
      if (this.#isDigit(end + 1 + sign)) return this.#take(token.float, at, this.#digitsEnd(end + 1 + sign));
    }
    return this.#finishName(end, false);
  }

  #isHexDigit(at: number): boolean {
    return at < this.#length && (this.#bits[this.text[at]!]! & byteBit.hexDigit) !== 0;
  }

  #digitsEnd(from: number): number {
    let at = from;
    while (this.#isDigit(at)) at++;
    return at;
  }

  /** A number from behind its decimal point. */
  #takeReal(start: number, from: number): number {
    const end = this.#digitsEnd(from);
    if (((this.text[end] ?? 0) | 0x20) !== 0x65) return this.#take(token.decimal, start, end);
    const sign = this.text[end + 1] === PLUS || this.text[end + 1] === MINUS ? 1 : 0;
    if (!this.#isDigit(end + 1 + sign)) return this.#take(token.error, start, end + 1);
    return this.#take(token.float, start, this.#digitsEnd(end + 1 + sign));
  }

  #takeString(kind: number, start: number, from: number, quote: number): number {
    const { text } = this;
    const length = this.#length;
    const multibyteLength = this.#multibyteLength;
    const backslash = this.#mode.noBackslashEscapes ? -1 : BACKSLASH;
    let at = from;
    while (at < length) {
      const byte = text[at]!;
      if (byte === quote) {
        if (text[at + 1] !== quote) return this.#take(kind, start, at + 1);
        at += 2;
      } else if (byte === backslash) {
        at += 2;
      } else if (byte >= 0x80 && multibyteLength !== undefined) {
        at += multibyteLength(text, at, length) || 1;
      } else {
        at++;
      }
    }
    return this.#take(token.error, start, length);
  }

  #takeQuotedName(start: number, quote: number): number {
    const { text } = this;
    const length = this.#length;
    const multibyteLength = this.#multibyteLength;
    let at = start + 1;
    while (at < length) {
      const byte = text[at]!;
      if (byte === quote) {
        if (text[at + 1] !== quote) return this.#take(token.quotedName, start, at + 1);
        at += 2;
      } else if (byte === 0) {
        break;
      } else if (byte >= 0x80 && multibyteLength !== undefined) {
        at += multibyteLength(text, at, length) || 1;
      } else {
        at++;
      }
    }
    return this.#take(token.error, start, at);
  }

  #takeVariable(at: number): number {
    const { text } = this;
    switch (text[at + 1]) {
      case QUOTE:
      case DOUBLE_QUOTE:
      case BACKTICK: {
        const quote = text[at + 1]!;
        const isName = quote === BACKTICK || (quote === DOUBLE_QUOTE && this.#mode.ansiQuotes);
        const kind = isName
          ? this.#takeQuotedName(at + 1, quote)
          : this.#takeString(token.string, at + 1, at + 2, quote);
        return this.#take(kind === token.error ? token.error : token.userVariable, at, this.end);
      }
      case 0x40:
        return this.#takeSystemVariable(at);
      default: {
        let end = at + 1;
        while (end < this.#length && (this.#bits[text[end]!]! & byteBit.variable) !== 0) end++;
        return this.#take(token.userVariable, at, end);
      }
    }
  }

  #takeSystemVariable(at: number): number {
    const { text } = this;
    if (text[at + 2] === BACKTICK) {
      const kind = this.#takeQuotedName(at + 2, BACKTICK);
      return this.#take(kind === token.error ? kind : token.systemVariable, at, this.end);
    }
    let end = at + 2;
    // MySQL looks at single bytes here, whatever the character set.
    while (this.#isName(end)) end++;
    if (end === at + 2) return this.#take(token.error, at, end);
    this.#take(token.systemVariable, at, end);
    this.word = findWord(text, at + 2, end);
    if (text[end] === DOT) this.#dotNext = true;
    return token.systemVariable;
  }

  /** Bytes that look like an operator but are none are swallowed behind its first character, as MySQL does. */
  #takeComparison(byte: number, at: number): number {
    const { text } = this;
    let end = at + 1;
    if (this.#isComparison(text[end])) {
      end++;
      if (byte === LESS && text[end] !== LESS && this.#isComparison(text[end])) end++;
    }
    return this.#take(end === at + 1 ? byte : comparisonKind(text, at, end), at, end);
  }

  #isComparison(byte: number | undefined): boolean {
    return byte === LESS || byte === EQUAL || byte === GREATER || byte === EXCLAMATION;
  }

  #takeMinus(at: number): number {
    if (this.text[at + 1] !== GREATER) return this.#take(MINUS, at, at + 1);
    return this.text[at + 2] === GREATER
      ? this.#take(token.jsonUnquote, at, at + 3)
      : this.#take(token.jsonExtract, at, at + 2);
  }

  #takeHexString(at: number): number {
    let end = at + 2;
    while (this.#isHexDigit(end)) end++;
    const isWhole = this.text[end] === QUOTE && (end - at) % 2 === 0;
    return this.#take(isWhole ? token.hex : token.error, at, isWhole ? end + 1 : end);
  }

  #takeBitString(at: number): number {
    let end = at + 2;
    while (this.text[end] === 0x30 || this.text[end] === 0x31) end++;
    const isWhole = this.text[end] === QUOTE;
    return this.#take(isWhole ? token.bit : token.error, at, isWhole ? end + 1 : end);
  }

  /** `$tag$ … $tag$` is a string; another `$` begins a name. */
  #takeDollar(at: number): number {
    const { text } = this;
    const length = this.#length;
    let tagEnd = at + 1;
    while (tagEnd < length && text[tagEnd] !== DOLLAR && this.#isName(tagEnd)) {
      tagEnd += this.#multibyteLength?.(text, tagEnd, length) || 1;
    }
    if (text[tagEnd] !== DOLLAR) return this.#takeName(at);
    const close = text.indexOf(text.subarray(at, tagEnd + 1), tagEnd + 1);
    return close < 0
      ? this.#take(token.error, at, length)
      : this.#take(token.dollarString, at, close + tagEnd + 1 - at);
  }

  #isDashComment(at: number): boolean {
    if (this.text[at + 1] !== MINUS) return false;
    return at + 2 >= this.#length || (this.#bits[this.text[at + 2]!]! & byteBit.commentBlank) !== 0;
  }

  /** A line comment ends before its newline; a NUL ends it too. */
  #lineCommentEnd(from: number): number {
    const { text } = this;
    let at = from;
    while (at < this.#length && text[at] !== NEWLINE && text[at] !== 0) at++;
    return at;
  }

  /** Behind the comment at a `/`, or -1 when there is a token instead (its kind is set). */
  #skipComment(at: number): number {
    const { text } = this;
    if (text[at + 1] !== STAR) {
      this.#take(SLASH, at, at + 1);
      return -1;
    }
    if (text[at + 2] === PLUS && this.#hintNext) {
      this.#takeHint(at);
      return -1;
    }
    this.#hintNext = false;
    let end: number;
    if (text[at + 2] === EXCLAMATION) {
      const code = this.#versionedCodeStart(at + 3);
      if (code >= 0) {
        this.#inVersionComment = true;
        this.#hasVersionComment = true;
        return code;
      }
      end = this.#nestedCommentEnd(at + 3);
    } else {
      end = text.indexOf('*/', at + 2, 'latin1');
    }
    if (end >= 0) return end + 2;
    this.#take(token.error, at, this.#length);
    return -1;
  }

  /** Where the code of a version comment begins, or -1 if it is for a later server. */
  #versionedCodeStart(at: number): number {
    for (let i = 0; i < 5; i++) if (!this.#isDigit(at + i)) return at;
    this.#hasVersionNumber = true;
    const blankAt = at + 6;
    const isLong =
      this.#isDigit(at + 5) &&
      blankAt < this.#length &&
      (this.#bits[this.text[blankAt]!]! & byteBit.blank) !== 0;
    const end = at + (isLong ? 6 : 5);
    let version = 0;
    for (let i = at; i < end; i++) version = version * 10 + this.text[i]! - 0x30;
    return version <= this.#mode.serverVersion ? end : -1;
  }

  /** Position of the end mark of a comment in which comments of one level may stand, or -1. */
  #nestedCommentEnd(from: number): number {
    const { text } = this;
    let at = from;
    while (at < this.#length) {
      if (text[at] === STAR && text[at + 1] === SLASH) return at;
      if (text[at] === SLASH && text[at + 1] === STAR) {
        const close = text.indexOf('*/', at + 2, 'latin1');
        if (close < 0) return -1;
        at = close + 2;
      } else {
        at++;
      }
    }
    return -1;
  }

  /** A hint ends at the first end mark: MySQL allows none inside its quotes. */
  #takeHint(at: number): number {
    const close = this.text.indexOf('*/', at + 3, 'latin1');
    return close < 0 ? this.#take(token.error, at, this.#length) : this.#take(token.hint, at, close + 2);
  }
}

function comparisonKind(text: Buffer, at: number, end: number): number {
  const first = text[at]!;
  const second = text[at + 1]!;
  if (end === at + 3) {
    return second === EQUAL && text[at + 2] === GREATER && first === LESS ? token.nullSafeEqual : first;
  }
  if (first === LESS) {
    if (second === EQUAL) return token.lessOrEqual;
    if (second === GREATER) return token.notEqual;
    if (second === LESS) return token.shiftLeft;
  } else if (first === GREATER) {
    if (second === EQUAL) return token.greaterOrEqual;
    if (second === GREATER) return token.shiftRight;
  } else if (first === EXCLAMATION && second === EQUAL) {
    return token.notEqual;
  }
  return first;
}
