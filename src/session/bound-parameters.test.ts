import { describe, expect, test } from 'vitest';
import { columnType } from '../mysql/protocol.ts';
import { BoundParameters, integerSign } from './bound-parameters.ts';

/** An EXECUTE packet: header, command, id, flags, iterations, NULL bits, types, values. */
function execute(
  parameters: readonly (readonly [type: number, value: Buffer | null, unsigned?: boolean])[],
): {
  packet: Buffer;
  types: Buffer;
} {
  const nulls = Buffer.alloc((parameters.length + 7) >> 3);
  for (const [at, [, value]] of parameters.entries()) if (value === null) nulls[at >> 3]! |= 1 << (at & 7);
  const types = Buffer.from(parameters.flatMap(([type, , unsigned]) => [type, unsigned ? 0x80 : 0]));
  const values = parameters.map(([, value]) => value ?? Buffer.alloc(0));
  return { packet: Buffer.concat([Buffer.alloc(14), nulls, Buffer.of(1), types, ...values]), types };
}

const read = (...parameters: Parameters<typeof execute>[0]): BoundParameters => {
  const { packet, types } = execute(parameters);
  const bound = new BoundParameters(parameters.length);
  bound.read(packet, types, 'utf8mb4');
  return bound;
};

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
};

describe('parameters of EXECUTE', () => {
  test('each is found behind those before it', () => {
    const bound = read(
      [columnType.varString, Buffer.from('\x05hello', 'latin1')],
      [columnType.longlong, null],
      [columnType.datetime, Buffer.of(4, 0xd0, 7, 2, 29)],
      [columnType.time, Buffer.of(0)],
      [columnType.float, Buffer.of(0, 0, 0xc0, 0x3f)],
      [columnType.double, Buffer.alloc(8)],
      [columnType.short, Buffer.of(0xff, 0xff), true],
      [columnType.longlong, int64(-7n)],
      [columnType.null, null],
      [columnType.blob, Buffer.concat([Buffer.of(0xfc, 0x2c, 1), Buffer.alloc(300, 9)])],
      [columnType.tiny, Buffer.of(0x80)],
    );
    expect(bound.at(1)).toEqual({ kind: 'null' });
    expect(bound.at(2)).toEqual({ kind: 'temporal', type: 'datetime', text: '2000-02-29 00:00:00' });
    expect(bound.at(3)).toEqual({ kind: 'temporal', type: 'time', text: '00:00:00' });
    expect(bound.at(4)).toEqual({ kind: 'float', text: '1.5e0' });
    expect(bound.at(6)).toEqual({ kind: 'integer', value: 65_535n });
    expect(bound.at(7)).toEqual({ kind: 'integer', value: -7n });
    expect(bound.at(8)).toEqual({ kind: 'null' });
    expect(bound.at(9)).toMatchObject({ kind: 'binary', bytes: Buffer.alloc(300, 9) });
    expect(bound.at(10)).toEqual({ kind: 'integer', value: -128n });
    expect(bound.at(11)).toBeUndefined();
    expect(bound.bound(0).bytes.toString('latin1')).toBe('\x05hello');
    expect(bound.bound(1)).toMatchObject({ isNull: true, bytes: Buffer.alloc(0) });
  });

  test.each([
    [columnType.tiny, Buffer.of(0xff), false, -1n, integerSign.negative],
    [columnType.tiny, Buffer.of(0xff), true, 255n, integerSign.positive],
    [columnType.long, Buffer.of(0, 0, 0, 0x80), false, -(2n ** 31n), integerSign.negative],
    [columnType.long, Buffer.of(0, 0, 0, 0x80), true, 2n ** 31n, integerSign.positive],
    [columnType.longlong, int64(-1n), false, -1n, integerSign.negative],
    [columnType.longlong, int64(-1n), true, 2n ** 64n - 1n, integerSign.aboveSigned],
  ])('an integer of type %i is widened to 64 bits', (type, bytes, unsigned, value, sign) => {
    const block = Buffer.alloc(8);
    expect(read([type, bytes, unsigned]).integerInto(block, 0)).toBe(sign);
    expect(block.readBigUInt64BE()).toBe(BigInt.asUintN(64, value));
  });

  test('what is no integer is not made one', () => {
    const block = Buffer.alloc(8);
    expect(read([columnType.varString, Buffer.of(1, 0x31)]).integerInto(block, 0)).toBe(integerSign.none);
    expect(read([columnType.longlong, null]).integerInto(block, 0)).toBe(integerSign.none);
  });

  test('a packet that ends too early is refused', () => {
    const { packet, types } = execute([
      [columnType.longlong, int64(1n)],
      [columnType.varString, Buffer.of(3, 1, 2, 3)],
    ]);
    for (let end = 14; end < packet.length; end++)
      expect(
        () => new BoundParameters(2).read(packet.subarray(0, end), types, 'utf8mb4'),
        `${end} bytes`,
      ).toThrow(expect.objectContaining({ code: 'ER_MALFORMED_PACKET' }));
    expect(() => new BoundParameters(2).read(packet, undefined, 'utf8mb4')).toThrow();
  });
});
