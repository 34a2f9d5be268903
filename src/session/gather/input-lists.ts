/** What the inputs of a gathered query tell those behind them: the values of their columns, as lists for the texts of others. */
import { Operator } from '../../engine/operators/operator.ts';
import type { RowProducer, RowSink, RowsError, RowsSummary } from '../../engine/row-stream.ts';
import type { RowProtocol } from '../../engine/rows/formats.ts';
import { ValueLists } from '../../engine/scratch/value-lists.ts';
import type { GatherInput } from '../../planner/gather/gather-plan.ts';

/** The list for the reduction at an index; undefined where there are too many values. */
export type ReductionLists = (index: number) => Buffer | undefined;

type Told = Readonly<{ lists: ValueLists; passed: Promise<void>; pass: () => void }>;

export class InputLists {
  readonly #told: readonly (Told | undefined)[];

  constructor(inputs: readonly GatherInput[]) {
    this.#told = inputs.map((_, at) => {
      const wanted = inputs.flatMap(({ reductions }) => reductions.filter(({ from }) => from === at));
      if (wanted.length === 0) return undefined;
      const { promise, resolve } = Promise.withResolvers<void>();
      const lists = new ValueLists(wanted.map(({ fromColumn }) => fromColumn));
      return { lists, passed: promise, pass: resolve };
    });
  }

  /** The rows of the input at a position; what others want to know of them is noted. */
  watched(at: number, rows: RowProducer, protocol: RowProtocol): RowProducer {
    const told = this.#told[at];
    if (told === undefined) return rows;
    const { lists, pass } = told;
    return (sink) => new Passing(sink, pass).start(lists.of(rows, protocol));
  }

  /** Resolves when the rows that an input's lists come of have passed, or never will. */
  async of({ reductions }: GatherInput): Promise<ReductionLists> {
    for (const { from } of reductions) await this.#told[from]!.passed;
    return (index) => {
      const { from, fromColumn } = reductions[index]!;
      return this.#told[from]!.lists.list(fromColumn);
    };
  }

  /** Nobody has to wait any more: the query has failed. */
  release(): void {
    for (const told of this.#told) told?.pass();
  }
}

/** Tells when its rows have ended, in whichever way. */
class Passing extends Operator {
  readonly #pass: () => void;

  constructor(sink: RowSink, pass: () => void) {
    super(sink);
    this.#pass = pass;
  }

  protected onRow(bytes: Buffer, at: number, end: number): void {
    this.sink.row(bytes, at, end);
  }

  protected override onEnd(summary: RowsSummary): void {
    this.#pass();
    super.onEnd(summary);
  }

  override fail(error: RowsError): void {
    this.#pass();
    super.fail(error);
  }

  override cancel(): void {
    this.#pass();
    super.cancel();
  }
}
