import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  COARSE_BUCKETS,
  coarseBoundsUs,
  coarseBucket,
  FINE_BUCKETS,
  fineBucket,
  percentileUs,
} from './latency.ts';

const durations = fc.oneof(
  fc.integer({ min: 0, max: 100_000_000 }),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
);

test('a coarse bucket is the first whose bound is not below the duration', () => {
  fc.assert(
    fc.property(durations, (us) => {
      const expected = coarseBoundsUs.findIndex((bound) => us <= bound);
      expect(coarseBucket(us)).toBe(expected === -1 ? COARSE_BUCKETS - 1 : expected);
    }),
  );
});

test('fine buckets grow with the duration and stay inside', () => {
  fc.assert(
    fc.property(durations, durations, (a, b) => {
      const [small, large] = a <= b ? [a, b] : [b, a];
      expect(fineBucket(small)).toBeLessThanOrEqual(fineBucket(large));
      expect(fineBucket(large)).toBeLessThan(FINE_BUCKETS);
    }),
  );
});

test('a percentile of equal durations is within a bucket of them', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000_000 }), fc.integer({ min: 1, max: 100 }), (us, count) => {
      const counts = new Float64Array(FINE_BUCKETS);
      counts[fineBucket(us)] = count;
      expect(Math.abs(percentileUs(counts, 0.5)! - us)).toBeLessThanOrEqual(us / 8);
    }),
  );
});

test('percentiles separate the slow from the fast', () => {
  const counts = new Float64Array(FINE_BUCKETS);
  for (let index = 0; index < 98; index++) counts[fineBucket(1000)]!++;
  for (let index = 0; index < 2; index++) counts[fineBucket(50_000)]!++;
  expect(percentileUs(counts, 0.5)).toBeLessThan(1200);
  expect(percentileUs(counts, 0.99)).toBeGreaterThan(40_000);
  expect(percentileUs(new Float64Array(FINE_BUCKETS), 0.5)).toBeUndefined();
});
