/**
 * The `hash` vindex: one DES block under an all-zero key over the number's eight big-endian bytes.
 * OpenSSL 3 no longer offers single DES; triple DES with three equal keys is the same function.
 */
import { type Cipheriv, createCipheriv } from 'node:crypto';

const KEY_BYTES = 24;

// ECB keeps no state between blocks, so one object serves every call; creating one costs far more than a block.
let cipher: Cipheriv | undefined;

function encipher(block: Buffer): Buffer {
  cipher ??= createCipheriv('des-ede3-ecb', Buffer.alloc(KEY_BYTES), null).setAutoPadding(false);
  return cipher.update(block);
}

/** The keyspace id of a number; negative ones count as their two's complement. */
export function hashKeyspaceId(value: bigint): Buffer {
  const block = Buffer.allocUnsafe(8);
  block.writeBigUInt64BE(BigInt.asUintN(64, value));
  return encipher(block);
}
