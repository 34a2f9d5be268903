import { capability } from '../mysql/protocol.ts';
import { lenencInteger } from '../wire/lenenc.ts';
import { buildResultEnd } from '../wire/packets.ts';
import type { Session } from './session.ts';

/**
 * Answers with a result of the router's own making and ends the statement. `addStatus`: further flags of its end; `warnings`:
 * rows for SHOW WARNINGS; `fieldStatus`: further flags behind the definitions, for clients that are told there.
 */
export function sendRows(
  session: Session,
  definitions: readonly Buffer[],
  rows: readonly Buffer[],
  addStatus = 0,
  warnings: readonly Buffer[] = [],
  fieldStatus = addStatus,
): void {
  const { port } = session;
  const warningCount = Math.min(warnings.length, 0xffff);
  session.answered();
  port.cork();
  session.sendPayload(lenencInteger(definitions.length));
  for (const definition of definitions) session.sendPayload(definition);
  const end = (status: number) =>
    buildResultEnd(session.statusFlags | status, warningCount, port.capabilities);
  if ((port.capabilities & capability.deprecateEof) === 0) session.sendPayload(end(fieldStatus));
  for (const row of rows) session.sendPayload(row);
  session.sendPayload(end(addStatus));
  session.diagnostics.noteSeveral({
    affectedRows: -1n,
    rows: rows.length,
    warnings: warningCount,
    warningRows: warnings,
  });
  port.uncork();
  session.finished(false);
}
