import { expect, test } from 'vitest';
import { Random } from '../../../test/support/random.ts';
import { PacketBorders } from './packet-borders.ts';

const packet = (length: number): Buffer => {
  const bytes = Buffer.alloc(4 + length, 7);
  bytes.writeUIntLE(length, 0, 3);
  return bytes;
};

/** The frames' lengths, of a stream that comes in parts. */
function frames(parts: readonly Buffer[]): number[] {
  const borders = new PacketBorders();
  const found: number[] = [];
  let held = Buffer.alloc(0);
  for (const part of parts) {
    held = Buffer.concat([held, part]);
    if (held.length < borders.wanted) continue;
    let from = 0;
    for (const end of borders.framesOf(held, 100)) {
      found.push(end - from);
      from = end;
    }
    held = held.subarray(from);
  }
  expect(held.length).toBe(0);
  return found;
}

test.each([
  ['one packet', [packet(6)], [10]],
  ['an empty packet', [packet(0)], [4]],
  ['small packets share a frame', [Buffer.concat([packet(6), packet(6), packet(6)])], [30]],
  ['up to its length', [Buffer.concat([packet(46), packet(46), packet(46)])], [100, 50]],
  ['a long packet has its own', [Buffer.concat([packet(6), packet(500), packet(6)])], [10, 504, 10]],
  [
    'a packet in parts',
    [packet(500).subarray(0, 3), packet(500).subarray(3, 200), packet(500).subarray(200)],
    [504],
  ],
])('%s', (_, parts, expected) => {
  expect(frames(parts)).toEqual(expected);
});

test('a packet that is too long goes out in parts', () => {
  const long = packet(0xff_ff_ff);
  const parts = [long.subarray(0, 10_000_000), long.subarray(10_000_000), packet(6)];
  expect(frames(parts)).toEqual([10_000_000, long.length - 10_000_000, 10]);
});

test('however the stream comes, frames end with packets', () => {
  const random = new Random(3);
  for (let run = 0; run < 200; run++) {
    const lengths = Array.from({ length: 20 }, () => random.below(random.below(4) === 0 ? 400 : 30));
    const bytes = Buffer.concat(lengths.map(packet));
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + random.below(120));
      parts.push(bytes.subarray(at, end));
      at = end;
    }
    const ends = new Set<number>();
    let total = 0;
    for (const length of lengths) {
      total += length + 4;
      ends.add(total);
    }
    let at = 0;
    for (const length of frames(parts)) {
      at += length;
      expect(ends).toContain(at);
    }
    expect(at).toBe(total);
  }
});
