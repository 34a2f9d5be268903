/**
 * Bytes of a value in a row, of types whose values all take as many.
 * https://dev.mysql.com/doc/refman/9.0/en/storage-requirements.html
 */
export const typeBytes: Readonly<Record<string, number>> = {
  tinyint: 1,
  year: 1,
  smallint: 2,
  mediumint: 3,
  date: 3,
  int: 4,
  float: 4,
  bigint: 8,
  double: 8,
};
