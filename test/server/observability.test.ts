/** What the router tells of itself: metrics, the log, the status, each after something that must move it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { refusal, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';

let stage: RouterStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE t (id INT PRIMARY KEY, v INT)']);
  router = await stage.startRouter(['--log-slow-query-ms=200', '--pool-connections-max=2']);
  client = await RawClient.connect(router.endpoint, { database: 'main' });
});
afterAll(async () => {
  client?.destroy();
  await stage?.stop();
});

/** The samples of /metrics: name with labels, and value. */
async function samples(): Promise<Map<string, number>> {
  const { body } = await router.admin('/metrics');
  return new Map(
    body
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

/** What has been added to each sample by the work, where it is not nothing. */
async function moved(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await samples();
  await work();
  const after = await samples();
  return Object.fromEntries(
    [...after]
      .map(([name, n]): [string, number] => [name, n - (before.get(name) ?? 0)])
      .filter(([, n]) => n !== 0),
  );
}

const queries = (kind: string, type = 'primary', result = 'ok') =>
  `headgate_queries_total{kind="${kind}",tablet_type="${type}",result="${result}"}`;

test('statements by kind, tablet type and result', async () => {
  const all: [string, string][] = [
    ['insert', 'INSERT INTO t VALUES (1, 1), (2, 2)'],
    ['select', 'SELECT * FROM t'],
    ['select', '/* comment */ (SELECT v FROM t)'],
    ['update', 'UPDATE t SET v = 3'],
    ['replace', 'REPLACE INTO t VALUES (1, 5)'],
    ['delete', 'DELETE FROM t WHERE id = 2'],
    ['show', 'SHOW TABLES'],
    ['set', "SET time_zone = '+00:00'"],
    ['begin', 'BEGIN'],
    ['savepoint', 'SAVEPOINT s'],
    ['rollback', 'ROLLBACK'],
    ['begin', 'START TRANSACTION'],
    ['select', 'SELECT v FROM t'],
    ['commit', 'COMMIT'],
    ['ddl', 'CREATE TABLE made (n INT)'],
    ['ddl', 'ALTER TABLE made ADD m INT'],
    ['ddl', 'DROP TABLE made'],
  ];
  const delta = await moved(async () => {
    for (const [, sql] of all) expect([sql, await refusal(client, sql)]).toEqual([sql, undefined]);
  });
  const byKind: Record<string, number> = {};
  for (const [name, n] of Object.entries(delta)) {
    const kind = /^headgate_queries_total\{kind="(\w+)",.*result="ok"\}$/.exec(name)?.[1];
    if (kind !== undefined) byKind[kind] = (byKind[kind] ?? 0) + n;
  }
  const expected: Record<string, number> = {};
  for (const [kind] of all) expected[kind] = (expected[kind] ?? 0) + 1;
  expect(byKind).toEqual(expected);
  expect(delta['headgate_query_duration_seconds_count{kind="select",tablet_type="primary"}']).toBe(3);
  expect(delta['headgate_client_bytes_total{direction="in"}']).toBeGreaterThan(200);
  expect(delta['headgate_client_bytes_total{direction="out"}']).toBeGreaterThan(200);
  expect(delta['headgate_tablet_bytes_total{direction="in"}']).toBeGreaterThan(200);
  expect(delta['headgate_tablet_bytes_total{direction="out"}']).toBeGreaterThan(200);
});

test('the type of the tablet', async () => {
  const delta = await moved(async () => {
    await refusal(client, 'USE `main@replica`');
    await refusal(client, 'SELECT * FROM t');
    await refusal(client, 'USE `main@primary`');
  });
  expect(delta[queries('select', 'replica')]).toBe(1);
  expect(delta[queries('select')]).toBeUndefined();
});

test('errors by number, whoever raised them; each once', async () => {
  const delta = await moved(async () => {
    await refusal(client, 'SELECT nowhere');
    await refusal(client, 'SELECT * FROM nowhere');
    await refusal(client, 'USE nowhere');
    await refusal(client, 'SELEC 1');
    await refusal(client, 'CREATE TEMPORARY TABLE user.passing (n INT)');
    await client.command(0x1d);
  });
  for (const errno of [1054, 1146, 1049, 1064, 9101, 1047])
    expect([errno, delta[`headgate_errors_total{errno="${errno}"}`]]).toEqual([errno, 1]);
  expect(delta[queries('select', 'primary', 'error')]).toBe(2);
});

test('prepared statements', async () => {
  const delta = await moved(async () => {
    const { id } = await client.prepare('SELECT 1');
    for (let n = 0; n < 3; n++) await client.execute(id);
    client.closeStatement(id);
    await client.command(command.ping);
  });
  expect(delta[queries('prepare')] ?? delta[queries('prepare', 'none')]).toBe(1);
  expect(delta[queries('execute')]).toBe(3);
});

test('connections and pools', async () => {
  const more = await Promise.all(
    [1, 2, 3].map(() => RawClient.connect(router.endpoint, { database: 'main' })),
  );
  expect((await samples()).get('headgate_client_connections')).toBe(4);
  await value(more[0]!, 'BEGIN');
  await value(more[0]!, 'SELECT * FROM t');
  await value(more[1]!, "SELECT GET_LOCK('pool', 1)");
  const waiting = more[2]!.query('SELECT v FROM t');
  await until(
    'one waits',
    async () => (await samples()).get('headgate_pool_waiters{tablet="local-1"}') === 1,
  );
  const now = await samples();
  expect(now.get('headgate_pool_connections{tablet="local-1",state="busy"}')).toBe(2);
  expect(now.get('headgate_pool_connections{tablet="local-1",state="idle"}')).toBe(0);
  const status = JSON.parse((await router.admin('/status.json')).body);
  expect(status.sessions).toMatchObject({ open: 4, inTransaction: 1, pinned: 2 });
  expect(
    status.topology.tablets.find((tablet: { alias: string }) => tablet.alias === 'local-1'),
  ).toMatchObject({
    keyspace: 'main',
    shard: '0',
    type: 'primary',
    port: stage.first.port,
    pool: { open: 2, busy: 2, max: 2, waiting: 1 },
  });
  await value(more[0]!, 'COMMIT');
  expect((await waiting).closed).toBe(false);
  for (const each of more) each.destroy();
  await until('they are gone', async () => (await samples()).get('headgate_client_connections') === 1);
  await until(
    'the pool is free',
    async () => (await samples()).get('headgate_pool_connections{tablet="local-1",state="busy"}') === 0,
  );
});

test('status: what the cluster looks like', async () => {
  const status = JSON.parse((await router.admin('/status.json')).body);
  expect(status).toMatchObject({
    state: 'serving',
    readiness: { ready: true, reasons: [] },
    pid: router.child.pid,
    listeners: [{ protocol: 'MySQL', port: router.endpoint.port, tls: 'off' }],
    topology: { etcd: [stage.etcdAddress], prefix: '/headgate' },
  });
  expect(status.serverVersion).toBe(client.greeting.serverVersion);
  const names = status.topology.keyspaces.map(
    (keyspace: { name: string; sharded: boolean; shards: { name: string; primaryAlias: string }[] }) => [
      keyspace.name,
      keyspace.sharded,
      ...keyspace.shards.map((shard) => `${shard.name}=${shard.primaryAlias}`),
    ],
  );
  expect(names).toEqual([
    ['main', false, '0=local-1'],
    ['other', false, '0=local-2'],
    ['user', true, '-80=local-3', '80-=local-4'],
  ]);
  const page = (await router.admin('/')).body;
  for (const word of ['main', 'user', '80-', 'local-4', status.serverVersion]) expect(page).toContain(word);
});

test('a slow statement gets a line, a quick one does not', async () => {
  await value(client, "SELECT SLEEP(0.25), 'a literal'");
  const { connectionId } = client.greeting;
  const line = await router.logged('slow query', (each) => each.connectionId === connectionId);
  expect(line).toMatchObject({
    level: 'warn',
    shard: 'main/0',
    kind: 'select',
  });
  expect(line.tookMs).toBeGreaterThanOrEqual(200);
  expect(typeof line.digest).toBe('string');
  await value(client, 'SELECT 1');
  const told = router.log().filter(({ msg }) => msg === 'slow query');
  expect(told.filter(({ tookMs }) => Number(tookMs) < 200)).toEqual([]);
});

test('connections that break the protocol get a line each', async () => {
  const broken = await RawClient.connect(router.endpoint);
  broken.sendRaw(Buffer.from([1, 0, 0, 7, 0x0e]));
  while (await broken.receive());
  const line = await router.logged('client connection refused');
  expect(line).toMatchObject({ level: 'warn', connectionId: broken.greeting.connectionId });
  const wrong = RawClient.connect({ ...router.endpoint, password: 'x' });
  await expect(wrong).rejects.toThrow('1045');
  const denied = await router.logged("Access denied for user 'root'@'localhost' (using password: YES)");
  expect(denied).toMatchObject({ client: expect.stringContaining('127.0.0.1'), errno: 1045 });
});

test('changes of the topology get a line, and count at once', async () => {
  await withStore(stage.etcdAddress, (store) =>
    store.setPrimary({ keyspace: 'main', shard: '0', alias: 'local-5' }),
  );
  const line = await router.logged('primary changed', ({ primary }) => primary === 'local-5');
  expect(line).toMatchObject({ level: 'info', keyspace: 'main', shard: '0', previous: 'local-1' });
  expect(await value(client, 'SELECT @@port')).toBe(String(stage.second.port));
  await withStore(stage.etcdAddress, (store) =>
    store.setPrimary({ keyspace: 'main', shard: '0', alias: 'local-1' }),
  );
  await router.logged(
    'primary changed',
    ({ primary, previous }) => primary === 'local-1' && previous === 'local-5',
  );
  expect(await value(client, 'SELECT @@port')).toBe(String(stage.first.port));
});

test('no password and no error is in the log', () => {
  expect(router.log().filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});
