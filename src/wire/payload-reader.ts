import { HeadgateError } from '../errors/headgate-error.ts';
import { lenencWidth, readLenenc, readLenencBigint } from './lenenc.ts';

/**
 * Reads one packet's payload from front to back. Every read is checked against the payload's end and fails with
 * ER_MALFORMED_PACKET; slices share memory with the payload, so who keeps one copies it.
 * For connection phase and commands; rows have faster ways.
 */
export class PayloadReader {
  readonly #payload: Buffer;
  #at: number;

  constructor(payload: Buffer, at = 0) {
    this.#payload = payload;
    this.#at = at;
  }

  /** Where the next thing is read. */
  get position(): number {
    return this.#at;
  }

  get remaining(): number {
    return this.#payload.length - this.#at;
  }

  /** Whether a NUL is still to come, so that `nulString` would find its end. */
  get hasNul(): boolean {
    return this.#payload.indexOf(0, this.#at) >= 0;
  }

  #take(count: number, what: string): number {
    if (count > this.remaining) {
      throw new HeadgateError('ER_MALFORMED_PACKET', { detail: `the packet ends inside ${what}` });
    }
    const at = this.#at;
    this.#at += count;
    return at;
  }

  uint8(what: string): number {
    return this.#payload[this.#take(1, what)]!;
  }

  uint16(what: string): number {
    return this.#payload.readUInt16LE(this.#take(2, what));
  }

  uint32(what: string): number {
    return this.#payload.readUInt32LE(this.#take(4, what));
  }

  bytes(count: number, what: string): Buffer {
    const at = this.#take(count, what);
    return this.#payload.subarray(at, at + count);
  }

  skip(count: number, what: string): void {
    this.#take(count, what);
  }

  lenenc(what: string): number {
    const value = readLenenc(this.#payload, this.#at);
    this.#take(lenencWidth(this.#payload, this.#at), what);
    return value;
  }

  lenencBigint(what: string): bigint {
    const value = readLenencBigint(this.#payload, this.#at);
    this.#take(lenencWidth(this.#payload, this.#at), what);
    return value;
  }

  lenencString(what: string): Buffer {
    return this.bytes(this.lenenc(what), what);
  }

  /** Up to the next NUL, which is consumed and must be there. */
  nulString(what: string): Buffer {
    const end = this.#payload.indexOf(0, this.#at);
    if (end < 0) {
      throw new HeadgateError('ER_MALFORMED_PACKET', { detail: `${what} has no end` });
    }
    const at = this.#take(end - this.#at + 1, what);
    return this.#payload.subarray(at, end);
  }

  rest(): Buffer {
    const at = this.#at;
    this.#at = this.#payload.length;
    return this.#payload.subarray(at);
  }
}
