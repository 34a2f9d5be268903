/** etcd, two servers of one shard with the same data, and routers, each under the test's own hand. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningEtcd, startEtcd } from '../../src/local/etcd.ts';
import { type RunningMysqld, startMysqld } from '../../src/local/mysqld.ts';
import { freePort } from '../../src/local/ports.ts';
import { RouterProcess } from '../../src/local/router-process.ts';
import type { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';
import { rootAt, runStatements } from '../support/mysqld.ts';
import type { Endpoint } from '../support/raw-client.ts';
import { withStore } from '../support/topology-edit.ts';

export const keyspace = 'switched';
export const shard = '0';
/** The shard's two tablets, by place. */
export const aliases = ['local-101', 'local-102'] as const;
export type Place = 0 | 1;
export const other = (place: Place): Place => (place === 0 ? 1 : 0);

export type Router = Readonly<{ endpoint: Endpoint; stop(): Promise<void> }>;

const users = `users:
  - name: root
    password: ''
    hosts: [localhost]
`;

export class SwitchStage {
  readonly dir: string;
  readonly servers: readonly [RunningMysqld, RunningMysqld];
  etcd: RunningEtcd;
  /** What routers said about themselves going down. */
  readonly troubles: string[] = [];
  readonly #routers = new Set<RouterProcess>();

  private constructor(dir: string, etcd: RunningEtcd, servers: readonly [RunningMysqld, RunningMysqld]) {
    this.dir = dir;
    this.etcd = etcd;
    this.servers = servers;
  }

  /** Starts etcd and both servers, and loads the same into both. */
  static async set(loads: readonly string[]): Promise<SwitchStage> {
    const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
    const server = (place: Place) =>
      startMysqld({ dataDir: join(dir, `server-${place}`), serverId: place + 1 });
    const [etcd, ...servers] = await Promise.all([
      startEtcd({ dataDir: join(dir, 'etcd') }),
      server(0),
      server(1),
    ]);
    const stage = new SwitchStage(dir, etcd, servers);
    await writeFile(join(dir, 'users.yaml'), users, { mode: 0o600 });
    for (const place of [0, 1] as const) {
      // Loaded on both without a trace in the binary log, so that either may replicate from the other.
      await runStatements(stage.server(place), ['SET sql_log_bin = 0', `CREATE DATABASE ${keyspace}`]);
      await runStatements(stage.server(place), ['SET sql_log_bin = 0', ...loads], keyspace);
    }
    await stage.register();
    return stage;
  }

  server(place: Place): Endpoint {
    return rootAt(this.servers[place].port);
  }

  get etcdAddress(): string {
    return `127.0.0.1:${this.etcd.port}`;
  }

  store<T>(work: (store: EtcdTopologyStore) => Promise<T>): Promise<T> {
    return withStore(this.etcdAddress, work);
  }

  /** Names the shard's primary, as `headgate ctl tablet set-primary` does. */
  setPrimary(place: Place): Promise<unknown> {
    return this.store((store) => store.setPrimary({ keyspace, shard, alias: aliases[place] }));
  }

  /** A router on this or another etcd address; waits until it serves. */
  async startRouter(etcd = this.etcdAddress): Promise<Router> {
    const { router, endpoint } = await this.#router(etcd);
    await router.start([keyspace]);
    return { endpoint, stop: () => this.#stopRouter(router) };
  }

  /** A router that has nothing to serve yet. */
  async startRouterEarly(etcd: string): Promise<Router & { serving: Promise<void> }> {
    const { router, endpoint } = await this.#router(etcd);
    return { endpoint, serving: router.start([keyspace]), stop: () => this.#stopRouter(router) };
  }

  /** Ends etcd the hard way. */
  async killEtcd(): Promise<void> {
    process.kill(this.etcd.process.identity.pid, 'SIGKILL');
    await this.etcd.process.ended;
  }

  async restartEtcd(): Promise<void> {
    const { port, peerPort } = this.etcd;
    this.etcd = await startEtcd({ dataDir: join(this.dir, 'etcd'), port, peerPort });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#routers].map((router) => this.#stopRouter(router)));
    await Promise.all([...this.servers, this.etcd].map((each) => each.stop()));
    await rm(this.dir, { recursive: true, force: true });
  }

  async register(): Promise<void> {
    await this.store(async (store) => {
      await store.putKeyspace({ name: keyspace, sharded: false });
      await store.putShard({ keyspace, shard });
      for (const place of [0, 1] as const) {
        const { host, port } = this.servers[place];
        await store.putTablet({
          alias: aliases[place],
          cell: 'local',
          keyspace,
          shard,
          type: 'replica',
          host,
          port,
        });
      }
      await store.setPrimary({ keyspace, shard, alias: aliases[0] });
    });
  }

  async #router(etcd: string): Promise<{ router: RouterProcess; endpoint: Endpoint }> {
    const port = await freePort();
    const router = new RouterProcess({
      port,
      adminPort: await freePort(),
      etcd,
      logFile: join(this.dir, `router-${port}.log`),
      usersFile: join(this.dir, 'users.yaml'),
      onProcess: () => {},
      tell: (line) => this.troubles.push(line),
    });
    this.#routers.add(router);
    return { router, endpoint: rootAt(port) };
  }

  async #stopRouter(router: RouterProcess): Promise<void> {
    this.#routers.delete(router);
    await router.stop();
  }
}
