import fc from 'fast-check';
import { expect, test } from 'vitest';
import { payloadBytesMax } from '../mysql/protocol.ts';
import { CommandReader } from './command-reader.ts';
import { frame } from './packets.ts';

/** Feeds a stream in pieces of the given sizes and gives the payloads that came out, each command starting at sequence 0. */
function readAll(stream: Buffer, sizes: readonly number[], bytesMax = 1 << 30): Buffer[] {
  const payloads: Buffer[] = [];
  const reader = new CommandReader(bytesMax, (packet) => {
    payloads.push(packet.subarray(4));
    reader.expectedSequence = 0;
  });
  for (let from = 0, turn = 0; from < stream.length; turn++) {
    const chunk = stream.subarray(from, from + sizes[turn % sizes.length]!);
    from += chunk.length;
    for (let at = 0; at < chunk.length; ) at = reader.push(chunk, at);
  }
  return payloads;
}

test('any cut of the stream yields the same commands', () => {
  const commands = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 50 });
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(commands, sizes, (sent, cuts) => {
      const stream = Buffer.concat(sent.map((payload) => frame(Buffer.from(payload), 0)));
      expect(readAll(stream, cuts)).toEqual(sent.map((payload) => Buffer.from(payload)));
    }),
  );
});

test.each([payloadBytesMax - 1, payloadBytesMax, payloadBytesMax + 1, 2 * payloadBytesMax])(
  'a command of %d bytes is joined from its packets',
  (length) => {
    const payload = Buffer.alloc(length, 7);
    const [joined] = readAll(frame(payload, 0), [60_000]);
    expect(joined!.equals(payload)).toBe(true);
  },
);

test('what the command leaves in the buffer is not used up', () => {
  const chunk = Buffer.concat([frame(Buffer.from('one'), 0), frame(Buffer.from('two'), 0)]);
  const seen: string[] = [];
  const reader = new CommandReader(1000, (packet) => seen.push(packet.toString('latin1', 4)));
  expect(reader.push(chunk, 0)).toBe(7);
  expect(seen).toEqual(['one']);
});

test('a gap in the sequence ends the connection', () => {
  const reader = new CommandReader(1000, () => {});
  expect(() => reader.push(frame(Buffer.from('x'), 3), 0)).toThrow(
    expect.objectContaining({ code: 'ER_NET_PACKETS_OUT_OF_ORDER', errno: 1156 }),
  );
});

test('a command above the limit is refused by its header, before its bytes come', () => {
  const reader = new CommandReader(1000, () => {});
  const header = frame(Buffer.alloc(1001), 0).subarray(0, 4);
  expect(() => reader.push(header, 0)).toThrow(expect.objectContaining({ errno: 1153 }));
});

test('the limit holds over all packets of a command', () => {
  const stream = frame(Buffer.alloc(payloadBytesMax + 10), 0);
  expect(() => readAll(stream, [1 << 20], payloadBytesMax + 5)).toThrow(
    expect.objectContaining({ errno: 1153 }),
  );
});

test('the command is a copy: the buffer may be overwritten', () => {
  const seen: Buffer[] = [];
  const reader = new CommandReader(1000, (packet) => seen.push(packet));
  const chunk = frame(Buffer.from('abc'), 0);
  reader.push(chunk, 0);
  chunk.fill(0);
  expect(seen[0]!.toString('latin1', 4)).toBe('abc');
});
