/**
 * The end of the stream: rows become packets, gathered into large buffers, at the pace at which the client takes them.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { packetHeaderBytes, payloadBytesMax } from '../../mysql/protocol.ts';
import { lenencInteger } from '../../wire/lenenc.ts';
import { buildResultEnd, frame, frameCount, writeHeader } from '../../wire/packets.ts';
import type { RowProducer, RowSink, RowSource, RowsError, RowsSummary } from '../row-stream.ts';

/** The client's side of a result. */
export interface RowClient {
  /** Sends whole packets. False means full: rows stop until `resume` is called on the source. */
  write(packets: Buffer): boolean;
  /** Whether what was written last has to stay as it is; else its memory is used again. */
  readonly keepsBytes: boolean;
  /** All rows are written. The packet that ends the result, with this sequence number, is the session's to send. */
  onRowsEnd(summary: RowsSummary, sequence: number): void;
  /** The result failed, perhaps in the middle: the error, with this sequence number, is the session's to send. */
  onRowsFailed(error: RowsError, sequence: number): void;
}

export type ClientRowOptions = Readonly<{
  /** Sequence number of the result's first packet. */
  sequence: number;
  /** Whether the client has DEPRECATE_EOF, so that no EOF stands between definitions and rows. */
  deprecateEof: boolean;
  /** Status bits of that EOF, asked for when it is sent. */
  status: () => number;
}>;

const FIRST_BUFFER_BYTES = 4 * 1024;
const BUFFER_BYTES = 64 * 1024;

export class ClientRowSink implements RowSink, RowSource {
  readonly #client: RowClient;
  readonly #deprecateEof: boolean;
  readonly #status: () => number;
  #source!: RowSource;
  #sequence: number;
  #buffer: Buffer | undefined;
  #length = 0;
  #hasWritten = false;
  /** Of a long result: what the next rows can go into, so that its pace is not that of the garbage collector. */
  #used: Buffer | undefined;
  #nextBytes = FIRST_BUFFER_BYTES;
  /** Rows that were given to the client. */
  rowCount = 0;

  constructor(client: RowClient, { sequence, deprecateEof, status }: ClientRowOptions) {
    this.#client = client;
    this.#sequence = sequence;
    this.#deprecateEof = deprecateEof;
    this.#status = status;
  }

  /** Starts the rows; the handle is this sink itself: `resume` when the client has room again, `cancel` when it is gone. */
  start(rows: RowProducer): this {
    this.#source = rows(this);
    return this;
  }

  pause(): void {
    this.#source.pause();
  }

  resume(): void {
    this.#source.resume();
  }

  cancel(): void {
    this.#buffer = undefined;
    this.#source.cancel();
  }

  fields(definitions: readonly Buffer[]): void {
    const count = lenencInteger(definitions.length);
    this.#put(count, 0, count.length);
    for (const one of definitions) this.#put(one, 0, one.length);
    if (this.#deprecateEof) return;
    const eof = buildResultEnd(this.#status(), 0, 0);
    this.#put(eof, 0, eof.length);
  }

  row(bytes: Buffer, at: number, end: number): void {
    this.rowCount++;
    this.#put(bytes, at, end);
  }

  end(summary: RowsSummary): void {
    this.#flush();
    this.#client.onRowsEnd(summary, this.#sequence & 0xff);
  }

  fail(error: RowsError): void {
    // Of a tablet that was lost the client need not hear, as long as it has nothing: the query can be repeated.
    const isLost = error instanceof HeadgateError && error.code === 'HG_TABLET_LOST';
    if (isLost && !this.#hasWritten) this.#buffer = undefined;
    this.#flush();
    this.#client.onRowsFailed(error, this.#sequence & 0xff);
  }

  #put(bytes: Buffer, at: number, end: number): void {
    const length = end - at;
    const size = length + packetHeaderBytes;
    if (size > BUFFER_BYTES) return this.#putLarge(bytes, at, end);
    let buffer = this.#buffer;
    if (buffer === undefined || buffer.length - this.#length < size) {
      this.#flush();
      buffer = this.#roomFor(size);
      this.#buffer = buffer;
    }
    writeHeader(buffer, this.#length, length, this.#sequence++);
    bytes.copy(buffer, this.#length + packetHeaderBytes, at, end);
    this.#length += size;
  }

  /** A buffer that the client has used up, as large as any, or a new one. */
  #roomFor(size: number): Buffer {
    const used = this.#used;
    this.#used = undefined;
    if (used !== undefined) return used;
    while (this.#nextBytes < size) this.#nextBytes *= 2;
    const buffer = Buffer.allocUnsafeSlow(this.#nextBytes);
    // Small results take small buffers, long ones few.
    this.#nextBytes = Math.min(BUFFER_BYTES, this.#nextBytes * 2);
    return buffer;
  }

  #putLarge(bytes: Buffer, at: number, end: number): void {
    this.#flush();
    const payload = bytes.subarray(at, end);
    const packets = frame(payload, this.#sequence);
    this.#sequence += payload.length < payloadBytesMax ? 1 : frameCount(payload.length);
    this.#write(packets);
  }

  #flush(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    const packets = this.#length === buffer.length ? buffer : buffer.subarray(0, this.#length);
    this.#buffer = undefined;
    this.#length = 0;
    this.#write(packets);
    if (buffer.length === BUFFER_BYTES && !this.#client.keepsBytes) this.#used = buffer;
  }

  #write(packets: Buffer): void {
    this.#hasWritten = true;
    if (!this.#client.write(packets)) this.#source.pause();
  }
}
