/**
 * The `unicode_loose_md5` and `unicode_loose_xxhash` vindexes: digests of a collation key that is blind to case, accents and
 * trailing spaces.
 */
import { isUtf8 } from 'node:buffer';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { collationKey } from './collation-key.ts';
import { md5, xxh64 } from './digests.ts';
import { bytesOf, singleColumn, type Vindex, type VindexValue } from './vindex.ts';

const SPACE = 0x20;
const BYTES_SHOWN = 32;

function keyOf(value: VindexValue, type: string): Buffer {
  const bytes = bytesOf(value);
  if (!isUtf8(bytes)) {
    const shown = bytes.toString('hex', 0, BYTES_SHOWN);
    const more = bytes.length > BYTES_SHOWN ? '…' : '';
    throw new HeadgateError('HG_VINDEX_VALUE', {
      detail: `${type} takes text in UTF-8, not the bytes ${shown}${more}`,
    });
  }
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === SPACE) end--;
  return collationKey(bytes.toString('utf8', 0, end));
}

const looseVindex = (type: string, digest: (key: Buffer) => Buffer): Vindex =>
  singleColumn({ type, cost: 1, keyspaceId: (value) => digest(keyOf(value, type)) });

export const unicodeLooseMd5 = looseVindex('unicode_loose_md5', md5);
export const unicodeLooseXxhash = looseVindex('unicode_loose_xxhash', xxh64);
