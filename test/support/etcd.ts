import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/local/ports.ts';
import { findServers } from '../../src/local/servers.ts';
import { EtcdMember } from '../../src/topology/etcd-client.ts';

/** A real etcd member in a folder of its own, which a test may stop, freeze, kill and bring back. */
export class EtcdProcess {
  readonly name: string;
  readonly address: string;
  readonly peerUrl: string;
  readonly #program: string;
  readonly #dataDir: string;
  readonly #port: number;
  #child: ChildProcess | undefined;

  constructor(program: string, name: string, dataDir: string, port: number, peerPort: number) {
    this.#program = program;
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
      this.#program,
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
  const { etcd } = await findServers();
  const members: EtcdProcess[] = [];
  for (let at = 0; at < size; at += 1) {
    const dataDir = join(folder, `m${at}`);
    members.push(new EtcdProcess(etcd.etcd, `m${at}`, dataDir, await freePort(), await freePort()));
  }
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
