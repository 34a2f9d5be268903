/** Values of sequences: which rows get one, and that no two rows get the same. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { rootAt, runStatements } from '../support/mysqld.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { ask, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';
import { refusalOf, rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let other: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await ShardedStage.set();
  [router, other] = await Promise.all([
    stage.startRouter('--pool-connections-max=4'),
    stage.startRouter('--pool-connections-max=4'),
  ]);
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router);
});
afterEach(() => stage.closeClients());

const ids = () => rows(client, 'SELECT id, n FROM note ORDER BY n');

describe('a value is generated', () => {
  test.each([
    ['for an omitted column', 'INSERT INTO note (n) VALUES (1), (2), (3)'],
    ['for NULL', 'INSERT INTO note (id, n) VALUES (NULL, 1), (NULL, 2), (NULL, 3)'],
    ['for 0', "INSERT INTO note (id, n) VALUES (0, 1), ('0', 2), (0, 3)"],
    ['for DEFAULT', 'INSERT INTO note (n, id) VALUES (1, DEFAULT), (2, DEFAULT), (3, DEFAULT)'],
  ])('%s', async (_, sql) => {
    const { ok, error } = await ask(client, sql);
    expect(error).toBeUndefined();
    const found = (await ids()).map((row) => Number(row.split('|')[0]));
    expect(found).toEqual([found[0], found[0]! + 1, found[0]! + 2]);
    expect(Number(ok!.insertId)).toBe(found[0]);
    expect(ok!.affectedRows).toBe(3);
    expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe(String(found[0]));
    expect((await stage.perShard('SELECT COUNT(*) FROM note')).map(Number).sort()).toEqual([1, 2]);
  });

  test('for SET', async () => {
    const { ok } = await ask(client, "INSERT INTO note SET n = 4, s = 'set'");
    expect(await ids()).toEqual([`${ok!.insertId}|4`]);
    const zero = await ask(client, 'INSERT INTO note SET id = 0, n = 5');
    expect(await ids()).toEqual([`${ok!.insertId}|4`, `${zero.ok!.insertId}|5`]);
  });

  test('in a prepared statement', async () => {
    const { id } = await client.prepare('INSERT INTO note (n) VALUES (1), (2)');
    await client.execute(id);
    await client.execute(id);
    expect(new Set((await ids()).map((row) => row.split('|')[0])).size).toBe(4);
  });
});

test('explicit values pass', async () => {
  const { ok } = await ask(client, 'INSERT INTO note (id, n) VALUES (5000, 1), (5001, 2)');
  expect(ok!.insertId).toBe(5001);
  expect(await ids()).toEqual(['5000|1', '5001|2']);
  expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe('0');
});

test('given and generated values in one statement', async () => {
  const { ok } = await ask(client, 'INSERT INTO note (id, n) VALUES (6000, 1), (NULL, 2), (6001, 3), (0, 4)');
  const [, second, , fourth] = (await ids()).map((row) => Number(row.split('|')[0]));
  expect(Number(ok!.insertId)).toBe(second);
  expect(fourth).toBe(second! + 1);
  expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe(String(second));
});

test('NO_AUTO_VALUE_ON_ZERO', async () => {
  await run(client, "SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')");
  await run(client, 'INSERT INTO note (id, n) VALUES (0, 1)', 'INSERT INTO note (id, n) VALUES (NULL, 2)');
  expect((await ids())[0]).toBe('0|1');
  expect((await ids())[1]).not.toBe('0|2');
  expect(await refusalOf(client, 'INSERT INTO note (id, n) VALUES (0, 3)')).toMatch(/^1062/);
});

test('LAST_INSERT_ID() in the next INSERT', async () => {
  const { ok } = await ask(client, 'INSERT INTO note (n) VALUES (1), (2)');
  await run(
    client,
    'INSERT INTO moment (n) VALUES (LAST_INSERT_ID()), (LAST_INSERT_ID()), (LAST_INSERT_ID())',
  );
  expect(new Set(await rows(client, 'SELECT n FROM moment'))).toEqual(new Set([String(ok!.insertId)]));
  const single = await ask(client, 'INSERT INTO note (n) VALUES (3)');
  await run(client, 'DELETE FROM moment', 'INSERT INTO moment (n) VALUES (LAST_INSERT_ID())');
  expect(await rows(client, 'SELECT n FROM moment')).toEqual([String(single.ok!.insertId)]);
  // The insert into `moment` has generated a value as well.
  await run(client, 'UPDATE moment SET n = LAST_INSERT_ID()');
  expect(await value(client, 'SELECT COUNT(*) FROM moment WHERE n = id')).toBe('1');
});

test('LAST_INSERT_ID() of a sequence, an AUTO_INCREMENT column and a given value in turn', async () => {
  await run(client, 'INSERT INTO note (n) VALUES (1)');
  const sequence = await value(client, 'SELECT LAST_INSERT_ID()');
  await run(client, 'INSERT INTO main.auto (v) VALUES (1)');
  const auto = await value(client, 'SELECT MAX(id) FROM main.auto');
  expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe(auto);
  await run(client, 'INSERT INTO note (n) VALUES (2)');
  const second = await value(client, 'SELECT LAST_INSERT_ID()');
  expect(Number(second)).toBeGreaterThan(Number(sequence));
  await run(client, `INSERT INTO main.auto (id, v) VALUES (${Number(auto) + 100}, 1)`);
  expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe(second);
  await run(client, 'INSERT INTO item (id) VALUES (2), (3)');
  expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe(second);
});

test('a value that an INSERT could not use is not used again', async () => {
  await run(client, 'INSERT INTO note (n) VALUES (1)');
  const first = Number(await value(client, 'SELECT MAX(id) FROM note'));
  expect(await refusalOf(client, 'INSERT INTO note (n) VALUES (2), (5000), (3)')).toMatch(/^3819/);
  await run(client, 'INSERT INTO note (n) VALUES (4)');
  expect(Number(await value(client, 'SELECT MAX(id) FROM note'))).toBeGreaterThan(first + 1);
  expect(await value(client, 'SELECT COUNT(*) FROM note')).toBe('2');
});

test('20 sessions on two routers never get the same value', async () => {
  const sessions = await Promise.all(
    Array.from({ length: 20 }, (_, at) => stage.client(at % 2 === 0 ? router : other)),
  );
  const own = await Promise.all(
    sessions.map(async (session, at) => {
      const got: number[] = [];
      for (let turn = 0; turn < 10; turn++) {
        const count = 1 + ((at + turn) % 4);
        const values = Array.from({ length: count }, () => `(${at})`).join(', ');
        const { ok, error } = await ask(session, `INSERT INTO note (n) VALUES ${values}`);
        expect(error).toBeUndefined();
        expect(await value(session, 'SELECT LAST_INSERT_ID()')).toBe(String(ok!.insertId));
        for (let more = 0; more < count; more++) got.push(Number(ok!.insertId) + more);
      }
      return got;
    }),
  );
  const given = own.flat();
  expect(new Set(given).size).toBe(given.length);
  const stored = (await rows(client, 'SELECT id FROM note ORDER BY id')).map(Number);
  expect(stored).toEqual(given.sort((a, b) => a - b));
});

test('a sequence without its row', async () => {
  const main = rootAt(stage.servers.first.port);
  const fresh = await stage.startRouter('--pool-connections-max=2');
  const session = await stage.client(fresh);
  await runStatements(
    main,
    ['RENAME TABLE moment_seq TO kept_seq', 'CREATE TABLE moment_seq LIKE kept_seq'],
    'main',
  );
  expect(await refusalOf(session, 'INSERT INTO moment (n) VALUES (1)')).toMatch(
    /^\d+ \(HY000\) .*main\.moment_seq has no row with id 0/,
  );
  await runStatements(main, ['DROP TABLE moment_seq', 'RENAME TABLE kept_seq TO moment_seq'], 'main');
  await run(session, 'INSERT INTO moment (n) VALUES (1)');
  await fresh.stop();
});

test('the sequence’s primary moves', async () => {
  const { first, second, etcdAddress } = stage.servers;
  await run(client, 'INSERT INTO note (n) VALUES (1)');
  // What replication would have brought.
  const admin = await stage.client({ endpoint: rootAt(first.port) }, { database: 'main' });
  const next = await value(admin, 'SELECT next_id FROM note_seq WHERE id = 0');
  await runStatements(
    rootAt(second.port),
    [
      'CREATE TABLE note_seq (id BIGINT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT)',
      `INSERT INTO note_seq VALUES (0, ${next}, 10)`,
    ],
    'main',
  );
  await withStore(etcdAddress, (store) =>
    store.setPrimary({ keyspace: 'main', shard: '0', alias: 'local-5' }),
  );
  const used = new Set<string>();
  for (let turn = 0; turn < 30; turn++) {
    const { ok, error } = await ask(client, 'INSERT INTO note (n) VALUES (2)');
    expect(error).toBeUndefined();
    used.add(String(ok!.insertId));
  }
  expect(used.size).toBe(30);
  await withStore(etcdAddress, (store) =>
    store.setPrimary({ keyspace: 'main', shard: '0', alias: 'local-1' }),
  );
});

test('nothing of it stays after COM_RESET_CONNECTION', async () => {
  await run(client, 'INSERT INTO note (n) VALUES (1)');
  await client.command(command.resetConnection);
  expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe('0');
});
