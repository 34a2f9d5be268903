/**
 * One block of DES under the key of 64 zero bits: not for secrets, but for the `hash` vindex, which every point select by id
 * calls. A call of OpenSSL for eight bytes costs several times as much. With that key all round keys are zero, so that a round
 * is a function of the half block alone.
 */

/** The substitution boxes of the standard (FIPS 46-3), four rows of sixteen each. */
const boxes = [
  'e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d',
  'f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9',
  'a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c',
  '7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e',
  '2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453',
  'c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d',
  '4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c',
  'd2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b',
];

/** Which bit of the boxes' output comes to each place, the highest being 1. */
const permutation = [
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22,
  11, 4, 25,
];

const ROUNDS = 16;
const BOX_SIZE = 64;

const permuted = (word: number): number =>
  permutation.reduce((result, from) => (result << 1) | ((word >>> (32 - from)) & 1), 0);

/** What six bits of a half block become, box after box, already permuted. */
const substituted = Int32Array.from({ length: boxes.length * BOX_SIZE }, (_, at) => {
  const box = Math.floor(at / BOX_SIZE);
  const bits = at % BOX_SIZE;
  // The outer two bits choose the row, the inner four the column.
  const row = ((bits >> 4) & 2) | (bits & 1);
  const column = (bits >> 1) & 15;
  const nibble = Number.parseInt(boxes[box]![row * 16 + column]!, 16);
  return permuted(nibble << (28 - 4 * box));
});

function round(half: number): number {
  const table = substituted;
  // Each box sees its four bits and the neighbours on both sides.
  const bits = (half >>> 1) | (half << 31);
  return (
    table[bits >>> 26]! |
    table[64 + ((bits >>> 22) & 63)]! |
    table[128 + ((bits >>> 18) & 63)]! |
    table[192 + ((bits >>> 14) & 63)]! |
    table[256 + ((bits >>> 10) & 63)]! |
    table[320 + ((bits >>> 6) & 63)]! |
    table[384 + ((bits >>> 2) & 63)]! |
    table[448 + (((bits << 2) | (bits >>> 30)) & 63)]!
  );
}

/** Enciphers the first eight bytes of `block` in place. */
export function encipherBlock(block: Buffer): void {
  let left = block.readInt32BE(0);
  let right = block.readInt32BE(4);
  let swap: number;
  // The initial permutation, as exchanges of bits between the halves.
  swap = ((left >>> 4) ^ right) & 0x0f_0f_0f_0f;
  right ^= swap;
  left ^= swap << 4;
  swap = ((left >>> 16) ^ right) & 0xff_ff;
  right ^= swap;
  left ^= swap << 16;
  swap = ((right >>> 2) ^ left) & 0x33_33_33_33;
  left ^= swap;
  right ^= swap << 2;
  swap = ((right >>> 8) ^ left) & 0x00_ff_00_ff;
  left ^= swap;
  right ^= swap << 8;
  swap = ((left >>> 1) ^ right) & 0x55_55_55_55;
  right ^= swap;
  left ^= swap << 1;
  for (let number = 0; number < ROUNDS; number += 2) {
    left ^= round(right);
    right ^= round(left);
  }
  // The halves change places; then the same exchanges the other way round.
  swap = ((right >>> 1) ^ left) & 0x55_55_55_55;
  left ^= swap;
  right ^= swap << 1;
  swap = ((left >>> 8) ^ right) & 0x00_ff_00_ff;
  right ^= swap;
  left ^= swap << 8;
  swap = ((left >>> 2) ^ right) & 0x33_33_33_33;
  right ^= swap;
  left ^= swap << 2;
  swap = ((right >>> 16) ^ left) & 0xff_ff;
  left ^= swap;
  right ^= swap << 16;
  swap = ((right >>> 4) ^ left) & 0x0f_0f_0f_0f;
  left ^= swap;
  right ^= swap << 4;
  block.writeInt32BE(right, 0);
  block.writeInt32BE(left, 4);
}
