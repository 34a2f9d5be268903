/** Dates and times of binary rows as SQL literals. Source: protocol page "Binary Protocol Value". */
import type { SqlBuffer } from './sql-buffer.ts';

const QUOTE = 0x27;
const COLON = 0x3a;
const DASH = 0x2d;
const BLANK = 0x20;
const POINT = 0x2e;
const ZERO = 0x30;
/** Lengths of the forms: all zero, a date, with hours to seconds, with a fraction. */
const DATE_BYTES = 4;
const DATETIME_BYTES = 7;
const TIME_BYTES = 8;
const HOURS_OF_A_DAY = 24;
const FRACTION_DIGITS = 6;

/** DATE, DATETIME, TIMESTAMP: what is left out at the end is zero. */
export function writeBinaryDate(out: SqlBuffer, bytes: Buffer, start: number, end: number): void {
  const length = end - start;
  out.byte(QUOTE);
  digits(out, length >= DATE_BYTES ? bytes.readUInt16LE(start) : 0, 4);
  out.byte(DASH);
  out.pair(length >= DATE_BYTES ? bytes[start + 2]! : 0);
  out.byte(DASH);
  out.pair(length >= DATE_BYTES ? bytes[start + 3]! : 0);
  if (length >= DATETIME_BYTES) {
    out.byte(BLANK);
    clock(out, bytes[start + 4]!, bytes, start + 5);
    if (length > DATETIME_BYTES) fraction(out, bytes.readUInt32LE(start + DATETIME_BYTES));
  }
  out.byte(QUOTE);
}

/** TIME: a sign, days, and the clock. */
export function writeBinaryTime(out: SqlBuffer, bytes: Buffer, start: number, end: number): void {
  const length = end - start;
  out.byte(QUOTE);
  if (length < TIME_BYTES) {
    out.ascii('00:00:00');
  } else {
    if (bytes[start] !== 0) out.byte(DASH);
    clock(out, bytes.readUInt32LE(start + 1) * HOURS_OF_A_DAY + bytes[start + 5]!, bytes, start + 6);
    if (length > TIME_BYTES) fraction(out, bytes.readUInt32LE(start + TIME_BYTES));
  }
  out.byte(QUOTE);
}

function clock(out: SqlBuffer, hours: number, bytes: Buffer, at: number): void {
  if (hours < 100) out.pair(hours);
  else digits(out, hours, 3);
  out.byte(COLON);
  out.pair(bytes[at]!);
  out.byte(COLON);
  out.pair(bytes[at + 1]!);
}

function fraction(out: SqlBuffer, micros: number): void {
  out.byte(POINT);
  digits(out, micros, FRACTION_DIGITS);
}

function digits(out: SqlBuffer, value: number, count: number): void {
  out.room(count);
  let rest = value;
  for (let at = out.length + count - 1; at >= out.length; at--) {
    out.bytes[at] = ZERO + (rest % 10);
    rest = Math.floor(rest / 10);
  }
  out.length += count;
}
