/** The system under test: a local cluster with its router, and a mysqld that nothing stands in front of. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterOptions, type LocalCluster, startCluster } from '../../src/local/cluster.ts';
import type { ClusterStatus } from '../../src/local/cluster-status.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { rootAt, startMysqld } from './mysqld.ts';
import type { Endpoint } from './raw-client.ts';

export type System = Readonly<{
  cluster: LocalCluster;
  router: Endpoint;
  routerPid: number;
  tablets: ClusterStatus['tablets'];
  dataDir: string;
  stop(): Promise<void>;
}>;

/** Proves the tests themselves: a plain TCP relay to the first tablet stands in for the router. */
const throughRelay = process.env.HEADGATE_TEST_RELAY === '1';

/** A cluster in a temporary folder on free ports. */
export async function startSystem(options: ClusterOptions): Promise<System> {
  const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
  const dataDir = join(dir, 'cluster');
  const cluster = await startCluster({ port: 0, adminPort: 0, replicas: 0, ...options, dataDir });
  const status = await cluster.status();
  const relay = throughRelay ? await CuttingProxy.start(status.tablets[0]!.port) : undefined;
  return {
    cluster,
    router: rootAt(relay?.port ?? status.router.port),
    routerPid: relay ? process.pid : status.router.pids[0]!,
    tablets: status.tablets,
    dataDir,
    stop: async () => {
      await relay?.stop();
      await cluster.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export type Pair = Readonly<{
  /** mysqld as it is. */
  reference: Endpoint;
  /** The mysqld behind the router, reached past it. */
  tablet: Endpoint;
  router: Endpoint;
  /** The unix sockets of reference and router. */
  sockets: Readonly<{ reference: string; router: string }>;
  routerPid: number;
  dataDir: string;
  stop(): Promise<void>;
}>;

/** TLS with the certificate that a mysqld has made for itself. */
export const tlsArgs = (mysqlDataDir: string): string[] => [
  '--listen-tls-mode=optional',
  `--listen-tls-cert-file=${join(mysqlDataDir, 'server-cert.pem')}`,
  `--listen-tls-key-file=${join(mysqlDataDir, 'server-key.pem')}`,
];

/** One unsharded keyspace behind a router, and a reference server with a database of the same name. */
export async function startPair(database: string): Promise<Pair> {
  const reference = await startMysqld({ databases: [database] });
  const sockets = {
    reference: join(reference.dataDir, 'mysqld.sock'),
    router: join(reference.dataDir, 'headgate.sock'),
  };
  const system = await startSystem({
    keyspaces: [{ name: database, shards: 1 }],
    routerArgs: [...tlsArgs(reference.dataDir), `--listen-socket=${sockets.router}`],
  }).catch(async (error) => {
    await reference.stop();
    throw error;
  });
  return {
    reference: reference.endpoint,
    tablet: rootAt(system.tablets[0]!.port),
    router: system.router,
    sockets,
    routerPid: system.routerPid,
    dataDir: system.dataDir,
    stop: async () => {
      await system.stop();
      await reference.stop();
    },
  };
}
