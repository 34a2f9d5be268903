import type { Json, PlanNode } from '../describe-plan.ts';
import type { Template } from '../template.ts';
import type { GatherInput, GatherPlan } from './gather-plan.ts';

/** The plan for EXPLAIN: what is gathered, and what is asked of it. */
export const describeGather = (plan: GatherPlan, textOf: (template: Template) => string): PlanNode => ({
  operator: 'Gather',
  keyspaces: plan.keyspaces,
  because: plan.reason,
  sql: textOf(plan.text),
  inputs: plan.inputs.map((input) => describeInput(input, textOf)),
});

const describeInput = (
  { table, label, plan, columns, keys }: GatherInput,
  textOf: (template: Template) => string,
): Json => ({
  table,
  of: label,
  keyspace: plan.keyspace,
  sql: plan.text === undefined ? 'as it came' : textOf(plan.text),
  keys: keys.map((key) => key.map((at) => columns[at]!.name).join(', ')),
});
