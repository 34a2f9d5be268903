/**
 * Rows of the binary protocol: 0x00, a bitmap of NULLs (its first two bits unused), the values in the forms of their types
 * (protocol page "Binary Protocol Resultset Row").
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { columnType } from '../../mysql/protocol.ts';
import { lenencSize, lenencWidth, readLenenc, writeLenenc } from '../../wire/lenenc.ts';
import { readColumnFacts } from './column-kind.ts';
import type { FieldRanges, RowBuilder, RowFormat } from './row-format.ts';

const NULL_BITS_UNUSED = 2;

/** How a value's length is known: the number of bytes; `short`, in one byte before it; `lenenc`, length-encoded before it. */
type ValueLength = number | 'short' | 'lenenc';

const lengths: Readonly<Record<number, ValueLength>> = {
  [columnType.tiny]: 1,
  [columnType.short]: 2,
  [columnType.year]: 2,
  [columnType.int24]: 4,
  [columnType.long]: 4,
  [columnType.longlong]: 8,
  [columnType.float]: 4,
  [columnType.double]: 8,
  [columnType.date]: 'short',
  [columnType.datetime]: 'short',
  [columnType.timestamp]: 'short',
  [columnType.time]: 'short',
};

const tooShort = (): HeadgateError =>
  new HeadgateError('ER_MALFORMED_PACKET', { detail: "a shard's row ends before its last field" });

const bitmapBytes = (fieldCount: number): number => (fieldCount + NULL_BITS_UNUSED + 7) >> 3;

/** Binary rows of the columns that these definitions describe. */
export function binaryFormat(definitions: readonly Buffer[]): RowFormat {
  const valueLengths = definitions.map((one) => lengths[readColumnFacts(one).type] ?? 'lenenc');
  return Object.freeze({
    kind: 'binary',
    fieldCount: definitions.length,
    locate: (bytes: Buffer, at: number, end: number, count: number, ranges: FieldRanges) =>
      locate(valueLengths, bytes, at, end, count, ranges),
    prefixEnd: () => -1,
    builder: (fieldCount: number) => new BinaryRowBuilder(valueLengths.slice(0, fieldCount)),
  });
}

function locate(
  valueLengths: readonly ValueLength[],
  bytes: Buffer,
  at: number,
  end: number,
  count: number,
  ranges: FieldRanges,
): void {
  let position = at + 1 + bitmapBytes(valueLengths.length);
  if (position > end) throw tooShort();
  for (let i = 0; i < count; i++) {
    const bit = i + NULL_BITS_UNUSED;
    if (bytes[at + 1 + (bit >> 3)]! & (1 << (bit & 7))) {
      ranges[2 * i] = -1;
      ranges[2 * i + 1] = -1;
      continue;
    }
    const known = valueLengths[i]!;
    let length: number;
    if (typeof known === 'number') {
      length = known;
    } else if (position >= end) {
      throw tooShort();
    } else if (known === 'short') {
      length = bytes[position++]!;
    } else {
      length = readLenenc(bytes, position, end);
      position += lenencWidth(bytes, position, end);
    }
    ranges[2 * i] = position;
    position += length;
    ranges[2 * i + 1] = position;
    if (position > end) throw tooShort();
  }
}

class BinaryRowBuilder implements RowBuilder {
  bytes = Buffer.allocUnsafe(1024);
  #length = 0;
  #next = 0;
  readonly #valueLengths: readonly ValueLength[];

  constructor(valueLengths: readonly ValueLength[]) {
    this.#valueLengths = valueLengths;
  }

  begin(): void {
    this.#length = 0;
    this.#next = 0;
    const head = 1 + bitmapBytes(this.#valueLengths.length);
    this.#room(head);
    this.bytes.fill(0, 0, head);
    this.#length = head;
  }

  field(source: Buffer, start: number, end: number): void {
    const index = this.#next++;
    if (start < 0) {
      const bit = index + NULL_BITS_UNUSED;
      const at = 1 + (bit >> 3);
      this.bytes[at] = this.bytes[at]! | (1 << (bit & 7));
      return;
    }
    const size = end - start;
    const known = this.#valueLengths[index]!;
    this.#room(size + lenencSize(size));
    if (known === 'short') this.bytes[this.#length++] = size;
    else if (known === 'lenenc') this.#length = writeLenenc(this.bytes, size, this.#length);
    source.copy(this.bytes, this.#length, start, end);
    this.#length += size;
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
