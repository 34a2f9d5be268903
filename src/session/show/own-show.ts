/** SHOW VITESS_… and SHOW VSCHEMA …, as text. With LIKE the router answers alone; a WHERE is MySQL's to compute. */
import { columnType } from '../../mysql/protocol.ts';
import { likePattern } from '../../planner/metadata/databases.ts';
import { quotedName, tableText } from '../../planner/metadata/json-table.ts';
import { type OwnShow, readOwnShow } from '../../sql/own-show.ts';
import { buildColumn, buildTextRow } from '../../wire/packets.ts';
import { sendRows } from '../local-result.ts';
import { lexModeIn } from '../read-statement.ts';
import type { Session, Statement } from '../session.ts';
import { textPacket } from '../text-packet.ts';
import { likeColumn, ownColumns, ownRows } from './own-tables.ts';
import { homePlace } from './places.ts';

const CHARSET_UTF8MB4 = 255;
const LENGTH = 4096;

/** Undefined where MySQL is to say what is wrong with the text. */
export function showOwn(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { source, scan } = statement;
  const mode = lexModeIn(session);
  const show = readOwnShow(source, scan.start, scan.end, mode);
  if (show === undefined) return undefined;
  const { filter } = show;
  const pattern =
    filter?.kind === 'like' ? likePattern(filter.pattern, mode.noBackslashEscapes, 'is') : undefined;
  const run = async () => {
    if (filter !== undefined && pattern === undefined) {
      const text = await ownQuery(session, source, show, 'all');
      session.relayTo(
        { ...statement, packet: textPacket(text) },
        homePlace(session, scan, session.state.target),
      );
      return;
    }
    const columns = ownColumns(show);
    const at = columns.findIndex(({ name }) => name === likeColumn(show));
    const rows = (await ownRows(session, show)).filter((row) => pattern?.test(row[at] ?? '') !== false);
    session.activity.requireUninterrupted();
    const definitions = columns.map(({ name }) =>
      buildColumn({
        name,
        type: columnType.varString,
        collationId: CHARSET_UTF8MB4,
        length: LENGTH,
        flags: 0,
      }),
    );
    sendRows(
      session,
      definitions,
      rows.map((row) => buildTextRow(row)),
    );
  };
  return run();
}

/** The same as a query for a tablet. `rows`: whether the rows are in it, or it is only to be described. */
export async function ownQuery(
  session: Session,
  text: Buffer,
  show: OwnShow,
  rows: 'all' | 'none',
): Promise<Buffer> {
  const columns = ownColumns(show);
  const table = tableText(columns, rows === 'all' ? await ownRows(session, show) : []);
  const { filter } = show;
  if (filter === undefined) return Buffer.from(`SELECT * FROM ${table} AS \`shown\``);
  const condition = text.subarray(filter.start, filter.end);
  const where = filter.kind === 'like' ? `WHERE ${quotedName(likeColumn(show))} LIKE ` : 'WHERE ';
  return Buffer.concat([Buffer.from(`SELECT * FROM ${table} AS \`shown\` ${where}`), condition]);
}
