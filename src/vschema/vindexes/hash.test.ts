import { expect, test } from 'vitest';
import { hashKeyspaceId } from './hash.ts';

const vectors: [bigint, string][] = [
  [0n, '8ca64de9c1b123a7'],
  [1n, '166b40b44aba4bd6'],
  [2n, '06e7ea22ce92708f'],
  [3n, '4eb190c9a2fa169c'],
  [4n, 'd2fd8867d50d2dfe'],
  [5n, '70bb023c810ca87a'],
  [6n, 'f098480ac4c4be71'],
  [-1n, '355550b2150e2451'],
  [2n ** 64n - 1n, '355550b2150e2451'],
  [2n ** 63n - 1n, 'f77d48aadda1f1bb'],
  [-(2n ** 63n), '95f8a5e5dd31d900'],
];

test.each(vectors)('%s hashes to %s', (value, expected) => {
  expect(hashKeyspaceId(value).toString('hex')).toBe(expected);
});
