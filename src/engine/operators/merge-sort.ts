/**
 * Merges inputs that their shards have sorted: a loser tree, so that the next row costs one comparison per level. Rows that are
 * equal by the keys come in the order of the inputs. Each input is read only as far as its queue is short.
 */

import type { RowProducer, RowSink } from '../row-stream.ts';
import { formatOf, type RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges, type RowFormat } from '../rows/row-format.ts';
import { RowQueue } from '../rows/row-queue.ts';
import { type CompareRows, fieldsNeeded, rowComparator, type SortKey } from '../rows/sort-key.ts';
import { Gathering, type ShardRows } from './inputs.ts';
import { asRowsError } from './operator.ts';

/** An input with more than this in its queue is paused, one with less than `low` goes on. */
export type QueueLimits = Readonly<{ high: number; low: number }>;
const usualLimits: QueueLimits = { high: 128 * 1024, low: 32 * 1024 };

class MergeInput {
  readonly queue = new RowQueue();
  ended = false;
  paused = false;
  /** Where the fields of the queue's head lie. */
  ranges!: FieldRanges;
}

const NOBODY = -1;

class MergeSort extends Gathering {
  readonly #protocol: RowProtocol;
  readonly #keys: readonly SortKey[];
  readonly #limits: QueueLimits;
  readonly #inputs: readonly MergeInput[];
  readonly #fieldCount: number;
  /** The losers of the tree's inner nodes; the winner at 0. Inputs are leaves. */
  readonly #tree: Int32Array;
  #format!: RowFormat;
  #compare!: CompareRows;
  #built = false;
  /** Inputs whose next row must come before anything can be given out. */
  #missing: number;
  #paused = false;
  #emitting = false;

  constructor(
    sink: RowSink,
    inputs: readonly ShardRows[],
    protocol: RowProtocol,
    keys: readonly SortKey[],
    limits: QueueLimits,
  ) {
    super(sink, inputs, protocol);
    this.#protocol = protocol;
    this.#keys = keys;
    this.#limits = limits;
    this.#inputs = inputs.map(() => new MergeInput());
    this.#missing = inputs.length;
    this.#tree = new Int32Array(inputs.length).fill(NOBODY);
    this.#fieldCount = fieldsNeeded(keys);
  }

  /** The inputs fill their queues meanwhile, and no further. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#emit();
  }

  protected onFields(definitions: readonly Buffer[]): void {
    this.#format = formatOf(this.#protocol, definitions);
    this.#compare = rowComparator(definitions, this.#protocol, this.#keys);
    for (const input of this.#inputs) input.ranges = fieldRanges(this.#fieldCount);
    this.sink.fields(definitions);
  }

  protected onRow(index: number, bytes: Buffer, at: number, end: number): void {
    const input = this.#inputs[index]!;
    const { queue } = input;
    const awaited = !queue.hasHead;
    queue.push(bytes, at, end);
    if (queue.queuedBytes > this.#limits.high && !input.paused) {
      input.paused = true;
      this.sources[index]!.pause();
    }
    if (awaited) this.#arrived(index);
  }

  protected onInputEnd(index: number): void {
    const input = this.#inputs[index]!;
    input.ended = true;
    if (!input.queue.hasHead) this.#arrived(index);
  }

  /** The input has a head again, or has ended. */
  #arrived(index: number): void {
    this.#locate(index);
    this.#missing--;
    if (this.#built) {
      this.#replay(index);
    } else if (this.#missing === 0) {
      for (let leaf = this.#inputs.length - 1; leaf >= 0; leaf--) this.#replay(leaf);
      this.#built = true;
    }
    this.#emit();
  }

  #locate(index: number): void {
    const { queue, ranges } = this.#inputs[index]!;
    if (queue.hasHead) this.#format.locate(queue.bytes, queue.start, queue.end, this.#fieldCount, ranges);
  }

  #emit(): void {
    if (this.#emitting) return;
    this.#emitting = true;
    try {
      while (this.#missing === 0 && !this.#paused && !this.closed) this.#emitOne();
    } catch (cause) {
      this.fail(asRowsError(cause));
    } finally {
      this.#emitting = false;
    }
  }

  #emitOne(): void {
    const index = this.#tree[0]!;
    const input = this.#inputs[index]!;
    const { queue } = input;
    // When the one that sorts first has no row, no other has.
    if (!queue.hasHead) return this.finish();
    this.sink.row(queue.bytes, queue.start, queue.end);
    if (this.closed) return;
    queue.shift();
    if (queue.hasHead || input.ended) {
      this.#locate(index);
      this.#replay(index);
    } else {
      this.#missing++;
    }
    // Last, because a source in memory delivers at once.
    if (input.paused && queue.queuedBytes < this.#limits.low) {
      input.paused = false;
      this.sources[index]!.resume();
    }
  }

  /** Plays the matches from a leaf up to the root. */
  #replay(leaf: number): void {
    const tree = this.#tree;
    let winner = leaf;
    for (let node = (leaf + this.#inputs.length) >> 1; node > 0; node >>= 1) {
      if (this.#beats(tree[node]!, winner)) {
        const loser = winner;
        winner = tree[node]!;
        tree[node] = loser;
      }
    }
    tree[0] = winner;
  }

  #beats(a: number, b: number): boolean {
    // While the tree is built, a leaf that has not played yet wins: it moves up and leaves room for the one that has.
    if (a === NOBODY) return true;
    if (b === NOBODY) return false;
    const one = this.#inputs[a]!;
    const other = this.#inputs[b]!;
    if (!one.queue.hasHead) return false;
    if (!other.queue.hasHead) return true;
    const order = this.#compare(one.queue.bytes, one.ranges, other.queue.bytes, other.ranges);
    return order < 0 || (order === 0 && a < b);
  }
}

/**
 * Merges results that are sorted by `keys` on their shards. Where MySQL sorted by the first `max_sort_length` bytes of long text
 * only, so does the result.
 */
export const mergeSort =
  (
    inputs: readonly ShardRows[],
    protocol: RowProtocol,
    keys: readonly SortKey[],
    limits: QueueLimits = usualLimits,
  ): RowProducer =>
  (sink) =>
    new MergeSort(sink, inputs, protocol, keys, limits).start();
