/** A mysqld of the tests' own: the one that Headgate's answers are compared with. Started as the tablets are. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMysqld as startServer } from '../../src/local/mysqld.ts';
import { readError } from './decode-parts.ts';
import { type Endpoint, RawClient, ServerError } from './raw-client.ts';

export type Mysqld = Readonly<{ endpoint: Endpoint; pid: number; dataDir: string; stop(): Promise<void> }>;

export type MysqldOptions = Readonly<{ databases?: readonly string[]; flags?: readonly string[] }>;

/** Servers of tests take less memory: nothing of theirs has to outlast a crash of the machine. */
export const smallServer = ['--innodb-doublewrite=OFF', '--innodb-log-buffer-size=1M'] as const;

/** Starts a fresh server on a free port, with empty databases of the given names. */
export async function startMysqld({ databases = [], flags = [] }: MysqldOptions = {}): Promise<Mysqld> {
  const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
  const server = await startServer({ dataDir: join(dir, 'data'), extraArgs: [...smallServer, ...flags] });
  const endpoint = rootAt(server.port);
  await runStatements(
    endpoint,
    databases.map((name) => `CREATE DATABASE \`${name}\``),
  );
  return {
    endpoint,
    pid: server.process.identity.pid,
    dataDir: server.dataDir,
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The local servers' account. */
export const rootAt = (port: number): Endpoint => ({ host: '127.0.0.1', port, user: 'root', password: '' });

/** Runs statements on a connection of their own; an error throws. */
export async function runStatements(
  endpoint: Endpoint,
  statements: Iterable<string>,
  database?: string,
): Promise<void> {
  const client = await RawClient.connect(endpoint, { database, timeoutMs: 60_000 });
  try {
    for (const sql of statements) {
      const { packets } = await client.query(sql);
      const last = packets.at(-1)?.payload;
      if (!last) throw new Error(`no answer to: ${sql}`);
      if (last[0] === 0xff) throw new ServerError(readError(last));
    }
  } finally {
    client.destroy();
  }
}
