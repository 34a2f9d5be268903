/** What the figures rest on: answers found in any cut of the stream, latencies counted in the right bucket. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AnswerReader } from '../../benchmarks/support/answer-reader.ts';
import { median } from '../../benchmarks/support/comparison.ts';
import { LatencyHistogram } from '../../benchmarks/support/latency-histogram.ts';
import { packet } from '../../benchmarks/support/packets.ts';

const ok = [Buffer.from([0x00, 1, 0, 2, 0, 0, 0])];
const error = [Buffer.from([0xff, 0x7a, 0x04, ...Buffer.from("#42S02Table 'x' is missing")])];
const end = Buffer.from([0xfe, 0, 0, 2, 0, 0, 0]);

function rows(tokens: readonly number[], padding: number): Buffer[] {
  const row = (token: number): Buffer => {
    const text = `${String(token).padStart(11, '0')}${'x'.repeat(padding)}`;
    return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
  };
  return [Buffer.from([1]), Buffer.alloc(40, 3), ...tokens.map(row), end];
}

type Seen = { kind: string; rows: number; token: number; errno: number };

describe('answer reader', () => {
  const token = fc.integer({ min: 0, max: 99_999_999_999 });
  const answer = fc.oneof(
    fc.constant({ packets: ok, seen: { kind: 'ok', rows: 0, token: -1 } }),
    fc.constant({ packets: error, seen: { kind: 'error', rows: 0, token: -1, errno: 1146 } }),
    fc
      .tuple(fc.array(token, { maxLength: 300 }), fc.integer({ min: 0, max: 200 }))
      .map(([tokens, padding]) => ({
        packets: rows(tokens, padding),
        seen: { kind: 'rows', rows: tokens.length, token: tokens.at(-1) ?? -1 },
      })),
  );

  test('any cut of the stream yields the same answers', () => {
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 150 }));
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 8 }), cuts, (answers, sizes) => {
        const seen: Seen[] = [];
        const reader = new AnswerReader(1, () => {
          seen.push({ kind: reader.kind, rows: reader.rows, token: reader.token, errno: reader.errno });
        });
        const stream = Buffer.concat(
          answers.flatMap(({ packets }) =>
            packets.map((payload, index) => packet(payload, (index + 1) & 0xff)),
          ),
        );
        for (let at = 0; at < stream.length; ) {
          const chunk = stream.subarray(at, at + (sizes.next().value as number));
          reader.push(chunk, chunk.length);
          at += chunk.length;
        }
        expect(seen).toMatchObject(answers.map((each) => each.seen));
        expect(reader.bytes).toBe(stream.length);
      }),
    );
  });

  test('a gap in the sequence is noticed', () => {
    const reader = new AnswerReader(-1, () => {});
    const late = packet(ok[0]!, 2);
    expect(() => reader.push(late, late.length)).toThrow(/out of order/);
  });
});

describe('latency histogram', () => {
  test('a percentile is within 1.6 % of the exact one', () => {
    const latencies = fc.array(fc.integer({ min: 0, max: 100_000_000 }), { minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(latencies, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const histogram = new LatencyHistogram();
        for (const value of values) histogram.record(value);
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;
        const found = histogram.percentileMs(share) * 1000;
        expect(found).toBeGreaterThanOrEqual(exact * 0.999_999);
        expect(found).toBeLessThanOrEqual(exact * 1.016 + 0.001);
      }),
    );
  });

  test('histograms add up', () => {
    const all = new LatencyHistogram();
    for (const value of [10, 20]) {
      const part = new LatencyHistogram();
      part.record(value);
      all.add(new LatencyHistogram([...part.counts]));
    }
    expect(all.percentileMs(0.5)).toBe(0.01);
    expect(all.percentileMs(1)).toBe(0.02);
  });
});

test('median of odd and even counts', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});
