/**
 * Joins by lookups: outer rows are taken in batches, and for the keys of each batch the inner rows are asked for. While a batch is at
 * work the next one fills, and then its source is paused, so memory depends on the sizes of batches alone.
 *
 * Where the outer order counts, the inner rows of a batch are kept until all are here; are they too many, a part of the batch is looked up
 * again, down to a single outer row. Elsewhere, and for a single row, inner rows stream past the batch and none is kept.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { addSummaries } from '../operators/inputs.ts';
import type { MemoryBudget } from '../operators/memory-budget.ts';
import { asRowsError, Operator } from '../operators/operator.ts';
import type { RowProducer, RowSink, RowSource, RowsError, RowsSummary } from '../row-stream.ts';
import type { RowProtocol } from '../rows/formats.ts';
import { RowQueue } from '../rows/row-queue.ts';
import type { RowKey } from '../rows/sort-key.ts';
import { composer, type JoinColumn, type RowComposer } from './compose-rows.ts';
import { InnerRows } from './inner-rows.ts';
import { joinedDefinitions, requireSameColumns } from './joined-definitions.ts';
import { LookupKeys, NO_KEY, OuterBatch } from './outer-batch.ts';
import { Side } from './side.ts';

/** `semi` gives outer rows that have an inner one, `anti` those that have none, each once. */
export type JoinKind = 'inner' | 'left' | 'semi' | 'anti';

export type JoinLimits = Readonly<{
  /** What a batch has at most; the last row may go beyond. */
  batchRows: number;
  batchBytes: number;
  /** What the first batch has, where few rows are wanted; each further one has four times as many. Undefined: no less. */
  firstRows?: number;
  /** Inner rows that are kept for a batch. */
  innerBytes: number;
}>;

const KIB = 1024;
const MIB = 1024 * KIB;

/** Limits of a statement that may keep `bytesMax` in all. Lookups that no index serves are to be few. */
export function joinLimits(bytesMax: number, isIndexed: boolean): JoinLimits {
  const [rows, bytes, inner] = isIndexed ? [2000, 512 * KIB, 4 * MIB] : [50_000, 8 * MIB, 32 * MIB];
  const share = bytesMax / 8;
  return {
    batchRows: Math.max(1, Math.min(rows, Math.floor(share / ROW_BYTES))),
    batchBytes: Math.min(bytes, share),
    innerBytes: Math.min(inner, 2 * share),
  };
}

export type LookupJoinOptions = Readonly<{
  protocol: RowProtocol;
  kind: JoinKind;
  outerKeys: readonly RowKey[];
  innerKeys: readonly RowKey[];
  /** Of `semi` and `anti`: outer columns only. */
  output: readonly JoinColumn[];
  /** Inner columns are said to be nullable; those of a left join are. */
  isNullable?: boolean;
  /** Whether the rows come in the order of the outer rows. */
  ordered: boolean;
  /** Inner rows are kept in any case: what reads them must not wait for whoever takes the joined rows. */
  keeps?: boolean;
  budget: MemoryBudget;
  /** Inner rows for keys; for none of them no rows, but the definitions. */
  lookup: (keys: LookupKeys) => RowProducer;
  limits?: JoinLimits;
}>;

/** About what an outer row takes beside its bytes. */
const ROW_BYTES = 120;

class LookupJoin extends Operator {
  readonly #options: LookupJoinOptions;
  readonly #limits: JoinLimits;
  readonly #isFilter: boolean;
  #outer!: Side;
  #inner: Side | undefined;
  #composer: RowComposer | undefined;

  #batchRows: number;
  #filling = new OuterBatch();
  #spare: OuterBatch | undefined;
  #current: OuterBatch | undefined;
  #taken = 0;
  #outerEnded = false;
  #outerPaused = false;
  #summary: RowsSummary = { warnings: 0, status: 0 };

  /** The rows of the current batch that are looked up: from `#from` to before `#to`. */
  #from = 0;
  #to = 0;
  readonly #rows = new InnerRows();
  readonly #waiting = new RowQueue();
  #lookup: RowSource | undefined;
  /** Which lookup it is: calls of one that was given up are not heard. */
  #turn = 0;
  /** All inner rows of the range are here. */
  #complete = false;
  #streams = false;
  #paused = false;
  /** Others have their turn before more rows are given out. */
  #resting = false;
  #sinceRest = 0;
  #emitting = false;
  /** Where giving out rows goes on: at this outer row, with that inner one (`UNSEEN`: it has not begun). */
  #row = 0;
  #link = UNSEEN;

  constructor(sink: RowSink, options: LookupJoinOptions) {
    super(sink);
    this.#options = options;
    this.#limits = options.limits ?? joinLimits(options.budget.bytesMax, true);
    this.#batchRows = Math.min(this.#limits.firstRows ?? this.#limits.batchRows, this.#limits.batchRows);
    this.#isFilter = options.kind === 'semi' || options.kind === 'anti';
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    const { protocol, outerKeys, output } = this.#options;
    this.#outer = new Side(definitions, protocol, outerKeys);
    if (!this.#isFilter) return;
    this.#composer = isWhole(output, definitions.length)
      ? undefined
      : composer(protocol, definitions, definitions, output);
    this.sink.fields(output.map(({ column }) => definitions[column]!));
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    const size = end - at + ROW_BYTES;
    this.#options.budget.take(size);
    this.#taken += size;
    this.#filling.add(bytes, at, end, this.#outer.keyOf(bytes, at, end));
    if (this.#isFull) this.#advance();
  }

  protected override onEnd(summary: RowsSummary): void {
    this.#summary = addSummaries(this.#summary, summary);
    this.#outerEnded = true;
    this.#advance();
  }

  get #isFull(): boolean {
    return this.#filling.count >= this.#batchRows || this.#filling.length >= this.#limits.batchBytes;
  }

  /** Begins with the next batch where it is ready and none is at work. */
  #advance(): void {
    if (this.#current !== undefined) {
      if (!this.#isFull || this.#outerEnded || this.#outerPaused) return;
      this.#outerPaused = true;
      this.source.pause();
      return;
    }
    if (this.#outerEnded || this.#isFull) {
      const batch = this.#filling;
      if (batch.count === 0 && (this.#isFilter || this.#inner !== undefined))
        return this.finish(this.#summary);
      this.#current = batch;
      this.#batchRows = Math.min(this.#limits.batchRows, BATCH_GROWTH * this.#batchRows);
      this.#filling = this.#spare ?? new OuterBatch();
      this.#spare = undefined;
      this.#from = 0;
      this.#lookUp(batch.count);
    }
    if (this.#outerPaused && !this.closed && !this.#isFull) {
      this.#outerPaused = false;
      this.source.resume();
    }
  }

  /** Asks for the inner rows of the rows of the current batch before `to`. */
  #lookUp(to: number): void {
    const batch = this.#current!;
    const { ordered, lookup, keeps = false } = this.#options;
    this.#to = to;
    this.#row = this.#from;
    this.#link = UNSEEN;
    this.#streams = !this.#isFilter && !keeps && (!ordered || to - this.#from === 1);
    this.#clearRows(batch.firstRow.length);
    const keys = new LookupKeys(batch, this.#outer.format, this.#outer.definitions, this.#from, to);
    this.#complete = keys.count === 0 && (this.#isFilter || this.#inner !== undefined);
    if (this.#complete) return this.#emit();
    const turn = ++this.#turn;
    this.#lookup = lookup(keys)(this.#innerSink(turn));
    if (this.#isHeld && this.#streams) this.#lookup.pause();
  }

  #innerSink(turn: number): RowSink {
    const guard = (run: () => void): void => {
      if (this.closed || turn !== this.#turn) return;
      try {
        run();
      } catch (cause) {
        this.#giveUp(asRowsError(cause));
      }
    };
    return {
      fields: (definitions) => guard(() => this.#takeInnerFields(definitions)),
      row: (bytes, at, end) => {
        if (this.closed || turn !== this.#turn) return;
        try {
          this.#takeInner(bytes, at, end);
        } catch (cause) {
          this.#giveUp(asRowsError(cause));
        }
      },
      end: (summary) =>
        guard(() => {
          this.#lookup = undefined;
          this.#summary = addSummaries(this.#summary, summary);
          this.#complete = true;
          this.#emit();
        }),
      fail: (error) =>
        guard(() => {
          this.#lookup = undefined;
          this.#giveUp(error);
        }),
    };
  }

  #giveUp(error: RowsError): void {
    if (this.closed) return;
    this.closed = true;
    this.#lookup?.cancel();
    this.source.cancel();
    this.sink.fail(error);
  }

  #takeInnerFields(definitions: readonly Buffer[]): void {
    if (this.#inner !== undefined) {
      requireSameColumns(this.#inner.definitions, definitions);
      return;
    }
    const { protocol, innerKeys, output, kind, isNullable = kind === 'left' } = this.#options;
    this.#inner = new Side(definitions, protocol, innerKeys);
    if (this.#isFilter) return;
    const outer = this.#outer.definitions;
    this.#composer = composer(protocol, outer, definitions, output);
    this.sink.fields(joinedDefinitions(outer, definitions, output, isNullable));
  }

  #takeInner(bytes: Buffer, at: number, end: number): void {
    const batch = this.#current!;
    if (this.#streams && (this.#isHeld || this.#emitting || this.#waiting.hasHead))
      return this.#waiting.push(bytes, at, end);
    const key = this.#innerKey(bytes, at, end);
    if (key === NO_KEY) return;
    if (this.#streams) {
      this.#link = UNSEEN;
      this.#emitting = true;
      const done = this.#pairUp(key, bytes, at, end);
      this.#emitting = false;
      if (!done && !this.closed) this.#waiting.push(bytes, at, end);
      return;
    }
    batch.matched[key] = true;
    if (this.#isFilter) return;
    const before = this.#rows.sizeBytes;
    this.#rows.add(key, bytes, at, end);
    this.#options.budget.take(this.#rows.sizeBytes - before);
    if (this.#rows.sizeBytes > this.#limits.innerBytes && this.#to - this.#from > 1) this.#splitRange();
  }

  #clearRows(keyCount: number): void {
    this.#options.budget.release(this.#rows.sizeBytes);
    this.#rows.clear(keyCount);
  }

  /** The number of an inner row's key. It was looked up by it, so what is NULL are weights that the shard could not send. */
  #innerKey(bytes: Buffer, at: number, end: number): number {
    const key = this.#inner!.keyOf(bytes, at, end);
    if (key === undefined) throw new HeadgateError('HG_VALUE_TOO_LONG');
    return this.#current!.find(key);
  }

  /** Too many inner rows for the range: the half of it. */
  #splitRange(): void {
    this.#turn++;
    this.#lookup?.cancel();
    this.#lookup = undefined;
    this.#lookUp(this.#from + ((this.#to - this.#from) >> 1));
  }

  /**
   * Gives out a streaming inner row with each of its outer rows; `#link` is the outer row to go on with. False if there is a pause before
   * all are out.
   */
  #pairUp(key: number, bytes: Buffer, at: number, end: number): boolean {
    const batch = this.#current!;
    batch.matched[key] = true;
    if (this.#link === UNSEEN) this.#link = this.#firstInRange(key);
    while (this.#link >= 0 && this.#link < this.#to) {
      if (this.#isHeld || this.closed) return false;
      const row = this.#link;
      this.#link = batch.nextRow[row]!;
      this.#give(row, bytes, at, end);
    }
    this.#link = UNSEEN;
    return true;
  }

  #firstInRange(key: number): number {
    const batch = this.#current!;
    let row = batch.firstRow[key]!;
    while (row >= 0 && row < this.#from) row = batch.nextRow[row]!;
    return row;
  }

  #give(row: number, bytes: Buffer, at: number, end: number): void {
    const batch = this.#current!;
    const joined = this.#composer!;
    joined.outer(batch.bytes, batch.starts[row]!, batch.starts[row + 1]!);
    // Its buffer is another one where the row was too long for it.
    const length = joined.pair(bytes, at, end);
    this.sink.row(joined.bytes, 0, length);
    this.#countOut();
  }

  /** Gives out what is ready, as far as the reader takes it. */
  #emit(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    try {
      while (!this.#isHeld && !this.closed && this.#emitNext());
    } catch (cause) {
      this.#giveUp(asRowsError(cause));
    } finally {
      this.#emitting = false;
    }
    const isOpen = !this.#complete || this.#waiting.hasHead || this.#row < this.#to;
    if (this.closed || this.#isHeld || isOpen) return;
    this.#endRange();
  }

  /** False where nothing is ready. */
  #emitNext(): boolean {
    if (this.#waiting.hasHead) return this.#emitWaiting();
    if (!this.#complete || this.#row >= this.#to) return false;
    const row = this.#row;
    const { keyOf, matched } = this.#current!;
    const key = keyOf[row]!;
    const { kind } = this.#options;
    if (this.#isFilter) {
      this.#row++;
      const found = key !== NO_KEY && matched[key]!;
      if (found === (kind === 'semi')) this.#giveOuter(row);
      return true;
    }
    const isMatched = key !== NO_KEY && (this.#streams ? matched[key]! : this.#rows.firstOf(key) >= 0);
    if (!isMatched || this.#streams) {
      this.#row++;
      if (!isMatched && kind === 'left') this.#giveAlone(row);
      return true;
    }
    if (this.#link === UNSEEN) this.#link = this.#rows.firstOf(key);
    const link = this.#link;
    const { bytes, starts, next } = this.#rows;
    this.#link = next[link]!;
    if (this.#link < 0) {
      this.#row++;
      this.#link = UNSEEN;
    }
    this.#give(row, bytes, starts[link]!, starts[link + 1]!);
    return true;
  }

  #emitWaiting(): boolean {
    const waiting = this.#waiting;
    const { bytes, start, end } = waiting;
    const key = this.#innerKey(bytes, start, end);
    if (key !== NO_KEY && !this.#pairUp(key, bytes, start, end)) return false;
    waiting.shift();
    return true;
  }

  #giveOuter(row: number): void {
    const { bytes, starts } = this.#current!;
    const [start, end] = [starts[row]!, starts[row + 1]!];
    const part = this.#composer;
    if (part === undefined) return this.sink.row(bytes, start, end);
    part.outer(bytes, start, end);
    const length = part.alone();
    this.sink.row(part.bytes, 0, length);
  }

  #giveAlone(row: number): void {
    const { bytes, starts } = this.#current!;
    const joined = this.#composer!;
    joined.outer(bytes, starts[row]!, starts[row + 1]!);
    const length = joined.alone();
    this.sink.row(joined.bytes, 0, length);
  }

  /** The range is given out: the next one of the batch, or the next batch. */
  #endRange(): void {
    const batch = this.#current!;
    const size = this.#to - this.#from;
    this.#from = this.#to;
    this.#clearRows(0);
    if (this.#from < batch.count) return this.#lookUp(Math.min(batch.count, this.#from + size));
    const released = batch.length + ROW_BYTES * batch.count;
    this.#options.budget.release(released);
    this.#taken -= released;
    batch.clear();
    this.#spare = batch;
    this.#current = undefined;
    this.#advance();
  }

  override pause(): void {
    this.#paused = true;
    if (this.#streams) this.#lookup?.pause();
  }

  override resume(): void {
    this.#paused = false;
    this.#goOn();
  }

  get #isHeld(): boolean {
    return this.#paused || this.#resting;
  }

  #goOn(): void {
    if (this.#isHeld || this.closed || this.#current === undefined) return;
    this.#emit();
    if (!this.#isHeld && this.#streams) this.#lookup?.resume();
  }

  /** Few rows of both sides can be very many joined ones, and a reader that never says "enough" would have the process for itself. */
  #countOut(): void {
    if (++this.#sinceRest < ROWS_AT_A_TIME) return;
    this.#sinceRest = 0;
    this.#resting = true;
    if (this.#streams) this.#lookup?.pause();
    setImmediate(() => {
      this.#resting = false;
      this.#goOn();
    });
  }

  override fail(error: RowsError): void {
    if (this.closed) return;
    this.#lookup?.cancel();
    super.fail(error);
  }

  override cancel(): void {
    if (this.closed) return;
    this.#lookup?.cancel();
    super.cancel();
  }

  protected override abort(cause: unknown): void {
    if (!this.closed) this.#lookup?.cancel();
    super.abort(cause);
  }

  protected override finish(summary: RowsSummary): void {
    this.#options.budget.release(this.#taken);
    this.#clearRows(0);
    super.finish(summary);
  }
}

const UNSEEN = -2;
const BATCH_GROWTH = 4;
/** Given out before others have their turn. */
const ROWS_AT_A_TIME = 5000;

const isWhole = (output: readonly JoinColumn[], count: number): boolean =>
  output.length === count && output.every(({ column }, at) => column === at);

/** Joins the rows of `outer` with those that `lookup` gives. Fails with HG_STATEMENT_MEMORY. */
export const lookupJoin =
  (outer: RowProducer, options: LookupJoinOptions): RowProducer =>
  (sink) =>
    new LookupJoin(sink, options).start(outer);
