import type { RowProducer, RowSink } from '../row-stream.ts';
import type { RowProtocol } from '../rows/formats.ts';
import { formatOf } from '../rows/formats.ts';
import { type HashKey, hashKey } from '../rows/hash-key.ts';
import { type FieldRanges, fieldRanges, type RowFormat } from '../rows/row-format.ts';
import type { RowKey } from '../rows/sort-key.ts';
import type { Aggregate } from './aggregates.ts';
import { type Group, Grouping } from './grouping.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { CollectingOperator, Operator } from './operator.ts';

/** What a map's entry, a group and its buffers take beside the bytes in them (measured roughly, on the high side). */
const GROUP_BYTES = 512;
const ACCUMULATOR_BYTES = 192;
const KEY_BYTES = 96;

/** How rows are grouped or told apart by hashing. */
export type HashOptions = Readonly<{ protocol: RowProtocol; keys: readonly RowKey[]; budget: MemoryBudget }>;

class GroupHash extends CollectingOperator {
  readonly #options: HashOptions;
  readonly #aggregates: readonly Aggregate[];
  readonly #groups = new Map<string, Group>();
  #grouping!: Grouping;
  #key!: HashKey;
  #ranges!: FieldRanges;
  #taken = 0;
  #next: IterableIterator<Group> = [].values();

  constructor(sink: RowSink, options: HashOptions, aggregates: readonly Aggregate[]) {
    super(sink);
    this.#options = options;
    this.#aggregates = aggregates;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    const { protocol, keys } = this.#options;
    this.#grouping = new Grouping(definitions, protocol, this.#aggregates);
    this.#key = hashKey(definitions, protocol, keys);
    this.#ranges = fieldRanges(definitions.length);
    this.sink.fields(definitions);
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    const { format } = this.#grouping;
    format.locate(bytes, at, end, format.fieldCount, this.#ranges);
    const key = this.#key(bytes, this.#ranges);
    const known = this.#groups.get(key);
    if (known !== undefined) return this.#take(this.#grouping.add(known, bytes, this.#ranges));
    this.#take(GROUP_BYTES + ACCUMULATOR_BYTES * this.#aggregates.length + key.length + end - at);
    const group = this.#grouping.newGroup(end - at);
    this.#grouping.begin(group, bytes, at, end);
    this.#groups.set(key, group);
  }

  #take(bytes: number): void {
    this.#options.budget.take(bytes);
    this.#taken += bytes;
  }

  protected override onCollected(): void {
    this.#next = this.#groups.values();
  }

  protected override emitNext(): boolean {
    const next = this.#next.next();
    if (next.done) {
      this.#options.budget.release(this.#taken);
      this.#groups.clear();
      return false;
    }
    this.#grouping.emit(next.value, this.sink);
    return true;
  }
}

/** As `groupSorted` for rows in any order; groups come in the order of their first rows. Fails with HG_STATEMENT_MEMORY. */
export const groupHash =
  (input: RowProducer, options: HashOptions, aggregates: readonly Aggregate[]): RowProducer =>
  (sink) =>
    new GroupHash(sink, options, aggregates).start(input);

class DistinctHash extends Operator {
  readonly #options: HashOptions;
  readonly #seen = new Set<string>();
  #format!: RowFormat;
  #key!: HashKey;
  #ranges!: FieldRanges;

  constructor(sink: RowSink, options: HashOptions) {
    super(sink);
    this.#options = options;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    const { protocol, keys } = this.#options;
    this.#format = formatOf(protocol, definitions);
    this.#key = hashKey(definitions, protocol, keys);
    this.#ranges = fieldRanges(definitions.length);
    this.sink.fields(definitions);
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    this.#format.locate(bytes, at, end, this.#format.fieldCount, this.#ranges);
    const key = this.#key(bytes, this.#ranges);
    if (this.#seen.has(key)) return;
    this.#options.budget.take(KEY_BYTES + key.length);
    this.#seen.add(key);
    this.sink.row(bytes, at, end);
  }
}

/** Passes on the first of the rows that are equal by the keys, in any order. Fails with HG_STATEMENT_MEMORY. */
export const distinctHash =
  (input: RowProducer, options: HashOptions): RowProducer =>
  (sink) =>
    new DistinctHash(sink, options).start(input);
