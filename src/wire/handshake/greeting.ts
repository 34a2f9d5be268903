/** The server's first packet (protocol page "Protocol::HandshakeV10"). */

import { HeadgateError } from '../../errors/headgate-error.ts';
import { capability } from '../../mysql/protocol.ts';
import { nonceBytes } from '../auth/nonce.ts';
import { PayloadReader } from '../payload-reader.ts';

const protocolVersion = 10;
const firstPartBytes = 8;
const reservedBytes = 10;

export type Greeting = Readonly<{
  serverVersion: string;
  threadId: number;
  nonce: Buffer;
  capabilities: number;
  collationId: number;
  statusFlags: number;
  /** Undefined from servers without PLUGIN_AUTH. */
  plugin: string | undefined;
}>;

export function buildGreeting(greeting: Greeting): Buffer {
  const version = Buffer.from(greeting.serverVersion, 'latin1');
  const plugin = Buffer.from(`${greeting.plugin ?? ''}\0`, 'latin1');
  const payload = Buffer.alloc(version.length + 33 + (nonceBytes - firstPartBytes + 1) + plugin.length);
  payload[0] = protocolVersion;
  version.copy(payload, 1);
  let at = version.length + 2;
  at = payload.writeUInt32LE(greeting.threadId, at);
  at += greeting.nonce.copy(payload, at, 0, firstPartBytes) + 1;
  at = payload.writeUInt16LE(greeting.capabilities & 0xffff, at);
  // One byte on the wire: a collation above 255 shows its low byte, as MySQL does.
  at = payload.writeUInt8(greeting.collationId & 0xff, at);
  at = payload.writeUInt16LE(greeting.statusFlags, at);
  at = payload.writeUInt16LE(greeting.capabilities >>> 16, at);
  const hasPlugin = (greeting.capabilities & capability.pluginAuth) !== 0;
  at = payload.writeUInt8(hasPlugin ? nonceBytes + 1 : 0, at) + reservedBytes;
  at += greeting.nonce.copy(payload, at, firstPartBytes) + 1;
  if (!hasPlugin) return payload.subarray(0, at);
  plugin.copy(payload, at);
  return payload;
}

export function parseGreeting(payload: Buffer): Greeting {
  const reader = new PayloadReader(payload);
  const version = reader.uint8('the protocol version');
  if (version !== protocolVersion) {
    throw new HeadgateError('ER_MALFORMED_PACKET', {
      detail: `the server speaks protocol version ${version}, not ${protocolVersion}: is this a MySQL server?`,
    });
  }
  const serverVersion = reader.nulString('the server version').toString('latin1');
  const threadId = reader.uint32('the thread id');
  const first = reader.bytes(firstPartBytes, 'the nonce');
  reader.skip(1, 'the nonce');
  const low = reader.uint16('the capabilities');
  const collationId = reader.uint8('the collation');
  const statusFlags = reader.uint16('the status flags');
  const capabilities = (low | (reader.uint16('the capabilities') << 16)) >>> 0;
  reader.skip(1 + reservedBytes, 'the reserved bytes');
  const second = reader.bytes(nonceBytes - firstPartBytes, 'the nonce');
  const nonce = Buffer.concat([first, second]);
  // The nonce's closing NUL, then the plugin's name; some servers leave out the name's own NUL.
  if (reader.remaining > 0) reader.skip(1, 'the nonce');
  const hasPlugin = (capabilities & capability.pluginAuth) !== 0;
  const plugin = hasPlugin ? upToNul(reader.rest()) : undefined;
  return { serverVersion, threadId, nonce, capabilities, collationId, statusFlags, plugin };
}

function upToNul(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}
