/** KILL and COM_PROCESS_KILL: for connections of any router of the cluster. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { textValues } from '../gateway/answer-collector.ts';
import { demand } from '../gateway/prepare-connection.ts';
import { command } from '../mysql/protocol.ts';
import { scanIn } from './read-statement.ts';
import type { Session, Statement } from './session.ts';
import { placeOf } from './statement-place.ts';

const CONTENT_AT = 5;

/** Of integers in MySQL's expressions. */
const INTEGER_MAX = 0xffff_ffff_ffff_ffffn;

export async function kill(session: Session, { source, scan }: Statement): Promise<void> {
  const target = scan.killTarget!;
  const text = source.toString('latin1', target.idStart, target.idEnd);
  const id = /^\d+$/.test(text.trim()) ? threadId(BigInt(text)) : await evaluateId(session, text);
  await killById(session, id, target.query);
}

export function killCommand(session: Session, packet: Buffer): Promise<void> {
  if (packet.length < CONTENT_AT + 4) throw new HeadgateError('ER_MALFORMED_PACKET');
  return killById(session, packet.readUInt32LE(CONTENT_AT), false);
}

async function killById(session: Session, id: number, queryOnly: boolean): Promise<void> {
  const { port, services } = session;
  if (id === port.connectionId) {
    session.fail(new HeadgateError('ER_QUERY_INTERRUPTED'));
    if (!queryOnly) port.end();
    return;
  }
  const asker = { userName: port.userName, isAdmin: port.isAdmin };
  await session.activity.during('waiting for other routers', services.cluster.kill(id, queryOnly, asker));
  session.ok();
}

/** MySQL keeps the low 32 bits of what is given. */
const threadId = (value: bigint): number =>
  Number(BigInt.asUintN(32, value > INTEGER_MAX ? INTEGER_MAX : value));

/** `KILL CONNECTION_ID()` and the like: MySQL evaluates the expression. */
async function evaluateId(session: Session, expression: string): Promise<number> {
  const { holding } = session;
  const text = Buffer.from(`SELECT ${expression}`, 'latin1');
  const scan = scanIn(session, text, 0);
  const place = placeOf(scan, session.state.target, session.services.gateway);
  const connection = await holding.lease(scan, place);
  await session.diagnostics.prime(scan, connection);
  try {
    const answer = await demand(connection.ask(command.query, text));
    return threadId(wholeNumber(textValues(answer, 0)[0]?.toString() ?? '0'));
  } finally {
    holding.settle(scan, { error: undefined }, connection, place);
  }
}

function wholeNumber(value: string): bigint {
  if (/^-?\d+$/.test(value)) return BigInt(value);
  const number = Math.round(Number.parseFloat(value));
  return Number.isFinite(number) ? BigInt(number) : 0n;
}
