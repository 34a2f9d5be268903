/** A join's plan as plain data: the driving side, and what is looked up for each batch of its rows. */
import { keyText, routeText } from '../describe-route.ts';
import type { QueryPlan, Step } from '../plan.ts';
import type { Json, PlanNode } from '../plan-node.ts';
import type { Template } from '../template.ts';
import type { JoinPlan, Lookup } from './join-plan.ts';

/** How the rest of a plan is described. */
export type JoinDescription = Readonly<{
  describeQuery: (plan: QueryPlan) => PlanNode;
  describeStep: (step: Step) => PlanNode;
  textOf: (template: Template) => string;
  /** What was measured of a part, where the plan was run. */
  actualOf: (part: object, name?: '') => Record<string, Json>;
}>;

const operators = { inner: 'LookupJoin', left: 'LeftLookupJoin', semi: 'SemiLookup', anti: 'AntiLookup' };

/** One node for each lookup, around the driving side; the steps around all of them. */
export function describeJoin(plan: JoinPlan, description: JoinDescription): PlanNode {
  const { driving, lookups, steps, reason } = plan;
  let node = description.describeQuery(driving);
  const { actualOf } = description;
  for (const lookup of lookups)
    node = {
      ...lookupFacts(lookup, description),
      ...actualOf(lookup, ''),
      ...found(actualOf(lookup)),
      input: node,
    };
  for (const step of steps) node = { ...description.describeStep(step), ...actualOf(step, ''), input: node };
  return { operator: 'Join', keyspaces: plan.keyspaces, reason, input: node };
}

/** What was found there: rows by shard, of all batches together. */
const found = ({ actual }: Record<string, Json>): Record<string, Json> =>
  actual === undefined ? {} : { found: actual };

function lookupFacts(lookup: Lookup, { textOf }: JoinDescription): PlanNode {
  const { kind, label, keyspace, groups, route, keys, text, behind } = lookup;
  const rows = groups.map((group) => `${group.tables.join(', ')}: ${routeText(group.route, undefined)}`);
  return {
    operator: operators[kind],
    of: label,
    keyspace,
    ...(rows.length === 0 ? {} : { rows }),
    on: keys.map((key) => key.text),
    ...(route === undefined ? {} : { routedBy: keyText(route.by) }),
    sql: `${textOf(text)}:keys)${behind}`,
  };
}
