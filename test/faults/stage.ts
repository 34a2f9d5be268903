/** A router with a proxy on either side: clients → proxy → router → proxy → tablet. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { rootAt } from '../support/mysqld.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { startSystem } from '../support/system.ts';
import { moveTablet } from '../support/topology-edit.ts';

export type Stage = Readonly<{
  database: string;
  /** The router itself. */
  router: Endpoint;
  routerPid: number;
  /** The router through the clients' proxy. */
  throughClientProxy: Endpoint;
  /** The tablet itself. */
  tablet: Endpoint;
  clientProxy: CuttingProxy;
  tabletProxy: CuttingProxy;
  /** Lines of the router's log that no client may be able to provoke. */
  accidents(): Promise<string[]>;
  stop(): Promise<void>;
}>;

export async function setStage(database = 'faults'): Promise<Stage> {
  const system = await startSystem({ keyspaces: [{ name: database, shards: 1 }] });
  const tablet = system.tablets[0]!;
  const clientProxy = await CuttingProxy.start(system.router.port);
  const tabletProxy = await CuttingProxy.start(tablet.port);
  await moveTablet(system.cluster.etcdAddress, tablet.alias, tabletProxy.port);
  await waitForTraffic(system.router, tabletProxy, database);
  return {
    database,
    router: system.router,
    routerPid: system.routerPid,
    throughClientProxy: rootAt(clientProxy.port),
    tablet: rootAt(tablet.port),
    clientProxy,
    tabletProxy,
    accidents: async () => {
      const log = await readFile(join(system.dataDir, 'logs', 'router.log'), 'utf8');
      return log
        .split('\n')
        .filter((line) => /uncaught exception|unhandled rejection|AssertionError/.test(line));
    },
    stop: async () => {
      await clientProxy.stop();
      await tabletProxy.stop();
      await system.stop();
    },
  };
}

/** The router goes through the proxy as soon as it has seen the record. */
async function waitForTraffic(router: Endpoint, proxy: CuttingProxy, database: string): Promise<void> {
  for (let attempt = 0; attempt < 200 && proxy.connections === 0; attempt += 1) {
    const client = await RawClient.connect(router, { database });
    await client.query('SELECT @@port');
    client.destroy();
    await sleep(50);
  }
  if (proxy.connections === 0) throw new Error('the router never used the tablet’s new address');
}
