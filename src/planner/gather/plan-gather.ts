/** From a query's tree to a plan that gathers the rows of its tables on one tablet, and asks the rest of the query there. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { SelectStatement } from '../../sql/ast/statement.ts';
import { nodesOfKind } from '../../sql/ast/walk.ts';
import type { Literals } from '../../sql/literals-found.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { resolveTable } from '../../vschema/resolve-table.ts';
import type { Plan } from '../plan.ts';
import { isCombined, isRefusal, type Refusal } from '../plan.ts';
import type { PlannerInput } from '../plan-statement.ts';
import { Refused } from '../refused.ts';
import type { GatherPlan } from './gather-plan.ts';
import { groupCheck } from './group-check.ts';
import type { PlanNested } from './plan-nested.ts';
import { reducedInputs } from './reductions.ts';
import { Remainder } from './remainder.ts';
import { sharedInputs } from './shared-inputs.ts';
import type { SourceText } from './source-text.ts';
import { tableInput } from './table-input.ts';
import { filteredWhole } from './whole-draft.ts';

/** Plans a statement's text: the planner that this is a part of. `merges`: nothing is gathered for it. */
type PlanText = (statement: SelectStatement, input: PlannerInput, merges: boolean) => Plan | undefined;

/** `reason`: why the shards cannot answer it by themselves. Raises MySQL's errors for names that mean nothing. */
export function planGather(
  statement: SelectStatement,
  input: PlannerInput,
  reason: string,
  planText: PlanText,
): GatherPlan | Refusal {
  try {
    return gathered(statement, input, reason, planText);
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

function gathered(
  statement: SelectStatement,
  input: PlannerInput,
  reason: string,
  planText: PlanText,
): GatherPlan {
  const { start, end } = input;
  const source = sourceText(statement, input);
  const nested = nestedPlanner(input, planText);
  const remainder = new Remainder(input, nested, nodesOfKind(statement, 'assignVariable').length === 0);
  const template = remainder.write(statement.query, source, start, end);
  const drafts = sharedInputs(
    reducedInputs(remainder.drafts, remainder.bonds, (draft, reductions) =>
      draft.whole === undefined
        ? tableInput(draft, nested, reductions)
        : filteredWhole(draft, draft.whole, nested),
    ),
  );
  const inputs = [...drafts.keys()];
  const [keyspace] = remainder.keyspaces;
  if (keyspace === undefined) throw new Refused('a query without tables');
  return Object.freeze({
    kind: 'gather',
    keyspace,
    keyspaces: [...remainder.keyspaces],
    inputs,
    text: template,
    views: [...remainder.views],
    ...(remainder.unknown.length === 0 ? {} : { unknown: remainder.unknown }),
    check: remainder.restsOnKeys ? groupCheck(inputs, (input) => drafts.get(input)?.schema) : undefined,
    reason,
  });
}

/** The client's text as that of inputs and the remainder. */
export function sourceText(statement: SelectStatement, { text, mode, literals }: PlannerInput): SourceText {
  const parameters = nodesOfKind(statement, 'parameter').map((node) => ({
    start: node.start,
    index: node.index,
  }));
  return { text, mode, literals, parameters, hasVersionComment: statement.hasVersionComment };
}

const nestedPlanner = (input: PlannerInput, planText: PlanText): PlanNested => ({
  hasSlots: input.literals !== undefined,
  query: (text, literals) => {
    const plan = planned(text, literals, input, planText, false);
    if (plan?.kind !== 'query') throw new Refused('an input that is no query');
    const { scatter, groups } = plan;
    if (groups.length > 0 && isRefusal(scatter)) throw new Refused(scatter.detail);
    return plan;
  },
  merged: (text, literals) => {
    const plan = planned(text, literals, input, planText, true);
    if (plan?.kind !== 'query' || isCombined(plan.scatter)) return undefined;
    return plan.groups.length > 0 && isRefusal(plan.scatter) ? undefined : plan;
  },
  resolves: (table) => {
    const { vschema, keyspace, tabletType } = input;
    const found = resolveTable(vschema, table.keyspace, table.name, keyspace, tabletType);
    return found.kind === 'table' && found.table === table;
  },
});

function planned(
  text: Buffer,
  literals: Literals | undefined,
  input: PlannerInput,
  planText: PlanText,
  merges: boolean,
): Plan | undefined {
  const statement = parseStatement(text, 0, text.length, input.mode);
  if (statement.kind !== 'select')
    throw new HeadgateError('HG_INTERNAL', { detail: `the text of an input: ${text.toString('utf8')}` });
  return planText(statement, { ...input, text, start: 0, end: text.length, literals }, merges);
}
