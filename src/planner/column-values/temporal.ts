/** Dates and times written as MySQL writes them; all its other forms are left to MySQL. */
import type { ColumnClass } from './column-class.ts';

type Temporal = Extract<ColumnClass, { kind: 'temporal' }>;

const datePattern = /^([1-9]\d{3})-(\d\d)-(\d\d)(?: ([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?)?$/;
const timePattern = /^(-?)([0-7]?\d\d):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?$/;

/** The text that the column has for this time; undefined if it is written otherwise, or is not a time of the column. */
export function temporalText(column: Temporal, text: string): string | undefined {
  return column.type === 'time' ? timeText(column, text) : dateText(column, text);
}

function dateText({ type, fractionDigits }: Temporal, text: string): string | undefined {
  const found = datePattern.exec(text);
  if (found === null) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = ''] = found;
  const isDay =
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(day) >= 1 &&
    Number(day) <= daysIn(Number(year), Number(month));
  if (!isDay) return undefined;
  const date = `${year}-${month}-${day}`;
  const time = `${hour}:${minute}:${second}`;
  if (type === 'date') return time === '00:00:00' && /^0*$/.test(fraction) ? date : undefined;
  const behind = fractionText(fraction, fractionDigits);
  return behind === undefined ? undefined : `${date} ${time}${behind}`;
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

function timeText({ fractionDigits }: Temporal, text: string): string | undefined {
  const found = timePattern.exec(text);
  if (found === null) return undefined;
  const [, sign, hours, minutes, seconds, fraction = ''] = found;
  const behind = fractionText(fraction, fractionDigits);
  if (behind === undefined || (hours!.length === 3 && hours!.startsWith('0'))) return undefined;
  // There is no time below zero that is zero.
  if (sign === '-' && /^0*$/.test(`${hours}${minutes}${seconds}${fraction}`)) return undefined;
  return `${sign}${hours}:${minutes}:${seconds}${behind}`;
}

/** Undefined where the column has fewer digits than are needed. */
function fractionText(fraction: string, digits: number): string | undefined {
  if (!/^0*$/.test(fraction.slice(digits))) return undefined;
  return digits === 0 ? '' : `.${fraction.slice(0, digits).padEnd(digits, '0')}`;
}
