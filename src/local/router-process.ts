/** The router as a child process: started with flags, asked a real query before it counts as ready, restarted when it dies. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { localError } from './local-error.ts';
import { connectAsRoot } from './mysqld.ts';
import { describeEnd, logTail, type ServerProcess, startServer } from './server-process.ts';
import { packageRoot } from './servers.ts';

export type RouterOptions = Readonly<{
  port: number;
  adminPort: number;
  etcd: string;
  /** Of the router itself. */
  logFile: string;
  usersFile: string;
  extraArgs?: readonly string[];
  onProcess: (process: ServerProcess) => void;
  tell: (line: string) => void;
}>;

const HOST = '127.0.0.1';
const READY_MS_MAX = 30_000;
const POLL_MS = 40;
const RESTART_MS_MIN = 200;
const RESTART_MS_MAX = 5_000;
/** A router that ran this long had no trouble with starting. */
const LIVED_MS = 30_000;
const GRACE_MS = 15_000;

const program = join(packageRoot, 'bin/headgate.mjs');

/** One router and its next lives. */
export class RouterProcess {
  readonly #options: RouterOptions;
  #process: ServerProcess | undefined;
  #stopping = false;
  #stopped = Promise.withResolvers<void>();
  #supervision: Promise<void> = Promise.resolve();

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  get process(): ServerProcess | undefined {
    return this.#process;
  }

  /** Starts the router and waits until it serves every one of `targets` (`keyspace` or `keyspace:shard`). */
  async start(targets: readonly string[]): Promise<void> {
    const first = await this.#spawn();
    await this.#waitUntilServing(first, targets);
    this.#supervision = this.#supervise(first);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#stopped.resolve();
    await this.#supervision;
    await this.#process?.stop(GRACE_MS);
  }

  async #spawn(): Promise<ServerProcess> {
    const { port, adminPort, etcd, logFile, usersFile, extraArgs = [], onProcess } = this.#options;
    this.#process = await startServer({
      program: process.execPath,
      args: [
        program,
        'serve',
        `--listen-host=${HOST}`,
        `--listen-port=${port}`,
        `--listen-users-file=${usersFile}`,
        `--admin-host=${HOST}`,
        `--admin-port=${adminPort}`,
        `--topology-etcd=${etcd}`,
        '--gateway-user=root',
        '--log-format=json',
        ...extraArgs,
      ],
      logFile,
    });
    onProcess(this.#process);
    return this.#process;
  }

  async #waitUntilServing(router: ServerProcess, targets: readonly string[]): Promise<void> {
    const giveUpAtMs = Date.now() + READY_MS_MAX;
    for (;;) {
      const problem = await this.#tryTargets(targets);
      if (problem === undefined) return;
      const end = router.end();
      if (end !== undefined || Date.now() > giveUpAtMs || this.#stopping) {
        await router.stop();
        const why = end === undefined ? `does not serve (${problem})` : `ended with ${describeEnd(end)}`;
        throw localError(`the router ${why}; ${router.logFile} says:\n${logTail(router.logFile)}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Undefined when a query reached every target; else what went wrong. */
  async #tryTargets(targets: readonly string[]): Promise<string | undefined> {
    try {
      const connection = await connectAsRoot(this.#options.port);
      try {
        for (const target of targets) {
          await connection.query(`USE \`${target}\``);
          await connection.query('SELECT 1');
        }
      } finally {
        connection.destroy();
      }
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message || String(error) : String(error);
    }
  }

  async #supervise(first: ServerProcess): Promise<void> {
    let router = first;
    let waitMs = RESTART_MS_MIN;
    for (;;) {
      const startedAtMs = Date.now();
      const end = await Promise.race([router.ended, this.#stopped.promise]);
      if (this.#stopping || end === undefined) return;
      if (Date.now() - startedAtMs > LIVED_MS) waitMs = RESTART_MS_MIN;
      this.#options.tell(
        `THE ROUTER ENDED (${describeEnd(end)}) and is started again; clients have lost their connections. Its log: ${router.logFile}`,
      );
      await Promise.race([sleep(waitMs), this.#stopped.promise]);
      if (this.#stopping) return;
      waitMs = Math.min(2 * waitMs, RESTART_MS_MAX);
      router = await this.#spawn();
    }
  }
}
