/** What an idle connection is fit for. */
import { serverStatus } from '../mysql/protocol.ts';
import type { BackendConnection, ConnectionOwner } from './backend-connection.ts';
import { AUTOCOMMIT_OFF, type ConnectionNeed } from './connection-need.ts';

/** Whether what is known of a connection agrees with what it is listed for. */
export function isProven(connection: BackendConnection): boolean {
  const { need, status } = connection;
  if (connection.busy || need === undefined || (status & serverStatus.inTransaction) !== 0) return false;
  const autocommit = !need.settings.includes(AUTOCOMMIT_OFF);
  return autocommit === ((status & serverStatus.autocommit) !== 0) && need.database === connection.database;
}

/** Whether an idle connection is ready as it is, with nothing on it that another session may still ask for. */
export const isFree = (
  connection: BackendConnection,
  need: ConnectionNeed,
  owner: ConnectionOwner,
): boolean =>
  !connection.leased &&
  !connection.closed &&
  connection.need?.key === need.key &&
  ((connection.pending === 0 && !connection.suspect) || connection.owner === owner);

/** Whether its last session may still ask for what it has left there, which is nowhere else. */
export const isWanted = ({ triggered, owner }: BackendConnection): boolean =>
  triggered && owner?.closed === false;

/** A session that changes its settings again and again would have the whole pool. */
const WANTED_MAX = 4;

/** Of the connections that are still wanted by this session alone, which has enough of them: the one that it has used longest ago. */
export function leastWanted(
  connections: Iterable<BackendConnection>,
  need: ConnectionNeed,
  owner: ConnectionOwner,
): BackendConnection | undefined {
  const own = [...connections].filter(
    (each) => !each.leased && !each.busy && each.owner === owner && isWanted(each),
  );
  if (own.length < WANTED_MAX) return undefined;
  const fit = own.filter((each) => canServe(each, need));
  return fit.sort((a, b) => a.idleSinceMs - b.idleSinceMs)[0];
}

/** Whether a connection can be made to fit: capabilities are fixed at login, and a database cannot be unselected. */
export const canServe = (connection: BackendConnection, need: ConnectionNeed): boolean =>
  connection.need?.capabilities === need.capabilities && (need.database !== '' || connection.database === '');

/** Gives it to its next owner. */
export function lend(connection: BackendConnection, owner: ConnectionOwner): BackendConnection {
  if (connection.owner !== owner) {
    connection.owner = owner;
    connection.pending = 0;
  }
  connection.leased = true;
  return connection;
}
