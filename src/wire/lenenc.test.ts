import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeadgateError } from '../errors/headgate-error.ts';
import { lenencInteger, lenencString, lenencWidth, readLenenc, readLenencBigint } from './lenenc.ts';
import { PayloadReader } from './payload-reader.ts';

test.each([
  [0, '00'],
  [250, 'fa'],
  [251, 'fcfb00'],
  [65_535, 'fcffff'],
  [65_536, 'fd000001'],
  [16_777_215, 'fdffffff'],
  [16_777_216, 'fe0000000100000000'],
  [Number.MAX_SAFE_INTEGER, 'feffffffffffff1f00'],
])('%i takes the shortest form', (value, hex) => {
  expect(lenencInteger(value).toString('hex')).toBe(hex);
  expect(readLenenc(Buffer.from(hex, 'hex'), 0)).toBe(value);
  expect(lenencWidth(Buffer.from(hex, 'hex'), 0)).toBe(hex.length / 2);
});

test('every 64-bit value survives', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (value) => {
      expect(readLenencBigint(lenencInteger(value), 0)).toBe(value);
    }),
  );
});

test('a number above 2^53 is refused, not rounded', () => {
  expect(() => readLenenc(lenencInteger(2n ** 53n), 0)).toThrow(HeadgateError);
});

test.each(['', 'fb', 'ff', 'fc', 'fcff', 'fdffff', 'feffffffffffffff'])('0x%s is no integer', (hex) => {
  expect(() => readLenenc(Buffer.from(hex, 'hex'), 0)).toThrow(HeadgateError);
  expect(() => readLenencBigint(Buffer.from(hex, 'hex'), 0)).toThrow(HeadgateError);
});

test('the end given counts, not the end of the buffer', () => {
  const buffer = Buffer.from('00fc0102', 'hex');
  expect(readLenenc(buffer, 1)).toBe(0x0201);
  expect(() => readLenenc(buffer, 1, 3)).toThrow(/ends inside/);
  expect(() => readLenenc(buffer, 1, 5)).toThrow(HeadgateError);
});

test('a string longer than its packet is refused even where the buffer goes on', () => {
  const neighbour = Buffer.from('secret');
  const memory = Buffer.concat([Buffer.from([5, 0x41]), neighbour]);
  const reader = new PayloadReader(memory.subarray(0, 2));
  expect(() => reader.lenencString('a name')).toThrow(/ends inside a name/);
  expect(new PayloadReader(lenencString('abc')).lenencString('a name').toString()).toBe('abc');
});
