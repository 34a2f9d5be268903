/** The `xxhash` vindex: XXH64 of the value's text. */
import { xxh64 } from './digests.ts';
import { bytesOf, singleColumn } from './vindex.ts';

export const xxhash = singleColumn({
  type: 'xxhash',
  cost: 1,
  keyspaceId: (value) => xxh64(bytesOf(value)),
});
