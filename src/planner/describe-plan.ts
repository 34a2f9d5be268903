/**
 * A plan as plain JSON data: the operators, the outermost first, down to what each shard gets, with the reasons. What EXPLAIN and the
 * files of plans show.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import { collationById } from '../mysql/collations.ts';
import { refusalOf, rowCountOf, shardsFor, TextValues } from './bind.ts';
import { InsertBinding } from './bind-insert.ts';
import { vindexExactness } from './column-vindex-exactness.ts';
import { keyText, operandText, routeText } from './describe-route.ts';
import { describeGather } from './gather/describe-gather.ts';
import { describeJoin } from './join/describe-join.ts';
import type { Operand, Operands } from './operands.ts';
import {
  type ChangePlan,
  type CombinedPlan,
  type InsertPlan,
  isCombined,
  isRefusal,
  type Plan,
  type PlanAggregate,
  type PlanKey,
  type QueryPlan,
  type Refusal,
  type RoutedGroup,
  type Scatter,
  type Step,
  type VindexPlan,
} from './plan.ts';
import type { Json, PlanNode } from './plan-node.ts';
import { type Doubts, type RoutingKey, resolveRoute } from './route.ts';
import type { ShardMap, ShardSet } from './shard-map.ts';
import { fillTemplate, type Template } from './template.ts';

/** One execution of a plan. */
export type Execution = Readonly<{
  /** The statement as the client wrote it. */
  sql: string;
  /** The buffer that holds it, to which slots refer. */
  text: Buffer;
  operands: Operands;
  /** The shards of a keyspace. */
  mapOf: (keyspace: string) => ShardMap;
  /** Of EXPLAIN ANALYZE: what was measured of a part of the plan; of its shards where no name is given. */
  actual?: ((part: object, name?: '') => Json | undefined) | undefined;
  /** What it is refused with on several shards, whatever the plan says. */
  refusal?: HeadgateError | undefined;
}>;

/** The plan for one execution, or without one as it is for all texts of its kind, with holes (`:1`) for their values. */
export function describePlan(plan: Plan, execution?: Execution): PlanNode {
  try {
    switch (plan.kind) {
      case 'query':
        return describeQuery(plan, execution);
      case 'change':
        return describeChange(plan, execution);
      case 'insert':
        return describeInsert(plan, execution);
      case 'vindex':
        return describeVindexQuery(plan, execution);
      case 'gather':
      case 'join':
        return describeCombined(plan, execution);
      default:
        return unreachable(plan);
    }
  } catch (error) {
    if (error instanceof HeadgateError) return refusedNode(error);
    throw error;
  }
}

/** An error in place of a plan. */
export const refusedNode = (error: HeadgateError, facts: Record<string, Json> = {}): PlanNode => ({
  operator: 'Refused',
  error: error.code,
  errno: error.errno,
  message: error.message,
  ...facts,
});

/** A statement that goes to one shard without a plan. */
export const relayNode = (keyspace: string, shard: string, sql: string): PlanNode => ({
  operator: 'Route',
  keyspace,
  shards: [shard],
  sql,
});

function describeQuery(plan: QueryPlan, execution: Execution | undefined): PlanNode {
  const { keyspace, groups, scatter } = plan;
  const found = findShards(keyspace, groups, execution);
  const facts = { keyspace, ...found.facts };
  if (found.shards === undefined) {
    const several = isRefusal(scatter)
      ? { severalShards: refusalJson(scatter) }
      : { severalShards: severalNode(scatter, {}, undefined) };
    return { operator: 'Route', ...facts, sql: singleText(plan, execution), ...several };
  }
  if (found.shards.length <= 1) return singleNode('Route', plan, facts, found, execution!);
  if (!isRefusal(scatter) && isCombined(scatter)) return describeCombined(scatter, execution);
  const refusal = errorOf(refusalOf(scatter)) ?? execution!.refusal;
  if (refusal !== undefined || isRefusal(scatter)) return refusedByPlan(refusal!, found, plan);
  return severalNode(scatter, facts, execution);
}

const severalNode = (
  scatter: Scatter | CombinedPlan,
  facts: Record<string, Json>,
  execution: Execution | undefined,
): PlanNode =>
  isCombined(scatter) ? describeCombined(scatter, execution) : scatterNode(scatter, facts, execution);

function describeCombined(plan: CombinedPlan, execution: Execution | undefined): PlanNode {
  const description = {
    describeQuery: (input: QueryPlan) => describeQuery(input, execution),
    describeStep: (step: Step) => stepFacts(step, execution),
    textOf: (template: Template) => templateText(template, execution),
    actualOf: (part: object, name?: '') => actualOf(execution, part, name),
  };
  return plan.kind === 'join' ? describeJoin(plan, description) : describeGather(plan, description);
}

const errorOf = (refusal: Refusal | undefined): HeadgateError | undefined =>
  refusal === undefined ? undefined : new HeadgateError(refusal.code, { detail: refusal.detail });

type FoundShards = Readonly<{ shards: ShardSet | undefined; facts: Record<string, Json> }>;

/** Where the groups of a plan lead. */
function findShards(
  keyspace: string,
  groups: readonly RoutedGroup[],
  execution: Execution | undefined,
): FoundShards {
  const rows = groups.map((group) => describeGroup(keyspace, group, execution));
  if (execution === undefined) return { shards: undefined, facts: { rows } };
  const { operands } = execution;
  const map = execution.mapOf(keyspace);
  const shards = shardsFor(groups, operands, map, undefined);
  if (groups.length > 0 && shards.length === 0) return { shards, facts: { rows, shards: [], note: NO_ROWS } };
  return { shards, facts: groups.length === 0 ? {} : { rows, shards: namesOf(shards, map) } };
}

const NO_ROWS = 'no row can match; the first shard says so in its own words';

const namesOf = (shards: ShardSet, map: ShardMap): string[] => shards.map((at) => map.names[at]!);

function describeGroup(keyspace: string, group: RoutedGroup, execution: Execution | undefined): Json {
  const { tables, route, key } = group;
  const where = routeText(route, execution?.operands);
  const doubts: Doubts = new Set();
  const map = execution?.mapOf(keyspace);
  const own =
    execution === undefined || map === undefined
      ? undefined
      : resolveRoute(route, execution.operands, map, doubts);
  return {
    tables,
    where,
    ...(own === undefined ? {} : { shards: namesOf(own, map!) }),
    ...(key === undefined ? {} : keyFacts(key)),
    ...(doubts.size === 0 ? {} : { notNarrowed: [...doubts] }),
  };
}

/** Whether equality by MySQL is equality by the vindex: what binds rows of several tables together. */
function keyFacts(key: RoutingKey): Record<string, Json> {
  const all = key.columns.map((column) => vindexExactness(column, key.columnVindex));
  return {
    vindex: keyText(key),
    exact: all.every(({ exact }) => exact),
    because: all.map(({ reason }) => reason).join('; '),
  };
}

function singleNode(
  operator: string,
  plan: QueryPlan | ChangePlan,
  facts: Record<string, Json>,
  { shards }: FoundShards,
  execution: Execution,
): PlanNode {
  const map = execution.mapOf(plan.keyspace);
  const any = plan.groups.length === 0;
  const place: Record<string, Json> = any ? { shards: namesOf([shards?.[0] ?? 0], map) } : {};
  if (any && map.names.length > 1) place.note = ANY_SHARD;
  return { operator, ...facts, ...place, sql: singleText(plan, execution), ...actualOf(execution, plan) };
}

const ANY_SHARD = 'every shard has the same rows';

const singleText = (
  { text }: QueryPlan | ChangePlan | InsertPlan,
  execution: Execution | undefined,
): string => {
  if (text !== undefined) return templateText(text, execution);
  return execution === undefined ? 'as it came' : execution.sql;
};

function refusedByPlan(
  error: HeadgateError,
  { facts }: FoundShards,
  { keyspace, groups }: QueryPlan | ChangePlan,
): PlanNode {
  const named = groups.length === 0 ? {} : facts;
  return refusedNode(error, { keyspace, ...named });
}

const refusalJson = (refusal: Refusal): Json => ({
  error: refusal.code,
  message: errorOf(refusal)!.message,
});

function scatterNode(
  scatter: Scatter,
  facts: Record<string, Json>,
  execution: Execution | undefined,
): PlanNode {
  const { text, merge, steps } = scatter;
  let node: PlanNode = {
    operator: 'Route',
    ...facts,
    sql: templateText(text, execution),
    ...actualOf(execution, scatter),
  };
  const merged = actualOf(execution, scatter, '');
  node =
    merge === undefined
      ? { operator: 'Concatenate', ...merged, input: node }
      : { operator: 'MergeSort', by: merge.map(planKeyText), ...merged, input: node };
  for (const step of steps)
    node = { ...stepFacts(step, execution), ...actualOf(execution, step, ''), input: node };
  return node;
}

/** What EXPLAIN ANALYZE has measured. */
function actualOf(execution: Execution | undefined, part: object, name?: ''): Record<string, Json> {
  const actual = execution?.actual?.(part, name);
  return actual === undefined ? {} : { actual };
}

function stepFacts(step: Step, execution: Execution | undefined): PlanNode {
  const { kind } = step;
  switch (kind) {
    case 'group':
      return {
        operator: 'Group',
        method: step.method,
        by: step.keys.map(planKeyText),
        aggregates: step.aggregates.map(aggregateText),
      };
    case 'distinct':
      return { operator: 'Distinct', method: step.method, by: step.keys.map(planKeyText) };
    case 'sort':
      return { operator: 'Sort', by: step.keys.map(planKeyText) };
    case 'limit': {
      const count = limitText(step.count, execution);
      return step.offset === undefined
        ? { operator: 'Limit', count }
        : { operator: 'Limit', count, offset: limitText(step.offset, execution) };
    }
    case 'project':
      return { operator: 'Project', columns: step.visible };
    default:
      return unreachable(kind);
  }
}

const limitText = (operand: Operand, execution: Execution | undefined): string =>
  execution === undefined ? operandText(operand, undefined) : String(rowCountOf(execution.operands, operand));

/** `column 2 by its weights in column 3 (utf8mb4_0900_ai_ci) DESC`; columns count from 1. */
function planKeyText({ column, weight, descending }: PlanKey): string {
  const weighed =
    weight === undefined
      ? ''
      : ` by its weights in column ${weight.column + 1} (${collationById(weight.collationId)?.name ?? weight.collationId})`;
  return `column ${column + 1}${weighed}${descending === true ? ' DESC' : ''}`;
}

function aggregateText(aggregate: PlanAggregate): string {
  const { kind } = aggregate;
  const column = `column ${aggregate.column + 1}`;
  switch (kind) {
    case 'count':
    case 'sum':
      return `${column}: ${kind} is the sum${distinctText(aggregate.distinct)}`;
    case 'bitAnd':
    case 'bitOr':
    case 'bitXor':
      return `${column}: ${kind} of all bits`;
    case 'min':
    case 'max':
      return `${column}: ${kind} of ${planKeyText(aggregate.by)}`;
    case 'average':
      return `${column}: average is the sum of column ${aggregate.sum + 1} by that of column ${aggregate.count + 1}${distinctText(aggregate.distinct)}`;
    default:
      return unreachable(kind);
  }
}

const distinctText = (keys: readonly PlanKey[] | undefined): string =>
  keys === undefined ? '' : ` over rows distinct by ${keys.map(planKeyText).join(', ')}`;

const verbs = { update: 'Update', delete: 'Delete', insert: 'Insert', replace: 'Replace' } as const;

function describeChange(plan: ChangePlan, execution: Execution | undefined): PlanNode {
  const { keyspace, groups, refusal, scatterText } = plan;
  const found = findShards(keyspace, groups, execution);
  const facts = { keyspace, ...found.facts };
  const operator = verbs[plan.verb];
  if (found.shards === undefined) {
    const several = refusal === undefined ? templateText(scatterText, undefined) : refusalJson(refusal);
    return { operator, ...facts, sql: singleText(plan, execution), severalShards: several };
  }
  if (found.shards.length <= 1) return singleNode(operator, plan, facts, found, execution!);
  const problem = errorOf(refusal) ?? execution!.refusal;
  if (problem !== undefined) return refusedByPlan(problem, found, plan);
  return { operator, ...facts, sql: templateText(scatterText, execution) };
}

function describeInsert(plan: InsertPlan, execution: Execution | undefined): PlanNode {
  const { keyspace, table, key, sequence, refusal, pinned } = plan;
  if (refusal !== undefined) throw errorOf(refusal)!;
  const facts: Record<string, Json> = {
    keyspace,
    table: table.name,
    ...(pinned === undefined ? {} : { where: `keyspace id ${pinned.toString('hex')}` }),
    ...(key === undefined ? {} : { vindex: keyText(key) }),
  };
  const operator = verbs[plan.verb];
  if (execution === undefined) return { operator, ...facts };
  const { operands } = execution;
  const map = execution.mapOf(keyspace);
  const binding = new InsertBinding(plan, operands, new ShownValues(execution), map);
  if (sequence !== undefined) {
    const count = binding.generated.length;
    facts.sequence = `${sequence.keyspace}.${sequence.table} gives ${count} value${count === 1 ? '' : 's'} of ${sequence.column.name}`;
    if (count > 0) facts.note = 'its values are shown as if they began with 1';
    binding.take(1n);
  }
  const shards = binding.shards();
  const [first = 0] = shards;
  if (sequence === undefined && shards.every((shard) => shard === first))
    return { operator, ...facts, shards: namesOf([first], map), sql: singleText(plan, execution) };
  const parts = binding.parts(shards).map(({ shard, text, rowNumbers }) => ({
    shard: map.names[shard]!,
    rows: rowNumbers,
    sql: text.toString('utf8'),
  }));
  if (parts.length > 1 && execution.refusal !== undefined) throw execution.refusal;
  return { operator, ...facts, parts };
}

function describeVindexQuery(
  { keyspace, vindex, columns, ids }: VindexPlan,
  execution: Execution | undefined,
): PlanNode {
  return {
    operator: 'VindexRows',
    keyspace,
    vindex: `${vindex.name} (${vindex.type})`,
    ids: ids.map((id) => operandText(id, execution?.operands)).join(', '),
    columns: columns.map(({ title }) => title),
  };
}

// --- texts ---

/** The statement's moment is no part of its plan. */
const NOW = ':now';
/** Nor are the values that another input has. */
const VALUES = Buffer.from(':values');

/** What stands in the text of an execution. */
class ShownValues extends TextValues {
  constructor({ text, operands }: Execution) {
    super(text, operands, 0);
  }

  override timestamp(): string {
    return NOW;
  }

  override reduction(): Buffer {
    return VALUES;
  }
}

function templateText(template: Template, execution: Execution | undefined): string {
  if (execution !== undefined) return fillTemplate(template, new ShownValues(execution)).toString('utf8');
  return template
    .map((piece) => {
      switch (piece.kind) {
        case 'text':
          return piece.bytes.toString('utf8');
        case 'slot':
          return `:${piece.slot + 1}`;
        case 'parameter':
          return '?';
        case 'timestamp':
          return NOW;
        case 'sum':
          return piece.operands.map((operand) => operandText(operand, undefined)).join(' + ');
        case 'reduction':
          return `${piece.before}:values${piece.behind}`;
        default:
          return unreachable(piece);
      }
    })
    .join('');
}
