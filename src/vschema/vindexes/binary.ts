/** The `binary` vindex: the bytes of the value are the keyspace id. */
import { copyOf, singleColumn } from './vindex.ts';

export const binary = singleColumn({ type: 'binary', cost: 0, ordered: true, keyspaceId: copyOf });
