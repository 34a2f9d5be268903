/** The shard of a row, by the values of its vindex columns as they will be stored. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { VindexValue } from '../vschema/vindexes/vindex.ts';
import type { TableVSchema } from '../vschema/vschema.ts';
import type { RoutingKey } from './route.ts';
import { type ShardMap, shardOf } from './shard-map.ts';

/** The shard's position in the map. Raises HG_NO_KEYSPACE_ID and HG_KEY_RANGE. */
export function shardOfKey(
  table: TableVSchema,
  { columnVindex }: RoutingKey,
  map: ShardMap,
  inputs: readonly VindexValue[],
): number {
  const destination = columnVindex.vindex.vindex.map(inputs);
  if (destination.kind === 'keyspaceId') return shardOfId(map, destination.id);
  const values = inputs.map((input) => (input.kind === 'null' ? 'NULL' : input.bytes.toString()));
  throw new HeadgateError('HG_NO_KEYSPACE_ID', {
    detail: `${table.name}.${columnVindex.columns.join(', ')} = ${values.join(', ')} under ${columnVindex.vindex.name} (${map.keyspace})`,
  });
}

/** The shard that has a keyspace id. Raises HG_KEY_RANGE. */
export function shardOfId(map: ShardMap, id: Buffer): number {
  const shard = shardOf(map, id);
  if (shard >= 0) return shard;
  throw new HeadgateError('HG_KEY_RANGE', {
    detail: `keyspace ${map.keyspace}: no shard has keyspace id ${id.toString('hex')}`,
  });
}
