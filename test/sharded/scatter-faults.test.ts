/** Reads over several shards when something is wrong: an error, never rows that are not right. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { processFigures } from '../support/process-figures.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';
import { refusalOf, rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;

const ROWS = 40_000;

beforeAll(async () => {
  stage = await ShardedStage.set();
  await stage.onTablets([
    'CREATE TABLE fresh (id BIGINT PRIMARY KEY, a INT, b INT)',
    'CREATE TABLE wide (id BIGINT PRIMARY KEY, t VARCHAR(1000))',
  ]);
  for (const at of [0, 1] as const)
    await stage.onTablets(
      [
        `INSERT INTO fresh VALUES (${2 + at}, 1, 100), (${4 + at}, 2, 200)`,
        'SET SESSION cte_max_recursion_depth = 1000000',
        `INSERT INTO wide WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < ${ROWS}) SELECT n * 2 + ${at}, REPEAT('x', 900) FROM r`,
      ],
      [at],
    );
  await withStore(stage.servers.etcdAddress, async (store) => {
    const record = (await store.read()).keyspaces.get('user')!.vschema as { tables: object };
    const wide = { column_vindexes: [{ column: 'id', name: 'bits' }] };
    await store.putVschema({ keyspace: 'user', vschema: { ...record, tables: { ...record.tables, wide } } });
  });
  router = await stage.startRouter('--pool-connections-max=2', '--pool-wait-ms-max=3000');
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  client = await stage.client(router);
});
afterEach(() => stage.closeClients());

describe('a shard is cut off within its result', () => {
  test.each([
    ['SELECT id, t FROM wide', 0],
    ['SELECT id, t FROM wide', 1],
    ['SELECT id, t FROM wide ORDER BY id', 0],
    ['SELECT id, t FROM wide ORDER BY id', 1],
  ] as const)('%s (%i)', async (sql, at) => {
    client.pause();
    client.send(command.query, sql);
    await new Promise((resolve) => setTimeout(resolve, 200));
    stage.proxies[at].cutAll();
    client.resume();
    const answer = await client.readAnswer(command.query);
    const [result] = readResults(answer);
    expect(result!.error!.errno).toBe(9203);
    expect(result!.rows.length).toBeLessThan(2 * ROWS);
    expect(await value(client, 'SELECT COUNT(*) FROM wide')).toBe(String(2 * ROWS));
    await stage.expectHealthy(client);
  });
});

test('a read of which nothing was sent yet is sent again', async () => {
  await run(client, 'INSERT INTO item (id) VALUES (2), (3), (4), (5)');
  const guards = await Promise.all([stage.tabletClient(0), stage.tabletClient(1)]);
  for (const guard of guards) await run(guard, 'LOCK TABLES item WRITE');
  client.send(command.query, 'SELECT COUNT(*) FROM item');
  await new Promise((resolve) => setTimeout(resolve, 200));
  stage.proxies[1].cutAll();
  for (const guard of guards) await run(guard, 'UNLOCK TABLES');
  const [result] = readResults(await client.readAnswer(command.query));
  expect(result!.error).toBeUndefined();
  expect(result!.rows).toEqual([['4']]);
  await stage.expectHealthy(client);
});

describe('a slow client', () => {
  test.each([['SELECT id, t FROM wide ORDER BY id'], ['SELECT id, t FROM wide']])(
    '%s holds nothing but its budget',
    async (sql) => {
      const before = (await processFigures(router.child.pid!))!.rssBytes;
      client.pause();
      client.send(command.query, sql);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const { rssBytes } = (await processFigures(router.child.pid!))!;
      // The result is 70 MB.
      expect(rssBytes - before).toBeLessThan(40 * 1024 * 1024);
      client.resume();
      const [result] = readResults(await client.readAnswer(command.query));
      expect(result!.error).toBeUndefined();
      expect(result!.rows.length).toBe(2 * ROWS);
      if (sql.includes('ORDER')) expect(result!.rows.every(([id], at) => Number(id) === at + 2)).toBe(true);
    },
  );

  test.each([['KILL'], ['leaves']])('%s frees both shards', async (how) => {
    const id = await value(client, 'SELECT CONNECTION_ID()');
    client.pause();
    client.send(command.query, 'SELECT id, t FROM wide ORDER BY id');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const next = await stage.client(router);
    if (how === 'KILL') await run(next, `KILL ${id}`);
    else client.reset();
    await until('nobody reads', async () => {
      const counts = await stage.perShard(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE INFO LIKE '%FROM wide ORDER%' AND ID <> CONNECTION_ID()",
      );
      return counts.every((count) => count === '0');
    });
    const sessions = await Promise.all([0, 1].map(() => stage.client(router)));
    const counts = await Promise.all(sessions.map((session) => value(session, 'SELECT COUNT(*) FROM wide')));
    expect(counts).toEqual([String(2 * ROWS), String(2 * ROWS)]);
    await stage.expectHealthy(next);
  });

  test('KILL QUERY ends a result within its rows', async () => {
    const id = await value(client, 'SELECT CONNECTION_ID()');
    client.pause();
    client.send(command.query, 'SELECT id, t FROM wide ORDER BY id');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const next = await stage.client(router);
    await run(next, `KILL QUERY ${id}`);
    client.resume();
    const [result] = readResults(await client.readAnswer(command.query));
    expect(result!.error!.errno).toBe(1317);
    expect(await value(client, 'SELECT COUNT(*) FROM wide')).toBe(String(2 * ROWS));
  });
});

describe('tables that differ', () => {
  const statements = [
    'SELECT * FROM fresh',
    'SELECT * FROM fresh ORDER BY id',
    'SELECT b FROM fresh WHERE id > 0',
  ];
  const right = [
    ['2|1|100', '3|1|100', '4|2|200', '5|2|200'],
    ['2|1|100', '3|1|100', '4|2|200', '5|2|200'],
    ['100', '100', '200', '200'],
  ];

  test.each([
    ['a column more', 'ALTER TABLE fresh ADD COLUMN c INT FIRST', 'ALTER TABLE fresh DROP COLUMN c'],
    [
      'columns in another order',
      'ALTER TABLE fresh MODIFY COLUMN b INT AFTER id',
      'ALTER TABLE fresh MODIFY COLUMN b INT AFTER a',
    ],
    [
      'a column of another name',
      'ALTER TABLE fresh RENAME COLUMN b TO z',
      'ALTER TABLE fresh RENAME COLUMN z TO b',
    ],
    [
      'names exchanged',
      'ALTER TABLE fresh RENAME COLUMN a TO b, RENAME COLUMN b TO a',
      'ALTER TABLE fresh RENAME COLUMN a TO b, RENAME COLUMN b TO a',
    ],
    [
      'another type',
      'ALTER TABLE fresh MODIFY COLUMN b VARCHAR(20)',
      'ALTER TABLE fresh MODIFY COLUMN b INT',
    ],
  ])('on one shard: %s', async (what, change, back) => {
    for (const sql of statements) await rows(client, sql);
    await stage.onTablets([change], [1]);
    const until = Date.now() + 1500;
    while (Date.now() < until) {
      for (const [at, sql] of statements.entries()) {
        const { rows: found, error } = await ask(client, sql);
        // The values of this column went with it.
        const same = found.map((row) => row.join('|')).sort();
        if (error === undefined && !(what === 'names exchanged' && at === 2))
          expect(same).toEqual([...right[at]!].sort());
        else if (error !== undefined) expect([9110, 9116, 9122, 1054]).toContain(error.errno);
      }
    }
    expect(await refusalOf(client, 'SELECT * FROM fresh')).toMatch(/^91\d\d .*user\/80-|^91\d\d .*-80/);
    await stage.onTablets([back], [1]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (const [at, sql] of statements.entries())
      expect((await rows(client, sql)).sort()).toEqual([...right[at]!].sort());
  });
});

test('key range that no shard has', async () => {
  const own = await stage.startRouter();
  const session = await stage.client(own);
  await withStore(stage.servers.etcdAddress, (store) =>
    store.removeShard({ keyspace: 'user', shard: '80-' }, { force: true }),
  );
  await until(
    'the router has noticed',
    async () => (await refusalOf(session, 'SELECT id FROM fresh')) !== undefined,
  );
  expect(await refusalOf(session, 'SELECT id FROM fresh')).toMatch(/key range/i);
  expect(await refusalOf(session, 'UPDATE item SET n = 1')).toMatch(/key range/i);
  expect(await refusalOf(session, 'INSERT INTO item (id) VALUES (1)')).toMatch(/80-|key range|keyspace id/i);
  await own.stop();
});
