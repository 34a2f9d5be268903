/** Little helpers for MySQL's wire encodings; written apart from `src/wire` so that one mistake cannot hide another. */

export type Lenenc = { value: number | null; next: number };

/** A length-encoded integer; `null` stands for the byte 0xfb (NULL in rows). */
export function readLenenc(bytes: Buffer, at: number): Lenenc {
  const first = bytes[at];
  if (first === undefined)
    throw new RangeError(`length-encoded integer expected at ${at}, packet ends there`);
  if (first < 0xfb) return { value: first, next: at + 1 };
  if (first === 0xfb) return { value: null, next: at + 1 };
  if (first === 0xfc) return { value: bytes.readUInt16LE(at + 1), next: at + 3 };
  if (first === 0xfd) return { value: bytes.readUIntLE(at + 1, 3), next: at + 4 };
  if (first === 0xfe) return { value: Number(bytes.readBigUInt64LE(at + 1)), next: at + 9 };
  throw new RangeError(`0xff does not start a length-encoded integer (at ${at})`);
}

export type Span = { start: number; end: number };

/** Where a length-encoded string lies; `null` for NULL. */
export function readLenencSpan(bytes: Buffer, at: number): { span: Span | null; next: number } {
  const { value, next } = readLenenc(bytes, at);
  if (value === null) return { span: null, next };
  if (next + value > bytes.length) {
    throw new RangeError(`string of ${value} bytes at ${next} runs past the packet's ${bytes.length}`);
  }
  return { span: { start: next, end: next + value }, next: next + value };
}

export function lenencInteger(value: number): Buffer {
  if (value < 0xfb) return Buffer.from([value]);
  if (value < 0x1_0000) return Buffer.from([0xfc, value & 0xff, value >> 8]);
  if (value < 0x100_0000) return Buffer.from([0xfd, value & 0xff, (value >> 8) & 0xff, value >> 16]);
  const bytes = Buffer.alloc(9, 0xfe);
  bytes.writeBigUInt64LE(BigInt(value), 1);
  return bytes;
}

export function lenencString(value: Buffer | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([lenencInteger(bytes.length), bytes]);
}

export function nulString(value: string): Buffer {
  return Buffer.concat([Buffer.from(value), Buffer.from([0])]);
}

const payloadBytesMax = 0xff_ff_ff;

/** Frames a payload: cut into packets of 16 MB - 1, the last one shorter (or empty). */
export function frame(payload: Buffer, firstSequence = 0): Buffer {
  const parts: Buffer[] = [];
  let sequence = firstSequence;
  let at = 0;
  for (;;) {
    const part = payload.subarray(at, at + payloadBytesMax);
    const header = Buffer.alloc(4);
    header.writeUIntLE(part.length, 0, 3);
    header[3] = sequence & 0xff;
    parts.push(header, part);
    sequence += 1;
    at += part.length;
    if (part.length < payloadBytesMax) return Buffer.concat(parts);
  }
}
