/** The `null` vindex: every value has the same keyspace id. */
import { singleColumn } from './vindex.ts';

export const nullVindex = singleColumn({ type: 'null', cost: 100, keyspaceId: () => Buffer.of(0) });
