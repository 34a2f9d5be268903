/**
 * What is measured side by side: one mysqld with the sample tables, and the layers in front of it. Where this tree has
 * a router, the mysqld is the tablet of a small local cluster; without one, direct and HAProxy are measured alone.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectAsRoot, startMysqld } from '../../src/local/mysqld.ts';
import { freePort } from '../../src/local/ports.ts';
import { findServers, type Servers } from '../../src/local/servers.ts';
import type { Endpoint } from './connection.ts';
import { type RunningHaproxy, startHaproxy } from './haproxy.ts';
import { withDescendants } from './process-figures.ts';
import { sampleTableStatements } from './sample-table.ts';

const run = promisify(execFile);
const startMsMax = 180_000;

export const layerNames = ['direct', 'haproxy', 'headgate'] as const;
export type LayerName = (typeof layerNames)[number];

/** One way to the data. `pids`: the processes in the middle; none where clients talk to mysqld itself. */
export type Layer = Readonly<{ name: LayerName; endpoint: Endpoint; pids: readonly number[] }>;

export type Arena = Readonly<{
  layers: readonly Layer[];
  mysqldPids: readonly number[];
  mysqldVersion: string;
  haproxyProgram: string | undefined;
  stop: () => Promise<void>;
}>;

const database = 'sbtest';
const program = fileURLToPath(new URL('../../bin/headgate.mjs', import.meta.url));
const programSource = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

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
  router?: { host: string; port: number; pids: number[] };
  stop: () => Promise<void>;
}>;

/** Starts all that is wanted; `clusterFolder` uses a running `headgate local --data` instead of a new one. */
export async function openArena(wanted: readonly LayerName[], clusterFolder?: string): Promise<Arena> {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-bench-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  try {
    const servers = await findServers();
    const backend = await openBackend(folder, wanted, clusterFolder, servers);
    stops.push(backend.stop);
    const mysqldVersion = await prepareData(backend.port);
    const haproxyProgram = wanted.includes('haproxy') ? servers.haproxy : undefined;
    const haproxy = haproxyProgram && (await startHaproxy(haproxyProgram, folder, backend.port));
    if (haproxy) stops.push(haproxy.stop);
    const layers = layersOf(wanted, backend, haproxy || undefined);
    return { layers, mysqldPids: [backend.pid], mysqldVersion, haproxyProgram, stop };
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
  const endpoint = (host: string, port: number): Endpoint => ({ host, port, user: 'root', database });
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
  }
  return layers;
}

async function openBackend(
  folder: string,
  wanted: readonly LayerName[],
  clusterFolder: string | undefined,
  servers: Servers,
): Promise<Backend> {
  if (clusterFolder) return clusterBackend(clusterFolder, async () => {});
  if (!wanted.includes('headgate') || !existsSync(programSource)) {
    const mysqld = await startMysqld({ dataDir: path.join(folder, 'mysqld'), servers });
    return { host: mysqld.host, port: mysqld.port, pid: mysqld.process.identity.pid, stop: mysqld.stop };
  }
  const data = path.join(folder, 'cluster');
  const stop = async (): Promise<void> => void (await headgate('local', 'stop', '--data', data));
  const ports = [await freePort(), await freePort()];
  try {
    await headgate(
      ...['local', '--keyspace', `${database}=1`, '--replicas', '0', '--data', data, '--background'],
      ...['--port', String(ports[0]), '--admin-port', String(ports[1])],
    );
    return await clusterBackend(data, stop);
  } catch (cause) {
    await stop().catch(() => {});
    throw cause;
  }
}

async function clusterBackend(data: string, stop: () => Promise<void>): Promise<Backend> {
  const status = JSON.parse(await headgate('local', 'status', '--json', '--data', data)) as {
    router: { host: string; port: number; pids: number[] };
    tablets: { keyspace: string; type: string; host: string; port: number; pid: number }[];
  };
  const tablet = status.tablets.find(({ keyspace, type }) => keyspace === database && type === 'primary');
  if (!tablet) throw new Error(`the cluster in ${data} has no primary of keyspace ${database}`);
  const { host, port, pid } = tablet;
  return { host, port, pid, stop, router: status.router };
}

async function headgate(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [program, ...args], { timeout: startMsMax });
  return stdout;
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
