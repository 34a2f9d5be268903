import type { CollectedAnswer } from '../../gateway/answer-collector.ts';
import { demand } from '../../gateway/prepare-connection.ts';
import { command, serverStatus } from '../../mysql/protocol.ts';
import { tableText } from '../../planner/metadata/json-table.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { readTextRow } from '../../wire/packets.ts';
import { sendRows } from '../local-result.ts';
import { lexModeIn } from '../read-statement.ts';
import type { Session, Statement } from '../session.ts';
import { isSystemSchema } from '../target.ts';
import { homePlace } from './places.ts';

/** The column as MySQL's own statement has it. */
const column = { name: 'Database', type: 'varchar(64) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin' };

/**
 * SHOW DATABASES: the keyspaces and the system schemas. A tablet answers the client's statement, so the title and what is said of system
 * schemas is MySQL's; and the same LIKE or WHERE over the keyspaces' names. So it does not matter whether all keyspaces can be reached.
 * `protocol`: that of the rows for the client.
 */
export async function showDatabases(
  session: Session,
  statement: Statement,
  protocol: 'text' | 'binary' = 'text',
): Promise<void> {
  const { state, services, holding, activity } = session;
  const { shard, type, database } = homePlace(session, statement.scan, state.target);
  const need = state.needFor(database);
  const connection = await services.gateway.lease(shard, type, need, session, undefined, activity.signal);
  let answer: CollectedAnswer;
  let keyspaces: CollectedAnswer;
  try {
    answer = await demand(connection.ask(command.query, statement.packet.subarray(5)));
    keyspaces = await demand(connection.ask(command.query, keyspacesQuery(session, statement)));
  } finally {
    holding.giveBack(connection);
  }
  const system = answer.rows.filter((row) => isSystemSchema(nameIn(row)));
  const rows = [...system, ...keyspaces.rows].sort((a, b) => (nameIn(a) < nameIn(b) ? -1 : 1));
  const flags = answer.status & (serverStatus.noIndexUsed | serverStatus.noGoodIndexUsed);
  sendRows(session, answer.definitions, protocol === 'text' ? rows : rows.map(binaryRow), flags);
}

/** The names of the keyspaces that the statement's LIKE or WHERE leaves. */
function keyspacesQuery(session: Session, { source, scan }: Statement): Buffer {
  const names = [...session.services.gateway.keyspaces].map((name) => [name]);
  const query = Buffer.from(`SELECT * FROM ${tableText([column], names)} AS \`shown\``);
  const parsed = parseStatement(source, scan.start, scan.end, lexModeIn(session));
  if (parsed.kind !== 'show') return query;
  const { like, where } = parsed;
  const filter = like ?? where;
  if (filter === undefined) return query;
  const head = Buffer.from(like === undefined ? ' WHERE ' : ' WHERE `Database` LIKE ');
  return Buffer.concat([query, head, source.subarray(filter.start, filter.end)]);
}

const nameIn = (row: Buffer): string => readTextRow(row, 1)[0]!.toString();

/** A row of one string: behind the header and the bits for NULL it is the same. */
const binaryRow = (textRow: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0]), textRow]);
