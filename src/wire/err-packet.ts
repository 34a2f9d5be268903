/** ERR packets (protocol page "ERR_Packet"). Errors of tablets stay data: number, state and text, never parsed further. */
import { PayloadReader } from './payload-reader.ts';

export const errHeader = 0xff;

/** An error as it stands on the wire; a HeadgateError has this shape too. */
export type ServerError = Readonly<{ errno: number; sqlState: string; message: string }>;

/** Before a client has said that it speaks protocol 4.1 it expects no SQLSTATE: `withSqlState` false leaves it out. */
export function buildErr(error: ServerError, withSqlState = true): Buffer {
  const message = Buffer.from(error.message);
  const state = withSqlState ? `#${error.sqlState}` : '';
  const payload = Buffer.allocUnsafe(3 + state.length + message.length);
  payload[0] = errHeader;
  payload.writeUInt16LE(error.errno, 1);
  payload.write(state, 3, 'latin1');
  message.copy(payload, 3 + state.length);
  return payload;
}

export const isErr = (payload: Buffer): boolean => payload[0] === errHeader;

/** Both forms are read; without a state the error counts as HY000. */
export function parseErr(payload: Buffer): ServerError {
  const reader = new PayloadReader(payload, 1);
  const errno = reader.uint16('the error number');
  const rest = reader.rest();
  if (rest[0] !== 0x23 || rest.length < 6) return { errno, sqlState: 'HY000', message: rest.toString() };
  return { errno, sqlState: rest.toString('latin1', 1, 6), message: rest.toString('utf8', 6) };
}
