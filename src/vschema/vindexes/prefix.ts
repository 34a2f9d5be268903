/** The destination of a vindex that was given its first columns only. */
import type { Destination } from './vindex.ts';

/** All keyspace ids that begin with the bytes. */
export function prefixRange(prefix: Buffer): Destination {
  const end = Buffer.from(prefix);
  let at = end.length - 1;
  // Behind a prefix of nothing but ff there is no bound: the range is open.
  while (at >= 0 && end[at] === 0xff) at--;
  if (at >= 0) end[at]!++;
  return { kind: 'keyRange', range: { start: prefix, end: end.subarray(0, at + 1) } };
}
