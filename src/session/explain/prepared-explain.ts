/** PREPARE and EXECUTE of the EXPLAINs in which the router has a part. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { ParameterValues } from '../../planner/operands.ts';
import type { ExplainStatement } from '../../sql/ast/administration.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import type { PlannedStatement } from '../planned-execute.ts';
import type { Session } from '../session.ts';
import { homePlace } from '../show/places.ts';
import { type Place, placeOf } from '../statement-place.ts';
import { textPacket } from '../text-packet.ts';
import { executeOnShards, explainOwn, isRouters, requireForm } from './explain.ts';

/** The text by which a tablet describes it: as many parameters, the same column. Undefined where a tablet explains the statement itself. */
export function prepareExplained(
  session: Session,
  statement: PlannedStatement,
): Readonly<{ place: Place; text: Buffer }> | undefined {
  const parsed = explainIn(statement);
  if (parsed === undefined) return undefined;
  const { scan, target } = statement;
  if (!isRouters(parsed)) return placeOfSeveral(session, statement, parsed);
  requireForm(parsed);
  const markers = ', ?'.repeat(parsed.parameterCount);
  const { vexplain } = parsed;
  const title = vexplain === undefined || vexplain === 'all' ? 'EXPLAIN' : 'JSON';
  const columns =
    vexplain === 'queries' ? "'' AS `#`, '' AS keyspace, '' AS shard, '' AS query" : `'' AS \`${title}\``;
  return {
    place: homePlace(session, scan, target),
    text: Buffer.from(`SELECT ${columns} FROM DUAL WHERE 0 IN (0${markers})`),
  };
}

/** What no tablet has all tables for is described as any other EXPLAIN of its format. */
function placeOfSeveral(
  session: Session,
  { text, scan, target }: PlannedStatement,
  { statement, parameterCount }: ExplainStatement,
): Readonly<{ place: Place; text: Buffer }> | undefined {
  try {
    placeOf(scan, target, session.services.gateway, text);
    return undefined;
  } catch (error) {
    const isSeveral = error instanceof HeadgateError && error.code === 'HG_SEVERAL_KEYSPACES';
    if (!isSeveral || statement === undefined || parameterCount > 0) throw error;
    const head = text.subarray(scan.start, statement.start);
    return { place: homePlace(session, scan, target), text: Buffer.concat([head, Buffer.from('SELECT 1')]) };
  }
}

/** Undefined where a tablet answers it as it came. */
export function executeExplained(
  session: Session,
  statement: PlannedStatement,
  parameters: ParameterValues | undefined,
  protocol: 'text' | 'binary' = 'binary',
): Promise<unknown> | undefined {
  const parsed = explainIn(statement);
  if (parsed === undefined) return undefined;
  const { text, scan } = statement;
  const given = { source: text, scan, packet: textPacket(text) };
  const run = { session, statement: given, parsed, parameters, protocol };
  if (isRouters(parsed)) return explainOwn(run);
  return parsed.parameterCount === 0 ? executeOnShards(run) : undefined;
}

function explainIn({ text, scan, mode }: PlannedStatement): ExplainStatement | undefined {
  const parsed = parseStatement(text, scan.start, scan.end, mode);
  return parsed.kind === 'explain' ? parsed : undefined;
}
