import { expect, test } from 'vitest';
import { PreparedCache } from './prepared-cache.ts';
import { StatementBudget } from './statement-budget.ts';

test('the one used longest ago goes first', () => {
  const budget = new StatementBudget(2, 100);
  const cache = new PreparedCache(budget);
  expect([cache.add('a', 1), cache.add('b', 2)]).toEqual([undefined, undefined]);
  cache.get('a');
  expect(cache.add('c', 3)).toBe(2);
  expect(cache.add('a', 4)).toBe(1);
  expect([budget.open, budget.evicted]).toEqual([2, 1]);
});

test('connections share what the tablet allows, and each has one at least', () => {
  const budget = new StatementBudget(10, 50);
  budget.learn(4);
  const [first, second] = [new PreparedCache(budget), new PreparedCache(budget)];
  first.add('a', 1);
  first.add('b', 2);
  expect(second.add('a', 1)).toBeUndefined();
  expect(budget.isExceeded).toBe(true);
  expect(first.add('c', 3)).toBe(1);
  first.clear();
  expect([budget.open, budget.isExceeded]).toEqual([1, false]);
});

test('one that is taken out is not counted until it is back', () => {
  const budget = new StatementBudget(10, 50);
  const cache = new PreparedCache(budget);
  cache.add('a', 7);
  const taken = cache.take(7)!;
  expect([budget.open, cache.get('a')]).toEqual([0, undefined]);
  cache.put(taken);
  expect([budget.open, cache.get('a')!.id]).toEqual([1, 7]);
});

test('one may get another key', () => {
  const budget = new StatementBudget(10, 50);
  const cache = new PreparedCache(budget);
  cache.add('a', 7);
  expect([cache.rename('a', 'b')?.id, cache.get('a'), cache.get('b')?.id]).toEqual([7, undefined, 7]);
  expect([cache.rename('a', 'c'), budget.open]).toEqual([undefined, 1]);
});
