/**
 * A small cluster for tests of the router: etcd, two mysqlds that serve as tablets of several keyspaces, and as many
 * routers as a test wants, each with its own flags, configuration and log.
 *
 * `main` and `other` are unsharded, `user` has the shards -80 and 80-. The first server is every primary but that of
 * user/80-; the second is main's replica too (which copies nothing, so that an answer tells where it came from) and the
 * baseline: plain mysqld with a database `main`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningEtcd, startEtcd } from '../../src/local/etcd.ts';
import { type RunningMysqld, startMysqld } from '../../src/local/mysqld.ts';
import type { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';
import { rootAt, runStatements, smallServer } from './mysqld.ts';
import type { Endpoint } from './raw-client.ts';
import { withStore } from './topology-edit.ts';

const program = join(import.meta.dirname, '../../bin/headgate.mjs');
// Only a hang takes so long, however busy the machine is.
const READY_MS_MAX = 90_000;
const POLL_MS = 20;

export type LogLine = Readonly<Record<string, unknown> & { level: string; msg: string }>;

/** `headgate serve` as a child process. */
export type RouterUnderTest = Readonly<{
  endpoint: Endpoint;
  adminUrl: string;
  child: ChildProcess;
  /** Everything it logged so far. */
  log: () => readonly LogLine[];
  /** The next log line with this text; also one that is already there. */
  logged: (msg: string, fits?: (line: LogLine) => boolean) => Promise<LogLine>;
  /** One path of the admin port. */
  admin: (path: string) => Promise<{ status: number; body: string }>;
  /** Exit code or signal. */
  ended: Promise<number | NodeJS.Signals | null>;
  stop: () => Promise<void>;
}>;

export class RouterStage {
  readonly dir: string;
  readonly etcd: RunningEtcd;
  readonly second: RunningMysqld;
  first: RunningMysqld;
  readonly #routers = new Set<RouterUnderTest>();

  private constructor(dir: string, etcd: RunningEtcd, first: RunningMysqld, second: RunningMysqld) {
    this.dir = dir;
    this.etcd = etcd;
    this.first = first;
    this.second = second;
  }

  /** Starts the servers; `tables` are made in every database of both. */
  static async set(tables: readonly string[] = []): Promise<RouterStage> {
    const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
    const server = (name: string, serverId: number) =>
      startMysqld({
        dataDir: join(dir, name),
        serverId,
        extraArgs: [...smallServer, '--log-bin-trust-function-creators=ON'],
      });
    const [etcd, first, second] = await Promise.all([
      startEtcd({ dataDir: join(dir, 'etcd') }),
      server('first', 1),
      server('second', 2),
    ]);
    const stage = new RouterStage(dir, etcd, first, second);
    for (const mysqld of [first, second]) {
      for (const database of ['main', 'other', 'user']) {
        await runStatements(rootAt(mysqld.port), [`CREATE DATABASE ${database}`]);
        await runStatements(rootAt(mysqld.port), tables, database);
      }
    }
    await withStore(stage.etcdAddress, (store) => stage.#register(store));
    return stage;
  }

  get etcdAddress(): string {
    return `127.0.0.1:${this.etcd.port}`;
  }

  /** mysqld as it is. */
  get baseline(): Endpoint {
    return rootAt(this.second.port);
  }

  /** The primary of `main`, past the router. */
  get tablet(): Endpoint {
    return rootAt(this.first.port);
  }

  /** Starts a router and waits until it can serve every shard. */
  async startRouter(
    flags: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<RouterUnderTest> {
    const router = await startRouter(
      ['--listen-port=0', '--admin-port=0', `--topology-etcd=${this.etcdAddress}`, ...flags],
      env,
    );
    this.#routers.add(router);
    await until('the router is ready', async () => (await router.admin('/readyz')).status === 200);
    return router;
  }

  /** `kill -9` for the first server. */
  async killFirst(): Promise<void> {
    process.kill(this.first.process.identity.pid, 'SIGKILL');
    await this.first.process.ended;
  }

  async restartFirst(): Promise<void> {
    const { dataDir, port } = this.first;
    this.first = await startMysqld({ dataDir, port, serverId: 1 });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#routers].map((router) => router.stop()));
    await Promise.all([this.first, this.second, this.etcd].map((each) => each.stop()));
    await rm(this.dir, { recursive: true, force: true });
  }

  async #register(store: EtcdTopologyStore): Promise<void> {
    const tablets = [
      ['main', '0', 'local-1', this.first, 'replica'],
      ['other', '0', 'local-2', this.first, 'replica'],
      ['user', '-80', 'local-3', this.first, 'replica'],
      ['user', '80-', 'local-4', this.second, 'replica'],
      ['main', '0', 'local-5', this.second, 'replica'],
    ] as const;
    for (const name of ['main', 'other', 'user']) await store.putKeyspace({ name, sharded: name === 'user' });
    for (const [keyspace, shard] of tablets.slice(0, 4)) await store.putShard({ keyspace, shard });
    for (const [keyspace, shard, alias, { host, port }, type] of tablets) {
      await store.putTablet({ alias, cell: 'local', keyspace, shard, type, host, port });
    }
    for (const [keyspace, shard, alias] of tablets.slice(0, 4))
      await store.setPrimary({ keyspace, shard, alias });
  }
}

async function startRouter(flags: readonly string[], env: Record<string, string>): Promise<RouterUnderTest> {
  const child = spawn(process.execPath, [program, 'serve', '--log-format=json', ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const lines: LogLine[] = [];
  let rest = '';
  let other = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    for (const part of parts) {
      if (part.startsWith('{')) lines.push(JSON.parse(part) as LogLine);
      else other += `${part}\n`;
    }
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? code)),
  );
  const logged = async (msg: string, fits: (line: LogLine) => boolean = () => true): Promise<LogLine> => {
    let found: LogLine | undefined;
    await until(`the log says "${msg}"`, () => {
      found = lines.find((line) => line.msg === msg && fits(line));
      if (found === undefined && child.exitCode !== null) throw new Error(`the router ended: ${other}`);
      return found !== undefined;
    });
    return found!;
  };
  const start = await logged('router listens');
  const adminUrl = start.admin as string;
  return {
    endpoint: rootAt(start.port as number),
    adminUrl,
    child,
    log: () => lines,
    logged,
    admin: async (path) => {
      const answer = await fetch(new URL(path, adminUrl));
      return { status: answer.status, body: await answer.text() };
    },
    ended,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

/** Waits for something that has to come. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAtMs = Date.now() + READY_MS_MAX;
  while (!(await holds())) {
    if (Date.now() > giveUpAtMs) throw new Error(`waited ${READY_MS_MAX} ms in vain until ${what}`);
    await sleep(POLL_MS);
  }
}
