/** How a session's statements are read: by its settings, and from the plan cache where one of the same shape is known. */
import type { LexMode } from '../sql/lex-mode.ts';
import { type StatementScan, scanStatement } from '../sql/statement-scan.ts';
import type { Session } from './session.ts';

/** Reads one statement of a buffer. */
export function scanIn(session: Session, source: Buffer, start: number): StatementScan {
  const { gateway, plans } = session.services;
  const mode = lexModeIn(session);
  if (plans.isSharded(session.state.target)) {
    const known = plans.knownScan(source, start, mode, planContextIn(session));
    if (known !== undefined) return known;
  }
  return scanStatement(source, start, mode, gateway.keyspaces);
}

export const lexModeIn = ({ state, services }: Session): LexMode =>
  state.lexMode(services.gateway.serverVersionNumber);

/** Under what number plans are kept for the session's settings. */
export function planContextIn(session: Session): number {
  const { state, services } = session;
  const mode = lexModeIn(session);
  if (state.planContext?.mode !== mode) {
    const id = services.plans.contextId(state.target, state.sqlMode, mode, state.valueContext.collation);
    state.planContext = { mode, id };
  }
  return state.planContext.id;
}
