/**
 * The `hash` vindex: one DES block under an all-zero key over the number's eight big-endian bytes.
 * OpenSSL 3 no longer offers single DES; triple DES with three equal keys is the same function.
 */
import { type Cipheriv, createCipheriv } from 'node:crypto';
import { numberOf } from './number-of.ts';
import { singleColumn } from './vindex.ts';

const KEY_BYTES = 24;

// ECB keeps no state between blocks, so one object serves every call; creating one costs far more than a block.
let cipher: Cipheriv | undefined;
const block = Buffer.alloc(8);

/** The keyspace id of a number; negative ones count as their two's complement. */
export function hashKeyspaceId(value: bigint): Buffer {
  cipher ??= createCipheriv('des-ede3-ecb', Buffer.alloc(KEY_BYTES), null).setAutoPadding(false);
  block.writeBigUInt64BE(BigInt.asUintN(64, value));
  return cipher.update(block);
}

/** Signed integers may be negative; in any other type a minus is no number. */
export const hash = singleColumn({
  type: 'hash',
  cost: 1,
  keyspaceId: (value) => {
    const number = numberOf(value, value.kind === 'integer');
    return number === undefined ? undefined : hashKeyspaceId(number);
  },
});
