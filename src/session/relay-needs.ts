/** What has to be done for a statement before it can be sent to a connection as it is. */
import { effect, type StatementScan } from '../sql/statement.ts';
import type { Session } from './session.ts';
import { readsVitess } from './set-vitess.ts';
import { mayReadVariables } from './user-variables.ts';

/** Effects whose statements need something of the session put on the connection first. */
const preparedEffects =
  effect.lastInsertIdRead | effect.foundRows | effect.rowCount | effect.diagnosticsRead | effect.connectionId;

/** Whether values of the session belong onto the connection, or into the text, before the statement, or a transaction begins with it. */
export function needsPreparing(session: Session, scan: StatementScan): boolean {
  if ((scan.effects & preparedEffects) !== 0 || session.holding.beginIsPending) return true;
  return mayReadVariables(session, scan) || readsVitess(scan);
}
