import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { EtcdMember } from '../../src/topology/etcd-client.ts';

/** A real etcd member in a folder of its own, which a test may stop, freeze, kill and bring back. */
export class EtcdProcess {
  readonly name: string;
  readonly address: string;
  readonly peerUrl: string;
  readonly #dataDir: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  constructor(name: string, dataDir: string, port: number, peerPort: number) {
    this.name = name;
    this.#dataDir = dataDir;
    this.#port = port;
    this.address = `127.0.0.1:${port}`;
    this.peerUrl = `http://127.0.0.1:${peerPort}`;
  }

  /** Starts the process; `ready` waits for it. The data of an earlier start are used again. */
  start(members: readonly EtcdProcess[] = [this]): void {
    const client = `http://127.0.0.1:${this.#port}`;
    const cluster = members.map((member) => `${member.name}=${member.peerUrl}`).join(',');
    this.#child = spawn(
      findEtcd(),
      [
        ['--name', this.name, '--data-dir', this.#dataDir, '--log-level', 'error', '--unsafe-no-fsync'],
        ['--listen-client-urls', client, '--advertise-client-urls', client],
        ['--listen-peer-urls', this.peerUrl, '--initial-advertise-peer-urls', this.peerUrl],
        ['--initial-cluster', cluster, '--initial-cluster-state', 'new'],
        ['--heartbeat-interval', '50', '--election-timeout', '500'],
      ].flat(),
      { stdio: 'ignore' },
    );
  }

  /** Resolves when linearizable reads are answered. */
  async ready(): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const member = new EtcdMember(this.address);
      try {
        await member.range({ key: Buffer.from('x') }, 1_000);
        return;
      } catch (cause) {
        if (attempt > 200) throw cause;
        await new Promise((resolve) => setTimeout(resolve, 50));
      } finally {
        member.close();
      }
    }
  }

  /** Removes its data. Not while it runs. */
  async forget(): Promise<void> {
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  /** Kills the process the hard way and waits for its end. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }
}

/** A cluster of members in a temporary folder. */
export type EtcdCluster = Readonly<{
  members: readonly EtcdProcess[];
  hosts: readonly string[];
  startAll: () => Promise<void>;
  /** Kills all members and removes their folder. */
  destroy: () => Promise<void>;
}>;

/** Prepares a cluster on free ports; nothing runs before `startAll`. */
export async function prepareEtcd(size = 1): Promise<EtcdCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-etcd-'));
  const ports = await freePorts(2 * size);
  const members = Array.from(
    { length: size },
    (_, at) => new EtcdProcess(`m${at}`, join(folder, `m${at}`), ports[2 * at]!, ports[2 * at + 1]!),
  );
  return {
    members,
    hosts: members.map((member) => member.address),
    startAll: async () => {
      for (const member of members) member.start(members);
      await Promise.all(members.map((member) => member.ready()));
    },
    destroy: async () => {
      await Promise.all(members.map((member) => member.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A cluster that runs. */
export async function startEtcd(size = 1): Promise<EtcdCluster> {
  const cluster = await prepareEtcd(size);
  await cluster.startAll();
  return cluster;
}

/** Drops the history up to the present revision. */
export async function compact(address: string): Promise<void> {
  const member = new EtcdMember(address);
  try {
    const { header } = await member.range({ key: Buffer.from('x') }, 2_000);
    await member.compact(header.revision, 2_000);
  } finally {
    member.close();
  }
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function findEtcd(): string {
  const folders = [
    process.env.HEADGATE_SERVERS ?? '',
    join(import.meta.dirname, '../../.headgate/servers/bin'),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  for (const folder of folders) {
    for (const path of [join(folder, 'etcd'), join(folder, 'bin', 'etcd')]) {
      if (folder !== '' && existsSync(path)) return path;
    }
  }
  throw new Error('etcd was not found: run `npm start` once, or put it on PATH');
}
