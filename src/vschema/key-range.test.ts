import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalKeyRanges, keyRangeContains, keyRangeName, parseKeyRange } from './key-range.ts';

describe('equal ranges', () => {
  test.each([
    [1, ['-']],
    [2, ['-80', '80-']],
    [3, ['-55', '55-aa', 'aa-']],
    [4, ['-40', '40-80', '80-c0', 'c0-']],
  ])('%i', (count, names) => {
    expect(equalKeyRanges(count)).toEqual(names);
  });

  test('256 ranges still have two digits, 257 have four', () => {
    expect(equalKeyRanges(256).slice(0, 2)).toEqual(['-01', '01-02']);
    expect(equalKeyRanges(257).slice(0, 2)).toEqual(['-00ff', '00ff-01fe']);
  });

  test.each([0, -1, 1.5, 65_537])('%d shards are refused', (count) => {
    expect(() => equalKeyRanges(count)).toThrow(RangeError);
  });

  test('every keyspace id belongs to exactly one range', () => {
    const keyspaceIds = fc.uint8Array({ maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), keyspaceIds, (count, keyspaceId) => {
        const holders = equalKeyRanges(count).filter((name) =>
          keyRangeContains(parseKeyRange(name)!, keyspaceId),
        );
        expect(holders).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
  });
});

describe('names', () => {
  test.each(['-', '-80', '80-', '40-80', '00ff-01fe'])('%s is read and written back', (name) => {
    expect(keyRangeName(parseKeyRange(name)!)).toBe(name);
  });

  test.each(['0', '', '80-40', '80-80', '8-', 'xy-', '-80-'])('%j is no key range', (name) => {
    expect(parseKeyRange(name)).toBeUndefined();
  });

  test('the lower bound belongs to the range, the upper one does not', () => {
    const range = parseKeyRange('40-80')!;
    expect(keyRangeContains(range, Buffer.from('40', 'hex'))).toBe(true);
    expect(keyRangeContains(range, Buffer.from('7fff', 'hex'))).toBe(true);
    expect(keyRangeContains(range, Buffer.from('80', 'hex'))).toBe(false);
    expect(keyRangeContains(range, Buffer.from('3fff', 'hex'))).toBe(false);
  });
});
