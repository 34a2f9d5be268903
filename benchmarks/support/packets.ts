/**
 * The packets that the load generator sends. They are built by hand and ahead of time: what the client spends per
 * query is taken from the cores that the measured programs need.
 */
import { capability, columnType, command, packetHeaderBytes } from '../../src/mysql/protocol.ts';

const clientCapabilities =
  capability.longPassword |
  capability.longFlag |
  capability.connectWithDb |
  capability.protocol41 |
  capability.transactions |
  capability.secureConnection |
  capability.multiResults |
  capability.psMultiResults |
  capability.pluginAuth |
  capability.deprecateEof;

const maxPacketBytes = 16 * 1024 * 1024;
const utf8mb4GeneralCi = 45;

/** A payload with its packet header. */
export function packet(payload: Uint8Array, sequence = 0): Buffer {
  const bytes = Buffer.allocUnsafe(packetHeaderBytes + payload.length);
  bytes.writeUIntLE(payload.length, 0, 3);
  bytes[3] = sequence;
  bytes.set(payload, packetHeaderBytes);
  return bytes;
}

const commandPacket = (code: number, text: string): Buffer =>
  packet(Buffer.concat([Buffer.from([code]), Buffer.from(text)]));

export const queryPacket = (sql: string): Buffer => commandPacket(command.query, sql);
export const preparePacket = (sql: string): Buffer => commandPacket(command.stmtPrepare, sql);

/** The answer to the server's greeting: no password, which is what the benchmark's servers are set up with. */
export function loginPacket(user: string, database: string, sequence: number): Buffer {
  const fixed = Buffer.alloc(32);
  fixed.writeUInt32LE(clientCapabilities >>> 0, 0);
  fixed.writeUInt32LE(maxPacketBytes, 4);
  fixed[8] = utf8mb4GeneralCi;
  const text = Buffer.from(`${user}\0\0${database}\0caching_sha2_password\0`);
  return packet(Buffer.concat([fixed, text]), sequence);
}

/** COM_STMT_EXECUTE with one INT parameter, whose four bytes stand at the end of the packet. */
export function executePacket(statementId: number, withTypes: boolean): Buffer {
  const payload = Buffer.alloc(withTypes ? 18 : 16);
  payload[0] = command.stmtExecute;
  payload.writeUInt32LE(statementId, 1);
  payload.writeUInt32LE(1, 6); // iteration count; flags (byte 5) and null bitmap (byte 10) are zero
  payload[11] = withTypes ? 1 : 0;
  if (withTypes) payload[12] = columnType.long;
  return packet(payload);
}
