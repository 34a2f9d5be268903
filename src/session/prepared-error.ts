import { command } from '../mysql/protocol.ts';
import type { ServerError } from '../wire/err-packet.ts';
import type { Session } from './session.ts';
import type { Place } from './statement-place.ts';

/** What MySQL has against a statement, in its own words; undefined for nothing. The statement is prepared, not run. */
export async function preparedError(
  session: Session,
  place: Place,
  text: Buffer,
): Promise<ServerError | undefined> {
  const { holding, services, activity } = session;
  const need = holding.needAt(place);
  const connection = await services.gateway.lease(
    place.shard,
    place.type,
    need,
    session,
    undefined,
    activity.signal,
  );
  try {
    return (await connection.ask(command.stmtPrepare, text, 'prepare')).error;
  } finally {
    holding.discard(connection);
  }
}
