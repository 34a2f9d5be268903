/** Statements of the router's own that must get through when all connections are busy: KILL. */
import type { TabletRecord } from '../topology/topology.ts';
import { BackendConnection, ERRNO_TOO_MANY_CONNECTIONS, type TabletLogin } from './backend-connection.ts';
import { demand } from './prepare-connection.ts';
import { noStatements, plainNeed, type TabletObserver } from './tablet-observer.ts';
import { TabletRefusal } from './tablet-refusal.ts';

/** Whether a server has refused a connection because it has as many as it allows. */
export const isServerFull = (error: unknown): boolean =>
  error instanceof TabletRefusal && error.answer.errno === ERRNO_TOO_MANY_CONNECTIONS;

/**
 * Runs a statement on a connection of its own; where the server has no room for another one, on that of the observer. Rejects with
 * TabletRefusal, or with HG_TABLET_LOST when nobody answers within `connectMsMax`.
 */
export async function runAside(
  sql: string,
  tablet: TabletRecord,
  login: TabletLogin,
  observer: TabletObserver,
): Promise<void> {
  let connection: BackendConnection;
  try {
    connection = await BackendConnection.connect(tablet, login, plainNeed, noStatements, () => {});
  } catch (error) {
    if (!isServerFull(error)) throw error;
    await observer.query(sql);
    return;
  }
  const silent = setTimeout(() => connection.close(), login.connectMsMax);
  try {
    await demand(connection.query(sql));
  } finally {
    clearTimeout(silent);
    connection.close();
  }
}
