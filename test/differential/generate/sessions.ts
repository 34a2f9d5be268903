/** How the session of a case logs in, and what it sets before its queries. */
import type { Random } from '../../support/random.ts';
import type { Login } from '../case.ts';

/** Settings that change what a statement means or stores. */
export const settings = [
  "SET sql_mode = ''",
  "SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')",
  "SET sql_mode = CONCAT(@@sql_mode, ',PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE')",
  "SET sql_mode = CONCAT(@@sql_mode, ',NO_BACKSLASH_ESCAPES')",
  "SET time_zone = '+05:00'",
  'SET NAMES latin1',
  'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
  "SET collation_connection = 'utf8mb4_0900_as_cs'",
  'SET NAMES utf8mb4 COLLATE utf8mb4_general_ci',
  "SET sql_mode = CONCAT(@@sql_mode, ',PAD_CHAR_TO_FULL_LENGTH')",
  'SET sql_select_limit = 4',
  "SET character_set_results = 'latin1'",
  'SET div_precision_increment = 9',
];

/** latin1_swedish_ci, utf8mb4_general_ci, utf8mb4_bin, utf8mb4_unicode_ci: a login has one byte for it. */
export const LATIN1 = 8;
const collations = [LATIN1, 45, 46, 224];

export function loginOf(random: Random, writes: boolean): Login | undefined {
  if (random.chance(0.75)) return undefined;
  switch (random.below(3)) {
    case 0:
      return { classicEof: true };
    case 1:
      return writes ? { foundRows: true } : { classicEof: true };
    default:
      return { collation: random.pick(collations) };
  }
}
