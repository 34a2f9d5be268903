/** Rows of the binary protocol as those of the text protocol, value by value as MySQL prints them. */
import { columnType } from '../../mysql/protocol.ts';
import { PayloadReader } from '../../wire/payload-reader.ts';
import { Operator } from '../operators/operator.ts';
import type { RowProducer } from '../row-stream.ts';
import { binaryInteger } from './binary-integer.ts';
import { columnKind, readColumnFacts } from './column-kind.ts';
import { formatOf } from './formats.ts';
import { printDouble, printFloat } from './numbers.ts';
import { type FieldRanges, fieldRanges, type RowBuilder, type RowFormat } from './row-format.ts';

/** Undefined: both protocols have the same bytes. */
type ValueText = ((bytes: Buffer, start: number, end: number) => string) | undefined;

const ZEROFILL_FLAG = 64;
const NAMES = 6;
const DATE_BYTES = 4;
const DATETIME_BYTES = 7;
const TIME_BYTES = 8;
const YEAR_DIGITS = 4;
const HOURS_OF_A_DAY = 24;
const FRACTION_DIGITS = 6;

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/** The display width of a column. */
function widthOf(definition: Buffer): number {
  const reader = new PayloadReader(definition);
  for (let names = 0; names < NAMES; names++) reader.lenencString('a name');
  reader.skip(1 + 2, 'the length of the fixed fields, the character set');
  return reader.bytes(4, 'the display width').readUInt32LE(0);
}

function valueText(definition: Buffer): ValueText {
  const facts = readColumnFacts(definition);
  const text = plainText(definition);
  if (text === undefined || (facts.flags & ZEROFILL_FLAG) === 0) return text;
  const width = widthOf(definition);
  return (bytes, start, end) => text(bytes, start, end).padStart(width, '0');
}

function plainText(definition: Buffer): ValueText {
  const facts = readColumnFacts(definition);
  const { type, decimals } = facts;
  const kind = columnKind(facts);
  switch (kind.kind) {
    case 'integer': {
      const read = binaryInteger(kind);
      return (bytes, start) => String(read(bytes, start));
    }
    case 'float':
      return (bytes, start) => printFloat(bytes.readFloatLE(start), decimals);
    case 'double':
      return (bytes, start) => printDouble(bytes.readDoubleLE(start), decimals);
    case 'year':
      return (bytes, start) => pad(bytes.readUInt16LE(start), YEAR_DIGITS);
    case 'date':
      return type === columnType.date
        ? dateText
        : (bytes, start, end) =>
            `${dateText(bytes, start, end)} ${clockText(bytes, start + DATE_BYTES, end, 0, decimals)}`;
    case 'time':
      return (bytes, start, end) => timeText(bytes, start, end, decimals);
    default:
      return undefined;
  }
}

function dateText(bytes: Buffer, start: number, end: number): string {
  if (end - start < DATE_BYTES) return '0000-00-00';
  return `${pad(bytes.readUInt16LE(start), 4)}-${pad(bytes[start + 2]!, 2)}-${pad(bytes[start + 3]!, 2)}`;
}

/** Hours, minutes, seconds and fraction, of which those at the end may be left out. */
function clockText(bytes: Buffer, at: number, end: number, days: number, decimals: number): string {
  const isThere = at + DATETIME_BYTES - DATE_BYTES <= end;
  const [hours, minutes, seconds] = isThere ? [bytes[at]!, bytes[at + 1]!, bytes[at + 2]!] : [0, 0, 0];
  const clock = `${pad(days * HOURS_OF_A_DAY + hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}`;
  if (decimals === 0 || decimals > FRACTION_DIGITS) return clock;
  const micros = at + DATETIME_BYTES - DATE_BYTES < end ? bytes.readUInt32LE(at + 3) : 0;
  return `${clock}.${pad(micros, FRACTION_DIGITS).slice(0, decimals)}`;
}

function timeText(bytes: Buffer, start: number, end: number, decimals: number): string {
  if (end - start < TIME_BYTES) return clockText(bytes, end, end, 0, decimals);
  const sign = bytes[start] === 0 ? '' : '-';
  return sign + clockText(bytes, start + 5, end, bytes.readUInt32LE(start + 1), decimals);
}

class TextOfBinary extends Operator {
  readonly #definitions: readonly Buffer[];
  #format!: RowFormat;
  #ranges!: FieldRanges;
  #builder!: RowBuilder;
  #texts: readonly ValueText[] = [];

  constructor(sink: Operator['sink'], definitions: readonly Buffer[]) {
    super(sink);
    this.#definitions = definitions;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    this.#format = formatOf('binary', definitions);
    this.#ranges = fieldRanges(definitions.length);
    this.#builder = formatOf('text', definitions).builder(definitions.length);
    this.#texts = definitions.map((each) => valueText(each));
    this.sink.fields(this.#definitions);
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    const ranges = this.#ranges;
    const builder = this.#builder;
    this.#format.locate(bytes, at, end, this.#texts.length, ranges);
    builder.begin();
    for (const [column, text] of this.#texts.entries()) {
      const start = ranges[2 * column]!;
      const stop = ranges[2 * column + 1]!;
      if (text === undefined || start < 0) {
        builder.field(bytes, start, stop);
        continue;
      }
      const value = Buffer.from(text(bytes, start, stop), 'latin1');
      builder.field(value, 0, value.length);
    }
    const length = builder.finish();
    this.sink.row(builder.bytes, 0, length);
  }
}

/** The rows in the text protocol, under the definitions that it has for them. */
export const textOfBinary =
  (input: RowProducer, definitions: readonly Buffer[]): RowProducer =>
  (sink) =>
    new TextOfBinary(sink, definitions).start(input);

class WithDefinitions extends Operator {
  readonly #definitions: readonly Buffer[];

  constructor(sink: Operator['sink'], definitions: readonly Buffer[]) {
    super(sink);
    this.#definitions = definitions;
  }

  protected override onFields(definitions: readonly Buffer[]): void {
    const typeOf = (definition: Buffer): number => readColumnFacts(definition).type;
    const isSame = definitions.every((each, at) => typeOf(each) === typeOf(this.#definitions[at]!));
    this.sink.fields(isSame ? this.#definitions : definitions);
  }

  protected override onRow(bytes: Buffer, at: number, end: number): void {
    this.sink.row(bytes, at, end);
  }
}

/** The rows of a cursor, which come out of a table of MySQL's own, under the definitions that they have without one. */
export const underDefinitions =
  (input: RowProducer, definitions: readonly Buffer[]): RowProducer =>
  (sink) =>
    new WithDefinitions(sink, definitions).start(input);
