/**
 * Key ranges: which keyspace ids belong to a shard. A range is named by its bounds in hexadecimal, the lower one
 * included and the upper one not: `-80`, `80-c0`, `c0-`; `-` holds everything. Bounds compare as byte strings.
 */

/** An empty bound is open. */
export type KeyRange = Readonly<{ start: Buffer; end: Buffer }>;

const NAME = /^((?:[0-9a-f]{2})*)-((?:[0-9a-f]{2})*)$/;
const SHARDS_MAX = 65_536;

/** Undefined for a name that is no key range (`0`, the usual name of an unsharded keyspace's only shard, is none). */
export function parseKeyRange(shard: string): KeyRange | undefined {
  const match = NAME.exec(shard.toLowerCase());
  if (match === null) return undefined;
  const start = Buffer.from(match[1]!, 'hex');
  const end = Buffer.from(match[2]!, 'hex');
  if (end.length > 0 && Buffer.compare(start, end) >= 0) return undefined;
  return { start, end };
}

/** The name of the range. */
export const keyRangeName = (range: KeyRange): string =>
  `${range.start.toString('hex')}-${range.end.toString('hex')}`;

/** Whether the keyspace id belongs to the range. */
export const keyRangeContains = (range: KeyRange, keyspaceId: Uint8Array): boolean =>
  Buffer.compare(keyspaceId, range.start) >= 0 &&
  (range.end.length === 0 || Buffer.compare(keyspaceId, range.end) < 0);

/**
 * The names of `count` ranges of equal size, as Vitess names them: two digits up to 256 shards, four above.
 * Where the count does not divide the space, each bound is rounded down by itself, so no range grows at the expense of all.
 */
export function equalKeyRanges(count: number): string[] {
  if (!Number.isInteger(count) || count < 1 || count > SHARDS_MAX) {
    throw new RangeError(`the number of shards must be 1 to ${SHARDS_MAX}, not ${count}`);
  }
  const digits = count <= 256 ? 2 : 4;
  const space = 16 ** digits;
  const bound = (index: number): string =>
    index === 0 || index === count
      ? ''
      : Math.floor((index * space) / count)
          .toString(16)
          .padStart(digits, '0');
  return Array.from({ length: count }, (_, index) => `${bound(index)}-${bound(index + 1)}`);
}
