/**
 * OK packets (protocol page "OK_Packet"), for clients and servers that speak protocol 4.1. The same layout with
 * header 0xfe ends a result where DEPRECATE_EOF was negotiated.
 */
import { capability, serverStatus } from '../mysql/protocol.ts';
import { lenencSize, lenencString, writeLenenc } from './lenenc.ts';
import { PayloadReader } from './payload-reader.ts';

export const okHeader = 0x00;

export type OkPacket = Readonly<{
  affectedRows: bigint;
  insertId: bigint;
  statusFlags: number;
  warnings: number;
  info: Buffer;
  /** The session state blocks as they came, without their total length; empty when there are none. */
  sessionState: Buffer;
}>;

export type OkFields = Readonly<{
  affectedRows?: number | bigint;
  insertId?: number | bigint;
  statusFlags: number;
  warnings?: number;
  info?: Buffer | string;
  sessionState?: Buffer;
  /** 0xfe for the packet that ends a result. */
  header?: number;
}>;

const empty = Buffer.alloc(0);

/** `capabilities` are those negotiated with the receiver: the info string has a length also without SESSION_TRACK: so servers write it, whatever the page says. */
export function buildOk(fields: OkFields, capabilities: number): Buffer {
  const affectedRows = fields.affectedRows ?? 0;
  const insertId = fields.insertId ?? 0;
  const tracked = (capabilities & capability.sessionTrack) !== 0;
  const sessionState = tracked ? (fields.sessionState ?? empty) : empty;
  const statusFlags =
    sessionState.length > 0
      ? fields.statusFlags | serverStatus.sessionStateChanged
      : fields.statusFlags & ~serverStatus.sessionStateChanged;
  const head = Buffer.allocUnsafe(5 + lenencSize(affectedRows) + lenencSize(insertId));
  head[0] = fields.header ?? okHeader;
  let at = writeLenenc(head, affectedRows, 1);
  at = writeLenenc(head, insertId, at);
  at = head.writeUInt16LE(statusFlags, at);
  head.writeUInt16LE(fields.warnings ?? 0, at);
  const info = typeof fields.info === 'string' ? Buffer.from(fields.info) : (fields.info ?? empty);
  if (sessionState.length === 0) return info.length === 0 ? head : Buffer.concat([head, lenencString(info)]);
  return Buffer.concat([head, lenencString(info), lenencString(sessionState)]);
}

/** `capabilities` are those negotiated with the sender. */
export function parseOk(payload: Buffer, capabilities: number): OkPacket {
  const reader = new PayloadReader(payload, 1);
  const affectedRows = reader.lenencBigint('the affected rows');
  const insertId = reader.lenencBigint('the insert id');
  const statusFlags = reader.uint16('the status flags');
  const warnings = reader.uint16('the warning count');
  const info = reader.remaining === 0 ? empty : reader.lenencString('the info string');
  const tracked = (capabilities & capability.sessionTrack) !== 0;
  const changed = tracked && (statusFlags & serverStatus.sessionStateChanged) !== 0 && reader.remaining > 0;
  const sessionState = changed ? reader.lenencString('the session state') : empty;
  return { affectedRows, insertId, statusFlags, warnings, info, sessionState };
}
