/** One session as a row of the process list: what it does now, in MySQL's words where MySQL has some. */
import { hostOf } from '../config/host-rule.ts';
import { command } from '../mysql/protocol.ts';
import type { Activity } from './activity.ts';
import type { Process } from './cluster.ts';
import type { Session } from './session.ts';
import { databaseOf } from './target.ts';

const CONTENT_AT = 5;

const commandNames: Readonly<Record<number, string>> = {
  [command.quit]: 'Quit',
  [command.initDb]: 'Init DB',
  [command.query]: 'Query',
  [command.fieldList]: 'Field List',
  [command.statistics]: 'Statistics',
  [command.processInfo]: 'Processlist',
  [command.processKill]: 'Kill',
  [command.debug]: 'Debug',
  [command.ping]: 'Ping',
  [command.changeUser]: 'Change user',
  [command.stmtPrepare]: 'Prepare',
  [command.stmtExecute]: 'Execute',
  [command.stmtSendLongData]: 'Long Data',
  [command.stmtClose]: 'Close stmt',
  [command.stmtReset]: 'Reset stmt',
  [command.setOption]: 'Set option',
  [command.stmtFetch]: 'Fetch',
  [command.resetConnection]: 'Reset Connection',
};

/** `nowMs` is of `performance.now()`; the statement's text is cut after `infoBytesMax` bytes. */
export function processOf(session: Session, nowMs: number, infoBytesMax: number): Process {
  const { port, activity, state } = session;
  const { packet, sinceMs } = activity;
  const database = databaseOf(state.target);
  return {
    id: port.connectionId,
    user: port.userName,
    host: clientHost(port),
    database: database === '' ? null : database,
    command: packet === undefined ? 'Sleep' : (commandNames[packet[4]!] ?? 'Query'),
    seconds: Math.floor((nowMs - sinceMs) / 1000),
    state: packet === undefined ? '' : stateOf(activity),
    info: packet === undefined ? null : infoOf(session, packet, infoBytesMax),
  };
}

/** As MySQL names where a client comes from. */
export function clientHost({
  remoteAddress,
  remotePort,
}: Readonly<{ remoteAddress: string; remotePort: number }>): string {
  const host = remoteAddress === '' ? 'localhost' : hostOf(remoteAddress);
  return remotePort === 0 ? host : `${host}:${remotePort}`;
}

function stateOf({ waitsFor }: Activity): string {
  if (waitsFor === undefined) return 'executing';
  return typeof waitsFor === 'string'
    ? waitsFor
    : `waiting for a connection to ${waitsFor.shard.name} (${waitsFor.type})`;
}

function infoOf(session: Session, packet: Buffer, bytesMax: number): string | null {
  const code = packet[4];
  const text =
    code === command.query || code === command.stmtPrepare
      ? packet.subarray(CONTENT_AT)
      : code === command.stmtExecute
        ? session.prepared.named(packet)?.text
        : undefined;
  if (text === undefined) return null;
  const encoding = session.state.valueContext.charset.startsWith('utf8') ? 'utf8' : 'latin1';
  return text.toString(encoding, 0, Math.min(text.length, bytesMax));
}
