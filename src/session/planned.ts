/**
 * Statements that name tables of a sharded keyspace (or tables that are found without one): planned, bound to their values, and then relayed
 * to one shard as they came, or run over several.
 */
import { MemoryBudget } from '../engine/operators/memory-budget.ts';
import { scatterRows } from '../engine/run-scatter.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { unreachable } from '../errors/unreachable.ts';
import { TabletRefusal } from '../gateway/tablet-refusal.ts';
import { refusalOf, rowCountOf, shardsFor, TextValues, textOf } from '../planner/bind.ts';
import { Operands } from '../planner/operands.ts';
import { shardOfId } from '../planner/place-key.ts';
import {
  type ChangePlan,
  type CombinedPlan,
  isCombined,
  isRefusal,
  type Plan,
  type QueryPlan,
  type Scatter,
  type Step,
} from '../planner/plan.ts';
import type { ShardMap } from '../planner/shard-map.ts';
import type { SyntaxProblem } from '../sql/ast/statement.ts';
import { digestOf } from '../sql/digest.ts';
import { effect, type StatementKind, type StatementScan } from '../sql/statement.ts';
import { unwrapped } from '../sql/unwrapped.ts';
import { asCursor, asText } from './asking.ts';
import { runCombined } from './combined.ts';
import { defineOnShards } from './definitions.ts';
import { asksSession, gatherInstead, plannedText, withSessionValues } from './gather/instead.ts';
import { runMade } from './made-statement.ts';
import { runInsert } from './planned-insert.ts';
import type { Plans } from './plans.ts';
import { preparedErrorAt } from './prepared-error.ts';
import { lexModeIn, planContextIn, scanIn } from './read-statement.ts';
import { scatterRead } from './scatter-read.ts';
import { requireScatter } from './scatters.ts';
import { schemasToWaitFor } from './schema-waits.ts';
import { underSelectLimit } from './select-limit.ts';
import type { Session, Statement } from './session.ts';
import { addedInfo, notOverShards, writeOnShards } from './shard-writes.ts';
import { loadOnShards } from './sharded-load.ts';
import { namesTables, type Place, placeOf } from './statement-place.ts';
import { functionsIn, type WithFunctions } from './stored-functions.ts';
import { databaseOf, isSystemSchema, type Target } from './target.ts';
import { textPacket } from './text-packet.ts';
import { answerVindexQuery } from './vindex-answer.ts';
import { withVindexRows } from './vindex-tables.ts';

const plannedKinds: ReadonlySet<StatementKind> = new Set([
  'select',
  'values',
  'table',
  'insert',
  'replace',
  'update',
  'delete',
  'load',
  'ddl',
]);

const GAP_CHARACTERS_MAX = 1000;

/** What hides tables or means one connection, so that no plan is possible at all. */
const hiding = effect.unknownFunction | effect.lexError;

/** Whether the names in a statement need the planner: a sharded keyspace, several, or none that is selected. */
export function isPlanned(session: Session, scan: StatementScan, target = session.state.target): boolean {
  if (!plannedKinds.has(scan.kind) || scan.databaseName !== undefined) return false;
  const { gateway, plans } = session.services;
  if (!namesTables(scan))
    return callsFunctions(scan) && target.shard === undefined && plans.isSharded(target);
  if (target.shard !== undefined && scan.qualifiers.length === 0) return false;
  plans.refresh();
  let keyspace: string | undefined;
  if (scan.hasUnqualifiedTable && target.systemSchema === undefined) {
    // Without a database MySQL has an error for it, unless a keyspace is the only one with such a table.
    if (target.keyspace === '') return scan.kind !== 'ddl' && plans.hasGlobalTables;
    keyspace = target.keyspace;
  }
  // Definitions are of the tables that they name.
  if (plans.vschema.routingRules.size > 0 && target.shard === undefined && scan.kind !== 'ddl') return true;
  if (isShardedName(session, keyspace, target)) return true;
  for (const name of scan.qualifiers) {
    if (isSystemSchema(name) || !gateway.keyspaces.has(name)) continue;
    if (keyspace !== undefined && name !== keyspace) return true;
    if (isShardedName(session, name, target)) return true;
    keyspace = name;
  }
  return false;
}

const callsFunctions = ({ kind, effects }: StatementScan): boolean =>
  kind === 'select' && (effects & hiding) === effect.unknownFunction;

/** With a shard selected its keyspace is used as that shard. */
function isShardedName({ services }: Session, keyspace: string | undefined, target: Target): boolean {
  if (keyspace === undefined) return false;
  if (target.shard !== undefined && target.keyspace === keyspace) return false;
  return services.gateway.topology?.keyspaces.get(keyspace)?.sharded === true;
}

/** Runs a planned statement; undefined: it has been relayed. Raises the planner's errors. */
export function runPlanned(session: Session, given: Statement): Promise<unknown> | undefined {
  const statement = (given.scan.effects & effect.codeComment) === 0 ? given : unwrappedIn(session, given);
  const waiting = schemasToWaitFor(session, statement.scan);
  if (waiting !== undefined) return waiting.then(() => runKnown(session, statement));
  return runKnown(session, statement);
}

/** The statement without the marks of its version comments, where all tablets read them in the same way. */
function unwrappedIn(session: Session, statement: Statement): Statement {
  const { scan, source } = statement;
  if (scan.kind === 'ddl' || (scan.effects & hiding) !== 0 || session.services.gateway.versionsDiffer)
    return statement;
  const text = unwrapped(source, scan.start, scan.end, lexModeIn(session));
  if (text === undefined) return statement;
  return { source: text, scan: scanIn(session, text, 0), packet: textPacket(text) };
}

function runKnown(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { scan, source } = statement;
  const { plans, gateway } = session.services;
  if (scan.kind === 'ddl') return defineOnShards(session, statement);
  if ((scan.effects & hiding) !== 0) return runWithFunctions(session, statement);
  const mode = lexModeIn(session);
  const { target } = session.state;
  if (scan.kind === 'load') return runLoad(session, statement, plans.loadPlan(source, scan, mode, target));
  let plan: ReturnType<Plans['plan']>;
  try {
    plan = plans.plan(source, scan, mode, planContextIn(session), target);
  } catch (refusal) {
    const text = withVindexRows(session, { text: source, scan, target, parameters: [] }, refusal);
    session.relay({ source: text, scan: scanIn(session, text, 0), packet: textPacket(text) });
    return undefined;
  }
  if (plan === undefined) {
    session.relayTo(statement, placeOf(scan, session.state.target, gateway, source));
    return undefined;
  }
  if (plan.kind === 'syntaxProblem') return askMySql(session, statement, plan);
  return runPlan(session, statement, plan, operandsOf(session, source));
}

function runLoad(
  session: Session,
  statement: Statement,
  plan: ReturnType<Plans['loadPlan']>,
): Promise<unknown> | undefined {
  const { scan, source } = statement;
  if (plan === undefined) {
    session.relayTo(statement, placeOf(scan, session.state.target, session.services.gateway, source));
    return undefined;
  }
  if (plan.kind === 'syntaxProblem') return askMySql(session, statement, plan);
  const operands = operandsOf(session, source);
  if (plan.kind === 'query') return runPlan(session, statement, plan, operands);
  const map = session.services.plans.shardMap(plan.keyspace);
  if (map.names.length > 1 && plan.pinned === undefined)
    return loadOnShards(session, statement, plan, operands);
  const shard = plan.pinned === undefined ? 0 : shardOfId(map, plan.pinned);
  relaySingle(session, statement, plan, shard, map, operands);
  return undefined;
}

const hidden = (): HeadgateError =>
  notOverShards('a stored or unknown function, or text that cannot be read for certain');

/** Raises where the statement may use tables of which no word is in it. */
export function requirePlannable({ effects }: StatementScan): void {
  if ((effects & hiding) !== 0) throw hidden();
}

/** What runs with functions that only compute with their arguments: for others they may change rows. */
const callingKinds: ReadonlySet<StatementKind> = new Set(['select', 'values', 'table']);

async function runWithFunctions(session: Session, given: Statement): Promise<unknown> {
  const { target } = session.state;
  const found = callingKinds.has(given.scan.kind) ? await functionsIn(session, given, target) : undefined;
  if (found === undefined) return refuseHidden(session, given);
  const { statement, keyspace } = found;
  const { source, scan } = statement;
  const { plans, gateway } = session.services;
  const plan = namesTables(scan) ? plans.planOnce(source, scan, lexModeIn(session), target) : undefined;
  if (plan === undefined) {
    const shard = gateway.firstShard(keyspace)!;
    return session.relayTo(statement, { shard, type: target.type, database: databaseOf(target) });
  }
  const operands = operandsOf(session, source);
  if (isOnShards(session, found, plan, operands)) return runPlan(session, statement, plan, operands);
  return runMade(session, statement, source.subarray(scan.start, scan.end), undefined, keyspace);
}

/** Whether shards that have the functions can answer by themselves: one does, or each gives the same for the same. */
function isOnShards(
  session: Session,
  { keyspace, deterministic }: WithFunctions,
  plan: Plan,
  operands: Operands,
): boolean {
  if (plan.kind !== 'query' || plan.keyspace !== keyspace || session.state.target.keyspace !== keyspace)
    return false;
  const map = session.services.plans.shardMap(keyspace);
  const isOne = shardsFor(plan.groups, operands, map, refusalOf(plan.scatter)).length <= 1;
  return isOne || (deterministic && !isRefusal(plan.scatter) && !isCombined(plan.scatter));
}

/** A function that MySQL does not know either gets MySQL's own words. */
async function refuseHidden(session: Session, { scan, source }: Statement): Promise<never> {
  const error = await preparedErrorAt(session, session.state.target, source.subarray(scan.start, scan.end));
  if (error !== undefined) throw new TabletRefusal(error);
  throw hidden();
}

/** The values of a text statement whose fingerprint has just been read. */
function operandsOf(session: Session, source: Buffer): Operands {
  const { plans } = session.services;
  const slots = plans.hasFingerprint ? plans.fingerprint.literals : undefined;
  return new Operands(source, lexModeIn(session), slots, [], session.state.valueContext);
}

function runPlan(
  session: Session,
  statement: Statement,
  plan: Plan,
  operands: Operands,
): Promise<unknown> | undefined {
  switch (plan.kind) {
    case 'query':
      return runQuery(session, statement, plan, operands);
    case 'change':
      return runChange(session, statement, plan, operands);
    case 'insert':
      return runInsert(session, statement, plan, operands);
    case 'vindex':
      return answerVindexQuery(session, plan, operands);
    case 'gather':
    case 'join':
      requireScatter(session, statement.scan, statement.source, plan, operands);
      if (asksSession(session, statement.scan)) return runCounting(session, statement);
      return runParts(
        session,
        statement,
        gatherInstead(session, plannedText(session, statement), plan) ?? plan,
      );
    default:
      return unreachable(plan);
  }
}

export const valuesOf = (source: Buffer, operands: Operands): TextValues =>
  new TextValues(source, operands, Date.now());

function runQuery(
  session: Session,
  statement: Statement,
  plan: QueryPlan,
  operands: Operands,
): Promise<unknown> | undefined {
  const map = session.services.plans.shardMap(plan.keyspace);
  const shards = shardsFor(plan.groups, operands, map, refusalOf(plan.scatter));
  if (shards.length <= 1 || isRefusal(plan.scatter)) {
    relaySingle(session, statement, plan, shards[0], map, operands);
    return undefined;
  }
  requireScatter(session, statement.scan, statement.source, plan, operands);
  if (asksSession(session, statement.scan)) return runCounting(session, statement);
  const { scatter } = plan;
  const gathered = gatherInstead(session, plannedText(session, statement), scatter);
  if (gathered !== undefined) return runParts(session, statement, gathered);
  if (isCombined(scatter)) return runParts(session, statement, scatter);
  return runScatter(
    session,
    statement,
    scatter,
    shards.map((at) => placeAt(session, plan.keyspace, map, at)),
    operands,
  );
}

/** With numbers of the last statement in its text, which is planned anew. */
async function runCounting(session: Session, statement: Statement): Promise<unknown> {
  return runKnown(session, await withSessionValues(session, statement));
}

/** The statement whose fingerprint has just been read, as parts that are put together. */
function runParts(session: Session, { scan, source }: Statement, plan: CombinedPlan): Promise<void> {
  const { plans } = session.services;
  // The slots are those of the statement read last, which is another one as soon as something waits.
  const slots = plans.hasFingerprint ? plans.fingerprint.literals.copy() : undefined;
  const operands = new Operands(source, lexModeIn(session), slots, [], session.state.valueContext);
  const nowMs = Date.now();
  const values = () => new TextValues(source, operands, nowMs);
  const askCursor = (text: Buffer) => asCursor(session, text, []);
  return runCombined(
    { session, scan, source, operands, values, ask: asText, askCursor, prepared: undefined },
    plan,
  );
}

/** The text as it came, or with its tables' names put right, to one shard. */
function relaySingle(
  session: Session,
  statement: Statement,
  plan: Pick<QueryPlan, 'keyspace' | 'text'>,
  shard: number | undefined,
  map: ShardMap,
  operands: Operands,
): void {
  const place = placeAt(session, plan.keyspace, map, shard ?? 0);
  if (plan.text === undefined) session.relayTo(statement, place);
  else
    session.relayTo(
      { ...statement, packet: textPacket(textOf(plan.text, valuesOf(statement.source, operands))) },
      place,
    );
}

/** The place of a shard of the map. Raises HG_NO_TABLET. */
export function placeAt(session: Session, keyspace: string, map: ShardMap, at: number): Place {
  const { target } = session.state;
  const name = map.names[at];
  const shard = name === undefined ? undefined : session.services.gateway.shard(keyspace, name);
  if (shard === undefined)
    throw new HeadgateError('HG_NO_TABLET', {
      keyspace,
      detail: `keyspace ${keyspace} has no shard ${name ?? ''}`,
    });
  // What is not the session's own keyspace is named in the text; a held connection must not come to have a database.
  const own = target.keyspace === keyspace || target.keyspace === '';
  const database = own ? databaseOf(target) : keyspace;
  return { shard, type: target.type, database };
}

/** Reads of the session's own state have one connection to look at. */
const ofOneConnection: readonly (readonly [number, string])[] = [
  [effect.writesUserVariable, 'setting user variables'],
  [effect.namedLock, 'named locks'],
  [effect.lastInsertIdWrite, 'LAST_INSERT_ID(expression)'],
  [effect.foundRows | effect.calcFoundRows, 'FOUND_ROWS() and SQL_CALC_FOUND_ROWS'],
  [effect.rowCount, 'ROW_COUNT()'],
  [effect.diagnosticsRead, 'the diagnostics of the last statement'],
  [effect.intoOutfile, 'INTO OUTFILE'],
  [effect.temporaryTable, 'temporary tables'],
  [effect.connectionLock, 'locks of a connection'],
];

export function requireSeveral(
  session: Readonly<{ state: Pick<Session['state'], 'unmergeable'> }>,
  { effects }: StatementScan,
): void {
  const { unmergeable } = session.state;
  if (unmergeable !== undefined) throw notOverShards(`a statement under ${unmergeable}`);
  for (const [bits, what] of ofOneConnection) if ((effects & bits) !== 0) throw notOverShards(what);
}

/** What the statement's operators may keep. */
export const memoryBudget = (session: Session, { directives }: StatementScan): MemoryBudget =>
  new MemoryBudget(
    directives?.ignoresMemoryLimit === true ? Number.POSITIVE_INFINITY : session.services.statementBytesMax,
  );

function runScatter(
  session: Session,
  { scan, source }: Statement,
  scatter: Scatter,
  places: readonly Place[],
  operands: Operands,
): Promise<void> {
  requireSeveral(session, scan);
  const limited = underSelectLimit(session.state, scatter);
  // The slots are those of the statement read last, which is another one as soon as something waits.
  const packet = textPacket(textOf(limited.text, valuesOf(source, operands)));
  const limits = limitsOf(limited, operands);
  const questions = places.map((place) => ({ place, packet: () => packet }));
  const budget = memoryBudget(session, scan);
  const original = source.subarray(scan.start, scan.end);
  return scatterRead(session, scan, { questions, original }, (shards) =>
    scatterRows(limited, shards, { protocol: 'text', budget, rowsWanted: (step) => limits.get(step)! }),
  );
}

/** What the LIMIT steps of a plan let through. */
export function limitsOf(
  { steps }: Pick<Scatter, 'steps'>,
  operands: Operands,
): Map<Step, Readonly<{ offset: number; count: number }>> {
  const limits = new Map<Step, Readonly<{ offset: number; count: number }>>();
  for (const step of steps) {
    if (step.kind !== 'limit') continue;
    const offset = step.offset === undefined ? 0 : Number(rowCountOf(operands, step.offset));
    limits.set(step, { offset, count: Number(rowCountOf(operands, step.count)) });
  }
  return limits;
}

function runChange(
  session: Session,
  statement: Statement,
  plan: ChangePlan,
  operands: Operands,
): Promise<unknown> | undefined {
  const map = session.services.plans.shardMap(plan.keyspace);
  const shards = shardsFor(plan.groups, operands, map, plan.refusal);
  if (shards.length <= 1) {
    relaySingle(session, statement, plan, shards[0], map, operands);
    return undefined;
  }
  requireSeveral(session, statement.scan);
  requireScatter(session, statement.scan, statement.source, plan, operands);
  const text = textOf(plan.scatterText, valuesOf(statement.source, operands));
  const statements = shards.map((at) => ({
    place: placeAt(session, plan.keyspace, map, at),
    text,
    rowNumbers: undefined,
    parameters: undefined,
  }));
  return changeShards(session, statement, plan, statements);
}

export async function changeShards(
  session: Session,
  statement: Statement,
  plan: ChangePlan,
  statements: Parameters<typeof writeOnShards>[2],
): Promise<void> {
  const { affectedRows, warnings, status, warningRows, parts } = await writeOnShards(
    session,
    statement,
    statements,
  );
  const info = addedInfo(parts.map((part) => part.info));
  const matched = /\d+/.exec(info)?.[0];
  const rows = plan.verb === 'update' && matched !== undefined ? BigInt(matched) : undefined;
  const warningCount = warnings + session.diagnostics.besideCount;
  session.diagnostics.noteSeveral({ rows, affectedRows, warnings, warningRows });
  const statusFlags = session.statusFlags | status;
  session.okWith({ affectedRows, statusFlags, warnings: warningCount, info });
}

/**
 * Our parser does not understand the statement: MySQL says what is wrong with it. Where MySQL does understand it, the parser has a gap, and
 * the statement is refused, since nobody knows what it would have to do here.
 */
async function askMySql(
  session: Session,
  { scan, source }: Statement,
  problem: SyntaxProblem,
): Promise<void> {
  const text = source.subarray(scan.start, scan.end);
  const error = await preparedErrorAt(session, session.state.target, text);
  if (error !== undefined) throw new TabletRefusal(error);
  const digest = digestOf(source, scan.start, scan.end, lexModeIn(session), GAP_CHARACTERS_MAX);
  session.services.plans.noteGap(digest.text, problem);
  throw new HeadgateError('HG_PARSER_GAP', { detail: problem.message });
}
