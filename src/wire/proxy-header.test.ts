import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseProxyHeader } from './proxy-header.ts';

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

function binary(verCommand: number, kind: number, content: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length);
  return Buffer.concat([signature, Buffer.from([verCommand, kind]), length, content]);
}

const four = Buffer.from([192, 168, 7, 9, 10, 0, 0, 1, 0xdc, 0x04, 0x0c, 0xea]);
const six = Buffer.concat([
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.alloc(16),
  Buffer.from([0xdc, 0x04, 0x0c, 0xea]),
]);

test.each<[string, Buffer, unknown]>([
  [
    'v1 TCP4',
    Buffer.from('PROXY TCP4 192.168.7.9 10.0.0.1 56324 3306\r\n'),
    { address: '192.168.7.9', port: 56324 },
  ],
  ['v1 TCP6', Buffer.from('PROXY TCP6 2001:db8::1 ::1 1 3306\r\n'), { address: '2001:db8::1', port: 1 }],
  ['v1 UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['v1 UNKNOWN with more', Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), undefined],
  ['v2 TCP4', binary(0x21, 0x11, four), { address: '192.168.7.9', port: 56324 }],
  [
    'v2 TCP4 with TLVs',
    binary(0x21, 0x11, Buffer.concat([four, Buffer.alloc(300)])),
    { address: '192.168.7.9', port: 56324 },
  ],
  ['v2 TCP6', binary(0x21, 0x21, six), { address: '2001:db8:0:0:0:0:0:1', port: 56324 }],
  ['v2 LOCAL', binary(0x20, 0x00, Buffer.alloc(0)), undefined],
  ['v2 unix', binary(0x21, 0x31, Buffer.alloc(216)), undefined],
])('%s, whole and at every cut', (_, header, source) => {
  const more = Buffer.from('what the client says');
  expect(parseProxyHeader(Buffer.concat([header, more]))).toEqual({ length: header.length, source });
  for (let cut = 0; cut < header.length; cut++)
    expect(parseProxyHeader(header.subarray(0, cut))).toBeUndefined();
});

test.each<[string, Buffer]>([
  ['a MySQL packet', Buffer.from([32, 0, 0, 1, 5])],
  ['HTTP', Buffer.from('GET / HTTP/1.0\r\n')],
  ['another family', Buffer.from('PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n')],
  ['no address', Buffer.from('PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n')],
  ['an address of the other family', Buffer.from('PROXY TCP4 ::1 ::1 1 2\r\n')],
  ['no port', Buffer.from('PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n')],
  ['too few words', Buffer.from('PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n')],
  ['too many words', Buffer.from('PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n')],
  ['a line without end', Buffer.from(`PROXY TCP4 ${'1'.repeat(120)}`)],
  ['version 3', binary(0x31, 0x11, four)],
  ['another command', binary(0x22, 0x11, four)],
  ['datagrams', binary(0x21, 0x12, four)],
  ['addresses cut short', binary(0x21, 0x21, four)],
])('refused: %s', (_, bytes) => {
  expect(() => parseProxyHeader(bytes)).toThrow(expect.objectContaining({ errno: 1043 }));
});

test('any bytes are a header, the beginning of one, or refused', () => {
  const start = fc.constantFrom(Buffer.alloc(0), Buffer.from('PROXY '), signature);
  const property = fc.property(start, fc.uint8Array({ maxLength: 130 }), (head, bytes) => {
    try {
      const header = parseProxyHeader(Buffer.concat([head, bytes]));
      if (header !== undefined) expect(header.length).toBeLessThanOrEqual(head.length + bytes.length);
    } catch (error) {
      expect(error).toMatchObject({ errno: 1043 });
    }
  });
  fc.assert(property, { numRuns: 3000 });
});
