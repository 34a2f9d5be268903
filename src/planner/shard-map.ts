/** The shards of a keyspace in key-range order, and which of them has a keyspace id. */
import { type KeyRange, keyRangeContains, parseKeyRange } from '../vschema/key-range.ts';

export type ShardMap = Readonly<{
  keyspace: string;
  /** Names in key-range order. */
  names: readonly string[];
  /** Beside the names; undefined for a name that is no key range: such a shard has everything. */
  ranges: readonly (KeyRange | undefined)[];
  /** What is wrong with the ranges: a gap or an overlap. Then no statement may run on all shards. */
  problem: string | undefined;
}>;

/** A set of shards as a bit per position in `ShardMap.names`: ascending positions. */
export type ShardSet = readonly number[];

export const noShards: ShardSet = Object.freeze([]);

/** Builds the map. `names` may be in any order. */
export function buildShardMap(keyspace: string, names: Iterable<string>): ShardMap {
  const shards = [...names].map((name) => ({ name, range: parseKeyRange(name) }));
  shards.sort((a, b) => Buffer.compare(startOf(a.range), startOf(b.range)));
  const problem = problemOf(shards);
  return Object.freeze({
    keyspace,
    names: shards.map(({ name }) => name),
    ranges: shards.map(({ range }) => range),
    problem,
  });
}

const EMPTY = Buffer.alloc(0);
const startOf = (range: KeyRange | undefined): Buffer => range?.start ?? EMPTY;

function problemOf(shards: readonly { name: string; range: KeyRange | undefined }[]): string | undefined {
  if (shards.length === 0) return 'it has no shard';
  let covered: Buffer = EMPTY;
  for (const [at, { name, range }] of shards.entries()) {
    if (range === undefined) return shards.length === 1 ? undefined : `${name} is no key range`;
    if (Buffer.compare(range.start, covered) !== 0) {
      const kind =
        Buffer.compare(range.start, covered) > 0
          ? 'no shard has the keyspace ids'
          : 'two shards have keyspace ids';
      return `${kind} below ${range.start.toString('hex')} (shard ${name})`;
    }
    if (range.end.length === 0) {
      return at === shards.length - 1 ? undefined : `${name} reaches over the shards behind it`;
    }
    covered = range.end;
  }
  return `no shard has the keyspace ids from ${covered.toString('hex')} on`;
}

/** The position of the shard that has a keyspace id; -1 where none has. */
export function shardOf(map: ShardMap, keyspaceId: Uint8Array): number {
  const { ranges } = map;
  for (let at = 0; at < ranges.length; at++) {
    const range = ranges[at];
    if (range === undefined || keyRangeContains(range, keyspaceId)) return at;
  }
  return -1;
}

/** The shards that overlap a range. */
export function shardsOfRange(map: ShardMap, range: KeyRange): ShardSet {
  const found: number[] = [];
  for (const [at, own] of map.ranges.entries()) {
    if (own === undefined || overlaps(own, range)) found.push(at);
  }
  return found;
}

function overlaps(a: KeyRange, b: KeyRange): boolean {
  const before = (end: Buffer, start: Buffer) => end.length > 0 && Buffer.compare(end, start) <= 0;
  return !before(a.end, b.start) && !before(b.end, a.start);
}

export const allShards = (map: ShardMap): ShardSet => map.names.map((_, at) => at);

export const intersection = (a: ShardSet, b: ShardSet): ShardSet => a.filter((at) => b.includes(at));

export function union(a: ShardSet, b: ShardSet): ShardSet {
  if (a.length === 0) return b;
  if (b.length === 0 || a === b) return a;
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}

const singles: ShardSet[] = [];

/** The set of one shard; none where `at` is negative. */
export function single(at: number): ShardSet {
  if (at < 0) return noShards;
  singles[at] ??= Object.freeze([at]);
  return singles[at];
}
