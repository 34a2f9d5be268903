/**
 * Reads one shard's answer as it comes from the relay and gives its rows to a sink.
 *
 * A row that lies whole in a chunk is handed on where it lies; only what a chunk's border cuts, and payloads of several
 * packets, are put together in a buffer of the reader's own. Whether the answer has ended is the relay's to say: the reader
 * knows the packet that ends it only in order not to take it for a row.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { AnswerReceiver, BackendConnection } from '../../gateway/backend-connection.ts';
import { packetHeaderBytes, payloadBytesMax } from '../../mysql/protocol.ts';
import { readLenenc } from '../../wire/lenenc.ts';
import type { ResponseRelay } from '../../wire/response-relay.ts';
import type { RowSink, RowSource } from '../row-stream.ts';

/** What the reader's owner, who has lent the connection, must know. */
export interface RowReaderOwner {
  /** The answer has ended, also after `cancel`: the connection is free. Called before the sink learns of it. */
  onAnswerEnd(answer: ResponseRelay, connection: BackendConnection): void;
  /** The connection is lost and closed. Called before the sink learns of it. */
  onAnswerLost(answer: ResponseRelay, error: HeadgateError): void;
  /**
   * Nobody wants the rest of the answer, which is read and dropped unless the owner ends it (KILL QUERY, closing the connection).
   * Not called for an answer that has ended by then.
   */
  onCancelled(): void;
}

/** The connection that is read from. */
export type Pausable = Pick<BackendConnection, 'pause' | 'resume'>;

const state = { count: 0, definitions: 1, definitionsEnd: 2, rows: 3, ended: 4 } as const;
/** A buffer for cut rows that is kept from one to the next is at most this large. */
const KEPT_BYTES_MAX = 64 * 1024;
/** An EOF packet is shorter; a row that starts with 0xfe is not. */
const EOF_BYTES_MAX = 9;

export class RowReader implements AnswerReceiver, RowSource {
  readonly #sink: RowSink;
  readonly #connection: Pausable;
  readonly #owner: RowReaderOwner;
  readonly #deprecateEof: boolean;
  #state: number = state.count;
  #definitions: Buffer[] = [];
  #definitionCount = 0;
  #cancelled = false;
  #settled = false;

  readonly #header = Buffer.allocUnsafe(packetHeaderBytes);
  #headerLength = 0;
  /** The payload that is being put together: `#partialLength` of `#partialWanted` bytes have come. */
  #partial: Buffer | undefined;
  #partialLength = 0;
  #partialWanted = 0;
  /** Whether the packet being read is followed by another one of the same payload. */
  #continued = false;
  /** Whether the packet being read goes on with the payload in `#partial`. */
  #joining = false;

  /**
   * `deprecateEof`: whether the tablet's connection has it, so that no EOF stands between definitions and rows. `rowsOnly`: definitions came
   * with an earlier answer (COM_STMT_FETCH).
   */
  constructor(
    sink: RowSink,
    connection: Pausable,
    deprecateEof: boolean,
    owner: RowReaderOwner,
    rowsOnly = false,
  ) {
    if (rowsOnly) this.#state = state.rows;
    this.#sink = sink;
    this.#connection = connection;
    this.#deprecateEof = deprecateEof;
    this.#owner = owner;
  }

  pause(): void {
    if (!this.#settled && !this.#cancelled) this.#connection.pause();
  }

  resume(): void {
    if (!this.#settled) this.#connection.resume();
  }

  cancel(): void {
    if (this.#settled || this.#cancelled) return;
    this.#cancelled = true;
    this.#partial = undefined;
    this.#connection.resume();
    // Not within the call that delivers bytes: the rest of the answer may be among them, and the owner may close the connection.
    queueMicrotask(() => {
      if (!this.#settled) this.#owner.onCancelled();
    });
  }

  onResponseBytes(bytes: Buffer): void {
    const end = bytes.length;
    for (let at = 0; at < end && !this.#cancelled; ) {
      if (this.#partialWanted === 0 && this.#headerLength === 0 && !this.#joining) {
        const body = at + packetHeaderBytes;
        const length = end >= body ? bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) : -1;
        if (length >= 0 && length < payloadBytesMax && body + length <= end) {
          at = body + length;
          this.#take(bytes, body, at);
          continue;
        }
      }
      at = this.#gather(bytes, at, end);
    }
  }

  onResponseEnd(answer: ResponseRelay, connection: BackendConnection): void {
    this.#settled = true;
    this.#owner.onAnswerEnd(answer, connection);
    if (this.#cancelled) return;
    if (answer.error !== undefined) {
      this.#sink.fail(answer.error);
    } else if (this.#state !== state.rows && this.#state !== state.ended) {
      this.#sink.fail(new HeadgateError('HG_INTERNAL', { detail: 'a shard answered a query without rows' }));
    } else {
      this.#sink.end({ warnings: answer.warnings, status: answer.status });
    }
  }

  onResponseLost(answer: ResponseRelay, error: HeadgateError): void {
    this.#settled = true;
    this.#owner.onAnswerLost(answer, error);
    if (!this.#cancelled) this.#sink.fail(error);
  }

  /** Collects a packet that the chunk cuts, or that belongs to a longer payload. */
  #gather(bytes: Buffer, from: number, end: number): number {
    let at = from;
    if (this.#partialWanted === this.#partialLength) {
      while (this.#headerLength < packetHeaderBytes && at < end)
        this.#header[this.#headerLength++] = bytes[at++]!;
      if (this.#headerLength < packetHeaderBytes) return at;
      this.#beginPart(this.#header.readUIntLE(0, 3));
    }
    const step = Math.min(this.#partialWanted - this.#partialLength, end - at);
    bytes.copy(this.#partial!, this.#partialLength, at, at + step);
    this.#partialLength += step;
    at += step;
    if (this.#partialLength < this.#partialWanted) return at;
    this.#headerLength = 0;
    this.#joining = this.#continued;
    if (!this.#continued) this.#takePartial();
    return at;
  }

  #beginPart(length: number): void {
    if (!this.#joining) this.#partialLength = 0;
    this.#continued = length === payloadBytesMax;
    const wanted = this.#partialLength + length;
    if (this.#partial === undefined || this.#partial.length < wanted) {
      // Of a payload in several packets the rest is not known: doubling keeps the copying linear.
      const grown = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.#partialLength, 1024));
      if (this.#joining) this.#partial!.copy(grown, 0, 0, this.#partialLength);
      this.#partial = grown;
    }
    this.#partialWanted = wanted;
  }

  #takePartial(): void {
    const payload = this.#partial!;
    const length = this.#partialLength;
    this.#partialLength = 0;
    this.#partialWanted = 0;
    this.#take(payload, 0, length);
    if (payload.length > KEPT_BYTES_MAX) this.#partial = undefined;
  }

  #take(bytes: Buffer, at: number, end: number): void {
    switch (this.#state) {
      case state.rows:
        if (this.#isEnd(bytes[at]!, end - at)) this.#state = state.ended;
        else this.#sink.row(bytes, at, end);
        break;
      case state.count:
        this.#takeFirst(bytes, at, end);
        break;
      case state.definitions:
        this.#takeDefinition(bytes, at, end);
        break;
      case state.definitionsEnd:
        this.#beginRows();
        break;
      default:
        break;
    }
  }

  #isEnd(first: number, length: number): boolean {
    if (first === 0xff) return true;
    return first === 0xfe && length < (this.#deprecateEof ? payloadBytesMax : EOF_BYTES_MAX);
  }

  /** A count of columns, or OK or ERR: then no rows follow. */
  #takeFirst(bytes: Buffer, at: number, end: number): void {
    const first = bytes[at]!;
    if (first === 0 || first === 0xff) return;
    this.#definitionCount = readLenenc(bytes, at, end);
    this.#state = state.definitions;
  }

  #takeDefinition(bytes: Buffer, at: number, end: number): void {
    if (bytes[at] === 0xff) return;
    this.#definitions.push(Buffer.from(bytes.subarray(at, end)));
    if (this.#definitions.length < this.#definitionCount) return;
    if (this.#deprecateEof) this.#beginRows();
    else this.#state = state.definitionsEnd;
  }

  #beginRows(): void {
    this.#state = state.rows;
    this.#sink.fields(this.#definitions);
  }
}
