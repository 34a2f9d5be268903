/**
 * The servers of the comparison: one MySQL with all data (the reference), a twin of it that shows which cases are not
 * deterministic, and for each shard count a cluster with its own mysqlds and router. A shard is a mysqld of its own;
 * the unsharded keyspace is one more database on a cluster's first.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningEtcd, startEtcd } from '../../src/local/etcd.ts';
import { type RunningMysqld, startMysqld } from '../../src/local/mysqld.ts';
import { freePort } from '../../src/local/ports.ts';
import { RouterProcess } from '../../src/local/router-process.ts';
import { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';
import { rootAt, runStatements, smallServer } from '../support/mysqld.ts';
import type { Endpoint } from '../support/raw-client.ts';
import { bareName, createTable, type Keyspace, keyspaces, SHARDED } from './definitions.ts';
import { shardNames, shardOf } from './placement.ts';
import { insertOf, type Row, rowsOf } from './rows.ts';
import { type TableDefinition, writtenTables } from './tables.ts';

/** A router and the shards behind it. */
export type Cluster = Readonly<{
  shards: number;
  endpoint: Endpoint;
  /** The primaries, past the router, in the order of their key ranges. */
  tablets: readonly Endpoint[];
}>;

const users = `users:
  - name: root
    password: ''
    hosts: [localhost]
`;

// Nothing here outlives the run.
const fastWrites = [...smallServer, '--innodb-flush-log-at-trx-commit=0', '--sync-binlog=0'];

export class Stage {
  readonly dir: string;
  readonly reference: Endpoint;
  readonly twin: Endpoint;
  readonly clusters: readonly Cluster[];
  /** What routers said about themselves going down. */
  readonly troubles: string[];
  readonly #stops: readonly (() => Promise<void>)[];

  private constructor(parts: {
    dir: string;
    reference: Endpoint;
    twin: Endpoint;
    clusters: readonly Cluster[];
    troubles: string[];
    stops: readonly (() => Promise<void>)[];
  }) {
    this.dir = parts.dir;
    this.reference = parts.reference;
    this.twin = parts.twin;
    this.clusters = parts.clusters;
    this.troubles = parts.troubles;
    this.#stops = parts.stops;
  }

  /** Starts all servers with the tables loaded. */
  static async set(shardCounts: readonly number[]): Promise<Stage> {
    const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
    await writeFile(join(dir, 'users.yaml'), users, { mode: 0o600 });
    const stops: (() => Promise<void>)[] = [];
    const troubles: string[] = [];
    const kept = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
      const started = await starting;
      stops.push(() => started.stop());
      return started;
    };
    const server = (name: string) => kept(startMysqld({ dataDir: join(dir, name), extraArgs: fastWrites }));
    try {
      const etcd = await kept(startEtcd({ dataDir: join(dir, 'etcd') }));
      const [reference, twin, ...clusters] = await Promise.all([
        server('reference').then(loadWhole),
        server('twin').then(loadWhole).then(loadBare),
        ...shardCounts.map(async (shards) => {
          const tablets = await Promise.all(
            shardNames(shards).map((_, at) => server(`shard-${shards}-${at}`)),
          );
          await Promise.all(tablets.map((tablet, at) => loadShard(tablet, at, shards)));
          return startCluster({ dir, etcd, tablets, troubles, stops });
        }),
      ]);
      return new Stage({
        dir,
        reference: rootAt(reference!.port),
        twin: rootAt(twin!.port),
        clusters: clusters as Cluster[],
        troubles,
        stops,
      });
    } catch (error) {
      await stopAll(dir, stops);
      throw error;
    }
  }

  /** Puts the tables that cases write to back to their first rows, past the routers. */
  async restore(tables: readonly TableDefinition[] = writtenTables): Promise<void> {
    const clear = tables.map(({ name }) => `DELETE FROM ${name}`);
    await Promise.all([
      ...[this.reference, this.twin].map((endpoint) =>
        runStatements(
          endpoint,
          [...clear, ...tables.map((table) => insertOf(table, rowsOf(table)))],
          SHARDED,
        ),
      ),
      ...this.clusters.flatMap(({ shards, tablets }) =>
        tablets.map((endpoint, at) =>
          runStatements(endpoint, [...clear, ...shardInserts(tables, at, shards)], SHARDED),
        ),
      ),
    ]);
  }

  async stop(): Promise<void> {
    await stopAll(this.dir, this.#stops);
  }
}

async function stopAll(dir: string, stops: readonly (() => Promise<void>)[]): Promise<void> {
  // Routers were started last and go first.
  for (const stop of [...stops].reverse()) await stop();
  await rm(dir, { recursive: true, force: true });
}

// Statistics decide on temporary tables, and those on some flags of columns.
const analyze = (tables: readonly TableDefinition[]): string[] =>
  tables.length === 0 ? [] : [`ANALYZE TABLE ${tables.map(({ name }) => name).join(', ')}`];

async function loadKeyspace(
  endpoint: Endpoint,
  { name, tables, objects }: Keyspace,
  inserts: readonly string[],
): Promise<void> {
  await runStatements(endpoint, [`CREATE DATABASE ${name}`]);
  await runStatements(
    endpoint,
    [...tables.map(createTable), ...inserts, ...objects, ...analyze(tables)],
    name,
  );
}

const allInserts = (tables: readonly TableDefinition[]): string[] =>
  tables.map((table) => insertOf(table, rowsOf(table)));

async function loadWhole(server: RunningMysqld): Promise<RunningMysqld> {
  for (const keyspace of keyspaces)
    await loadKeyspace(rootAt(server.port), keyspace, allInserts(keyspace.tables));
  return server;
}

async function loadBare(server: RunningMysqld): Promise<RunningMysqld> {
  const endpoint = rootAt(server.port);
  for (const { name, tables, objects } of keyspaces) {
    const bare = bareName(name);
    await runStatements(endpoint, [
      `CREATE DATABASE ${bare}`,
      ...tables.map((table) => `CREATE TABLE ${bare}.${table.name} AS SELECT * FROM ${name}.${table.name}`),
    ]);
    await runStatements(endpoint, objects, bare);
  }
  return server;
}

async function loadShard(server: RunningMysqld, at: number, shards: number): Promise<void> {
  for (const keyspace of keyspaces) {
    const { sharded, tables } = keyspace;
    if (!sharded && at > 0) continue;
    const inserts = sharded ? shardInserts(tables, at, shards) : allInserts(tables);
    await loadKeyspace(rootAt(server.port), keyspace, inserts);
  }
}

function shardInserts(tables: readonly TableDefinition[], at: number, shards: number): string[] {
  return tables.flatMap((table) => {
    const everywhere = table.sharding === undefined && table.pinned === undefined;
    const here = (row: Row): boolean => everywhere || shardOf(table, row, shards) === at;
    const rows = rowsOf(table).filter(here);
    return rows.length > 0 ? [insertOf(table, rows)] : [];
  });
}

type ClusterParts = Readonly<{
  dir: string;
  etcd: RunningEtcd;
  tablets: readonly RunningMysqld[];
  troubles: string[];
  stops: (() => Promise<void>)[];
}>;

async function startCluster({ dir, etcd, tablets, troubles, stops }: ClusterParts): Promise<Cluster> {
  const shards = tablets.length;
  const prefix = `/shards-${shards}`;
  await register(`127.0.0.1:${etcd.port}`, prefix, tablets);
  const port = await freePort();
  const router = new RouterProcess({
    port,
    adminPort: await freePort(),
    etcd: `127.0.0.1:${etcd.port}`,
    logFile: join(dir, `router-${shards}.log`),
    usersFile: join(dir, 'users.yaml'),
    extraArgs: [`--topology-prefix=${prefix}`],
    onProcess: () => {},
    tell: (line) => troubles.push(line),
  });
  stops.push(() => router.stop());
  await router.start(
    keyspaces.flatMap(({ name, sharded }) =>
      sharded ? shardNames(shards).map((shard) => `${name}:${shard}`) : [name],
    ),
  );
  return { shards, endpoint: rootAt(port), tablets: tablets.map((tablet) => rootAt(tablet.port)) };
}

async function register(address: string, prefix: string, servers: readonly RunningMysqld[]): Promise<void> {
  const store = EtcdTopologyStore.connect({ hosts: [address], prefix });
  try {
    for (const { name, sharded, vschema } of keyspaces) {
      await store.putKeyspace({ name, sharded });
      await store.putVschema({ keyspace: name, vschema });
    }
    // The unsharded keyspaces lie beside the first shard.
    const places = keyspaces.flatMap(({ name, sharded }) => {
      const shards = sharded ? shardNames(servers.length) : ['0'];
      return shards.map((shard, at) => ({ keyspace: name, shard, server: servers[at]! }));
    });
    for (const [at, { keyspace, shard, server }] of places.entries()) {
      const alias = `local-${at + 1}`;
      await store.putShard({ keyspace, shard });
      const { host, port } = server;
      await store.putTablet({ alias, cell: 'local', keyspace, shard, type: 'replica', host, port });
      await store.setPrimary({ keyspace, shard, alias });
    }
  } finally {
    await store.close();
  }
}
