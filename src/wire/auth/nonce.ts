import { randomFillSync } from 'node:crypto';

/** Both plugins use the same length (`SCRAMBLE_LENGTH`). */
export const nonceBytes = 20;

/**
 * A fresh nonce. Like MySQL's it is 7-bit and has neither NUL nor `$`: old clients read it as a C string, and `$`
 * separates the parts of stored sha2 hashes. 126 of 128 values remain per byte: 139 bits in all.
 */
export function createNonce(): Buffer {
  const nonce = Buffer.alloc(nonceBytes);
  const random = Buffer.alloc(nonceBytes * 2);
  for (let filled = 0; filled < nonceBytes; ) {
    randomFillSync(random);
    // Values outside the alphabet are thrown away, so that all others stay equally likely.
    for (let at = 0; at < random.length && filled < nonceBytes; at++) {
      const value = random[at]! & 0x7f;
      if (value === 0 || value === 0x24) continue;
      nonce[filled++] = value;
    }
  }
  return nonce;
}
