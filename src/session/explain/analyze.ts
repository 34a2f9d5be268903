/**
 * EXPLAIN ANALYZE over shards: the query runs as it would without it, its rows are counted between the operators and dropped, and the client
 * gets the plan with what was measured.
 */

import { type Figures, Measurements } from '../../engine/measurements.ts';
import { concatenate } from '../../engine/operators/concatenate.ts';
import type { ShardRows } from '../../engine/operators/inputs.ts';
import { type Replacement, replaceRows } from '../../engine/operators/replace-rows.ts';
import type { RowProducer } from '../../engine/row-stream.ts';
import { scatterRows } from '../../engine/run-scatter.ts';
import { refusalOf, shardsFor, TextValues, textOf } from '../../planner/bind.ts';
import { describePlan, relayNode } from '../../planner/describe-plan.ts';
import type { Operands } from '../../planner/operands.ts';
import { type CombinedPlan, isCombined, isRefusal, type Plan, type Scatter } from '../../planner/plan.ts';
import type { Json, PlanNode } from '../../planner/plan-node.ts';
import { effect } from '../../sql/statement.ts';
import { asText } from '../asking.ts';
import { type CombinedRun, runCombined } from '../combined.ts';
import {
  isPlanned,
  limitsOf,
  memoryBudget,
  placeAt,
  requirePlannable,
  requireSeveral,
  valuesOf,
} from '../planned.ts';
import { scatterRead } from '../scatter-read.ts';
import { requireScatter } from '../scatters.ts';
import { underSelectLimit } from '../select-limit.ts';
import { readsMetadata } from '../show/metadata-query.ts';
import { type Place, placeOf } from '../statement-place.ts';
import { textPacket } from '../text-packet.ts';
import { type Explained, operandsOf, planOf, unsupported } from './explained.ts';
import { executionOf } from './own-plan.ts';

/** From the plan with its figures to the client's answer. */
export type Rendering = (node: PlanNode) => Replacement;

const runnable: ReadonlySet<string> = new Set(['select', 'values', 'table']);

/** Runs the query and answers with what `render` makes of its plan. Raises what the query itself would. */
export async function analyze(explained: Explained, render: Rendering): Promise<void> {
  const { session, scan, text, parsed } = explained;
  if (!runnable.has(parsed.statement!.kind))
    throw unsupported('runs no statement but SELECT, TABLE and VALUES for EXPLAIN ANALYZE');
  if (parsed.parameterCount > 0)
    throw unsupported('does not run EXPLAIN ANALYZE with parameters: send it as text, with their values');
  if ((scan.effects & (effect.writesUserVariable | effect.intoOutfile)) !== 0)
    throw unsupported('does not run EXPLAIN ANALYZE of a statement that sets variables or writes files');
  if (readsMetadata(scan, session.state.target))
    throw unsupported('does not run a query over information_schema for EXPLAIN ANALYZE');
  if (isPlanned(session, scan)) {
    requirePlannable(scan);
    const plan = planOf(explained);
    if (plan !== undefined) return analyzePlan(explained, plan, operandsOf(explained), render);
  }
  const place = placeOf(scan, session.state.target, session.services.gateway, text);
  const sql = text.subarray(scan.start, scan.end);
  const part = {};
  await analyzeAt(
    explained,
    [place],
    sql,
    (shards, measured) => ({
      rows: oneShard(shards, part, measured),
      node: () => ({
        ...relayNode(place.shard.keyspace, place.shard.shard, sql.toString('utf8')),
        actual: actualOf(measured, part)!,
      }),
    }),
    render,
  );
}

function analyzePlan(explained: Explained, plan: Plan, operands: Operands, render: Rendering): Promise<void> {
  if (plan.kind === 'gather' || plan.kind === 'join')
    return analyzeCombined(explained, plan, plan, operands, render);
  if (plan.kind !== 'query') throw unsupported('does not run this statement for EXPLAIN ANALYZE');
  const { session, scan, text } = explained;
  const { scatter, keyspace } = plan;
  const map = session.services.plans.shardMap(keyspace);
  const shards = shardsFor(plan.groups, operands, map, refusalOf(scatter));
  const places = shards.map((at) => placeAt(session, keyspace, map, at));
  const values = valuesOf(text, operands);
  if (shards.length <= 1 || isRefusal(scatter)) {
    const [place = placeAt(session, keyspace, map, 0)] = places;
    const sql = plan.text === undefined ? text.subarray(scan.start, scan.end) : textOf(plan.text, values);
    return analyzeAt(
      explained,
      [place],
      sql,
      (rows, measured) => ({
        rows: oneShard(rows, plan, measured),
        node: () => planNode(explained, plan, operands, measured),
      }),
      render,
    );
  }
  if (isCombined(scatter)) return analyzeCombined(explained, plan, scatter, operands, render);
  requireScatter(session, scan, text, plan, operands);
  requireSeveral(session, scan);
  const limited: Scatter = underSelectLimit(session.state, scatter);
  const limits = limitsOf(limited, operands);
  const budget = memoryBudget(session, scan);
  const rowsWanted = (step: Parameters<typeof limits.get>[0]) => limits.get(step)!;
  return analyzeAt(
    explained,
    places,
    textOf(limited.text, values),
    (rows, measured) => ({
      rows: scatterRows(limited, rows, { protocol: 'text', budget, measured, rowsWanted }),
      node: () => planNode(explained, { ...plan, scatter: limited }, operands, measured),
    }),
    render,
  );
}

function analyzeCombined(
  explained: Explained,
  plan: Plan,
  combined: CombinedPlan,
  operands: Operands,
  render: Rendering,
): Promise<void> {
  const { session, scan, text: source } = explained;
  requireScatter(session, scan, source, plan, operands);
  const measured = new Measurements();
  const nowMs = Date.now();
  const run: CombinedRun = {
    session,
    scan,
    source,
    operands,
    values: () => new TextValues(source, operands, nowMs),
    ask: asText,
    prepared: undefined,
    measured,
    answerRows: (rows) => replaceRows(rows, () => render(planNode(explained, plan, operands, measured))),
  };
  return runCombined(run, combined);
}

/** A query under way, and its plan once it has ended. */
type Run = Readonly<{ rows: RowProducer; node: () => PlanNode }>;

function analyzeAt(
  { session, scan, text }: Explained,
  places: readonly Place[],
  sql: Buffer,
  run: (shards: readonly ShardRows[], measured: Measurements) => Run,
  render: Rendering,
): Promise<void> {
  const packet = textPacket(sql);
  const questions = places.map((place) => ({ place, packet: () => packet }));
  const original = text.subarray(scan.start, scan.end);
  return scatterRead(session, scan, { questions, original }, (shards) => {
    const { rows, node } = run(shards, new Measurements());
    return replaceRows(rows, () => render(node()));
  });
}

function oneShard(shards: readonly ShardRows[], part: object, measured: Measurements): RowProducer {
  const counted = shards.map(({ name, rows }) => ({ name, rows: measured.rows(part, name, rows) }));
  return concatenate(counted, 'text');
}

function planNode(explained: Explained, plan: Plan, operands: Operands, measured: Measurements): PlanNode {
  const actual = (part: object, name?: '') => actualOf(measured, part, name);
  return describePlan(plan, { ...executionOf(explained, operands), actual });
}

/** One operator's figures, or those of each shard. */
function actualOf(measured: Measurements, part: object, name?: ''): Json | undefined {
  const figures = measured.of(part);
  if (name !== undefined) {
    const own = figures.get(name);
    return own && figuresJson(own);
  }
  const shards = [...figures].filter(([shard]) => shard !== '');
  return shards.length === 0 ? undefined : shards.map(([shard, each]) => ({ shard, ...figuresJson(each) }));
}

const figuresJson = ({ rows, bytes, firstMs, lastMs }: Figures): Readonly<Record<string, Json>> => ({
  rows,
  bytes,
  ...(firstMs === undefined ? {} : { firstMs: rounded(firstMs) }),
  ...(lastMs === undefined ? {} : { lastMs: rounded(lastMs) }),
});

/** Microseconds are as exact as it can be. */
const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
