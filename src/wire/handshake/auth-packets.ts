/** Packets of the dialogue between greeting and OK: a change of plugin, and a plugin's own messages. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { nonceBytes } from '../auth/nonce.ts';
import { PayloadReader } from '../payload-reader.ts';
import { nulTerminated } from './handshake-response.ts';

export const authSwitchHeader = 0xfe;
export const authMoreDataHeader = 0x01;

export type AuthSwitchRequest = Readonly<{ plugin: string; nonce: Buffer }>;

export function buildAuthSwitchRequest(request: AuthSwitchRequest): Buffer {
  const name = nulTerminated(request.plugin);
  return Buffer.concat([Buffer.from([authSwitchHeader]), name, nulTerminated(request.nonce)]);
}

/** The answer to it is the new plugin's token alone, without any frame. */
export function parseAuthSwitchRequest(payload: Buffer): AuthSwitchRequest {
  if (payload.length === 1) {
    throw new HeadgateError('ER_MALFORMED_PACKET', {
      detail: 'the server asks for the authentication of MySQL before 4.1',
    });
  }
  const reader = new PayloadReader(payload, 1);
  const plugin = reader.nulString('the plugin name').toString('latin1');
  const data = reader.rest();
  // Plugins that know no nonce (clear text) send less; the two that we speak send 20 bytes and a NUL.
  return { plugin, nonce: Buffer.from(data.subarray(0, nonceBytes)) };
}

export function buildAuthMoreData(data: Buffer | number): Buffer {
  return typeof data === 'number'
    ? Buffer.from([authMoreDataHeader, data])
    : Buffer.concat([Buffer.from([authMoreDataHeader]), data]);
}

export const parseAuthMoreData = (payload: Buffer): Buffer => payload.subarray(1);
