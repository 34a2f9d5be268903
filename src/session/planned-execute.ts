/**
 * Prepared statements whose tables are sharded: the parameters are the values by which a plan is bound. On one shard EXECUTE goes to EXECUTE
 * as for any other; over several, the shards' rows stay in the binary protocol.
 */

import type { ShardRows } from '../engine/operators/inputs.ts';
import { scatterRows } from '../engine/run-scatter.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { demand } from '../gateway/prepare-connection.ts';
import type { PreparedOnTablet } from '../gateway/prepared-cache.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { command } from '../mysql/protocol.ts';
import { refusalOf, shardsFor, TextValues, textOf } from '../planner/bind.ts';
import { InsertBinding } from '../planner/bind-insert.ts';
import { Operands } from '../planner/operands.ts';
import {
  type ChangePlan,
  type CombinedPlan,
  type InsertPlan,
  isCombined,
  isRefusal,
  type Plan,
  type QueryPlan,
  type Scatter,
} from '../planner/plan.ts';
import { isStable } from '../planner/template.ts';
import { markerCount } from '../sql/prepared-forms.ts';
import { commandPacket } from '../wire/packets.ts';
import { type Asking, asCursor, asExecute } from './asking.ts';
import type { BoundParameter } from './bound-parameters.ts';
import { type ClientStatement, TabletText } from './client-statement.ts';
import { type CombinedRun, runCombined } from './combined.ts';
import { boundInteger, executeContent } from './execute-values.ts';
import { type Description, describeGathered } from './gather/describe-statement.ts';
import { asksSession, gatherInstead, withSessionValues } from './gather/instead.ts';
import { type KeptRoute, keepPlan, keptPlaceAt, shardByInteger } from './kept-plan.ts';
import { sendAhead } from './long-data.ts';
import {
  changeShards,
  limitsOf,
  memoryBudget,
  placeAt,
  requirePlannable,
  requireSeveral,
} from './planned.ts';
import { insertOnShards } from './planned-insert.ts';
import { executeVindexes, prepareVindexes } from './prepared-vindexes.ts';
import { changedColumns, scatterRead } from './scatter-read.ts';
import { requireScatter } from './scatters.ts';
import { schemasToWaitFor } from './schema-waits.ts';
import { underSelectLimit } from './select-limit.ts';
import type { Session } from './session.ts';
import { notOverShards } from './shard-writes.ts';
import { openOverShards } from './shards-cursor.ts';
import type { Place } from './statement-place.ts';
import { prepareOnTablet } from './tablet-prepare.ts';
import { databaseOf, type Target } from './target.ts';
import { textPacket } from './text-packet.ts';
import { answerVindexQuery, vindexDescription } from './vindex-answer.ts';

/** Where a statement is described, or its description. */
export type PreparePlace =
  | Readonly<{ place: Place; text: Buffer; description?: undefined }>
  | Readonly<{ description: Description }>;

/** Where PREPARE itself goes, and under what text: every shard describes the statement in the same way. Undefined: where its names say. */
export async function preparePlace(
  session: Session,
  statement: PlannedStatement,
): Promise<PreparePlace | undefined> {
  const { kind } = statement.scan;
  if (kind === 'load' || kind === 'ddl') return anyPlace(session, statement);
  await schemasToWaitFor(session, statement.scan);
  const { plans } = session.services;
  let plan: Plan | undefined;
  try {
    plan = planOf(session, statement);
  } catch (refusal) {
    return prepareVindexes(session, statement, refusal);
  }
  if (plan === undefined) return undefined;
  const place = placeAt(session, plan.keyspace, plans.shardMap(plan.keyspace), 0);
  if (plan.kind === 'vindex') return { place, text: vindexDescription(plan) };
  const { text, mode } = statement;
  if (plan.kind === 'gather' || plan.kind === 'join')
    return { description: await describeParts(session, statement) };
  const slots = plans.hasFingerprint ? plans.fingerprint.literals : undefined;
  const operands = new Operands(text, mode, slots, [], session.state.valueContext);
  return {
    place,
    text: plan.text === undefined ? text : textOf(plan.text, new TextValues(text, operands, Date.now())),
  };
}

/** A statement of which no tablet has all tables. */
export async function describeParts(session: Session, statement: PlannedStatement): Promise<Description> {
  const { text, scan, mode, target } = statement;
  const { plans } = session.services;
  const plan = plans.gatherPlan(text, scan, mode, target);
  if (plan === undefined) throw notOverShards('PREPARE of this statement over several keyspaces');
  const slots = plans.hasFingerprint ? plans.fingerprint.literals.copy() : undefined;
  const operands = new Operands(text, mode, slots, [], session.state.valueContext);
  return describeGathered(session, plan, statement, operands, markerCount(text, mode));
}

/** MySQL prepares no LOAD, and says so; a definition reads no table before it is executed. */
function anyPlace(
  session: Session,
  { text, target }: PlannedStatement,
): Readonly<{ place: Place; text: Buffer }> | undefined {
  const map = session.services.plans.shardMap(target.keyspace);
  return map.names.length === 0 ? undefined : { place: placeAt(session, target.keyspace, map, 0), text };
}

/** What a plan is made from. */
export type PlannedStatement = Pick<ClientStatement, 'text' | 'scan' | 'target' | 'mode' | 'planContext'>;

/** The plan of a prepared statement; the fingerprint read last is then that of the statement. */
export function planOf(
  session: Session,
  { text, scan, target, mode, planContext }: PlannedStatement,
): Plan | undefined {
  requirePlannable(scan);
  const plan = session.services.plans.plan(text, scan, mode, planContext, target);
  if (plan?.kind === 'syntaxProblem')
    throw notOverShards(`a statement that Headgate does not understand (${plan.message})`);
  return plan;
}

/** The tablets' side of the session's prepared statements. */
export interface TabletStatements {
  /** Sends the client's EXECUTE to a place, where the statement is prepared under `text`; undefined: where its names say, under its own. */
  executeAt(statement: ClientStatement, place?: Place, text?: TabletText): Promise<unknown> | undefined;
  /** A text as a connection has it prepared, preparing it first where it has not. */
  knownOn(
    connection: BackendConnection,
    text: TabletText,
    statement: ClientStatement,
  ): Promise<PreparedOnTablet>;
}

/** Runs the EXECUTE in `statement.packet`. Undefined: it has been relayed, and nothing had to be waited for. */
export function executePlanned(
  session: Session,
  statement: ClientStatement,
  target: Target,
  tablets: TabletStatements,
): Promise<unknown> | undefined {
  if (statement.scan.kind === 'ddl') {
    const { text, scan } = statement;
    if (databaseOf(target) !== databaseOf(session.state.target))
      throw notOverShards('a definition that was prepared with another default database');
    session.execute({ source: text, scan, packet: textPacket(text) });
    return undefined;
  }
  const run = () => {
    let plan: Plan | undefined;
    try {
      plan = planOf(session, { ...statement, target });
    } catch (refusal) {
      return executeVindexes(session, statement, target, refusal);
    }
    if (plan === undefined) return tablets.executeAt(statement);
    const { plans } = session.services;
    const slots = plans.hasFingerprint ? plans.fingerprint.literals.copy() : undefined;
    const kept = keepPlan(session, statement, plan, slots);
    statement.kept = kept;
    return executeKept(session, statement, kept, tablets);
  };
  const waiting = schemasToWaitFor(session, statement.scan);
  return waiting === undefined ? run() : waiting.then(run);
}

type Execution = Readonly<{
  session: Session;
  statement: ClientStatement;
  kept: KeptRoute;
  tablets: TabletStatements;
}>;

/** The same with what has been kept of the executions before. */
export function executeKept(
  session: Session,
  statement: ClientStatement,
  kept: KeptRoute,
  tablets: TabletStatements,
): Promise<unknown> | undefined {
  kept.parameters.read(statement.packet, statement.types, kept.context.charset, statement.longData);
  const { plan } = kept;
  const at = shardByInteger(kept);
  if (at >= 0 && kept.texts.single !== undefined)
    return tablets.executeAt(statement, keptPlaceAt(session, kept, at), kept.texts.single);
  const run: Execution = { session, statement, kept, tablets };
  switch (plan.kind) {
    case 'query':
    case 'change':
      return executeOn(run, plan);
    case 'insert':
      return executeInsert(run, plan);
    case 'vindex':
      return answerVindexQuery(session, plan, kept.operands, 'binary');
    case 'gather':
    case 'join':
      requireScatter(session, statement.scan, statement.text, plan, kept.operands);
      return executeParts(run, plan);
    default:
      return unreachable(plan);
  }
}

function executeOn(run: Execution, plan: QueryPlan | ChangePlan): Promise<unknown> | undefined {
  const { session, kept } = run;
  const refusal = plan.kind === 'query' ? refusalOf(plan.scatter) : plan.refusal;
  const shards = shardsFor(plan.groups, kept.operands, kept.map, refusal);
  if (shards.length <= 1) return executeSingle(run, plan, shards[0] ?? 0);
  requireScatter(session, run.statement.scan, run.statement.text, plan, kept.operands);
  if (plan.kind === 'query') {
    const { scatter } = plan;
    if (isCombined(scatter)) return executeParts(run, scatter);
    if (isRefusal(scatter)) return undefined;
    if (asksSession(session, run.statement.scan)) return executeCounting(run, plan.keyspace);
    const gathered = gatherInstead(session, { ...run.statement, target: kept.target }, scatter);
    if (gathered !== undefined) return executeParts(run, gathered);
    const places = shards.map((at) => keptPlaceAt(session, kept, at));
    return executeScatter(run, scatter, places);
  }
  requireSeveral(session, run.statement.scan);
  const places = shards.map((at) => keptPlaceAt(session, kept, at));
  const values = valuesOf(run);
  const text = textOf(plan.scatterText, values);
  const parameters = values.markers().map((index) => kept.parameters.bound(index));
  const { text: source, scan } = run.statement;
  return changeShards(
    session,
    { source, scan, packet: textPacket(source) },
    plan,
    places.map((place) => ({ place, text, rowNumbers: undefined, parameters })),
  );
}

function executeParts(run: Execution, planned: CombinedPlan): Promise<void> {
  const { session, statement, kept } = run;
  const { scan, text: source } = statement;
  if (asksSession(session, scan)) return executeCounting(run, planned.reason);
  const plan = statement.wantsCursor
    ? gatheredPlan(run, planned)
    : (gatherInstead(session, { ...statement, target: kept.target }, planned) ?? planned);
  const nowMs = Date.now();
  const values = () => new TextValues(source, kept.operands, nowMs);
  const ask = askingWith(session, kept);
  const askCursor = askingWith(session, kept, true);
  // Data that is left on a statement of which EXECUTE does not come would be the next one's.
  const askKept = statement.longData === undefined ? keepingAsk(run) : undefined;
  return runCombined(
    {
      session,
      scan,
      source,
      operands: kept.operands,
      values,
      ask,
      askCursor,
      ...(askKept === undefined ? {} : { askKept }),
      prepared: statement,
    },
    plan,
  );
}

/** Asks by statements that connections keep for the next execution. */
const keepingAsk =
  (run: Execution): NonNullable<CombinedRun['askKept']> =>
  (made, markers, integers) => {
    const { kept, statement } = run;
    const text = new TabletText(made, statement.own.parseSettings);
    const bound = [
      ...markers.map((parameter) => kept.parameters.bound(parameter)),
      ...integers.map(boundInteger),
    ];
    return {
      protocol: 'binary',
      packet: async (connection) => {
        const id = await keptStatement(run, connection, text, bound);
        return commandPacket(command.stmtExecute, executeContent(id, bound));
      },
    };
  };

/** Asks each tablet for an EXECUTE of its text, with the parameters whose markers are in it. */
export const askingWith =
  (session: Session, { parameters }: Pick<KeptRoute, 'parameters'>, wantsCursor = false): Asking =>
  (made, markers) =>
    (wantsCursor ? asCursor : asExecute)(
      session,
      made,
      markers.map((parameter) => parameters.bound(parameter)),
    );

/** With numbers of the last statement in its text, which is planned anew. */
async function executeCounting({ session, statement, kept }: Execution, what: string): Promise<void> {
  const { plans } = session.services;
  const { text, scan, mode } = statement;
  const counted = await withSessionValues(session, { source: text, scan, packet: textPacket(text) });
  const { source } = counted;
  const plan = plans.gatherPlan(source, counted.scan, mode, kept.target);
  if (plan === undefined) throw notOverShards(`FOUND_ROWS() and ROW_COUNT() in this: ${what}`);
  const slots = plans.hasFingerprint ? plans.fingerprint.literals.copy() : undefined;
  const operands = new Operands(source, mode, slots, kept.parameters, kept.context);
  const nowMs = Date.now();
  const values = () => new TextValues(source, operands, nowMs);
  const ask = askingWith(session, kept);
  await runCombined(
    { session, scan: counted.scan, source, operands, values, ask, prepared: statement },
    plan,
  );
}

/** A cursor needs a tablet that keeps the rows. */
function gatheredPlan(
  { session, kept, statement: { text, scan, mode } }: Execution,
  plan: CombinedPlan,
): CombinedPlan {
  const gathered =
    plan.kind === 'gather' ? plan : session.services.plans.gatherPlan(text, scan, mode, kept.target);
  if (gathered === undefined) throw notOverShards(`a cursor for this: ${plan.reason}`);
  return gathered;
}

/** One shard: the client's own EXECUTE, where tables' names had to be put right under another text. */
function executeSingle(
  run: Execution,
  { text }: QueryPlan | ChangePlan | InsertPlan,
  at: number,
): Promise<unknown> | undefined {
  const { session, statement, kept, tablets } = run;
  kept.texts.single ??=
    text === undefined
      ? statement.own
      : new TabletText(textOf(text, valuesOf(run)), statement.own.parseSettings);
  return tablets.executeAt(statement, keptPlaceAt(session, kept, at), kept.texts.single);
}

const valuesOf = ({ statement, kept }: Execution): TextValues =>
  new TextValues(statement.text, kept.operands, Date.now());

async function executeScatter(run: Execution, scatter: Scatter, places: readonly Place[]): Promise<void> {
  const { session, statement, kept } = run;
  const limited = underSelectLimit(session.state, scatter);
  const { text, markers } = scatterText(run, limited);
  const bound = markers.map((index) => kept.parameters.bound(index));
  const limits = limitsOf(limited, kept.operands);
  const budget = memoryBudget(session, statement.scan);
  // Data that is left on a statement of which EXECUTE does not come would be the next one's.
  const keep = kept.texts.scatter !== undefined && statement.longData === undefined;
  const questions = places.map((place) => ({
    place,
    packet: async (connection: BackendConnection) => {
      const prepared = keep
        ? keptStatement(run, connection, text, bound)
        : newStatement(session, connection, text);
      const id = await prepared.catch((error: unknown) => {
        if (!(error instanceof TabletRefusal)) throw error;
        throw new TabletRefusal(changedColumns(error.answer, [place]));
      });
      sendAhead(connection, id, bound);
      return commandPacket(command.stmtExecute, executeContent(id, bound, statement.wantsCursor));
    },
    after: (connection: BackendConnection, sent: Buffer) => {
      if (!keep) connection.sendSilently(commandPacket(command.stmtClose, sent.subarray(5, 9)));
    },
  }));
  const rowsOf = (shards: readonly ShardRows[]) =>
    scatterRows(limited, shards, { protocol: 'binary', budget, rowsWanted: (step) => limits.get(step)! });
  if (statement.wantsCursor) await openOverShards(session, statement, questions, rowsOf);
  else await scatterRead(session, statement.scan, { questions, original: undefined }, rowsOf);
}

type ScatterText = Readonly<{ text: TabletText; markers: readonly number[] }>;

function scatterText(run: Execution, scatter: Scatter): ScatterText {
  const { texts } = run.kept;
  if (texts.scatter?.template === scatter.text) return texts.scatter;
  const values = valuesOf(run);
  const text = new TabletText(textOf(scatter.text, values), run.statement.own.parseSettings);
  const made = { text, markers: values.markers(), template: scatter.text };
  texts.scatter = isStable(scatter.text) ? made : undefined;
  return made;
}

async function newStatement(
  session: Session,
  connection: BackendConnection,
  { text }: TabletText,
): Promise<number> {
  return (await demand(prepareOnTablet(session, connection, text))).statementId;
}

/** The statement as the connection has it prepared; the EXECUTE that follows says the types of the parameters. */
async function keptStatement(
  { tablets, statement }: Execution,
  connection: BackendConnection,
  text: TabletText,
  bound: readonly BoundParameter[],
): Promise<number> {
  const prepared = await tablets.knownOn(connection, text, statement);
  prepared.types = Buffer.concat(bound.map(({ type }) => type));
  return prepared.id;
}

function executeInsert(run: Execution, plan: InsertPlan): Promise<unknown> | undefined {
  const { session, statement, kept } = run;
  const binding = new InsertBinding(plan, kept.operands, valuesOf(run), kept.map);
  if (plan.sequence === undefined && plan.refusal === undefined) {
    const shards = binding.shards();
    const [first = 0] = shards;
    if (shards.every((shard) => shard === first)) return executeSingle(run, plan, first);
  }
  const { text: source, scan } = statement;
  return insertOnShards(
    session,
    { source, scan, packet: textPacket(source) },
    plan,
    binding,
    kept.parameters.all(),
  );
}
