/** SHOW VITESS_…, SHOW VSCHEMA … and SHOW HEADGATE …, as text. With LIKE the router answers alone; a WHERE is MySQL's to compute. */
import { suggestion } from '../../config/suggestion.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { likePattern } from '../../planner/metadata/databases.ts';
import { quotedName, tableText } from '../../planner/metadata/json-table.ts';
import type { LexMode } from '../../sql/lex-mode.ts';
import { headgateWords, type OwnShow, readOwnShow } from '../../sql/own-show.ts';
import type { StatementScan } from '../../sql/statement.ts';
import { buildTextColumn, buildTextRow } from '../../wire/packets.ts';
import { sendRows } from '../local-result.ts';
import { lexModeIn } from '../read-statement.ts';
import type { Session, Statement } from '../session.ts';
import { warningRow } from '../show-processes.ts';
import { textPacket } from '../text-packet.ts';
import { likeColumn, ownColumns, ownRows } from './own-tables.ts';
import { homePlace } from './places.ts';

const LENGTH = 4096;

/** Undefined where MySQL is to say what is wrong with the text. */
export function showOwn(session: Session, statement: Statement): Promise<unknown> | undefined {
  const { source, scan } = statement;
  const mode = lexModeIn(session);
  const show = readShow(source, scan, mode);
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
    const { rows, missing } = await ownRows(session, show);
    session.activity.requireUninterrupted();
    const definitions = columns.map(({ name }) => buildTextColumn(name, LENGTH));
    sendRows(
      session,
      definitions,
      rows.filter((row) => pattern?.test(row[at] ?? '') !== false).map((row) => buildTextRow(row)),
      0,
      missing.map(warningRow),
    );
  };
  return run();
}

/** Reads the statement; undefined where MySQL is to say what is wrong. Raises 1235 for a word that SHOW HEADGATE does not know. */
export function readShow(text: Buffer, scan: StatementScan, mode: LexMode): OwnShow | undefined {
  const show = readOwnShow(text, scan.start, scan.end, mode);
  if (show !== undefined || scan.showKind !== 'headgate') return show;
  const word = /headgate\s*(\w*)/i.exec(text.toString('latin1', scan.start, scan.end))?.[1] ?? '';
  if (headgateWords.includes(word.toLowerCase())) return undefined;
  const known = headgateWords.map((each) => each.toUpperCase());
  throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
    message: `Headgate does not know SHOW HEADGATE ${word}${suggestion(word, known)} (${known.join(', ')})`,
  });
}

/** The same as a query for a tablet. `rows`: whether the rows are in it, or it is only to be described. */
export async function ownQuery(
  session: Session,
  text: Buffer,
  show: OwnShow,
  rows: 'all' | 'none',
): Promise<Buffer> {
  const columns = ownColumns(show);
  const table = tableText(columns, rows === 'all' ? (await ownRows(session, show)).rows : []);
  const { filter } = show;
  if (filter === undefined) return Buffer.from(`SELECT * FROM ${table} AS \`shown\``);
  const condition = text.subarray(filter.start, filter.end);
  const where = filter.kind === 'like' ? `WHERE ${quotedName(likeColumn(show))} LIKE ` : 'WHERE ';
  return Buffer.concat([Buffer.from(`SELECT * FROM ${table} AS \`shown\` ${where}`), condition]);
}
