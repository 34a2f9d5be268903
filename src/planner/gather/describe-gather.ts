/** A gather plan as plain data: its inputs, what is loaded of each, and the text that runs over them. */
import { keyText } from '../describe-route.ts';
import type { QueryPlan } from '../plan.ts';
import type { Json, PlanNode } from '../plan-node.ts';
import type { Template } from '../template.ts';
import type { GatherInput, GatherPlan, Reduction } from './gather-plan.ts';

/** What an execution adds: how the plan of an input is described, and a template's text. */
export type GatherDescription = Readonly<{
  describeQuery: (plan: QueryPlan) => PlanNode;
  textOf: (template: Template) => string;
  /** What was measured of a part, as a fact; none without ANALYZE. */
  actualOf: (part: object, name: '') => Readonly<Record<string, Json>>;
}>;

/** `Gather` with the text of the remainder; its inputs are `Load` nodes. */
export function describeGather(plan: GatherPlan, description: GatherDescription): PlanNode {
  const { keyspaces, inputs, text, reason, unknown = [] } = plan;
  return {
    operator: 'Gather',
    keyspaces,
    reason,
    sql: description.textOf(text),
    ...(unknown.length === 0
      ? {}
      : {
          unknown: unknown.map(({ name, suggestion }) => `${name}${suggestion.replace(/^; (.*)$/, ' ($1)')}`),
        }),
    ...description.actualOf(plan, ''),
    inputs: inputs.map((input) => describeInput(input, inputs, description)),
  };
}

function describeInput(
  input: GatherInput,
  inputs: readonly GatherInput[],
  { describeQuery, actualOf }: GatherDescription,
): PlanNode {
  const { table, copies, label, plan, columns, keys, reductions } = input;
  const named = (at: number) => columns[at]!.name;
  return {
    operator: 'Load',
    table,
    ...(copies === undefined ? {} : { copies }),
    of: label,
    columns: columns.map(({ name, type }) => (type === undefined ? name : `${name} ${type}`)),
    ...(keys.length === 0 ? {} : { keys: keys.map((key) => `(${key.map(named).join(', ')})`) }),
    ...(reductions.length === 0
      ? {}
      : { only: reductions.map((reduction) => reductionText(reduction, named(reduction.column), inputs)) }),
    ...actualOf(input, ''),
    input: describeQuery(plan),
  };
}

/** `c_id among headgate_1.o_c_id, by hash`. */
function reductionText(
  { from, fromColumn, key }: Reduction,
  column: string,
  inputs: readonly GatherInput[],
): string {
  const other = inputs[from]!;
  const routed = key === undefined ? '' : `, routed by ${keyText(key)}`;
  return `${column} among ${other.table}.${other.columns[fromColumn]!.name}${routed}`;
}
