/** The file that a client sends for LOAD DATA LOCAL: from its socket to whoever asked for it, no faster than that takes it. */
import { type FileSink, UPLOAD_HEADER_BYTES } from '../gateway/file-upload.ts';
import { FileReader } from '../wire/file-reader.ts';

export class ClientFile {
  readonly #sink: FileSink;
  readonly #reader: FileReader;

  /** `resume` lets the client go on after `push` has returned false. */
  constructor(sink: FileSink, resume: () => void) {
    this.#sink = sink;
    this.#reader = new FileReader(sink.clientSequence);
    sink.onDrain = resume;
  }

  /** The empty packet has come: `end` is the next thing to call. */
  get done(): boolean {
    return this.#reader.done;
  }

  /** Where `push` has stopped reading: bytes behind it are the next command's. */
  get readEnd(): number {
    return this.#reader.readEnd;
  }

  /** Takes the client's bytes. False: it has to wait. Throws ER_NET_PACKETS_OUT_OF_ORDER. */
  push(bytes: Buffer): boolean {
    const packet = Buffer.allocUnsafe(UPLOAD_HEADER_BYTES + bytes.length);
    const end = this.#reader.push(bytes, 0, packet, UPLOAD_HEADER_BYTES);
    return this.#sink.write(packet.subarray(0, end));
  }

  /** Lets the receiver answer. */
  end(): void {
    this.#sink.end(this.#reader.expectedSequence);
  }

  /** The client is gone. */
  abandon(): void {
    this.#sink.abandon();
  }
}
