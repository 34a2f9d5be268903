/** Two servers as the shards of a keyspace, a third as a spare, and a gateway on them; all under the test's own hand. */
import { Gateway } from '../../src/gateway/gateway.ts';
import type { KeyspaceSchema } from '../../src/schema/schema.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { MemoryTopologyStore } from '../../src/topology/memory-store.ts';
import { type Mysqld, runStatements, startMysqld } from '../support/mysqld.ts';
import { until } from '../support/router-stage.ts';

export const keyspace = 'followed';
export const shards = ['-80', '80-'] as const;
export type Place = 0 | 1 | 2;

type LogLine = Readonly<Record<string, unknown> & { msg: string }>;

export class SchemaStage {
  readonly store: MemoryTopologyStore;
  readonly #servers: readonly Mysqld[];
  readonly #gateways = new Set<Gateway>();
  readonly log: LogLine[] = [];

  private constructor(servers: readonly Mysqld[], store: MemoryTopologyStore) {
    this.#servers = servers;
    this.store = store;
  }

  static async set(): Promise<SchemaStage> {
    const servers = await Promise.all(
      Array.from({ length: 3 }, () => startMysqld({ databases: [keyspace] })),
    );
    const store = new MemoryTopologyStore();
    const stage = new SchemaStage(servers, store);
    await store.putKeyspace({ name: keyspace, sharded: true });
    for (const shard of shards) await store.putShard({ keyspace, shard });
    for (const place of [0, 1, 2] as const) {
      const { host, port } = servers[place]!.endpoint;
      const shard = shards[place === 2 ? 1 : place];
      await store.putTablet({
        alias: alias(place),
        cell: 'local',
        keyspace,
        shard,
        type: 'replica',
        host,
        port,
      });
    }
    await stage.setPrimary(0);
    await stage.setPrimary(1);
    return stage;
  }

  async setPrimary(place: Place): Promise<void> {
    await this.store.setPrimary({ keyspace, shard: shards[place === 2 ? 1 : place], alias: alias(place) });
  }

  gateway({ user = 'root', holdMsMax = 20_000 } = {}): Gateway {
    const gateway = new Gateway({
      watcher: this.store.watch(),
      login: { user, password: '', tls: 'off', certificates: () => ({}), connectMsMax: 10_000 },
      limits: {
        connectionsMax: 10,
        scratchConnectionsMax: 10,
        waitMsMax: 10_000,
        waitersMax: 10,
        idleMsMax: 60_000,
        statementsMax: 10,
        statementsPercentMax: 50,
      },
      holdMsMax,
      cell: '',
      log: createLog({
        destination: { write: (line: string) => void this.log.push(JSON.parse(line) as LogLine) },
      }),
    });
    this.#gateways.add(gateway);
    return gateway;
  }

  /** A gateway that has read the tables. */
  async loaded(): Promise<Gateway> {
    const gateway = this.gateway();
    await gateway.schemaReady(keyspace, AbortSignal.timeout(20_000));
    return gateway;
  }

  /** On connections of their own, past the gateway; first on one server, then on the next. */
  async run(statements: readonly string[], places: readonly Place[] = [0, 1, 2]): Promise<void> {
    for (const place of places) await runStatements(this.#servers[place]!.endpoint, statements, keyspace);
  }

  async close(gateway: Gateway): Promise<void> {
    this.#gateways.delete(gateway);
    gateway.close();
  }

  async stop(): Promise<void> {
    for (const gateway of this.#gateways) gateway.close();
    await this.store.close();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

const alias = (place: Place): string => `local-10${place}`;

/** The snapshot, as soon as it is as it should be. */
export async function noticed(
  gateway: Gateway,
  what: string,
  holds: (schema: KeyspaceSchema) => boolean,
): Promise<KeyspaceSchema> {
  let schema: KeyspaceSchema | undefined;
  await until(what, () => {
    schema = gateway.schema(keyspace);
    return schema !== undefined && holds(schema);
  });
  return schema!;
}
