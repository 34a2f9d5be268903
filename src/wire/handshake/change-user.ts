/** COM_CHANGE_USER (protocol page "COM_CHANGE_USER"), command byte included. */
import { capability, command } from '../../mysql/protocol.ts';
import { PayloadReader } from '../payload-reader.ts';
import {
  buildAttributes,
  type ConnectAttributes,
  noAttributes,
  readAttributes,
} from './connect-attributes.ts';
import { nulTerminated } from './handshake-response.ts';

export type ChangeUser = Readonly<{
  userName: Buffer;
  token: Buffer;
  database: Buffer;
  /** Two bytes here, unlike in the handshake; undefined from clients that stop before it. */
  collationId: number | undefined;
  plugin: string | undefined;
  attributes: ConnectAttributes;
}>;

/** `capabilities` are those negotiated on the connection. */
export function buildChangeUser(request: ChangeUser, capabilities: number): Buffer {
  const has = (flag: number): boolean => (capabilities & flag) !== 0;
  const parts = [
    Buffer.from([command.changeUser]),
    nulTerminated(request.userName),
    has(capability.secureConnection) ? Buffer.from([request.token.length]) : Buffer.alloc(0),
    has(capability.secureConnection) ? request.token : nulTerminated(request.token),
    nulTerminated(request.database),
  ];
  const collation = Buffer.alloc(2);
  collation.writeUInt16LE(request.collationId ?? 0);
  if (request.collationId !== undefined) parts.push(collation);
  if (request.collationId !== undefined && has(capability.pluginAuth)) {
    parts.push(nulTerminated(request.plugin ?? ''));
    if (has(capability.connectAttrs)) parts.push(buildAttributes(request.attributes));
  }
  return Buffer.concat(parts);
}

export function parseChangeUser(payload: Buffer, capabilities: number): ChangeUser {
  const has = (flag: number): boolean => (capabilities & flag) !== 0;
  const reader = new PayloadReader(payload, 1);
  const userName = reader.nulString('the user name');
  const token = has(capability.secureConnection)
    ? reader.bytes(reader.uint8('the authentication data'), 'the authentication data')
    : reader.nulString('the authentication data');
  const database = reader.nulString('the database');
  const collationId = reader.remaining > 0 ? reader.uint16('the collation') : undefined;
  const plugin = has(capability.pluginAuth)
    ? reader.nulString('the plugin name').toString('latin1')
    : undefined;
  const attributes =
    has(capability.connectAttrs) && reader.remaining > 0 ? readAttributes(reader) : noAttributes;
  return { userName, token, database, collationId, plugin, attributes };
}
