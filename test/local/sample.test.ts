/** `headgate local` with the sample, as `npm start` runs it: one cluster through its whole life. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClusterStatus, TabletStatus } from '../../src/local/cluster-status.ts';
import { freePort } from '../../src/local/ports.ts';
import { asRoot, waitForReplica } from '../../src/local/replication.ts';
import { keyRangeContains, parseKeyRange } from '../../src/vschema/key-range.ts';
import { hashKeyspaceId } from '../../src/vschema/vindexes/hash.ts';
import { headgate, localStatus, mustRun, processesLeft } from '../support/headgate.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-local-'));
const dataDir = join(folder, 'data');
let port: number;
let adminPort: number;
let status: ClusterStatus;
/** What the start has printed. */
let screen: string;

const start = (...more: string[]): Promise<string> =>
  mustRun(
    ...['local', '--data', dataDir, '--port', String(port), '--admin-port', String(adminPort)],
    ...['--background', ...more],
  );

const find = (cluster: ClusterStatus, keyspace: string, shard: string, type: string): TabletStatus =>
  cluster.tablets.find((each) => each.keyspace === keyspace && each.shard === shard && each.type === type)!;

const rowsOf = async (tablet: TabletStatus, sql: string): Promise<RowDataPacket[]> =>
  asRoot(tablet.port, async (connection) => {
    await connection.query(`USE \`${tablet.keyspace}\``);
    return (await connection.query<RowDataPacket[]>(sql))[0];
  });

beforeAll(async () => {
  port = await freePort();
  adminPort = await freePort();
  screen = await start();
  status = await localStatus(dataDir);
});

afterAll(async () => {
  await headgate('local', 'stop', '--data', dataDir);
  rmSync(folder, { recursive: true, force: true });
});

test('status has the shape that scripts rely on', () => {
  expect(status).toEqual({
    router: { host: '127.0.0.1', port, pids: expect.any(Array) },
    admin: { url: `http://127.0.0.1:${adminPort}/` },
    etcd: [expect.stringMatching(/^127\.0\.0\.1:\d+$/)],
    keyspaces: {
      commerce: { sharded: false, shards: ['0'] },
      customer: { sharded: true, shards: ['-80', '80-'] },
    },
    tablets: expect.any(Array),
  });
  const places = status.tablets.map(({ keyspace, shard, type }) => `${keyspace}/${shard} ${type}`);
  expect(places).toEqual(
    ['commerce/0', 'customer/-80', 'customer/80-'].flatMap((at) => [`${at} primary`, `${at} replica`]),
  );
  for (const tablet of status.tablets) {
    expect(tablet).toEqual({
      alias: expect.stringMatching(/^local-\d+$/),
      cell: 'local',
      keyspace: expect.any(String),
      shard: expect.any(String),
      type: expect.any(String),
      host: '127.0.0.1',
      port: expect.any(Number),
      pid: expect.any(Number),
      dataDir: join(dataDir, 'tablets', tablet.alias),
      user: 'root',
      password: '',
    });
  }
});

test('status without --json is a table', async () => {
  const table = await mustRun('local', 'status', '--data', dataDir);
  expect(table).toMatch(/^local-201 +customer\/-80 +primary +127\.0\.0\.1:\d+ +\d+$/m);
});

test('what the first screen says to try works', async () => {
  const lines = screen.split('\n');
  const shown = lines.slice(
    lines.findIndex((line) => /^ +try /.test(line)),
    lines.findIndex((line) => /^ +status /.test(line)),
  );
  const statements = shown.map((line) => line.replace(/^ +(try +)?/, '').replace(/;( +-- .*)?$/, ''));
  expect(statements.length).toBeGreaterThan(3);
  await asRoot(port, async (connection) => {
    const answers: unknown[] = [];
    for (const sql of statements) answers.push((await connection.query(sql))[0]);
    expect(answers[1]).toEqual([{ name: 'Lena Fischer', city: 'Jaipur' }]);
    expect(answers[2]).toHaveLength(3);
    await connection.query("DELETE FROM customers WHERE email = 'ada@example.com'");
  });
});

test('queries are served through the router, on shards and on unsharded keyspaces', async () => {
  const [products, customers] = await asRoot(port, async (connection) => {
    const [first] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM commerce.products');
    await connection.query('USE `customer:80-`');
    const [second] = await connection.query<RowDataPacket[]>('SELECT COUNT(*) AS n FROM customers');
    return [first, second];
  });
  expect(products).toEqual([{ n: 240 }]);
  expect(customers).toEqual(
    await rowsOf(find(status, 'customer', '80-', 'primary'), 'SELECT COUNT(*) AS n FROM customers'),
  );
});

test('every row is on the shard to which its customer hashes, and none is missing', async () => {
  for (const [table, total] of [
    ['customers', 1000],
    ['orders', 2508],
    ['order_items', 6248],
  ] as const) {
    let found = 0;
    for (const shard of ['-80', '80-']) {
      const range = parseKeyRange(shard)!;
      const rows = await rowsOf(
        find(status, 'customer', shard, 'primary'),
        `SELECT customer_id FROM ${table}`,
      );
      found += rows.length;
      const lost = rows.filter((row) => !keyRangeContains(range, hashKeyspaceId(BigInt(row.customer_id))));
      expect(lost).toEqual([]);
    }
    expect(found).toBe(total);
  }
  expect(
    await rowsOf(find(status, 'commerce', '0', 'primary'), 'SELECT COUNT(*) AS n FROM products'),
  ).toEqual([{ n: 240 }]);
});

test('a replica follows its primary and refuses writes', async () => {
  const primary = find(status, 'commerce', '0', 'primary');
  const replica = find(status, 'commerce', '0', 'replica');
  await rowsOf(primary, 'CREATE TABLE followed (id INT PRIMARY KEY)');
  await rowsOf(primary, 'INSERT INTO followed VALUES (7)');
  expect(await waitForReplica(replica.port, primary.port)).toBe(true);
  expect(await rowsOf(replica, 'SELECT id FROM followed')).toEqual([{ id: 7 }]);
  await expect(rowsOf(replica, 'INSERT INTO followed VALUES (8)')).rejects.toMatchObject({ errno: 1290 });
});

test('tablets are set up as servers of a shard', async () => {
  for (const tablet of status.tablets) {
    const [row] = await rowsOf(
      tablet,
      `SELECT @@gtid_mode AS gtid, @@binlog_format AS format, @@rpl_semi_sync_source_enabled AS source,
       @@rpl_semi_sync_replica_enabled AS replica, @@server_uuid AS uuid, USER() AS user, DATABASE() AS db,
       @@character_set_database AS charset`,
    );
    const common = {
      gtid: 'ON',
      format: 'ROW',
      source: 0,
      replica: 0,
      user: 'root@localhost',
      charset: 'utf8mb4',
    };
    expect(row).toMatchObject({ ...common, db: tablet.keyspace });
  }
  const uuids = await Promise.all(
    status.tablets.map((tablet) => rowsOf(tablet, 'SELECT @@server_uuid AS uuid')),
  );
  expect(new Set(uuids.map(([row]) => row?.uuid)).size).toBe(status.tablets.length);
});

test('a router that dies is started again, a tablet is not; both are told', async () => {
  const [routerPid = 0] = status.router.pids;
  const lost = find(status, 'customer', '80-', 'replica');
  process.kill(lost.pid!, 'SIGKILL');
  process.kill(routerPid, 'SIGKILL');
  await expect
    .poll(() => asRoot(port, async () => 'serves').catch(() => 'not yet'), { timeout: 30_000 })
    .toBe('serves');
  const now = await localStatus(dataDir);
  expect(now.router.pids[0]).not.toBe(routerPid);
  expect(now.tablets.find(({ alias }) => alias === lost.alias)?.pid).toBeNull();
  expect(await mustRun('local', 'status', '--data', dataDir)).toMatch(/^local-302 .* not running$/m);
  const log = readFileSync(join(dataDir, 'logs', 'launcher.log'), 'utf8');
  expect(log).toMatch(/THE ROUTER ENDED \(signal SIGKILL\)/);
  expect(log).toMatch(/TABLET local-302 \(customer\/80-\) ENDED \(signal SIGKILL\)/);
});

test('a second launcher on the same data is refused', async () => {
  const { code, stderr } = await headgate('local', '--data', dataDir, '--port', '0', '--admin-port', '0');
  expect(code).toBe(1);
  expect(stderr).toMatch(/is in use by another headgate local \(pid \d+\)\. Stop it with: .* local stop/);
});

test('a changed primary, the data and the ports outlast stop and start', async () => {
  const replica = find(status, 'commerce', '0', 'replica');
  const former = find(status, 'commerce', '0', 'primary');
  expect(await waitForReplica(replica.port, former.port)).toBe(true);
  await mustRun('ctl', 'set-primary', 'commerce/0', replica.alias, '--data', dataDir);
  await mustRun('local', 'stop', '--data', dataDir);
  expect(await processesLeft(dataDir)).toEqual([]);
  await start();
  status = await localStatus(dataDir);
  const primary = find(status, 'commerce', '0', 'primary');
  expect(primary).toMatchObject({ alias: replica.alias, port: replica.port });
  await rowsOf(primary, 'INSERT INTO followed VALUES (9)');
  expect(await waitForReplica(former.port, primary.port)).toBe(true);
  expect(await rowsOf(former, 'SELECT id FROM followed')).toEqual([{ id: 7 }, { id: 9 }]);
  await expect(rowsOf(former, 'INSERT INTO followed VALUES (8)')).rejects.toMatchObject({ errno: 1290 });
});

test('no process outlives a launcher that is killed, and the next start works', async () => {
  const launcher = Number((await headgate('local', '--data', dataDir)).stderr.match(/pid (\d+)/)?.[1]);
  process.kill(launcher, 'SIGKILL');
  expect(await processesLeft(dataDir)).toEqual([]);
  const { code, stderr } = await headgate('local', 'status', '--json', '--data', dataDir);
  expect(code).toBe(1);
  expect(stderr).toMatch(/no cluster runs in/);
  await start();
  status = await localStatus(dataDir);
  expect(await rowsOf(find(status, 'commerce', '0', 'primary'), 'SELECT id FROM followed')).toHaveLength(2);
});
