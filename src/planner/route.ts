/**
 * Where a table's rows can be, as data: made from the predicates when a statement is planned, resolved to shards when its
 * values are known. A route never names fewer shards than can have matching rows.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { ColumnSchema } from '../schema/schema.ts';
import type { KeyRange } from '../vschema/key-range.ts';
import type { VindexValue } from '../vschema/vindexes/vindex.ts';
import type { ColumnVindex } from '../vschema/vschema.ts';
import { type ComparisonKey, comparedAlone, comparisonKey } from './comparison-key.ts';
import type { LiteralValue } from './literal-value.ts';
import type { Operand, Operands } from './operands.ts';
import {
  allShards,
  intersection,
  noShards,
  type ShardMap,
  type ShardSet,
  shardOf,
  shardsOfRange,
  single,
  union,
} from './shard-map.ts';

/** A column vindex with the columns as the tablets have them. */
export type RoutingKey = Readonly<{ columnVindex: ColumnVindex; columns: readonly ColumnSchema[] }>;

export type Route =
  | Readonly<{ kind: 'all' }>
  /** The one shard of a pinned table. */
  | Readonly<{ kind: 'keyspaceId'; id: Buffer }>
  /** `column = value` for the key's first columns, in order; all of them unless the vindex takes a prefix. */
  | Readonly<{ kind: 'equal'; key: RoutingKey; values: readonly Operand[] }>
  /** `column IN (…)`: a single-column key. */
  | Readonly<{ kind: 'in'; key: RoutingKey; values: readonly Operand[] }>
  /** `column BETWEEN low AND high` of a vindex whose keyspace ids sort as its values; an open bound is undefined. */
  | Readonly<{ kind: 'between'; key: RoutingKey; low: Operand | undefined; high: Operand | undefined }>
  | Readonly<{ kind: 'and'; parts: readonly Route[] }>
  | Readonly<{ kind: 'or'; parts: readonly Route[] }>;

export const everywhere: Route = Object.freeze({ kind: 'all' });

/** Both hold. */
export function both(parts: readonly Route[]): Route {
  const kept = parts.filter((part) => part.kind !== 'all');
  if (kept.length === 0) return everywhere;
  return kept.length === 1 ? kept[0]! : Object.freeze({ kind: 'and', parts: kept });
}

/** One of them holds. */
export function either(parts: readonly Route[]): Route {
  if (parts.some((part) => part.kind === 'all')) return everywhere;
  return parts.length === 1 ? parts[0]! : Object.freeze({ kind: 'or', parts });
}

/** Why a route leads to more shards than its predicate seems to say: for EXPLAIN. */
export type Doubts = Set<string>;

/** The shards at which matching rows can be. `doubts` collects the reasons of comparisons that cannot be routed. */
export function resolveRoute(route: Route, operands: Operands, map: ShardMap, doubts?: Doubts): ShardSet {
  switch (route.kind) {
    case 'all':
      return everyShard(map);
    case 'keyspaceId':
      return placed(map, route.id);
    case 'equal':
      return resolveEqual(route.key, route.values, operands, map, doubts);
    case 'in':
      return resolveIn(route.key, route.values, operands, map, doubts);
    case 'between':
      return resolveBetween(route.key, route.low, route.high, operands, map, doubts);
    case 'and':
      return route.parts
        .map((part) => resolveRoute(part, operands, map, doubts))
        .reduce((shards, more) => intersection(shards, more));
    case 'or':
      return route.parts
        .map((part) => resolveRoute(part, operands, map, doubts))
        .reduce((shards, more) => union(shards, more));
    default:
      return unreachable(route);
  }
}

/** All shards. Raises HG_KEY_RANGE where they leave a part of the rows out. */
function everyShard(map: ShardMap): ShardSet {
  requireWhole(map);
  return allShards(map);
}

function rangeOf(map: ShardMap, range: KeyRange): ShardSet {
  requireWhole(map);
  return shardsOfRange(map, range);
}

function requireWhole({ keyspace, problem }: ShardMap): void {
  if (problem !== undefined)
    throw new HeadgateError('HG_KEY_RANGE', { detail: `keyspace ${keyspace}: ${problem}` });
}

/** The one shard of a keyspace id. Raises HG_KEY_RANGE where none has it: its rows are not to be had. */
function placed(map: ShardMap, id: Buffer): ShardSet {
  const at = shardOf(map, id);
  if (at >= 0) return single(at);
  throw new HeadgateError('HG_KEY_RANGE', {
    detail: `keyspace ${map.keyspace}: no shard has keyspace id ${id.toString('hex')}`,
  });
}

function resolveEqual(
  key: RoutingKey,
  values: readonly Operand[],
  operands: Operands,
  map: ShardMap,
  doubts: Doubts | undefined,
): ShardSet {
  const literals: LiteralValue[] = [];
  for (const operand of values) literals.push(operands.value(operand));
  return resolveValues(key, literals, true, map, doubts, operands);
}

function resolveIn(
  key: RoutingKey,
  values: readonly Operand[],
  operands: Operands,
  map: ShardMap,
  doubts: Doubts | undefined,
): ShardSet {
  const [first] = values;
  const literals =
    values.length === 1 ? operands.values(first!) : values.flatMap((operand) => operands.values(operand));
  const alone = comparedAlone(key.columns[0]!, literals);
  let shards = noShards;
  for (const literal of literals)
    shards = union(shards, resolveValues(key, [literal], alone, map, doubts, operands));
  return shards;
}

function resolveValues(
  key: RoutingKey,
  literals: readonly LiteralValue[],
  alone: boolean,
  map: ShardMap,
  doubts: Doubts | undefined,
  operands: Operands,
): ShardSet {
  const { vindex } = key.columnVindex.vindex;
  const inputs: VindexValue[] = [];
  for (let at = 0; at < literals.length; at++) {
    const literal = literals[at]!;
    const found = keyOf(key, at, literal, alone, operands);
    if (found.kind === 'nothing') return noShards;
    if (found.kind === 'scatter') {
      doubts?.add(found.reason);
      return everyShard(map);
    }
    inputs.push(found.value);
  }
  const destination = vindex.map(inputs);
  switch (destination.kind) {
    case 'keyspaceId':
      return placed(map, destination.id);
    case 'keyRange':
      return rangeOf(map, destination.range);
    case 'none':
      // The vindex cannot have placed such a row; one put there by hand would be found on one MySQL.
      return everyShard(map);
    default:
      return unreachable(destination);
  }
}

const keyOf = (
  key: RoutingKey,
  at: number,
  literal: LiteralValue,
  alone: boolean,
  operands: Operands,
): ComparisonKey => comparisonKey(key.columns[at]!, key.columnVindex, literal, operands.context, alone);

function resolveBetween(
  key: RoutingKey,
  low: Operand | undefined,
  high: Operand | undefined,
  operands: Operands,
  map: ShardMap,
  doubts: Doubts | undefined,
): ShardSet {
  // A bound of another type can change how the column is compared with both.
  if (low !== undefined && high !== undefined) {
    const column = key.columns[0]!;
    const isSure = comparedAlone(column, [operands.value(low), operands.value(high)]);
    if (!isSure) doubts?.add(`the bounds of ${column.name} are of several types`);
    if (!isSure) return everyShard(map);
  }
  const bounds: (Buffer | undefined)[] = [];
  for (const operand of [low, high]) {
    if (operand === undefined) {
      bounds.push(undefined);
      continue;
    }
    const found = keyOf(key, 0, operands.value(operand), true, operands);
    // A bound between two values of the column is no value of it: the range is then not narrowed on that side.
    const destination =
      found.kind === 'value' ? key.columnVindex.vindex.vindex.map([found.value]) : undefined;
    if (found.kind === 'scatter') doubts?.add(found.reason);
    bounds.push(destination?.kind === 'keyspaceId' ? destination.id : undefined);
  }
  const [start = Buffer.alloc(0), end] = bounds;
  if (end !== undefined && Buffer.compare(start, end) > 0) return noShards;
  const range: KeyRange = { start, end: end === undefined ? Buffer.alloc(0) : successor(end) };
  return rangeOf(map, range);
}

/** The smallest keyspace id behind one. */
const successor = (id: Buffer): Buffer => Buffer.concat([id, Buffer.of(0)]);
