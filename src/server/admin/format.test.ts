import { expect, test } from 'vitest';
import { bytes, count, duration, hostPort, latency, measure, reachable } from './format.ts';

test.each([
  [0, '0 ms'],
  [-5, '0 ms'],
  [999, '999 ms'],
  [1000, '1 s'],
  [125_000, '2 min 5 s'],
  [3_600_000, '1 h'],
  [3_605_000, '1 h'],
  [100_000_000, '1 d 3 h'],
])('duration of %d ms', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('counts, measures, bytes', () => {
  expect(count(1_234_567)).toBe('1\u202f234\u202f567');
  expect([0, 0.5, 12.34, 1234.5].map(measure)).toEqual(['0', '0.50', '12.3', '1\u202f235']);
  expect([10, 2048, 3 * 1024 ** 3].map(bytes)).toEqual(['10 B', '2.00 KiB', '3.00 GiB']);
  expect([500, 2_500_000].map(latency)).toEqual(['0.50 ms', '2.50 s']);
});

test('addresses', () => {
  expect(hostPort('::1', 1)).toBe('[::1]:1');
  expect(['0.0.0.0', '::', 'db.example'].map(reachable)).toEqual(['127.0.0.1', '::1', 'db.example']);
});
