/** What all client connections of a router share, and what they offer. */
import type { UserDirectory } from '../config/users.ts';
import { capability } from '../mysql/protocol.ts';
import type { SessionServices } from '../session/services.ts';
import type { RsaKeyPair } from '../wire/auth/rsa-password.ts';
import type { ServerTls } from '../wire/channel.ts';
import type { ConnectAttributes } from '../wire/handshake/connect-attributes.ts';
import type { ClientConnection } from './client-connection.ts';
import type { ConnectionLimits } from './connection-limits.ts';

/** Offered always; each is honoured (docs/protocol.md). */
const alwaysOffered =
  capability.longPassword |
  capability.foundRows |
  capability.longFlag |
  capability.connectWithDb |
  capability.odbc |
  capability.ignoreSpace |
  capability.protocol41 |
  capability.interactive |
  capability.ignoreSigpipe |
  capability.transactions |
  capability.secureConnection |
  capability.multiStatements |
  capability.multiResults |
  capability.psMultiResults |
  capability.pluginAuth |
  capability.connectAttrs |
  capability.pluginAuthLenencClientData |
  capability.sessionTrack |
  capability.deprecateEof |
  capability.queryAttributes;

/** The flags of the greeting; what logging in itself needs is added there. */
export const offeredCapabilities = ({ compression, localInfile }: ClientSettings): number =>
  alwaysOffered |
  (compression.includes('zlib') ? capability.compress : 0) |
  (compression.includes('zstd') ? capability.zstdCompression : 0) |
  (localInfile ? capability.localFiles : 0);

export type ClientSettings = Readonly<{
  services: SessionServices;
  users: () => UserDirectory;
  limits: ConnectionLimits;
  serverVersion: () => string;
  tls: 'off' | 'optional' | 'required';
  /** Called only where `tls` is not `off`. */
  serverTls: () => ServerTls;
  /** For clients that have no other way to prove the password that a native hash stands for. */
  rsaKeyPair: (attributes: ConnectAttributes) => RsaKeyPair | undefined;
  /** As MySQL's `protocol_compression_algorithms`. */
  compression: readonly ('zlib' | 'zstd' | 'uncompressed')[];
  packetBytesMax: number;
  handshakeMsMax: number;
  /** Whether clients may send files for LOAD DATA LOCAL. */
  localInfile: boolean;
  resultBufferBytesMax: number;
  /** True while the router is about to end: connections are closed where that loses nothing. */
  draining: () => boolean;
  onReady: (connection: ClientConnection) => void;
  onClosed: (connection: ClientConnection) => void;
}>;
