import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encipherBlock } from './zero-key-des.ts';

// OpenSSL 3 no longer offers single DES; triple DES with three equal keys is the same function.
const cipher = createCipheriv('des-ede3-ecb', Buffer.alloc(24), null).setAutoPadding(false);

test('every block is enciphered as by OpenSSL', () => {
  const blocks = fc.uint8Array({ minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(blocks, (bytes) => {
      const block = Buffer.from(bytes);
      encipherBlock(block);
      expect(block).toEqual(cipher.update(bytes));
    }),
    { numRuns: 2000, seed: 1, examples: [[new Uint8Array(8)], [new Uint8Array(8).fill(255)]] },
  );
});
