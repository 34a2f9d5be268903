import { expect, test } from 'vitest';
import { Clock, CollectingSink, column, MemoryRows, textRows } from '../../../test/support/row-stage.ts';
import { columnType } from '../../mysql/protocol.ts';
import { printFloat } from './numbers.ts';
import { textOfBinary } from './text-of-binary.ts';

/** The text of one value that is not NULL, with what stands before it in the row. */
function textOf(type: number, value: readonly number[], facts: Parameters<typeof column>[2] = {}): string {
  const clock = new Clock();
  const definitions = [column('c', type, facts)];
  const row = Buffer.from([0, 0, ...value]);
  const source = new MemoryRows(clock, { definitions, rows: [row] });
  const sink = new CollectingSink(clock);
  sink.start(textOfBinary(source.producer, definitions));
  clock.run();
  const [printed] = sink.rows;
  return printed!.toString('latin1', 1);
}

test('dates and times, of which the end may be left out', () => {
  const { date, datetime, time } = columnType;
  expect(textOf(date, [4, 0xe8, 7, 2, 29])).toBe('2024-02-29');
  expect(textOf(date, [0])).toBe('0000-00-00');
  expect(textOf(datetime, [0], { decimals: 3 })).toBe('0000-00-00 00:00:00.000');
  expect(textOf(datetime, [4, 0xe8, 7, 2, 29])).toBe('2024-02-29 00:00:00');
  expect(textOf(datetime, [7, 0xe8, 7, 2, 29, 1, 2, 3], { decimals: 2 })).toBe('2024-02-29 01:02:03.00');
  expect(textOf(datetime, [11, 0xe8, 7, 2, 29, 1, 2, 3, 0x40, 0xe2, 1, 0], { decimals: 6 })).toBe(
    '2024-02-29 01:02:03.123456',
  );
  expect(textOf(time, [0], { decimals: 1 })).toBe('00:00:00.0');
  expect(textOf(time, [8, 1, 34, 0, 0, 0, 22, 59, 59])).toBe('-838:59:59');
  expect(textOf(time, [12, 0, 0, 0, 0, 0, 1, 2, 3, 0x20, 0xa1, 7, 0], { decimals: 3 })).toBe('01:02:03.500');
});

test('numbers', () => {
  expect(textOf(columnType.tiny, [0xff])).toBe('-1');
  expect(textOf(columnType.year, [0, 0])).toBe('0000');
  expect(
    textOf(columnType.double, [...new Uint8Array(new Float64Array([0.1]).buffer)], { decimals: 31 }),
  ).toBe('0.1');
});

test('what both protocols have in one form', () => {
  const text = textRows([['abc']])[0]!;
  expect(textOf(columnType.varString, [...text])).toBe('abc');
});

test.each([
  [1 / 3, '0.333333'],
  [16_777_216, '16777200'],
  [1_234_565, '1234560'],
  [1_234_575, '1234580'],
  [1e20, '1e20'],
  [-1.5, '-1.5'],
  [0, '0'],
])('FLOAT has six digits: %d', (value, expected) => {
  expect(printFloat(Math.fround(value))).toBe(expected);
});
