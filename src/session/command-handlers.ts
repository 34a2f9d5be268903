/** Commands other than COM_QUERY and COM_CHANGE_USER (which is part of logging in). All others answer 1047; docs/protocol.md lists them. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { command } from '../mysql/protocol.ts';
import { lexModeOf } from '../sql/lex-mode.ts';
import { scanStatement } from '../sql/statement-scan.ts';
import { buildResultEnd } from '../wire/packets.ts';
import { killCommand } from './kill.ts';
import { placeAt } from './planned.ts';
import type { Session } from './session.ts';
import { answerProcesses } from './show-processes.ts';
import { commandOk, use } from './statement-handlers.ts';
import { placeOf } from './statement-place.ts';

type Handler = (session: Session, packet: Buffer) => Promise<unknown> | undefined;

const contentAt = 5;

/** Stands for commands that ask about definitions, where a statement is wanted. */
const definitionScan = scanStatement(
  Buffer.from('SHOW TABLES'),
  0,
  lexModeOf('', 'utf8mb4', 80_400, false),
  new Set(),
);

export const commandHandlers: Readonly<Record<number, Handler>> = {
  [command.quit]: (session) => {
    session.port.end();
    return undefined;
  },
  [command.initDb]: (session, packet) => {
    session.holding.requireState();
    if (packet.length === contentAt) throw new HeadgateError('ER_NO_DB_ERROR');
    return use(session, packet.toString('utf8', contentAt), true);
  },
  [command.ping]: (session) => {
    commandOk(session);
    return undefined;
  },
  [command.statistics]: (session) => {
    session.answered();
    session.sendPayload(Buffer.from(session.services.statistics()));
    session.finished(false);
    return undefined;
  },
  [command.processInfo]: (session) => answerProcesses(session, false),
  [command.processKill]: killCommand,
  [command.setOption]: setOption,
  [command.fieldList]: fieldList,
  [command.debug]: () => deny('SUPER'),
  [command.binlogDump]: () => deny('REPLICATION SLAVE'),
  [command.binlogDumpGtid]: () => deny('REPLICATION SLAVE'),
  [command.registerReplica]: ({ port }) => {
    throw new HeadgateError('ER_ACCESS_DENIED_ERROR', {
      message: `Access denied for user '${port.userName}'@'${port.remoteAddress}' (using password: YES)`,
    });
  },
  [command.clone]: () => deny('BACKUP_ADMIN'),
  // MySQL says that it does not know this one, and hangs up.
  [command.subscribeGroupReplicationStream]: (session) => {
    session.fail(unknownCommand());
    session.port.end();
    return undefined;
  },
  [command.resetConnection]: (session) => {
    const released = session.releaseAll();
    session.state.reset();
    return released.then(() => session.ok());
  },
  [command.stmtPrepare]: (session, packet) => session.prepared.prepare(packet),
  [command.stmtExecute]: (session, packet) => session.prepared.execute(packet),
  [command.stmtSendLongData]: (session, packet) => session.prepared.sendLongData(packet),
  [command.stmtClose]: (session, packet) => {
    session.prepared.close(packet);
    return undefined;
  },
  [command.stmtFetch]: (session, packet) => session.prepared.fetch(packet),
  [command.stmtReset]: (session, packet) => session.prepared.reset(packet),
};

const unknownCommand = (): HeadgateError =>
  new HeadgateError('ER_UNKNOWN_COM_ERROR', { message: 'Unknown command' });

/** What MySQL says to users without the privilege: through a router nobody has it. */
function deny(privilege: string): never {
  throw new HeadgateError('ER_SPECIFIC_ACCESS_DENIED_ERROR', {
    message: `Access denied; you need (at least one of) the ${privilege} privilege(s) for this operation`,
  });
}

/** MYSQL_OPTION_MULTI_STATEMENTS_ON (0) and _OFF (1). */
function setOption(session: Session, packet: Buffer): undefined {
  if (packet.length < contentAt + 2) {
    throw new HeadgateError('ER_MALFORMED_PACKET');
  }
  const option = packet.readUInt16LE(contentAt);
  if (option !== 0 && option !== 1) throw unknownCommand();
  session.state.multiStatements = option === 0;
  session.diagnostics.noteCommand(-1n);
  session.answered();
  const { warningCount } = session.diagnostics;
  session.sendPayload(buildResultEnd(session.statusFlags, warningCount, session.port.capabilities));
  session.finished(false);
}

/** COM_FIELD_LIST: the definitions of a table's columns, which all shards describe in the same way. */
async function fieldList(session: Session, packet: Buffer): Promise<void> {
  session.holding.requireState();
  const { gateway, plans } = session.services;
  const { target } = session.state;
  const place = plans.isSharded(target)
    ? placeAt(session, target.keyspace, plans.shardMap(target.keyspace), 0)
    : placeOf(definitionScan, target, gateway);
  const connection = await session.holding.lease(definitionScan, place);
  const answer = await session.exchange(
    { source: packet, scan: definitionScan, packet },
    place,
    connection,
    'fieldList',
  );
  session.holding.settle(definitionScan, answer, connection, place);
  session.finished(answer.error !== undefined || connection.closed);
}
