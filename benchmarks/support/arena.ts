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
import mysql from 'mysql2/promise';
import type { Endpoint } from './connection.ts';
import { withDescendants } from './process-figures.ts';
import { sampleTableStatements } from './sample-table.ts';
import { freePort, type Server, startHaproxy, startMysqld } from './servers.ts';

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

type Backend = Readonly<{ server: Server; router?: { host: string; port: number; pids: number[] } }>;

/** Starts all that is wanted; `clusterFolder` uses a running `headgate local --data` instead of a new one. */
export async function openArena(wanted: readonly LayerName[], clusterFolder?: string): Promise<Arena> {
  const folder = mkdtempSync(path.join(tmpdir(), 'headgate-bench-'));
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  try {
    const backend = await openBackend(folder, wanted, clusterFolder);
    stops.push(backend.server.stop);
    const haproxy = wanted.includes('haproxy') ? await startHaproxy(folder, backend.server.port) : undefined;
    if (haproxy) stops.push(haproxy.stop);
    return {
      layers: layersOf(wanted, backend, haproxy),
      mysqldPids: [backend.server.pid],
      mysqldVersion: await prepareData(backend.server),
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

function layersOf(wanted: readonly LayerName[], backend: Backend, haproxy: Server | undefined): Layer[] {
  const endpoint = (host: string, port: number): Endpoint => ({ host, port, user: 'root', database });
  const layers: Layer[] = [];
  const { server, router } = backend;
  if (wanted.includes('direct')) {
    layers.push({ name: 'direct', endpoint: endpoint(server.host, server.port), pids: [] });
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
): Promise<Backend> {
  if (clusterFolder) return clusterBackend(clusterFolder, async () => {});
  if (!wanted.includes('headgate') || !existsSync(programSource)) {
    return { server: await startMysqld(path.join(folder, 'mysqld')) };
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
  return { server: { host, port, pid, stop }, router: status.router };
}

async function headgate(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [program, ...args], { timeout: startMsMax });
  return stdout;
}

/** Fills the tables on the server itself and returns its version. */
async function prepareData({ host, port }: Server): Promise<string> {
  const connection = await mysql.createConnection({ host, port, user: 'root' });
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
