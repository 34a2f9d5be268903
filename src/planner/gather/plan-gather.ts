/** From a query's tree to a plan that gathers the rows of its tables on one tablet, and asks the rest of the query there. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { TableSchema } from '../../schema/schema.ts';
import type { QueryBlock } from '../../sql/ast/query.ts';
import type { SelectStatement } from '../../sql/ast/statement.ts';
import { nodesOfKind } from '../../sql/ast/walk.ts';
import type { Literals } from '../../sql/literals-found.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { resolveTable } from '../../vschema/resolve-table.ts';
import type { Plan } from '../plan.ts';
import { isCombined, isRefusal, type Refusal } from '../plan.ts';
import type { PlannerInput } from '../plan-statement.ts';
import { Refused } from '../refused.ts';
import type { Template } from '../template.ts';
import { requireAsciiColumns, requireAsciiNames } from './foreign-names.ts';
import type { GatherInput, GatherPlan } from './gather-plan.ts';
import { groupCheck } from './group-check.ts';
import { Apart, type InputDraft, inputDrafts } from './joined-draft.ts';
import { joinedInput } from './joined-input.ts';
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
  // Blocks whose tables are read one by one.
  const apart = new Set<QueryBlock>();
  for (;;)
    try {
      return gathered(statement, input, reason, { planText, apart });
    } catch (error) {
      if (error instanceof Refused) return error.refusal;
      if (!(error instanceof Apart) || apart.has(error.block)) throw error;
      apart.add(error.block);
    }
}

function gathered(
  statement: SelectStatement,
  input: PlannerInput,
  reason: string,
  { planText, apart }: Readonly<{ planText: PlanText; apart: ReadonlySet<QueryBlock> }>,
): GatherPlan {
  requireAsciiNames(input);
  const nested = nestedPlanner(input, planText);
  const written = (joins: (block: QueryBlock) => boolean): Written => {
    const filters = nodesOfKind(statement, 'assignVariable').length === 0;
    const remainder = new Remainder(input, nested, { filters, joins });
    const { start, end } = input;
    const text = remainder.write(statement.query, sourceText(statement, input), start, end);
    return { remainder, text, drafts: inputsOf(remainder, nested) };
  };
  const { remainder, text, drafts } = written((block) => !apart.has(block));
  const inputs = [...drafts.keys()];
  requireAsciiColumns(inputs, input.mode);
  const [keyspace] = remainder.keyspaces;
  if (keyspace === undefined) throw new Refused('a query without tables');
  return Object.freeze({
    kind: 'gather',
    keyspace,
    keyspaces: [...remainder.keyspaces],
    inputs,
    text,
    views: [...remainder.views],
    ...(remainder.unknown.length === 0 ? {} : { unknown: remainder.unknown }),
    check: checkOf(),
    reason,
  });

  function checkOf(): GatherPlan['check'] {
    const isJoined = remainder.drafts.some(({ joined }) => joined !== undefined);
    if (!isJoined) return remainder.restsOnKeys ? groupCheck(inputs, schemaIn(drafts)) : undefined;
    // Equal columns, keys and constants of which MySQL knows are not all to be seen in the text then.
    if (!remainder.isGrouped) return undefined;
    const plain = written(() => false);
    return groupCheck([...plain.drafts.keys()], schemaIn(plain.drafts), plain.text);
  }
}

type Inputs = ReadonlyMap<GatherInput, InputDraft>;

type Written = Readonly<{ remainder: Remainder; text: Template; drafts: Inputs }>;

const inputsOf = ({ drafts, bonds }: Remainder, nested: PlanNested): Inputs =>
  sharedInputs(
    reducedInputs(inputDrafts(drafts), bonds, ({ drafts: [draft], joined }, reductions) => {
      if (joined !== undefined) return joinedInput(joined, nested, reductions);
      const { whole } = draft!;
      return whole === undefined
        ? tableInput(draft!, nested, reductions)
        : filteredWhole(draft!, whole, nested);
    }),
  );

const schemaIn =
  (drafts: Inputs) =>
  (input: GatherInput): TableSchema | undefined =>
    drafts.get(input)?.drafts[0]?.schema;

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
