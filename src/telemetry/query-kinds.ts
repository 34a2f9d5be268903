/** What kinds of statements are counted apart. The position in the list is what the hot path passes. */
export const queryKinds = [
  'select',
  'insert',
  'update',
  'delete',
  'replace',
  'set',
  'show',
  'ddl',
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'prepare',
  'execute',
  'fetch',
  'other',
] as const;

export type QueryKindName = (typeof queryKinds)[number];

/** The index of each kind: `queryKind.select`. */
export const queryKind = Object.freeze(
  Object.fromEntries(queryKinds.map((name, index) => [name, index])),
) as Readonly<Record<QueryKindName, number>>;
