/**
 * What connections are set to while rows are read that only the router sees: values as they are stored, and all rows. Connections for them are
 * told apart from others by their need, so that mostly one is there that is set already.
 */
import type { BackendConnection } from '../../gateway/backend-connection.ts';
import { type ConnectionNeed, connectionNeed } from '../../gateway/connection-need.ts';
import { collationById } from '../../mysql/collations.ts';
import type { StatementScan } from '../../sql/statement.ts';
import { isFirstOfNext } from '../held.ts';
import type { Session } from '../session.ts';
import type { SessionState } from '../session-state.ts';
import type { Place } from '../statement-place.ts';

const SELECT_LIMIT = 'sql_select_limit';
const allBytes = '@@session.character_set_results=NULL';
const allRows = '@@session.sql_select_limit=18446744073709551615';

/** As parts of a SET. */
function inputSettings(state: SessionState): readonly string[] {
  return state.assignment(SELECT_LIMIT) === undefined ? [allBytes] : [allBytes, allRows];
}

/** From the need of a connection for the session's own statements. */
const inputNeed = (session: Session, need: ConnectionNeed): ConnectionNeed =>
  connectionNeed({ ...need, settings: [...need.settings, ...inputSettings(session.state)] });

/** Whether nothing of the session is on any connection, and nothing begins with the statement: then others can be read from. */
export function readsApart({ holding, state }: Session, scan: StatementScan): boolean {
  const { transaction } = holding;
  if (holding.count > 0 || holding.inTransaction || !state.autocommit) return false;
  return !transaction.hasSavepoints && !isFirstOfNext(transaction, scan);
}

/** Connections that are set already, one for each place. Rejects as `Gateway.lease`. */
export async function leaseForInputs(
  session: Session,
  places: readonly Place[],
): Promise<BackendConnection[]> {
  const { holding, services, activity } = session;
  const leased: BackendConnection[] = [];
  try {
    for (const place of places) {
      const { shard, type } = place;
      const need = inputNeed(session, holding.needAt(place));
      const ready = shard.pick(type)?.tryTake(need, session);
      if (ready !== undefined) leased.push(ready);
      else {
        const lease = services.gateway.lease(shard, type, need, session, undefined, activity.signal);
        leased.push(await activity.during(place, lease));
      }
    }
    activity.requireUninterrupted();
    return leased;
  } catch (error) {
    for (const connection of leased) holding.giveBack(connection);
    throw error;
  }
}

/** For a connection that the session holds: what to run before, and what makes it the session's own again. */
export function inputSwitch({ state }: Session): Readonly<{ on: string; off: string }> {
  const limit = state.assignment(SELECT_LIMIT);
  const off = limit === undefined ? [resultsOf(state)] : [resultsOf(state), limit];
  return { on: `SET ${inputSettings(state).join(', ')}`, off: `SET ${off.join(', ')}` };
}

/** The assignment of the character set in which the session gets results. */
function resultsOf(state: SessionState): string {
  const own = state.assignment('character_set_results');
  if (own !== undefined) return own;
  const charset = state.assignment('charset');
  const value =
    charset !== undefined
      ? charset.slice('CHARACTER SET '.length)
      : state.assignment('names') !== undefined
        ? 'DEFAULT'
        : (collationById(state.need.collationId)?.charset ?? 'DEFAULT');
  return `@@session.character_set_results=${value}`;
}
