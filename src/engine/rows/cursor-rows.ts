/**
 * One shard's rows by way of a cursor that the shard keeps: between the parts in which they are fetched the connection is free for
 * other statements.
 */
import type { BackendConnection, CommandOptions } from '../../gateway/backend-connection.ts';
import { capability, command, serverStatus } from '../../mysql/protocol.ts';
import type { ServerError } from '../../wire/err-packet.ts';
import { commandPacket } from '../../wire/packets.ts';
import type { RowSink, RowSource, RowsError } from '../row-stream.ts';
import { RowReader, type RowReaderOwner } from './row-reader.ts';

/** What the owner of a cursor must know. */
export interface CursorOwner {
  /** An EXECUTE or a FETCH has been answered or has failed: the connection is free again, or closed. `warnings` is its count. */
  onIdle(warnings: number): void;
}

/** So much is fetched at a time, by what the rows before had; the first time so many rows, and never more than `ROWS_MAX`. */
export const PART_BYTES = 256 * 1024;
const FIRST_ROWS = 32;
const ROWS_MAX = 2000;

const options: CommandOptions = {
  kind: 'result',
  clientSequence: 1,
  addStatus: 0,
  clientCapabilities: capability.sessionTrack,
  statementId: 0,
};

export class CursorRows implements RowSource {
  readonly #sink: RowSink;
  readonly #connection: BackendConnection;
  readonly #statementId: number;
  readonly #owner: CursorOwner;
  readonly #partBytes: number;
  #reader: RowReader | undefined;
  /** No more rows are there, or wanted. */
  #ended = false;
  #paused = false;
  /** Rows are wanted now; otherwise the answer in progress is read to its end, and no other one asked for. */
  #wanted = false;
  #rows = 0;
  #bytes = 0;
  #warnings = 0;
  /** What the last answer failed with. */
  error: ServerError | undefined;
  /** MySQL has closed the cursor itself, with its last row. */
  done = false;

  /** `execute` is COM_STMT_EXECUTE with a cursor for the statement; it is sent when `start` is called. */
  constructor(
    sink: RowSink,
    connection: BackendConnection,
    statementId: number,
    owner: CursorOwner,
    partBytes = PART_BYTES,
  ) {
    this.#partBytes = partBytes;
    this.#sink = sink;
    this.#connection = connection;
    this.#statementId = statementId;
    this.#owner = owner;
  }

  get busy(): boolean {
    return this.#reader !== undefined;
  }

  /** Sends COM_STMT_EXECUTE: the definitions come, and rows only where MySQL has opened no cursor. */
  start(execute: Buffer): this {
    this.#send(execute, false);
    return this;
  }

  /** Rows may be fetched from now on. */
  want(): void {
    this.#wanted = true;
    this.#more();
  }

  /** What is under way comes to its end, and nothing more is asked for. */
  settle(): void {
    this.#wanted = false;
    this.#reader?.resume();
  }

  pause(): void {
    this.#paused = true;
    if (this.#wanted) this.#reader?.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#reader !== undefined) this.#reader.resume();
    else this.#more();
  }

  cancel(): void {
    this.#ended = true;
    this.#reader?.resume();
  }

  #more(): void {
    if (this.#ended || this.#paused || !this.#wanted || this.#reader !== undefined) return;
    const content = Buffer.alloc(8);
    content.writeUInt32LE(this.#statementId, 0);
    content.writeUInt32LE(this.#partRows(), 4);
    this.#send(commandPacket(command.stmtFetch, content), true);
  }

  #partRows(): number {
    if (this.#rows === 0) return FIRST_ROWS;
    return Math.max(1, Math.min(ROWS_MAX, Math.floor((this.#partBytes * this.#rows) / this.#bytes)));
  }

  #send(packet: Buffer, rowsOnly: boolean): void {
    const { deprecateEof } = this.#connection;
    const reader = new RowReader(this.#partSink, this.#connection, deprecateEof, this.#readerOwner, rowsOnly);
    this.#reader = reader;
    this.#connection.send(packet, { ...options, kind: rowsOnly ? 'fetch' : 'result' }, reader);
  }

  get #readerOwner(): RowReaderOwner {
    return {
      onAnswerEnd: (answer) => {
        this.#warnings = answer.warnings;
        this.error = answer.error;
        this.done = answer.error === undefined && (answer.status & serverStatus.cursorExists) === 0;
      },
      onAnswerLost: () => {},
      onCancelled: () => {},
    };
  }

  get #partSink(): RowSink {
    return {
      fields: (definitions) => {
        if (!this.#ended) this.#sink.fields(definitions);
      },
      row: (bytes, at, end) => {
        this.#rows++;
        this.#bytes += end - at;
        if (!this.#ended) this.#sink.row(bytes, at, end);
      },
      end: ({ warnings, status }) => {
        const goesOn = !this.#ended && (status & serverStatus.cursorExists) !== 0;
        this.#idle(() => {
          if (!goesOn && !this.#ended) this.#end(() => this.#sink.end({ warnings, status }));
        });
      },
      fail: (error: RowsError) => this.#idle(() => this.#end(() => this.#sink.fail(error))),
    };
  }

  #end(tell: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    tell();
  }

  /** The connection is free: first the sink learns of what has come, then more is asked for, then the owner looks. */
  #idle(tell: () => void): void {
    this.#reader = undefined;
    tell();
    this.#more();
    const warnings = this.#warnings;
    this.#warnings = 0;
    this.#owner.onIdle(warnings);
  }
}
