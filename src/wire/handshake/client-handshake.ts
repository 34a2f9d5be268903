import { HeadgateError } from '../../errors/headgate-error.ts';
import { capability } from '../../mysql/protocol.ts';
import { cachingSha2Message, cachingSha2Token } from '../auth/caching-sha2-password.ts';
import { nativeToken } from '../auth/native-password.ts';
import { nonceBytes } from '../auth/nonce.ts';
import { cachingSha2Password, nativePassword } from '../auth/plugin-names.ts';
import { encryptPassword } from '../auth/rsa-password.ts';
import { isErr, parseErr, type ServerError } from '../err-packet.ts';
import { okHeader, parseOk } from '../ok-packet.ts';
import {
  authMoreDataHeader,
  authSwitchHeader,
  parseAuthMoreData,
  parseAuthSwitchRequest,
} from './auth-packets.ts';
import { type ConnectAttributes, noAttributes } from './connect-attributes.ts';
import { type Greeting, parseGreeting } from './greeting.ts';
import { buildHandshakeResponse, buildSslRequest } from './handshake-response.ts';

export type ClientHandshakeOptions = Readonly<{
  user: string;
  password: string;
  database?: string | undefined;
  collationId: number;
  /** Those that the server lacks are dropped; what logging in needs is added, SSL follows `tls`. */
  capabilities: number;
  tls: 'off' | 'preferred' | 'required';
  /** A unix socket, or TLS from the first byte: a password may go in the clear. */
  secure?: boolean;
  attributes?: ConnectAttributes;
  packetBytesMax?: number;
  /** The server's RSA key, if known beforehand: without TLS an asked-for key proves nothing about who gave it. */
  serverPublicKeyPem?: Buffer | undefined;
}>;

export type ClientHandshakeResult = Readonly<{
  serverVersion: string;
  threadId: number;
  /** In force on this connection. */
  capabilities: number;
  statusFlags: number;
  nonce: Buffer;
  secure: boolean;
}>;

export interface ClientHandshakeSink {
  send(payload: Buffer, sequence: number): void;
  /** The request for TLS is out: begin it, then call `secured()`. */
  startTls(): void;
  done(result: ClientHandshakeResult): void;
  /** The server's own error as data, or a HeadgateError about what it sent; close the connection. */
  fail(error: ServerError | HeadgateError): void;
}

const alwaysWanted =
  capability.longPassword |
  capability.protocol41 |
  capability.secureConnection |
  capability.pluginAuth |
  capability.pluginAuthLenencClientData;
/** Without them a server is from another age and nothing of this would work. */
const needed = capability.protocol41 | capability.secureConnection | capability.pluginAuth;

/** More packets than any dialogue of these plugins has: a server that goes on is not one. */
const packetsMax = 8;

type State = 'greeting' | 'startingTls' | 'token' | 'publicKey' | 'verdict' | 'ended';

/** The router's side of a new connection to a tablet. No sockets, no clock; limiting its time is the caller's part. */
export class ClientHandshake {
  readonly #options: ClientHandshakeOptions;
  readonly #sink: ClientHandshakeSink;
  readonly #password: Buffer;
  #state: State = 'greeting';
  #secure: boolean;
  #sequence = 0;
  #packets = 0;
  #greeting!: Greeting;
  #capabilities = 0;
  #plugin: string = cachingSha2Password;
  #nonce!: Buffer;

  constructor(options: ClientHandshakeOptions, sink: ClientHandshakeSink) {
    this.#options = options;
    this.#sink = sink;
    this.#password = Buffer.from(options.password);
    this.#secure = options.secure ?? false;
  }

  /** One payload of the server, valid only during the call. Never throws because of what the server sent. */
  push(payload: Buffer, sequence: number): void {
    if (this.#state === 'ended') return;
    try {
      if (isErr(payload)) return this.#fail(parseErr(payload));
      if (sequence !== this.#sequence || ++this.#packets > packetsMax) {
        throw new HeadgateError('ER_NET_PACKETS_OUT_OF_ORDER', {
          detail: `expected packet ${this.#sequence} of the server, got ${sequence}`,
        });
      }
      this.#sequence = (sequence + 1) & 0xff;
      this.#receive(payload);
    } catch (error) {
      if (!(error instanceof HeadgateError)) throw error;
      this.#fail(error);
    }
  }

  /** TLS stands: the login follows inside it. */
  secured(): void {
    if (this.#state !== 'startingTls') return;
    this.#secure = true;
    this.#sendResponse();
  }

  #receive(payload: Buffer): void {
    switch (this.#state) {
      case 'greeting':
        return this.#receiveGreeting(parseGreeting(payload));
      case 'token':
      case 'publicKey':
      case 'verdict':
        return this.#receiveAnswer(payload);
      default:
        throw unexpected('a packet before TLS stands');
    }
  }

  #receiveGreeting(greeting: Greeting): void {
    this.#greeting = greeting;
    this.#nonce = greeting.nonce;
    if ((greeting.capabilities & needed) !== needed) throw unexpected('it lacks authentication by plugins');
    const { tls, database, capabilities, attributes } = this.#options;
    const hasTls = (greeting.capabilities & capability.ssl) !== 0;
    if (tls === 'required' && !hasTls && !this.#secure) {
      throw new HeadgateError('HG_TABLET_MISCONFIGURED', {
        detail: 'TLS is required towards tablets, but this one does not offer it',
      });
    }
    const useTls = tls !== 'off' && hasTls && !this.#secure;
    const withDatabase = database === undefined || database === '' ? 0 : capability.connectWithDb;
    const withAttributes = attributes === undefined ? 0 : capability.connectAttrs;
    const layout = capability.ssl | capability.connectWithDb | capability.connectAttrs;
    const wanted = (capabilities & ~layout) | alwaysWanted | withDatabase | withAttributes;
    this.#capabilities = ((wanted & greeting.capabilities) | (useTls ? capability.ssl : 0)) >>> 0;
    if (!useTls) return this.#sendResponse();
    this.#state = 'startingTls';
    this.#send(buildSslRequest(this.#head()));
    this.#sink.startTls();
  }

  #head(): { capabilities: number; packetBytesMax: number; collationId: number } {
    const { packetBytesMax, collationId } = this.#options;
    return { capabilities: this.#capabilities, packetBytesMax: packetBytesMax ?? 0x4000_0000, collationId };
  }

  #sendResponse(): void {
    // A plugin that we do not speak may be only the server's default: the user's own is asked for next.
    this.#plugin = this.#greeting.plugin === nativePassword ? nativePassword : cachingSha2Password;
    this.#state = 'token';
    const { user, database, attributes } = this.#options;
    this.#send(
      buildHandshakeResponse({
        ...this.#head(),
        userName: Buffer.from(user),
        token: this.#greeting.plugin === this.#plugin ? this.#token() : Buffer.alloc(0),
        database: database === undefined ? undefined : Buffer.from(database),
        plugin: this.#plugin,
        attributes: attributes ?? noAttributes,
        zstdLevel: undefined,
      }),
    );
  }

  #token(): Buffer {
    return this.#plugin === nativePassword
      ? nativeToken(this.#password, this.#nonce)
      : cachingSha2Token(this.#password, this.#nonce);
  }

  #receiveAnswer(payload: Buffer): void {
    switch (payload[0]) {
      case okHeader:
        return this.#succeed(payload);
      case authSwitchHeader:
        return this.#receiveSwitch(payload);
      case authMoreDataHeader:
        return this.#receiveMoreData(parseAuthMoreData(payload));
      default:
        throw unexpected('a packet that is not part of logging in');
    }
  }

  #receiveSwitch(payload: Buffer): void {
    if (this.#state !== 'token') throw unexpected('a change of plugin after the password');
    const { plugin, nonce } = parseAuthSwitchRequest(payload);
    if (plugin !== nativePassword && plugin !== cachingSha2Password) {
      throw new HeadgateError('HG_TABLET_MISCONFIGURED', {
        detail: `user '${this.#options.user}' has plugin ${plugin}; give it ${cachingSha2Password}`,
      });
    }
    if (nonce.length !== nonceBytes) throw unexpected('a nonce that is too short');
    this.#plugin = plugin;
    this.#nonce = nonce;
    this.#send(this.#token());
  }

  #receiveMoreData(data: Buffer): void {
    if (this.#plugin !== cachingSha2Password) throw unexpected('data for another plugin');
    if (this.#state === 'publicKey') {
      this.#state = 'verdict';
      return this.#send(encryptPassword(this.#password, this.#nonce, data));
    }
    if (this.#state !== 'token' || data.length !== 1) throw unexpected('data that nobody asked for');
    if (data[0] === cachingSha2Message.fastAuthSuccess) this.#state = 'verdict';
    else if (data[0] === cachingSha2Message.performFullAuth) this.#sendPassword();
    else throw unexpected('an unknown message of the plugin');
  }

  /** The server has forgotten the hash (restart, FLUSH PRIVILEGES): it wants the password itself. */
  #sendPassword(): void {
    this.#state = 'verdict';
    if (this.#secure) return this.#send(Buffer.concat([this.#password, Buffer.from([0])]));
    const known = this.#options.serverPublicKeyPem;
    if (known !== undefined) return this.#send(encryptPassword(this.#password, this.#nonce, known));
    this.#state = 'publicKey';
    this.#send(Buffer.from([cachingSha2Message.requestPublicKey]));
  }

  #succeed(payload: Buffer): void {
    if (this.#state === 'publicKey') throw unexpected('OK instead of its RSA key');
    const { statusFlags } = parseOk(payload, this.#capabilities);
    this.#state = 'ended';
    this.#sink.done({
      serverVersion: this.#greeting.serverVersion,
      threadId: this.#greeting.threadId,
      capabilities: this.#capabilities,
      statusFlags,
      nonce: this.#nonce,
      secure: this.#secure,
    });
  }

  #send(payload: Buffer): void {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xff;
    this.#sink.send(payload, sequence);
  }

  #fail(error: ServerError | HeadgateError): void {
    this.#state = 'ended';
    this.#sink.fail(error);
  }
}

const unexpected = (what: string): HeadgateError =>
  new HeadgateError('ER_MALFORMED_PACKET', { detail: `the server sent something unexpected: ${what}` });
