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
  conversion:
    'A text that is compared with a number is converted as INTEGER, DECIMAL or DOUBLE, as the warning says, depending on whether it is bound or written and on what the optimizer does first.',
  insertIdAfterError:
    'LAST_INSERT_ID() after a statement that failed is undefined, as MySQL’s manual says: with many rows it depends on how far the statement came.',
  gaps: 'How many generated numbers a failed INSERT uses up depends on how far it came; what follows it in a case is not compared.',
  firstError:
    'Where several rows of one write are wrong, each for another reason, the error is that of the first to run.',
  rowNumbers:
    'Which of several rows an error or a warning complains of is found by the first to run, and "at row 3" counts the rows that a shard was sent.',
  unknownTable:
    'For a table that the VSchema does not know, and for a name that is near to a known one, the message says more than MySQL’s: what to do about it.',
  rowsBeforeError:
    'How many rows come before the error that ends a result depends on which are read first; where nothing was read yet there are no columns either.',
  temporaryTable:
    'Key flags of columns and AUTO_INCREMENT, and the original name, decimals and the flags BLOB, ZEROFILL, BINARY, ENUM, SET and NO_DEFAULT of an expression, are lost where the optimizer sorts or groups through a temporary table, an INT becomes a BIGINT there, JSON has another character set and length, and the zero date with which MIN and MAX begin is complained of ("Incorrect date value" for the title); whether it does depends on the statistics of the table.',
  derivedNames:
    'Schema, original table and original name of a column that comes by way of a derived table, common table expression or view are those of the table within or none, depending on whether the optimizer merges or materialises it, and an expression that it merges into an outer join is called NOT NULL; a view is expanded where its tables do not lie together.',
  metadataColumns:
    'Columns of information_schema that stand beside other tables are of rows that the router has put together: their names within, their flags and the widths of what is computed from them are not information_schema’s.',
  parameterWidths:
    'Length, collation and sign that PREPARE gives for a parameter are those of what it is compared with, which is a computed column where rows are put together, or one that is equal to it.',
  computedWidths:
    'The width of a computed value, and which of CHAR, VARCHAR, TEXT and BLOB it is, go by the expression in one MySQL; where a part of the query has run on the shards it is a column with the width of its type.',
  textOfOtherRows:
    'A statement that fails has warned of the whole text before (N is UTF8MB3); a shard that fails has been sent the text of its own rows only.',
  rowsBeyondLimit:
    'Each shard reads the rows that LIMIT or OFFSET leave out of the whole, and warns of values that are cut or fails at numbers that are too large there; a LIMIT over groups ends the shards’ answers before the warnings at their end.',
  foundRows:
    'FOUND_ROWS() of rows from several shards is known here and written into the text as a number: nothing is deprecated in that.',
  accessPath:
    'Large integers compared as doubles with others, and LIKE with a binary pattern, are found by an index otherwise than by reading all rows; an integer that a hash join compares with a DECIMAL meets rows that it does not equal; a subquery within an outer join’s ON is answered wrongly by one way to run semijoins, and a constant of a derived table is not NULL in conditions where an outer join has no row of it; before a JSON_TABLE only as many rows are sorted as LIMIT says. The reference’s own answer changes with its keys or its optimizer’s choices there. Which rows are looked at, and so warned of, changes too; a number that does not fit a key in which it is looked up is warned of.',
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
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toUpperCase()
    .replaceAll('ẞ', 'SS')
    .replaceAll('Œ', 'OE')
    // To the older collations all characters beyond the first plane are one.
    .replace(/[\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/ +$/, '');

/** Below this two sums are equal: what is left when large values cancel each other out (`floatSums`). */
export const SUM_DUST = 1e-12;

/** Digits to which sums of floating numbers agree (`floatSums`). */
export const SUM_DIGITS = 12;

export const sumsFloats = (sql: string): boolean => /\b(?:sum|avg|std|stddev|var\w*)\s*\(/i.test(sql);

/** A message without what names the row (`rowNumbers`) or a conversion (`conversion`). */
export const withoutRow = (message: string): string =>
  message
    .replace(/\bat row \d+/g, 'at row N')
    .replace(/Truncated incorrect (?:INTEGER|DECIMAL|DOUBLE)/, 'Truncated incorrect NUMBER')
    .replace(/(?<=^Invalid JSON text in argument \d+ to function \w+: ).*/s, '…')
    .replace(/(value: |Duplicate entry |out of range in )'.*?'(?= for | at |$)/gs, '$1…');

/** PRI_KEY, UNIQUE_KEY, MULTIPLE_KEY, PART_KEY and AUTO_INCREMENT (`temporaryTable`). */
export const keyFlags = 0x2 | 0x4 | 0x8 | 0x4000 | 0x200;

/** BLOB_FLAG, ZEROFILL_FLAG, BINARY_FLAG, ENUM_FLAG, SET_FLAG and NO_DEFAULT_VALUE_FLAG, of expressions (`temporaryTable`). */
export const expressionFlags = 0x10 | 0x40 | 0x80 | 0x100 | 0x800 | 0x1000;

const VIEW = /\b(?:order_of|per_city|met|top3|known)\b/;

/** Whether columns may come by way of a derived table, common table expression or view (`derivedNames`). */
export const hasDerived = (sql: string): boolean =>
  /(?:FROM|JOIN|LATERAL|,)\s*\([\s(]*(?:SELECT|WITH|VALUES|TABLE)\b|\bWITH\b|\bJSON_TABLE\b/i.test(sql) ||
  VIEW.test(sql);

/** Whether columns may be of information_schema (`metadataColumns`). */
export const readsMetadata = (sql: string): boolean => /\binformation_schema\b/i.test(sql);

/** Whether the statement has a part that can run by itself (`computedWidths`). */
export const hasParts = (sql: string): boolean =>
  hasDerived(sql) || /\(\s*SELECT\b|\b(?:UNION|INTERSECT|EXCEPT|GROUP BY|OVER|DISTINCT)\b/i.test(sql);

/** A message without the database before a view's column (`derivedNames`). */
export const ofView = (sql: string, message: string): string =>
  VIEW.test(sql) ? message.replace(/'\w+\.(\w+\.\w+)'/, "'$1'") : message;

/** UNSIGNED_FLAG, which says nothing of a text (`temporaryTable`). */
export const unsignedFlag = 0x20;

/** Decimals of what has no fixed number of them, as a text (`temporaryTable`). */
export const NOT_FIXED_DECIMALS = 31;

/** Whether MySQL may put the rows through a temporary table. */
export const mayUseTemporaryTable = (sql: string): boolean =>
  /\b(?:order|group|distinct|union|intersect|except|over|with|sql_buffer_result|sql_big_result)\b/i.test(sql);

/** A warning of how a literal is written (`textOfOtherRows`). */
export const isOfText = (warning: string): boolean => / (?:3719|3720|3778|1300) /.test(warning);

/** A warning of a value that did not fit the column of an index in which it was looked up (`accessPath`). */
export const isOfLookup = (warning: string): boolean =>
  / 1264 Out of range value for column '\(null\)'/.test(warning);

/** A warning of a value that was cut (`rowsBeyondLimit`). */
export const isTruncation = (warning: string): boolean => / 1292 Truncated incorrect /.test(warning);

export const isGrouped = (sql: string): boolean => /\b(?:group|distinct)\b/i.test(sql);

export const limitsRows = (sql: string): boolean => /\blimit\b/i.test(sql);

/** What single rows of a write can be refused for (`firstError`): key, length, range, conversion, NULL, collation. */
export const rowErrors: ReadonlySet<number> = new Set([1048, 1062, 1253, 1264, 1265, 1292, 1366, 1406, 1690]);
