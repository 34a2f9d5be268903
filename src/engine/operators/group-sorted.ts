import type { RowProducer, RowSink, RowsSummary } from '../row-stream.ts';
import type { RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges } from '../rows/row-format.ts';
import { type CompareRows, type RowKey, rowComparator } from '../rows/sort-key.ts';
import type { Aggregate } from './aggregates.ts';
import { type Group, Grouping } from './grouping.ts';
import type { MemoryBudget } from './memory-budget.ts';
import { Operator } from './operator.ts';

const ROW_BYTES_HINT = 512;

/** How sorted rows are grouped. */
export type SortedOptions = Readonly<{
  protocol: RowProtocol;
  keys: readonly RowKey[];
  /** For what aggregates keep; without one they keep next to nothing. */
  budget?: MemoryBudget | undefined;
  /** Without any rows there is one group all the same. */
  always?: boolean | undefined;
}>;

class GroupSorted extends Operator {
  readonly #options: SortedOptions;
  readonly #aggregates: readonly Aggregate[];
  #grouping!: Grouping;
  #compare!: CompareRows;
  #ranges!: FieldRanges;
  #group!: Group;
  #hasGroup = false;
  /** Bytes that the group's aggregates keep. */
  #taken = 0;

  constructor(sink: RowSink, options: SortedOptions, aggregates: readonly Aggregate[]) {
    super(sink);
    this.#options = options;
    this.#aggregates = aggregates;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    const { protocol, keys } = this.#options;
    this.#grouping = new Grouping(definitions, protocol, this.#aggregates);
    this.#compare = rowComparator(definitions, protocol, keys);
    this.#ranges = fieldRanges(definitions.length);
    this.#group = this.#grouping.newGroup(ROW_BYTES_HINT);
    this.sink.fields(definitions);
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    const group = this.#group;
    const { format } = this.#grouping;
    if (this.#hasGroup) {
      format.locate(bytes, at, end, format.fieldCount, this.#ranges);
      if (this.#compare(group.row, group.ranges, bytes, this.#ranges) === 0) {
        this.#take(this.#grouping.add(group, bytes, this.#ranges));
        return;
      }
      this.#emit();
    }
    this.#grouping.begin(group, bytes, at, end);
    this.#hasGroup = true;
  }

  #take(bytes: number): void {
    if (bytes === 0) return;
    this.#options.budget?.take(bytes);
    this.#taken += bytes;
  }

  #emit(): void {
    this.#grouping.emit(this.#group, this.sink);
    this.#options.budget?.release(this.#taken);
    this.#taken = 0;
  }

  protected override onEnd(summary: RowsSummary): void {
    if (this.#hasGroup) this.#emit();
    else if (this.#options.always === true) this.#grouping.emitEmpty(this.sink);
    if (!this.closed) this.finish(summary);
  }
}

/**
 * Makes one row of all that are equal by `keys` and follow each other; without keys one of all rows. Equal rows must be adjacent:
 * not so for text whose weights are longer than the shards' `max_sort_length` (`groupHash` takes those). Fails with HG_STATEMENT_MEMORY.
 */
export const groupSorted =
  (input: RowProducer, options: SortedOptions, aggregates: readonly Aggregate[]): RowProducer =>
  (sink) =>
    new GroupSorted(sink, options, aggregates).start(input);

/** Drops rows that are equal by `keys` to the one before them; see `groupSorted`. */
export const distinctSorted = (
  input: RowProducer,
  protocol: RowProtocol,
  keys: readonly RowKey[],
): RowProducer => groupSorted(input, { protocol, keys }, []);
