/**
 * The PROXY protocol's header, versions 1 (text) and 2 (binary): which client a proxy speaks for. Source: "The PROXY
 * protocol", versions 1 & 2, of HAProxy. It proves nothing by itself: who sent it has to be trusted.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { HeadgateError } from '../errors/headgate-error.ts';

/** A whole header: how many bytes it takes, and the client's end; undefined where the proxy speaks for itself (health checks). */
export type ProxyHeader = Readonly<{
  length: number;
  source: Readonly<{ address: string; port: number }> | undefined;
}>;

const textStart = Buffer.from('PROXY ');
/** `CRLF` included. */
const TEXT_BYTES_MAX = 107;
const binaryStart = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const BINARY_HEAD_BYTES = 16;
const PORT_MAX = 65_535;

const beginsLike = (bytes: Buffer, start: Buffer): boolean => {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
};

/** Undefined while the header is incomplete. Throws ER_HANDSHAKE_ERROR as soon as the bytes cannot become one. */
export function parseProxyHeader(bytes: Buffer): ProxyHeader | undefined {
  if (beginsLike(bytes, binaryStart))
    return bytes.length < BINARY_HEAD_BYTES ? undefined : parseBinary(bytes);
  if (beginsLike(bytes, textStart)) return bytes.length < textStart.length ? undefined : parseText(bytes);
  throw noHeader('the first bytes are of neither version');
}

function parseText(bytes: Buffer): ProxyHeader | undefined {
  const end = bytes.subarray(0, TEXT_BYTES_MAX).indexOf('\r\n', 'latin1');
  if (end < 0) {
    if (bytes.length >= TEXT_BYTES_MAX) throw noHeader(`no end of line within ${TEXT_BYTES_MAX} bytes`);
    return undefined;
  }
  const length = end + 2;
  const [, family, address, , port, ...more] = bytes.toString('latin1', 0, end).split(' ');
  if (family === 'UNKNOWN') return { length, source: undefined };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined;
  if (isAddress === undefined) throw noHeader('its protocol is none of TCP4, TCP6, UNKNOWN');
  if (!isAddress(address ?? '')) throw noHeader(`its source is no address of ${family}`);
  if (!/^\d{1,5}$/.test(port ?? '') || Number(port) > PORT_MAX || more.length !== 1)
    throw noHeader('its ports cannot be read');
  return { length, source: { address: address!, port: Number(port) } };
}

function parseBinary(bytes: Buffer): ProxyHeader | undefined {
  const [version, command] = [bytes[12]! >> 4, bytes[12]! & 0x0f];
  if (version !== 2) throw noHeader(`version ${version} is not known`);
  if (command > 1) throw noHeader(`command ${command} is not known`);
  const length = BINARY_HEAD_BYTES + bytes.readUInt16BE(14);
  if (bytes.length < length) return undefined;
  const content = bytes.subarray(BINARY_HEAD_BYTES, length);
  return { length, source: command === 0 ? undefined : binarySource(bytes[13]!, content) };
}

/** What follows the addresses (TLVs) is left alone. */
function binarySource(kind: number, content: Buffer): ProxyHeader['source'] {
  switch (kind) {
    case 0x11:
      if (content.length < 12) throw noHeader('it ends inside the addresses');
      return { address: [...content.subarray(0, 4)].join('.'), port: content.readUInt16BE(8) };
    case 0x21: {
      if (content.length < 36) throw noHeader('it ends inside the addresses');
      const groups = Array.from({ length: 8 }, (_, at) => content.readUInt16BE(2 * at).toString(16));
      return { address: groups.join(':'), port: content.readUInt16BE(32) };
    }
    // A socket file on the proxy's machine is no address here; neither is an unspecified one.
    case 0x00:
    case 0x31:
      return undefined;
    default:
      throw noHeader(`protocol 0x${kind.toString(16)} is not a stream over IP`);
  }
}

const noHeader = (detail: string): HeadgateError =>
  new HeadgateError('ER_HANDSHAKE_ERROR', {
    message: 'Bad handshake',
    detail: `no PROXY protocol header from a source that has to send one (listen.proxyFrom): ${detail}`,
  });
