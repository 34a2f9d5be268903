import { HeadgateError } from '../../errors/headgate-error.ts';

/** Length of the content, sequence number, length before compression: 3, 1 and 3 bytes (protocol page "Compressed Packet"). */
export const frameHeaderBytes = 7;

/** A frame of the compressed protocol; `expandedBytes` is 0 where the content is not compressed. */
export type CompressedFrame = Readonly<{ sequence: number; expandedBytes: number; content: Buffer }>;

/** Cuts a stream into the frames of the compressed protocol. Memory grows with what has arrived, never with what a header claims. */
export class FrameReader {
  /** Content must be shorter, compressed and before. */
  readonly #bytesMax: number;
  readonly #header = Buffer.alloc(frameHeaderBytes);
  #headerFilled = 0;
  #parts: Buffer[] = [];
  #missing = 0;
  #frame: CompressedFrame | undefined;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /**
   * Takes bytes until one frame is complete; returns the position behind what it used. The frame is then to be had from
   * `take`. Throws ER_NET_PACKET_TOO_LARGE as soon as a header says so.
   */
  push(bytes: Buffer, from: number): number {
    let at = from;
    if (this.#headerFilled < frameHeaderBytes) {
      while (this.#headerFilled < frameHeaderBytes && at < bytes.length) {
        this.#header[this.#headerFilled++] = bytes[at++]!;
      }
      if (this.#headerFilled < frameHeaderBytes) return at;
      this.#missing = this.#header.readUIntLE(0, 3);
      if (Math.max(this.#missing, this.#header.readUIntLE(4, 3)) >= this.#bytesMax)
        throw new HeadgateError('ER_NET_PACKET_TOO_LARGE');
    }
    const end = Math.min(bytes.length, at + this.#missing);
    const part = bytes.subarray(at, end);
    this.#missing -= part.length;
    const whole = this.#missing === 0;
    if (whole) this.#complete(part);
    else if (part.length > 0) this.#parts.push(Buffer.from(part));
    return end;
  }

  /** The frame that `push` has completed, once; its content may be a part of the pushed bytes. */
  take(): CompressedFrame | undefined {
    const frame = this.#frame;
    this.#frame = undefined;
    return frame;
  }

  #complete(last: Buffer): void {
    const content = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last]);
    this.#frame = { sequence: this.#header[3]!, expandedBytes: this.#header.readUIntLE(4, 3), content };
    this.#parts = [];
    this.#headerFilled = 0;
  }
}

/** A frame ready for the socket. */
export function buildFrame({ sequence, expandedBytes, content }: CompressedFrame): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderBytes + content.length);
  bytes.writeUIntLE(content.length, 0, 3);
  bytes[3] = sequence;
  bytes.writeUIntLE(expandedBytes, 4, 3);
  content.copy(bytes, frameHeaderBytes);
  return bytes;
}
