/** The handshake's packets and password answers. Source: MySQL internals documentation, "Connection Phase". */
import { constants, createHash, publicEncrypt } from 'node:crypto';
import { capability } from '../../src/mysql/protocol.ts';
import { lenencString, nulString } from './bytes.ts';

export type Greeting = Readonly<{
  protocolVersion: number;
  serverVersion: string;
  connectionId: number;
  salt: Buffer;
  capabilities: number;
  charset: number;
  status: number;
  plugin: string;
}>;

export function parseGreeting(payload: Buffer): Greeting {
  const versionEnd = payload.indexOf(0, 1);
  let at = versionEnd + 1;
  const connectionId = payload.readUInt32LE(at);
  const saltHead = payload.subarray(at + 4, at + 12);
  at += 13;
  const capabilities = (payload.readUInt16LE(at) | (payload.readUInt16LE(at + 5) << 16)) >>> 0;
  const saltTail = payload.subarray(at + 18, at + 30);
  const pluginStart = at + 31;
  const pluginEnd = payload.indexOf(0, pluginStart);
  return {
    protocolVersion: payload[0]!,
    serverVersion: payload.toString('latin1', 1, versionEnd),
    connectionId,
    salt: Buffer.concat([saltHead, saltTail]),
    capabilities,
    charset: payload[at + 2]!,
    status: payload.readUInt16LE(at + 3),
    plugin: payload.toString('latin1', pluginStart, pluginEnd < 0 ? payload.length : pluginEnd),
  };
}

export type Login = Readonly<{
  user: string;
  password: string;
  database?: string;
  charset: number;
  capabilities: number;
  attributes?: Readonly<Record<string, string>>;
  /** Of zstd, where that is among the capabilities. */
  compressionLevel?: number;
}>;

/** The first 32 bytes of the client's answer; alone they are the SSLRequest. */
export function loginHead(capabilities: number, charset: number): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32LE(capabilities >>> 0, 0);
  head.writeUInt32LE(0x40_00_00_00, 4);
  head.writeUInt16LE(charset, 8);
  return head;
}

export function loginPayload(login: Login, plugin: string, proof: Buffer): Buffer {
  const { capabilities } = login;
  const parts = [loginHead(capabilities, login.charset), nulString(login.user)];
  parts.push(
    capabilities & capability.pluginAuthLenencClientData
      ? lenencString(proof)
      : Buffer.concat([Buffer.from([proof.length]), proof]),
  );
  if (capabilities & capability.connectWithDb) parts.push(nulString(login.database ?? ''));
  if (capabilities & capability.pluginAuth) parts.push(nulString(plugin));
  if (capabilities & capability.connectAttrs) parts.push(attributesBlock(login.attributes ?? {}));
  if (capabilities & capability.zstdCompression) parts.push(Buffer.from([login.compressionLevel ?? 3]));
  return Buffer.concat(parts);
}

export function changeUserPayload(login: Login, plugin: string, proof: Buffer): Buffer {
  const charset = Buffer.alloc(2);
  charset.writeUInt16LE(login.charset);
  const parts = [
    nulString(login.user),
    Buffer.from([proof.length]),
    proof,
    nulString(login.database ?? ''),
    charset,
  ];
  if (login.capabilities & capability.pluginAuth) parts.push(nulString(plugin));
  if (login.capabilities & capability.connectAttrs) parts.push(attributesBlock(login.attributes ?? {}));
  return Buffer.concat(parts);
}

const attributesBlock = (attributes: Readonly<Record<string, string>>): Buffer =>
  lenencString(
    Buffer.concat(
      Object.entries(attributes).flatMap(([name, value]) => [lenencString(name), lenencString(value)]),
    ),
  );

const digest = (algorithm: string, ...parts: Buffer[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest();

const xor = (left: Buffer, right: Buffer): Buffer =>
  Buffer.from(left.map((byte, index) => byte ^ right[index % right.length]!));

/** What proves the password to the server under the given plugin; empty for an empty password. */
export function passwordProof(plugin: string, password: string, salt: Buffer): Buffer {
  if (password === '') return Buffer.alloc(0);
  const secret = Buffer.from(password);
  switch (plugin) {
    case 'mysql_native_password': {
      const once = digest('sha1', secret);
      return xor(once, digest('sha1', salt, digest('sha1', once)));
    }
    case 'caching_sha2_password': {
      const once = digest('sha256', secret);
      return xor(once, digest('sha256', digest('sha256', once), salt));
    }
    case 'mysql_clear_password':
      return nulString(password);
    default:
      throw new Error(`the test client does not know the plugin ${plugin}`);
  }
}

/** The password for caching_sha2_password's full path without TLS. */
export function encryptPassword(password: string, salt: Buffer, publicKey: Buffer): Buffer {
  return publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING },
    xor(nulString(password), salt),
  );
}
