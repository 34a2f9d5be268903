import { HeadgateError } from '../errors/headgate-error.ts';
import { type KeyRange, parseKeyRange } from '../vschema/key-range.ts';

const WHOLE: KeyRange = { start: Buffer.alloc(0), end: Buffer.alloc(0) };
const ADVICE =
  'a shard is `0` or `-` for a whole keyspace, or a key range in hex such as `-80`, `80-c0`, `c0-`';

/** The spelling under which a shard is stored: key ranges in lower case. Throws HG_TOPOLOGY for what is no shard name. */
export function canonicalShardName(name: string): string {
  const lower = name.toLowerCase();
  shardRange(lower);
  return lower;
}

/** The key range of a shard; `0` has everything, as `-` has. Throws HG_TOPOLOGY if the name is none. */
export function shardRange(name: string): KeyRange {
  const range = name === '0' ? WHOLE : parseKeyRange(name);
  if (range !== undefined) return range;
  throw new HeadgateError('HG_TOPOLOGY', {
    detail: `shard name \`${name}\` is not valid: ${whatIsWrong(name.toLowerCase())}`,
  });
}

function whatIsWrong(name: string): string {
  const sides = name.split('-');
  if (sides.length !== 2) return ADVICE;
  for (const side of sides) {
    if (!/^[0-9a-f]*$/.test(side)) return `\`${side}\` is not hex; ${ADVICE}`;
    if (side.length % 2 === 1) return `\`${side}\` has an odd number of digits; ${ADVICE}`;
  }
  return 'the start of a key range must lie before its end';
}

/** Whether the range is the whole keyspace. */
export const isWhole = (range: KeyRange): boolean => range.start.length === 0 && range.end.length === 0;

/** Whether some keyspace id lies in both ranges. */
export const overlap = (a: KeyRange, b: KeyRange): boolean => startsBeforeEnd(a, b) && startsBeforeEnd(b, a);

const startsBeforeEnd = (a: KeyRange, b: KeyRange): boolean =>
  b.end.length === 0 || Buffer.compare(a.start, b.end) < 0;

/** Orders shard names by key range: by start, and of two with one start the shorter range first. */
export function compareShardNames(a: string, b: string): number {
  const [left, right] = [shardRange(a), shardRange(b)];
  return Buffer.compare(left.start, right.start) || compareEnds(left.end, right.end) || (a < b ? -1 : 1);
}

const compareEnds = (a: Buffer, b: Buffer): number => {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  return Buffer.compare(a, b);
};
