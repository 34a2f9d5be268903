/**
 * Length-encoded integers and strings (protocol page "Integer Types": values below 251 take one byte, 0xfc, 0xfd
 * and 0xfe announce 2, 3 and 8 bytes; 0xfb means NULL in rows and 0xff starts an error, so neither is an integer).
 * Reading checks bounds against the given end, never only against the buffer: a payload is often a slice.
 */
import { HeadgateError } from '../errors/headgate-error.ts';

const malformed = (detail: string): HeadgateError => new HeadgateError('ER_MALFORMED_PACKET', { detail });

/** Bytes that the integer at `at` takes, its first byte included. */
export function lenencWidth(buffer: Buffer, at: number, end = buffer.length): number {
  if (at < 0 || at >= end || end > buffer.length) {
    throw malformed('the packet ends before a length-encoded integer');
  }
  const first = buffer[at]!;
  const width = first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : first === 0xfe ? 9 : 0;
  if (width === 0) throw malformed(`0x${first.toString(16)} does not start a length-encoded integer`);
  if (end - at < width) throw malformed('the packet ends inside a length-encoded integer');
  return width;
}

/** The integer at `at` as a number; one that a number cannot hold exactly is malformed (lengths and counts never are). */
export function readLenenc(buffer: Buffer, at: number, end = buffer.length): number {
  switch (lenencWidth(buffer, at, end)) {
    case 1:
      return buffer[at]!;
    case 3:
      return buffer.readUInt16LE(at + 1);
    case 4:
      return buffer.readUIntLE(at + 1, 3);
    default: {
      const high = buffer.readUInt32LE(at + 5);
      if (high > 0x1f_ff_ff) throw malformed('a length-encoded integer is above 2^53');
      return high * 0x1_0000_0000 + buffer.readUInt32LE(at + 1);
    }
  }
}

/** The integer at `at` in its full 64 bits: for affected rows and insert ids. */
export function readLenencBigint(buffer: Buffer, at: number, end = buffer.length): bigint {
  if (lenencWidth(buffer, at, end) === 9) return buffer.readBigUInt64LE(at + 1);
  return BigInt(readLenenc(buffer, at, end));
}

/** Bytes that `value` takes when written. */
export function lenencSize(value: number | bigint): number {
  return value < 0xfb ? 1 : value <= 0xffff ? 3 : value <= 0xff_ffff ? 4 : 9;
}

/** Writes `value` at `at` and returns the position behind it. The buffer must have room. */
export function writeLenenc(buffer: Buffer, value: number | bigint, at: number): number {
  switch (lenencSize(value)) {
    case 1:
      return buffer.writeUInt8(Number(value), at);
    case 3:
      buffer[at] = 0xfc;
      return buffer.writeUInt16LE(Number(value), at + 1);
    case 4:
      buffer[at] = 0xfd;
      return buffer.writeUIntLE(Number(value), at + 1, 3);
    default:
      buffer[at] = 0xfe;
      return buffer.writeBigUInt64LE(BigInt(value), at + 1);
  }
}

/** `value` as a buffer of its own. */
export function lenencInteger(value: number | bigint): Buffer {
  const buffer = Buffer.allocUnsafe(lenencSize(value));
  writeLenenc(buffer, value, 0);
  return buffer;
}

/** `bytes` with their length in front. */
export function lenencString(bytes: Buffer | string): Buffer {
  const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return Buffer.concat([lenencInteger(content.length), content]);
}
