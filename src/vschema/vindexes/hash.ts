/** The `hash` vindex: the number's eight big-endian bytes, enciphered with DES under an all-zero key. */
import { bigEndian, numberOf } from './number-of.ts';
import { singleColumn } from './vindex.ts';
import { encipherBlock } from './zero-key-des.ts';

/** The keyspace id of a number; negative ones count as their two's complement. */
export function hashKeyspaceId(value: bigint): Buffer {
  const id = bigEndian(BigInt.asUintN(64, value));
  encipherBlock(id);
  return id;
}

/** Signed integers may be negative; in any other type a minus is no number. */
export const hash = singleColumn({
  type: 'hash',
  cost: 1,
  keyspaceId: (value) => {
    const number = numberOf(value, value.kind === 'integer');
    return number === undefined ? undefined : hashKeyspaceId(number);
  },
  placeInteger: (block) => {
    encipherBlock(block);
    return true;
  },
});
