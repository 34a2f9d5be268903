/** A mysqld of the tests' own: the one that Headgate's answers are compared with. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProgram } from './programs.ts';
import { type Endpoint, RawClient } from './raw-client.ts';

const run = promisify(execFile);

export type Mysqld = Readonly<{ endpoint: Endpoint; pid: number; dataDir: string; stop(): Promise<void> }>;

export type MysqldOptions = Readonly<{
  port?: number;
  databases?: readonly string[];
  flags?: readonly string[];
}>;

/** Starts a fresh server on a free port and waits until it answers. */
export async function startMysqld({ port, databases = [], flags = [] }: MysqldOptions = {}): Promise<Mysqld> {
  const program = await findProgram('mysqld');
  const dir = await mkdtemp(join(tmpdir(), 'headgate-mysqld-'));
  const dataDir = join(dir, 'data');
  await cp(await preparedDataDir(program), dataDir, { recursive: true });
  await rm(join(dataDir, 'auto.cnf'), { force: true });
  const ownPort = port ?? (await freePort());
  const child = spawn(
    program,
    [
      `--datadir=${dataDir}`,
      `--port=${ownPort}`,
      `--socket=${join(dir, 'mysqld.sock')}`,
      `--pid-file=${join(dir, 'mysqld.pid')}`,
      `--log-error=${join(dir, 'mysqld.log')}`,
      '--bind-address=127.0.0.1',
      '--mysqlx=OFF',
      '--performance-schema=OFF',
      '--innodb-buffer-pool-size=64M',
      '--max-allowed-packet=128M',
      '--gtid-mode=ON',
      '--enforce-gtid-consistency=ON',
      ...runAs(),
      ...flags,
    ],
    { stdio: 'ignore' },
  );
  const endpoint = { host: '127.0.0.1', port: ownPort, user: 'root', password: '' };
  try {
    await waitForServer(endpoint, child, join(dir, 'mysqld.log'));
    await createDatabases(endpoint, databases);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    endpoint,
    pid: child.pid!,
    dataDir,
    stop: async () => {
      await stopChild(child);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Ends a process of ours by its PID, by force when it does not listen. */
export async function stopChild(child: ChildProcess, graceMs = 10_000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(timer);
}

const runAs = (): string[] => (process.getuid?.() === 0 ? [`--user=${userInfo().username}`] : []);

/** An initialised data directory, made once per server version and kept among the temporary files. */
async function preparedDataDir(program: string): Promise<string> {
  const { stdout } = await run(program, ['--version']);
  const version = /Ver (\S+)/.exec(stdout)?.[1] ?? 'unknown';
  const kept = join(tmpdir(), `headgate-mysqld-prepared-${version}-${userInfo().username}`);
  const made = join(kept, 'data');
  if (await readFile(join(made, 'ibdata1')).catch(() => undefined)) return made;
  await mkdir(kept, { recursive: true });
  const fresh = await mkdtemp(join(kept, 'new-'));
  await run(program, ['--initialize-insecure', `--datadir=${join(fresh, 'data')}`, ...runAs()]);
  // Another test file may have been faster: then its directory stays.
  await rename(join(fresh, 'data'), made).catch(() => undefined);
  await rm(fresh, { recursive: true, force: true });
  return made;
}

async function waitForServer(endpoint: Endpoint, child: ChildProcess, log: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const client = await RawClient.connect(endpoint, { timeoutMs: 2000 }).catch(() => undefined);
    if (client) return client.destroy();
    if (child.exitCode !== null) break;
    await sleep(100);
  }
  const text = await readFile(log, 'utf8').catch(() => '(no log)');
  throw new Error(`mysqld did not start on port ${endpoint.port}:\n${text.slice(-2000)}`);
}

async function createDatabases(endpoint: Endpoint, names: readonly string[]): Promise<void> {
  const client = await RawClient.connect(endpoint);
  for (const name of names) await client.query(`CREATE DATABASE \`${name}\``);
  await client.quit();
}
