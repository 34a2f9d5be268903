/**
 * Everything in which many MySQLs may answer otherwise than one, with the reason. What is not here is a defect.
 * Each entry is applied where its comparison is made, and counted when it was needed.
 */
import { serverStatus } from '../../src/mysql/protocol.ts';

export const allowed = {
  unordered: 'Rows come in any order where no ORDER BY fixes it; where it leaves ties, tied rows do.',
  limitOfUnordered: 'LIMIT without a total order may choose other rows; only their number is compared.',
  representative:
    'Which of several values that the collation calls equal stands for their group is MySQL’s choice (GROUP BY, DISTINCT, MIN, MAX, UNION); they are compared without case, accents and trailing spaces.',
  floatSums:
    'Sums of DOUBLE and FLOAT depend on the order of adding: SUM and AVG of them are compared to 12 digits.',
  indexFlags:
    'Whether an index was used or was good (NO_INDEX_USED, NO_GOOD_INDEX_USED) and whether a query was slow is said of other tables with other statistics.',
  warningsRepeated:
    'A warning is given by each shard that meets it, and for each row that it reads; each different one must come.',
  preparedHistory:
    'From one execution of a prepared statement to the next MySQL remembers what kind of number a text parameter was, and words its warnings accordingly; executions through the router may run on several connections.',
  insertIdAfterError:
    'LAST_INSERT_ID() after a statement that failed is undefined, as MySQL’s manual says: with many rows it depends on how far the statement came.',
  rowNumbers:
    '"at row 3" counts the rows of the statement that a shard was sent, and a row that several could complain of is found by the first to run.',
  estimates:
    'Estimates of how many rows and values a table has (SHOW INDEX, SHOW TABLE STATUS) are those of the shard that was asked.',
  volatileValues: 'Random numbers, UUIDs and the clock differ between any two runs.',
} as const;

export type Allowed = keyof typeof allowed;

/** Status flags that are left out of the comparison (`indexFlags`). */
export const maskedStatus =
  serverStatus.noIndexUsed | serverStatus.noGoodIndexUsed | serverStatus.queryWasSlow;

/** Columns of estimates (`estimates`). */
export const estimates: ReadonlySet<string> = new Set([
  'Cardinality',
  'Rows',
  'Avg_row_length',
  'Data_length',
]);

/** A text without what loose collations overlook (`representative`). */
export const folded = (text: string): string =>
  text.normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase().replaceAll('ẞ', 'SS').replace(/ +$/, '');

/** Digits to which sums of floating numbers agree (`floatSums`). */
export const SUM_DIGITS = 12;

export const sumsFloats = (sql: string): boolean => /\b(?:sum|avg|std|stddev|var\w*)\s*\(/i.test(sql);

/** A message without the number of the row (`rowNumbers`). */
export const withoutRowNumber = (message: string): string => message.replace(/\bat row \d+/g, 'at row N');
