/**
 * Follows one command's answer from a tablet and passes it on as the bytes that it is.
 *
 * It walks packet headers to find where the answer ends, looks only into the packets that say something about the session
 * (OK, EOF, ERR, PREPARE's first), patches those in place (status bits, statement ids, sequence numbers) and holds back
 * nothing but a header cut in two or such a packet until it is whole. What it must never do: end an answer that the tablet
 * has not ended, or pass on bytes behind the end.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { capability, packetHeaderBytes, payloadBytesMax, serverStatus } from '../mysql/protocol.ts';
import { ERRNO_TOO_MANY_STATEMENTS } from '../mysql/server-errors.ts';
import { buildErr, parseErr, type ServerError } from './err-packet.ts';
import { buildOk, parseOk } from './ok-packet.ts';
import { frame } from './packets.ts';

/**
 * The forms of an answer: `result` also covers plain OK; `fetch` is rows without definitions (STMT_FETCH), `packet` a single
 * packet of any content (STATISTICS).
 */
export type ResponseKind = 'result' | 'prepare' | 'fieldList' | 'fetch' | 'packet';

/** Where the answer goes. */
export interface ResponseSink {
  /** Bytes of whole or part packets, to be sent in order. Valid until the call returns, unless the source is told to keep them. */
  onResponseBytes(bytes: Buffer): void;
}

export type ResponseOptions = {
  kind: ResponseKind;
  /** Packets that the command itself took: the answer's first sequence number towards the tablet. */
  firstSequence: number;
  /** The same towards the client; differs for the later statements of a multi-statement. */
  clientSequence: number;
  /** Status bits to add to every OK and EOF: more results follow although this tablet knows of none. */
  addStatus: number;
  clientCapabilities: number;
  /** Whether the tablet's connection has DEPRECATE_EOF. */
  deprecateEof: boolean;
  /** The id that the client shall see in place of the tablet's statement id (`prepare`). */
  statementId: number;
  /** The error that the client is told in place of the tablet's; where there is none, the same. */
  errorTold?: ((error: ServerError) => ServerError) | undefined;
  /** Whether the tablet may ask for a file of the client's (LOAD DATA LOCAL). */
  fileAllowed: boolean;
};

const state = { first: 0, definitions: 1, definitionsEnd: 2, rows: 3, done: 4, file: 5 } as const;

const zeros = Buffer.alloc(64 * 1024);
/** An OK with nothing affected, no insert id, no info. */
const OK_BYTES_MIN = 7;

export class ResponseRelay {
  /** Facts of the answer, complete when `done`. */
  status = 0;
  /** Whether the answer said anything of the status: PREPARE under DEPRECATE_EOF and errors do not. */
  hasStatus = false;
  warnings = 0;
  affectedRows: bigint = 0n;
  insertId: bigint = 0n;
  /** Rows of the last result set. */
  rowCount = 0;
  hasRows = false;
  error: ServerError | undefined;
  sessionState: Buffer | undefined;
  /** The info string of OK (`Rows matched: 3  Changed: 1  Warnings: 0`), '' where there is none. */
  info = '';
  /** Of PREPARE: the tablet's statement id, its parameters and columns. */
  statementId = 0;
  parameterCount = 0;
  columnCount = 0;
  done = true;
  /** The tablet has asked for the client's file, and its answer follows when it has that (`resumeAfterFile`). */
  fileRequested = false;
  /** The sequence number of the next packet towards the client. */
  nextClientSequence = 0;
  /** Whether the client has received any byte of this answer. */
  started = false;
  /** The client has not been told the error: there was no room for a statement to be prepared, which can be made. */
  withheld = false;

  #options: ResponseOptions | undefined;
  #sink: ResponseSink | undefined;
  #state: number = state.done;
  #expected = 0;
  #sequenceShift = 0;
  #definitionsLeft = 0;
  /** Of PREPARE: definitions of columns that follow those of parameters. */
  #definitionsAfter = 0;
  /** Bytes of an opaque packet that are still to come. */
  #remaining = 0;
  #continued = false;
  /** The result is OUT parameters: an OK follows, which the EOF behind its row does not tell (only the one before). */
  #outParameters = false;
  #carry: Buffer | undefined;
  #emitFrom = 0;

  /** Whether the answer was the definitions of rows for which the tablet keeps a cursor. */
  get opensCursor(): boolean {
    const isOpen = (this.status & serverStatus.cursorExists) !== 0;
    return isOpen && this.hasRows && this.rowCount === 0 && this.error === undefined;
  }

  begin(options: ResponseOptions, sink: ResponseSink): void {
    this.#options = options;
    this.#sink = sink;
    this.#state = options.kind === 'fetch' ? state.rows : state.first;
    this.#expected = options.firstSequence & 0xff;
    this.#sequenceShift = (options.clientSequence - options.firstSequence) & 0xff;
    this.nextClientSequence = options.clientSequence & 0xff;
    this.#remaining = 0;
    this.#continued = false;
    this.#outParameters = false;
    this.#carry = undefined;
    this.status = 0;
    this.hasStatus = false;
    this.warnings = 0;
    this.affectedRows = 0n;
    this.insertId = 0n;
    this.rowCount = 0;
    this.hasRows = options.kind === 'fetch';
    this.error = undefined;
    this.sessionState = undefined;
    this.info = '';
    this.done = false;
    this.fileRequested = false;
    this.started = false;
    this.withheld = false;
  }

  /** The file was sent: the numbers of the next packet from the tablet, and of the next one to the client. */
  resumeAfterFile(sequence: number, clientSequence: number): void {
    this.fileRequested = false;
    this.#state = state.first;
    this.#expected = sequence & 0xff;
    this.#sequenceShift = (clientSequence - sequence) & 0xff;
    this.nextClientSequence = clientSequence & 0xff;
  }

  /** The number that the next packet from the tablet, or to it, must have. */
  get nextSequence(): number {
    return this.#expected;
  }

  /** Takes the tablet's next bytes. Throws when they break the protocol: that connection is then lost. */
  push(bytes: Buffer): void {
    let chunk = bytes;
    if (this.#carry !== undefined) {
      chunk = Buffer.concat([this.#carry, bytes]);
      this.#carry = undefined;
    }
    this.#emitFrom = 0;
    const at = this.#walk(chunk);
    this.#emit(chunk, at);
    if (at < chunk.length) {
      if (this.done || this.fileRequested)
        throw new HeadgateError('ER_NET_PACKETS_OUT_OF_ORDER', {
          detail: 'the tablet sent more than one answer',
        });
      this.#carry = Buffer.from(chunk.subarray(at));
    }
  }

  /** Ends an answer whose tablet is lost: an unfinished packet is filled up, then the error follows as its own packet. */
  abort(errorPayload: Buffer): void {
    const sink = this.#sink!;
    if (this.#remaining > 0 || this.#continued) {
      for (let left = this.#remaining; left > 0; left -= zeros.length)
        sink.onResponseBytes(zeros.subarray(0, Math.min(left, zeros.length)));
      if (this.#continued) sink.onResponseBytes(frame(Buffer.alloc(0), this.nextClientSequence++));
    }
    sink.onResponseBytes(frame(errorPayload, this.nextClientSequence & 0xff));
    this.nextClientSequence = (this.nextClientSequence + 1) & 0xff;
    this.#state = state.done;
    this.done = true;
  }

  #emit(chunk: Buffer, to: number): void {
    if (to > this.#emitFrom) {
      this.started = true;
      this.#sink!.onResponseBytes(
        this.#emitFrom === 0 && to === chunk.length ? chunk : chunk.subarray(this.#emitFrom, to),
      );
    }
    this.#emitFrom = to;
  }

  /** Returns how far the chunk was used: what lies behind must be seen together with the bytes to come. */
  #walk(chunk: Buffer): number {
    const end = chunk.length;
    let at = 0;
    while (at < end && !this.done && !this.fileRequested) {
      if (this.#remaining > 0) {
        const step = Math.min(this.#remaining, end - at);
        this.#remaining -= step;
        at += step;
        continue;
      }
      if (end - at < packetHeaderBytes) return at;
      const length = chunk[at]! | (chunk[at + 1]! << 8) | (chunk[at + 2]! << 16);
      const body = at + packetHeaderBytes;
      if (this.#continued || length === 0) {
        this.#passSequence(chunk, at);
        this.#continued = length === payloadBytesMax;
        this.#remaining = length;
        at = body;
        continue;
      }
      if (body >= end) return at;
      if (!this.#mustSeeWhole(chunk[body]!, length)) {
        this.#passSequence(chunk, at);
        this.#continued = length === payloadBytesMax;
        this.#countOpaque();
        this.#remaining = length;
        at = body;
        continue;
      }
      if (body + length > end) return at;
      // A command of several packets can be refused after the first: by its length.
      if (this.#state === state.first && chunk[body] === 0xff && chunk[at + 3]! < this.#expected)
        chunk[at + 3] = this.#expected;
      this.#passSequence(chunk, at);
      this.#see(chunk, body, length);
      at = body + length;
    }
    return at;
  }

  /** The one place that checks the tablet's count: a connection out of step could hand out another session's rows. */
  #passSequence(chunk: Buffer, at: number): void {
    const sequence = chunk[at + 3]!;
    if (sequence !== this.#expected) {
      throw new HeadgateError('ER_NET_PACKETS_OUT_OF_ORDER', {
        detail: `expected packet ${this.#expected} of the tablet, got ${sequence}`,
      });
    }
    this.#expected = (sequence + 1) & 0xff;
    const shifted = (sequence + this.#sequenceShift) & 0xff;
    chunk[at + 3] = shifted;
    this.nextClientSequence = (shifted + 1) & 0xff;
  }

  #mustSeeWhole(first: number, length: number): boolean {
    switch (this.#state) {
      case state.rows:
        if (first === 0xff) return true;
        return first === 0xfe && (this.#options!.deprecateEof ? length < payloadBytesMax : length < 9);
      case state.definitions:
        if (this.#endsWithDefinition) return true;
        return (
          this.#options!.kind === 'fieldList' &&
          (first === 0xff || (first === 0xfe && length < payloadBytesMax))
        );
      default:
        return true;
    }
  }

  /**
   * PREPARE under DEPRECATE_EOF ends with its last definition: nothing follows by which a client could be told of a loss. So
   * that packet is passed on whole or not at all.
   */
  get #endsWithDefinition(): boolean {
    const { kind, deprecateEof } = this.#options!;
    return kind === 'prepare' && deprecateEof && this.#definitionsLeft === 1 && this.#definitionsAfter === 0;
  }

  #countOpaque(): void {
    if (this.#state === state.rows) {
      this.rowCount++;
    } else if (this.#state === state.definitions && this.#options!.kind !== 'fieldList') {
      if (--this.#definitionsLeft === 0) this.#definitionsComplete();
    }
  }

  #definitionsComplete(): void {
    if (!this.#options!.deprecateEof) this.#state = state.definitionsEnd;
    else this.#afterDefinitions();
  }

  #afterDefinitions(): void {
    if (this.#options!.kind !== 'prepare') {
      this.#state = state.rows;
    } else if (this.#definitionsAfter > 0) {
      this.#definitionsLeft = this.#definitionsAfter;
      this.#definitionsAfter = 0;
      this.#state = state.definitions;
    } else {
      this.#finish();
    }
  }

  #finish(): void {
    this.#state = state.done;
    this.done = true;
  }

  #see(chunk: Buffer, body: number, length: number): void {
    const first = chunk[body]!;
    if (this.#options!.kind === 'packet') return this.#finish();
    if (first === 0xff) {
      this.#seeError(chunk, body, length);
      if (this.#options!.kind === 'prepare' && this.error?.errno === ERRNO_TOO_MANY_STATEMENTS) {
        this.withheld = true;
        this.#emitFrom = body + length;
      }
      return this.#finish();
    }
    if (this.#state === state.definitionsEnd) {
      this.#seeEof(chunk, body, length);
      this.#outParameters = (this.status & serverStatus.psOutParams) !== 0;
      return this.opensCursor ? this.#finish() : this.#afterDefinitions();
    }
    if (this.#state === state.definitions && this.#options!.kind === 'prepare') return this.#finish();
    if (this.#state === state.first) return this.#seeFirst(chunk, body, length, first);
    if (this.#options!.deprecateEof) this.#seeOk(chunk, body, length);
    else this.#seeEof(chunk, body, length);
    this.#afterResult();
  }

  #seeError(chunk: Buffer, body: number, length: number): void {
    const error = parseErr(chunk.subarray(body, body + length));
    this.error = this.#options!.errorTold?.(error) ?? error;
    if (this.error === error) return;
    this.#emit(chunk, body - packetHeaderBytes);
    this.started = true;
    this.#sink!.onResponseBytes(frame(buildErr(this.error), (this.nextClientSequence - 1) & 0xff));
    this.#emitFrom = body + length;
  }

  #seeFirst(chunk: Buffer, body: number, length: number, first: number): void {
    const kind = this.#options!.kind;
    if (kind === 'prepare') return this.#seePrepared(chunk, body);
    if (kind === 'fieldList') {
      // No count precedes the definitions; this first packet is one of them, or the end.
      this.#state = state.definitions;
      if (first === 0xfe) {
        this.#seeEof(chunk, body, length);
        this.#finish();
      }
      return;
    }
    if (first === 0x00 && length >= 7) {
      this.#seeOk(chunk, body, length);
      return this.#afterResult();
    }
    if (first === 0xfe && length < 9) {
      this.#seeEof(chunk, body, length);
      return this.#afterResult();
    }
    if (first === 0xfb) return this.#requestFile();
    this.hasRows = true;
    this.rowCount = 0;
    this.#definitionsLeft = first < 0xfb ? first : chunk.readUIntLE(body + 1, first === 0xfc ? 2 : 3);
    this.#state = state.definitions;
  }

  #requestFile(): void {
    // A client that has not offered files, or must not, would take the request for an answer, or give away what it should not.
    if (!this.#options!.fileAllowed)
      throw new HeadgateError('ER_MALFORMED_PACKET', { detail: 'the tablet asks for a local file' });
    this.fileRequested = true;
    this.#state = state.file;
  }

  #seePrepared(chunk: Buffer, body: number): void {
    this.statementId = chunk.readUInt32LE(body + 1);
    this.columnCount = chunk.readUInt16LE(body + 5);
    this.parameterCount = chunk.readUInt16LE(body + 7);
    this.warnings = chunk.readUInt16LE(body + 10);
    chunk.writeUInt32LE(this.#options!.statementId, body + 1);
    this.#definitionsLeft = this.parameterCount > 0 ? this.parameterCount : this.columnCount;
    this.#definitionsAfter = this.parameterCount > 0 ? this.columnCount : 0;
    if (this.#definitionsLeft === 0) this.#finish();
    else this.#state = state.definitions;
  }

  #seeEof(chunk: Buffer, body: number, length: number): void {
    // COM_FIELD_LIST ends with an OK in place of EOF where DEPRECATE_EOF holds.
    if (length > 5) return this.#seeOk(chunk, body, length);
    this.hasStatus = true;
    this.warnings = chunk.readUInt16LE(body + 1);
    this.status = chunk.readUInt16LE(body + 3);
    const add = this.#options!.addStatus;
    if (add !== 0) chunk.writeUInt16LE(this.status | add, body + 3);
  }

  #seeOk(chunk: Buffer, body: number, length: number): void {
    const options = this.#options!;
    this.hasStatus = true;
    if (
      length === OK_BYTES_MIN &&
      chunk[body + 1] === 0 &&
      chunk[body + 2] === 0 &&
      (chunk.readUInt16LE(body + 3) & serverStatus.sessionStateChanged) === 0
    ) {
      // The usual OK, read without an object: nothing affected, no insert id, nothing tracked.
      this.affectedRows = 0n;
      this.insertId = 0n;
      this.status = chunk.readUInt16LE(body + 3);
      this.warnings = chunk.readUInt16LE(body + 5);
      if (options.addStatus !== 0) chunk.writeUInt16LE(this.status | options.addStatus, body + 3);
      return;
    }
    const ok = parseOk(chunk.subarray(body, body + length), capability.sessionTrack);
    this.affectedRows = ok.affectedRows;
    this.insertId = ok.insertId;
    this.status = ok.statusFlags;
    this.warnings = ok.warnings;
    this.info = ok.info.toString();
    if (ok.sessionState.length > 0) this.sessionState = Buffer.from(ok.sessionState);
    const changed = (ok.statusFlags & serverStatus.sessionStateChanged) !== 0;
    const stripped = changed && (options.clientCapabilities & capability.sessionTrack) === 0;
    if (options.addStatus === 0 && !stripped) return;
    const fields = { ...ok, statusFlags: ok.statusFlags | options.addStatus, header: chunk[body]! };
    const rebuilt = buildOk(fields, options.clientCapabilities);
    this.#emit(chunk, body - packetHeaderBytes);
    this.started = true;
    this.#sink!.onResponseBytes(frame(rebuilt, (this.nextClientSequence - 1) & 0xff));
    this.#emitFrom = body + length;
  }

  #afterResult(): void {
    const isFollowed = this.#outParameters || (this.status & serverStatus.moreResultsExist) !== 0;
    this.#outParameters = false;
    if (isFollowed) this.#state = state.first;
    else this.#finish();
  }
}
