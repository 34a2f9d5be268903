import { HeadgateError } from '../errors/headgate-error.ts';
import { columnType } from '../mysql/protocol.ts';
import type { LiteralValue } from '../planner/literal-value.ts';
import type { ParameterValues } from '../planner/operands.ts';
import { lenencWidth, readLenenc } from '../wire/lenenc.ts';
import { PayloadReader } from '../wire/payload-reader.ts';
import { nullBitmapAt } from './execute-packet.ts';
import { readValue } from './execute-values.ts';
import { type LongData, takesLongData } from './long-data.ts';

/** One parameter: what it is, and its bytes in the packet (none of NULL). */
export type BoundParameter = Readonly<{
  value: LiteralValue;
  bytes: Buffer;
  type: Buffer;
  isNull: boolean;
  /** What was sent ahead in place of a value. */
  ahead: readonly Buffer[] | undefined;
}>;

/** What an integer is beside the 64 bits that it was made of; `none` is everything else, NULL too. */
export const integerSign = { none: 0, positive: 1, negative: 2, aboveSigned: 3 } as const;

/** In MySQL's words; the connection goes on. */
const malformed = (): HeadgateError =>
  new HeadgateError('ER_MALFORMED_PACKET', { message: 'Malformed communication packet.' });

const UNSIGNED = 0x80;
const nothing = Buffer.alloc(0);
const NULL_VALUE: LiteralValue = Object.freeze({ kind: 'null' });
const IS_NULL = -1;
const CAME_AHEAD = -2;

/**
 * The parameters of a statement's EXECUTE packets (protocol page "Binary Protocol Value"), one packet after the other. Each packet is walked
 * once; a value is made only when it is asked for.
 */
export class BoundParameters implements ParameterValues {
  readonly count: number;
  #packet: Buffer = nothing;
  #types: Buffer = nothing;
  #charset = '';
  #longData: LongData | undefined;
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  constructor(count: number) {
    this.count = count;
    this.#starts = new Int32Array(count);
    this.#ends = new Int32Array(count);
  }

  /** Takes the next packet. `types` are two bytes each. Raises 1835 for a packet that is too short, and where types are missing. */
  read(packet: Buffer, types: Buffer | undefined, charset: string, longData?: LongData): void {
    const { count } = this;
    this.#packet = packet;
    this.#longData = longData;
    this.#charset = charset;
    if (count === 0) return;
    const flag = nullBitmapAt + ((count + 7) >> 3);
    if (types === undefined || types.length < 2 * count || packet.length <= flag) throw malformed();
    this.#types = types;
    let at = packet[flag] === 1 ? flag + 1 + 2 * count : flag + 1;
    for (let index = 0; index < count; index++) {
      const type = types[2 * index]!;
      const isNull =
        (packet[nullBitmapAt + (index >> 3)]! & (1 << (index & 7))) !== 0 || type === columnType.null;
      if (longData !== undefined && takesLongData(type) && longData.piecesOf(index) !== undefined) {
        this.#starts[index] = CAME_AHEAD;
        continue;
      }
      this.#starts[index] = isNull ? IS_NULL : at;
      if (!isNull) at = valueEnd(packet, at, type);
      if (at > packet.length) throw malformed();
      this.#ends[index] = at;
    }
  }

  /** Lets go of the packet. */
  forget(): void {
    this.#packet = nothing;
    this.#longData = undefined;
  }

  /** The value of a parameter; undefined for one that there is not. */
  at(index: number): LiteralValue | undefined {
    if (index >= this.count) return undefined;
    const start = this.#starts[index]!;
    if (start === IS_NULL) return NULL_VALUE;
    const types = this.#types;
    if (start === CAME_AHEAD) return valueAhead(this.#ahead(index)!, types[2 * index]!, this.#charset);
    const unsigned = (types[2 * index + 1]! & UNSIGNED) !== 0;
    return readValue(new PayloadReader(this.#packet, start), types[2 * index]!, unsigned, this.#charset);
  }

  bound(index: number): BoundParameter {
    const start = this.#starts[index]!;
    return {
      value: this.at(index)!,
      bytes: start < 0 ? nothing : this.#packet.subarray(start, this.#ends[index]),
      type: this.#types.subarray(2 * index, 2 * index + 2),
      isNull: start === IS_NULL,
      ahead: this.#ahead(index),
    };
  }

  #ahead(index: number): Buffer[] | undefined {
    return this.#longData?.piecesOf(index);
  }

  all(): BoundParameter[] {
    return Array.from({ length: this.count }, (_, index) => this.bound(index));
  }

  /** Writes an integer's 64 bits into `block`, the highest byte first, and says what they are: one of `integerSign`. */
  integerInto(block: Buffer, index: number): number {
    const start = this.#starts[index]!;
    if (start < 0) return integerSign.none;
    const width = integerWidth(this.#types[2 * index]!);
    if (width === 0) return integerSign.none;
    const packet = this.#packet;
    const unsigned = (this.#types[2 * index + 1]! & UNSIGNED) !== 0;
    const isHigh = packet[start + width - 1]! > 0x7f;
    const fill = isHigh && !unsigned ? 0xff : 0;
    for (let at = 0; at < 8; at++) block[7 - at] = at < width ? packet[start + at]! : fill;
    if (fill !== 0) return integerSign.negative;
    return isHigh && width === 8 ? integerSign.aboveSigned : integerSign.positive;
  }
}

/** As `readValue` would have it. */
function valueAhead(pieces: readonly Buffer[], type: number, charset: string): LiteralValue {
  const bytes = Buffer.concat(pieces);
  const isText = type === columnType.varString || type === columnType.string;
  return isText
    ? { kind: 'string', bytes, charset, collation: undefined }
    : { kind: 'binary', bytes, charset: 'binary' };
}

/** MySQL takes no other types as integers: what comes as YEAR or INT24 it reads as a string, and then refuses it. */
function integerWidth(type: number): number {
  switch (type) {
    case columnType.tiny:
      return 1;
    case columnType.short:
      return 2;
    case columnType.long:
      return 4;
    case columnType.longlong:
      return 8;
    default:
      return 0;
  }
}

function valueEnd(packet: Buffer, at: number, type: number): number {
  const width = integerWidth(type);
  if (width > 0) return at + width;
  switch (type) {
    case columnType.float:
      return at + 4;
    case columnType.double:
      return at + 8;
    case columnType.date:
    case columnType.datetime:
    case columnType.timestamp:
    case columnType.time:
      return at + 1 + (packet[at] ?? 0);
    default:
      try {
        return at + lenencWidth(packet, at) + readLenenc(packet, at);
      } catch {
        throw malformed();
      }
  }
}
