/**
 * Follows the answers on one connection by their packet headers alone. Rows are counted, never decoded; the first
 * bytes of a row may carry a token, so that an answer meant for somebody else does not pass as one's own.
 */
import { packetHeaderBytes } from '../../src/mysql/protocol.ts';

const okByte = 0x00;
const endByte = 0xfe;
const errorByte = 0xff;
const rowBytesMax = 0xff_ff_ff;
/** Of a packet that is cut by the end of a chunk this much is needed before it can be judged. */
const peekBytes = 96;
const tokenDigits = 11;

export type AnswerKind = 'ok' | 'rows' | 'error';

export class AnswerReader {
  kind: AnswerKind = 'ok';
  rows = 0;
  affectedRows = 0;
  errno = 0;
  errorText = '';
  /** The decimal number that starts the last row's column; -1 where there is none. */
  token = -1;
  bytes = 0;

  #phase: 'first' | 'columns' | 'rows' = 'first';
  #columnsLeft = 0;
  #skip = 0;
  #sequence = 1;
  readonly #head = Buffer.alloc(packetHeaderBytes + peekBytes);
  #headBytes = 0;
  readonly #tokenAt: number;
  readonly #onAnswer: () => void;

  /** `tokenAt`: where in a row's payload the token's digits start; -1 reads none. `onAnswer` may write the next command. */
  constructor(tokenAt: number, onAnswer: () => void) {
    this.#tokenAt = tokenAt;
    this.#onAnswer = onAnswer;
  }

  /** Takes the next `length` bytes; none of them is kept. */
  push(chunk: Uint8Array, length: number): void {
    this.bytes += length;
    let at = 0;
    while (at < length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, length - at);
        this.#skip -= step;
        at += step;
        if (this.#skip > 0) return;
        continue;
      }
      if (this.#headBytes > 0) {
        at = this.#fillHead(chunk, at, length);
        continue;
      }
      at = this.#readPacket(chunk, at, length);
    }
  }

  /** A packet that starts in this chunk: judged in place if enough of it is here, else its head is set aside. */
  #readPacket(chunk: Uint8Array, at: number, length: number): number {
    const left = length - at;
    if (left >= packetHeaderBytes) {
      const payload = chunk[at]! | (chunk[at + 1]! << 8) | (chunk[at + 2]! << 16);
      const end = at + packetHeaderBytes + payload;
      if (end <= length || left >= packetHeaderBytes + peekBytes) {
        if (end > length) this.#skip = end - length;
        this.#judge(chunk, at, payload, Math.min(end, length));
        return Math.min(end, length);
      }
    }
    this.#head.set(chunk.subarray(at, length));
    this.#headBytes = left;
    return length;
  }

  /** Completes a head that an earlier chunk began. */
  #fillHead(chunk: Uint8Array, start: number, length: number): number {
    const head = this.#head;
    let at = start;
    while (this.#headBytes < packetHeaderBytes && at < length) head[this.#headBytes++] = chunk[at++]!;
    if (this.#headBytes < packetHeaderBytes) return at;
    const payload = head.readUIntLE(0, 3);
    const wanted = packetHeaderBytes + Math.min(payload, peekBytes);
    while (this.#headBytes < wanted && at < length) head[this.#headBytes++] = chunk[at++]!;
    if (this.#headBytes < wanted) return at;
    this.#skip = packetHeaderBytes + payload - wanted;
    this.#headBytes = 0;
    this.#judge(head, 0, payload, wanted);
    return at;
  }

  /** One packet: header at `at`, `payload` bytes long, of which those before `end` are at hand. */
  #judge(bytes: Uint8Array, at: number, payload: number, end: number): void {
    if (bytes[at + 3] !== this.#sequence) {
      throw new Error(`packet out of order: expected ${this.#sequence}, got ${bytes[at + 3]}`);
    }
    this.#sequence = (this.#sequence + 1) & 0xff;
    const body = at + packetHeaderBytes;
    const first = bytes[body]!;
    if (first === errorByte) {
      this.#finishWithError(bytes, body, end);
    } else if (this.#phase === 'rows') {
      if (first === endByte && payload < rowBytesMax) {
        this.#finish('rows');
      } else {
        this.rows++;
        if (this.#tokenAt >= 0) this.token = readToken(bytes, body + this.#tokenAt, end);
      }
    } else if (this.#phase === 'columns') {
      if (--this.#columnsLeft === 0) this.#phase = 'rows';
    } else if (first === okByte) {
      this.affectedRows = bytes[body + 1]!;
      this.#finish('ok');
    } else {
      this.#columnsLeft = first;
      this.#phase = 'columns';
    }
  }

  #finishWithError(bytes: Uint8Array, body: number, end: number): void {
    this.errno = bytes[body + 1]! | (bytes[body + 2]! << 8);
    this.errorText = Buffer.from(bytes.subarray(body + 9, end)).toString();
    this.#finish('error');
  }

  #finish(kind: AnswerKind): void {
    this.kind = kind;
    this.#phase = 'first';
    this.#sequence = 1;
    this.#onAnswer();
    this.rows = 0;
    this.token = -1;
  }
}

function readToken(bytes: Uint8Array, at: number, end: number): number {
  if (at + tokenDigits > end) return -1;
  let value = 0;
  for (let index = at; index < at + tokenDigits; index++) value = value * 10 + bytes[index]! - 48;
  return value;
}
