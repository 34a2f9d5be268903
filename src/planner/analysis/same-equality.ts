import type { ColumnSchema } from '../../schema/schema.ts';
import { integerTypes } from './predicates.ts';

const bytesTypes: ReadonlySet<string> = new Set([
  'varbinary',
  'binary',
  'blob',
  'tinyblob',
  'mediumblob',
  'longblob',
]);

/**
 * Whether `a = b` compares two columns as each is compared with itself: then equality goes on from one to the next. Numbers
 * against strings, or two collations, are compared as something third ('1' = 1 = '01').
 */
export function sameEquality(a: ColumnSchema, b: ColumnSchema): boolean {
  if (integerTypes.has(a.dataType)) return integerTypes.has(b.dataType);
  // BINARY(n) is compared with the zeros that fill it up.
  if (bytesTypes.has(a.dataType))
    return a.dataType === b.dataType && (a.dataType !== 'binary' || a.length === b.length);
  if (a.collation !== undefined && a.values === undefined)
    return a.collation === b.collation && b.values === undefined;
  return a.columnType === b.columnType && a.collation === b.collation && !inexact.has(a.dataType);
}

/** Types whose stored and compared values can differ. */
const inexact: ReadonlySet<string> = new Set(['float', 'double', 'json']);
