/** A connection that a session holds, and what is asked about it. */
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { serverStatus } from '../mysql/protocol.ts';
import type { BeginOptions } from '../sql/statement-scan.ts';
import type { ResponseRelay } from '../wire/response-relay.ts';
import type { Place } from './statement-place.ts';

export type Held = {
  readonly connection: BackendConnection;
  readonly place: Place;
  /** Why it is held: bits of `pin`. */
  pins: number;
  /** Since when (`performance.now()`). */
  readonly sinceMs: number;
};

/** How a statement ended on one connection. */
export type Outcome = Pick<ResponseRelay, 'error'>;

/** A statement's answer, with the packet that was sent. */
export type Answered = Readonly<{ answer: ResponseRelay; connection: BackendConnection; packet: Buffer }>;

/** MySQL rolls the whole transaction back, not only the statement. */
export const ERRNO_DEADLOCK = 1213;

/** Whether a statement for the place belongs to the held connection. */
export const isAt = ({ place: at }: Held, place: Place): boolean =>
  at.shard === place.shard && at.type === place.type;

/** Whether the held connection has the default database of the place. */
export function hasDatabase(held: Held, place: Place): boolean {
  // What belongs to the held connection from another place has no use for the database there.
  return !isAt(held, place) || place.database === '' || held.connection.database === place.database;
}

/** The statement that begins a transaction with these options. */
export function beginText(options: BeginOptions | undefined): string {
  if (options?.readOnly) return 'START TRANSACTION READ ONLY';
  return options?.readWrite ? 'START TRANSACTION READ WRITE' : 'START TRANSACTION';
}

/** An error says nothing of the transaction: without autocommit the failed statement may have begun one. */
export function isOpen(connection: BackendConnection, answer: Outcome): boolean {
  if ((connection.status & serverStatus.inTransaction) !== 0) return true;
  const undone = answer.error?.errno === ERRNO_DEADLOCK;
  return answer.error !== undefined && !undone && (connection.status & serverStatus.autocommit) === 0;
}
