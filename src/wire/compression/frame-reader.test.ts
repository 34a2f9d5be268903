import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildFrame, type CompressedFrame, FrameReader } from './frame-reader.ts';

/** Pushes the stream in pieces of the given sizes, in turn. */
function read(stream: Buffer, sizes: readonly number[], bytesMax = 1 << 24): CompressedFrame[] {
  const reader = new FrameReader(bytesMax);
  const frames: CompressedFrame[] = [];
  for (let from = 0, turn = 0; from < stream.length; turn++) {
    const piece = Buffer.from(stream.subarray(from, from + sizes[turn % sizes.length]!));
    from += piece.length;
    for (let at = 0; at < piece.length; ) {
      at = reader.push(piece, at);
      const frame = reader.take();
      if (frame !== undefined) frames.push({ ...frame, content: Buffer.from(frame.content) });
    }
    // A reader that kept a view instead of a copy would now give nonsense.
    piece.fill(0xee);
  }
  return frames;
}

const frame = fc.record({
  sequence: fc.nat(255),
  expandedBytes: fc.nat(0xff_ff_ff),
  content: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
});

test('frames come out as they were put in, wherever the stream is cut', () => {
  const property = fc.property(
    fc.array(frame, { maxLength: 6 }),
    fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
    (frames, sizes) => {
      expect(read(Buffer.concat(frames.map(buildFrame)), sizes)).toEqual(frames);
    },
  );
  fc.assert(property);
});

test.each([
  ['content', 1001, 0],
  ['expanded content', 5, 1001],
])(
  'a header that claims too long a %s is refused before its content has come',
  (_, length, expandedBytes) => {
    const header = buildFrame({ sequence: 0, expandedBytes, content: Buffer.alloc(length) }).subarray(0, 7);
    expect(() => read(header, [7], 1000)).toThrow(expect.objectContaining({ errno: 1153 }));
  },
);
