/**
 * Framing of payloads, and the packets of results that the router makes itself: column definitions, text rows, their end.
 * Source: protocol pages "MySQL Packets", "Column Definition", "Text Resultset Row", "EOF_Packet".
 */
import { capability, columnType, packetHeaderBytes, payloadBytesMax } from '../mysql/protocol.ts';
import { lenencWidth, readLenenc } from './lenenc.ts';
import { buildOk } from './ok-packet.ts';

/** Writes the four header bytes of a packet. */
export function writeHeader(target: Buffer, at: number, length: number, sequence: number): void {
  target[at] = length & 0xff;
  target[at + 1] = (length >> 8) & 0xff;
  target[at + 2] = (length >> 16) & 0xff;
  target[at + 3] = sequence & 0xff;
}

/** A payload with its header(s), ready for the socket; payloads of 16 MiB and more are cut as the protocol asks. */
export function frame(payload: Buffer, sequence: number): Buffer {
  if (payload.length < payloadBytesMax) {
    const packet = Buffer.allocUnsafe(packetHeaderBytes + payload.length);
    writeHeader(packet, 0, payload.length, sequence);
    payload.copy(packet, packetHeaderBytes);
    return packet;
  }
  const parts: Buffer[] = [];
  for (let at = 0, next = sequence; ; at += payloadBytesMax, next++) {
    const part = payload.subarray(at, at + payloadBytesMax);
    const header = Buffer.allocUnsafe(packetHeaderBytes);
    writeHeader(header, 0, part.length, next);
    parts.push(header, part);
    // A part of exactly the longest size is always followed by another one, an empty one if need be.
    if (part.length < payloadBytesMax) return Buffer.concat(parts);
  }
}

/**
 * A command ready for `BackendConnection.send`: header and payload in one buffer. A payload that needs several packets is cut
 * there and nowhere else; its header here only keeps the place.
 */
export function commandPacket(code: number, content: Buffer): Buffer {
  const packet = Buffer.allocUnsafe(packetHeaderBytes + 1 + content.length);
  writeHeader(packet, 0, 1 + content.length, 0);
  packet[packetHeaderBytes] = code;
  content.copy(packet, packetHeaderBytes + 1);
  return packet;
}

/** How many packets `frame` makes of a payload. */
export const frameCount = (payloadBytes: number): number => Math.floor(payloadBytes / payloadBytesMax) + 1;

/** Grows as needed; numbers little-endian, as everywhere in the protocol. */
export class PayloadWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(sizeHint = 64) {
    this.#bytes = Buffer.allocUnsafe(sizeHint);
  }

  #room(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(this.#length * 2);
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    return at;
  }

  int(value: number, size: 1 | 2 | 3 | 4): this {
    const at = this.#room(size);
    this.#bytes.writeUIntLE(value, at, size);
    return this;
  }

  lenenc(value: number | bigint): this {
    if (value < 251) return this.int(Number(value), 1);
    if (value < 0x1_00_00) return this.int(0xfc, 1).int(Number(value), 2);
    if (value < 0x1_00_00_00) return this.int(0xfd, 1).int(Number(value), 3);
    const at = this.#room(9);
    this.#bytes[at] = 0xfe;
    this.#bytes.writeBigUInt64LE(BigInt(value), at + 1);
    return this;
  }

  raw(bytes: Uint8Array): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  lenencBytes(value: Buffer | string): this {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return this.lenenc(bytes.length).raw(bytes);
  }

  /** The payload; the writer is done with. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** The end of a result: EOF, or an OK with header 0xFE for clients with DEPRECATE_EOF. */
export function buildResultEnd(status: number, warnings: number, clientCapabilities: number): Buffer {
  if (clientCapabilities & capability.deprecateEof)
    return buildOk({ statusFlags: status, warnings, header: 0xfe }, clientCapabilities);
  return new PayloadWriter(5).int(0xfe, 1).int(warnings, 2).int(status, 2).done();
}

/** A column of a result that the router makes itself. */
export type Column = Readonly<{
  name: string | Buffer;
  type: number;
  length: number;
  flags: number;
  collationId: number;
  decimals?: number;
}>;

export function buildColumn(column: Column): Buffer {
  return new PayloadWriter(48)
    .lenencBytes('def')
    .lenencBytes('')
    .lenencBytes('')
    .lenencBytes('')
    .lenencBytes(column.name)
    .lenencBytes('')
    .int(0x0c, 1)
    .int(column.collationId, 2)
    .int(column.length, 4)
    .int(column.type, 1)
    .int(column.flags, 2)
    .int(column.decimals ?? 0, 1)
    .int(0, 2)
    .done();
}

const COLLATION_UTF8MB4 = 255;

/** A text column of the router's own making; `length` in bytes. */
export const buildTextColumn = (name: string, length: number): Buffer =>
  buildColumn({ name, type: columnType.varString, collationId: COLLATION_UTF8MB4, length, flags: 0 });

/** A row of the text protocol; null is NULL. */
export function buildTextRow(values: readonly (string | Buffer | null)[]): Buffer {
  const writer = new PayloadWriter(64);
  for (const value of values) {
    if (value === null) writer.int(0xfb, 1);
    else writer.lenencBytes(value);
  }
  return writer.done();
}

/** A row of the binary protocol whose columns are all text. */
export function buildBinaryTextRow(values: readonly (string | Buffer | null)[]): Buffer {
  // The bitmap's first two bits are not used in rows.
  const head = Buffer.alloc(1 + ((values.length + 9) >> 3));
  for (const [at, value] of values.entries())
    if (value === null) head[1 + ((at + 2) >> 3)]! |= 1 << ((at + 2) & 7);
  return Buffer.concat([head, buildTextRow(values.filter((value) => value !== null))]);
}

/** The values of a text row, in order; null is NULL. */
export function readTextRow(payload: Buffer, columnCount: number): (Buffer | null)[] {
  const values: (Buffer | null)[] = [];
  for (let at = 0; values.length < columnCount; ) {
    if (payload[at] === 0xfb) {
      values.push(null);
      at++;
      continue;
    }
    const length = readLenenc(payload, at);
    at += lenencWidth(payload, at);
    values.push(payload.subarray(at, at + length));
    at += length;
  }
  return values;
}
