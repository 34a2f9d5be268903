/** The `reverse_bits` vindex: the number's 64 bits from back to front, so that consecutive numbers lie far apart. */
import { bigEndian, numberOf } from './number-of.ts';
import { singleColumn } from './vindex.ts';

const reversedByte = Uint8Array.from({ length: 256 }, (_, byte) => {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= ((byte >> bit) & 1) << (7 - bit);
  return reversed;
});

function reverse(block: Buffer): void {
  block.reverse();
  for (let at = 0; at < block.length; at++) block[at] = reversedByte[block[at]!]!;
}

export const reverseBits = singleColumn({
  type: 'reverse_bits',
  cost: 1,
  keyspaceId: (value) => {
    const number = numberOf(value);
    if (number === undefined) return undefined;
    const id = bigEndian(number);
    reverse(id);
    return id;
  },
  placeInteger: (block, isNegative) => {
    if (!isNegative) reverse(block);
    return !isNegative;
  },
});
