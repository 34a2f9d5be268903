/** Commands of clients that have negotiated query attributes. */
import { HeadgateError } from '../errors/headgate-error.ts';
import { command } from '../mysql/protocol.ts';
import { type Attributed, takeFromExecute, takeFromQuery } from '../wire/query-attributes.ts';
import { takesLongData } from './long-data.ts';
import type { Session } from './session.ts';

/** The command as it is everywhere in the router; attributes are kept for the tablet. Raises 1835, 1210. */
export function withoutAttributes(session: Session, packet: Buffer): Buffer {
  session.attributes = undefined;
  const taken = taking(session, packet);
  if (taken === undefined) return packet;
  session.activity.packet = taken.packet;
  if (taken.attributes.length > 0) {
    session.attributes = taken.attributes;
    session.state.sendAttributes();
  }
  return taken.packet;
}

function taking(session: Session, packet: Buffer): Attributed | undefined {
  try {
    return takeFrom(session, packet);
  } catch (cause) {
    // What is wrong with it is between the two of us: MySQL does not say.
    if (cause instanceof HeadgateError && cause.code === 'ER_MALFORMED_PACKET')
      throw new HeadgateError('ER_MALFORMED_PACKET', { cause });
    throw cause;
  }
}

function takeFrom({ prepared }: Session, packet: Buffer): Attributed | undefined {
  if (packet[4] === command.query) return takeFromQuery(packet);
  if (packet[4] !== command.stmtExecute) return undefined;
  const statement = prepared.named(packet);
  if (statement === undefined) return undefined;
  const { longData, parameterCount } = statement;
  return takeFromExecute(
    packet,
    parameterCount,
    (index, type) =>
      longData?.used === false && takesLongData(type) && longData.piecesOf(index) !== undefined,
  );
}
