import { expect, test } from 'vitest';
import wasm from 'xxhash-wasm';
import { xxh64 } from './digests.ts';

test.each([0, 1, 31, 32, 65_536, 65_537, 200_000])('%d bytes are hashed as a whole', async (length) => {
  const { h64Raw } = await wasm();
  const bytes = Uint8Array.from({ length }, (_, at) => at % 251);
  expect(xxh64(bytes).readBigUInt64LE()).toBe(h64Raw(bytes));
});
