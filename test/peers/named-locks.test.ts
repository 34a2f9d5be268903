/** GET_LOCK and its family: they exclude each other over all sessions and routers, and a connection is kept no longer than a lock is held. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, playSame, refusal, value } from '../support/session-play.ts';

let stage: RouterStage;
let routers: readonly [RouterUnderTest, RouterUnderTest];

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE t (id BIGINT PRIMARY KEY, v INT)']);
  const flags = ['--pool-connections-max=3', '--pool-wait-ms-max=2000'];
  routers = await Promise.all([stage.startRouter(flags), stage.startRouter(flags)]);
});
afterAll(() => stage?.stop());

const clients: RawClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

async function connect(at: 0 | 1, database?: string): Promise<RawClient> {
  const client = await RawClient.connect(routers[at].endpoint, database === undefined ? {} : { database });
  clients.push(client);
  return client;
}

const pinned = async (at: 0 | 1 = 0): Promise<number> =>
  JSON.parse((await routers[at].admin('/status.json')).body).sessions.pinned;

test('answers are those of MySQL', async () => {
  await playSame(stage.baseline, routers[0].endpoint, [
    ['a', "SELECT GET_LOCK('one', 1), GET_LOCK('two', 1), IS_FREE_LOCK('one'), IS_FREE_LOCK('three')"],
    ['b', "SELECT GET_LOCK('one', 0), IS_FREE_LOCK('two'), RELEASE_LOCK('two'), RELEASE_LOCK('three')"],
    ['b', "SELECT IS_USED_LOCK('two') IS NULL, IS_USED_LOCK('three')"],
    ['a', "SELECT RELEASE_LOCK('one'), IS_USED_LOCK('two') = CONNECTION_ID()"],
    ['b', "DO GET_LOCK('one', 0)"],
    ['a', 'SELECT RELEASE_ALL_LOCKS(), RELEASE_ALL_LOCKS()'],
    ['a', "SELECT GET_LOCK('one', 0), GET_LOCK('two', 0)"],
    ['a', "SELECT GET_LOCK('', 0)"],
    ['a', 'SHOW WARNINGS'],
    ['a', "SELECT GET_LOCK(NULL, 0), RELEASE_LOCK('TWO')"],
    ['b', "SELECT GET_LOCK('two', 0), ROW_COUNT(), FOUND_ROWS()"],
  ]);
});

test.each([
  ['an unsharded keyspace', 'main', 'main'],
  ['a sharded keyspace', 'user', 'user'],
  ['one of its shards, on a replica', 'user', 'user:80-'],
  ['no keyspace', undefined, undefined],
])('%s: sessions of two routers exclude each other', async (_what, here, there) => {
  const [first, second] = [await connect(0, here), await connect(1, there)];
  expect(await value(first, "SELECT GET_LOCK('job', 0)")).toBe('1');
  expect(await value(second, "SELECT GET_LOCK('job', 0)")).toBe('0');
  const waiting = value(second, "SELECT GET_LOCK('job', 20)");
  expect(await value(first, "SELECT RELEASE_LOCK('job')")).toBe('1');
  expect(await waiting).toBe('1');
  second.destroy();
  await until(
    'the vanished client holds it no longer',
    async () => (await value(first, "SELECT IS_FREE_LOCK('job')")) === '1',
  );
});

test('the connection is kept while a lock is held, and no longer', async () => {
  const client = await connect(0, 'user');
  const after = async (sql: string) => {
    await value(client, sql);
    // What the router asks after a statement is over when it takes the next one.
    await value(client, 'SELECT 1');
    return pinned();
  };
  expect(await after("SELECT IS_FREE_LOCK('x')")).toBe(0);
  expect(await after("SELECT GET_LOCK('x', 0), GET_LOCK('it''s \\\\ \u00e9', 0)")).toBe(1);
  expect(await after("SELECT RELEASE_LOCK('x')")).toBe(1);
  expect(await after("DO RELEASE_LOCK('it''s \\\\ \u00e9')")).toBe(0);
  const other = await connect(1, 'user');
  await value(other, "SELECT GET_LOCK('taken', 0)");
  expect(await after("SELECT GET_LOCK('taken', 0)")).toBe(0);
  // Of names that are no literals nobody but RELEASE_ALL_LOCKS is sure.
  expect(await after("SELECT GET_LOCK(CONCAT('a', 'b'), 0)")).toBe(1);
  expect(await after("SELECT RELEASE_LOCK('ab')")).toBe(1);
  expect(await after('SELECT RELEASE_ALL_LOCKS()')).toBe(0);
});

test('as prepared statements, the same', async () => {
  const client = await connect(0, 'user');
  const take = await client.prepare("SELECT GET_LOCK('prepared', 0)");
  const release = await client.prepare("SELECT RELEASE_LOCK('prepared')");
  await client.execute(take.id);
  expect(await pinned()).toBe(1);
  expect(await value(await connect(1, 'user'), "SELECT GET_LOCK('prepared', 0)")).toBe('0');
  await client.execute(release.id);
  await value(client, 'SELECT 1');
  expect(await pinned()).toBe(0);
});

test('locks go along with transactions on other shards and with other state', async () => {
  const client = await connect(0, 'main');
  await value(client, 'BEGIN');
  await value(client, 'INSERT INTO t VALUES (1, 1)');
  await value(client, 'USE `user:80-`');
  await value(client, "SELECT GET_LOCK('beside', 0)");
  await value(client, 'INSERT INTO t VALUES (2, 1)');
  await value(client, 'ROLLBACK');
  expect(await value(client, "SELECT RELEASE_LOCK('beside')")).toBe('1');
  await value(client, 'SELECT 1');
  expect(await pinned()).toBe(0);
  for (const database of ['main', 'user:80-', 'user:-80'])
    expect(await value(await connect(1, database), 'SELECT COUNT(*) FROM t')).toBe('0');
});

test('a lost lock is told of, by its kind', async () => {
  const client = await connect(0, 'user');
  await value(client, "SELECT GET_LOCK('gone', 0)");
  const tablet = await RawClient.connect(stage.tablet);
  clients.push(tablet);
  const { rows } = await ask(tablet, "SELECT IS_USED_LOCK('gone')");
  await value(tablet, `KILL ${rows[0]![0]}`);
  await until('the router has noticed', async () => (await pinned()) === 0);
  expect(await refusal(client, 'SELECT 1')).toMatch(/^9205 .*namedLocks/);
  expect(await value(client, 'SELECT 1')).toBe('1');
});
