import type { UserEntry } from '../../config/users.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { capability } from '../../mysql/protocol.ts';
import { createNonce } from '../auth/nonce.ts';
import { type AuthPlugin, cachingSha2Password } from '../auth/plugin-names.ts';
import { hostDenied, ServerAuthentication } from '../auth/server-authentication.ts';
import type { TlsPeer } from '../auth/tls-requirement.ts';
import { ZLIB_LEVEL, ZSTD_LEVEL_MAX } from '../compression/codec.ts';
import { buildErr } from '../err-packet.ts';
import {
  type AuthenticationOptions,
  type ClientIdentity,
  decodeName,
  type ServerHandshakeSink,
} from './client-identity.ts';
import { buildGreeting } from './greeting.ts';
import {
  type HandshakeResponse,
  isSslRequest,
  parseHandshakeResponse,
  peekCapabilities,
} from './handshake-response.ts';

export type ServerHandshakeOptions = AuthenticationOptions &
  Readonly<{
    connectionId: number;
    serverVersion: string;
    /** What logging in needs (PROTOCOL_41, PLUGIN_AUTH and the like) is added, SSL follows `tls`. */
    capabilities: number;
    collationId: number;
    statusFlags: number;
    tls: 'off' | 'optional' | 'required';
    /** Only clients that compress may connect. */
    compressionRequired?: boolean;
    /** Already safe from listeners when it begins: a unix socket. */
    secure: boolean;
  }>;

/** Larger payloads are refused unread: 64 KiB of attributes and all names fit. The framing may use it as its limit. */
export const handshakePayloadBytesMax = 128 * 1024;

/** Without LONG_PASSWORD clients of MariaDB take the server for one of theirs. */
const alwaysOffered =
  capability.longPassword |
  capability.protocol41 |
  capability.secureConnection |
  capability.pluginAuth |
  capability.pluginAuthLenencClientData |
  capability.connectWithDb;

type State = 'idle' | 'greeted' | 'startingTls' | 'authenticating' | 'ended';

/**
 * The router's side of a new client connection, from the greeting to the verdict. No sockets, no clock: the caller
 * frames packets, upgrades to TLS, and limits the time that all this may take.
 */
export class ServerHandshake {
  readonly #options: ServerHandshakeOptions;
  readonly #sink: ServerHandshakeSink;
  readonly #authentication: ServerAuthentication;
  readonly #nonce = createNonce();
  readonly #offered: number;
  #state: State = 'idle';
  #secure: boolean;
  #tls: TlsPeer | undefined;
  /** Of the next packet, whichever side sends it. */
  #sequence = 0;
  #response: HandshakeResponse | undefined;
  #compression: ClientIdentity['compression'];
  #userName = '';
  #database: string | undefined;
  #withSqlState = true;

  constructor(options: ServerHandshakeOptions, sink: ServerHandshakeSink) {
    this.#options = options;
    this.#sink = sink;
    this.#secure = options.secure;
    const withTls = options.tls === 'off' ? 0 : capability.ssl;
    this.#offered = ((options.capabilities & ~capability.ssl) | alwaysOffered | withTls) >>> 0;
    this.#authentication = new ServerAuthentication(options, {
      send: (payload) => this.#send(payload),
      accepted: (entry, plugin) => this.#accept(entry, plugin),
      refused: (error) => this.#refuse(error),
    });
  }

  /** Sends the greeting, or 1130 where nobody may come from the address. */
  start(): void {
    const { users, remoteAddress } = this.#options;
    if (users.find('', remoteAddress) === 'hostDenied') {
      // Nothing is known of the client yet: like MySQL, in the form that clients of any age read.
      this.#withSqlState = false;
      return this.#refuse(hostDenied(remoteAddress));
    }
    this.#state = 'greeted';
    this.#send(
      buildGreeting({
        serverVersion: this.#options.serverVersion,
        threadId: this.#options.connectionId,
        nonce: this.#nonce,
        capabilities: this.#offered,
        collationId: this.#options.collationId,
        statusFlags: this.#options.statusFlags,
        plugin: cachingSha2Password,
      }),
    );
  }

  /** TLS stands: everything from here on came through it. */
  secured(tls: TlsPeer): void {
    if (this.#state !== 'startingTls') return;
    this.#state = 'greeted';
    this.#secure = true;
    this.#tls = tls;
  }

  /** One payload of the client, valid only during the call. Never throws because of what the client sent. */
  push(payload: Buffer, sequence: number): void {
    if (this.#state === 'ended') return;
    try {
      if (sequence !== this.#sequence) {
        throw new HeadgateError('ER_NET_PACKETS_OUT_OF_ORDER', {
          message: 'Got packets out of order',
          detail: `expected packet ${this.#sequence}, got ${sequence}`,
        });
      }
      this.#sequence = (sequence + 1) & 0xff;
      if (payload.length > handshakePayloadBytesMax)
        throw badHandshake(`a packet of ${payload.length} bytes`);
      this.#receive(payload);
    } catch (error) {
      if (!(error instanceof HeadgateError)) throw error;
      // Like MySQL: what cannot be read in this phase is a bad handshake.
      this.#refuse(error.code === 'ER_MALFORMED_PACKET' ? badHandshake(error.message) : error);
    }
  }

  #receive(payload: Buffer): void {
    if (this.#state === 'authenticating') return this.#authentication.push(payload);
    if (this.#state !== 'greeted') throw badHandshake('a packet before the greeting or before TLS');
    const flags = peekCapabilities(payload);
    if ((flags & capability.protocol41) === 0) {
      this.#withSqlState = false;
      throw badHandshake('the client does not speak protocol 4.1');
    }
    const wantsTls = (flags & capability.ssl) !== 0 && this.#tls === undefined;
    // A client on a unix socket may ask for TLS, but may also set the flag and go on without.
    if (wantsTls && (isSslRequest(payload) || !this.#secure)) return this.#beginTls(payload);
    if (!this.#secure && this.#options.tls === 'required') {
      throw new HeadgateError('ER_SECURE_TRANSPORT_REQUIRED');
    }
    this.#beginAuthentication(parseHandshakeResponse(payload, this.#offered));
  }

  #beginTls(payload: Buffer): void {
    // A name sent along in the clear would be read again inside TLS; no client does that.
    if (!isSslRequest(payload)) throw badHandshake('the request for TLS has an odd length');
    if (this.#options.tls === 'off') throw badHandshake('TLS was asked for but not offered');
    this.#state = 'startingTls';
    this.#sink.startTls();
  }

  #beginAuthentication(response: HandshakeResponse): void {
    this.#compression = compressionOf(response, this.#offered);
    if (this.#options.compressionRequired && this.#compression === undefined)
      throw new HeadgateError('ER_WRONG_COMPRESSION_ALGORITHM_CLIENT');
    this.#state = 'authenticating';
    this.#response = response;
    this.#userName = decodeName(response.userName, response.collationId);
    const database = decodeName(response.database ?? Buffer.alloc(0), response.collationId);
    this.#database = database === '' ? undefined : database;
    this.#authentication.begin({
      userName: this.#userName,
      plugin: response.plugin,
      token: response.token,
      nonce: this.#nonce,
      secure: this.#secure,
      tls: this.#tls,
      attributes: response.attributes,
    });
  }

  #accept(userEntry: UserEntry, plugin: AuthPlugin): void {
    this.#state = 'ended';
    const response = this.#response!;
    this.#sink.done(
      {
        userName: this.#userName,
        userEntry,
        capabilities: (response.capabilities & this.#offered) >>> 0,
        collationId: response.collationId,
        database: this.#database,
        attributes: response.attributes,
        packetBytesMax: response.packetBytesMax,
        plugin,
        secure: this.#secure,
        tls: this.#tls,
        compression: this.#compression,
        nonce: this.#nonce,
      },
      this.#sequence,
    );
  }

  #send(payload: Buffer): void {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xff;
    this.#sink.send(payload, sequence);
  }

  #refuse(error: HeadgateError): void {
    this.#state = 'ended';
    this.#send(buildErr(error, this.#withSqlState));
    this.#sink.refuse(error);
  }
}

/** MySQL takes zlib from a client that asks for both. Throws ER_WRONG_COMPRESSION_LEVEL_CLIENT. */
function compressionOf(response: HandshakeResponse, offered: number): ClientIdentity['compression'] {
  const common = response.capabilities & offered;
  const level = response.zstdLevel ?? 0;
  if ((common & capability.zstdCompression) !== 0 && (level < 1 || level > ZSTD_LEVEL_MAX))
    throw new HeadgateError('ER_WRONG_COMPRESSION_LEVEL_CLIENT');
  if ((common & capability.compress) !== 0) return { algorithm: 'zlib', level: ZLIB_LEVEL };
  return (common & capability.zstdCompression) === 0 ? undefined : { algorithm: 'zstd', level };
}

const badHandshake = (detail: string): HeadgateError =>
  new HeadgateError('ER_HANDSHAKE_ERROR', { message: 'Bad handshake', detail });
