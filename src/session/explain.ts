/**
 * EXPLAIN. `EXPLAIN FORMAT=HEADGATE` and `VEXPLAIN PLAN` show the router's own plan and are answered here, whatever keyspace or shard is
 * selected; a plain EXPLAIN goes to the shard that the explained statement goes to, or to one of them.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { columnType } from '../mysql/protocol.ts';
import { refusalOf, refuse, shardsFor, textOf } from '../planner/bind.ts';
import { InsertBinding } from '../planner/bind-insert.ts';
import { describePlan, refusedNode, relayNode } from '../planner/describe-plan.ts';
import { Operands } from '../planner/operands.ts';
import { type CombinedPlan, isCombined, isRefusal, type Plan } from '../planner/plan.ts';
import type { PlanNode } from '../planner/plan-node.ts';
import { planTree } from '../planner/plan-tree.ts';
import type { ShardMap } from '../planner/shard-map.ts';
import type { Template } from '../planner/template.ts';
import type { ExplainStatement } from '../sql/ast/administration.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import type { StatementKind, StatementScan } from '../sql/statement.ts';
import { buildColumn, buildTextRow } from '../wire/packets.ts';
import { sendRows } from './local-result.ts';
import { isPlanned, placeAt, requirePlannable, requireSeveral, valuesOf } from './planned.ts';
import { preparedError } from './prepared-error.ts';
import { lexModeIn, planContextIn, scanIn } from './read-statement.ts';
import { schemasToWaitFor } from './schema-waits.ts';
import type { Session, Statement } from './session.ts';
import { notOverShards } from './shard-writes.ts';
import { explainOneOf } from './show/explain-shards.ts';
import { placeOf } from './statement-place.ts';
import { textPacket } from './text-packet.ts';

/** The explained statement as a text of its own, with what is around it. */
type Explained = Readonly<{
  session: Session;
  /** The statement that explains it. */
  statement: Statement;
  parsed: ExplainStatement;
  text: Buffer;
  scan: StatementScan;
}>;

/** Answers the statement, or sends it to a shard; undefined: it goes the way of any other. */
export function explain(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { source, scan } = statement;
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind === 'syntaxProblem') return sayWhatIsWrong(session, statement, parsed.message);
  if (parsed.kind !== 'explain') return undefined;
  const inner = parsed.statement;
  const isOwn = isRouters(parsed);
  if (isOwn) requireForm(parsed);
  if (parsed.connection !== undefined)
    throw unsupported(
      "does not know EXPLAIN FOR CONNECTION: a connection's id is the router's, which runs on several tablets",
    );
  if (inner === undefined || (!isOwn && parsed.database !== undefined)) return undefined;
  const named = { ...scan, kind: inner.kind as StatementKind };
  if (!isOwn && !isPlanned(session, named)) return undefined;
  if (parsed.hasVersionComment) throw notOverShards('EXPLAIN of a statement with a version comment (/*! */)');
  const text = Buffer.from(source.subarray(inner.start, scan.end));
  const run = async () => {
    await schemasToWaitFor(session, named);
    const explained = { session, statement, parsed, text, scan: scanIn(session, text, 0) };
    if (isOwn) show(explained);
    else await relay(explained);
  };
  return run();
}

/** Refuses PREPARE of what the router itself answers, since that is text. */
export function requireNotExplained(session: Session, text: Buffer, scan: StatementScan): void {
  if (scan.kind !== 'explain') return;
  const parsed = parseStatement(text, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind === 'explain' && isRouters(parsed)) {
    throw unsupported('does not prepare EXPLAIN FORMAT=HEADGATE and VEXPLAIN: send them as text');
  }
}

const isRouters = ({ format, vexplain }: ExplainStatement): boolean =>
  format === 'headgate' || vexplain !== undefined;

const unsupported = (what: string): HeadgateError =>
  new HeadgateError('ER_NOT_SUPPORTED_YET', { message: `Headgate ${what}` });

function requireForm({ vexplain, analyze, into, database, connection }: ExplainStatement): void {
  if (vexplain !== undefined && vexplain !== 'plan')
    throw unsupported(`does not know VEXPLAIN ${vexplain.toUpperCase()} yet; use VEXPLAIN PLAN`);
  const more = analyze
    ? 'ANALYZE'
    : into !== undefined
      ? 'INTO'
      : database !== undefined
        ? 'FOR SCHEMA'
        : connection !== undefined
          ? 'FOR CONNECTION'
          : undefined;
  if (more !== undefined) throw unsupported(`does not know EXPLAIN ${more} with FORMAT=HEADGATE`);
}

const ownHead =
  /^(?:vexplain(?:\s+(?:plan|queries|all|trace|keys))?|(?:explain|describe|desc)\s+format\s*=\s*(['"`]?)headgate\1)\s+/i;

/** An own EXPLAIN of what our parser does not understand: MySQL says what is wrong with that. */
function sayWhatIsWrong(
  session: Session,
  { source, scan }: Statement,
  message: string,
): Promise<unknown> | undefined {
  const whole = source.toString('latin1', scan.start, scan.end);
  const head = ownHead.exec(whole)?.[0];
  if (head === undefined) return undefined;
  const run = async () => {
    const { gateway, plans } = session.services;
    const { target } = session.state;
    const map = plans.shardMap(target.keyspace);
    const place =
      map.names.length > 0
        ? placeAt(session, target.keyspace, map, 0)
        : placeOf({ ...scan, qualifiers: [], hasUnqualifiedTable: false }, target, gateway);
    const error = await preparedError(session, place, source.subarray(scan.start + head.length, scan.end));
    if (error !== undefined) throw new TabletRefusal(error);
    throw new HeadgateError('HG_PARSER_GAP', { detail: message });
  };
  return run();
}

// --- the router's own ---

function show(explained: Explained): void {
  const node = nodeOf(explained);
  if (explained.parsed.vexplain === undefined) sendText(explained.session, 'EXPLAIN', planTree(node));
  else sendText(explained.session, 'JSON', [JSON.stringify(node, undefined, 2)]);
}

/** What is refused by the router is shown; what MySQL says of names is an error as ever. */
function nodeOf(explained: Explained): PlanNode {
  try {
    return describe(explained);
  } catch (error) {
    if (error instanceof HeadgateError && error.code.startsWith('HG_')) return refusedNode(error);
    throw error;
  }
}

function describe(explained: Explained): PlanNode {
  const { session, text, scan, parsed } = explained;
  if (!isPlanned(session, scan)) return relayed(explained);
  requirePlannable(scan);
  const plan = planOf(explained);
  if (plan === undefined) return relayed(explained);
  if (parsed.parameterCount > 0) return describePlan(plan);
  return describePlan(plan, {
    sql: text.toString('utf8', scan.start, scan.end),
    text,
    operands: operandsOf(explained),
    mapOf: (keyspace) => session.services.plans.shardMap(keyspace),
    refusal: refusalOnSeveral(explained),
  });
}

/** What goes to a shard without a plan: of an unsharded keyspace, or the one that is selected. */
function relayed({ session, text, scan }: Explained): PlanNode {
  const { state, services } = session;
  const { shard } = placeOf(scan, state.target, services.gateway, text);
  return relayNode(shard.keyspace, shard.shard, text.toString('utf8', scan.start, scan.end));
}

function planOf({ session, text, scan }: Explained): Plan | undefined {
  const { plans } = session.services;
  const plan = plans.plan(text, scan, lexModeIn(session), planContextIn(session), session.state.target);
  if (plan?.kind !== 'syntaxProblem') return plan;
  throw new HeadgateError('HG_PARSER_GAP', { detail: plan.message });
}

/** The values of the statement that `planOf` has just read. */
function operandsOf({ session, text }: Explained): Operands {
  const { plans } = session.services;
  const slots = plans.hasFingerprint ? plans.fingerprint.literals : undefined;
  return new Operands(text, lexModeIn(session), slots, [], session.state.valueContext);
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

const CHARSET_UTF8MB4 = 255;

function sendText(session: Session, title: string, lines: readonly string[]): void {
  const length = Math.max(...lines.map((line) => Buffer.byteLength(line)));
  const definition = buildColumn({
    name: title,
    type: columnType.varString,
    collationId: CHARSET_UTF8MB4,
    length,
    flags: 0,
  });
  sendRows(
    session,
    [definition],
    lines.map((line) => buildTextRow([line])),
  );
}

// --- MySQL's EXPLAIN ---

function relay(explained: Explained): Promise<unknown> | undefined {
  const { session, statement, text, scan } = explained;
  requirePlannable(scan);
  const plan = planOf(explained);
  if (plan === undefined) {
    session.relayTo(statement, placeOf(scan, session.state.target, session.services.gateway, text));
    return undefined;
  }
  const map = session.services.plans.shardMap(plan.keyspace);
  const { shards, shardText } = shardsOf(plan, explained, map);
  const places = shards.map((at) => placeAt(session, plan.keyspace, map, at));
  const [place = placeAt(session, plan.keyspace, map, 0)] = places;
  const head = statement.source.subarray(statement.scan.start, explained.parsed.statement!.start);
  const packet = shardText === undefined ? statement.packet : textPacket(Buffer.concat([head, shardText]));
  if (places.length > 1) return explainOneOf(session, { ...statement, packet }, places);
  session.relayTo({ ...statement, packet }, place);
  return undefined;
}

type Destination = Readonly<{
  shards: readonly number[];
  /** The statement as the shards get it; undefined: as it came. */
  shardText: Buffer | undefined;
}>;

/** Raises where the statement itself would be refused. */
function shardsOf(plan: Plan, explained: Explained, map: ShardMap): Destination {
  const { session, scan } = explained;
  const operands = operandsOf(explained);
  const values = valuesOf(explained.text, operands);
  const filled = (template: Template | undefined) => template && textOf(template, values);
  switch (plan.kind) {
    case 'query':
    case 'change': {
      const refusal = plan.kind === 'query' ? refusalOf(plan.scatter) : plan.refusal;
      const shards = shardsFor(plan.groups, operands, map, refusal);
      if (shards.length <= 1) return { shards, shardText: filled(plan.text) };
      requireSeveral(session, scan);
      if (plan.kind === 'change') return { shards, shardText: filled(plan.scatterText) };
      if (isCombined(plan.scatter)) throw notOneTablet(plan.scatter);
      return { shards, shardText: isRefusal(plan.scatter) ? undefined : filled(plan.scatter.text) };
    }
    case 'insert': {
      if (plan.refusal !== undefined) refuse(plan.refusal);
      // Numbers of a sequence are given when it runs, and they may say where.
      const all =
        plan.sequence === undefined
          ? new InsertBinding(plan, operands, values, map).shards()
          : map.names.keys();
      return { shards: [...new Set(all)].sort((a, b) => a - b), shardText: filled(plan.text) };
    }
    case 'vindex':
      throw unsupported('has no EXPLAIN of a vindex query other than FORMAT=HEADGATE: no tablet runs it');
    case 'gather':
      throw notOneTablet(plan);
  }
}

const notOneTablet = ({ reason }: CombinedPlan): HeadgateError =>
  unsupported(`has no EXPLAIN other than FORMAT=HEADGATE of a query that no tablet runs alone: ${reason}`);
