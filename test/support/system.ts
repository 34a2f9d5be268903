/** The system under test: a local cluster with its router, and a mysqld that nothing stands in front of. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClusterOptions, type LocalCluster, startCluster } from '../../src/local/cluster.ts';
import type { ClusterStatus } from '../../src/local/cluster-status.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import { type Mysqld, rootAt, startMysqld } from './mysqld.ts';
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
  routerPid: number;
  dataDir: string;
  stop(): Promise<void>;
}>;

/** One unsharded keyspace behind a router, and a reference server with a database of the same name. */
export async function startPair(database: string): Promise<Pair> {
  const [reference, system] = await Promise.allSettled([
    startMysqld({ databases: [database] }),
    startSystem({ keyspaces: [{ name: database, shards: 1 }] }),
  ]);
  const stop = async () => {
    if (system.status === 'fulfilled') await system.value.stop();
    if (reference.status === 'fulfilled') await (reference.value as Mysqld).stop();
  };
  if (reference.status === 'rejected' || system.status === 'rejected') {
    await stop();
    throw reference.status === 'rejected' ? reference.reason : (system as PromiseRejectedResult).reason;
  }
  return {
    reference: reference.value.endpoint,
    tablet: rootAt(system.value.tablets[0]!.port),
    router: system.value.router,
    routerPid: system.value.routerPid,
    dataDir: system.value.dataDir,
    stop,
  };
}
