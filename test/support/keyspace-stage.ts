/**
 * Keyspaces of a test's own choice behind one router, and a plain mysqld with the same databases, which says what is right.
 * The first shard of every keyspace is on the first mysqld, the second on the second and so on: few servers for many keyspaces.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningEtcd, startEtcd } from '../../src/local/etcd.ts';
import { type RunningMysqld, startMysqld } from '../../src/local/mysqld.ts';
import { freePort } from '../../src/local/ports.ts';
import { RouterProcess } from '../../src/local/router-process.ts';
import { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';
import { equalKeyRanges } from '../../src/vschema/key-range.ts';
import { rootAt, runStatements, smallServer } from './mysqld.ts';
import type { Endpoint } from './raw-client.ts';

export type KeyspaceSetup = Readonly<{
  name: string;
  /** 0: unsharded. */
  shards: number;
  /** As Vitess writes it, without `sharded`. */
  vschema?: Readonly<Record<string, unknown>>;
  /** Run in its database on every shard and on the reference: tables, and the rows of reference tables. */
  everywhere: readonly string[];
  /** Run through the router, and on the reference: rows, which the router places. */
  rows?: () => Iterable<string>;
}>;

export type KeyspaceStage = Readonly<{
  /** One MySQL with all data. */
  reference: Endpoint;
  referencePid: number;
  router: Endpoint;
  routerPid: () => number;
  /** The mysqlds behind the router, past it. */
  tablets: readonly Endpoint[];
  tabletPids: readonly number[];
  /** Address of the topology. */
  etcd: string;
  /** What the router said about itself going down. */
  troubles: readonly string[];
  dir: string;
  stop: () => Promise<void>;
}>;

// Nothing here outlives the run.
const fastWrites = [...smallServer, '--innodb-flush-log-at-trx-commit=0', '--sync-binlog=0'];

/** Where the records are in etcd. */
export const PREFIX = '/keyspaces';

const users = `users:
  - name: root
    password: ''
    hosts: [localhost]
`;

const shardsOf = ({ shards }: KeyspaceSetup): readonly string[] =>
  shards === 0 ? ['0'] : equalKeyRanges(shards);

export type StageOptions = Readonly<{
  routerArgs?: readonly string[];
  mysqldArgs?: readonly string[];
  /** Another router than the one that has placed the rows: for what is measured of it. */
  freshRouter?: boolean;
}>;

/** Starts all servers, makes the tables and fills them. */
export async function setKeyspaces(
  keyspaces: readonly KeyspaceSetup[],
  options: StageOptions = {},
): Promise<KeyspaceStage> {
  const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    // Routers were started last and go first.
    for (const step of stops.splice(0).reverse()) await step();
    await rm(dir, { recursive: true, force: true });
  };
  const kept = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    stops.push(() => started.stop());
    return started;
  };
  const server = (name: string): Promise<RunningMysqld> =>
    kept(
      startMysqld({ dataDir: join(dir, name), extraArgs: [...fastWrites, ...(options.mysqldArgs ?? [])] }),
    );
  try {
    const count = Math.max(...keyspaces.map((keyspace) => shardsOf(keyspace).length));
    const [etcd, reference, ...tablets] = await Promise.all([
      kept(startEtcd({ dataDir: join(dir, 'etcd') })),
      server('reference'),
      ...Array.from({ length: count }, (_, at) => server(`tablet-${at}`)),
    ]);
    const servers = [
      { server: reference, holds: keyspaces },
      ...tablets.map((tablet, at) => ({
        server: tablet,
        holds: keyspaces.filter((keyspace) => at < shardsOf(keyspace).length),
      })),
    ];
    await Promise.all(servers.map(({ server: each, holds }) => prepare(each, holds, each === reference)));
    await register(etcd, tablets, keyspaces);
    const troubles: string[] = [];
    const router = await startRouter({
      dir,
      etcd,
      keyspaces,
      troubles,
      routerArgs: options.routerArgs ?? [],
    });
    stops.push(() => router.process.stop());
    for (const { name, rows } of keyspaces) {
      if (rows) await runStatements(rootAt(router.port), [...rows()], name);
    }
    await Promise.all(servers.map(({ server: each, holds }) => analyze(each, holds)));
    return {
      reference: rootAt(reference.port),
      referencePid: reference.process.identity.pid,
      router: rootAt(router.port),
      routerPid: () => router.process.process!.identity.pid,
      tablets: tablets.map(({ port }) => rootAt(port)),
      tabletPids: tablets.map(({ process }) => process.identity.pid),
      etcd: `127.0.0.1:${etcd.port}`,
      troubles,
      dir,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function prepare(
  { port }: RunningMysqld,
  keyspaces: readonly KeyspaceSetup[],
  whole: boolean,
): Promise<void> {
  const endpoint = rootAt(port);
  for (const { name, everywhere, rows } of keyspaces) {
    await runStatements(endpoint, [`CREATE DATABASE ${name}`]);
    await runStatements(endpoint, [...everywhere, ...(whole && rows ? rows() : [])], name);
  }
}

/** Statistics decide on temporary tables, and those on some flags of columns. */
async function analyze({ port }: RunningMysqld, keyspaces: readonly KeyspaceSetup[]): Promise<void> {
  for (const { name, everywhere } of keyspaces) {
    const tables = everywhere.flatMap((sql) => /^CREATE TABLE (\w+)/.exec(sql)?.[1] ?? []);
    const sql = `ANALYZE TABLE ${tables.map((table) => `${name}.${table}`).join(', ')}`;
    await runStatements(rootAt(port), [sql]);
  }
}

async function register(
  etcd: RunningEtcd,
  tablets: readonly RunningMysqld[],
  keyspaces: readonly KeyspaceSetup[],
): Promise<void> {
  const store = EtcdTopologyStore.connect({ hosts: [`127.0.0.1:${etcd.port}`], prefix: PREFIX });
  try {
    let number = 0;
    for (const keyspace of keyspaces) {
      const { name, shards, vschema = {} } = keyspace;
      const sharded = shards > 0;
      await store.putKeyspace({ name, sharded });
      await store.putVschema({ keyspace: name, vschema: { sharded, ...vschema } });
      for (const [at, shard] of shardsOf(keyspace).entries()) {
        const alias = `local-${++number}`;
        const { host, port } = tablets[at]!;
        await store.putShard({ keyspace: name, shard });
        await store.putTablet({ alias, cell: 'local', keyspace: name, shard, type: 'replica', host, port });
        await store.setPrimary({ keyspace: name, shard, alias });
      }
    }
  } finally {
    await store.close();
  }
}

type RouterParts = Readonly<{
  dir: string;
  etcd: RunningEtcd;
  keyspaces: readonly KeyspaceSetup[];
  troubles: string[];
  routerArgs: readonly string[];
}>;

async function startRouter({
  dir,
  etcd,
  keyspaces,
  troubles,
  routerArgs,
}: RouterParts): Promise<{ port: number; process: RouterProcess }> {
  await writeFile(join(dir, 'users.yaml'), users, { mode: 0o600 });
  const port = await freePort();
  const process = new RouterProcess({
    port,
    adminPort: await freePort(),
    etcd: `127.0.0.1:${etcd.port}`,
    logFile: join(dir, 'router.log'),
    usersFile: join(dir, 'users.yaml'),
    extraArgs: [`--topology-prefix=${PREFIX}`, ...routerArgs],
    onProcess: () => {},
    tell: (line) => troubles.push(line),
  });
  const targets = keyspaces.flatMap((keyspace) =>
    keyspace.shards === 0 ? [keyspace.name] : shardsOf(keyspace).map((shard) => `${keyspace.name}:${shard}`),
  );
  await process.start(targets);
  return { port, process };
}
