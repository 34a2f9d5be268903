/**
 * One mysqld: its data directory, copied from a template that is initialised once per version, its start and its end.
 * Every instance can be a tablet: GTIDs, row-based binary log, semi-sync plugins loaded but off. It starts read-only;
 * who is primary is decided by whoever starts it.
 */

import { constants, existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { localError } from './local-error.ts';
import { freePort } from './ports.ts';
import { runProgram } from './run-program.ts';
import { describeEnd, logTail, type ServerProcess, startServer } from './server-process.ts';
import { findServers, type Servers, serversHome } from './servers.ts';

export type MysqldOptions = Readonly<{
  /** Made from the template when it is missing; data in it is used again. */
  dataDir: string;
  port?: number;
  serverId?: number;
  /** Whether it starts with `super_read_only`; default no. */
  readOnly?: boolean;
  logFile?: string;
  extraArgs?: readonly string[];
  servers?: Servers;
  /** Told of the process as soon as it runs, long before it answers. */
  onProcess?: (process: ServerProcess) => void;
}>;

/** A running mysqld with user `root` without a password, from this machine. */
export type RunningMysqld = Readonly<{
  host: string;
  port: number;
  dataDir: string;
  process: ServerProcess;
  stop(): Promise<void>;
}>;

/** Where a server answers, and the password of its root (default: none). */
export type ServerAddress = Readonly<{ host: string; port: number; password?: string }>;

/** A user of a server. */
export type Account = Readonly<{ user: string; password: string }>;

/** Account under which replicas read from their source. These servers listen on 127.0.0.1 only. */
export const replicationAccount: Account = Object.freeze({
  user: 'headgate_replication',
  password: 'replication',
});

const HOST = '127.0.0.1';
const READY_MS_MAX = 90_000;
const POLL_MS = 25;
const BIND_TRIES_MAX = 3;
/** Raised when what a template holds changes: prepared directories of another recipe are not used. */
const TEMPLATE_RECIPE = 1;

// Small on purpose: a whole cluster has to fit into a laptop beside everything else.
const SIZE_ARGS = [
  '--innodb-buffer-pool-size=32M',
  '--innodb-redo-log-capacity=32M',
  '--innodb-log-buffer-size=8M',
  '--performance-schema=OFF',
  // The kernel's native I/O has a limit for the whole machine, which two dozen servers reach.
  '--innodb-use-native-aio=OFF',
];

// mysqld refuses to run as root unless it is told to.
const userArgs = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

const TEMPLATE_SQL = `CREATE USER '${replicationAccount.user}'@'localhost' IDENTIFIED WITH caching_sha2_password BY '${replicationAccount.password}';
GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO '${replicationAccount.user}'@'localhost';
`;

async function initialise(servers: Servers, folder: string): Promise<void> {
  const staged = `${folder}.new.${process.pid}.${Date.now()}`;
  await rm(staged, { recursive: true, force: true });
  await mkdir(join(staged, '..'), { recursive: true });
  const initFile = `${staged}.sql`;
  await writeFile(initFile, TEMPLATE_SQL);
  try {
    const { code, output } = await runProgram(servers.mysql.mysqld, [
      ...servers.mysql.mysqldArgs,
      '--initialize-insecure',
      `--datadir=${staged}`,
      `--init-file=${initFile}`,
      '--mysqlx=OFF',
      ...SIZE_ARGS,
      ...userArgs(),
    ]);
    if (code !== 0) {
      throw localError(
        `mysqld could not prepare a data directory in ${staged}:\n${output.trim().split('\n').slice(-6).join('\n')}`,
      );
    }
    // Each copy makes its own server uuid.
    await rm(join(staged, 'auto.cnf'), { force: true });
    await rename(staged, folder);
  } catch (error) {
    await rm(staged, { recursive: true, force: true });
    // Somebody else was quicker: theirs is as good.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(initFile, { force: true });
  }
}

const preparing = new Map<string, Promise<void>>();

/** The initialised data directory that new ones are copied from; made when it is missing (about 2 s). */
export async function templateDataDir(servers: Servers): Promise<string> {
  const name = `mysqld-${servers.mysql.version}-${servers.mysqlFromPath ? 'path' : 'own'}-r${TEMPLATE_RECIPE}`;
  const folder = join(serversHome(), 'templates', name);
  if (existsSync(folder)) return folder;
  let work = preparing.get(folder);
  if (work === undefined) {
    work = initialise(servers, folder).finally(() => preparing.delete(folder));
    preparing.set(folder, work);
  }
  await work;
  return folder;
}

/** Copies the template, by reference where the file system can; a half-made copy is never taken for a finished one. */
export async function createDataDir(servers: Servers, dataDir: string): Promise<void> {
  const template = await templateDataDir(servers);
  const staged = `${dataDir}.new`;
  await rm(staged, { recursive: true, force: true });
  await mkdir(join(dataDir, '..'), { recursive: true });
  await cp(template, staged, { recursive: true, mode: constants.COPYFILE_FICLONE });
  await rename(staged, dataDir);
}

/** An administrative connection as root; a port alone means a server on this machine whose root has no password. */
export const connectAsRoot = (
  at: number | ServerAddress,
  options: { database?: string; multipleStatements?: boolean } = {},
): Promise<Connection> => {
  const { host, port, password } = typeof at === 'number' ? { host: HOST, port: at, password: '' } : at;
  return createConnection({ host, port, user: 'root', password, connectTimeout: 5_000, ...options });
};

async function answers(port: number): Promise<boolean> {
  try {
    const connection = await connectAsRoot(port);
    await connection.query('SELECT 1').finally(() => connection.destroy());
    return true;
  } catch {
    return false;
  }
}

function serverArgs(options: MysqldOptions, servers: Servers, port: number): string[] {
  return [
    ...servers.mysql.mysqldArgs,
    `--datadir=${options.dataDir}`,
    `--port=${port}`,
    `--bind-address=${HOST}`,
    // Relative to the data directory: a full path could exceed the 107 bytes that a socket's name may have.
    '--socket=mysqld.sock',
    '--pid-file=mysqld.pid',
    '--mysqlx=OFF',
    `--server-id=${options.serverId ?? 1}`,
    `--report-host=${HOST}`,
    `--report-port=${port}`,
    '--log-bin=binlog',
    '--relay-log=relay',
    '--gtid-mode=ON',
    '--enforce-gtid-consistency=ON',
    '--skip-replica-start=ON',
    '--plugin-load-add=semisync_source.so',
    '--plugin-load-add=semisync_replica.so',
    '--max-connections=2000',
    '--local-infile=ON',
    ...(options.readOnly ? ['--super-read-only=ON'] : []),
    ...SIZE_ARGS,
    ...userArgs(),
    ...(options.extraArgs ?? []),
  ];
}

async function waitUntilReady(process: ServerProcess, port: number): Promise<void> {
  const giveUpAtMs = Date.now() + READY_MS_MAX;
  while (!(await answers(port))) {
    const end = process.end();
    if (end !== undefined || Date.now() > giveUpAtMs) {
      await process.stop();
      const why = end === undefined ? 'does not answer' : `ended with ${describeEnd(end)}`;
      throw localError(
        `mysqld on port ${port} ${why}; ${process.logFile} says:\n${logTail(process.logFile)}`,
      );
    }
    await sleep(POLL_MS);
  }
}

/** Starts mysqld and waits until it answers. Without a given port it finds one by itself. */
export async function startMysqld(options: MysqldOptions): Promise<RunningMysqld> {
  const servers = options.servers ?? (await findServers());
  if (!existsSync(options.dataDir)) await createDataDir(servers, options.dataDir);
  // Left by one that was killed. mysqld believes such a file as soon as any process has got that pid since; what really
  // keeps two servers apart is InnoDB's lock on its own files.
  await rm(join(options.dataDir, 'mysqld.sock.lock'), { force: true });
  for (let tries = 1; ; tries++) {
    const port = options.port ?? (await freePort());
    const process = await startServer({
      program: servers.mysql.mysqld,
      args: serverArgs(options, servers, port),
      logFile: options.logFile ?? `${options.dataDir}.log`,
    });
    options.onProcess?.(process);
    try {
      await waitUntilReady(process, port);
      return { host: HOST, port, dataDir: options.dataDir, process, stop: () => process.stop() };
    } catch (error) {
      const portWasTaken = /Can't start server: Bind on TCP\/IP port/.test(logTail(process.logFile));
      if (options.port !== undefined || !portWasTaken || tries === BIND_TRIES_MAX) throw error;
    }
  }
}
