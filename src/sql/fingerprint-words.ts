/** What words mean to a fingerprint: where literals are values only, and where they shape the plan or the titles. */
import { wordCount, wordId } from './words.ts';

/** What a word does outside select lists and other text that is kept. */
export const wordRole = {
  none: 0,
  /** Literals behind it are values until another clause begins. */
  values: 1,
  having: 2,
  /** The outermost level's only: below, a LIMIT can decide the plan. */
  limit: 3,
  set: 4,
  rows: 5,
  /** VALUE: the same as VALUES, but can be a name too. */
  row: 6,
  select: 7,
  /** Literals behind it stay. */
  shape: 8,
} as const;

function table(lists: readonly (readonly [role: number, names: string])[]): Uint8Array {
  const roles = new Uint8Array(wordCount);
  for (const [role, names] of lists) {
    for (const name of names.split(' ')) roles[wordId(name)] = role;
  }
  return roles;
}

export const wordRoles = table([
  [wordRole.values, 'where on'],
  [wordRole.having, 'having'],
  [wordRole.limit, 'limit'],
  [wordRole.set, 'set'],
  [wordRole.rows, 'values'],
  [wordRole.row, 'value'],
  [wordRole.select, 'select'],
  [
    wordRole.shape,
    'from join straight_join cross natural using group order window qualify union except intersect ' +
      'into for lock procedure partition tablesample as with table fields columns lines',
  ],
]);

/** Verbs of statements whose literals are taken out. */
export const isShared = table([[1, 'select insert replace update delete with']]);
export const isInsertVerb = table([[1, 'insert replace']]);

/** A literal directly behind one of these stays. */
export const keepsNext = table([[1, 'as collate separator escape set charset using character path']]);

/** Calls whose arguments stay as they are: types, paths, frames. */
export const keepsArguments = table([
  [1, 'json_table json_value convert char nchar over weight_string get_format'],
]);

/**
 * In HAVING a call may be the same expression as one in the select list, where literals stay; only behind these words does
 * `(` begin something else.
 */
export const groupsInHaving = table([
  [1, 'and or xor not having in exists any all some between like when then else'],
]);

/** In HAVING literals are values only behind a comparison. */
export const comparesInHaving = table([[1, 'like rlike regexp between']]);
