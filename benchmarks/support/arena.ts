/**
 * What is measured side by side: one mysqld with the sample tables, and the layers in front of it. Where this tree has
 * a router, the mysqld is the tablet of a small local cluster; else direct and HAProxy are measured alone.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startCluster } from '../../src/local/cluster.ts';
import { readState } from '../../src/local/cluster-state.ts';
import { type ClusterStatus, clusterStatus } from '../../src/local/cluster-status.ts';
import { connectAsRoot, startMysqld } from '../../src/local/mysqld.ts';
import { findServers, type Servers } from '../../src/local/servers.ts';
import type { Endpoint } from './connection.ts';
import { type RunningHaproxy, startHaproxy } from './haproxy.ts';
import { withDescendants } from './process-figures.ts';
import { emptyTableStatements, sampleInserts, sampleTableStatements, sampleVschema } from './sample-table.ts';

export const layerNames = ['direct', 'haproxy', 'headgate', 'sharded', 'cold'] as const;
/**
 * `headgate` is a keyspace with one shard, whose mysqld `direct` and `haproxy` lead to; `sharded` is the same data in two shards
 * behind the same router, and `cold` the same asked in texts of which none is like one before it.
 */
export type LayerName = (typeof layerNames)[number];

/** One way to the data. `pids`: the processes in the middle; none where clients talk to mysqld itself. */
export type Layer = Readonly<{
  name: LayerName;
  endpoint: Endpoint;
  pids: readonly number[];
  fresh?: boolean;
}>;

export type Arena = Readonly<{
  layers: readonly Layer[];
  mysqldPids: readonly number[];
  mysqldVersion: string;
  haproxyProgram: string | undefined;
  stop: () => Promise<void>;
}>;

const database = 'sbtest';
const shardedDatabase = 'sbtest_sharded';
const shards = 2;

/** Settings of the tablet that make processor time, not the disk, what is measured. */
const tabletSettings = [
  'SET GLOBAL innodb_flush_log_at_trx_commit = 2',
  'SET GLOBAL sync_binlog = 0',
  'SET GLOBAL innodb_buffer_pool_size = 268435456',
  'SET GLOBAL max_connections = 3000',
];

type Backend = Readonly<{
  host: string;
  port: number;
  pid: number;
  router?: ClusterStatus['router'];
  /** Primaries of the sharded keyspace, where there is one. */
  shards: readonly Readonly<{ port: number; pid: number }>[];
  stop: () => Promise<void>;
}>;

export type ArenaOptions = Readonly<{
  layers: readonly LayerName[];
  /** The data directory of a running `headgate local` with keyspace `sbtest`, instead of a new cluster. */
  attach?: string | undefined;
  /** More flags for the router of a new cluster. */
  routerArgs?: readonly string[];
}>;

/** Starts all that is wanted and can be had. */
export async function openArena(options: ArenaOptions): Promise<Arena> {
  const wanted = options.layers;
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-bench-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  try {
    const servers = await findServers();
    const backend = await openBackend(folder, options, servers);
    stops.push(backend.stop);
    const mysqldVersion = await prepareData(backend.port);
    if (backend.shards.length > 0) await prepareShards(backend);
    const haproxyProgram = wanted.includes('haproxy') ? servers.haproxy : undefined;
    const haproxy = haproxyProgram && (await startHaproxy(haproxyProgram, folder, backend.port));
    if (haproxy) stops.push(haproxy.stop);
    const layers = layersOf(wanted, backend, haproxy || undefined);
    return {
      layers,
      mysqldPids: [backend.pid, ...backend.shards.map(({ pid }) => pid)],
      mysqldVersion,
      haproxyProgram,
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

function layersOf(
  wanted: readonly LayerName[],
  backend: Backend,
  haproxy: RunningHaproxy | undefined,
): Layer[] {
  const endpoint = (host: string, port: number, name = database): Endpoint => ({
    host,
    port,
    user: 'root',
    database: name,
  });
  const layers: Layer[] = [];
  const { router } = backend;
  if (wanted.includes('direct')) {
    layers.push({ name: 'direct', endpoint: endpoint(backend.host, backend.port), pids: [] });
  }
  if (haproxy) {
    layers.push({ name: 'haproxy', endpoint: endpoint(haproxy.host, haproxy.port), pids: [haproxy.pid] });
  }
  if (router) {
    const pids = withDescendants(router.pids);
    layers.push({ name: 'headgate', endpoint: endpoint(router.host, router.port), pids });
    if (backend.shards.length > 0) {
      const sharded = { endpoint: endpoint(router.host, router.port, shardedDatabase), pids };
      layers.push({ name: 'sharded', ...sharded }, { name: 'cold', ...sharded, fresh: true });
    }
  }
  return layers;
}

async function openBackend(folder: string, options: ArenaOptions, servers: Servers): Promise<Backend> {
  if (options.attach !== undefined) {
    const state = readState(options.attach);
    if (!state) throw new Error(`no local cluster runs in ${options.attach}`);
    return clusterBackend(await clusterStatus(state), async () => {});
  }
  if (!options.layers.includes('headgate')) {
    const mysqld = await startMysqld({ dataDir: path.join(folder, 'mysqld'), servers });
    const { pid } = mysqld.process.identity;
    return { host: mysqld.host, port: mysqld.port, pid, shards: [], stop: mysqld.stop };
  }
  const isSharded = options.layers.includes('sharded');
  const vschemaDir = path.join(folder, 'vschema');
  mkdirSync(vschemaDir);
  writeFileSync(path.join(vschemaDir, `${shardedDatabase}.json`), JSON.stringify(sampleVschema));
  const cluster = await startCluster({
    dataDir: path.join(folder, 'cluster'),
    keyspaces: [{ name: database, shards: 1 }, ...(isSharded ? [{ name: shardedDatabase, shards }] : [])],
    vschemaDir,
    replicas: 0,
    port: 0,
    adminPort: 0,
    routerArgs: options.routerArgs ?? [],
  });
  return clusterBackend(await cluster.status(), () => cluster.stop());
}

function clusterBackend(status: ClusterStatus, stop: () => Promise<void>): Backend {
  const tablet = status.tablets.find(({ keyspace, type }) => keyspace === database && type === 'primary');
  if (!tablet || tablet.pid === null) throw new Error(`the cluster has no primary of keyspace ${database}`);
  const { host, port, pid } = tablet;
  const { router } = status;
  const shards = status.tablets.flatMap((each) =>
    each.keyspace === shardedDatabase && each.type === 'primary' && each.pid !== null
      ? [{ port: each.port, pid: each.pid }]
      : [],
  );
  return { host, port, pid, shards, stop, ...(router.pids.length > 0 ? { router } : {}) };
}

/** Fills the tables on the server itself and returns its version. */
async function prepareData(port: number): Promise<string> {
  const connection = await connectAsRoot(port);
  try {
    for (const statement of tabletSettings) await connection.query(statement);
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${database}`);
    await connection.query(`USE ${database}`);
    for (const statement of sampleTableStatements) await connection.query(statement);
    const [rows] = await connection.query('SELECT VERSION() AS version');
    return String((rows as { version: string }[])[0]?.version);
  } finally {
    await connection.end();
  }
}

/** Creates the tables on each shard and fills them through the router, which places the rows. */
async function prepareShards({ shards, router }: Backend): Promise<void> {
  for (const { port } of shards) {
    await withRoot(port, async (connection) => {
      for (const statement of tabletSettings) await connection.query(statement);
      await connection.query(`CREATE DATABASE IF NOT EXISTS ${shardedDatabase}`);
      await connection.query(`USE ${shardedDatabase}`);
      for (const statement of emptyTableStatements) await connection.query(statement);
    });
  }
  await withRoot(router!.port, async (connection) => {
    await connection.query(`USE ${shardedDatabase}`);
    await untilTablesAreKnown(connection);
    for (const statement of sampleInserts()) await connection.query(statement);
  });
  for (const { port } of shards) {
    await withRoot(port, (connection) => connection.query(`ANALYZE TABLE ${shardedDatabase}.sbtest1`));
  }
}

const knownMsMax = 30_000;

/** The router learns from the tablets in its own time what tables there are. */
async function untilTablesAreKnown(connection: RootConnection): Promise<void> {
  const giveUpAtMs = Date.now() + knownMsMax;
  for (;;) {
    try {
      await connection.query('SELECT COUNT(*) FROM sbtest1 JOIN copies');
      await connection.query('SELECT COUNT(*) FROM bulk');
      return;
    } catch (cause) {
      if (Date.now() > giveUpAtMs) throw cause;
      await sleep(100);
    }
  }
}

type RootConnection = Awaited<ReturnType<typeof connectAsRoot>>;

async function withRoot(port: number, work: (connection: RootConnection) => Promise<unknown>): Promise<void> {
  const connection = await connectAsRoot(port);
  try {
    await work(connection);
  } finally {
    await connection.end();
  }
}
