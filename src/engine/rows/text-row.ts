/**
 * Rows of the text protocol: length-encoded strings one after another, 0xfb for NULL (protocol page "Text Resultset Row").
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { lenencSize, lenencWidth, readLenenc, writeLenenc } from '../../wire/lenenc.ts';
import type { FieldRanges, RowBuilder, RowFormat } from './row-format.ts';

const NULL_BYTE = 0xfb;

const tooShort = (): HeadgateError =>
  new HeadgateError('ER_MALFORMED_PACKET', { detail: "a shard's row ends before its last field" });

/** Finds the first `count` fields; see `RowFormat.locate`. Returns where the last of them ends. */
export function locateTextFields(
  bytes: Buffer,
  at: number,
  end: number,
  count: number,
  ranges: FieldRanges,
): number {
  let position = at;
  for (let slot = 0; slot < 2 * count; slot += 2) {
    if (position >= end) throw tooShort();
    const first = bytes[position]!;
    if (first === NULL_BYTE) {
      ranges[slot] = -1;
      ranges[slot + 1] = -1;
      position++;
      continue;
    }
    // Short values, the most frequent by far, without a call.
    const start = first < NULL_BYTE ? position + 1 : position + lenencWidth(bytes, position, end);
    const stop = start + (first < NULL_BYTE ? first : readLenenc(bytes, position, end));
    if (stop > end) throw tooShort();
    ranges[slot] = start;
    ranges[slot + 1] = stop;
    position = stop;
  }
  return position;
}

/** Where the first `count` fields of a row end. */
export function textPrefixEnd(bytes: Buffer, at: number, end: number, count: number): number {
  let position = at;
  for (let left = count; left > 0; left--) {
    if (position >= end) throw tooShort();
    const first = bytes[position]!;
    if (first === NULL_BYTE) position++;
    else if (first < NULL_BYTE) position += 1 + first;
    else position += lenencWidth(bytes, position, end) + readLenenc(bytes, position, end);
  }
  if (position > end) throw tooShort();
  return position;
}

/** Text rows of `fieldCount` columns. */
export function textFormat(fieldCount: number): RowFormat {
  return Object.freeze({
    kind: 'text',
    fieldCount,
    locate: locateTextFields,
    prefixEnd: textPrefixEnd,
    builder: () => new TextRowBuilder(),
  });
}

class TextRowBuilder implements RowBuilder {
  bytes = Buffer.allocUnsafe(1024);
  #length = 0;

  begin(): void {
    this.#length = 0;
  }

  field(source: Buffer, start: number, end: number): void {
    if (start < 0) {
      this.#room(1);
      this.bytes[this.#length++] = NULL_BYTE;
      return;
    }
    const size = end - start;
    this.#room(lenencSize(size) + size);
    const at = writeLenenc(this.bytes, size, this.#length);
    source.copy(this.bytes, at, start, end);
    this.#length = at + size;
  }

  finish(): number {
    return this.#length;
  }

  #room(count: number): void {
    const wanted = this.#length + count;
    if (wanted <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(wanted * 2);
    this.bytes.copy(grown, 0, 0, this.#length);
    this.bytes = grown;
  }
}
