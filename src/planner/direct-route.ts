/** Plans that one integer parameter leads to their shard: the way of most prepared statements, without a value being made of it. */
import type { PlaceInteger } from '../vschema/vindexes/vindex.ts';
import { type ColumnClass, columnClass } from './column-values/column-class.ts';
import type { RoutedGroup } from './plan.ts';
import { type ShardMap, shardOf } from './shard-map.ts';

export type DirectRoute = Readonly<{
  /** The parameter's number. */
  parameter: number;
  place: PlaceInteger;
  /** What the column holds: exact as numbers up to 32 bits; `wide` for 64. */
  min: number;
  max: number;
  wide: boolean;
  unsigned: boolean;
}>;

/** Undefined for all plans that are not so. */
export function directRoute(groups: readonly RoutedGroup[]): DirectRoute | undefined {
  const route = groups.length === 1 ? groups[0]!.route : undefined;
  if (route?.kind !== 'equal' || route.values.length !== 1 || route.key.columns.length !== 1)
    return undefined;
  const [operand] = route.values;
  const { vindex } = route.key.columnVindex.vindex;
  const own = columnClass(route.key.columns[0]!);
  if (operand?.kind !== 'parameter' || operand.negative || own.kind !== 'integer') return undefined;
  if (vindex.placeInteger === undefined || vindex.columnCount.max !== 1) return undefined;
  return rangeOf(own, operand.index, vindex.placeInteger);
}

function rangeOf(
  { min, max, type }: Extract<ColumnClass, { kind: 'integer' }>,
  parameter: number,
  place: PlaceInteger,
): DirectRoute {
  const wide = max > Number.MAX_SAFE_INTEGER;
  return Object.freeze({
    parameter,
    place,
    min: Number(min),
    max: Number(max),
    wide,
    unsigned: type === 'unsigned',
  });
}

/**
 * The shard of an integer, whose eight bytes (the highest first) are used up; -1 where the long way has to say. `isNegative` and
 * `isAboveSigned` say what the bytes mean.
 */
export function directShard(
  { place, min, max, wide, unsigned }: DirectRoute,
  block: Buffer,
  isNegative: boolean,
  isAboveSigned: boolean,
  map: ShardMap,
): number {
  if (wide) {
    if (unsigned ? isNegative : isAboveSigned) return -1;
  } else {
    const value = block.readInt32BE(0) * 0x1_0000_0000 + block.readUInt32BE(4);
    if (isAboveSigned || value < min || value > max) return -1;
  }
  return place(block, isNegative) ? shardOf(map, block) : -1;
}
