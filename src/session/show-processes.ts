/** SHOW [FULL] PROCESSLIST and COM_PROCESS_INFO: the sessions of all routers of the cluster, in MySQL's columns. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { columnType } from '../mysql/protocol.ts';
import { buildColumn, buildTextRow } from '../wire/packets.ts';
import type { Asker, Process } from './cluster.ts';
import { sendRows } from './local-result.ts';
import type { Session, Statement } from './session.ts';

/** What MySQL shows without FULL. */
const INFO_CHARACTERS = 100;
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

/** MySQL's own, whatever the character set of results. */
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
  return answerProcesses(session, /^show\s+full\b/i.test(source.toString('latin1', scan.start, scan.end)));
}

export async function answerProcesses(session: Session, isFull: boolean): Promise<void> {
  const { activity, services } = session;
  const gathering = services.cluster.processes(askerOf(session));
  const { rows, missing } = await activity.during('waiting for other routers', gathering);
  activity.requireUninterrupted();
  const own = rows.map((row) => (row.id === session.port.connectionId ? { ...row, state: 'init' } : row));
  sendRows(
    session,
    isFull ? full : brief,
    own.map((row) => rowOf(row, isFull)),
    0,
    missing.map(warningRow),
  );
}

/** The session as one that asks about, or kills, others. */
export const askerOf = ({ port }: Session): Asker => ({ userName: port.userName, isAdmin: port.isAdmin });

/** A router's sessions are missing from an answer: told as a warning, since the others' are right. */
export function warningRow(detail: string): Buffer {
  const { errno, message } = new HeadgateError('HG_ROUTER_SILENT', { detail });
  return buildTextRow(['Warning', String(errno), message]);
}

function rowOf(process: Process, isFull: boolean): Buffer {
  const { id, user, host, database, command, seconds, state, info } = process;
  const shown = isFull || info === null ? info : Array.from(info).slice(0, INFO_CHARACTERS).join('');
  return buildTextRow([String(id), user, host, database, command, String(seconds), state, shown]);
}
