/** Plays a script's steps to one server and keeps every answer. */
import { capability } from '../../src/mysql/protocol.ts';
import type { CompressionName } from '../support/compressed-wire.ts';
import { type Answer, type ConnectOptions, type Endpoint, RawClient } from '../support/raw-client.ts';
import { databaseName, type Script, type Step } from './script.ts';

/** One corner of the matrix. */
export type Variant = Readonly<{
  prepared: boolean;
  deprecateEof: boolean;
  tls: boolean;
  sessionTrack: boolean;
  compression?: CompressionName;
}>;

export const variantName = ({ prepared, deprecateEof, tls, sessionTrack, compression }: Variant): string =>
  [
    prepared ? 'prepared' : 'text',
    deprecateEof ? 'deprecate-eof' : 'eof',
    tls ? 'tls' : 'plain',
    sessionTrack ? 'track' : 'no-track',
    ...(compression === undefined ? [] : [compression]),
  ].join(' ');

/** What a step brought: its answers in order (a prepared query has two), or why there are none. */
export type Played = Readonly<{ answers: readonly Answer[]; failure?: string }>;

type Connection = { client: RawClient; statements: Map<string, number> };

/** A script on its way through one server; steps are played in turn so that two servers can be compared at each. */
export class Player {
  readonly #endpoint: Endpoint;
  readonly #script: Script;
  readonly #variant: Variant;
  readonly #connections = new Map<string, Connection>();

  constructor(endpoint: Endpoint, script: Script, variant: Variant) {
    this.#endpoint = endpoint;
    this.#script = script;
    this.#variant = variant;
  }

  async play(step: Step): Promise<Played> {
    try {
      const name = step.on ?? 'main';
      const connection = await this.#connection(name);
      const answers = await this.#perform(connection, step);
      if (step.closes) {
        connection.client.destroy();
        this.#connections.delete(name);
      } else if (connection.client.closed && step.kind !== 'disconnect') {
        return { answers, failure: 'the server has closed the connection' };
      }
      return { answers };
    } catch (error) {
      return { answers: [], failure: (error as Error).message };
    }
  }

  /** The login's own answer (its OK packet), opening the connection if it is not open yet. */
  async login(name = 'main'): Promise<Played> {
    try {
      const { client } = await this.#connection(name);
      const packets = client.handshake.slice(-1);
      // Behaves like the answer of COM_PING: one OK packet.
      return {
        answers: [
          {
            commandByte: 0x0e,
            capabilities: client.capabilities,
            packets,
            closed: client.closed,
            compressed: false,
          },
        ],
      };
    } catch (error) {
      return { answers: [], failure: (error as Error).message };
    }
  }

  async close(): Promise<void> {
    for (const { client } of this.#connections.values()) {
      await client.quit().catch(() => client.destroy());
    }
    this.#connections.clear();
  }

  async #connection(name: string): Promise<Connection> {
    const known = this.#connections.get(name);
    if (known) return known;
    const connection = {
      client: await RawClient.connect(this.#endpoint, this.#options()),
      statements: new Map<string, number>(),
    };
    this.#connections.set(name, connection);
    return connection;
  }

  #options(): ConnectOptions {
    const { script, variant } = { script: this.#script, variant: this.#variant };
    let without = script.without ?? 0;
    if (!variant.deprecateEof) without |= capability.deprecateEof;
    if (!variant.sessionTrack) without |= capability.sessionTrack;
    return {
      tls: variant.tls,
      compression: variant.compression,
      without,
      with: script.with,
      charset: script.charset,
      database: script.noDatabase ? undefined : databaseName,
      timeoutMs: 60_000,
    };
  }

  async #perform(connection: Connection, step: Step): Promise<Answer[]> {
    const { client, statements } = connection;
    const idOf = (name: string): number => statements.get(name) ?? 0xffff;
    switch (step.kind) {
      case 'query':
        client.file = step.file ?? [];
        return this.#variant.prepared && !step.textOnly
          ? this.#playPrepared(client, step.sql)
          : [await client.query(step.sql, step.attributes)];
      case 'command':
        return [await client.command(step.byte, step.payload)];
      case 'prepare': {
        const { answer, id } = await client.prepare(step.sql);
        if (id) statements.set(step.name, id);
        return [answer];
      }
      case 'execute':
        return [await client.execute(idOf(step.name), step.parameters, step.options, step.attributes)];
      case 'fetch':
        return [await client.fetch(idOf(step.name), step.rows)];
      case 'resetStatement':
        return [await client.resetStatement(idOf(step.name))];
      case 'longData':
        client.sendLongData(idOf(step.name), step.parameter, step.data);
        return [];
      case 'closeStatement':
        client.closeStatement(idOf(step.name));
        return [];
      case 'changeUser':
        return [await client.changeUser({ database: step.database, charset: step.charset })];
      case 'disconnect':
        await client.quit();
        this.#connections.delete(step.on ?? 'main');
        return [];
    }
  }

  async #playPrepared(client: RawClient, sql: string | Buffer): Promise<Answer[]> {
    const { answer, id } = await client.prepare(sql);
    if (id === 0) return [answer];
    const executed = await client.execute(id);
    client.closeStatement(id);
    return [answer, executed];
  }
}
