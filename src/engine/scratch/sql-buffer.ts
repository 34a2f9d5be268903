/** SQL text that is put together from bytes, in a buffer that grows and is used again. Read by MySQL as utf8mb4 with backslash escapes. */
const QUOTE = 0x27;
const BACKSLASH = 0x5c;
/** Longer values are searched for what must be escaped by the runtime's own search, shorter ones byte by byte. */
const LOOP_BYTES_MAX = 64;

export class SqlBuffer {
  bytes: Buffer;
  length = 0;

  constructor(bytes: number) {
    this.bytes = Buffer.allocUnsafe(bytes);
  }

  /** The text so far; valid until more is written. */
  get text(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** ASCII only. */
  ascii(text: string): void {
    this.room(text.length);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  utf8(text: string): void {
    this.room(3 * text.length);
    this.length += this.bytes.write(text, this.length);
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  copy(source: Buffer, start: number, end: number): void {
    const size = end - start;
    this.room(size);
    const { bytes } = this;
    if (size > LOOP_BYTES_MAX) {
      source.copy(bytes, this.length, start, end);
      this.length += size;
      return;
    }
    let at = this.length;
    for (let i = start; i < end; i++) bytes[at++] = source[i]!;
    this.length = at;
  }

  /** Between quotes, with quotes and backslashes escaped. */
  quoted(source: Buffer, start: number, end: number): void {
    this.room(2 * (end - start) + 2);
    this.bytes[this.length++] = QUOTE;
    if (end - start > LOOP_BYTES_MAX && !needsEscapes(source, start, end)) this.copy(source, start, end);
    else this.#escaped(source, start, end);
    this.bytes[this.length++] = QUOTE;
  }

  /** Both digits of numbers below 100. */
  pair(value: number): void {
    this.byte(0x30 + Math.floor(value / 10));
    this.byte(0x30 + (value % 10));
  }

  #escaped(source: Buffer, start: number, end: number): void {
    const { bytes } = this;
    let at = this.length;
    for (let i = start; i < end; i++) {
      const byte = source[i]!;
      if (byte === QUOTE || byte === BACKSLASH) bytes[at++] = BACKSLASH;
      bytes[at++] = byte;
    }
    this.length = at;
  }

  room(count: number): void {
    const wanted = this.length + count;
    if (wanted <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(wanted * 2);
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}

function needsEscapes(source: Buffer, start: number, end: number): boolean {
  const value = source.subarray(start, end);
  return value.includes(QUOTE) || value.includes(BACKSLASH);
}
