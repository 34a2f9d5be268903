/** Messages between routers as bytes: JSON, deflated where that is worth it. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { HeadgateError } from '../../errors/headgate-error.ts';

/** etcd takes requests of 1.5 MiB at most unless told otherwise. */
export const MESSAGE_BYTES_MAX = 1024 * 1024;
const CONTENT_BYTES_MAX = 32 * 1024 * 1024;
const PLAIN_BYTES_MAX = 4 * 1024;
const PLAIN = 0x6a;
const DEFLATED = 0x7a;

/** Raises HG_TOPOLOGY when the message is too large for etcd. */
export function encodeMessage(content: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(content));
  const plain = text.length <= PLAIN_BYTES_MAX;
  const bytes = Buffer.concat([Buffer.from([plain ? PLAIN : DEFLATED]), plain ? text : deflateRawSync(text)]);
  if (bytes.length <= MESSAGE_BYTES_MAX && text.length <= CONTENT_BYTES_MAX) return bytes;
  throw new HeadgateError('HG_TOPOLOGY', {
    detail: `a message of ${bytes.length} bytes between routers is too large (at most ${MESSAGE_BYTES_MAX})`,
  });
}

/** Raises HG_TOPOLOGY for bytes that are no message. */
export function decodeMessage(bytes: Buffer): unknown {
  try {
    const body = bytes.subarray(1);
    const text = bytes[0] === DEFLATED ? inflateRawSync(body, { maxOutputLength: CONTENT_BYTES_MAX }) : body;
    return JSON.parse(text.toString());
  } catch (cause) {
    throw new HeadgateError('HG_TOPOLOGY', { detail: 'a message of another router cannot be read', cause });
  }
}
