import { expect, test } from 'vitest';
import { RateWindow } from './rate-window.ts';

test('what was added is measured against the newest copy that is old enough', () => {
  const window = new RateWindow(1, 4, 0);
  const at = (value: number) => Float64Array.of(value);
  for (let second = 1; second <= 10; second++) window.record(at(second * 5), second * 1000);
  expect(window.added(at(55), 2, 11_000)).toEqual({ added: at(10), seconds: 2 });
  // Four copies are kept: those of seconds 7 to 10.
  expect(window.added(at(55), 60, 11_000)).toEqual({ added: at(20), seconds: 4 });
  expect(window.history(0)).toEqual([5, 5, 5]);
});

test('soon after the start the beginning is the oldest copy', () => {
  const window = new RateWindow(1, 4, 0);
  expect(window.added(Float64Array.of(3), 10, 1500)).toEqual({ added: Float64Array.of(3), seconds: 1.5 });
});
