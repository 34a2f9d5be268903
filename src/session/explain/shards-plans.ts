/** The plans of several shards in each of MySQL's forms. Shards whose plans differ in nothing but numbers are shown once. */
import { isNode, type Json, type PlanNode } from '../../planner/plan-node.ts';
import type { ShownRow } from './explain-rows.ts';
import type { ShardPlan } from './explain-shards.ts';
import { mysqlTree } from './mysql-tree.ts';

/** Columns of the traditional form: `rows`, behind which `filtered` stands, and text for people. */
const ROWS_AT = 9;
const EXTRA_AT = 11;

/** Plans of one input that are the same. */
type Alike = { readonly first: ShardPlan; readonly all: ShardPlan[] };

function alike(plans: readonly ShardPlan[], keyOf: (plan: ShardPlan) => string): Alike[] {
  const found = new Map<string, Alike>();
  for (const plan of plans) {
    const key = `${plan.asked.input}\n${keyOf(plan)}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { first: plan, all: [plan] });
    else known.all.push(plan);
  }
  return [...found.values()];
}

/** The traditional form: the rows of each plan, with the sum of the rows that the shards expect; Extra names the shards. */
export function shownRows(plans: readonly ShardPlan[]): readonly ShownRow[] {
  const groups = alike(plans, ({ rows }) => JSON.stringify(rows.map(withoutFigures)));
  const own = groups.flatMap(({ first, all }) => first.rows.map((row, at) => shownRow(row, at, all)));
  const inputs = [...new Set(plans.map(({ asked }) => asked.input))].filter((input) => input !== '');
  const isJoin = plans.some(({ asked }) => asked.isLookup);
  return inputs.length === 0 ? own : [remainderRow(inputs, isJoin), ...own];
}

const withoutFigures = (row: ShownRow): ShownRow => row.toSpliced(ROWS_AT, 2);

function shownRow(row: ShownRow, at: number, all: readonly ShardPlan[]): (string | null)[] {
  const shown = [...row];
  if (row[ROWS_AT] !== null && row[ROWS_AT] !== undefined)
    shown[ROWS_AT] = String(all.reduce((sum, { rows }) => sum + BigInt(rows[at]?.[ROWS_AT] ?? 0), 0n));
  const { input } = all[0]!.asked;
  const shards = `Shards ${all.map(({ asked }) => asked.place.shard.name).join(', ')}`;
  const told = [row[EXTRA_AT], input === '' ? shards : `${shards} for ${input}`];
  shown[EXTRA_AT] = told.filter((each) => each !== null && each !== undefined && each !== '').join('; ');
  return shown;
}

/** What runs over the temporary tables, which are there only then. */
function remainderRow(inputs: readonly string[], isJoin: boolean): (string | null)[] {
  const row: (string | null)[] = new Array<null>(EXTRA_AT + 1).fill(null);
  row[0] = '1';
  row[1] = isJoin ? 'JOIN' : 'GATHER';
  row[EXTRA_AT] = `${isJoin ? 'Joined by the router' : 'Evaluated on a tablet'}: ${inputs.join(', ')}`;
  return row;
}

/** The router's operators as a tree of MySQL's kind, with the shards' trees beneath their routes. */
export function shownAsTree(node: PlanNode, plans: readonly ShardPlan[]): string {
  const routes = routesIn(node);
  const read = plans.filter(({ asked }) => !asked.isLookup);
  let at = 0;
  const byRoute = new Map<PlanNode, Map<string, ShardPlan>>();
  for (const route of routes) {
    const { shards } = route;
    const count = Array.isArray(shards) ? Math.max(1, shards.length) : 1;
    const own = read.slice(at, at + count).map((plan) => [plan.asked.place.shard.name, plan] as const);
    byRoute.set(route, new Map(own));
    at += count;
  }
  const shown = new Map<string, string>();
  const lookups = plans.filter(({ asked }) => asked.isLookup);
  const namesOf = ({ of }: PlanNode) =>
    lookups.filter(({ asked }) => asked.input === of).map(({ asked }) => asked.place.shard.shard);
  return mysqlTree(node, namesOf, (route, shard) => {
    const name = `${route.keyspace}/${shard}`;
    const plan =
      byRoute.get(route)?.get(name) ??
      lookups.find(({ asked }) => asked.input === route.of && asked.place.shard.name === name);
    const text = plan?.rows[0]?.[0] ?? '';
    const key = `${routes.indexOf(route)}\n${route.of ?? ''}\n${text.replaceAll(/\d+(\.\d+)?(e[+-]?\d+)?/g, '0')}`;
    const before = shown.get(key);
    if (before !== undefined) return [`-> As on shard ${before}, but for the numbers`];
    shown.set(key, `${route.keyspace}/${shard}`);
    return text.trimEnd().split('\n');
  });
}

/** In the order in which a reader comes to them. */
function routesIn(node: PlanNode): PlanNode[] {
  if (node.operator === 'Route') return [node];
  const { input, inputs } = node;
  return [input, ...(Array.isArray(inputs) ? inputs : [])].filter(isNode).flatMap(routesIn);
}

/** The router's plan, and the shards' own. */
export function shownAsJson(node: PlanNode, plans: readonly ShardPlan[]): string {
  const shards = plans.map(({ asked, rows }): Json => {
    const { input, place } = asked;
    return { shard: place.shard.name, ...(input === '' ? {} : { input }), plan: planIn(rows[0]?.[0] ?? '') };
  });
  return JSON.stringify({ headgate: node, shards }, undefined, 2);
}

/** Text that is none of JSON stays text. */
function planIn(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
