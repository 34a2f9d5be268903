/** Prepared queries with vindexes in any form: the values are known with each EXECUTE. */
import { BoundParameters } from './bound-parameters.ts';
import type { ClientStatement } from './client-statement.ts';
import { executeMade } from './made-statement.ts';
import { describeParts, type PlannedStatement, type PreparePlace } from './planned-execute.ts';
import { scanIn } from './read-statement.ts';
import type { Session } from './session.ts';
import { homePlace } from './show/places.ts';
import { executeText } from './show/prepared-metadata.ts';
import { namesTables } from './statement-place.ts';
import type { Target } from './target.ts';
import { withVindexRows } from './vindex-tables.ts';

/** Describes the statement. Raises `refusal` where it is about something else. */
export async function prepareVindexes(
  session: Session,
  statement: PlannedStatement,
  refusal: unknown,
): Promise<PreparePlace> {
  const { target } = statement;
  const parameters = { at: () => undefined };
  const text = withVindexRows(session, { ...statement, parameters, isDescribed: true }, refusal);
  const scan = scanIn(session, text, 0);
  if (!namesTables(scan)) return { place: homePlace(session, scan, target), text };
  return { description: await describeParts(session, { ...statement, text, scan }) };
}

/** Runs the EXECUTE in `statement.packet`. Raises `refusal` where it is about something else. */
export function executeVindexes(
  session: Session,
  statement: ClientStatement,
  target: Target,
  refusal: unknown,
): Promise<void> {
  const { text, scan, packet, types, parameterCount, longData } = statement;
  const parameters = new BoundParameters(parameterCount);
  parameters.read(packet, types, session.state.valueContext.charset, longData);
  const made = withVindexRows(session, { text, scan, target, parameters }, refusal);
  const read = scanIn(session, made, 0);
  if (namesTables(read)) return executeMade(session, statement, made, target, parameters);
  const place = homePlace(session, read, target);
  return executeText(session, scan, { place, text: made }, parameters.all());
}
