import type { RowProducer, RowSink, RowsSummary } from '../row-stream.ts';
import type { RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges } from '../rows/row-format.ts';
import { type CompareRows, type RowKey, rowComparator } from '../rows/sort-key.ts';
import type { Aggregate } from './aggregates.ts';
import { type Group, Grouping } from './grouping.ts';
import { Operator } from './operator.ts';

const ROW_BYTES_HINT = 512;

class GroupSorted extends Operator {
  readonly #protocol: RowProtocol;
  readonly #keys: readonly RowKey[];
  readonly #aggregates: readonly Aggregate[];
  #grouping!: Grouping;
  #compare!: CompareRows;
  #ranges!: FieldRanges;
  #group!: Group;
  #hasGroup = false;

  constructor(
    sink: RowSink,
    protocol: RowProtocol,
    keys: readonly RowKey[],
    aggregates: readonly Aggregate[],
  ) {
    super(sink);
    this.#protocol = protocol;
    this.#keys = keys;
    this.#aggregates = aggregates;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    this.#grouping = new Grouping(definitions, this.#protocol, this.#aggregates);
    this.#compare = rowComparator(definitions, this.#protocol, this.#keys);
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
        this.#grouping.add(group, bytes, this.#ranges);
        return;
      }
      this.#grouping.emit(group, this.sink);
    }
    this.#grouping.begin(group, bytes, at, end);
    this.#hasGroup = true;
  }

  protected override onEnd(summary: RowsSummary): void {
    if (this.#hasGroup) this.#grouping.emit(this.#group, this.sink);
    if (!this.closed) this.finish(summary);
  }
}

/**
 * Makes one row of all that are equal by `keys` and follow each other; without keys one of all rows. Equal rows must be adjacent:
 * not so for text whose weights are longer than the shards' `max_sort_length` (`groupHash` takes those).
 */
export const groupSorted =
  (
    input: RowProducer,
    protocol: RowProtocol,
    keys: readonly RowKey[],
    aggregates: readonly Aggregate[],
  ): RowProducer =>
  (sink) =>
    new GroupSorted(sink, protocol, keys, aggregates).start(input);

/** Drops rows that are equal by `keys` to the one before them; see `groupSorted`. */
export const distinctSorted = (
  input: RowProducer,
  protocol: RowProtocol,
  keys: readonly RowKey[],
): RowProducer => groupSorted(input, protocol, keys, []);
