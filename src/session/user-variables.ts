/**
 * User variables go with the session: what a statement has set is read from its connection, and put onto another one before a
 * statement that may read it. A connection that has variables is reset before another session gets it.
 */
import { textValues } from '../gateway/answer-collector.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { demand } from '../gateway/prepare-connection.ts';
import { effect, type StatementKind, type StatementScan } from '../sql/statement.ts';
import { userVariableNames } from '../sql/user-variables.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';
import { pin } from './pins.ts';
import { lexModeIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import { namesTables, type Place } from './statement-place.ts';
import { isPlainName, valuesIn, valuesQuestion } from './user-variable-value.ts';

const ERRNO_PARSE_ERROR = 1064;

/** Statements that run others; they pin their connection. */
const runningOthers: ReadonlySet<StatementKind> = new Set(['call', 'execute', 'unknown']);

const firingTriggers: ReadonlySet<StatementKind> = new Set(['insert', 'replace', 'update', 'delete', 'load']);

const runsOthers = ({ kind, effects }: StatementScan): boolean =>
  runningOthers.has(kind) || (effects & (effect.unknownFunction | effect.lexError)) !== 0;

const noVariables = new Map<string, never>();

/** Whether the statement may read variables of the session, in stored code perhaps. */
export function mayReadVariables({ state }: Session, scan: StatementScan): boolean {
  if ((scan.effects & effect.readsUserVariable) !== 0) return true;
  return state.variables.current !== undefined && (runsOthers(scan) || namesTables(scan));
}

/** Whether a connection for the statement has all that it may read. */
export function hasVariables(session: Session, scan: StatementScan, connection: BackendConnection): boolean {
  const { current = noVariables, isOpaque } = session.state.variables;
  if ((connection.userVariables ?? noVariables) === current) return true;
  // It alone knows what they are now.
  if (isOpaque && session.holding.holds(connection)) return true;
  if ((scan.effects & effect.readsUserVariable) !== 0 || runsOthers(scan)) return false;
  return !(namesTables(scan) && hasStoredCode(session, connection));
}

const hasStoredCode = ({ services }: Session, connection: BackendConnection): boolean =>
  services.gateway.poolOf(connection)?.hasStoredCode === true;

/** Puts the session's variables onto a connection that lacks them, if the statement may read them. */
export async function putVariables(
  session: Session,
  scan: StatementScan,
  connection: BackendConnection,
): Promise<void> {
  if (hasVariables(session, scan, connection)) return;
  const { current } = session.state.variables;
  const before = connection.userVariables;
  const missing = [...(current ?? [])].filter(([name, value]) => before?.get(name) !== value);
  // The session began anew since it used this connection.
  const stale = [...(before?.keys() ?? [])].filter((name) => current?.has(name) !== true);
  // Not later: should this fail half way, somebody's variables are there.
  connection.suspect = true;
  const assignments = [
    ...missing.map(([name, { sql }]) => `@\`${name}\`=${sql}`),
    ...stale.map((name) => `@\`${name}\`=NULL`),
  ];
  if (assignments.length > 0) await demand(connection.query(`SET ${assignments.join(', ')}`));
  connection.userVariables = current;
}

/** Stored code has run on a connection: what it has set there is not known. */
export function doubtVariables(
  { state }: Session,
  { kind }: StatementScan,
  connection: BackendConnection,
): void {
  state.variables.doubtOthers();
  connection.triggered ||= firingTriggers.has(kind);
  connection.userVariables = undefined;
}

/** Whether a statement that has run may have set variables, so that they have to be read before anything else. */
export function mayHaveSetVariables(
  session: Session,
  scan: StatementScan,
  connection: BackendConnection,
): boolean {
  const { variables } = session.state;
  if (runsOthers(scan)) {
    // It keeps its connection, where the variables are.
    variables.loseSight();
    return false;
  }
  if ((scan.effects & effect.writesUserVariable) !== 0) return true;
  return variables.current !== undefined && namesTables(scan) && hasStoredCode(session, connection);
}

/** Ends a statement that may have set variables: reads them, and gives the connection back or holds it. */
export async function settleWithVariables(
  session: Session,
  statement: Statement,
  answer: ResponseRelay,
  connection: BackendConnection,
  place: Place,
): Promise<void> {
  const { scan, source } = statement;
  const { error, hasRows } = answer;
  const names = userVariableNames(source, scan.start, scan.end, lexModeIn(session));
  let pins = statement.leaves?.({ answer, connection, packet: statement.packet }) ?? 0;
  if (error?.errno !== ERRNO_PARSE_ERROR) {
    if (scan.kind === 'select' && !hasRows) session.diagnostics.askFoundRows(connection);
    pins |= await learnVariables(session, scan, names, connection, place);
  }
  session.holding.settle(scan, { error }, connection, place, pins);
  session.finished(error !== undefined);
}

/**
 * Reads variables that may have changed on a connection. Returns the pins for those that cannot be carried; on an error the
 * connection is closed.
 */
export async function learnVariables(
  session: Session,
  scan: StatementScan,
  names: readonly string[],
  connection: BackendConnection,
  place: Place,
): Promise<number> {
  const { variables } = session.state;
  connection.suspect = true;
  try {
    await session.diagnostics.leave(connection);
    const all = new Set(names);
    if (namesTables(scan) && hasStoredCode(session, connection)) {
      const hidden = firingTriggers.has(scan.kind) ? await namesOn(connection) : [];
      for (const name of hidden ?? []) all.add(name);
      for (const name of variables.current?.keys() ?? []) all.add(name);
      // On a shard, what triggers set is that shard's; elsewhere it is to be found as in one MySQL.
      const isWhole =
        session.services.gateway.topology?.keyspaces.get(place.shard.keyspace)?.sharded !== true;
      if (hidden === undefined && isWhole) return keepHere(session);
    }
    if (all.size === 0) return 0;
    return (await readValues(session, [...all], connection)) ? 0 : keepHere(session);
  } catch (error) {
    // What the variables are now cannot be known; the client has its answer already.
    connection.close();
    throw error;
  }
}

function keepHere({ state }: Session): number {
  state.variables.loseSight();
  return pin.userVariables;
}

/** False where they cannot be carried, or are too large. */
async function readValues(
  { state: { variables }, services }: Session,
  names: readonly string[],
  connection: BackendConnection,
): Promise<boolean> {
  if (!names.every(isPlainName)) return false;
  const { userVariableBytesMax } = services.limits;
  const answer = await connection.query(valuesQuestion(names, userVariableBytesMax));
  if (answer.error !== undefined || answer.rows.length === 0) return false;
  variables.take(valuesIn(answer, names));
  if (variables.bytes > userVariableBytesMax) return false;
  connection.userVariables = variables.current;
  return true;
}

/** Makes a connection's variables the session's under other names: `names` gives those of the connection. */
export async function takeVariables(
  { state: { variables }, services }: Session,
  names: ReadonlyMap<string, string>,
  connection: BackendConnection,
): Promise<void> {
  const own = [...names].filter(([name]) => isPlainName(name));
  const theirs = own.map(([, name]) => name);
  if (own.length === 0) return;
  const answer = await connection.query(valuesQuestion(theirs, services.limits.userVariableBytesMax));
  if (answer.error !== undefined || answer.rows.length === 0) return;
  const values = valuesIn(answer, theirs);
  variables.take(new Map(own.map(([name, other]) => [name, values.get(other)])));
}

/** The names of all variables that a connection has; undefined where the server does not tell. */
async function namesOn(connection: BackendConnection): Promise<readonly string[] | undefined> {
  const answer = await connection.query(
    'SELECT VARIABLE_NAME FROM performance_schema.user_variables_by_thread WHERE THREAD_ID = PS_CURRENT_THREAD_ID() LIMIT 18446744073709551615',
  );
  if (answer.error !== undefined || answer.rows.length === 0) return undefined;
  return answer.rows.map((_, at) => (textValues(answer, at)[0] ?? '').toLowerCase());
}
