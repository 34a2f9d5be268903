/**
 * Finds the rows in a file for LOAD DATA, and the values of some of their fields, byte for byte as MySQL would (READ_INFO in its
 * sql_load.cc): where a row ends depends on how many fields it should have, on enclosing and on escaping. A row that is sent on as it
 * came is read by a shard just so, since each begins in the same state.
 */

/** FIELDS and LINES of the statement, in full, and how the file's characters are cut. */
export type RowFormat = Readonly<{
  /** Not empty. */
  fieldEnd: Buffer;
  /** Empty: a row ends with its last field. */
  lineEnd: Buffer;
  lineStart: Buffer;
  /** A byte; -1 for none. */
  quote: number;
  escapeByte: number;
  charset: 'single' | 'utf8mb3' | 'utf8mb4';
}>;

/** One value: the bytes without quotes and escapes. */
export type FieldValue = Readonly<{ bytes: Buffer; isNull: boolean }>;

/** More bytes are needed. */
export const MORE = -1;
/** The file has ended. */
export const END = -2;
/** MySQL will refuse the file here: a byte that begins no character. */
export const BROKEN = -3;

const EOF = -1;
const SCRATCH_BYTES = 256;
const NULL_WORD = Buffer.from('NULL');

export class RowSplitter {
  /** The wanted fields of the row found last; undefined for one that the row does not have. */
  readonly fields: (FieldValue | undefined)[];
  /** Where the row's first field begins: behind the line's start. */
  contentStart = 0;
  readonly #format: RowFormat;
  readonly #fieldCount: number;
  /** By field: its place among the wanted ones, -1 for the others. */
  readonly #places: Int32Array;
  readonly #lineByte: number;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #scratch = Buffer.allocUnsafe(SCRATCH_BYTES);
  #length = 0;
  #isEnclosed = false;
  #foundNull = false;
  #lineEnded = false;
  #fileEnded = false;

  /** `wanted`: positions of the fields whose values are asked for. */
  constructor(format: RowFormat, fieldCount: number, wanted: readonly number[]) {
    this.#format = format;
    this.#fieldCount = fieldCount;
    this.#places = new Int32Array(fieldCount).fill(-1);
    for (const [place, position] of wanted.entries()) if (position >= 0) this.#places[position] = place;
    this.fields = wanted.map(() => undefined);
    this.#lineByte = format.lineEnd.length === 0 ? -2 : format.lineEnd[0]!;
  }

  /**
   * The end of the row that begins at `from`, or MORE, END, BROKEN. `atEnd`: no bytes follow those given. After MORE the row has to be
   * read again with more of it.
   */
  next(bytes: Buffer, from: number, atEnd: boolean): number {
    this.#begin(bytes, from);
    const { lineStart, lineEnd } = this.#format;
    if (lineStart.length > 0) {
      const found = bytes.indexOf(lineStart, from);
      if (found < 0) return atEnd ? END : MORE;
      this.#at = found + lineStart.length;
    }
    this.contentStart = this.#at;
    this.fields.fill(undefined);
    for (let field = 0; field < this.#fieldCount; field++) {
      if (this.#lineEnded) return this.#at;
      const place = this.#places[field]!;
      const read = this.#readField(atEnd, place >= 0);
      if (read === END && field > 0) return this.#at;
      if (read !== 0) return read;
      if (place >= 0) this.fields[place] = this.#value();
    }
    if (this.#lineEnded || lineEnd.length === 0) return this.#at;
    return this.#skipLine(atEnd);
  }

  /** As `next`, for a line that is left out (IGNORE n LINES), whatever is in it. There must be an end of lines. */
  skip(bytes: Buffer, from: number, atEnd: boolean): number {
    this.#begin(bytes, from);
    return this.#skipLine(atEnd);
  }

  /** The last row that was found ends with the file. */
  get fileEnded(): boolean {
    return this.#fileEnded;
  }

  #begin(bytes: Buffer, from: number): void {
    this.#bytes = bytes;
    this.#at = from;
    this.#lineEnded = false;
    this.#fileEnded = false;
  }

  #value(): FieldValue {
    const bytes = Buffer.from(this.#scratch.subarray(0, this.#length));
    const isWord = this.#format.quote >= 0 && !this.#isEnclosed && bytes.equals(NULL_WORD);
    return { bytes, isNull: isWord || (this.#foundNull && this.#length === 1) };
  }

  /** Up to behind the line's end. */
  #skipLine(atEnd: boolean): number {
    const bytes = this.#bytes;
    const { escapeByte } = this.#format;
    for (;;) {
      if (this.#at >= bytes.length) {
        if (!atEnd) return MORE;
        this.#fileEnded = true;
        return this.#at;
      }
      const byte = bytes[this.#at++]!;
      // MySQL takes as many bytes as the first one says, whatever they are, and looks at the last of them.
      const rest = Math.max(this.#characterBytes(byte), 1) - 1;
      if (this.#at + rest > bytes.length) {
        if (!atEnd) return MORE;
        this.#fileEnded = true;
        return bytes.length;
      }
      this.#at += rest;
      const last = rest === 0 ? byte : bytes[this.#at - 1]!;
      if (last === escapeByte) {
        if (rest > 0) continue;
        if (this.#at >= bytes.length && !atEnd) return MORE;
        this.#at = Math.min(this.#at + 1, bytes.length);
      } else if (last === this.#lineByte) {
        const matched = this.#matches(this.#format.lineEnd, atEnd);
        if (matched === MORE) return MORE;
        if (matched === 1) return this.#at;
      }
    }
  }

  /** Whether the rest of a terminator whose first byte was just read follows: 1 (then it is read, too), 0, or MORE. */
  #matches(terminator: Buffer, atEnd: boolean): number {
    const bytes = this.#bytes;
    for (let at = 1; at < terminator.length; at++) {
      const position = this.#at + at - 1;
      if (position >= bytes.length) return atEnd ? 0 : MORE;
      if (bytes[position] !== terminator[at]) return 0;
    }
    this.#at += terminator.length - 1;
    return 1;
  }

  #keep(byte: number): void {
    if (this.#length === this.#scratch.length)
      this.#scratch = Buffer.concat([this.#scratch, Buffer.allocUnsafe(this.#scratch.length)]);
    this.#scratch[this.#length++] = byte;
  }

  #endOfFile(): number {
    this.#isEnclosed = false;
    this.#lineEnded = true;
    this.#fileEnded = true;
    return 0;
  }

  /** Reads one field into the scratch buffer: 0, END where the file ends before it, MORE, BROKEN. */
  #readField(atEnd: boolean, wanted: boolean): number {
    const bytes = this.#bytes;
    const end = bytes.length;
    const { quote, escapeByte, fieldEnd } = this.#format;
    const fieldByte = fieldEnd[0]!;
    this.#length = 0;
    this.#foundNull = false;
    this.#isEnclosed = false;
    if (this.#at >= end) {
      if (!atEnd) return MORE;
      this.#lineEnded = true;
      this.#fileEnded = true;
      return END;
    }
    let opened = false;
    let isEscaped = false;
    if (bytes[this.#at] === quote) {
      opened = true;
      this.#at++;
    }
    for (;;) {
      if (this.#at >= end) return atEnd ? this.#unclosed(opened) : MORE;
      let byte = bytes[this.#at++]!;
      if (byte === escapeByte) {
        if (this.#at >= end) {
          if (!atEnd) return MORE;
          if (wanted) this.#keep(escapeByte);
          return this.#unclosed(opened);
        }
        const escaped = bytes[this.#at]!;
        if (escapeByte !== quote || escaped === escapeByte) {
          if (this.#characterBytes(escaped) !== 1) {
            // Of such a character the bytes behind the first one may be escaped, too.
            isEscaped = true;
            continue;
          }
          this.#at++;
          if (wanted) this.#keep(this.#unescaped(escaped));
          continue;
        }
      }
      if (byte === this.#lineByte && !opened) {
        const matched = this.#matches(this.#format.lineEnd, atEnd);
        if (matched === MORE) return MORE;
        if (matched === 1) {
          this.#lineEnded = true;
          return 0;
        }
      }
      if (opened && byte === quote) {
        if (this.#at >= end && !atEnd) return MORE;
        const following = this.#at < end ? bytes[this.#at]! : EOF;
        if (following === quote) {
          this.#at++;
          if (wanted) this.#keep(quote);
          continue;
        }
        const closed = this.#closes(following, fieldByte, atEnd);
        if (closed === MORE) return MORE;
        if (closed === 1) return 0;
        byte = quote;
      } else if (!opened && byte === fieldByte) {
        const matched = this.#matches(fieldEnd, atEnd);
        if (matched === MORE) return MORE;
        if (matched === 1) return 0;
      }
      const width = this.#characterBytes(byte);
      if (width === 0) return BROKEN;
      if (width > 1) {
        const taken = this.#takeCharacter(width, atEnd, wanted, isEscaped);
        isEscaped = false;
        if (taken === MORE) return MORE;
        if (taken === END) {
          // What there is of the character is lost.
          this.#at = end;
          return this.#unclosed(opened);
        }
        if (taken === 1) continue;
      }
      if (wanted) this.#keep(byte);
    }
  }

  /** The file ends within a field: a quote that was opened is then a part of it. */
  #unclosed(opened: boolean): number {
    if (opened) {
      this.#keep(0);
      this.#scratch.copyWithin(1, 0, this.#length - 1);
      this.#scratch[0] = this.#format.quote;
    }
    return this.#endOfFile();
  }

  /** Whether what follows a closing quote ends the field: 1 (then it is read), 0, or MORE. */
  #closes(following: number, fieldByte: number, atEnd: boolean): number {
    if (following === EOF) {
      this.#endOfFile();
      this.#isEnclosed = true;
      return 1;
    }
    if (following === this.#lineByte) {
      this.#at++;
      const matched = this.#matches(this.#format.lineEnd, atEnd);
      if (matched === MORE) return MORE;
      if (matched === 1) {
        this.#isEnclosed = true;
        this.#lineEnded = true;
        return 1;
      }
      this.#at--;
    }
    if (following === fieldByte) {
      this.#at++;
      const matched = this.#matches(this.#format.fieldEnd, atEnd);
      if (matched === MORE) return MORE;
      if (matched === 1) {
        this.#isEnclosed = true;
        return 1;
      }
      this.#at--;
    }
    return 0;
  }

  /** The rest of a character of several bytes, whose first one was just read: 1; 0: it is none (nothing is read); END, MORE. */
  #takeCharacter(width: number, atEnd: boolean, wanted: boolean, isEscaped: boolean): number {
    const bytes = this.#bytes;
    const start = this.#at - 1;
    const taken = [bytes[start]!];
    let at = this.#at;
    while (taken.length < width) {
      if (isEscaped && bytes[at] === this.#format.escapeByte) at++;
      if (at >= bytes.length) return atEnd ? END : MORE;
      taken.push(bytes[at++]!);
    }
    if (!isCharacter(taken)) return 0;
    this.#at = at;
    if (wanted) for (const byte of taken) this.#keep(byte);
    return 1;
  }

  #characterBytes(first: number): number {
    if (first < 0x80 || this.#format.charset === 'single') return 1;
    if (first < 0xc2) return 0;
    if (first < 0xe0) return 2;
    if (first < 0xf0) return 3;
    return first < 0xf8 && this.#format.charset === 'utf8mb4' ? 4 : 0;
  }

  #unescaped(byte: number): number {
    switch (byte) {
      case 0x6e:
        return 0x0a;
      case 0x74:
        return 0x09;
      case 0x72:
        return 0x0d;
      case 0x62:
        return 0x08;
      case 0x30:
        return 0;
      case 0x5a:
        return 0x1a;
      case 0x4e:
        this.#foundNull = true;
        return byte;
      default:
        return byte;
    }
  }
}

function isCharacter(bytes: readonly number[]): boolean {
  const [first = 0, second = 0] = bytes;
  if (bytes.some((byte, at) => at > 0 && (byte & 0xc0) !== 0x80)) return false;
  if (bytes.length === 3) return first !== 0xe0 || second >= 0xa0;
  if (bytes.length === 4)
    return (first !== 0xf0 || second >= 0x90) && first <= 0xf4 && (first < 0xf4 || second < 0x90);
  return true;
}
