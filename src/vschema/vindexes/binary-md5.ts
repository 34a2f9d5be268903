/** The `binary_md5` vindex: MD5 of the value's bytes. */
import { md5 } from './digests.ts';
import { bytesOf, singleColumn } from './vindex.ts';

export const binaryMd5 = singleColumn({
  type: 'binary_md5',
  cost: 1,
  keyspaceId: (value) => md5(bytesOf(value)),
});
