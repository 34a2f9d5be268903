/**
 * A client's file on its way to several shards: cut into rows, each of which goes to its shard as it came. No faster than the slowest of
 * them takes it, and nothing is kept but a row that is not complete.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { type FileSink, type FileUpload, UPLOAD_HEADER_BYTES } from '../../gateway/file-upload.ts';
import type { RowNumbers } from './row-numbers.ts';
import type { RowPlacement } from './row-placement.ts';
import { BROKEN, END, type FieldValue, MORE, type RowFormat, RowSplitter } from './row-splitter.ts';

export type Distribution = Readonly<{
  format: RowFormat;
  fieldCount: number;
  /** Lines at the beginning that are no rows. */
  ignoredLines: number;
  placement: RowPlacement;
  /** What a longer row meets is HG_STATEMENT_MEMORY. */
  rowBytesMax: number;
  /** By shard. */
  uploads: readonly FileUpload[];
  numbers: readonly RowNumbers[];
  /** Values of the sequence for so many rows: the first of them. */
  takeValues: (count: number) => Promise<bigint>;
}>;

type Row = Readonly<{
  start: number;
  /** Where its first field begins. */
  content: number;
  end: number;
  fields: readonly (FieldValue | undefined)[];
}>;

/** A row that is longer is looked at again only when there is twice as much of it. */
const RESCAN_BYTES = 256 * 1024;
const PACKET_BYTES_MAX = 4 * 1024 * 1024;

export class FileDistributor implements FileSink {
  readonly clientSequence: number;
  onDrain: (() => void) | undefined;
  /** Why the rest of the file was not sent on; undefined: it was. */
  failure: unknown;
  /** Of the sequence: the first that it gave. */
  firstValue: bigint | undefined;
  /** The shard that got the last row; undefined: there was none. */
  lastShard: number | undefined;
  /** When the client has sent all, or is gone: the number of the next packet to it. */
  readonly done: Promise<number>;
  #heardMs = performance.now();
  readonly #plan: Distribution;
  readonly #splitter: RowSplitter;
  #ignoredLeft: number;
  #rows = 0;
  /** Bytes that have come and are not sent yet. */
  #parts: Buffer[] = [];
  #size = 0;
  /** Before that there is nothing to be seen in them. */
  #sizeWanted = 1;
  #isRunning = false;
  #isWaiting = false;
  #endedWith: number | undefined;
  #isFinished = false;
  /** MySQL will refuse the rest, whatever is in it. */
  #isBroken = false;
  readonly #resolve: (clientSequence: number) => void;

  constructor(clientSequence: number, plan: Distribution) {
    this.clientSequence = clientSequence;
    this.#plan = plan;
    this.#splitter = new RowSplitter(plan.format, plan.fieldCount, plan.placement.wanted);
    this.#ignoredLeft = plan.ignoredLines;
    const { promise, resolve } = Promise.withResolvers<number>();
    this.done = promise;
    this.#resolve = resolve;
  }

  /** For how long the client, which does not have to wait for anybody, has sent nothing. */
  get silentMs(): number {
    return this.#isWaiting ? 0 : performance.now() - this.#heardMs;
  }

  write(packet: Buffer): boolean {
    this.#heardMs = performance.now();
    if (this.failure !== undefined) return true;
    this.#parts.push(packet.subarray(UPLOAD_HEADER_BYTES));
    this.#size += packet.length - UPLOAD_HEADER_BYTES;
    if (!this.#isRunning) void this.#run();
    return !this.#isWaiting;
  }

  end(clientSequence: number): void {
    this.#endedWith = clientSequence;
    if (!this.#isRunning) void this.#run();
  }

  abandon(): void {
    this.failure ??= new HeadgateError('ER_QUERY_INTERRUPTED');
    this.end(this.clientSequence);
  }

  /** Sends on what there is, until there is no more. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    try {
      await this.#sendAll();
      // The end may have come since.
      if (this.#endedWith !== undefined) await this.#sendAll();
    } catch (error) {
      this.failure ??= error;
      this.#parts = [];
    }
    this.#isRunning = false;
    if (this.#endedWith === undefined) this.onDrain?.();
    else this.#resolve(this.#endedWith);
  }

  async #sendAll(): Promise<void> {
    while (this.failure === undefined && !this.#isFinished) {
      const atEnd = this.#endedWith !== undefined;
      if (this.#size < this.#sizeWanted && !atEnd) return;
      const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
      const rows = this.#cut(bytes, atEnd);
      this.#isFinished = atEnd;
      this.#isWaiting = true;
      if (this.#plan.placement.generates && rows.length > 0) {
        const first = await this.#plan.takeValues(rows.length);
        this.firstValue ??= first;
        await this.#send(bytes, rows, first);
      } else {
        const sent = this.#send(bytes, rows, undefined);
        if (sent !== undefined) await sent;
      }
      this.#isWaiting = false;
      this.#heardMs = performance.now();
    }
  }

  /** The rows that are complete; what is behind them is kept. */
  #cut(bytes: Buffer, atEnd: boolean): Row[] {
    const rows: Row[] = [];
    const splitter = this.#splitter;
    let at = 0;
    while (!this.#isBroken) {
      const end = this.#ignoredLeft > 0 ? splitter.skip(bytes, at, atEnd) : splitter.next(bytes, at, atEnd);
      if (end === MORE || end === END) break;
      if (this.#ignoredLeft > 0 && end !== BROKEN) {
        this.#ignoredLeft--;
        // A file that ends within what is left out has no row.
        if (end === at) break;
      } else if (end === BROKEN) {
        this.#isBroken = true;
        break;
      } else rows.push({ start: at, content: splitter.contentStart, end, fields: splitter.fields.slice() });
      at = end;
    }
    if (this.#isBroken) {
      rows.push({ start: at, content: at, end: bytes.length, fields: [] });
      at = bytes.length;
    }
    this.#keep(bytes.subarray(at));
    return rows;
  }

  #keep(rest: Buffer): void {
    if (rest.length > this.#plan.rowBytesMax)
      throw new HeadgateError('HG_STATEMENT_MEMORY', { detail: `row ${this.#rows + 1} of the file` });
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#size = rest.length;
    this.#sizeWanted = rest.length < RESCAN_BYTES ? rest.length + 1 : 2 * rest.length;
  }

  /** Gives each shard its rows. What it returns has to be waited for. */
  #send(bytes: Buffer, rows: readonly Row[], firstValue: bigint | undefined): Promise<unknown> | undefined {
    const { placement, uploads, numbers, format } = this.#plan;
    const pieces: Buffer[][] = uploads.map(() => []);
    for (const [at, { start, content, end, fields }] of rows.entries()) {
      this.#rows++;
      const isBroken = this.#isBroken && at === rows.length - 1;
      const value = firstValue === undefined ? undefined : firstValue + BigInt(at);
      const shard = isBroken ? 0 : placement.shardOf(fields, this.#rows, value);
      this.lastShard = shard;
      numbers[shard]!.push(this.#rows);
      if (value === undefined) pieces[shard]!.push(bytes.subarray(start, end));
      else
        pieces[shard]!.push(
          bytes.subarray(start, content),
          Buffer.from(String(value)),
          format.fieldEnd,
          bytes.subarray(content, end),
        );
    }
    const full = uploads.filter((upload, shard) => !writeAll(upload, pieces[shard]!));
    return full.length === 0 ? undefined : Promise.all(full.map(drained));
  }
}

/** False: it has to be waited for. */
function writeAll(upload: FileUpload, pieces: readonly Buffer[]): boolean {
  if (pieces.length === 0) return true;
  const content = Buffer.concat([Buffer.alloc(UPLOAD_HEADER_BYTES), ...pieces]);
  if (content.length <= PACKET_BYTES_MAX) return upload.write(content);
  let takes = true;
  for (let at = UPLOAD_HEADER_BYTES; at < content.length; at += PACKET_BYTES_MAX) {
    const part = content.subarray(at, at + PACKET_BYTES_MAX);
    takes = upload.write(Buffer.concat([Buffer.alloc(UPLOAD_HEADER_BYTES), part]));
  }
  return takes;
}

/** One that is lost takes everything. */
const drained = (upload: FileUpload): Promise<void> =>
  new Promise((resolve) => {
    upload.onDrain = resolve;
    if (upload.lost) resolve();
  });
