/** EXECUTE … USING of a statement that the session keeps: on one connection, or planned and on the shards of its values. */
import { MemoryBudget } from '../engine/operators/memory-budget.ts';
import { scatterRows } from '../engine/run-scatter.ts';
import { unreachable } from '../errors/unreachable.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
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
import type { ShardMap } from '../planner/shard-map.ts';
import { effect, type StatementScan } from '../sql/statement.ts';
import type { Asked } from './asking.ts';
import { TabletText } from './client-statement.ts';
import { runCombined } from './combined.ts';
import { executeExplained } from './explain/prepared-explain.ts';
import { gatherInstead } from './gather/instead.ts';
import { changeShards, isPlanned, limitsOf, placeAt, requireSeveral } from './planned.ts';
import { planOf } from './planned-execute.ts';
import { insertOnShards } from './planned-insert.ts';
import { scatterRead } from './scatter-read.ts';
import { requireScatter } from './scatters.ts';
import { schemasToWaitFor } from './schema-waits.ts';
import { underSelectLimit } from './select-limit.ts';
import type { Session, Statement } from './session.ts';
import { setStatement } from './set-statement.ts';
import { notOverShards } from './shard-writes.ts';
import type { NamedStatement } from './sql-prepared.ts';
import { executeText, readyToExecute } from './sql-prepared-on.ts';
import { type Place, placeOf } from './statement-place.ts';
import { databaseOf, type Target } from './target.ts';
import { textPacket } from './text-packet.ts';

type Execution = Readonly<{
  session: Session;
  named: NamedStatement;
  /** Where its names lead; the tablet type follows the session. */
  target: Target;
  variables: readonly string[];
  /** The statement's own, reading the variables too. */
  scan: StatementScan;
}>;

/** Runs a statement with the session's variables for its parameters. */
export async function executeWith(
  session: Session,
  named: NamedStatement,
  variables: readonly string[],
): Promise<void> {
  const { state, services } = session;
  const { target: own } = named;
  const isSame = databaseOf(own) === databaseOf(state.target) && own.shard === state.target.shard;
  const target = isSame ? state.target : { ...own, type: state.target.type };
  const scan = { ...named.scan, effects: named.scan.effects | effect.readsUserVariable };
  const run: Execution = { session, named, target, variables, scan };
  if (scan.kind === 'set') {
    const statement = { source: named.text, scan, packet: textPacket(named.text) };
    return setStatement(session, statement, (connection) =>
      executePacket(run, named.own, variables, connection),
    );
  }
  if (scan.kind === 'explain') {
    const given = { at: (index: number) => state.variables.valueOf(variables[index]!) };
    const explained = executeExplained(session, named, variables.length === 0 ? undefined : given, 'text');
    if (explained !== undefined) return void (await explained);
  }
  if (!isPlanned(session, named.scan, target)) {
    return executeAt(run, placeOf(named.scan, target, services.gateway, named.text), named.own, variables);
  }
  await schemasToWaitFor(session, named.scan);
  const plan = planOf(session, { ...named, target });
  if (plan === undefined)
    return executeAt(run, placeOf(named.scan, target, services.gateway, named.text), named.own, variables);
  await executePlan(run, plan);
}

/** The EXECUTE for a connection, on which everything is there that it needs. */
async function executePacket(
  { session, named: { name, mode }, scan }: Execution,
  text: TabletText,
  variables: readonly string[],
  connection: BackendConnection,
): Promise<Buffer> {
  await readyToExecute(session, connection, scan, { name, text, mode });
  return textPacket(executeText(name, variables));
}

async function executeAt(
  run: Execution,
  place: Place,
  text: TabletText,
  variables: readonly string[],
): Promise<void> {
  const { session, named, scan } = run;
  const connection = await session.holding.lease(scan, place);
  await session.diagnostics.prime(scan, connection);
  const remake = (other: BackendConnection) => executePacket(run, text, variables, other);
  let packet: Buffer;
  try {
    packet = await remake(connection);
  } catch (error) {
    session.holding.giveBack(connection);
    throw error;
  }
  const statement: Statement = { source: named.text, scan, packet };
  session.sendStatement(scan.readOnly ? { ...statement, remake } : statement, place, connection);
}

async function executePlan(run: Execution, plan: Plan): Promise<void> {
  const { session, named, variables } = run;
  const { plans } = session.services;
  const slots = plans.hasFingerprint ? plans.fingerprint.literals.copy() : undefined;
  const values = session.state.variables;
  const parameters = {
    at: (index: number) => (index < variables.length ? values.valueOf(variables[index]!) : undefined),
  };
  const operands = new Operands(named.text, named.mode, slots, parameters, session.state.valueContext);
  const map = plans.shardMap(plan.keyspace);
  switch (plan.kind) {
    case 'query':
    case 'change':
      return executeOn(run, plan, operands, map);
    case 'insert':
      return executeInsert(run, plan, operands, map);
    case 'vindex':
      throw notOverShards('EXECUTE of a vindex query');
    case 'gather':
    case 'join':
      requireScatter(session, named.scan, named.text, plan, operands);
      return executeParts(run, plan, operands);
    default:
      return unreachable(plan);
  }
}

const valuesOf = ({ named }: Execution, operands: Operands): TextValues =>
  new TextValues(named.text, operands, Date.now());

/** A text for tablets, and the variables for its markers. */
function markedText(run: Execution, template: Parameters<typeof textOf>[0], operands: Operands) {
  const values = valuesOf(run, operands);
  const text = new TabletText(textOf(template, values), run.named.own.parseSettings);
  return { text, variables: values.markers().map((index) => run.variables[index]!) };
}

async function executeOn(
  run: Execution,
  plan: QueryPlan | ChangePlan,
  operands: Operands,
  map: ShardMap,
): Promise<void> {
  const { session, named } = run;
  const refusal = plan.kind === 'query' ? refusalOf(plan.scatter) : plan.refusal;
  const shards = shardsFor(plan.groups, operands, map, refusal);
  if (shards.length <= 1)
    return executeSingle(run, plan, operands, placeAt(session, plan.keyspace, map, shards[0] ?? 0));
  requireScatter(session, named.scan, named.text, plan, operands);
  if (plan.kind === 'query') {
    const { scatter } = plan;
    if (isCombined(scatter)) return executeParts(run, scatter, operands);
    if (isRefusal(scatter)) return undefined;
    const gathered = gatherInstead(session, { ...named, target: run.target }, scatter);
    if (gathered !== undefined) return executeParts(run, gathered, operands);
  }
  requireSeveral(session, named.scan);
  const places = shards.map((at) => placeAt(session, plan.keyspace, map, at));
  if (plan.kind === 'change') {
    const { text, variables } = markedText(run, plan.scatterText, operands);
    const textOn = textOnOf(run, text, variables);
    const statements = places.map((place) => ({
      place,
      text: text.text,
      rowNumbers: undefined,
      parameters: undefined,
      textOn,
    }));
    return changeShards(session, ownStatement(run), plan, statements);
  }
  if (!isRefusal(plan.scatter) && !isCombined(plan.scatter))
    await executeScatter(run, plan.scatter, places, operands);
}

function executeParts(run: Execution, planned: CombinedPlan, operands: Operands): Promise<void> {
  const { session, named, scan } = run;
  const plan = gatherInstead(session, { ...named, target: run.target }, planned) ?? planned;
  if (named.own.parseSettings !== session.state.parseSettings)
    throw notOverShards('EXECUTE … USING under other settings than those of PREPARE');
  const nowMs = Date.now();
  const values = () => new TextValues(named.text, operands, nowMs);
  const ask = (made: Buffer, markers: readonly number[]): Asked => {
    const text = new TabletText(made, named.own.parseSettings);
    const variables = markers.map((index) => run.variables[index]!);
    return { protocol: 'text', packet: (connection) => executePacket(run, text, variables, connection) };
  };
  return runCombined({ session, scan, source: named.text, operands, values, ask, prepared: undefined }, plan);
}

function executeSingle(
  run: Execution,
  { text }: QueryPlan | ChangePlan | InsertPlan,
  operands: Operands,
  place: Place,
): Promise<void> {
  if (text === undefined) return executeAt(run, place, run.named.own, run.variables);
  const marked = markedText(run, text, operands);
  return executeAt(run, place, marked.text, marked.variables);
}

/** As a statement for those who ask what the client has sent; what goes to tablets is made for each. */
const ownStatement = ({ named: { text, scan } }: Execution): Statement => ({
  source: text,
  scan,
  packet: textPacket(text),
});

const textOnOf =
  (run: Execution, text: TabletText, variables: readonly string[]) =>
  async (connection: BackendConnection): Promise<Buffer> => {
    const { session, named, scan } = run;
    await readyToExecute(session, connection, scan, { name: named.name, text, mode: named.mode });
    return executeText(named.name, variables);
  };

async function executeScatter(
  run: Execution,
  scatter: Scatter,
  places: readonly Place[],
  operands: Operands,
): Promise<void> {
  const { session, named } = run;
  const limited = underSelectLimit(session.state, scatter);
  const { text, variables } = markedText(run, limited.text, operands);
  const limits = limitsOf(limited, operands);
  const budget = new MemoryBudget(session.services.statementBytesMax);
  const packet = (connection: BackendConnection) => executePacket(run, text, variables, connection);
  const questions = places.map((place) => ({ place, packet }));
  await scatterRead(session, named.scan, { questions, original: undefined }, (shards) =>
    scatterRows(limited, shards, { protocol: 'text', budget, rowsWanted: (step) => limits.get(step)! }),
  );
}

async function executeInsert(
  run: Execution,
  plan: InsertPlan,
  operands: Operands,
  map: ShardMap,
): Promise<void> {
  const { session, named } = run;
  const binding = new InsertBinding(plan, operands, valuesOf(run, operands), map);
  if (plan.sequence === undefined && plan.refusal === undefined) {
    const shards = binding.shards();
    const [first = 0] = shards;
    if (shards.every((shard) => shard === first))
      return executeSingle(run, plan, operands, placeAt(session, plan.keyspace, map, first));
  }
  const textOn = (text: Buffer, markers: readonly number[]) =>
    textOnOf(
      run,
      new TabletText(text, named.own.parseSettings),
      markers.map((index) => run.variables[index]!),
    );
  await insertOnShards(session, ownStatement(run), plan, binding, undefined, undefined, textOn);
}
