/** PREPARE and EXECUTE of SHOW and EXPLAIN where the router has a part in the answer. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { BoundParameters } from '../bound-parameters.ts';
import type { ClientStatement } from '../client-statement.ts';
import { executeExplained, prepareExplained } from '../explain/prepared-explain.ts';
import type { PlannedStatement } from '../planned-execute.ts';
import type { Session } from '../session.ts';
import type { Place } from '../statement-place.ts';
import type { Target } from '../target.ts';
import { textPacket } from '../text-packet.ts';
import { showDatabases } from './databases.ts';
import { executeText } from './prepared-metadata.ts';
import { shownQuery } from './shown-query.ts';
import { showStatus } from './status.ts';

/** The text under which a tablet describes the statement; undefined where that is the client's own. */
export async function prepareShown(
  session: Session,
  statement: PlannedStatement,
): Promise<Readonly<{ place: Place; text: Buffer }> | undefined> {
  // MySQL says of it only that there are no columns yet, and so will the tablet.
  if (statement.scan.showKind === 'processlist') return undefined;
  if (statement.scan.kind === 'explain') return prepareExplained(session, statement);
  const query = shownQuery(session, statement);
  return query === undefined ? undefined : { place: query.place, text: await query.text('none') };
}

/** Runs the EXECUTE in `statement.packet`; undefined where a tablet answers it as it came. */
export function executeShown(
  session: Session,
  statement: ClientStatement,
  target: Target,
): Promise<unknown> | undefined {
  const { text, scan, mode, parameterCount } = statement;
  if (scan.kind === 'explain') return executeExplained(session, statement, boundOf(session, statement));
  if (scan.showKind === 'databases') {
    if (parameterCount > 0)
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message: 'Headgate does not support parameters in SHOW DATABASES: ask information_schema.SCHEMATA',
      });
    return showDatabases(session, { source: text, scan, packet: textPacket(text) }, 'binary');
  }
  if (scan.showKind === 'status' && parameterCount === 0)
    return showStatus(session, { source: text, scan, packet: textPacket(text) }, 'binary');
  const query = shownQuery(session, { text, scan, mode, target });
  if (query === undefined) return undefined;
  const bound = boundOf(session, statement).all();
  return query
    .text('all')
    .then((asked) => executeText(session, scan, { place: query.place, text: asked }, bound));
}

function boundOf(session: Session, { packet, types, parameterCount }: ClientStatement): BoundParameters {
  const parameters = new BoundParameters(parameterCount);
  parameters.read(packet, types, session.state.valueContext.charset);
  return parameters;
}
