/**
 * Two ways of putting durations into buckets. Coarse ones (1-2-5 per decade) go to Prometheus for every kind and tablet
 * type; fine ones (eight per octave, 12 % wide at most) serve the percentiles of the status page.
 */

/** Upper bounds in microseconds, 50 µs to 100 s; one bucket more holds what is slower. */
export const coarseBoundsUs: readonly number[] = [
  50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000,
  2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000,
];
export const COARSE_BUCKETS = coarseBoundsUs.length + 1;

const bounds = Float64Array.from(coarseBoundsUs);

/** Index of the first bound that is not below the duration. */
export function coarseBucket(durationUs: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (durationUs <= bounds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

const OCTAVES = 28;
const STEPS = 8;
const LARGEST_US = 2 ** (OCTAVES - 1);
export const FINE_BUCKETS = OCTAVES * STEPS;

/** Index of the fine bucket; beyond about two minutes everything is the last one. */
export function fineBucket(durationUs: number): number {
  if (durationUs >= LARGEST_US) return FINE_BUCKETS - 1;
  const whole = durationUs > 0 ? durationUs | 0 : 0;
  if (whole < STEPS) return whole;
  const octave = 31 - Math.clz32(whole);
  return octave * STEPS + ((whole >>> (octave - 3)) & (STEPS - 1));
}

/** Middle of a fine bucket in microseconds. */
function fineMiddleUs(index: number): number {
  if (index < STEPS) return index;
  const octave = Math.floor(index / STEPS);
  const width = 2 ** (octave - 3);
  return 2 ** octave + ((index % STEPS) + 0.5) * width;
}

/** The duration below which `share` (0 to 1) of the counted ones lie, in microseconds; undefined without any. */
export function percentileUs(counts: Float64Array, share: number): number | undefined {
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return undefined;
  let left = Math.max(1, Math.ceil(total * share));
  for (let index = 0; index < counts.length; index++) {
    left -= counts[index]!;
    if (left <= 0) return fineMiddleUs(index);
  }
  return fineMiddleUs(counts.length - 1);
}
