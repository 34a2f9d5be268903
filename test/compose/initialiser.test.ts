/**
 * The initialiser and the router as docker-compose.yml runs them, on real servers of this machine in place of the
 * containers: each mysqld has the options of its service and is left as the image leaves it.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseTabletWish } from '../../src/local/initialise-tablets.ts';
import { type RunningMysqld, type ServerAddress, startMysqld } from '../../src/local/mysqld.ts';
import { freePort } from '../../src/local/ports.ts';
import { asRoot, waitForReplica } from '../../src/local/replication.ts';
import { keyRangeContains, parseKeyRange } from '../../src/vschema/key-range.ts';
import { hashKeyspaceId } from '../../src/vschema/vindexes/hash.ts';
import { type EtcdCluster, startEtcd } from '../support/etcd.ts';
import { headgate, mustRun, spawnHeadgate } from '../support/headgate.ts';
import { argsOf, compose, environment, initialiserArgs, mysqldFlags, pathOf } from './compose-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'headgate-compose-'));
const wishes = argsOf('--tablet').map(parseTabletWish);
const servers = new Map<string, RunningMysqld>();
const routers: ChildProcess[] = [];
const rootPassword = environment.HEADGATE_TABLET_ROOT_PASSWORD!;
let etcd: EtcdCluster;
let args: string[];
let port: number;

const address = (service: string): ServerAddress => ({ ...servers.get(service)!, password: rootPassword });

async function startTablet(service: string): Promise<void> {
  const server = await startMysqld({ dataDir: join(folder, service), extraArgs: mysqldFlags(service) });
  servers.set(service, server);
  await asRoot(server.port, async (connection) => {
    await connection.query("DROP USER 'headgate_replication'@'localhost'");
    // What an image does while it prepares its data stands in the binary log, as transactions of this server alone.
    await connection.query('CREATE DATABASE image_own');
    await connection.query('DROP DATABASE image_own');
    await connection.query("ALTER USER 'root'@'localhost' IDENTIFIED BY ?", [rootPassword]);
  });
}

/** The arguments of the service with the addresses and files of this machine. */
function localArgs(): string[] {
  return initialiserArgs.map((arg) =>
    arg
      .replace('/run/secrets', folder)
      .replace('=etcd:2379', `=${etcd.hosts.join(',')}`)
      .replace(/@(tablet-\d+):3306$/, (_, service: string) => `@127.0.0.1:${servers.get(service)!.port}`),
  );
}

/** With its own file of configuration, but for what is a container's own. Returns the port of the admin page. */
async function startRouter(listenPort: number, ...more: string[]): Promise<number> {
  const adminPort = await freePort();
  const users = join(folder, 'users.yaml');
  writeFileSync(users, "users: [{ name: root, password: '', hosts: [localhost] }]\n");
  const router = spawnHeadgate(
    ...['serve', '--config', pathOf('docker/router/headgate.yaml'), '--listen-host=127.0.0.1'],
    ...[`--listen-port=${listenPort}`, `--listen-users-file=${users}`, '--admin-host=127.0.0.1'],
    ...[`--admin-port=${adminPort}`, `--topology-etcd=${etcd.hosts.join(',')}`],
    ...[`--gateway-password-file=${join(folder, 'tablet_router_password')}`, ...more],
  );
  router.stdout?.resume();
  router.stderr?.resume();
  routers.push(router);
  return adminPort;
}

async function readiness(adminPort: number): Promise<number> {
  try {
    return (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).status;
  } catch {
    return 0;
  }
}

async function untilReady(adminPort: number): Promise<void> {
  for (let attempt = 0; (await readiness(adminPort)) !== 200; attempt++) {
    if (attempt > 300) throw new Error('the router does not become ready');
    await sleep(50);
  }
}

async function rowsOf(at: number, target: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection({ host: '127.0.0.1', port: at, user: 'root' });
  try {
    await connection.query(`USE \`${target}\``);
    return (await connection.query<RowDataPacket[]>(sql))[0];
  } finally {
    connection.destroy();
  }
}

beforeAll(async () => {
  for (const [name, { environment: variable }] of Object.entries(compose.secrets)) {
    writeFileSync(join(folder, name), environment[variable]!);
  }
  [etcd] = await Promise.all([startEtcd(), ...wishes.map(({ host }) => startTablet(host))]);
  args = localArgs();
  port = await freePort();
  const adminPort = await startRouter(port);
  await mustRun(...args);
  await untilReady(adminPort);
});

afterAll(async () => {
  const ends = routers.map((router) => new Promise((resolve) => router.once('exit', resolve)));
  for (const router of routers) router.kill('SIGKILL');
  await Promise.all([
    ...ends,
    etcd?.destroy(),
    ...[...servers.values()].map(({ process }) => process.stop(0)),
  ]);
  rmSync(folder, { recursive: true, force: true });
});

test('a router that was there first serves every row on the shard to which its customer hashes', async () => {
  for (const [table, total] of [
    ['customers', 1000],
    ['orders', 2508],
    ['order_items', 6248],
  ] as const) {
    let found = 0;
    for (const shard of ['-80', '80-']) {
      const range = parseKeyRange(shard)!;
      const rows = await rowsOf(port, `customer:${shard}`, `SELECT customer_id FROM ${table}`);
      found += rows.length;
      const lost = rows.filter((row) => !keyRangeContains(range, hashKeyspaceId(BigInt(row.customer_id))));
      expect(lost).toEqual([]);
    }
    expect(found).toBe(total);
  }
  expect(await rowsOf(port, 'commerce', 'SELECT COUNT(*) AS n FROM products')).toEqual([{ n: 240 }]);
});

test('servers are set up as primaries and replicas of their shards, with the history of their shard only', async () => {
  const sql = `SELECT @@server_id AS id, @@gtid_mode AS gtid, @@binlog_format AS format, @@super_read_only AS readOnly,
    @@rpl_semi_sync_source_enabled AS source, @@rpl_semi_sync_replica_enabled AS replica,
    (SELECT COUNT(*) FROM mysql.user WHERE user LIKE 'headgate%') AS accounts`;
  for (const [at, { host, alias }] of wishes.entries()) {
    const [rows] = await asRoot(address(host), (connection) => connection.query<RowDataPacket[]>(sql));
    const id = Number(alias.split('-')[1]);
    const setUp = { gtid: 'ON', format: 'ROW', source: 0, replica: 0, accounts: 2 };
    expect(rows).toEqual([{ ...setUp, id, readOnly: at % 2 }]);
  }
  for (let at = 0; at < wishes.length; at += 2) {
    const [primary, replica] = [address(wishes[at]!.host), address(wishes[at + 1]!.host)];
    await rowsOf(
      port,
      `${wishes[at]!.keyspace}:${wishes[at]!.shard}`,
      'CREATE TABLE followed (id INT PRIMARY KEY)',
    );
    expect(await waitForReplica(replica, primary)).toBe(true);
    const histories = await Promise.all(
      [primary, replica].map((server) =>
        asRoot(server, (connection) => connection.query<RowDataPacket[]>('SELECT @@gtid_executed AS gtids')),
      ),
    );
    const [[one], [other]] = [histories[0]![0], histories[1]![0]];
    expect(one).toEqual(other);
    expect(one?.gtids).toMatch(/^[0-9a-f-]{36}:1-\d+$/);
  }
});

test('a second run changes nothing, and what was changed meanwhile stays', async () => {
  await rowsOf(port, 'commerce', 'DELETE FROM products WHERE product_id > 200');
  const before = await mustRun('ctl', 'shards', '--json', '--etcd', etcd.hosts.join(','));
  await mustRun(...args);
  expect(await rowsOf(port, 'commerce', 'SELECT COUNT(*) AS n FROM products')).toEqual([{ n: 200 }]);
  expect(await mustRun('ctl', 'shards', '--json', '--etcd', etcd.hosts.join(','))).toBe(before);
});

test('the router logs in with its password over RSA too, when TLS is off and no server remembers it', async () => {
  for (const { host } of wishes) {
    await asRoot(address(host), (connection) => connection.query('FLUSH LOCAL PRIVILEGES'));
  }
  const plainPort = await freePort();
  await untilReady(await startRouter(plainPort, '--gateway-tls=off'));
  expect(await rowsOf(plainPort, 'customer:80-', 'SELECT COUNT(*) AS n FROM customers')).toEqual([
    { n: 503 },
  ]);
});

test('an interrupted run is made good by the next one; data of somebody else are left alone', async () => {
  const { host } = wishes[0]!;
  await asRoot(address(host), (connection) =>
    connection.query("UPDATE _headgate.shards SET state = 'preparing'"),
  );
  await mustRun(...args);
  expect(await rowsOf(port, 'commerce', 'SELECT COUNT(*) AS n FROM products')).toEqual([{ n: 240 }]);
  expect(await waitForReplica(address(wishes[1]!.host), address(host))).toBe(true);
  await asRoot(address(host), (connection) => connection.query('DROP DATABASE _headgate'));
  const { code, stderr } = await headgate(...args);
  expect(code).toBe(1);
  expect(stderr).toContain('has a database commerce that was not made here');
  expect(await rowsOf(port, 'commerce', 'SELECT COUNT(*) AS n FROM products')).toEqual([{ n: 240 }]);
});
