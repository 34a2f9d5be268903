import type { RowProducer, RowSource, RowsSummary } from '../row-stream.ts';
import type { RowProtocol } from '../rows/formats.ts';
import { addSummaries, Gathering, type ShardRows } from './inputs.ts';
import { Operator } from './operator.ts';

class Concatenate extends Gathering {
  pause(): void {
    for (const source of this.sources) source.pause();
  }

  resume(): void {
    for (const source of this.sources) source.resume();
  }

  protected onFields(definitions: readonly Buffer[]): void {
    this.sink.fields(definitions);
  }

  protected onRow(_index: number, bytes: Buffer, at: number, end: number): void {
    this.sink.row(bytes, at, end);
  }

  protected onInputEnd(): void {
    if (this.openCount === 0) this.finish();
  }
}

/** The rows of all inputs as they come; all are asked at once. Fails with HG_COLUMNS_DISAGREE when the inputs' columns differ. */
export const concatenate =
  (inputs: readonly ShardRows[], protocol: RowProtocol = 'text'): RowProducer =>
  (sink) =>
    new Concatenate(sink, inputs, protocol).start();

/**
 * One input after another: the next one is started when the one before has ended. Only the first one's definitions are passed
 * on; whether the others fit is the planner's to know (UNION ALL takes titles from its first part).
 */
export const inSequence =
  (inputs: readonly RowProducer[]): RowProducer =>
  (sink) =>
    new Sequence(sink, inputs).startNext();

class Sequence extends Operator {
  readonly #inputs: readonly RowProducer[];
  #next = 0;
  #paused = false;
  #summary: RowsSummary = { warnings: 0, status: 0 };

  constructor(sink: Operator['sink'], inputs: readonly RowProducer[]) {
    super(sink);
    this.#inputs = inputs;
  }

  startNext(): RowSource {
    const input = this.#inputs[this.#next++]!;
    this.start(input);
    if (this.#paused) this.source.pause();
    return this;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    if (this.#next === 1) this.sink.fields(definitions);
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    this.sink.row(bytes, at, end);
  }

  protected override onEnd(summary: RowsSummary): void {
    this.#summary = addSummaries(this.#summary, summary);
    if (this.#next < this.#inputs.length) this.startNext();
    else this.finish(this.#summary);
  }

  override pause(): void {
    this.#paused = true;
    super.pause();
  }

  override resume(): void {
    this.#paused = false;
    super.resume();
  }
}
