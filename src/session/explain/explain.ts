/**
 * EXPLAIN. `EXPLAIN FORMAT=HEADGATE` and `VEXPLAIN PLAN` show the router's own plan and are answered here, whatever keyspace or shard is
 * selected; a plain EXPLAIN goes to the shard that the explained statement goes to, or to one of them.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { refusalOf, refuse, shardsFor, textOf } from '../../planner/bind.ts';
import { InsertBinding } from '../../planner/bind-insert.ts';
import type { ParameterValues } from '../../planner/operands.ts';
import { type CombinedPlan, isCombined, isRefusal, type Plan } from '../../planner/plan.ts';
import type { ShardMap } from '../../planner/shard-map.ts';
import type { Template } from '../../planner/template.ts';
import type { ExplainStatement } from '../../sql/ast/administration.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import type { StatementKind } from '../../sql/statement.ts';
import { isPlanned, placeAt, requirePlannable, requireSeveral, valuesOf } from '../planned.ts';
import { preparedError } from '../prepared-error.ts';
import { lexModeIn, scanIn } from '../read-statement.ts';
import { schemasToWaitFor } from '../schema-waits.ts';
import type { Session, Statement } from '../session.ts';
import { notOverShards } from '../shard-writes.ts';
import { placeOf } from '../statement-place.ts';
import { textPacket } from '../text-packet.ts';
import { analyze } from './analyze.ts';
import { explainOneOf } from './explain-shards.ts';
import { type Explained, operandsOf, planOf, unsupported } from './explained.ts';
import { mysqlReplacement, ownReplacement, showPlan } from './own-plan.ts';

/** Answers the statement, or sends it to a shard; undefined: it goes the way of any other. */
export function explain(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { source, scan } = statement;
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind === 'syntaxProblem') return sayWhatIsWrong(session, statement, parsed.message);
  if (parsed.kind !== 'explain') return undefined;
  const given: ExplainRun = { session, statement, parsed, parameters: undefined, protocol: 'text' };
  if (isRouters(parsed)) return explainOwn(given);
  if (parsed.connection !== undefined) throw unsupported(NO_CONNECTION);
  const inner = parsed.statement;
  if (inner === undefined || parsed.database !== undefined) return undefined;
  const named = { ...scan, kind: inner.kind as StatementKind };
  if (!isPlanned(session, named)) return undefined;
  return explainedOf(given).then(relay);
}

const NO_CONNECTION =
  "does not know EXPLAIN FOR CONNECTION: a connection's id is the router's, which runs on several tablets";

/** One execution of EXPLAIN. */
export type ExplainRun = Readonly<{
  session: Session;
  statement: Statement;
  parsed: ExplainStatement;
  /** Of EXECUTE; undefined where there are none. */
  parameters: ParameterValues | undefined;
  /** That of the rows for the client. */
  protocol: 'text' | 'binary';
}>;

/** Answers with the router's own plan. Raises for what such an EXPLAIN cannot have. */
export function explainOwn(run: ExplainRun): Promise<unknown> {
  requireForm(run.parsed);
  const { parsed, protocol } = run;
  const runs = parsed.analyze || parsed.vexplain === 'trace';
  return explainedOf(run).then((explained) =>
    runs ? analyze(explained, ownReplacement(parsed, protocol)) : showPlan(explained, protocol),
  );
}

async function explainedOf({ session, statement, parsed, parameters }: ExplainRun): Promise<Explained> {
  const { source, scan } = statement;
  const inner = parsed.statement!;
  if (parsed.hasVersionComment) throw notOverShards('EXPLAIN of a statement with a version comment (/*! */)');
  const text = Buffer.from(source.subarray(inner.start, scan.end));
  await schemasToWaitFor(session, { ...scan, kind: inner.kind as StatementKind });
  return { session, statement, parsed, text, scan: scanIn(session, text, 0), parameters };
}

/** Whether the router answers it by its own plan. */
export const isRouters = ({ format, vexplain }: ExplainStatement): boolean =>
  format === 'headgate' || format === 'headgate_json' || vexplain !== undefined;

/** Raises for what an own EXPLAIN cannot have. */
export function requireForm({ vexplain, into, database, connection }: ExplainStatement): void {
  if (vexplain !== undefined && vexplain !== 'plan' && vexplain !== 'trace')
    throw unsupported(`does not know VEXPLAIN ${vexplain.toUpperCase()} yet; use VEXPLAIN PLAN or TRACE`);
  const more =
    into !== undefined
      ? 'INTO'
      : database !== undefined
        ? 'FOR SCHEMA'
        : connection !== undefined
          ? 'FOR CONNECTION'
          : undefined;
  if (more !== undefined) throw unsupported(`does not know EXPLAIN ${more} with FORMAT=HEADGATE`);
}

const ownHead =
  /^(?:vexplain(?:\s+(?:plan|queries|all|trace|keys))?|(?:explain|describe|desc)\s+format\s*=\s*(['"`]?)headgate(?:_json)?\1)\s+/i;

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
  if (places.length > 1 && isAnalyzed(explained.parsed))
    return analyze(explained, mysqlReplacement(explained.parsed));
  if (places.length > 1) return explainOneOf(session, { ...statement, packet }, places);
  session.relayTo({ ...statement, packet }, place);
  return undefined;
}

/** What MySQL itself would run and measure; the rest is for it to refuse. */
const isAnalyzed = ({ analyze: runs, format = 'tree' }: ExplainStatement): boolean =>
  runs && (format === 'tree' || format === 'json');

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
    case 'join':
      throw notOneTablet(plan);
  }
}

const notOneTablet = ({ reason }: CombinedPlan): HeadgateError =>
  unsupported(`has no EXPLAIN other than FORMAT=HEADGATE of a query that no tablet runs alone: ${reason}`);
