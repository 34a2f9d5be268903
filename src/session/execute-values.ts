/** Parameters of COM_STMT_EXECUTE as values (protocol page "Binary Protocol Value"), and the packet for a shard. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { columnType } from '../mysql/protocol.ts';
import type { LiteralValue } from '../planner/literal-value.ts';
import type { PayloadReader } from '../wire/payload-reader.ts';
import type { BoundParameter } from './bound-parameters.ts';
import { CURSOR_READ_ONLY } from './execute-packet.ts';

/** Reads one value of a type that is not NULL. Raises 1835 where it is cut off. */
export function readValue(
  reader: PayloadReader,
  type: number,
  unsigned: boolean,
  charset: string,
): LiteralValue {
  switch (type) {
    case columnType.tiny:
      return integer(reader.bytes(1, 'a parameter').readIntLE(0, 1), 8, unsigned);
    case columnType.short:
      return integer(reader.bytes(2, 'a parameter').readIntLE(0, 2), 16, unsigned);
    case columnType.long:
      return integer(reader.bytes(4, 'a parameter').readIntLE(0, 4), 32, unsigned);
    case columnType.longlong: {
      const value = reader.bytes(8, 'a parameter').readBigInt64LE(0);
      return { kind: 'integer', value: unsigned ? BigInt.asUintN(64, value) : value };
    }
    case columnType.float:
      return { kind: 'float', text: floatText(reader.bytes(4, 'a parameter').readFloatLE(0)) };
    case columnType.double:
      return { kind: 'float', text: floatText(reader.bytes(8, 'a parameter').readDoubleLE(0)) };
    case columnType.date:
    case columnType.datetime:
    case columnType.timestamp:
      return {
        kind: 'temporal',
        type: type === columnType.date ? 'date' : 'datetime',
        text: dateTimeText(reader, type),
      };
    case columnType.time:
      return { kind: 'temporal', type: 'time', text: timeText(reader) };
    case columnType.decimal:
    case columnType.newDecimal:
      return { kind: 'decimal', text: reader.lenencString('a parameter').toString('latin1') };
    case columnType.tinyBlob:
    case columnType.mediumBlob:
    case columnType.longBlob:
    case columnType.blob:
    case columnType.bit:
    case columnType.geometry:
      return { kind: 'binary', bytes: Buffer.from(reader.lenencString('a parameter')), charset: 'binary' };
    default:
      return {
        kind: 'string',
        bytes: Buffer.from(reader.lenencString('a parameter')),
        charset,
        collation: undefined,
      };
  }
}

const integer = (value: number, bits: number, unsigned: boolean): LiteralValue => ({
  kind: 'integer',
  value: unsigned ? BigInt.asUintN(bits, BigInt(value)) : BigInt(value),
});

/** With an exponent, so that SQL takes it for a double. */
function floatText(value: number): string {
  if (!Number.isFinite(value))
    throw new HeadgateError('ER_MALFORMED_PACKET', { detail: `${value} as a parameter` });
  const text = String(value);
  return text.includes('e') ? text : `${text}e0`;
}

const two = (value: number): string => String(value).padStart(2, '0');
const fraction = (micros: number): string => (micros === 0 ? '' : `.${String(micros).padStart(6, '0')}`);

function dateTimeText(reader: PayloadReader, type: number): string {
  const bytes = reader.bytes(reader.uint8('the length of a date'), 'a date');
  const date =
    bytes.length < 4
      ? '0000-00-00'
      : `${String(bytes.readUInt16LE(0)).padStart(4, '0')}-${two(bytes[2]!)}-${two(bytes[3]!)}`;
  if (type === columnType.date && bytes.length <= 4) return date;
  const time = bytes.length < 7 ? '00:00:00' : `${two(bytes[4]!)}:${two(bytes[5]!)}:${two(bytes[6]!)}`;
  return `${date} ${time}${bytes.length < 11 ? '' : fraction(bytes.readUInt32LE(7))}`;
}

function timeText(reader: PayloadReader): string {
  const bytes = reader.bytes(reader.uint8('the length of a time'), 'a time');
  if (bytes.length < 8) return '00:00:00';
  const hours = bytes.readUInt32LE(1) * 24 + bytes[5]!;
  const micros = bytes.length < 12 ? 0 : bytes.readUInt32LE(8);
  return `${bytes[0] === 1 ? '-' : ''}${two(hours)}:${two(bytes[6]!)}:${two(bytes[7]!)}${fraction(micros)}`;
}

const UNSIGNED_FLAG = 0x80;
const SIGNED_MAX = 0x7fff_ffff_ffff_ffffn;

/** An integer of the router's own as a parameter. */
export function boundInteger(value: bigint): BoundParameter {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return {
    value: { kind: 'integer', value },
    bytes,
    type: Buffer.from([columnType.longlong, value > SIGNED_MAX ? UNSIGNED_FLAG : 0]),
    isNull: false,
    ahead: undefined,
  };
}

/** An EXECUTE packet's content behind its command byte: the statement's id and these parameters, in this order. */
export function executeContent(
  statementId: number,
  parameters: readonly BoundParameter[],
  wantsCursor = false,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(statementId, 0);
  if (wantsCursor) head[4] = CURSOR_READ_ONLY;
  head.writeUInt32LE(1, 5);
  if (parameters.length === 0) return head;
  const nulls = Buffer.alloc((parameters.length + 7) >> 3);
  for (const [at, { isNull }] of parameters.entries()) if (isNull) nulls[at >> 3]! |= 1 << (at & 7);
  const types = parameters.map(({ type }) => type);
  const values = parameters.map(({ bytes }) => bytes);
  return Buffer.concat([head, nulls, Buffer.from([1]), ...types, ...values]);
}
