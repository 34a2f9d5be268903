/** LOAD DATA LOCAL on one of several shards: it asks for its file, and answers when it has that. */
import type { AnswerReceiver, BackendConnection } from '../gateway/backend-connection.ts';
import type { FileSource, FileUpload } from '../gateway/file-upload.ts';
import { command } from '../mysql/protocol.ts';
import { commandPacket } from '../wire/packets.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';
import type { Ran } from './shard-writes.ts';

const HEADER_BYTES = 4;

export class ShardLoad implements FileSource, AnswerReceiver {
  /** Where its rows go; undefined for a shard that has answered without having asked. */
  upload: FileUpload | undefined;
  /** What the shard has asked the client. */
  request: Buffer = Buffer.alloc(0);
  /** It has asked for the file, or ended. */
  readonly started: Promise<void>;
  /** Its answer; rejects when the tablet is lost. */
  readonly ran: Promise<Ran>;
  readonly #start: () => void;
  readonly #end: (ran: Ran) => void;
  readonly #fail: (error: Error) => void;

  constructor(connection: BackendConnection, text: Buffer) {
    const started = Promise.withResolvers<void>();
    const ran = Promise.withResolvers<Ran>();
    this.started = started.promise;
    this.ran = ran.promise;
    this.#start = started.resolve;
    this.#end = ran.resolve;
    this.#fail = ran.reject;
    // Told when it is asked for.
    ran.promise.catch(() => {});
    const options = {
      kind: 'result',
      clientSequence: 1,
      addStatus: 0,
      clientCapabilities: 0,
      statementId: 0,
      fileSource: this,
    } as const;
    connection.send(commandPacket(command.query, text), options, this);
  }

  sendFile(upload: FileUpload): void {
    this.upload = upload;
    this.#start();
  }

  onResponseBytes(bytes: Buffer): void {
    if (this.request.length === 0) this.request = Buffer.from(bytes.subarray(HEADER_BYTES));
  }

  onResponseEnd(answer: ResponseRelay): void {
    const { error, affectedRows, warnings, status, info } = answer;
    this.#start();
    this.#end({ answer: { error, affectedRows, warnings, status }, info });
  }

  onResponseLost(_answer: ResponseRelay, error: Error): void {
    this.#start();
    this.#fail(error);
  }
}
