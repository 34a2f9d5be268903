import { HeadgateError } from '../errors/headgate-error.ts';
import { packetHeaderBytes, payloadBytesMax } from '../mysql/protocol.ts';

/**
 * Reads the packets in which a client sends a file for LOAD DATA LOCAL: its content in packets of any length, then an empty
 * one. Nothing is kept but a header cut in two, so a file of any size takes no memory.
 */
export class FileReader {
  /** The empty packet has come. */
  done = false;
  /** Sequence number that the next packet must carry. */
  expectedSequence: number;
  readonly #header = Buffer.alloc(packetHeaderBytes);
  #headerFilled = 0;
  /** Bytes of the packet in progress still to come. */
  #remaining = 0;
  /** The packet before was a full one: an empty one then ends that, not the file. */
  #continued = false;

  constructor(firstSequence: number) {
    this.expectedSequence = firstSequence & 0xff;
  }

  /** Where `push` has stopped reading: behind the file's end, or at the end of the bytes. */
  readEnd = 0;

  /**
   * Copies the content among `bytes` (from `from` on) into `target` at `at`, and returns the position behind the copy. `target` must have
   * room for as many bytes as are given. Throws ER_NET_PACKETS_OUT_OF_ORDER: the connection is then lost.
   */
  push(bytes: Buffer, from: number, target: Buffer, at: number): number {
    let read = from;
    let written = at;
    while (read < bytes.length && !this.done) {
      if (this.#remaining > 0) {
        const end = Math.min(bytes.length, read + this.#remaining);
        written += bytes.copy(target, written, read, end);
        this.#remaining -= end - read;
        read = end;
      } else {
        this.#header[this.#headerFilled++] = bytes[read++]!;
        if (this.#headerFilled === packetHeaderBytes) this.#startPacket();
      }
    }
    this.readEnd = read;
    return written;
  }

  #startPacket(): void {
    this.#headerFilled = 0;
    const sequence = this.#header[3]!;
    if (sequence !== this.expectedSequence) {
      throw new HeadgateError('ER_NET_PACKETS_OUT_OF_ORDER', {
        detail: `expected packet ${this.expectedSequence} of the client's file, got ${sequence}`,
      });
    }
    this.expectedSequence = (sequence + 1) & 0xff;
    const length = this.#header.readUIntLE(0, 3);
    if (length === 0 && !this.#continued) this.done = true;
    this.#continued = length === payloadBytesMax;
    this.#remaining = length;
  }
}
