/** MySQL's compressed protocol as a test client speaks it; written apart from `src/wire`. Source: protocol page "Compression". */
import {
  deflateSync,
  inflateSync,
  constants as zlibConstants,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';

export type CompressionName = 'zlib' | 'zstd';

/** What stood in a frame's header, and its content as it was on the wire. */
export type CompressedFrame = Readonly<{ sequence: number; uncompressedBytes: number; content: Buffer }>;

const headerBytes = 7;
/** MySQL compresses nothing shorter. */
const compressedFrom = 50;

export class CompressedWire {
  /** Every frame received, for tests that look at them. */
  readonly received: CompressedFrame[] = [];
  /** Of the next frame in either direction. */
  sequence = 0;
  readonly #name: CompressionName;
  readonly #level: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(name: CompressionName, level: number) {
    this.#name = name;
    this.#level = level;
  }

  /** Frames around the bytes, numbered on. */
  wrap(bytes: Buffer): Buffer {
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 0xff_ff_ff) {
      const part = bytes.subarray(at, at + 0xff_ff_ff);
      const compressed = part.length < compressedFrom ? part : this.#compress(part);
      const shorter = compressed.length < part.length;
      frames.push(this.frame(shorter ? compressed : part, shorter ? part.length : 0));
    }
    return Buffer.concat(frames);
  }

  /** One frame with any content and any claim about its length. */
  frame(content: Buffer, uncompressedBytes: number, sequence = this.sequence): Buffer {
    const header = Buffer.alloc(headerBytes);
    header.writeUIntLE(content.length, 0, 3);
    header[3] = sequence;
    header.writeUIntLE(uncompressedBytes, 4, 3);
    this.sequence = (sequence + 1) & 0xff;
    return Buffer.concat([header, content]);
  }

  /** What the frames that have arrived in full hold. */
  unwrap(chunk: Buffer): Buffer {
    const parts: Buffer[] = [];
    let bytes = Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= headerBytes && bytes.length >= headerBytes + bytes.readUIntLE(0, 3)) {
      const end = headerBytes + bytes.readUIntLE(0, 3);
      parts.push(this.#take(bytes.subarray(0, end)));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    return Buffer.concat(parts);
  }

  #take(frame: Buffer): Buffer {
    const [sequence, uncompressedBytes] = [frame[3]!, frame.readUIntLE(4, 3)];
    if (sequence !== this.sequence)
      throw new Error(`compressed frame ${sequence} came where ${this.sequence} was due`);
    this.sequence = (sequence + 1) & 0xff;
    const content = frame.subarray(headerBytes);
    this.received.push({ sequence, uncompressedBytes, content });
    if (uncompressedBytes === 0) return content;
    const bytes = this.#name === 'zlib' ? inflateSync(content) : zstdDecompressSync(content);
    if (bytes.length !== uncompressedBytes)
      throw new Error(`a frame of ${bytes.length} bytes claims to have ${uncompressedBytes}`);
    return bytes;
  }

  #compress(part: Buffer): Buffer {
    if (this.#name === 'zlib') return deflateSync(part, { level: this.#level });
    return zstdCompressSync(part, { params: { [zlibConstants.ZSTD_c_compressionLevel]: this.#level } });
  }
}
