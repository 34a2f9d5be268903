/**
 * Brings a connection from the state in which its last session left it to what the next one needs. Each step waits for the
 * answer of the one before: a server runs the second command even if the first has failed.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { command, serverStatus } from '../mysql/protocol.ts';
import { type CollectedAnswer, textValues } from './answer-collector.ts';
import { type BackendConnection, type CapturedState, pendingState } from './backend-connection.ts';
import { type ConnectionNeed, connectionNeed, settingsStatement } from './connection-need.ts';
import { TabletRefusal } from './tablet-refusal.ts';

/** `ask` whose refusal by the tablet is raised as TabletRefusal. */
export async function demand(answer: Promise<CollectedAnswer>): Promise<CollectedAnswer> {
  const result = await answer;
  if (result.error !== undefined) throw new TabletRefusal(result.error);
  return result;
}

/**
 * Asks for what only the connection knows of its owner's last statement and hands it to the owner. Warnings come first:
 * any other statement would clear them, while SHOW WARNINGS changes nothing.
 */
export async function captureState(connection: BackendConnection): Promise<void> {
  const { owner, pending } = connection;
  connection.owner = undefined;
  if (owner === undefined || pending === 0) {
    connection.pending = 0;
    return;
  }
  const warnings =
    pending & pendingState.diagnostics ? await demand(connection.query('SHOW WARNINGS')) : undefined;
  // With LIMIT, whatever the session has made of sql_select_limit.
  const ids = await demand(connection.query('SELECT FOUND_ROWS(), LAST_INSERT_ID() LIMIT 1'));
  const [foundRows, lastInsertId] = textValues(ids, 0);
  const state: CapturedState = {
    pending,
    foundRows: BigInt(foundRows!),
    lastInsertId: BigInt(lastInsertId!),
    warnings,
  };
  owner.onStateCaptured(connection, state);
  // Not before: whoever asks for it meanwhile has to see that it is still on its way.
  connection.pending = 0;
  connection.lastInsertId = state.lastInsertId;
}

/** Makes the connection fit `need`. Raises TabletRefusal (the connection is then of unknown state) or HG_TABLET_LOST. */
export async function prepareConnection(connection: BackendConnection, need: ConnectionNeed): Promise<void> {
  await captureState(connection);
  const before = connection.suspect ? undefined : connection.need;
  if (before?.key === need.key) return;
  connection.need = undefined;
  const sameSession =
    before !== undefined && before.collationId === need.collationId && sameSettings(before, need);
  if (!sameSession) await resetConnection(connection);
  if (need.database !== connection.database) await selectDatabase(connection, need.database);
  // Selecting a database has undone what was set of its character set.
  const undone = need.settings.some((setting) => /_database=/.test(setting));
  if (!sameSession || undone) await applySettings(connection, need, undefined);
  connection.need = need;
}

/** Applies the settings of a need to a connection that is in its server's default state. */
export async function applySettings(
  connection: BackendConnection,
  need: ConnectionNeed,
  connectedCollationId: number | undefined,
): Promise<void> {
  const statement = settingsStatement(need, connectedCollationId);
  if (statement !== undefined) await demand(connection.query(statement));
}

export async function selectDatabase(connection: BackendConnection, database: string): Promise<void> {
  await demand(connection.ask(command.initDb, Buffer.from(database)));
  connection.database = database;
  if (connection.need !== undefined) connection.need = connectionNeed({ ...connection.need, database });
}

/** COM_RESET_CONNECTION: rolls back, drops temporary tables, locks, variables, prepared statements; keeps the database. */
export async function resetConnection(connection: BackendConnection): Promise<void> {
  await demand(connection.ask(command.resetConnection));
  connection.prepared.clear();
  connection.named.clear();
  connection.suspect = false;
  connection.userVariables = undefined;
  connection.triggered = false;
  connection.lastInsertId = 0n;
  connection.need = undefined;
  if (connection.status & serverStatus.inTransaction) {
    throw new HeadgateError('HG_INTERNAL', {
      detail: `${connection.place} is in a transaction after a reset`,
    });
  }
}

function sameSettings(a: ConnectionNeed, b: ConnectionNeed): boolean {
  return (
    a.settings.length === b.settings.length && a.settings.every((setting, at) => setting === b.settings[at])
  );
}
