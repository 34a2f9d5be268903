/** SHOW that no tablet can answer as it was written, and that is a query for one instead. */
import { lexModeIn } from '../read-statement.ts';
import type { Session, Statement } from '../session.ts';
import { asksFullList } from '../show-processes.ts';
import type { Place } from '../statement-place.ts';
import { textPacket } from '../text-packet.ts';
import type { MetadataQuestion } from './metadata-query.ts';
import { ownQuery, readShow } from './own-show.ts';
import { homePlace } from './places.ts';
import { processQuery } from './process-table.ts';
import { readTableStatus, tableStatusQuery } from './table-status.ts';

export type ShownQuery = Readonly<{
  place: Place;
  /** `none`: a query that is only to be described. */
  text: (rows: 'all' | 'none') => Promise<Buffer>;
}>;

/** Undefined for a statement that goes to a tablet as it came. */
export function shownQuery(
  session: Session,
  question: Omit<MetadataQuestion, 'parameter'>,
): ShownQuery | undefined {
  const { text, scan, mode, target } = question;
  if (scan.kind !== 'show') return undefined;
  if (scan.showKind === 'vitess' || scan.showKind === 'headgate') {
    const show = readShow(text, scan, mode);
    if (show === undefined) return undefined;
    return { place: homePlace(session, scan, target), text: (rows) => ownQuery(session, text, show, rows) };
  }
  if (scan.showKind === 'processlist') {
    const isFull = asksFullList(text, scan);
    return { place: homePlace(session, scan, target), text: (rows) => processQuery(session, isFull, rows) };
  }
  const status = readTableStatus(session, question);
  if (status === undefined) return undefined;
  const place = homePlace(session, scan, target);
  return { place, text: (rows) => tableStatusQuery(session, text, status, rows, place.shard) };
}

/** Answers such a statement. */
export function showAsQuery(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { source: text, scan } = statement;
  const query = shownQuery(session, { text, scan, mode: lexModeIn(session), target: session.state.target });
  if (query === undefined) return undefined;
  return query
    .text('all')
    .then((packet) => session.relayTo({ ...statement, packet: textPacket(packet) }, query.place));
}
