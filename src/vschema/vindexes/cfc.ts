/**
 * The `cfc` vindex: the bytes themselves, or the value cut at fixed offsets and each piece hashed to at most its own length, so that
 * values with a common beginning have keyspace ids with one.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { md5, xxh64 } from './digests.ts';
import { badParam, type VindexParams } from './params.ts';
import { bytesOf, copyOf, singleColumn, type Vindex } from './vindex.ts';

const TYPE = 'cfc';

const digests: Readonly<Record<string, (bytes: Buffer) => Buffer>> = { md5, xxhash64: xxh64 };

/** Without `hash` it is the value itself, whatever the offsets. */
export function cfc(params: VindexParams): Vindex {
  const { hash = '', offsets: offsetsText = '' } = params;
  if (hash === '') return singleColumn({ type: TYPE, cost: 1, keyspaceId: copyOf });
  const digest = Object.hasOwn(digests, hash) ? digests[hash] : undefined;
  if (digest === undefined) throw badParam(TYPE, 'hash', `must be md5 or xxhash64, not ${hash}`);
  const offsets = offsetsOf(offsetsText);
  return singleColumn({
    type: TYPE,
    cost: 1,
    keyspaceId: (value) => pieces(bytesOf(value), offsets, digest),
  });
}

function offsetsOf(text: string): readonly number[] {
  const listed = /^\s*\[\s*(\d{1,6}(?:\s*,\s*\d{1,6})*)\s*\]\s*$/.exec(text);
  const offsets = listed === null ? [] : listed[1]!.split(',').map(Number);
  const rises = offsets.every((offset, at) => offset > (offsets[at - 1] ?? 0));
  if (offsets.length > 0 && rises) return offsets;
  throw badParam(TYPE, 'offsets', 'must be rising positions from 1 on, such as "[2,4]"');
}

function pieces(bytes: Buffer, offsets: readonly number[], digest: (bytes: Buffer) => Buffer): Buffer {
  const needed = offsets.at(-1)!;
  if (bytes.length < needed) {
    throw new HeadgateError('HG_VINDEX_VALUE', {
      detail: `cfc needs ${needed} bytes, the value has ${bytes.length}`,
    });
  }
  const ends = bytes.length > needed ? [...offsets, bytes.length] : offsets;
  return Buffer.concat(
    ends.map((end, at) => {
      const piece = bytes.subarray(ends[at - 1] ?? 0, end);
      return digest(piece).subarray(0, piece.length);
    }),
  );
}
