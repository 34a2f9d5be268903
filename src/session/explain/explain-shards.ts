/** MySQL's EXPLAIN of a statement that runs on several shards. */
import { TabletRefusal } from '../../gateway/tablet-refusal.ts';
import { command } from '../../mysql/protocol.ts';
import { buildTextRow } from '../../wire/packets.ts';
import { sendRows } from '../local-result.ts';
import type { Session, Statement } from '../session.ts';
import type { Place } from '../statement-place.ts';

/** ER_YES: the number that MySQL gives its own note about an explained statement. */
const ERRNO_NOTE = 1003;

/**
 * Each shard has a plan of its own for its part of the statement. The first one's is shown, as it is for a server with one shard's
 * rows; a note says so.
 */
export async function explainOneOf(
  session: Session,
  statement: Statement,
  places: readonly Place[],
): Promise<void> {
  const { holding, diagnostics, activity } = session;
  const { scan, packet } = statement;
  const [place] = places;
  const connection = await holding.lease(scan, place!);
  session.runsOn([connection], place!);
  try {
    await diagnostics.prime(scan, connection);
    const answer = await connection.ask(command.query, packet.subarray(5));
    if (answer.error !== undefined) throw new TabletRefusal(answer.error);
    const { rows: warnings } = await connection.query('SHOW WARNINGS');
    activity.requireUninterrupted();
    sendRows(session, answer.definitions, answer.rows, 0, [...warnings, noteOn(places)]);
  } finally {
    session.running.delete(connection);
    if (connection.closed) holding.lost(connection);
    else holding.giveBack(connection);
  }
}

function noteOn(places: readonly Place[]): Buffer {
  const names = places.map(({ shard }) => shard.name);
  const what = `This is the plan on ${names[0]}, for its part of the rows. The statement runs on ${names.length} shards (${names.join(', ')})`;
  return buildTextRow([
    'Note',
    String(ERRNO_NOTE),
    `${what}; EXPLAIN FORMAT=HEADGATE shows how they become one result`,
  ]);
}
