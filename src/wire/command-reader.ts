import { HeadgateError } from '../errors/headgate-error.ts';
import { packetHeaderBytes, payloadBytesMax } from '../mysql/protocol.ts';
import { writeHeader } from './packets.ts';

/**
 * Cuts what a client sends into commands. A command is copied out of the channel's buffer, header included, so that it can
 * wait for a connection and then go to a tablet as it is; one of several packets is joined behind a single header (which
 * `frame` writes anew). Memory grows with what has arrived, never with what a header claims.
 */
export class CommandReader {
  /** Commands must be shorter; may change between commands (little is accepted before login). */
  bytesMax: number;
  /** Sequence number that the next packet must carry; the owner sets it back to 0 for a new command. */
  expectedSequence = 0;
  /** False behind compression: frames carry the numbers that count there, and packets get the expected ones whatever they say. */
  checksSequence = true;
  /** Of a command that comes in parts; nothing is kept for one that does not. */
  #parts: Buffer[] | undefined;
  /** The header in progress as a number, its first byte lowest. */
  #header = 0;
  #headerFilled = 0;
  /** Bytes of the packet in progress still to come; -1 while its header is incomplete. */
  #missing = -1;
  #continued = false;
  /** Number of the last packet whose header was read. */
  #sequence = 0;
  #size = 0;

  readonly #onCommand: (packet: Buffer, sequence: number) => void;

  /** `onCommand` gets four header bytes and the payload; the buffer is its to keep. */
  constructor(bytesMax: number, onCommand: (packet: Buffer, sequence: number) => void) {
    this.bytesMax = bytesMax;
    this.#onCommand = onCommand;
  }

  /** Whether a command has begun to arrive: at least its first header is here, its end is not. */
  get isMidway(): boolean {
    return this.#missing >= 0 || this.#continued;
  }

  /**
   * Takes bytes until one command is complete; returns the position behind what it used, so that the owner can stop
   * between commands. Throws ER_NET_PACKETS_OUT_OF_ORDER or ER_NET_PACKET_TOO_LARGE: the connection is then lost.
   */
  push(bytes: Buffer, from: number): number {
    if (
      this.#missing < 0 &&
      this.#headerFilled === 0 &&
      !this.#continued &&
      bytes.length - from >= packetHeaderBytes
    ) {
      const length = bytes[from]! | (bytes[from + 1]! << 8) | (bytes[from + 2]! << 16);
      const end = from + packetHeaderBytes + length;
      if (end <= bytes.length && length < payloadBytesMax && length < this.bytesMax) {
        const sequence = this.#nextSequence(bytes[from + 3]!);
        const packet = Buffer.allocUnsafe(end - from);
        bytes.copy(packet, 0, from, end);
        packet[3] = sequence;
        this.#onCommand(packet, packet[3]!);
        return end;
      }
    }
    return this.#pushInParts(bytes, from);
  }

  #pushInParts(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.#missing < 0) {
        at = this.#readHeader(bytes, at);
        if (this.#missing < 0) return at;
      }
      const end = Math.min(bytes.length, at + this.#missing);
      if (end > at) {
        this.#parts ??= [];
        this.#parts.push(Buffer.from(bytes.subarray(at, end)));
      }
      this.#missing -= end - at;
      at = end;
      if (this.#missing > 0) return at;
      this.#missing = -1;
      if (this.#continued) continue;
      this.#deliver();
      return at;
    }
    return at;
  }

  #nextSequence(found: number): number {
    const sequence = this.checksSequence ? found : this.expectedSequence;
    if (sequence !== this.expectedSequence) {
      throw new HeadgateError('ER_NET_PACKETS_OUT_OF_ORDER', {
        detail: `expected packet ${this.expectedSequence}, got ${sequence}`,
      });
    }
    this.expectedSequence = (sequence + 1) & 0xff;
    return sequence;
  }

  #readHeader(bytes: Buffer, from: number): number {
    let at = from;
    while (this.#headerFilled < packetHeaderBytes && at < bytes.length) {
      this.#header |= bytes[at++]! << (8 * this.#headerFilled++);
    }
    if (this.#headerFilled < packetHeaderBytes) return at;
    const length = this.#header & 0xff_ff_ff;
    this.#sequence = this.#nextSequence(this.#header >>> 24);
    this.#headerFilled = 0;
    this.#header = 0;
    this.#size += length;
    if (this.#size >= this.bytesMax) throw new HeadgateError('ER_NET_PACKET_TOO_LARGE');
    this.#continued = length === payloadBytesMax;
    // An empty packet is complete with its header.
    if (length === 0) this.#deliver();
    else this.#missing = length;
    return at;
  }

  #deliver(): void {
    const header = Buffer.alloc(packetHeaderBytes);
    // The length of several packets does not fit: `frame` writes it anew.
    writeHeader(header, 0, this.#size, this.#sequence);
    const packet = Buffer.concat([header, ...(this.#parts ?? [])]);
    this.#parts = undefined;
    this.#size = 0;
    this.#onCommand(packet, packet[3]!);
  }
}
