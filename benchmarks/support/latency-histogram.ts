/**
 * Counts of latencies in microseconds, in buckets at most 1.6 % wide: recording is one addition, whatever the number
 * of queries, and the histograms of several client processes add up.
 */
const stepsPerOctave = 64;
const octaveBits = 6;
const bucketCount = stepsPerOctave * 27;

export class LatencyHistogram {
  readonly counts: Uint32Array;

  constructor(counts: ArrayLike<number> = { length: bucketCount }) {
    this.counts = Uint32Array.from(counts);
  }

  record(microseconds: number): void {
    const value = microseconds > 0xffff_ffff ? 0xffff_ffff : microseconds >>> 0;
    const shift = 31 - Math.clz32(value | 1) - octaveBits;
    const bucket = shift <= 0 ? value : shift * stepsPerOctave + (value >>> shift);
    this.counts[bucket]!++;
  }

  add(other: LatencyHistogram): void {
    for (let bucket = 0; bucket < bucketCount; bucket++) this.counts[bucket]! += other.counts[bucket]!;
  }

  /** The latency in milliseconds that `share` of the records do not exceed (upper end of its bucket). */
  percentileMs(share: number): number {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    let left = Math.ceil(total * share);
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      left -= this.counts[bucket]!;
      if (left <= 0) return upperMicroseconds(bucket) / 1000;
    }
    return 0;
  }
}

function upperMicroseconds(bucket: number): number {
  if (bucket < 2 * stepsPerOctave) return bucket;
  const shift = Math.floor(bucket / stepsPerOctave) - 1;
  return (bucket - shift * stepsPerOctave + 1) * 2 ** shift - 1;
}
