/**
 * A whole cluster on this machine: etcd, tablets, their records, the router. Whoever starts it holds its data directory
 * and its processes; when that process ends, however it ends, the others end too.
 */
import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EtcdTopologyStore } from '../topology/etcd-store.ts';
import {
  type ClusterLayout,
  DEFAULT_DATA_DIR,
  type KeyspaceWish,
  layoutDifference,
  planCluster,
  readLayout,
  writeLayout,
} from './cluster-layout.ts';
import { type ClusterState, lockDataDir, removeState, writeState } from './cluster-state.ts';
import { type ClusterStatus, clusterStatus } from './cluster-status.ts';
import { type Definitions, findDefinitions, runSchema } from './definitions.ts';
import { type RunningEtcd, startEtcd } from './etcd.ts';
import { localError } from './local-error.ts';
import { templateDataDir } from './mysqld.ts';
import { freePort, requirePortFree } from './ports.ts';
import { identifyProcess } from './process-identity.ts';
import { applyVschemas, registerCluster } from './registration.ts';
import { endReplication } from './replication.ts';
import { RouterProcess } from './router-process.ts';
import { sampleKeyspaces } from './sample-rows.ts';
import { describeEnd, type ServerProcess } from './server-process.ts';
import { findServers, packageRoot, type Servers } from './servers.ts';
import {
  prepareShard,
  type RunningTablet,
  resumeShard,
  type ShardContents,
  shardsOf,
  startTablets,
  tabletDataDir,
} from './tablets.ts';

export type ClusterOptions = Readonly<{
  /** Default `.headgate/local` in the current folder. */
  dataDir?: string;
  /** Default: those of the sample, with its tables and rows. */
  keyspaces?: readonly KeyspaceWish[];
  /** Folder of `NAME.json`. */
  vschemaDir?: string;
  /** Folder of `NAME.sql`. */
  schemaDir?: string;
  /** Per shard; default 1. */
  replicas?: number;
  /** For clients; default 3306, 0 takes a free one. */
  port?: number;
  /** Default 15000, 0 takes a free one. */
  adminPort?: number;
  /** Removes the data of an earlier start first. */
  reset?: boolean;
  /** More flags for `headgate serve`. */
  routerArgs?: readonly string[];
  /** Told of each step. */
  progress?: (line: string) => void;
  /** Told when something ends that should run. */
  trouble?: (line: string) => void;
  /** Ends the start, and everything started so far. */
  signal?: AbortSignal;
}>;

const HOST = '127.0.0.1';
const MEGABYTE = 1024 * 1024;
const TABLET_MEGABYTES = 150;
const ETCD_MEGABYTES = 100;

const digestOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** A running cluster. */
export class LocalCluster {
  readonly dataDir: string;
  readonly #options: ClusterOptions;
  readonly #progress: (line: string) => void;
  readonly #trouble: (line: string) => void;
  readonly #unlock: () => void;
  readonly #processes = new Set<ServerProcess>();
  #layout: ClusterLayout;
  readonly #definitions: Definitions;
  #port = 0;
  #adminPort = 0;
  #servers: Servers | undefined;
  #etcd: RunningEtcd | undefined;
  #tablets: RunningTablet[] = [];
  #router: RouterProcess | undefined;
  #ready = false;
  #stopping: Promise<void> | undefined;

  constructor(options: ClusterOptions, dataDir: string, unlock: () => void) {
    this.#options = options;
    this.dataDir = dataDir;
    this.#unlock = unlock;
    this.#progress = options.progress ?? (() => {});
    this.#trouble = options.trouble ?? (() => {});
    const sample = options.keyspaces === undefined;
    const sampleDir = join(packageRoot, 'vschema');
    if (sample && (options.vschemaDir ?? options.schemaDir) !== undefined) {
      throw localError('--vschema and --schema need --keyspace NAME=SHARDS: which keyspaces are these for?');
    }
    this.#definitions = sample
      ? findDefinitions(sampleDir, sampleDir)
      : findDefinitions(options.vschemaDir, options.schemaDir);
    this.#layout = this.#chooseLayout(sample);
  }

  get port(): number {
    return this.#port;
  }

  get adminPort(): number {
    return this.#adminPort;
  }

  /** The programs that run it. */
  get servers(): Servers {
    if (this.#servers === undefined) throw new Error('the cluster was not started');
    return this.#servers;
  }

  get etcdAddress(): string {
    return `${HOST}:${this.#etcd?.port}`;
  }

  get layout(): ClusterLayout {
    return this.#layout;
  }

  status(): Promise<ClusterStatus> {
    return clusterStatus(this.#state());
  }

  /** Ends everything in order and gives the data directory back. Calling it again waits for the same end. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async start(): Promise<void> {
    const servers = await this.#checkSurroundings();
    this.#servers = servers;
    writeLayout(this.dataDir, this.#layout);
    const timer = stopwatch();
    const onProcess = (process: ServerProcess): void => this.#watch(process);
    const [etcd, tablets] = await Promise.all([
      startEtcd({
        dataDir: join(this.dataDir, 'etcd'),
        port: await freePort(this.#layout.etcd.port),
        peerPort: await freePort(this.#layout.etcd.peerPort),
        logFile: join(this.dataDir, 'logs', 'etcd.log'),
        servers,
        onProcess,
      }),
      startTablets(this.#layout, this.dataDir, servers, onProcess),
    ]);
    this.#etcd = etcd;
    this.#tablets = tablets;
    this.#requireGoingOn();
    this.#progress(`etcd and ${tablets.length} tablets run (${timer()})`);
    await this.#makeShards(servers);
    this.#rememberPorts();
    writeState(this.dataDir, this.#state());
    await this.#startRouter();
    this.#ready = true;
    writeState(this.dataDir, this.#state());
  }

  /** What exists, unless it is to be made anew; what is asked for has to agree with it. */
  #chooseLayout(sample: boolean): ClusterLayout {
    const wanted = planCluster(
      this.#options.keyspaces ?? sampleKeyspaces,
      this.#options.replicas ?? 1,
      sample,
      this.#definitions.vschemaOf,
    );
    const exists = readLayout(this.dataDir);
    if (exists === undefined) return wanted;
    if (this.#options.reset || !exists.prepared) {
      removeCluster(this.dataDir);
      return wanted;
    }
    const difference = layoutDifference(exists, wanted);
    if (difference !== undefined) {
      throw localError(
        `the cluster in ${this.dataDir} is another one: ${difference}. Use --reset to make it anew (its data are lost), or another folder with --data.`,
      );
    }
    return exists;
  }

  /** Everything that can be found out before anything is started. */
  async #checkSurroundings(): Promise<Servers> {
    const { port = 3306, adminPort = 15_000 } = this.#options;
    await requirePortFree(port, 'for MySQL clients', '--port');
    await requirePortFree(adminPort, 'status page', '--admin-port');
    this.#port = port === 0 ? await freePort() : port;
    this.#adminPort = adminPort === 0 ? await freePort() : adminPort;
    const timer = stopwatch();
    const servers = await findServers({ progress: this.#progress });
    this.#requireGoingOn();
    this.#progress(`MySQL ${servers.mysql.version} and etcd ${servers.etcd.version} are here (${timer()})`);
    const missing = this.#layout.tablets.filter(
      ({ alias }) => !existsSync(tabletDataDir(this.dataDir, alias)),
    );
    const { bavail, bsize } = await statfs(this.dataDir);
    const free = Math.floor((bavail * bsize) / MEGABYTE);
    const needed = missing.length * TABLET_MEGABYTES + ETCD_MEGABYTES;
    if (free < needed) {
      throw localError(
        `${this.dataDir} needs about ${needed} MB (${TABLET_MEGABYTES} per new tablet), and ${free} MB are free there. Make room, choose another folder with --data, or ask for fewer tablets with --keyspace and --replicas.`,
      );
    }
    return missing.length === 0 ? servers : withUsableMysql(servers, this.#progress);
  }

  async #makeShards(servers: Servers): Promise<void> {
    const timer = stopwatch();
    const isNew = !this.#layout.prepared;
    const store = EtcdTopologyStore.connect({ hosts: [this.etcdAddress] });
    try {
      const places = this.#tablets.map(({ layout, server }) => ({ layout, host: HOST, port: server.port }));
      const topology = await registerCluster(store, this.#layout, places);
      const digests: Record<string, string> = { ...this.#layout.vschemaDigests };
      const names = this.#layout.keyspaces.map(({ name }) => name);
      const applied = await applyVschemas(store, names, this.#definitions, (keyspace, vschema) => {
        const digest = digestOf(vschema);
        if (digests[keyspace] === digest) return false;
        digests[keyspace] = digest;
        return true;
      });
      if (applied.length > 0 && !isNew) this.#progress(`changed VSchemas applied: ${applied.join(', ')}`);
      const contents: ShardContents = {
        define: ({ port }, keyspace) => runSchema(servers, this.#definitions, port, keyspace),
        sample: this.#layout.sample,
      };
      await Promise.all(
        shardsOf(this.#tablets).map((tablets) =>
          isNew ? prepareShard(tablets, contents) : resumeShard(tablets, topology, this.#trouble),
        ),
      );
      this.#layout = { ...this.#layout, prepared: true, vschemaDigests: digests };
    } finally {
      await store.close();
    }
    this.#requireGoingOn();
    this.#progress(
      `${isNew ? 'databases, tables and replication are set up' : 'replication runs'} (${timer()})`,
    );
  }

  #rememberPorts(): void {
    const ports = new Map(this.#tablets.map(({ layout, server }) => [layout.alias, server.port]));
    this.#layout = {
      ...this.#layout,
      tablets: this.#layout.tablets.map((tablet) => ({ ...tablet, port: ports.get(tablet.alias) })),
      etcd: { port: this.#etcd?.port, peerPort: this.#etcd?.peerPort },
    };
    writeLayout(this.dataDir, this.#layout);
  }

  async #startRouter(): Promise<void> {
    const timer = stopwatch();
    const usersFile = join(this.dataDir, 'users.yaml');
    if (!existsSync(usersFile)) writeFileSync(usersFile, USERS, { mode: 0o600 });
    this.#router = new RouterProcess({
      port: this.#port,
      adminPort: this.#adminPort,
      etcd: this.etcdAddress,
      logFile: join(this.dataDir, 'logs', 'router.log'),
      usersFile,
      extraArgs: this.#options.routerArgs ?? [],
      onProcess: (process) => {
        this.#watch(process);
        if (this.#ready) writeState(this.dataDir, this.#state());
      },
      tell: this.#trouble,
    });
    const targets = this.#layout.keyspaces.flatMap(({ name, sharded, shards }) =>
      sharded ? shards.map((shard) => `${name}:${shard}`) : [name],
    );
    await this.#router.start(targets);
    this.#progress(`the router serves on ${HOST}:${this.#port} (${timer()})`);
  }

  #watch(process: ServerProcess): void {
    this.#processes.add(process);
    if (this.#stopping !== undefined || this.#options.signal?.aborted) void process.stop(0);
    void process.ended.then((end) => {
      this.#processes.delete(process);
      if (this.#stopping !== undefined || !this.#ready) return;
      const name = this.#serverName(process);
      if (name === undefined) return;
      this.#trouble(
        `${name} ENDED (${describeEnd(end)}) and is not started again: stop and start the cluster for that. Its log: ${process.logFile}`,
      );
    });
  }

  /** Undefined for the router, which speaks for itself. */
  #serverName(process: ServerProcess): string | undefined {
    if (process === this.#etcd?.process) return 'ETCD';
    const tablet = this.#tablets.find(({ server }) => server.process === process)?.layout;
    return tablet === undefined ? undefined : `TABLET ${tablet.alias} (${tablet.keyspace}/${tablet.shard})`;
  }

  #requireGoingOn(): void {
    if (this.#options.signal?.aborted || this.#stopping !== undefined) {
      throw localError('the start was interrupted.');
    }
  }

  #state(): ClusterState {
    return {
      launcher: identifyProcess(process.pid)!,
      ready: this.#ready,
      router: { host: HOST, port: this.#port, process: this.#router?.process?.identity ?? null },
      admin: { host: HOST, port: this.#adminPort },
      etcd: this.#etcd ? { host: HOST, port: this.#etcd.port, process: this.#etcd.process.identity } : null,
      keyspaces: this.#layout.keyspaces,
      tablets: this.#tablets.map(({ layout, server }) => ({
        alias: layout.alias,
        keyspace: layout.keyspace,
        shard: layout.shard,
        port: server.port,
        dataDir: server.dataDir,
        process: server.process.identity,
      })),
    };
  }

  async #stopAll(): Promise<void> {
    await this.#router?.stop();
    await endReplication(this.#tablets.map(({ server }) => server.port));
    const etcd = this.#etcd?.process;
    await Promise.all([...this.#processes].filter((each) => each !== etcd).map((each) => each.stop()));
    await Promise.all([...this.#processes].map((each) => each.stop()));
    removeState(this.dataDir);
    this.#unlock();
  }
}

/** Removes what a cluster consists of, its marker last; the launcher's own log may be open and stays. */
function removeCluster(dataDir: string): void {
  for (const name of ['tablets', 'etcd', 'state.json', 'users.yaml', 'cluster.json']) {
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

const USERS = `# Who may connect to the local router. Changes are read at once.
users:
  - name: root
    password: ''
    hosts: [localhost]
`;

function stopwatch(): () => string {
  const startedAtMs = Date.now();
  return () => `${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`;
}

/** A system's own mysqld may be forbidden to write here (AppArmor on Ubuntu does that): then ours is taken. */
async function withUsableMysql(servers: Servers, progress: (line: string) => void): Promise<Servers> {
  try {
    await templateDataDir(servers);
    return servers;
  } catch (error) {
    if (!servers.mysqlFromPath) throw error;
    progress(`${servers.mysql.mysqld} cannot work in this folder; obtaining another one …`);
    const own = await findServers({ usePath: false, progress });
    await templateDataDir(own);
    return own;
  }
}

/** Starts a cluster and waits until queries can be served. On failure nothing is left running. */
export async function startCluster(options: ClusterOptions = {}): Promise<LocalCluster> {
  const dataDir = resolve(options.dataDir ?? DEFAULT_DATA_DIR);
  readLayout(dataDir);
  const unlock = lockDataDir(dataDir);
  let cluster: LocalCluster;
  try {
    cluster = new LocalCluster(options, dataDir, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
  const interrupt = (): void => void cluster.stop();
  options.signal?.addEventListener('abort', interrupt, { once: true });
  try {
    await cluster.start();
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', interrupt);
  }
}
