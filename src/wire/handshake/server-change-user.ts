import type { UserEntry } from '../../config/users.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { AuthPlugin } from '../auth/plugin-names.ts';
import { ServerAuthentication } from '../auth/server-authentication.ts';
import { buildErr } from '../err-packet.ts';
import { type ChangeUser, parseChangeUser } from './change-user.ts';
import {
  type AuthenticationOptions,
  type ClientIdentity,
  decodeName,
  type ServerHandshakeSink,
} from './client-identity.ts';

/**
 * COM_CHANGE_USER on an open connection: the login again, under what was negotiated when it began. The client has no
 * fresh nonce for its first token, so the plugin is always asked anew, as MySQL does; only clients without PLUGIN_AUTH
 * answer the greeting's nonce once more. `startTls` of the sink is never called. A refusal closes the connection.
 */
export class ServerChangeUser {
  readonly #previous: ClientIdentity;
  readonly #sink: Omit<ServerHandshakeSink, 'startTls'>;
  readonly #authentication: ServerAuthentication;
  #sequence = 0;
  #ended = false;
  #request: ChangeUser | undefined;
  #userName = '';
  #database: string | undefined;
  #collationId: number;

  constructor(
    options: AuthenticationOptions,
    previous: ClientIdentity,
    sink: Omit<ServerHandshakeSink, 'startTls'>,
  ) {
    this.#previous = previous;
    this.#sink = sink;
    this.#collationId = previous.collationId;
    this.#authentication = new ServerAuthentication(options, {
      send: (payload) => this.#send(payload),
      accepted: (entry, plugin) => this.#accept(entry, plugin),
      refused: (error) => this.#refuse(error),
    });
  }

  /** First the command (its first byte included, sequence 0), then whatever the client answers. */
  push(payload: Buffer, sequence: number): void {
    if (this.#ended) return;
    try {
      if (sequence !== this.#sequence) {
        throw new HeadgateError('ER_NET_PACKETS_OUT_OF_ORDER', {
          message: 'Got packets out of order',
          detail: `expected packet ${this.#sequence}, got ${sequence}`,
        });
      }
      this.#sequence = (sequence + 1) & 0xff;
      if (this.#request === undefined) this.#begin(payload);
      else this.#authentication.push(payload);
    } catch (error) {
      if (!(error instanceof HeadgateError)) throw error;
      this.#refuse(error.code === 'ER_MALFORMED_PACKET' ? unknownCommand(error.message) : error);
    }
  }

  #begin(payload: Buffer): void {
    const request = parseChangeUser(payload, this.#previous.capabilities);
    this.#request = request;
    this.#collationId = request.collationId ?? this.#previous.collationId;
    this.#userName = decodeName(request.userName, this.#collationId);
    const database = decodeName(request.database, this.#collationId);
    this.#database = database === '' ? undefined : database;
    this.#authentication.begin({
      userName: this.#userName,
      plugin: request.plugin,
      token: request.plugin === undefined ? request.token : undefined,
      nonce: this.#previous.nonce,
      secure: this.#previous.secure,
      tls: this.#previous.tls,
      attributes: request.attributes,
    });
  }

  #accept(userEntry: UserEntry, plugin: AuthPlugin): void {
    this.#ended = true;
    this.#sink.done(
      {
        ...this.#previous,
        userName: this.#userName,
        userEntry,
        collationId: this.#collationId,
        database: this.#database,
        attributes: this.#request!.attributes,
        plugin,
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
    this.#ended = true;
    this.#send(buildErr(error));
    this.#sink.refuse(error);
  }
}

/** MySQL's answer to a COM_CHANGE_USER that it cannot read. */
const unknownCommand = (detail: string): HeadgateError =>
  new HeadgateError('ER_UNKNOWN_COM_ERROR', { message: 'Unknown command', detail });
