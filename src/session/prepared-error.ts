import type { ServerError } from '../wire/err-packet.ts';
import type { Session } from './session.ts';
import type { Place } from './statement-place.ts';
import { prepareOnTablet } from './tablet-prepare.ts';

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
    return (await prepareOnTablet(session, connection, text)).error;
  } finally {
    holding.discard(connection);
  }
}
