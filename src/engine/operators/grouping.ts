/** The rows of one group becoming one row: shared by the two ways of finding groups. */

import type { RowSink } from '../row-stream.ts';
import { formatOf, type RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges, type RowBuilder, type RowFormat } from '../rows/row-format.ts';
import { type Accumulator, type Aggregate, type AggregatePlan, planAggregate } from './aggregates.ts';

/** A group so far: its first row, and what has been added up. */
export class Group {
  row: Buffer;
  rowLength: number;
  ranges: FieldRanges;
  /** A group of one row is that row, byte for byte. */
  isSingle = true;
  /** Made with the second row. */
  accumulators: Accumulator[] = [];

  constructor(fieldCount: number, sizeHint: number) {
    this.row = Buffer.allocUnsafe(sizeHint);
    this.rowLength = 0;
    this.ranges = fieldRanges(fieldCount);
  }
}

export class Grouping {
  readonly format: RowFormat;
  readonly #plans: readonly AggregatePlan[];
  /** By column: which aggregate writes it, -1 for none. */
  readonly #writers: Int32Array;
  readonly #builder: RowBuilder;

  constructor(definitions: readonly Buffer[], protocol: RowProtocol, aggregates: readonly Aggregate[]) {
    this.format = formatOf(protocol, definitions);
    this.#plans = aggregates.map((one) => planAggregate(definitions, protocol, one));
    this.#writers = new Int32Array(definitions.length).fill(-1);
    for (const [index, { columns }] of this.#plans.entries())
      for (const column of columns) this.#writers[column] = index;
    this.#builder = this.format.builder(definitions.length);
  }

  newGroup(rowBytes: number): Group {
    return new Group(this.format.fieldCount, rowBytes);
  }

  /** Makes the row the first one of the group. */
  begin(group: Group, bytes: Buffer, at: number, end: number): void {
    const length = end - at;
    if (group.row.length < length) group.row = Buffer.allocUnsafe(length * 2);
    bytes.copy(group.row, 0, at, end);
    group.rowLength = length;
    group.isSingle = true;
    this.format.locate(group.row, 0, length, this.format.fieldCount, group.ranges);
  }

  /** Adds a further row, whose fields have been located. Returns by how many bytes the group has grown. */
  add(group: Group, bytes: Buffer, ranges: FieldRanges): number {
    let grown = 0;
    if (group.isSingle) {
      group.isSingle = false;
      group.accumulators = this.#plans.map((plan) => plan.start());
      for (const one of group.accumulators) grown += one.add(group.row, group.ranges);
    }
    for (const one of group.accumulators) grown += one.add(bytes, ranges);
    return grown;
  }

  /** What aggregates are of no rows at all, beside NULL. */
  emitEmpty(sink: RowSink): void {
    const group = this.newGroup(0);
    group.isSingle = false;
    group.ranges.fill(-1);
    group.accumulators = this.#plans.map((plan) => plan.start());
    this.emit(group, sink);
  }

  /** Gives the group's row to the sink. */
  emit(group: Group, sink: RowSink): void {
    if (group.isSingle || this.#plans.length === 0) return sink.row(group.row, 0, group.rowLength);
    const builder = this.#builder;
    builder.begin();
    for (let column = 0; column < this.#writers.length; column++) {
      const writer = this.#writers[column]!;
      if (writer >= 0) group.accumulators[writer]!.write(builder, column);
      else builder.field(group.row, group.ranges[2 * column]!, group.ranges[2 * column + 1]!);
    }
    const length = builder.finish();
    sink.row(builder.bytes, 0, length);
  }
}
