import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FileReader } from './file-reader.ts';
import { frame } from './packets.ts';

function read(reader: FileReader, bytes: Buffer, from = 0): Buffer {
  const target = Buffer.alloc(bytes.length);
  return target.subarray(0, reader.push(bytes, from, target, 0));
}

describe('the packets of a file', () => {
  test('any cut of them gives the same content, and nothing behind the empty packet is taken', () => {
    const contents = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 300 });
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 500 }));
    fc.assert(
      fc.property(contents, cuts, (packets, sizes) => {
        const parts = packets.map((packet, at) => frame(Buffer.from(packet), (2 + at) & 0xff));
        const end = frame(Buffer.alloc(0), (2 + packets.length) & 0xff);
        const behind = Buffer.from('next command');
        const stream = Buffer.concat([...parts, end, behind]);
        const reader = new FileReader(2);
        const got: Buffer[] = [];
        let at = 0;
        while (!reader.done) {
          const bytes = stream.subarray(at, at + sizes.next().value);
          got.push(read(reader, bytes));
          at += reader.readEnd;
        }
        expect(stream.subarray(at)).toEqual(behind);
        expect(reader.expectedSequence).toBe((3 + packets.length) & 0xff);
        expect(Buffer.concat(got)).toEqual(Buffer.concat(packets.map((packet) => Buffer.from(packet))));
      }),
    );
  });

  test('an empty packet behind a full one ends that packet, not the file', () => {
    const content = Buffer.alloc(0xff_ff_ff, 'x');
    const reader = new FileReader(2);
    // A payload of the full length is framed with an empty packet behind it.
    expect(read(reader, frame(content, 2)).length).toBe(content.length);
    expect(reader.done).toBe(false);
    read(reader, frame(Buffer.alloc(0), 4));
    expect(reader.done).toBe(true);
  });

  test('a packet out of order is an error', () => {
    const reader = new FileReader(2);
    expect(() => read(reader, frame(Buffer.from('x'), 4))).toThrow(
      expect.objectContaining({ code: 'ER_NET_PACKETS_OUT_OF_ORDER' }),
    );
  });
});
