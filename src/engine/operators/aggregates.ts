/**
 * Values of one group, put together from what the shards computed for their parts of it. Results are exact as one MySQL's are;
 * sums of doubles depend on the order of their addition, in MySQL as here.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { type ColumnFacts, type ColumnKind, columnKind, readColumnFacts } from '../rows/column-kind.ts';
import type { CompareValues } from '../rows/compare-values.ts';
import type { RowProtocol } from '../rows/formats.ts';
import { divideDecimal, ExactSum, printDecimal, printDouble } from '../rows/numbers.ts';
import type { FieldRanges, RowBuilder } from '../rows/row-format.ts';
import { keyComparator, type RowKey } from '../rows/sort-key.ts';
import { bitAccumulator } from './bit-aggregate.ts';
import { distinctOnly } from './distinct-aggregate.ts';

/** A column whose value is made from those of all the group's rows; of every other column the first row's value stays. */
export type Aggregate =
  /** COUNT: the sum of the shards' counts. With `distinct` of those rows only that differ in these columns. */
  | Readonly<{ kind: 'count'; column: number; distinct?: readonly RowKey[] }>
  /** SUM: of decimals exact, of doubles in doubles, as the column's type says. */
  | Readonly<{ kind: 'sum'; column: number; distinct?: readonly RowKey[] }>
  /** BIT_AND and its like, of numbers. */
  | Readonly<{ kind: BitOperation; column: number }>
  /** MIN and MAX, compared by `by` (the column itself unless given); the columns of `by` are taken from the same row. */
  | Readonly<{ kind: 'min' | 'max'; column: number; by?: RowKey }>
  /** AVG, from columns that hold SUM and COUNT of the same expression. */
  | Readonly<{ kind: 'average'; column: number; sum: number; count: number; distinct?: readonly RowKey[] }>;

export type BitOperation = 'bitAnd' | 'bitOr' | 'bitXor';

/** The state of one aggregate in one group. */
export interface Accumulator {
  /** Takes a row's value. Returns by how many bytes what is kept has grown, for the statement's budget. */
  add(bytes: Buffer, ranges: FieldRanges): number;
  /** Writes the value of one of its columns. */
  write(builder: RowBuilder, column: number): void;
}

/** One aggregate, ready for the columns that the shards sent. */
export type AggregatePlan = Readonly<{ columns: readonly number[]; start(): Accumulator }>;

/** Throws HG_INTERNAL when a column's type does not fit its aggregate. */
export function planAggregate(
  definitions: readonly Buffer[],
  protocol: RowProtocol,
  aggregate: Aggregate,
): AggregatePlan {
  const { column } = aggregate;
  switch (aggregate.kind) {
    case 'count':
    case 'sum': {
      const number = numberColumn(definitions, protocol, column);
      const isCount = aggregate.kind === 'count';
      const start = () => new Sum(column, number, isCount);
      return { columns: [column], start: distinctOnly(start, definitions, protocol, aggregate.distinct) };
    }
    case 'bitAnd':
    case 'bitOr':
    case 'bitXor':
      return { columns: [column], start: bitAccumulator(definitions, protocol, aggregate.kind, column) };
    case 'min':
    case 'max': {
      const by = aggregate.by ?? { column };
      const compare = keyComparator(definitions, protocol, by);
      const compared = by.weight?.column ?? by.column;
      const columns = [...new Set([column, by.column, compared])];
      const sign = aggregate.kind === 'min' ? 1 : -1;
      return { columns, start: () => new Extreme(columns, compared, compare, sign) };
    }
    case 'average': {
      const sum = numberColumn(definitions, protocol, aggregate.sum);
      const count = numberColumn(definitions, protocol, aggregate.count);
      const result = numberColumn(definitions, protocol, column);
      const start = () => new Average(aggregate, sum, count, result);
      return { columns: [column], start: distinctOnly(start, definitions, protocol, aggregate.distinct) };
    }
  }
}

type NumberColumn = Readonly<{ facts: ColumnFacts; kind: ColumnKind; protocol: RowProtocol }>;

function numberColumn(definitions: readonly Buffer[], protocol: RowProtocol, column: number): NumberColumn {
  const facts = readColumnFacts(definitions[column]!);
  const kind = columnKind(facts);
  if (kind.kind !== 'integer' && kind.kind !== 'decimal' && kind.kind !== 'double')
    throw new HeadgateError('HG_INTERNAL', { detail: `the plan adds up a ${kind.kind} column` });
  return { facts, kind, protocol };
}

const readDouble = ({ protocol }: NumberColumn, bytes: Buffer, start: number, end: number): number =>
  protocol === 'text' ? Number(bytes.toString('latin1', start, end)) : bytes.readDoubleLE(start);

function writeText(builder: RowBuilder, text: string): void {
  const bytes = Buffer.from(text, 'latin1');
  builder.field(bytes, 0, bytes.length);
}

function writeDouble({ protocol, facts }: NumberColumn, value: number, builder: RowBuilder): void {
  if (protocol === 'text') return writeText(builder, printDouble(value, facts.decimals));
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(value);
  builder.field(bytes, 0, 8);
}

function writeExact(
  { protocol, kind }: NumberColumn,
  units: bigint,
  scale: number,
  builder: RowBuilder,
): void {
  if (protocol === 'text' || kind.kind !== 'integer') return writeText(builder, printDecimal(units, scale));
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, units));
  builder.field(bytes, 0, kind.bytes);
}

const writeNull = (builder: RowBuilder): void => builder.field(nothing, -1, -1);
const nothing = Buffer.alloc(0);

/** Exact or double, as the column is; undefined while only NULL was added. */
class NumberSum {
  readonly column: NumberColumn;
  readonly exact: ExactSum | undefined;
  double = 0;
  isNull = true;

  constructor(column: NumberColumn) {
    this.column = column;
    const { kind, facts } = column;
    if (kind.kind !== 'double') this.exact = new ExactSum(kind.kind === 'decimal' ? facts.decimals : 0);
  }

  add(bytes: Buffer, start: number, end: number): void {
    if (start < 0) return;
    this.isNull = false;
    const { protocol, kind } = this.column;
    if (this.exact === undefined) this.double += readDouble(this.column, bytes, start, end);
    else if (protocol === 'text' || kind.kind !== 'integer') this.exact.addText(bytes, start, end);
    else
      this.exact.addBigint(
        kind.unsigned ? readUnsigned(bytes, start, kind.bytes) : readSigned(bytes, start, kind.bytes),
      );
  }
}

const readUnsigned = (bytes: Buffer, at: number, width: 1 | 2 | 4 | 8): bigint =>
  width === 8 ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUIntLE(at, width));
const readSigned = (bytes: Buffer, at: number, width: 1 | 2 | 4 | 8): bigint =>
  width === 8 ? bytes.readBigInt64LE(at) : BigInt(bytes.readIntLE(at, width));

class Sum implements Accumulator {
  readonly #slot: number;
  readonly #sum: NumberSum;

  /** `isCount`: of no rows it is 0, not NULL. */
  constructor(column: number, number: NumberColumn, isCount: boolean) {
    this.#slot = 2 * column;
    this.#sum = new NumberSum(number);
    this.#sum.isNull = !isCount;
  }

  add(bytes: Buffer, ranges: FieldRanges): number {
    this.#sum.add(bytes, ranges[this.#slot]!, ranges[this.#slot + 1]!);
    return 0;
  }

  write(builder: RowBuilder): void {
    const { column, exact, double, isNull } = this.#sum;
    if (isNull) writeNull(builder);
    else if (exact === undefined) writeDouble(column, double, builder);
    else if (column.protocol === 'text') writeText(builder, exact.toString());
    else writeExact(column, exact.units, exact.scale, builder);
  }
}

class Average implements Accumulator {
  readonly #sumSlot: number;
  readonly #countSlot: number;
  readonly #sum: NumberSum;
  readonly #count: NumberSum;
  readonly #result: NumberColumn;

  constructor(
    at: { sum: number; count: number },
    sum: NumberColumn,
    count: NumberColumn,
    result: NumberColumn,
  ) {
    this.#sumSlot = 2 * at.sum;
    this.#countSlot = 2 * at.count;
    this.#sum = new NumberSum(sum);
    this.#count = new NumberSum(count);
    this.#result = result;
  }

  add(bytes: Buffer, ranges: FieldRanges): number {
    this.#sum.add(bytes, ranges[this.#sumSlot]!, ranges[this.#sumSlot + 1]!);
    this.#count.add(bytes, ranges[this.#countSlot]!, ranges[this.#countSlot + 1]!);
    return 0;
  }

  write(builder: RowBuilder): void {
    const count = this.#count.exact?.units ?? 0n;
    const { exact, double } = this.#sum;
    if (count === 0n || this.#sum.isNull) return writeNull(builder);
    if (exact === undefined) return writeDouble(this.#result, double / Number(count), builder);
    const scale = this.#result.facts.decimals;
    writeExact(this.#result, divideDecimal(exact.units, exact.scale, count, scale), scale, builder);
  }
}

/** MIN or MAX: the value that sorts first (last) of those that are not NULL; the first such where several are equal. */
class Extreme implements Accumulator {
  readonly #columns: readonly number[];
  readonly #compared: number;
  readonly #compare: CompareValues;
  readonly #sign: number;
  #best: (Buffer | null)[] | undefined;
  #keptBytes = 0;

  constructor(columns: readonly number[], compared: number, compare: CompareValues, sign: number) {
    this.#columns = columns;
    this.#compared = columns.indexOf(compared);
    this.#compare = compare;
    this.#sign = sign;
  }

  add(bytes: Buffer, ranges: FieldRanges): number {
    const slot = 2 * this.#columns[this.#compared]!;
    const start = ranges[slot]!;
    const known = this.#best?.[this.#compared];
    if (known !== undefined) {
      if (start < 0) return 0;
      if (known !== null) {
        const order = this.#compare(bytes, start, ranges[slot + 1]!, known, 0, known.length);
        if (this.#sign * order >= 0) return 0;
      }
    }
    const before = this.#keptBytes;
    this.#keptBytes = 0;
    this.#best = this.#columns.map((column) => {
      const from = ranges[2 * column]!;
      if (from < 0) return null;
      const value = Buffer.from(bytes.subarray(from, ranges[2 * column + 1]!));
      this.#keptBytes += value.length;
      return value;
    });
    return this.#keptBytes - before;
  }

  write(builder: RowBuilder, column: number): void {
    const value = this.#best?.[this.#columns.indexOf(column)] ?? null;
    if (value === null) writeNull(builder);
    else builder.field(value, 0, value.length);
  }
}
