/** Who a client has proven to be, and what it asked for on the way. */
import type { UserDirectory, UserEntry } from '../../config/users.ts';
import type { HeadgateError } from '../../errors/headgate-error.ts';
import { collationById } from '../../mysql/collations.ts';
import { capability } from '../../mysql/protocol.ts';
import type { AuthPlugin } from '../auth/plugin-names.ts';
import type { RsaKeyPair } from '../auth/rsa-password.ts';
import type { TlsPeer } from '../auth/tls-requirement.ts';
import type { CompressionAlgorithm } from '../compression/codec.ts';
import { type ConnectAttributes, noAttributes } from './connect-attributes.ts';

export type ClientIdentity = Readonly<{
  userName: string;
  userEntry: UserEntry;
  /** Those that client and greeting have in common: they govern the whole connection. */
  capabilities: number;
  collationId: number;
  /** Asked for, not checked. */
  database: string | undefined;
  attributes: ConnectAttributes;
  packetBytesMax: number;
  plugin: AuthPlugin;
  /** The connection cannot be listened to: TLS or a unix socket. */
  secure: boolean;
  /** Undefined without TLS. */
  tls: TlsPeer | undefined;
  /** Agreed on for everything after the login. */
  compression: Readonly<{ algorithm: CompressionAlgorithm; level: number }> | undefined;
  /** The greeting's: clients without PLUGIN_AUTH use it again in COM_CHANGE_USER. Others do not, and it may be empty then. */
  nonce: Buffer;
}>;

const noNonce = Buffer.alloc(0);

/** What of it a connection has to remember for a later COM_CHANGE_USER: thousands of idle ones do so. */
export const rememberedIdentity = (identity: ClientIdentity): ClientIdentity => ({
  ...identity,
  attributes: noAttributes,
  nonce: (identity.capabilities & capability.pluginAuth) === 0 ? identity.nonce : noNonce,
});

/** Where the server's side of the dialogue goes. All payloads sent are fresh buffers, without packet header. */
export interface ServerHandshakeSink {
  send(payload: Buffer, sequence: number): void;
  /** The client will begin TLS now; call `secured` when it stands, and push nothing before. */
  startTls(): void;
  /** Proven. The caller checks the database and sends OK or ERR with `sequence`. */
  done(identity: ClientIdentity, sequence: number): void;
  /** The ERR packet has been sent: log the error (its `context.detail` says more than the client heard) and close. */
  refuse(error: HeadgateError): void;
}

/** What both ways to log in (new connection, COM_CHANGE_USER) need to know. */
export type AuthenticationOptions = Readonly<{
  users: UserDirectory;
  /** Of the socket's other end; empty for a unix socket. */
  remoteAddress: string;
  /**
   * For users that have only a native hash, connecting without TLS: given a key they may send the password encrypted
   * (which some clients do only when told to), without one they are asked for mysql_native_password.
   */
  rsaKeyPair?: ((attributes: ConnectAttributes) => RsaKeyPair | undefined) | undefined;
}>;

/** Text of the connection phase in the client's character set: latin1 as such, all else as UTF-8. */
export function decodeName(bytes: Buffer, collationId: number): string {
  return bytes.toString(collationById(collationId)?.charset === 'latin1' ? 'latin1' : 'utf8');
}
