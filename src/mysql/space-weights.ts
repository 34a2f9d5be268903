/**
 * What a space weighs in every collation that pads with spaces, and which collations' weights cannot be compared. The table is
 * written by `npm run generate:space-weights` from a running server (`WEIGHT_STRING(' ')`).
 *
 * Comparing weights so: NO PAD collations by their bytes; PAD SPACE ones with the shorter weight filled up with the weight of a
 * space. A system test proves for every collation that this agrees with MySQL's `=`, `<` and ORDER BY. GROUP BY and
 * DISTINCT in MySQL itself do not always agree with `=`: their temporary tables find equal values by a hash over the text,
 * which tells apart some that are equal only by characters of no weight ('a' and 'a' before a NUL in utf8mb4_unicode_ci).
 *
 * ORDER BY looks at the first `max_sort_length` bytes (1024 unless set) of a PAD SPACE weight only; NO PAD weights count
 * in full. WEIGHT_STRING gives NULL with a warning where the weight could be longer than `max_allowed_packet`.
 */
import { collationById } from './collations.ts';

/** A weight in hexadecimal, then the ids of the collations that have it: single ones, and first and last of several. */
type Row = readonly [weight: string, ...ids: (readonly [first: number, last?: number])[]];

const rows: readonly Row[] = [
  [
    '20',
    [1],
    [3, 16],
    [18, 19],
    [21, 32],
    [36, 40],
    [43, 44],
    [47, 53],
    [57, 59],
    [64, 75],
    [77, 82],
    [84, 89],
    [91, 99],
    [248, 249],
  ],
  ['01010100', [2]],
  ['2c', [20]],
  ['0020', [33], [35], [45], [54], [56], [60], [76], [83], [90], [159], [223]],
  ['8201', [34]],
  ['30', [41, 42]],
  ['000020', [46], [55], [61, 62]],
  ['0209', [101, 122], [124], [128, 149], [151], [160, 181], [183], [192, 213], [215], [224, 245], [247]],
  ['020a', [123], [150], [182], [214], [246], [250]],
];

/**
 * Collations whose WEIGHT_STRING does not tell what MySQL's own comparison does.
 * - big5_chinese_ci, gb18030_chinese_ci: `<` orders some characters of several bytes another way than their weights do.
 * - cp1250_czech_cs: several passes over the text, each with weights of its own; spaces count in some only.
 * - tis620_thai_ci: NUL and control characters weigh as much as a space in sorting, but are not equal to one.
 * - latin7_estonian_cs, latin7_general_ci, latin7_general_cs: ORDER BY pads with another weight than `<` does, so that MySQL sorts
 *   differently with an index and without.
 */
const incomparable: ReadonlySet<number> = new Set([1, 18, 20, 34, 41, 42, 248]);

const weights = new Map<number, Buffer>();
for (const [hex, ...spans] of rows) {
  const weight = Buffer.from(hex, 'hex');
  for (const [first, last = first] of spans) {
    for (let id = first; id <= last; id++) weights.set(id, weight);
  }
}

/** The weight of a space, by which a shorter weight is filled up; undefined for collations that do not pad. */
export const spaceWeight = (collationId: number): Buffer | undefined => weights.get(collationId);

/** Whether values of this collation can be compared by `WEIGHT_STRING`; text of the other few must be refused. */
export function collationComparable(collationId: number): boolean {
  const collation = collationById(collationId);
  if (collation === undefined || incomparable.has(collationId)) return false;
  return !collation.padSpace || collation.name === 'binary' || weights.has(collationId);
}
