/** The router's own plan of a statement, for people (EXPLAIN FORMAT=HEADGATE) and for programs (FORMAT=HEADGATE_JSON, VEXPLAIN PLAN). */

import type { Replacement } from '../../engine/operators/replace-rows.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { describePlan, type Execution, refusedNode, relayNode } from '../../planner/describe-plan.ts';
import type { Operands } from '../../planner/operands.ts';
import type { PlanNode } from '../../planner/plan-node.ts';
import { planTree } from '../../planner/plan-tree.ts';
import { unroutedText } from '../../planner/unrouted.ts';
import type { ExplainStatement } from '../../sql/ast/administration.ts';
import { buildTextColumn, buildTextRow } from '../../wire/packets.ts';
import { sendRows } from '../local-result.ts';
import { isPlanned, requirePlannable, requireSeveral } from '../planned.ts';
import { type ScatterVerdict, scatterDenied, scatterVerdict } from '../scatters.ts';
import type { Session } from '../session.ts';
import { asksMetadata } from '../show/metadata-query.ts';
import { placeOf } from '../statement-place.ts';
import { type Explained, operandsOf, planOf } from './explained.ts';
import { mysqlTree } from './mysql-tree.ts';
import { BUILT } from './other-statements.ts';

/** Answers with the plan. `protocol`: that of the rows for the client. */
export function showPlan(explained: Explained, protocol: 'text' | 'binary'): void {
  const { definitions, rows } = ownReplacement(explained.parsed, protocol)(planNode(explained));
  sendRows(explained.session, definitions, rows);
}

/** The same of a statement without a plan; `head` is what stands before it. */
export function showOther(session: Session, head: string, node: PlanNode): void {
  const isJson = /^vexplain|_json/i.test(head);
  const title = /^vexplain/i.test(head) ? 'JSON' : 'EXPLAIN';
  const lines = isJson ? [JSON.stringify(node, undefined, 2)] : planTree(node);
  const { definitions, rows } = linesReplacement(title, lines, 'text');
  sendRows(session, definitions, rows);
}

/** A plan as the router's own EXPLAIN shows it. */
export const ownReplacement =
  ({ vexplain, format }: ExplainStatement, protocol: 'text' | 'binary') =>
  (node: PlanNode): Replacement => {
    const title = vexplain === undefined ? 'EXPLAIN' : 'JSON';
    const lines = format === 'headgate' ? planTree(node) : [JSON.stringify(node, undefined, 2)];
    return linesReplacement(title, lines, protocol);
  };

/** A plan as MySQL's EXPLAIN ANALYZE shows its own. */
export const mysqlReplacement =
  ({ format }: ExplainStatement, protocol: 'text' | 'binary') =>
  (node: PlanNode): Replacement =>
    linesReplacement(
      'EXPLAIN',
      [format === 'json' ? JSON.stringify(node, undefined, 2) : mysqlTree(node)],
      protocol,
    );

/** What is refused by the router is shown; what MySQL says of names is an error as ever. */
export function planNode(explained: Explained): PlanNode {
  try {
    return describe(explained);
  } catch (error) {
    if (error instanceof HeadgateError && error.code.startsWith('HG_')) return refusedNode(error);
    throw error;
  }
}

/** What of an execution its plan does not say. */
export const executionOf = (explained: Explained, operands: Operands): Execution => {
  const { session, text, scan } = explained;
  return {
    sql: text.toString('utf8', scan.start, scan.end),
    text,
    operands,
    mapOf: (keyspace) => session.services.plans.shardMap(keyspace),
    refusal: refusalOnSeveral(explained),
  };
};

function describe(explained: Explained): PlanNode {
  const { session, scan, parsed, parameters } = explained;
  if (!isPlanned(session, scan)) return relayed(explained);
  requirePlannable(scan);
  const plan = planOf(explained);
  if (plan === undefined) return relayed(explained);
  if (parsed.parameterCount > 0 && parameters === undefined) return describePlan(plan);
  const operands = operandsOf(explained);
  const node = describePlan(plan, executionOf(explained, operands));
  if (node.operator === 'Refused') return node;
  return underPolicy(node, scatterVerdict(session, scan, plan, operands));
}

/** The plan of a denied statement is shown beneath its error. */
function underPolicy(node: PlanNode, { policy, overridden, unrouted }: ScatterVerdict): PlanNode {
  const [first] = unrouted;
  if (first === undefined) return node;
  if (policy === 'deny' && !overridden) return { ...refusedNode(scatterDenied(first)), input: node };
  const all = unrouted
    .map((each) => `all ${each.shardCount} shards of ${each.keyspace}: ${unroutedText(each)}`)
    .join('; ');
  const told = policy === 'allow' ? '' : overridden ? '; allowed by its directive' : '; with a warning';
  return { ...node, scatter: `${all}${told}` };
}

/** What goes to a shard without a plan: of an unsharded keyspace, or the one that is selected. */
function relayed({ session, text, scan }: Explained): PlanNode {
  const { state, services } = session;
  const sql = text.toString('utf8', scan.start, scan.end);
  if (asksMetadata(scan, state.target)) return { operator: 'Session', note: BUILT, sql };
  const { shard } = placeOf(scan, state.target, services.gateway, text);
  return relayNode(shard.keyspace, shard.shard, sql);
}

function refusalOnSeveral({ session, scan }: Explained): HeadgateError | undefined {
  try {
    requireSeveral(session, scan);
    return undefined;
  } catch (error) {
    if (error instanceof HeadgateError) return error;
    throw error;
  }
}

/** One column of text. */
const linesReplacement = (
  title: string,
  lines: readonly string[],
  protocol: 'text' | 'binary',
): Replacement => ({
  definitions: [buildTextColumn(title, Math.max(...lines.map((line) => Buffer.byteLength(line))))],
  rows: lines.map((line) => lineRow(line, protocol)),
});

/** Behind the header and the bits for NULL a binary row of one string is the same as in text. */
function lineRow(line: string, protocol: 'text' | 'binary'): Buffer {
  const row = buildTextRow([line]);
  return protocol === 'text' ? row : Buffer.concat([Buffer.from([0, 0]), row]);
}
