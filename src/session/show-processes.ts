/** SHOW [FULL] PROCESSLIST and COM_PROCESS_INFO: the sessions of all routers of the cluster, in MySQL's columns. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { demand } from '../gateway/prepare-connection.ts';
import { columnType, command } from '../mysql/protocol.ts';
import type { StatementScan } from '../sql/statement.ts';
import { buildColumn, buildTextRow } from '../wire/packets.ts';
import type { Asker, Process } from './cluster.ts';
import { sendRows } from './local-result.ts';
import type { Session, Statement } from './session.ts';

/** What MySQL shows without FULL. */
const INFO_CHARACTERS = 100;
/** How long a connection is waited for, only to have the columns in the session's character set. */
const DESCRIBE_MS_MAX = 500;
const FULL_INFO_BYTES = 0x3000_0000;

const UTF8MB4 = 255;
const BINARY = 63;
const NOT_NULL = 1;
const BINARY_FLAG = 128;
const VARIABLE_DECIMALS = 31;

const text = (name: string, characters: number, flags: number) =>
  buildColumn({
    name,
    type: columnType.varString,
    length: characters * 4,
    flags,
    collationId: UTF8MB4,
    decimals: VARIABLE_DECIMALS,
  });

const number = (name: string, type: number, length: number) =>
  buildColumn({ name, type, length, flags: NOT_NULL | BINARY_FLAG, collationId: BINARY });

/** MySQL's own for utf8mb4, where no tablet can be asked. */
const definitions = (info: Buffer): readonly Buffer[] => [
  number('Id', columnType.longlong, 22),
  text('User', 32, NOT_NULL),
  text('Host', 255, NOT_NULL),
  text('db', 64, 0),
  text('Command', 16, NOT_NULL),
  number('Time', columnType.long, 8),
  text('State', 30, 0),
  info,
];

const brief = definitions(text('Info', INFO_CHARACTERS, 0));
const full = definitions(
  buildColumn({
    name: 'Info',
    type: columnType.longBlob,
    length: FULL_INFO_BYTES,
    flags: 0,
    collationId: UTF8MB4,
    decimals: VARIABLE_DECIMALS,
  }),
);

export function showProcesses(session: Session, { source, scan }: Statement): Promise<void> {
  return answerProcesses(session, asksFullList(source, scan));
}

/** Whether SHOW PROCESSLIST is with FULL. */
export const asksFullList = (text: Buffer, { start, end }: StatementScan): boolean =>
  /^show\s+full\b/i.test(text.toString('latin1', start, end));

export async function answerProcesses(session: Session, isFull: boolean): Promise<void> {
  const { activity, services } = session;
  const gathering = services.cluster.processes(askerOf(session));
  const { rows, missing } = await activity.during('waiting for other routers', gathering);
  activity.requireUninterrupted();
  const described = await describedByTablet(session, isFull).catch(() => undefined);
  activity.requireUninterrupted();
  const own = rows.map((row) => (row.id === session.port.connectionId ? { ...row, state: 'init' } : row));
  sendRows(
    session,
    described?.definitions ?? (isFull ? full : brief),
    own.map((row) => rowOf(row, isFull)),
    0,
    [...(described?.warnings ?? []), ...missing.map(warningRow)],
  );
}

/** MySQL's own columns in the session's character set, and its warning that this is deprecated. Rejects while no tablet is reached. */
async function describedByTablet(
  session: Session,
  isFull: boolean,
): Promise<Readonly<{ definitions: readonly Buffer[]; warnings: readonly Buffer[] }>> {
  const { gateway } = session.services;
  const { state, activity, holding } = session;
  const shard = gateway.anyShard();
  if (shard?.primary?.lastError !== undefined || shard === undefined) throw new HeadgateError('HG_NO_TABLET');
  // The list is wanted most when all connections are busy.
  const signal = AbortSignal.any([activity.signal, AbortSignal.timeout(DESCRIBE_MS_MAX)]);
  const connection = await gateway.lease(shard, 'primary', state.need, session, undefined, signal);
  try {
    const { definitions, warnings } = await demand(
      connection.ask(command.query, Buffer.from(isFull ? 'SHOW FULL PROCESSLIST' : 'SHOW PROCESSLIST')),
    );
    const told = warnings === 0 ? [] : (await demand(connection.query('SHOW WARNINGS'))).rows;
    return { definitions, warnings: told };
  } finally {
    holding.giveBack(connection);
  }
}

/** The session as one that asks about, or kills, others. */
export const askerOf = ({ port }: Session): Asker => ({ userName: port.userName, isAdmin: port.isAdmin });

/** A router's sessions are missing from an answer: told as a warning, since the others' are right. */
export function warningRow(detail: string): Buffer {
  const { errno, message } = new HeadgateError('HG_ROUTER_SILENT', { detail });
  return buildTextRow(['Warning', String(errno), message]);
}

function rowOf(process: Process, isFull: boolean): Buffer {
  const { id, user, host, database, seconds, state, info } = process;
  const shown = isFull || info === null ? info : Array.from(info).slice(0, INFO_CHARACTERS).join('');
  return buildTextRow([String(id), user, host, database, process.command, String(seconds), state, shown]);
}
