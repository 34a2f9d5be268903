/**
 * Collects printed text. One character stands for one byte, so that text of the source goes through unchanged
 * whatever its character set is.
 */
import type { Name } from '../ast/node.ts';
import type { LexMode } from '../lex-mode.ts';
import { findWordByName, wordFlag, wordFlags } from '../words.ts';

const PLAIN_NAME = /^[a-z][a-z0-9_$]*$/i;
const BACKTICK = '`';

export class Writer {
  text = '';
  readonly source: Buffer;
  #mode: LexMode;

  constructor(source: Buffer, mode: LexMode) {
    this.source = source;
    this.#mode = mode;
  }

  write(text: string): void {
    this.text += text;
  }

  /** Bytes of the source. */
  copy(start: number, end: number): void {
    this.text += this.source.toString('latin1', start, end);
  }

  /** A name, quoted where it could be taken for something else. */
  name(name: string): void {
    if (isPlainName(name)) this.text += name;
    else this.quoted(name);
  }

  /** A name with the dot behind it. */
  qualifier(name: string): void {
    this.name(name);
    this.text += '.';
  }

  /** A name in backticks. */
  quoted(name: string): void {
    const { charset, table } = this.#mode;
    // The inverse of how names are read: UTF-8, or one character for each byte.
    const isUtf8 = charset.startsWith('utf8');
    const bytes = Buffer.from(name, isUtf8 ? 'utf8' : 'latin1');
    this.text += BACKTICK;
    for (let at = 0; at < bytes.length; ) {
      const wide = bytes[at]! >= 0x80 ? (table.multibyteLength?.(bytes, at, bytes.length) ?? 0) : 0;
      const length = Math.max(wide, 1);
      const character = bytes.toString('latin1', at, at + length);
      this.text += character === BACKTICK ? '``' : character;
      at += length;
    }
    this.text += BACKTICK;
  }

  names(names: readonly Name[]): void {
    this.list(names, ({ text }) => this.name(text));
  }

  /** Items with commas between them. */
  list<T>(items: readonly T[], print: (item: T) => void): void {
    for (let i = 0; i < items.length; i++) {
      if (i > 0) this.text += ', ';
      print(items[i]!);
    }
  }

  bytes(): Buffer {
    return Buffer.from(this.text, 'latin1');
  }
}

/** Whether a name means the same without quotes, wherever it stands. */
function isPlainName(name: string): boolean {
  if (!PLAIN_NAME.test(name)) return false;
  return (wordFlags[findWordByName(name)]! & (wordFlag.keyword | wordFlag.parenFunction)) === 0;
}
