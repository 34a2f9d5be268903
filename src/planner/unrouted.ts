/**
 * What makes a statement go to all shards of a keyspace: tables of which no condition names the value of their vindex. A list of values that
 * happens to lead to all shards is none of it, however many they are.
 */
import { unreachable } from '../errors/unreachable.ts';
import { keyText } from './describe-route.ts';
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
export type Unrouted = Readonly<{
  keyspace: string;
  shardCount: number;
  group: RoutedGroup;
  /** Why conditions that there are do not say it. */
  doubts: Doubts;
}>;

type MapOf = (keyspace: string) => ShardMap;

/** Nothing where one shard has the answer. Raises HG_KEY_RANGE where the shards leave some of the rows out. */
export function unroutedIn(plan: Plan, operands: Operands, mapOf: MapOf): readonly Unrouted[] {
  if (plan.kind === 'query' && isCombined(plan.scatter) && isOnOneShard(plan, operands, mapOf)) return [];
  return partsOf(plan).flatMap((part) => unroutedGroups(part, operands, mapOf));
}

/** The keyspaces of which that is so whatever the values are: a part of what `unroutedIn` finds, at next to no cost. */
export function keyspacesScattered(plan: Plan, mapOf: MapOf): readonly string[] {
  const found: string[] = [];
  for (const { keyspace, groups } of partsOf(plan))
    if (groups.some(({ route }) => route.kind === 'all') && mapOf(keyspace).names.length > 1)
      found.push(keyspace);
  return found;
}

type Grouped = Pick<QueryPlan | ChangePlan, 'keyspace' | 'groups'>;

/** What is looked for by itself. Rows that are found by the values of other rows are not looked for everywhere. */
function partsOf(plan: Plan): readonly Grouped[] {
  switch (plan.kind) {
    case 'query':
      return !isRefusal(plan.scatter) && isCombined(plan.scatter) ? partsOf(plan.scatter) : [plan];
    case 'change':
      return [plan];
    case 'gather':
      return plan.inputs
        .filter(({ reductions }) => !reductions.some(({ key }) => key !== undefined))
        .map((input) => input.plan);
    case 'join':
      return [plan.driving, ...plan.lookups.filter(({ route }) => route === undefined)];
    case 'insert':
    case 'vindex':
      return [];
    default:
      return unreachable(plan);
  }
}

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
  const found: Unrouted[] = [];
  for (const group of groups) {
    const doubts: Doubts = new Set();
    if (isUnrouted(group.route, operands, map, doubts))
      found.push({ keyspace, shardCount: map.names.length, group, doubts });
  }
  return found;
}

function isUnrouted(route: Route, operands: Operands, map: ShardMap, doubts: Doubts): boolean {
  switch (route.kind) {
    case 'all':
      return true;
    case 'equal':
    case 'in': {
      const own: Doubts = new Set();
      resolveRoute(route, operands, map, own);
      for (const doubt of own) doubts.add(doubt);
      return own.size > 0;
    }
    case 'keyspaceId':
    case 'between':
      return false;
    case 'and':
      return route.parts.every((part) => isUnrouted(part, operands, map, doubts));
    case 'or':
      return route.parts.some((part) => isUnrouted(part, operands, map, doubts));
    default:
      return unreachable(route);
  }
}

/** `customers without a condition on customer_id by hash`. */
export function unroutedText({ group: { tables, key }, doubts }: Unrouted): string {
  const named = tables.join(', ');
  if (doubts.size > 0)
    return `the values do not say where the rows of ${named} are: ${[...doubts].join('; ')}`;
  if (key === undefined) return `nothing says where the rows of ${named} are`;
  return `${named} without a condition on ${keyText(key)}`;
}
