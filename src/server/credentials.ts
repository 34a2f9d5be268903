/** Users, certificates and keys: read at the start, and again whenever their files change. New connections use the new ones. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/schema.ts';
import { readGatewayTls, readListenTls } from '../config/tls-files.ts';
import type { Users } from '../config/users.ts';
import { defaultUsers, parseUsers } from '../config/users-file.ts';
import { type WatchedFile, watchFile } from '../config/watch-file.ts';
import { HeadgateError, messageOf } from '../errors/headgate-error.ts';
import type { Log } from '../telemetry/log.ts';
import { createRsaKeyPair, type RsaKeyPair } from '../wire/auth/rsa-password.ts';
import type { ClientTls, ServerTls } from '../wire/channel.ts';
import { type ConnectAttributes, lacksNativePlugin } from '../wire/handshake/connect-attributes.ts';
import { FromFiles } from './from-files.ts';

export class Credentials {
  users: Users;
  readonly #log: Log;
  readonly #serverTls: FromFiles<ServerTls | undefined>;
  readonly #gatewayTls: FromFiles<ClientTls>;
  #watchedUsers: WatchedFile | undefined;
  #rsaKeyPair: RsaKeyPair | undefined;
  #closed = false;

  /** Throws HG_CONFIG when a file cannot be used. */
  constructor(config: Config, log: Log) {
    this.#log = log;
    this.users = this.#readUsers(config.listen.usersFile);
    const { tls } = config.listen;
    this.#serverTls = new FromFiles(
      'certificates for clients',
      tls.mode === 'off' ? [] : [tls.certFile, tls.keyFile, tls.caFile, tls.crlFile],
      () => serverTlsOf(config),
      log,
    );
    const { gateway } = config;
    this.#gatewayTls = new FromFiles(
      'certificates for tablets',
      gateway.tls === 'off' ? [] : [gateway.caFile, gateway.certFile, gateway.keyFile],
      () => readGatewayTls(config) ?? {},
      log,
    );
    void this.#makeKeyPair();
  }

  /** Throws where TLS is off. */
  get serverTls(): ServerTls {
    const { current } = this.#serverTls;
    if (current === undefined)
      throw new HeadgateError('HG_INTERNAL', { detail: 'TLS without a certificate' });
    return current;
  }

  get gatewayTls(): ClientTls {
    return this.#gatewayTls.current;
  }

  /** Undefined where the client can prove a native hash by mysql_native_password, which asks for less. */
  rsaKeyPair(attributes: ConnectAttributes): RsaKeyPair | undefined {
    return lacksNativePlugin(attributes) ? this.#rsaKeyPair : undefined;
  }

  close(): void {
    this.#closed = true;
    this.#watchedUsers?.close();
    this.#serverTls.close();
    this.#gatewayTls.close();
  }

  #readUsers(path: string | undefined): Users {
    if (path === undefined) return defaultUsers();
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new HeadgateError('HG_CONFIG', {
        detail: `listen.usersFile ${path}: ${messageOf(cause)}`,
        cause,
      });
    }
    const users = parseUsers(text, path);
    this.#watchedUsers = watchFile(path, text, {
      changed: (changed) => this.#usersChanged(changed, path),
      lost: (reason) =>
        this.#log.error({ path, reason }, 'the users file is gone; the users stay as they were'),
    });
    return users;
  }

  #usersChanged(text: string, path: string): void {
    try {
      this.users = parseUsers(text, path, this.users.decoyKey);
      this.#log.info({ path, users: this.users.entries.length }, 'users read again');
      void this.#makeKeyPair();
    } catch (error) {
      this.#log.error({ err: error, path }, 'the changed users file is wrong; the users stay as they were');
    }
  }

  /** Only where somebody may need it: a key costs some 100 ms of a processor. */
  async #makeKeyPair(): Promise<void> {
    const needed = this.users.entries.some(
      ({ cachingSha2, native }) => cachingSha2.length === 0 && native.length > 0,
    );
    if (!needed || this.#rsaKeyPair !== undefined) return;
    try {
      const pair = await createRsaKeyPair();
      if (!this.#closed) this.#rsaKeyPair = pair;
    } catch (error) {
      this.#log.error({ err: error }, 'no RSA key for logins without TLS could be made');
    }
  }
}

function serverTlsOf(config: Config): ServerTls | undefined {
  const material = readListenTls(config);
  if (material === undefined) return undefined;
  const { minVersion, clientCertificates, groups: ecdhCurve } = config.listen.tls;
  // Without a context of its own OpenSSL refuses to resume the sessions of clients with certificates.
  const context = createSecureContext({ ...material, minVersion, ecdhCurve, sessionIdContext: 'headgate' });
  return { context, clientCertificate: material.ca === undefined ? 'no' : clientCertificates };
}
