/** The different integers of some columns, collected while rows pass: lists for the texts of what is asked afterwards. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { Operator } from '../operators/operator.ts';
import type { RowProducer, RowSink } from '../row-stream.ts';
import { binaryInteger } from '../rows/binary-integer.ts';
import { columnKind, readColumnFacts } from '../rows/column-kind.ts';
import { formatOf, type RowProtocol } from '../rows/formats.ts';
import { type FieldRanges, fieldRanges, type RowFormat } from '../rows/row-format.ts';

/** Longer lists leave little out, and MySQL gives up looking them up in an index when they take too much memory. */
const VALUES_MAX = 5000;

/** The values of one column. */
class ColumnValues {
  readonly column: number;
  /** Undefined when there are too many. */
  #values: Set<number | bigint | string> | undefined = new Set();
  #read!: (bytes: Buffer, start: number, end: number) => number | bigint | string;

  constructor(column: number) {
    this.column = column;
  }

  describe(definition: Buffer, protocol: RowProtocol): void {
    this.#read = protocol === 'text' ? textInteger : integerIn(definition);
  }

  take(bytes: Buffer, ranges: FieldRanges): void {
    const start = ranges[2 * this.column]!;
    if (this.#values === undefined || start < 0) return;
    this.#values.add(this.#read(bytes, start, ranges[2 * this.column + 1]!));
    if (this.#values.size > VALUES_MAX) this.#values = undefined;
  }

  get list(): Buffer | undefined {
    if (this.#values === undefined) return undefined;
    // Nothing is equal to NULL.
    return Buffer.from(this.#values.size === 0 ? 'NULL' : [...this.#values].join(','));
  }
}

export class ValueLists {
  readonly #columns: readonly ColumnValues[];

  constructor(columns: Iterable<number>) {
    this.#columns = [...new Set(columns)].map((column) => new ColumnValues(column));
  }

  /** The same rows, looked at on their way. */
  of(rows: RowProducer, protocol: RowProtocol): RowProducer {
    if (this.#columns.length === 0) return rows;
    return (sink) => new Collector(sink, protocol, this.#columns).start(rows);
  }

  /** The column's values in commas, once all rows have passed; undefined where there are too many. */
  list(column: number): Buffer | undefined {
    return this.#columns.find((values) => values.column === column)?.list;
  }
}

class Collector extends Operator {
  readonly #protocol: RowProtocol;
  readonly #columns: readonly ColumnValues[];
  readonly #fieldCount: number;
  readonly #ranges: FieldRanges;
  #format!: RowFormat;

  constructor(sink: RowSink, protocol: RowProtocol, columns: readonly ColumnValues[]) {
    super(sink);
    this.#protocol = protocol;
    this.#columns = columns;
    this.#fieldCount = Math.max(...columns.map(({ column }) => column)) + 1;
    this.#ranges = fieldRanges(this.#fieldCount);
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    this.#format = formatOf(this.#protocol, definitions);
    for (const values of this.#columns) values.describe(definitions[values.column]!, this.#protocol);
    this.sink.fields(definitions);
  }

  protected onRow(bytes: Buffer, at: number, end: number): void {
    this.#format.locate(bytes, at, end, this.#fieldCount, this.#ranges);
    for (const values of this.#columns) values.take(bytes, this.#ranges);
    this.sink.row(bytes, at, end);
  }
}

const ZERO = 0x30;
/** So many digits are a number exactly. */
const SAFE_DIGITS = 15;

function textInteger(bytes: Buffer, start: number, end: number): number | string {
  if (end - start > SAFE_DIGITS || bytes[start]! < ZERO) return bytes.toString('latin1', start, end);
  let value = 0;
  for (let at = start; at < end; at++) value = value * 10 + bytes[at]! - ZERO;
  return value;
}

function integerIn(definition: Buffer): (bytes: Buffer, start: number) => number | bigint {
  const kind = columnKind(readColumnFacts(definition));
  if (kind.kind === 'integer') return binaryInteger(kind);
  throw new HeadgateError('HG_INTERNAL', { detail: 'values of a column that is no integer' });
}
