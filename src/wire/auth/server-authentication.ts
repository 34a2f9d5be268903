/**
 * The dialogue that proves a client's password, from its first token to the verdict: change of plugin, fast path, full
 * path. A pure state machine. A name that does not exist goes through the same packets with a decoy's hashes, which no
 * token matches, and ends in the same words.
 */
import { hostOf } from '../../config/host-rule.ts';
import { type UserEntry, verifyPassword } from '../../config/users.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { buildAuthMoreData, buildAuthSwitchRequest } from '../handshake/auth-packets.ts';
import type { AuthenticationOptions } from '../handshake/client-identity.ts';
import type { ConnectAttributes } from '../handshake/connect-attributes.ts';
import {
  cachingSha2Message,
  cachingSha2TokenBytes,
  verifyCachingSha2Token,
} from './caching-sha2-password.ts';
import { verifyNativeToken } from './native-password.ts';
import { createNonce } from './nonce.ts';
import { type AuthPlugin, cachingSha2Password, nativePassword } from './plugin-names.ts';
import { decryptPassword, type RsaKeyPair, withoutNul } from './rsa-password.ts';
import { meetsRequirement, type TlsPeer } from './tls-requirement.ts';

/** Hears the verdict; `sequence` is that of the next packet to the client. */
export interface AuthenticationSink {
  send(payload: Buffer): void;
  accepted(entry: UserEntry, plugin: AuthPlugin): void;
  refused(error: HeadgateError): void;
}

export type AuthenticationRequest = Readonly<{
  userName: string;
  /** As the client announced it; undefined from clients without PLUGIN_AUTH, which know the native plugin only. */
  plugin: string | undefined;
  /** Undefined when the client cannot have made it from `nonce`, so that a new nonce must be sent. */
  token: Buffer | undefined;
  nonce: Buffer;
  secure: boolean;
  /** Undefined without TLS. */
  tls: TlsPeer | undefined;
  attributes: ConnectAttributes;
}>;

type State = 'idle' | 'switched' | 'password' | 'encryptedPassword' | 'ended';

export class ServerAuthentication {
  readonly #options: AuthenticationOptions;
  readonly #sink: AuthenticationSink;
  #state: State = 'idle';
  #userName = '';
  #secure = false;
  #tls: TlsPeer | undefined;
  #entry!: UserEntry;
  #exists = false;
  #plugin: AuthPlugin = cachingSha2Password;
  #nonce!: Buffer;
  #rsaKeyPair: RsaKeyPair | undefined;

  constructor(options: AuthenticationOptions, sink: AuthenticationSink) {
    this.#options = options;
    this.#sink = sink;
  }

  begin(request: AuthenticationRequest): void {
    const { users, remoteAddress } = this.#options;
    const found = users.find(request.userName, remoteAddress);
    if (found === 'hostDenied') return this.#refuse(hostDenied(remoteAddress));
    this.#userName = request.userName;
    this.#secure = request.secure;
    this.#tls = request.tls;
    this.#nonce = request.nonce;
    this.#exists = found !== undefined;
    this.#entry = found ?? users.decoy(request.userName);
    // A secure connection needs no key; asking for one there would only make it for nothing.
    if (isNativeOnly(this.#entry) && !this.#secure)
      this.#rsaKeyPair = this.#options.rsaKeyPair?.(request.attributes);
    if (request.plugin === undefined) return this.#judgeOldClient(request.token ?? Buffer.alloc(0));
    this.#plugin = this.#choosePlugin(request.plugin);
    const { token } = request;
    // A client sends nothing as long as the server has not named the plugin that it wants to use.
    const isToken = token !== undefined && (this.#plugin === cachingSha2Password || token.length > 0);
    if (isToken && this.#plugin === request.plugin) this.#judge(token);
    else this.#switchPlugin();
  }

  push(payload: Buffer): void {
    switch (this.#state) {
      case 'switched':
        return this.#judge(payload);
      case 'password':
        return this.#receivePassword(payload);
      case 'encryptedPassword':
        return this.#receiveEncrypted(payload);
      default:
        return this.#refuse(
          new HeadgateError('ER_HANDSHAKE_ERROR', {
            message: 'Bad handshake',
            detail: 'a packet that nobody asked for',
          }),
        );
    }
  }

  /** The client's own plugin where the user has what it needs; this saves a change of plugin. */
  #choosePlugin(announced: string): AuthPlugin {
    if (!isNativeOnly(this.#entry)) {
      return announced === nativePassword && this.#entry.native.length > 0
        ? nativePassword
        : cachingSha2Password;
    }
    const fullPath = this.#secure || this.#rsaKeyPair !== undefined;
    return announced === cachingSha2Password && fullPath ? cachingSha2Password : nativePassword;
  }

  #switchPlugin(): void {
    this.#nonce = createNonce();
    this.#state = 'switched';
    this.#sink.send(buildAuthSwitchRequest({ plugin: this.#plugin, nonce: this.#nonce }));
  }

  #judgeOldClient(token: Buffer): void {
    this.#plugin = nativePassword;
    if (this.#entry.native.length > 0 || this.#entry.withoutPassword) return this.#judge(token);
    this.#refuse(
      new HeadgateError('ER_NOT_SUPPORTED_AUTH_MODE', {
        message:
          'Client does not support authentication protocol requested by server; consider upgrading MySQL client',
        detail: `user '${this.#userName}' has no native hash`,
      }),
    );
  }

  #judge(token: Buffer): void {
    // libmysqlclient says "no password" to the sha2 plugin with a NUL, others with nothing.
    const given = token.length > 1 || (token.length === 1 && token[0] !== 0);
    if (!given || this.#entry.withoutPassword)
      return this.#conclude(!given && this.#entry.withoutPassword, given);
    if (this.#plugin === nativePassword) {
      return this.#conclude(this.#matches(token, this.#entry.native, verifyNativeToken), given);
    }
    if (token.length !== cachingSha2TokenBytes) return this.#conclude(false, given);
    if (isNativeOnly(this.#entry)) {
      this.#state = 'password';
      this.#sink.send(buildAuthMoreData(cachingSha2Message.performFullAuth));
      return;
    }
    const matches = this.#matches(token, this.#entry.cachingSha2, verifyCachingSha2Token);
    if (matches && this.#exists) this.#sink.send(buildAuthMoreData(cachingSha2Message.fastAuthSuccess));
    this.#conclude(matches, given);
  }

  #matches(token: Buffer, stored: readonly Buffer[], verify: typeof verifyNativeToken): boolean {
    let matches = false;
    // All of them, so that the time does not tell which of several passwords matched.
    for (const hash of stored) matches = verify(token, this.#nonce, hash) || matches;
    return matches;
  }

  #receivePassword(payload: Buffer): void {
    if (this.#secure) return this.#concludePassword(withoutNul(payload));
    if (payload.length === 1 && payload[0] === cachingSha2Message.requestPublicKey) {
      this.#state = 'encryptedPassword';
      this.#sink.send(buildAuthMoreData(this.#rsaKeyPair!.publicKeyPem));
      return;
    }
    // The client may have been given the key beforehand.
    this.#receiveEncrypted(payload);
  }

  #receiveEncrypted(payload: Buffer): void {
    this.#concludePassword(decryptPassword(payload, this.#nonce, this.#rsaKeyPair!));
  }

  #concludePassword(password: Buffer | undefined): void {
    this.#conclude(password !== undefined && verifyPassword(this.#entry, password), true);
  }

  #conclude(matches: boolean, passwordGiven: boolean): void {
    if (!matches || !this.#exists || !meetsRequirement(this.#entry.requires, this.#tls)) {
      return this.#refuse(accessDenied(this.#userName, this.#options.remoteAddress, passwordGiven));
    }
    this.#state = 'ended';
    this.#sink.accepted(this.#entry, this.#plugin);
  }

  #refuse(error: HeadgateError): void {
    this.#state = 'ended';
    this.#sink.refused(error);
  }
}

const isNativeOnly = (entry: UserEntry): boolean => entry.cachingSha2.length === 0 && entry.native.length > 0;

/** MySQL cuts names here too (`%-.48s`, `%-.255s`). */
export function accessDenied(userName: string, address: string, passwordGiven: boolean): HeadgateError {
  const user = userName.slice(0, 48);
  const host = hostOf(address).slice(0, 255);
  return new HeadgateError('ER_ACCESS_DENIED_ERROR', {
    message: `Access denied for user '${user}'@'${host}' (using password: ${passwordGiven ? 'YES' : 'NO'})`,
  });
}

export function hostDenied(address: string): HeadgateError {
  return new HeadgateError('ER_HOST_NOT_PRIVILEGED', {
    message: `Host '${hostOf(address).slice(0, 255)}' is not allowed to connect to this MySQL server`,
  });
}
