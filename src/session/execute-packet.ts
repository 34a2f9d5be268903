/** COM_STMT_EXECUTE on its way from a client's statement to a tablet's (protocol page "COM_STMT_EXECUTE"). */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { PreparedOnTablet } from '../gateway/prepared-cache.ts';
import { commandPacket } from '../wire/packets.ts';

/** Offsets in a command packet, its header of four bytes included. */
export const idAt = 5;
export const flagsAt = 9;
/** CURSOR_TYPE_READ_ONLY, the only one of the flags in which a server is interested. */
export const CURSOR_READ_ONLY = 1;
export const nullBitmapAt = 14;

/** What the client's side of a statement tells about its parameters. */
export type ExecuteFacts = Readonly<{
  parameterCount: number;
  types: Buffer | undefined;
  wantsCursor: boolean;
}>;

const typesFlagAt = (parameterCount: number): number => nullBitmapAt + ((parameterCount + 7) >> 3);

/**
 * The parameter types that an EXECUTE packet is to be read with: its own, or `known` ones where it brings none or the same (which most clients send
 * each time). Raises 1835.
 */
export function boundTypes(
  packet: Buffer,
  parameterCount: number,
  known: Buffer | undefined,
): Buffer | undefined {
  if (parameterCount === 0) return undefined;
  const flag = typesFlagAt(parameterCount);
  if (packet.length <= flag || packet[flag] !== 1) return known;
  const start = flag + 1;
  const end = start + parameterCount * 2;
  if (packet.length < end) throw new HeadgateError('ER_MALFORMED_PACKET');
  if (known !== undefined && isAt(packet, start, known)) return known;
  return Buffer.from(packet.subarray(start, end));
}

function isAt(packet: Buffer, start: number, bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at++) if (packet[start + at] !== bytes[at]) return false;
  return true;
}

/** The client's packet with the tablet's statement id, and the types where the tablet does not have them from last time. */
export function outgoingExecute(packet: Buffer, facts: ExecuteFacts, prepared: PreparedOnTablet): Buffer {
  const sent = withTypes(packet, facts, prepared);
  sent.writeUInt32LE(prepared.id, idAt);
  sent[flagsAt] = facts.wantsCursor ? CURSOR_READ_ONLY : 0;
  return sent;
}

function withTypes(
  packet: Buffer,
  { types, parameterCount }: ExecuteFacts,
  prepared: PreparedOnTablet,
): Buffer {
  if (types === undefined || parameterCount === 0) return packet;
  const flag = typesFlagAt(parameterCount);
  const known = prepared.types === types || prepared.types?.equals(types) === true;
  prepared.types = types;
  if (packet[flag] === 1 || known) return packet;
  const content = Buffer.concat([
    packet.subarray(5, flag),
    Buffer.from([1]),
    types,
    packet.subarray(flag + 1),
  ]);
  return commandPacket(packet[4]!, content);
}

/** A command that is too short is answered with an error, even one that has no answer otherwise. */
export function requireLength(packet: Buffer, bytes: number): void {
  if (packet.length < bytes) throw new HeadgateError('ER_MALFORMED_PACKET');
}
