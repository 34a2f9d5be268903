/**
 * The file of one LOAD DATA LOCAL on its way to a tablet. Its packets are numbered here, whatever they were in when they came.
 * A tablet that is lost meanwhile takes the rest without a trace: the client cannot be told of it before it has sent all.
 */
import { writeHeader } from '../wire/packets.ts';

/** Bytes left free at the beginning of what is given to `write`. */
export const UPLOAD_HEADER_BYTES = 4;

/** Has the file for which a tablet asks while it answers LOAD DATA LOCAL. */
export interface FileSource {
  /** The request has been passed on. The source writes the content and then says `end`, whatever happens. */
  sendFile(upload: FileUpload): void;
}

/** Takes a client's file. */
export interface FileSink {
  /** Sequence number of the first packet that the client sends. */
  readonly clientSequence: number;
  /** Called when a full sink can take more. */
  onDrain: (() => void) | undefined;
  /** Takes content, behind `UPLOAD_HEADER_BYTES` free bytes; the buffer is the sink's from now on. False: no more until `onDrain`. */
  write(packet: Buffer): boolean;
  /** All has come. `clientSequence`: the number of the next packet to the client. */
  end(clientSequence: number): void;
  /** The client is gone: nothing follows. */
  abandon(): void;
}

export class FileUpload implements FileSink {
  /** Sequence number of the first packet that the client sends. */
  readonly clientSequence: number;
  /** Called when a full upload can take more. */
  onDrain: (() => void) | undefined;
  /** The tablet is lost. */
  lost = false;
  #sequence: number;
  readonly #send: (packet: Buffer) => boolean;
  readonly #ended: (sequence: number, clientSequence: number) => void;

  /** `send` writes to the tablet; `ended` gets the numbers of the next packet from the tablet, and of the next one to the client. */
  constructor(
    sequence: number,
    clientSequence: number,
    send: (packet: Buffer) => boolean,
    ended: (sequence: number, clientSequence: number) => void,
  ) {
    this.#sequence = sequence;
    this.clientSequence = clientSequence;
    this.#send = send;
    this.#ended = ended;
  }

  /**
   * Sends content: `packet` has four free bytes in front of it, must be shorter than a full packet, and is the upload's from now on.
   * False: no more until `onDrain`.
   */
  write(packet: Buffer): boolean {
    if (this.lost || packet.length === UPLOAD_HEADER_BYTES) return true;
    writeHeader(packet, 0, packet.length - UPLOAD_HEADER_BYTES, this.#sequence++);
    return this.#send(packet);
  }

  /** All has been sent. `clientSequence`: the number of the next packet to the client. */
  end(clientSequence: number): void {
    if (!this.lost) {
      const empty = Buffer.alloc(UPLOAD_HEADER_BYTES);
      writeHeader(empty, 0, 0, this.#sequence++);
      this.#send(empty);
    }
    this.#ended(this.#sequence, clientSequence);
  }

  /** The session closes the connection to the tablet, which then rolls back. */
  abandon(): void {
    this.#ended(this.#sequence, this.clientSequence);
  }

  drained(): void {
    this.onDrain?.();
  }
}
