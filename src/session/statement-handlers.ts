/** Statements that concern the session itself. A handler that returns undefined leaves the statement to be relayed. */
import type { SavepointKind } from '../engine/transactions/shard-transactions.ts';
import { HeadgateError } from '../errors/headgate-error.ts';
import { sessionTrack } from '../mysql/protocol.ts';
import type { StatementKind } from '../sql/statement-scan.ts';
import { lenencString } from '../wire/lenenc.ts';
import { explain } from './explain/explain.ts';
import { kill } from './kill.ts';
import { requireLocalFiles } from './load-statement.ts';
import type { Session, Statement } from './session.ts';
import { databaseChanged } from './session-track.ts';
import { setStatement } from './set-statement.ts';
import { showDatabases } from './show/databases.ts';
import { maintainTables } from './show/maintain-tables.ts';
import { metadataQuery } from './show/metadata-query.ts';
import { showOwn } from './show/own-show.ts';
import { showAsQuery } from './show/shown-query.ts';
import { showStatus } from './show/status.ts';
import { showProcesses } from './show-processes.ts';
import { placeOf } from './statement-place.ts';
import { doQueries, setQueries } from './statement-queries.ts';
import { parseTarget } from './target.ts';

/**
 * What the session answers itself must be the whole statement: anything else in it is for MySQL to accept or refuse.
 * Comments are allowed, version comments are not.
 */
const plainUse = /^use\s*(`(?:[^`]|``)+`|"(?:[^"]|"")+"|[^\s;'"`]+)$/i;
const plainBegin =
  /^(begin(\s+work)?|start\s+transaction(\s+(with\s+consistent\s+snapshot|read\s+(only|write))(\s*,\s*(with\s+consistent\s+snapshot|read\s+(only|write)))*)?)$/i;
const plainCompletion = /^(commit|rollback)(\s+work)?(\s+and\s+(no\s+)?chain)?(\s+(no\s+)?release)?$/i;

function isPlain({ source, scan }: Statement, form: RegExp): boolean {
  const text = source.toString('latin1', scan.start, scan.end);
  return form.test(text.replace(/\/\*(?![!+]).*?\*\//gs, ' ').trim());
}

type Handler = (session: Session, statement: Statement) => Promise<unknown> | undefined;

export const statementHandlers: Partial<Record<StatementKind, Handler>> = {
  use: (session, statement) => {
    const { use: name } = statement.scan;
    return name === undefined || !isPlain(statement, plainUse) ? undefined : use(session, name);
  },
  begin,
  commit: complete,
  rollback: complete,
  savepoint,
  rollbackTo: savepoint,
  release: savepoint,
  select: metadataQuery,
  do: doQueries,
  set: (session, statement) => setQueries(session, statement) ?? setStatement(session, statement),
  prepare: preparedBySql,
  execute: preparedBySql,
  deallocate: preparedBySql,
  kill,
  admin: maintainTables,
  explain,
  load: requireLocalFiles,
  show,
};

function preparedBySql(session: Session, statement: Statement): Promise<unknown> | undefined {
  return session.prepared.sql.run(statement);
}

function show(session: Session, statement: Statement): Promise<unknown> | undefined {
  switch (statement.scan.showKind) {
    case 'databases':
      return showDatabases(session, statement);
    case 'processlist':
      return showProcesses(session, statement);
    case 'status':
      return showStatus(session, statement);
    case 'vitess':
    case 'headgate':
      return showOwn(session, statement);
    case 'other':
      return showAsQuery(session, statement);
    default:
      return undefined;
  }
}

/** The OK of a command that is no statement: as MySQL's, it counts the warnings of the statement before it again. */
export function commandOk(session: Session, sessionState?: Buffer): void {
  session.diagnostics.noteCommand(0n);
  session.okWith({ sessionState, warnings: session.diagnostics.warningCount });
}

/** USE and, as a command, COM_INIT_DB. */
export async function use(session: Session, name: string, asCommand = false): Promise<void> {
  const { gateway } = session.services;
  if (gateway.topology === undefined) await gateway.ready(session.activity.signal);
  const target = parseTarget(name, session.state.target, gateway.topology);
  if (session.inTransaction && target.type !== 'primary') {
    throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
      message: `Headgate cannot leave the primary (${name}) inside a transaction: commit or roll back first`,
    });
  }
  session.state.target = target;
  const sessionState = databaseChanged(session.state);
  if (asCommand) commandOk(session, sessionState);
  else session.ok({ sessionState });
}

/** BEGIN waits for the first statement: only then is it known which tablets take part. */
function begin(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { holding } = session;
  // It ends the transaction before it; a single tablet does that itself.
  if (holding.count > 1) return commitAndBegin(session, statement);
  return beginAlone(session, statement);
}

/** BEGIN where at most one connection has to hear of it now; others that are held join when they are used. */
function beginAlone(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { holding } = session;
  const options = statement.scan.begin;
  const atOnce =
    options?.consistentSnapshot === true ||
    session.state.tracksTransactions ||
    !isPlain(statement, plainBegin);
  if (holding.count === 1 || atOnce) {
    holding.transaction.clear();
    return undefined;
  }
  holding.beginLater(options);
  session.ok({ sessionState: transactionBegun });
  return Promise.resolve();
}

async function commitAndBegin(session: Session, statement: Statement): Promise<void> {
  await session.holding.complete('commit');
  const slow = beginAlone(session, statement);
  if (slow === undefined) session.relay(statement);
  else session.slowly(slow);
}

/** MySQL sends this block for BEGIN whatever session_track_transaction_info says: an explicit transaction, nothing in it yet. */
const transactionBegun = Buffer.concat([
  Buffer.from([sessionTrack.transactionState]),
  lenencString(lenencString('T_______')),
]);

/** And this one at the end of a transaction in which nothing has happened. */
const transactionEnded = Buffer.concat([
  Buffer.from([sessionTrack.transactionState]),
  lenencString(lenencString('________')),
]);

/** COMMIT and ROLLBACK: on the transaction's connection if there is one, on all if there are several, else there is nothing to do. */
function complete(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { chain = false, release = false } = statement.scan.completion ?? {};
  const { holding } = session;
  if (holding.count > 1) return completeAll(session, statement, chain, release);
  if (!isPlain(statement, plainCompletion)) return undefined;
  if (holding.connection !== undefined) return release ? completeAndRelease(session, statement) : undefined;
  const begun = holding.beginIsPending;
  // To chain, the transaction has to be begun first.
  if (chain && begun) return undefined;
  holding.transactionLost = false;
  holding.transaction.clear();
  if (chain) holding.beginLater(undefined);
  const ended = begun ? { sessionState: transactionEnded } : {};
  session.ok(chain ? { sessionState: transactionBegun } : ended);
  if (release) session.port.end();
  return Promise.resolve();
}

async function completeAll(
  session: Session,
  statement: Statement,
  chain: boolean,
  release: boolean,
): Promise<void> {
  const explicit = session.holding.transaction.begin !== undefined;
  await session.holding.complete(statement.scan.kind === 'commit' ? 'commit' : 'rollback', chain);
  // Only a change between explicit transactions and none is one that MySQL tells of.
  if (chain === explicit) session.ok();
  else session.ok({ sessionState: chain ? transactionBegun : transactionEnded });
  if (release) session.port.end();
}

/** SAVEPOINT and its like on several shards, or before any takes part; on a single one it is relayed. */
function savepoint(session: Session, { scan }: Statement): Promise<unknown> | undefined {
  const { holding } = session;
  const name = scan.savepoint;
  const beforeAny = holding.beginIsPending || (!session.state.autocommit && holding.count === 0);
  if (name === undefined || !(holding.count > 1 || beforeAny)) return undefined;
  return holding.savepoint(scan.kind as SavepointKind, name).then(() => session.ok());
}

async function completeAndRelease(session: Session, statement: Statement): Promise<void> {
  const place = placeOf(statement.scan, session.state.target, session.services.gateway);
  await session.exchange(statement, place, session.holding.connection!);
  session.port.end();
}
