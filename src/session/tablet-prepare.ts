/** PREPARE on tablets, which allow only so many statements for all of their clients together. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CollectedAnswer } from '../gateway/answer-collector.ts';
import type { BackendConnection } from '../gateway/backend-connection.ts';
import { closeAllOnTablet, makeStatementRoom } from '../gateway/statement-room.ts';
import { command } from '../mysql/protocol.ts';
import { ERRNO_TOO_MANY_STATEMENTS } from '../mysql/server-errors.ts';
import type { ServerError } from '../wire/err-packet.ts';
import type { Session } from './session.ts';

/** Other sessions' statements end, and their connections can be emptied: so long that is waited for. */
const ROOM_MS_MAX = 1000;
const RETRY_MS = 20;

type Refusable = Readonly<{ error: ServerError | undefined }>;

/** Prepares a text on a connection that the session has. An error may still be 1461, after a while in which nobody made room. */
export function prepareOnTablet(
  session: Session,
  connection: BackendConnection,
  text: Buffer,
): Promise<CollectedAnswer> {
  return withRoom(session, connection, () => connection.ask(command.stmtPrepare, text, 'prepare'));
}

/** Repeats a PREPARE for which the tablet has no room, after having others' statements closed that wait for their next use. */
export async function withRoom<T extends Refusable>(
  session: Session,
  connection: BackendConnection,
  prepare: () => Promise<T>,
): Promise<T> {
  const endMs = performance.now() + ROOM_MS_MAX;
  for (;;) {
    const answer = await prepare();
    if (answer.error?.errno !== ERRNO_TOO_MANY_STATEMENTS || performance.now() > endMs) return answer;
    const told = /current value: (\d+)/.exec(answer.error.message)?.[1];
    if (!(await makeRoom(session, connection, told))) await sleep(RETRY_MS);
  }
}

/** Whether any was made. */
async function makeRoom(
  { services }: Session,
  connection: BackendConnection,
  tabletMax: string | undefined,
): Promise<boolean> {
  const pool = services.gateway.poolOf(connection);
  if (pool !== undefined) {
    pool.statements.refused++;
    if (tabletMax !== undefined) pool.statements.learn(Number(tabletMax));
  }
  if (connection.prepared.size > 0) {
    closeAllOnTablet(connection);
    return true;
  }
  return pool !== undefined && (await makeStatementRoom(pool, () => false)) > 0;
}

/** After a statement was kept: if that is more than the router's share, idle connections close theirs. */
export function keepToShare({ services }: Session, connection: BackendConnection): void {
  const pool = services.gateway.poolOf(connection);
  if (pool?.statements.isExceeded !== true) return;
  void makeStatementRoom(pool, () => !pool.statements.isExceeded);
}
