/**
 * How a field of a shard's row is written as a SQL literal, so that the temporary table's column stores the very same value. There is one
 * writer per column, chosen by what the shards send and by what the column is.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { columnType } from '../../mysql/protocol.ts';
import type { RowProtocol } from '../rows/formats.ts';
import { writeBinaryDate, writeBinaryTime } from './binary-moments.ts';
import { columnFlags } from './column-definition.ts';
import { jsonAsText, jsonWithTypes } from './json-values.ts';
import type { SqlBuffer } from './sql-buffer.ts';
import type { ScratchColumn } from './table-definition.ts';

/** Writes the field that lies from `start` to `end`, which is not NULL. */
export type ValueWriter = (out: SqlBuffer, bytes: Buffer, start: number, end: number) => void;

const SECONDS_DIGITS_MAX = 6;

const moments: ReadonlySet<number> = new Set([
  columnType.date,
  columnType.datetime,
  columnType.timestamp,
  columnType.time,
]);
const integers: ReadonlySet<number> = new Set([
  columnType.tiny,
  columnType.short,
  columnType.int24,
  columnType.long,
  columnType.longlong,
  columnType.year,
]);
const floats: ReadonlySet<number> = new Set([columnType.float, columnType.double]);
const decimalTypes: ReadonlySet<number> = new Set([columnType.decimal, columnType.newDecimal]);

/** The writer for a column. Throws where the protocol does not carry the column's values exactly. */
export function valueWriter(column: ScratchColumn, protocol: RowProtocol): ValueWriter {
  const { definition, facts } = column;
  const { type } = definition;
  const isNumber = integers.has(type) || floats.has(type) || decimalTypes.has(type);
  if (isNumber && facts.name === 'timestamp') return epochWriter(numberText(column, protocol));
  // The number of an ENUM or SET; quoted, it would be taken for a member's name.
  const enumeration = facts.name === 'enum' || facts.name === 'set';
  if (isNumber && (enumeration || !floats.has(type))) return numberText(column, protocol);
  if (isNumber) return quotedText(numberText(column, protocol));
  if (moments.has(type)) return protocol === 'binary' ? binaryMoment(type) : writeQuoted;
  if (facts.name !== 'json') return writeBytes;
  return type === columnType.json ? jsonWriter(jsonAsText) : jsonWriter(jsonWithTypes);
}

/** Bytes as they are: a literal without a character set is stored unchanged in a column of any. */
const writeBytes: ValueWriter = (out, bytes, start, end) => {
  out.ascii('_binary');
  out.quoted(bytes, start, end);
};

/** JSON comes as utf8mb4, and is not accepted as bytes. */
const jsonWriter =
  (sqlOf: (text: string) => string): ValueWriter =>
  (out, bytes, start, end) =>
    out.utf8(sqlOf(bytes.toString('utf8', start, end)));

const writeQuoted: ValueWriter = (out, bytes, start, end) => out.quoted(bytes, start, end);

/** Digits as they are: nothing else can be among them, or what came is no row. */
const writeDigits: ValueWriter = (out, bytes, start, end) => {
  for (let at = start; at < end; at++) if (!isNumberByte(bytes[at]!)) throw noNumber();
  out.copy(bytes, start, end);
};

const isNumberByte = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e || byte === 0x65 || byte === 0x2b;

const noNumber = (): HeadgateError =>
  new HeadgateError('ER_MALFORMED_PACKET', { detail: "a number in a shard's row is none" });

function quotedText(write: ValueWriter): ValueWriter {
  return (out, bytes, start, end) => {
    out.byte(0x27);
    write(out, bytes, start, end);
    out.byte(0x27);
  };
}

function numberText({ definition, name }: ScratchColumn, protocol: RowProtocol): ValueWriter {
  const { type, flags } = definition;
  if (protocol === 'text') {
    if (type !== columnType.float) return writeDigits;
    throw new HeadgateError('HG_INTERNAL', {
      detail: `${name} is a FLOAT, which text rows do not carry exactly`,
    });
  }
  const unsigned = (flags & columnFlags.unsigned) !== 0;
  switch (type) {
    case columnType.tiny:
      return (out, bytes, at) => out.ascii(String(unsigned ? bytes.readUInt8(at) : bytes.readInt8(at)));
    case columnType.short:
    case columnType.year:
      return (out, bytes, at) => out.ascii(String(unsigned ? bytes.readUInt16LE(at) : bytes.readInt16LE(at)));
    case columnType.int24:
    case columnType.long:
      return (out, bytes, at) => out.ascii(String(unsigned ? bytes.readUInt32LE(at) : bytes.readInt32LE(at)));
    case columnType.longlong:
      return (out, bytes, at) =>
        out.ascii(String(unsigned ? bytes.readBigUInt64LE(at) : bytes.readBigInt64LE(at)));
    case columnType.float:
      return (out, bytes, at) => out.ascii(floatText(bytes.readFloatLE(at)));
    case columnType.double:
      return (out, bytes, at) => out.ascii(floatText(bytes.readDoubleLE(at)));
    default:
      return writeDigits;
  }
}

/** The shortest digits that lead back to the same double. */
const floatText = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));

const binaryMoment = (type: number): ValueWriter =>
  type === columnType.time ? writeBinaryTime : writeBinaryDate;

/**
 * A TIMESTAMP as UNIX_TIMESTAMP gives it, which does not depend on a time zone. Where clocks are put back, an hour's values are there
 * twice and could not be told apart.
 */
function epochWriter(write: ValueWriter): ValueWriter {
  return (out, bytes, start, end) => {
    const from = out.length;
    write(out, bytes, start, end);
    const text = out.bytes.toString('latin1', from, out.length);
    out.length = from;
    const [seconds = '', fraction = ''] = text.split('.');
    const micros = fraction.padEnd(SECONDS_DIGITS_MAX, '0').slice(0, SECONDS_DIGITS_MAX);
    if (Number(text) === 0) return out.ascii("'0000-00-00 00:00:00'");
    const date = new Date(Number(seconds) * 1000);
    if (Number.isNaN(date.getTime())) throw noNumber();
    out.ascii(`'${date.toISOString().slice(0, 19).replace('T', ' ')}.${micros}+00:00'`);
  };
}
