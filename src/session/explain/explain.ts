/**
 * EXPLAIN. `EXPLAIN FORMAT=HEADGATE` and `VEXPLAIN PLAN` show the router's own plan and are answered here, whatever keyspace or shard is
 * selected; a plain EXPLAIN goes to the shard that the explained statement goes to, or to one of them.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import type { ParameterValues } from '../../planner/operands.ts';
import type { ExplainStatement } from '../../sql/ast/administration.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import type { StatementKind } from '../../sql/statement.ts';
import { isPlanned, placeAt, requirePlannable } from '../planned.ts';
import { preparedError } from '../prepared-error.ts';
import { lexModeIn, scanIn } from '../read-statement.ts';
import { schemasToWaitFor } from '../schema-waits.ts';
import type { Session, Statement } from '../session.ts';
import { notOverShards } from '../shard-writes.ts';
import { placeOf } from '../statement-place.ts';
import { textPacket } from '../text-packet.ts';
import { analyze } from './analyze.ts';
import { askedAsItIs, askedShards, isPutTogether } from './asked-shards.ts';
import { explainOnShards } from './explain-shards.ts';
import { type Explained, planOf, unsupported } from './explained.ts';
import { otherNode } from './other-statements.ts';
import { mysqlReplacement, ownReplacement, showOther, showPlan } from './own-plan.ts';
import { vexplainAll, vexplainQueries } from './vexplain.ts';

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

/** The same as EXECUTE without parameters; undefined where a tablet answers it as it came. */
export function executeOnShards(run: ExplainRun): Promise<unknown> | undefined {
  const { session, statement, parsed } = run;
  const { statement: inner } = parsed;
  const isOwnWay = inner === undefined || parsed.database !== undefined || parsed.into !== undefined;
  if (isOwnWay || !isPlanned(session, { ...statement.scan, kind: inner.kind as StatementKind }))
    return undefined;
  return explainedOf(run).then((explained) => {
    requirePlannable(explained.scan);
    const plan = planOf(explained);
    const asked = plan === undefined ? [askedAsItIs(explained)] : askedShards(explained, plan);
    return isPutTogether(asked) && isAnalyzed(parsed)
      ? analyze(explained, mysqlReplacement(parsed, run.protocol))
      : explainOnShards(explained, asked, run.protocol);
  });
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
  return explainedOf(run).then((explained) => {
    if (parsed.vexplain === 'all') return vexplainAll(explained, protocol);
    if (parsed.vexplain === 'queries') return vexplainQueries(explained, protocol);
    return runs ? analyze(explained, ownReplacement(parsed, protocol)) : showPlan(explained, protocol);
  });
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
  if (vexplain === 'keys') throw unsupported('does not know VEXPLAIN KEYS; use VEXPLAIN PLAN');
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
  /^(?:vexplain(?:\s+(?:plan|queries|all|trace|keys))?|(?:explain|describe|desc)\s+(?:analyze\s+)?format\s*=\s*(['"`]?)headgate(?:_json)?\1)\s+/i;

/** An own EXPLAIN of what our parser does not understand: MySQL says what is wrong with that. */
function sayWhatIsWrong(
  session: Session,
  { source, scan }: Statement,
  message: string,
): Promise<unknown> | undefined {
  const whole = source.toString('latin1', scan.start, scan.end);
  const head = ownHead.exec(whole)?.[0];
  if (head === undefined) return undefined;
  const other = otherNode(session, Buffer.from(source.subarray(scan.start + head.length, scan.end)));
  if (other !== undefined) return Promise.resolve(showOther(session, head, other));
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
  const { session, statement, text, scan, parsed } = explained;
  requirePlannable(scan);
  const plan = planOf(explained);
  if (plan === undefined) {
    session.relayTo(statement, placeOf(scan, session.state.target, session.services.gateway, text));
    return undefined;
  }
  const asked = askedShards(explained, plan);
  if (isPutTogether(asked))
    return isAnalyzed(parsed)
      ? analyze(explained, mysqlReplacement(parsed, 'text'))
      : explainOnShards(explained, asked, 'text');
  const { place, sql } = asked[0]!;
  const head = statement.source.subarray(statement.scan.start, parsed.statement!.start);
  const packet = sql === undefined ? statement.packet : textPacket(Buffer.concat([head, sql]));
  session.relayTo({ ...statement, packet }, place);
  return undefined;
}

/** What MySQL itself would run and measure; the rest is for it to refuse. */
const isAnalyzed = ({ analyze: runs, format = 'tree' }: ExplainStatement): boolean =>
  runs && (format === 'tree' || format === 'json');
