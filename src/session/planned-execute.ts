/**
 * Prepared statements whose tables are sharded: the parameters are the values by which a plan is bound. On one shard EXECUTE goes to EXECUTE
 * as for any other; over several, the shards' rows stay in the binary protocol.
 */
import { MemoryBudget } from '../engine/operators/memory-budget.ts';
import { scatterRows } from '../engine/run-scatter.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { demand } from '../gateway/prepare-connection.ts';
import type { PreparedOnTablet } from '../gateway/prepared-cache.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { command } from '../mysql/protocol.ts';
import { refusalOf, shardsFor, TextValues, textOf } from '../planner/bind.ts';
import { InsertBinding } from '../planner/bind-insert.ts';
import { Operands } from '../planner/operands.ts';
import { type ChangePlan, isRefusal, type Plan, type QueryPlan, type Scatter } from '../planner/plan.ts';
import type { ShardMap } from '../planner/shard-map.ts';
import type { Template } from '../planner/template.ts';
import type { LexMode } from '../sql/lex-mode.ts';
import type { StatementScan } from '../sql/statement.ts';
import { commandPacket } from '../wire/packets.ts';
import { type BoundParameter, executeContent, readParameters } from './execute-values.ts';
import {
  changeShards,
  limitsOf,
  placeAt,
  requirePlannable,
  requireSeveral,
  schemasToWaitFor,
} from './planned.ts';
import { insertOnShards } from './planned-insert.ts';
import { changedColumns, scatterRead } from './scatter-read.ts';
import type { Session } from './session.ts';
import { notOverShards } from './shard-writes.ts';
import type { Place } from './statement-place.ts';
import type { Target } from './target.ts';
import { textPacket } from './text-packet.ts';

/** What is known of a prepared statement. */
export type PlannedStatement = Readonly<{
  text: Buffer;
  scan: StatementScan;
  target: Target;
  mode: LexMode;
  planContext: number;
  parameterCount: number;
  types: Buffer | undefined;
}>;

/** The plan of a prepared statement, to be bound at once: the fingerprint read last is then that of the statement. */
function planOf(
  session: Session,
  { text, scan, target, mode, planContext }: PlannedStatement,
): Plan | undefined {
  requirePlannable(scan);
  const plan = session.services.plans.plan(text, scan, mode, planContext, target);
  if (plan?.kind === 'syntaxProblem')
    throw notOverShards(`a statement that Headgate does not understand (${plan.message})`);
  return plan;
}

/** Where PREPARE itself goes, and with what text: every shard describes the statement in the same way. Undefined: where its names say. */
export async function preparePlace(
  session: Session,
  statement: PlannedStatement,
): Promise<Readonly<{ place: Place; text: Buffer }> | undefined> {
  await schemasToWaitFor(session, statement.scan);
  const plan = planOf(session, statement);
  if (plan === undefined) return undefined;
  if (plan.kind === 'vindex') throw notOverShards('a vindex query as a prepared statement');
  const { plans } = session.services;
  const place = placeAt(session, plan.keyspace, plans.shardMap(plan.keyspace), 0);
  const slots = plans.hasFingerprint ? plans.fingerprint.literals : undefined;
  const { text, mode } = statement;
  const values = new TextValues(
    text,
    new Operands(text, mode, slots, [], session.state.valueContext),
    Date.now(),
  );
  return { place, text: plan.text === undefined ? text : textOf(plan.text, values) };
}

/** Sends the client's EXECUTE to a place, where the statement is prepared under `text`; undefined: where its names say, under its own. */
type Relay = (place: Place | undefined, text?: Buffer) => Promise<unknown> | undefined;

/** A text of the client's statement as a connection has it prepared, preparing it first where it has not. */
type PrepareOn = (connection: BackendConnection, text: Buffer) => Promise<PreparedOnTablet>;

/** Runs EXECUTE; where one shard is enough, by `relay`. Undefined: it has been relayed, and nothing had to be waited for. */
export function executePlanned(
  session: Session,
  statement: PlannedStatement,
  packet: Buffer,
  relay: Relay,
  prepareOn: PrepareOn,
): Promise<unknown> | undefined {
  const run = () => executeKnown(session, statement, packet, relay, prepareOn);
  const waiting = schemasToWaitFor(session, statement.scan);
  return waiting === undefined ? run() : waiting.then(run);
}

function executeKnown(
  session: Session,
  statement: PlannedStatement,
  packet: Buffer,
  relay: Relay,
  prepareOn: PrepareOn,
): Promise<unknown> | undefined {
  const plan = planOf(session, statement);
  if (plan === undefined) return relay(undefined);
  const { plans } = session.services;
  const context = session.state.valueContext;
  const parameters = readParameters(packet, statement.parameterCount, statement.types, context);
  const { literals } = plans.fingerprint;
  // An INSERT is bound again when its sequence has answered: the fingerprint is another statement's by then.
  const kept = plan.kind === 'insert' ? literals.copy() : literals;
  const slots = plans.hasFingerprint ? kept : undefined;
  const values = parameters.map(({ value }) => value);
  const operands = new Operands(statement.text, statement.mode, slots, values, context);
  const map = plans.shardMap(plan.keyspace);
  const run: Execution = { session, statement, parameters, operands, map, prepareOn };
  switch (plan.kind) {
    case 'query':
    case 'change':
      return executeOn(run, plan, relay);
    case 'insert':
      return executeInsert(run, plan, relay);
    case 'vindex':
      throw notOverShards('a vindex query as a prepared statement');
  }
}

type Execution = Readonly<{
  session: Session;
  statement: PlannedStatement;
  parameters: readonly BoundParameter[];
  operands: Operands;
  map: ShardMap;
  prepareOn: PrepareOn;
}>;

function executeOn(run: Execution, plan: QueryPlan | ChangePlan, relay: Relay): Promise<unknown> | undefined {
  const { session, operands, map } = run;
  const refusal = plan.kind === 'query' ? refusalOf(plan.scatter) : plan.refusal;
  const shards = shardsFor(plan.groups, operands, map, refusal);
  if (shards.length <= 1)
    return relay(placeAt(session, plan.keyspace, map, shards[0] ?? 0), renamedText(run, plan));
  requireSeveral(session, run.statement.scan);
  const places = shards.map((at) => placeAt(session, plan.keyspace, map, at));
  if (plan.kind === 'query') {
    return isRefusal(plan.scatter) ? undefined : executeScatter(run, plan.scatter, places);
  }
  const values = valuesOf(run);
  const text = textOf(plan.scatterText, values);
  const parameters = values.markers().map((index) => run.parameters[index]!);
  const { text: source, scan } = run.statement;
  return changeShards(
    session,
    { source, scan, packet: textPacket(source) },
    plan,
    places.map((place) => ({ place, text, rowNumbers: undefined, parameters })),
  );
}

/** The text under which a single shard has the statement prepared, where its tables' names had to be put right. */
const renamedText = (run: Execution, { text }: Pick<QueryPlan, 'text'>): Buffer | undefined =>
  text === undefined ? undefined : textOf(text, valuesOf(run));

const valuesOf = ({ statement, operands }: Execution): TextValues =>
  new TextValues(statement.text, operands, Date.now());

async function executeScatter(run: Execution, scatter: Scatter, places: readonly Place[]): Promise<void> {
  const { session, statement, parameters, operands } = run;
  const values = valuesOf(run);
  const text = textOf(scatter.text, values);
  const bound = values.markers().map((index) => parameters[index]!);
  const limits = limitsOf(scatter, operands);
  const budget = new MemoryBudget(session.services.statementBytesMax);
  const keep = isStable(scatter.text);
  const questions = places.map((place) => ({
    place,
    packet: async (connection: BackendConnection) => {
      const prepared = keep ? keptStatement(run, connection, text, bound) : newStatement(connection, text);
      const id = await prepared.catch((error: unknown) => {
        if (!(error instanceof TabletRefusal)) throw error;
        throw new TabletRefusal(changedColumns(error.answer, [place]));
      });
      return commandPacket(command.stmtExecute, executeContent(id, bound));
    },
    after: (connection: BackendConnection, sent: Buffer) => {
      if (!keep) connection.sendSilently(commandPacket(command.stmtClose, sent.subarray(5, 9)));
    },
  }));
  await scatterRead(session, statement.scan, { questions, original: undefined }, (shards) =>
    scatterRows(scatter, shards, { protocol: 'binary', budget, rowsWanted: (step) => limits.get(step)! }),
  );
}

/** Whether all executions send the same text, so that it is worth keeping it prepared. */
const isStable = (template: Template): boolean =>
  template.every(
    (piece) =>
      piece.kind !== 'timestamp' &&
      (piece.kind !== 'sum' || piece.operands.every(({ kind }) => kind !== 'parameter')),
  );

async function newStatement(connection: BackendConnection, text: Buffer): Promise<number> {
  return (await demand(connection.ask(command.stmtPrepare, text, 'prepare'))).statementId;
}

/** The statement as the connection has it prepared; the EXECUTE that follows says the types of the parameters. */
async function keptStatement(
  { prepareOn }: Execution,
  connection: BackendConnection,
  text: Buffer,
  bound: readonly BoundParameter[],
): Promise<number> {
  const prepared = await prepareOn(connection, text);
  prepared.types = Buffer.concat(bound.map(({ type }) => type));
  return prepared.id;
}

function executeInsert(
  run: Execution,
  plan: Extract<Plan, { kind: 'insert' }>,
  relay: Relay,
): Promise<unknown> | undefined {
  const { session, statement, operands, map } = run;
  const binding = new InsertBinding(plan, operands, valuesOf(run), map);
  if (plan.sequence === undefined && plan.refusal === undefined) {
    const shards = binding.shards();
    const [first = 0] = shards;
    if (shards.every((shard) => shard === first))
      return relay(placeAt(session, plan.keyspace, map, first), renamedText(run, plan));
  }
  const { text: source, scan } = statement;
  return insertOnShards(session, { source, scan, packet: textPacket(source) }, plan, binding, run.parameters);
}
