/** `headgate local` with keyspaces of the user's own, and its answers to what is in the way. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, afterEach, expect, test } from 'vitest';
import { asRoot } from '../../src/local/replication.ts';
import {
  headgate,
  localStatus,
  mustRun,
  processesLeft,
  processesOf,
  spawnHeadgate,
  untilPrinted,
} from '../support/headgate.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-local-'));
const dataDir = join(folder, 'data');
const FREE_PORTS = ['--port', '0', '--admin-port', '0'];
const SMALL = [...FREE_PORTS, '--keyspace', 'main=1', '--replicas', '0', '--data', dataDir];

afterEach(async () => {
  await headgate('local', 'stop', '--data', dataDir);
  expect(await processesLeft(folder)).toEqual([]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function definitions(name: string, files: Record<string, string>): string {
  const dir = join(folder, name);
  mkdirSync(dir, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), text);
  return dir;
}

test('shards, VSchemas and definitions of the user', async () => {
  const vschema = definitions('vschema', {
    'user.json': '{"sharded": true, "vindexes": {"hash": {"type": "hash"}}, "tables": {}}',
    'whole.json': '{"sharded": true}',
  });
  const schema = definitions('schema', {
    'user.sql':
      'DELIMITER $$\nCREATE TABLE t (id INT PRIMARY KEY)$$\nDELIMITER ;\nINSERT INTO t VALUES (1);\n',
  });
  const keyspaces = ['main=1', 'whole=1', 'user=2'].flatMap((wish) => ['--keyspace', wish]);
  await mustRun(
    ...['local', ...keyspaces, '--vschema', vschema, '--schema', schema],
    ...['--replicas', '0', '--data', dataDir, '--background', ...FREE_PORTS],
  );
  const status = await localStatus(dataDir);
  expect(status.keyspaces).toEqual({
    main: { sharded: false, shards: ['0'] },
    whole: { sharded: true, shards: ['-'] },
    user: { sharded: true, shards: ['-80', '80-'] },
  });
  for (const tablet of status.tablets.filter(({ keyspace }) => keyspace === 'user')) {
    const [rows] = await asRoot(tablet.port, (connection) =>
      connection.query<RowDataPacket[]>('SELECT id FROM `user`.t'),
    );
    expect(rows).toEqual([{ id: 1 }]);
  }
  const stored = JSON.parse(await mustRun('ctl', 'vschema', 'get', 'user', '--json', '--data', dataDir));
  expect(JSON.stringify(stored)).toContain('"type":"hash"');

  const other = await headgate('local', ...SMALL);
  expect(other.stderr).toMatch(/is in use/);
  await mustRun('local', 'stop', '--data', dataDir);
  const differs = await headgate('local', ...SMALL);
  expect(differs.code).toBe(1);
  expect(differs.stderr).toMatch(/it has main=1 whole=1 user=2, asked for is main=1\. Use --reset/);
  await mustRun('local', ...SMALL, '--reset', '--background');
  expect((await localStatus(dataDir)).tablets).toHaveLength(1);
});

test('a wrong file of definitions is named with its line, and nothing stays', async () => {
  const schema = definitions('broken', {
    'main.sql': 'CREATE TABLE a (id INT);\n\nCREATE TABEL b (id INT);\n',
  });
  const { code, stderr } = await headgate('local', ...SMALL, '--reset', '--schema', schema, '--background');
  expect(code).toBe(1);
  expect(stderr).toContain(join(schema, 'main.sql'));
  expect(stderr).toMatch(/ERROR 1064 .* at line 3/);
  expect(stderr).toContain('CREATE TABEL b');
  expect(await processesLeft(dataDir)).toEqual([]);
});

test('a busy port is named, with its owner and the way out', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    const clients = await headgate('local', '--port', String(port), '--data', join(folder, 'busy'));
    expect(clients.code).toBe(1);
    expect(clients.stderr).toMatch(new RegExp(`port ${port} .* in use by node .*\\(pid ${process.pid}\\)`));
    expect(clients.stderr).toContain('--port PORT');
    const admin = await headgate(
      ...[
        'local',
        '--port',
        '0',
        '--admin-port',
        String(port),
        '--data',
        join(folder, 'busy'),
        '--background',
      ],
    );
    expect(admin.code).toBe(1);
    expect(admin.stderr).toContain('--admin-port PORT');
  } finally {
    server.close();
  }
});

test("a folder that is not a cluster's is left alone, also by --reset", async () => {
  const foreign = definitions('foreign', { 'thesis.txt': 'years of work' });
  const { code, stderr } = await headgate(
    'local',
    '--reset',
    ...FREE_PORTS,
    '--data',
    foreign,
    '--background',
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(/holds other files \(thesis\.txt\)/);
  expect(readdirSync(foreign)).toEqual(['thesis.txt']);
});

test.each([
  ['SIGINT', 0],
  ['SIGHUP', 0],
] as const)('%s ends a launcher in the foreground in order', async (signal, code) => {
  const launcher = spawnHeadgate('local', ...SMALL, '--reset');
  const ended = new Promise((resolve) => launcher.once('exit', resolve));
  await untilPrinted(launcher, 'Headgate is ready');
  expect(processesOf(dataDir).length).toBeGreaterThan(2);
  const farewell = untilPrinted(launcher, 'the data are kept');
  launcher.kill(signal);
  await farewell;
  expect(await ended).toBe(code);
  expect(processesOf(dataDir)).toEqual([]);
});

test('a launcher that is interrupted while it starts leaves nothing', async () => {
  const launcher = spawnHeadgate('local', ...SMALL, '--reset');
  const ended = new Promise((resolve) => launcher.once('exit', resolve));
  while (processesOf(dataDir).length < 3) await sleep(20);
  launcher.kill('SIGTERM');
  expect(await ended).toBe(130);
  expect(processesOf(dataDir)).toEqual([]);
  // What it left half made is made anew.
  await mustRun('local', ...SMALL, '--background');
});

test.each([
  [['local', 'stattus'], /did you mean status/],
  [['local', '--prot', '1'], /Did you mean --port/],
  [['locall'], /Did you mean local/],
  [['local', '--port', 'x'], /whole number/],
])('wrong usage %j ends with code 2 and a hint', async (args, hint) => {
  const { code, stderr } = await headgate(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(hint);
});
