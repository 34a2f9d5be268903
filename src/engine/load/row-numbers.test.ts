import { expect, test } from 'vitest';
import { RowNumbers } from './row-numbers.ts';

test('gives back what was added', () => {
  const numbers = new RowNumbers(1_000_000);
  const added: number[] = [];
  let number = 0;
  for (let at = 0; at < 20_000; at++) {
    number += at % 97 === 0 ? 254 + (at % 5) : at % 1000 === 999 ? 100_000 : 1 + (at % 3);
    numbers.push(number);
    added.push(number);
  }
  expect(numbers.length).toBe(added.length);
  for (const at of [0, 1, 96, 97, 4095, 4096, 4097, 8192, 19_999]) expect(numbers.at(at)).toBe(added[at]);
  expect(numbers.at(20_000)).toBeUndefined();
  expect(numbers.at(-1)).toBeUndefined();
});

test('forgets what is beyond its limit', () => {
  const numbers = new RowNumbers(100);
  for (let number = 1; number <= 1000; number++) numbers.push(number * 2);
  expect(numbers.length).toBe(1000);
  expect(numbers.at(90)).toBe(182);
  expect(numbers.at(500)).toBeUndefined();
});
