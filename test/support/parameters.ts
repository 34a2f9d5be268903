/** Parameters of COM_STMT_EXECUTE, type by type. */
import { columnType } from '../../src/mysql/protocol.ts';
import { lenencString } from './bytes.ts';

/** A typed value as it goes on the wire; `bytes` is null for NULL and for values sent as long data. */
export type Parameter = Readonly<{
  type: number;
  unsigned: boolean;
  bytes: Buffer | null;
  longData?: boolean;
}>;

export type ExecuteOptions = Readonly<{
  /** The new-params-bound flag: with false no types are sent, the earlier ones hold. */
  withTypes?: boolean;
  /** 0 none, 1 read only: a server-side cursor. */
  cursor?: number;
  iterations?: number;
}>;

const parameter = (type: number, bytes: Buffer | null, unsigned = false): Parameter => ({
  type,
  unsigned,
  bytes,
});

const filled = (size: number, write: (bytes: Buffer) => void): Buffer => {
  const bytes = Buffer.alloc(size);
  write(bytes);
  return bytes;
};

export const nullValue = (type: number = columnType.null): Parameter => parameter(type, null);
export const tiny = (value: number, unsigned = false): Parameter =>
  parameter(columnType.tiny, Buffer.from([value & 0xff]), unsigned);
export const short = (value: number, unsigned = false, type: number = columnType.short): Parameter =>
  parameter(
    type,
    filled(2, (bytes) => bytes.writeUInt16LE(value & 0xffff)),
    unsigned,
  );
export const long = (value: number, unsigned = false, type: number = columnType.long): Parameter =>
  parameter(
    type,
    filled(4, (bytes) => bytes.writeUInt32LE(value >>> 0)),
    unsigned,
  );
export const longlong = (value: bigint | number, unsigned = false): Parameter =>
  parameter(
    columnType.longlong,
    filled(8, (bytes) => bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)))),
    unsigned,
  );
export const float = (value: number): Parameter =>
  parameter(
    columnType.float,
    filled(4, (bytes) => bytes.writeFloatLE(value)),
  );
export const double = (value: number): Parameter =>
  parameter(
    columnType.double,
    filled(8, (bytes) => bytes.writeDoubleLE(value)),
  );
/** Text and byte types: varString, blob, newDecimal, json, bit, geometry, … */
export const text = (value: string | Buffer, type: number = columnType.varString): Parameter =>
  parameter(type, lenencString(value));
/** A value whose bytes went ahead by COM_STMT_SEND_LONG_DATA. */
export const longData = (type: number = columnType.blob): Parameter => ({
  ...parameter(type, null),
  longData: true,
});

export type DateParts = Readonly<{
  y: number;
  m: number;
  d: number;
  time?: readonly number[];
  micros?: number;
}>;

/** DATE, DATETIME, TIMESTAMP in the shortest form that holds the parts: 0, 4, 7 or 11 bytes. */
export function date(parts: DateParts | null, type: number = columnType.datetime): Parameter {
  if (!parts) return parameter(type, Buffer.from([0]));
  const { y, m, d, time, micros } = parts;
  const body = [y & 0xff, y >> 8, m, d, ...(time ?? (micros === undefined ? [] : [0, 0, 0]))];
  if (micros !== undefined) body.push(...filled(4, (bytes) => bytes.writeUInt32LE(micros)));
  return parameter(type, Buffer.from([body.length, ...body]));
}

/** TIME: days may exceed a month; 0, 8 or 12 bytes. */
export function time(negative: boolean, days: number, clock: readonly number[], micros?: number): Parameter {
  const dayBytes = filled(4, (bytes) => bytes.writeUInt32LE(days));
  const body = [negative ? 1 : 0, ...dayBytes, ...clock];
  if (micros !== undefined) body.push(...filled(4, (bytes) => bytes.writeUInt32LE(micros)));
  return parameter(columnType.time, Buffer.from([body.length, ...body]));
}

/** The payload behind the command byte. */
export function executePayload(
  id: number,
  parameters: readonly Parameter[],
  { withTypes = true, cursor = 0, iterations = 1 }: ExecuteOptions = {},
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUInt32LE(id, 0);
  head[4] = cursor;
  head.writeUInt32LE(iterations, 5);
  if (parameters.length === 0) return head;
  const nulls = Buffer.alloc((parameters.length + 7) >> 3);
  parameters.forEach(({ bytes, longData: ahead }, index) => {
    if (bytes === null && !ahead) nulls[index >> 3]! |= 1 << (index & 7);
  });
  const types = parameters.map(({ type, unsigned }) => Buffer.from([type, unsigned ? 0x80 : 0]));
  const values = parameters.flatMap(({ bytes }) => (bytes ? [bytes] : []));
  return Buffer.concat([
    head,
    nulls,
    Buffer.from([withTypes ? 1 : 0]),
    ...(withTypes ? types : []),
    ...values,
  ]);
}
