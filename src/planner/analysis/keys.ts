/** Primary vindexes of the tables that a statement uses. */
import { findColumn, type TableSchema } from '../../schema/schema.ts';
import type { TableVSchema } from '../../vschema/vschema.ts';
import { vindexExactness } from '../column-vindex-exactness.ts';
import { both, either, type Route, type RoutingKey } from '../route.ts';
import type { Origin, TableUse } from './table-use.ts';

/** The primary vindex with the tablets' columns; undefined if it cannot be computed, or a column is missing. */
export function routingKey(table: TableVSchema, schema: TableSchema): RoutingKey | undefined {
  const columnVindex = table.columnVindexes[0];
  if (columnVindex === undefined || !columnVindex.vindex.vindex.functional) return undefined;
  const columns = columnVindex.columns.map((name) => findColumn(schema, name));
  return columns.every((column) => column !== undefined) ? { columnVindex, columns } : undefined;
}

/** Whether two keys place equal values in the same way. */
export const sameFunction = ({ columnVindex: a }: RoutingKey, { columnVindex: b }: RoutingKey): boolean =>
  a.vindex === b.vindex ||
  (a.vindex.type === b.vindex.type && JSON.stringify(a.vindex.params) === JSON.stringify(b.vindex.params));

/** Whether values that MySQL calls equal always have the same keyspace id. */
export const isExact = ({ columnVindex, columns }: RoutingKey): boolean =>
  columns.every((column) => vindexExactness(column, columnVindex).exact);

/** Whether a column alone decides the shard of a row, equal values the same one. */
export const isKeyColumn = ({ use, column }: Origin): boolean =>
  use?.key !== undefined && use.key.columns.length === 1 && use.key.columns[0] === column && isExact(use.key);

/** Where the rows of a group can be. Anchors all hold; without them each block that reads from the group may be the one that matters. */
export function routeOfGroup(uses: readonly TableUse[]): Route {
  const anchors = uses.filter((use) => use.anchor);
  if (anchors.length > 0) return both(anchors.flatMap((use) => use.routes));
  const blocks = new Map<number, TableUse[]>();
  for (const use of uses) blocks.set(use.block, [...(blocks.get(use.block) ?? []), use]);
  return either(
    [...blocks.values()].map((members) => {
      const required = members.filter((use) => !use.nullable);
      if (required.length > 0) return both(required.flatMap((use) => use.routes));
      return either(members.map((use) => both(use.routes)));
    }),
  );
}
