/**
 * What makes a statement go to all shards of a keyspace: tables of which no condition names the value of their vindex. A list of values that
 * happens to lead to all shards is none of it, however many they are.
 */
import { unreachable } from '../errors/unreachable.ts';
import { keyText } from './describe-route.ts';
import type { GatherPlan } from './gather/gather-plan.ts';
import type { Operands } from './operands.ts';
import {
  type ChangePlan,
  isCombined,
  isRefusal,
  type Plan,
  type QueryPlan,
  type RoutedGroup,
} from './plan.ts';
import { type Doubts, type Route, resolveRoute } from './route.ts';
import { type ShardMap, type ShardSet, union } from './shard-map.ts';

/** Tables that are looked for on all shards of their keyspace. */
export type Unrouted = Readonly<{ keyspace: string; shardCount: number; reason: string }>;

type MapOf = (keyspace: string) => ShardMap;

/** Nothing where one shard has the answer. Raises HG_KEY_RANGE where the shards leave some of the rows out. */
export function unroutedIn(plan: Plan, operands: Operands, mapOf: MapOf): readonly Unrouted[] {
  switch (plan.kind) {
    case 'query': {
      const { scatter } = plan;
      if (isRefusal(scatter) || !isCombined(scatter)) return unroutedGroups(plan, operands, mapOf);
      return isOnOneShard(plan, operands, mapOf) ? [] : unroutedIn(scatter, operands, mapOf);
    }
    case 'change':
      return unroutedGroups(plan, operands, mapOf);
    case 'gather':
      return unroutedInputs(plan, operands, mapOf);
    case 'insert':
    case 'vindex':
      return [];
    default:
      return unreachable(plan);
  }
}

/** Inputs whose rows are found by the values of another one are not looked for everywhere. */
const unroutedInputs = ({ inputs }: GatherPlan, operands: Operands, mapOf: MapOf): readonly Unrouted[] =>
  inputs
    .filter(({ reductions }) => !reductions.some(({ key }) => key !== undefined))
    .flatMap(({ plan }) => unroutedIn(plan, operands, mapOf));

type Grouped = Pick<QueryPlan | ChangePlan, 'keyspace' | 'groups'>;

function isOnOneShard({ keyspace, groups }: Grouped, operands: Operands, mapOf: MapOf): boolean {
  const map = mapOf(keyspace);
  let shards: ShardSet = [];
  for (const { route } of groups) shards = union(shards, resolveRoute(route, operands, map));
  return shards.length <= 1;
}

function unroutedGroups(plan: Grouped, operands: Operands, mapOf: MapOf): readonly Unrouted[] {
  if (isOnOneShard(plan, operands, mapOf)) return [];
  const { keyspace, groups } = plan;
  const map = mapOf(keyspace);
  return groups
    .filter(({ route }) => isUnrouted(route, operands, map))
    .map((group) => ({ keyspace, shardCount: map.names.length, reason: reasonOf(group, operands, map) }));
}

function isUnrouted(route: Route, operands: Operands, map: ShardMap): boolean {
  switch (route.kind) {
    case 'all':
      return true;
    case 'equal':
    case 'in': {
      const doubts: Doubts = new Set();
      resolveRoute(route, operands, map, doubts);
      return doubts.size > 0;
    }
    case 'keyspaceId':
    case 'between':
      return false;
    case 'and':
      return route.parts.every((part) => isUnrouted(part, operands, map));
    case 'or':
      return route.parts.some((part) => isUnrouted(part, operands, map));
    default:
      return unreachable(route);
  }
}

/** `no condition on customer_id by hash restricts customers`. */
function reasonOf({ tables, route, key }: RoutedGroup, operands: Operands, map: ShardMap): string {
  const named = tables.join(', ');
  const doubts: Doubts = new Set();
  resolveRoute(route, operands, map, doubts);
  if (doubts.size > 0)
    return `the values do not say where the rows of ${named} are: ${[...doubts].join('; ')}`;
  if (key === undefined) return `nothing says where the rows of ${named} are`;
  return `${named} without a condition on ${keyText(key)}`;
}
