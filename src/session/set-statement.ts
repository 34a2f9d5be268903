/**
 * SET runs on a tablet as the client wrote it, so that MySQL itself refuses bad values; what succeeded is then remembered
 * and goes with the session from connection to connection. What cannot be carried keeps the connection.
 */
import { textValues } from '../gateway/answer-collector.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { demand } from '../gateway/prepare-connection.ts';
import { serverStatus } from '../mysql/protocol.ts';
import { type Assignment, effect, type StatementScan } from '../sql/statement-scan.ts';
import { userVariableNames } from '../sql/user-variables.ts';
import { unreadable } from './diagnostics.ts';
import { setNextTransaction } from './next-transaction.ts';
import { pin } from './pins.ts';
import { placeFor } from './prepared-error.ts';
import { lexModeIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import { refuseSet } from './set-refusals.ts';
import { setVitess } from './set-vitess.ts';
import { assignedText, carriedVariable, valueText } from './settings.ts';
import { notOverShards } from './shard-writes.ts';
import { learnVariables } from './user-variables.ts';

const ERRNO_PARSE_ERROR = 1064;

/** Variables whose value decides how statements are read: a number in place of a name has to be looked up. */
const namedValues = new Set([
  'sql_mode',
  'character_set_client',
  'character_set_results',
  'character_set_connection',
  'collation_connection',
]);

/** What is set is added to what was set before. */
const cumulative: ReadonlySet<string> = new Set(['optimizer_switch']);

/** DEFAULT is not the value that sessions begin with: MySQL takes 0, or the server's for the database's. */
const oddDefaults: ReadonlySet<string> = new Set([
  'foreign_key_checks',
  'unique_checks',
  'character_set_database',
  'collation_database',
]);

/** Names of what LAST_INSERT_ID() gives. */
const insertIdNames: ReadonlySet<string> = new Set(['last_insert_id', 'identity']);

/** `packetFor` makes the packet to send (EXECUTE) once the connection is known; without it the statement's own goes. */
export async function setStatement(
  session: Session,
  statement: Statement,
  packetFor?: (connection: BackendConnection) => Promise<Buffer>,
): Promise<void> {
  const { scan } = statement;
  const assignments = scan.assignments ?? [];
  refuseSet(assignments, statement.source);
  const place = await placeFor(session, statement);
  if (setVitess(session, scan) || setNextTransaction(session, scan)) return;
  const everywhere = forAllHeld(session, scan);
  // Switching it on ends the transaction; a single tablet does that itself.
  if (!session.state.autocommit && session.holding.count > 1 && setsAutocommit(assignments)) {
    await commitBefore(session, assignments);
  }
  const { diagnostics } = session;
  const last = packetFor === undefined ? diagnostics.takeLast(scan, place) : undefined;
  if (last === undefined) await diagnostics.settleFacts(scan.effects);
  if (last === undefined && (scan.effects & effect.diagnosticsRead) !== 0 && diagnostics.warningCount > 0) {
    throw unreadable('in a SET; use SHOW WARNINGS');
  }
  // Before it changes how text is read.
  const setsVariables = (scan.effects & effect.writesUserVariable) !== 0;
  const variables = setsVariables
    ? userVariableNames(statement.source, scan.start, scan.end, lexModeIn(session))
    : [];
  const text = last === undefined ? diagnostics.substitute(statement) : statement.packet;
  const connection = last ?? (await session.holding.lease(scan, place));
  if (last === undefined) await diagnostics.prime(scan, connection);
  const packet = packetFor === undefined ? text : await packetFor(connection);
  const answer = await session.exchange({ ...statement, packet }, place, connection);
  const failed = answer.error !== undefined || connection.closed;
  let pins = 0;
  if (!failed) {
    try {
      pins = await remember(session, statement, assignments, connection);
      if (everywhere)
        await session.holding.settingsChanged(
          connection,
          textForOthers(session, statement, packetFor !== undefined),
        );
    } catch (error) {
      // What the variables are now cannot be known; the client has its OK already.
      connection.close();
      throw error;
    }
  }
  const outcome = { error: failed ? answer.error : undefined };
  if (variables.length > 0 && !connection.closed && outcome.error?.errno !== ERRNO_PARSE_ERROR)
    pins |= await learnVariables(session, scan, variables, connection, place);
  session.holding.settle(scan, outcome, connection, place, pins);
  session.finished(failed);
}

const setsAutocommit = (assignments: readonly Assignment[]): boolean =>
  assignments.some(({ target, name }) => target === 'session' && name === 'autocommit');

/** SET autocommit on several shards: 1 commits them all. */
async function commitBefore(session: Session, assignments: readonly Assignment[]): Promise<void> {
  const [{ value, valueKind }] = assignments as readonly [Assignment];
  if (assignments.length > 1 || value === undefined || valueKind === 'expression')
    throw notOverShards('SET autocommit together with others, or with an expression');
  if (!/^(0|off|false)$/i.test(value)) await session.holding.complete('commit');
}

const isShared = ({ target, name }: Assignment): boolean =>
  target === 'names' ||
  target === 'charset' ||
  (target === 'session' && name !== 'autocommit' && carriedVariable(name) !== undefined);

/** Whether what is set here has to be set on all held connections. Raises HG_SHARDED_NOT_PLANNED where it cannot be said for all of them. */
function forAllHeld(session: Session, { assignments = [] }: StatementScan): boolean {
  if (session.holding.count < 2) return false;
  if (!assignments.some(isShared)) return false;
  const isKnown = assignments.every((each) => isShared(each) || each.target === 'userVariable');
  if (!isKnown)
    throw notOverShards(
      'SET of autocommit or of what one connection has alone together with other variables',
    );
  return true;
}

/** The SET for the session's other connections: its own where it means the same there, else with the values that it has come to. */
function textForOthers({ state }: Session, { source, scan }: Statement, isPrepared: boolean): Buffer {
  const { assignments = [] } = scan;
  const isConstant = assignments.every((each) => isShared(each) && each.valueKind !== 'expression');
  if (isConstant && !isPrepared) return source.subarray(scan.start, scan.end);
  const names = assignments.filter(isShared).map(({ target, name }) => {
    if (target === 'session') return carriedVariable(name)!;
    return state.assignment('names') === undefined ? 'charset' : 'names';
  });
  return Buffer.from(`SET ${[...new Set(names)].map(assigned).join(', ')}`, 'latin1');

  function assigned(name: string): string {
    const sqlMode = `@@session.sql_mode=${valueText(state.sqlMode)}`;
    return name === 'sql_mode' ? sqlMode : (state.assignment(name) ?? `@@session.${name}=DEFAULT`);
  }
}

/** Takes over what was set; returns the pins for what only this connection has. */
async function remember(
  session: Session,
  { source, scan }: Statement,
  assignments: readonly Assignment[],
  connection: BackendConnection,
): Promise<number> {
  let pins = scan.assignments === undefined ? pin.unknown : 0;
  const unread: string[] = [];
  let setsInsertId = false;
  for (const assignment of assignments) {
    const name = carriedVariable(assignment.name);
    switch (assignment.target) {
      case 'names':
      case 'charset':
        await rememberCharset(session, assignment, source, connection);
        break;
      case 'session':
        if (insertIdNames.has(assignment.name)) setsInsertId = true;
        else if (name === undefined) pins |= pin.variables;
        else if (name === 'autocommit')
          session.state.setAutocommit((connection.status & serverStatus.autocommit) !== 0);
        else if (!takeOver(session, name, assignment, source)) unread.push(name);
        break;
      case 'nextTransaction':
        pins |= pin.nextTransaction;
        break;
      case 'userVariable':
      case 'password':
        break;
      default:
        pins |= pin.unknown;
    }
  }
  if (unread.length > 0 || setsInsertId) await session.diagnostics.leave(connection);
  if (unread.length > 0) await readBack(session, unread, connection);
  if (setsInsertId) await session.diagnostics.insertIdSet(connection);
  if (connection.need !== undefined) connection.need = session.state.needFor(connection.database);
  return pins;
}

function takeOver(session: Session, name: string, assignment: Assignment, source: Buffer): boolean {
  const text = assignedText(assignment, source);
  if (cumulative.has(name) || (text === 'DEFAULT' && oddDefaults.has(name))) return false;
  if (text === undefined || (namedValues.has(name) && /^[0-9]/.test(text))) return false;
  session.state.setVariable(name, text, assignment.value);
  return true;
}

async function readBack(
  session: Session,
  names: readonly string[],
  connection: BackendConnection,
): Promise<void> {
  const answer = await demand(
    connection.query(`SELECT ${names.map((name) => `@@session.${name}`).join(', ')} LIMIT 1`),
  );
  textValues(answer, 0).forEach((value, at) => {
    session.state.setVariable(names[at]!, valueText(value), value ?? undefined);
  });
}

async function rememberCharset(
  session: Session,
  assignment: Assignment,
  source: Buffer,
  connection: BackendConnection,
): Promise<void> {
  const { target, valueKind, value, collate } = assignment;
  if (target === 'names' && valueKind !== 'default' && value !== undefined) {
    session.state.setNames(value, collate);
    return;
  }
  const text = source.toString('latin1', assignment.valueStart, assignment.valueEnd);
  await session.diagnostics.leave(connection);
  const answer = await demand(connection.query('SELECT @@session.character_set_client LIMIT 1'));
  session.state.setCharsetStatement(
    target === 'names' ? 'names' : 'charset',
    text,
    textValues(answer, 0)[0] ?? 'utf8mb4',
  );
}
