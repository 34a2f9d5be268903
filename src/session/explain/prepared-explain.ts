/** PREPARE and EXECUTE of the EXPLAINs that the router answers by its own plan. */
import type { ParameterValues } from '../../planner/operands.ts';
import type { ExplainStatement } from '../../sql/ast/administration.ts';
import type { LexMode } from '../../sql/lex-mode.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import type { PlannedStatement } from '../planned-execute.ts';
import type { Session } from '../session.ts';
import { homePlace } from '../show/places.ts';
import type { Place } from '../statement-place.ts';
import { textPacket } from '../text-packet.ts';
import { explainOwn, isRouters, requireForm } from './explain.ts';

/** The text by which a tablet describes it: as many parameters, the same column. Undefined where a tablet explains the statement itself. */
export function prepareExplained(
  session: Session,
  statement: PlannedStatement,
): Readonly<{ place: Place; text: Buffer }> | undefined {
  const parsed = ownIn(statement);
  if (parsed === undefined) return undefined;
  requireForm(parsed);
  const markers = ', ?'.repeat(parsed.parameterCount);
  const title = parsed.vexplain === undefined ? 'EXPLAIN' : 'JSON';
  return {
    place: homePlace(session, statement.scan, statement.target),
    text: Buffer.from(`SELECT '' AS \`${title}\` FROM DUAL WHERE 0 IN (0${markers})`),
  };
}

/** Undefined where a tablet answers it as it came. */
export function executeExplained(
  session: Session,
  statement: PlannedStatement,
  parameters: ParameterValues | undefined,
  protocol: 'text' | 'binary' = 'binary',
): Promise<unknown> | undefined {
  const parsed = ownIn(statement);
  if (parsed === undefined) return undefined;
  const { text, scan } = statement;
  const given = { source: text, scan, packet: textPacket(text) };
  return explainOwn({ session, statement: given, parsed, parameters, protocol });
}

function ownIn({
  text,
  scan,
  mode,
}: Readonly<{ text: Buffer; scan: PlannedStatement['scan']; mode: LexMode }>): ExplainStatement | undefined {
  const parsed = parseStatement(text, scan.start, scan.end, mode);
  return parsed.kind === 'explain' && isRouters(parsed) ? parsed : undefined;
}
