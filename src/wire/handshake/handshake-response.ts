/**
 * The client's first packet (protocol page "Protocol::HandshakeResponse41") and its shortened form that asks for TLS
 * ("Protocol::SSLRequest"). Optional fields follow the flags that both sides have: clients write them only where the
 * server offers the flag, even if they set it.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { capability } from '../../mysql/protocol.ts';
import { lenencString } from '../lenenc.ts';
import { PayloadReader } from '../payload-reader.ts';
import {
  buildAttributes,
  type ConnectAttributes,
  noAttributes,
  readAttributes,
} from './connect-attributes.ts';

const fillerBytes = 23;
export const sslRequestBytes = 32;

export type ResponseHead = Readonly<{ capabilities: number; packetBytesMax: number; collationId: number }>;

export type HandshakeResponse = ResponseHead &
  Readonly<{
    userName: Buffer;
    token: Buffer;
    /** Undefined without CONNECT_WITH_DB; an empty name means none too. */
    database: Buffer | undefined;
    /** Undefined without PLUGIN_AUTH. */
    plugin: string | undefined;
    attributes: ConnectAttributes;
    zstdLevel: number | undefined;
  }>;

/** Capabilities of a first packet of any age: clients before 4.1 sent 16 bits, and never PROTOCOL_41. */
export function peekCapabilities(payload: Buffer): number {
  if (payload.length >= 4) return payload.readUInt32LE(0);
  throw new HeadgateError('ER_MALFORMED_PACKET', { detail: 'the packet ends inside the capabilities' });
}

/** Whether this is a request for TLS: the flag is set and nothing follows the fixed part. */
export const isSslRequest = (payload: Buffer): boolean =>
  payload.length === sslRequestBytes && (payload.readUInt32LE(0) & capability.ssl) !== 0;

export function buildSslRequest(head: ResponseHead): Buffer {
  const payload = Buffer.alloc(sslRequestBytes);
  payload.writeUInt32LE((head.capabilities | capability.ssl) >>> 0, 0);
  payload.writeUInt32LE(head.packetBytesMax, 4);
  payload[8] = head.collationId & 0xff;
  return payload;
}

export function parseSslRequest(payload: Buffer): ResponseHead {
  const reader = new PayloadReader(payload);
  const head = readHead(reader);
  if (reader.remaining > 0) {
    throw new HeadgateError('ER_MALFORMED_PACKET', { detail: 'bytes follow the request for TLS' });
  }
  return head;
}

function readHead(reader: PayloadReader): ResponseHead {
  const capabilities = reader.uint32('the capabilities');
  const packetBytesMax = reader.uint32('the packet size');
  const collationId = reader.uint8('the collation');
  reader.skip(fillerBytes, 'the filler');
  return { capabilities, packetBytesMax, collationId };
}

/** `capabilities` of the response must already be limited to those that the server offers. */
export function buildHandshakeResponse(response: HandshakeResponse): Buffer {
  const has = (flag: number): boolean => (response.capabilities & flag) !== 0;
  const head = Buffer.alloc(sslRequestBytes);
  head.writeUInt32LE(response.capabilities >>> 0, 0);
  head.writeUInt32LE(response.packetBytesMax, 4);
  head[8] = response.collationId & 0xff;
  const parts = [head, nulTerminated(response.userName), tokenField(response.token, response.capabilities)];
  if (has(capability.connectWithDb)) parts.push(nulTerminated(response.database ?? Buffer.alloc(0)));
  if (has(capability.pluginAuth)) parts.push(nulTerminated(response.plugin ?? ''));
  if (has(capability.connectAttrs)) parts.push(buildAttributes(response.attributes));
  if (has(capability.zstdCompression)) parts.push(Buffer.from([response.zstdLevel ?? 3]));
  return Buffer.concat(parts);
}

function tokenField(token: Buffer, capabilities: number): Buffer {
  if ((capabilities & capability.pluginAuthLenencClientData) !== 0) return lenencString(token);
  if ((capabilities & capability.secureConnection) === 0) return nulTerminated(token);
  if (token.length > 0xff) {
    throw new HeadgateError('ER_MALFORMED_PACKET', { detail: 'the authentication data exceeds 255 bytes' });
  }
  return Buffer.concat([Buffer.from([token.length]), token]);
}

export const nulTerminated = (text: Buffer | string): Buffer =>
  Buffer.concat([typeof text === 'string' ? Buffer.from(text) : text, Buffer.from([0])]);

/** `offered` are the capabilities of the greeting that this packet answers. */
export function parseHandshakeResponse(payload: Buffer, offered: number): HandshakeResponse {
  const reader = new PayloadReader(payload);
  const head = readHead(reader);
  const common = head.capabilities & offered;
  const has = (flag: number): boolean => (common & flag) !== 0;
  const userName = reader.nulString('the user name');
  const token = readToken(reader, common);
  // Like MySQL: what a flag announces may be missing at the very end, save for the attributes.
  const database =
    has(capability.connectWithDb) && reader.remaining > 0 ? reader.nulString('the database') : undefined;
  const plugin = has(capability.pluginAuth) ? readPluginName(reader) : undefined;
  const attributes = has(capability.connectAttrs) ? readAttributes(reader) : noAttributes;
  const zstdLevel = has(capability.zstdCompression) ? reader.uint8('the compression level') : undefined;
  return { ...head, userName, token, database, plugin, attributes, zstdLevel };
}

function readToken(reader: PayloadReader, capabilities: number): Buffer {
  if ((capabilities & capability.pluginAuthLenencClientData) !== 0) {
    return reader.lenencString('the authentication data');
  }
  if ((capabilities & capability.secureConnection) === 0) return reader.nulString('the authentication data');
  return reader.bytes(reader.uint8('the authentication data'), 'the authentication data');
}

/** MySQL takes an absent plugin name for an empty one and does without the NUL of one that ends the packet. */
function readPluginName(reader: PayloadReader): string {
  return (reader.hasNul ? reader.nulString('the plugin name') : reader.rest()).toString('latin1');
}
