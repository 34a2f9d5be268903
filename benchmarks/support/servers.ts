/** Programs that a benchmark starts for itself, in a folder of its own, and stops by their process ids. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';

const run = promisify(execFile);
const startMsMax = 60_000;
const stopMsMax = 20_000;

export type Server = Readonly<{ host: string; port: number; pid: number; stop: () => Promise<void> }>;

/** The first program of this name on PATH. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** A TCP port of 127.0.0.1 that nothing listens on right now. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program whose output goes to a log file; it does not outlive this process if that ends in order. */
export function startProgram(file: string, args: readonly string[], logFile: string): ChildProcess {
  const log = openSync(logFile, 'a');
  const child = spawn(file, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** Ends a program by its process id, the hard way if it does not follow. */
export async function stopProgram(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMsMax);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(timer);
}

/** Waits until `attempt` succeeds; fails with the program's log when it ends or takes too long. */
export async function untilReady(
  child: ChildProcess,
  logFile: string,
  attempt: () => Promise<unknown>,
): Promise<void> {
  const endMs = Date.now() + startMsMax;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (cause) {
      const ended = child.exitCode !== null || child.signalCode !== null;
      if (ended || Date.now() > endMs) {
        const log = readFileSync(logFile, 'utf8').slice(-2000);
        throw new Error(`${child.spawnfile} did not get ready; the end of its log:\n${log}`, { cause });
      }
      await sleep(50);
    }
  }
}

/** Succeeds when something accepts TCP connections there. */
export async function connectOnce(port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** An empty MySQL server with user `root` without a password. */
export async function startMysqld(folder: string): Promise<Server> {
  const program = findProgram('mysqld');
  if (!program) throw new Error('no mysqld on PATH; `npm start` installs one, or put its folder on PATH');
  const data = path.join(folder, 'data');
  const logFile = path.join(folder, 'mysqld.log');
  mkdirSync(folder, { recursive: true });
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  await run(program, ['--initialize-insecure', `--datadir=${data}`, ...user], { timeout: startMsMax });
  const port = await freePort();
  const child = startProgram(
    program,
    [
      `--datadir=${data}`,
      `--port=${port}`,
      `--socket=${path.join(folder, 'mysqld.sock')}`,
      `--pid-file=${path.join(folder, 'mysqld.pid')}`,
      ...user,
      ...['--bind-address=127.0.0.1', '--mysqlx=OFF', '--performance-schema=OFF', '--skip-log-bin'],
    ],
    logFile,
  );
  await untilReady(child, logFile, async () => {
    const connection = await mysql.createConnection({ host: '127.0.0.1', port, user: 'root' });
    await connection.end();
  });
  return { host: '127.0.0.1', port, pid: child.pid!, stop: () => stopProgram(child) };
}

/** HAProxy in front of a server: one thread, copying bytes. */
export async function startHaproxy(folder: string, backendPort: number): Promise<Server | undefined> {
  const program = findProgram('haproxy');
  if (!program) return undefined;
  const port = await freePort();
  const configFile = path.join(folder, 'haproxy.cfg');
  const logFile = path.join(folder, 'haproxy.log');
  writeFileSync(configFile, haproxyConfig(port, backendPort));
  const child = startProgram(program, ['-db', '-f', configFile], logFile);
  await untilReady(child, logFile, () => connectOnce(port));
  return { host: '127.0.0.1', port, pid: child.pid!, stop: () => stopProgram(child) };
}

const haproxyConfig = (port: number, backendPort: number): string => `global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen mysql
  bind 127.0.0.1:${port}
  server only 127.0.0.1:${backendPort}
`;
