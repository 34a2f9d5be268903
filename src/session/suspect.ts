import type { BackendConnection } from '../gateway/backend-connection.ts';
import type { StatementScan } from '../sql/statement.ts';
import type { Session } from './session.ts';
import { namesTables } from './statement-place.ts';
import { doubtVariables } from './user-variables.ts';

/** Triggers, and functions within views, run without a word of them in the statement. */
export function suspect(session: Session, scan: StatementScan, connection: BackendConnection): void {
  const { gateway } = session.services;
  const pool = gateway.poolOf(connection);
  if (pool === undefined) return;
  if (scan.kind === 'createRoutine') gateway.definitionsChanged(pool);
  if (!pool.hasStoredCode || !namesTables(scan)) return;
  connection.suspect = true;
  doubtVariables(session, scan, connection);
}
