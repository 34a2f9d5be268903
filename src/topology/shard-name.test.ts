import { describe, expect, test } from 'vitest';
import { canonicalShardName, compareShardNames, isWhole, overlap, shardRange } from './shard-name.ts';

describe('names', () => {
  test.each(['0', '-', '-80', '80-', '80-c0', '8000-8001'])('%s is one', (name) => {
    expect(canonicalShardName(name)).toBe(name);
  });

  test('upper case is stored as lower case', () => {
    expect(canonicalShardName('-C0')).toBe('-c0');
  });

  test.each<[string, RegExp]>([
    ['', /a shard is/],
    ['1', /a shard is/],
    ['-80-', /a shard is/],
    ['8-', /`8` has an odd number of digits/],
    ['xy-', /`xy` is not hex/],
    ['80-40', /start of a key range must lie before its end/],
    ['80-80', /start of a key range must lie before its end/],
  ])('%j is none', (name, why) => {
    expect(() => canonicalShardName(name)).toThrow(why);
  });
});

test('only `0` and `-` have everything', () => {
  expect(['0', '-', '-80', '80-'].map((name) => isWhole(shardRange(name)))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test.each<[string, string, boolean]>([
  ['-80', '80-', false],
  ['-80', '7f-', true],
  ['40-80', '-', true],
  ['40-80', '0', true],
  ['40-80', '80-c0', false],
  ['40-80', '50-60', true],
  ['-', '0', true],
])('%s and %s overlap: %s', (a, b, expected) => {
  expect(overlap(shardRange(a), shardRange(b))).toBe(expected);
  expect(overlap(shardRange(b), shardRange(a))).toBe(expected);
});

test('the order is that of the key ranges', () => {
  const ordered = ['-40', '-', '40-80', '80-8080', '80-c0', '80-', 'c0-'];
  expect([...ordered].reverse().sort(compareShardNames)).toEqual(ordered);
});
