import type { RowProducer } from '../row-stream.ts';
import { formatOf, type RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges, type RowBuilder, type RowFormat } from '../rows/row-format.ts';
import { Operator } from './operator.ts';

class Project extends Operator {
  readonly #protocol: RowProtocol;
  readonly #visibleCount: number;
  #format!: RowFormat;
  #builder: RowBuilder | undefined;
  #ranges!: FieldRanges;

  constructor(sink: Operator['sink'], protocol: RowProtocol, visibleCount: number) {
    super(sink);
    this.#protocol = protocol;
    this.#visibleCount = visibleCount;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    this.#format = formatOf(this.#protocol, definitions);
    this.#ranges = fieldRanges(this.#visibleCount);
    this.sink.fields(definitions.slice(0, this.#visibleCount));
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    const visible = this.#visibleCount;
    const cut = this.#format.prefixEnd(bytes, at, end, visible);
    if (cut >= 0) return this.sink.row(bytes, at, cut);
    const ranges = this.#ranges;
    this.#format.locate(bytes, at, end, visible, ranges);
    this.#builder ??= this.#format.builder(visible);
    this.#builder.begin();
    for (let slot = 0; slot < 2 * visible; slot += 2)
      this.#builder.field(bytes, ranges[slot]!, ranges[slot + 1]!);
    const length = this.#builder.finish();
    this.sink.row(this.#builder.bytes, 0, length);
  }
}

/** Drops the hidden columns behind the first `visibleCount`. */
export const project =
  (input: RowProducer, protocol: RowProtocol, visibleCount: number): RowProducer =>
  (sink) =>
    new Project(sink, protocol, visibleCount).start(input);
