/** The types whose keyspace id is a function of one value and needs no parameters: others are built of them. */
export const hashingTypes: readonly string[] = [
  'binary',
  'binary_md5',
  'hash',
  'numeric',
  'null',
  'reverse_bits',
  'unicode_loose_md5',
  'unicode_loose_xxhash',
  'xxhash',
];
