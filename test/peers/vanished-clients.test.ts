/** A client that is gone (RST, FIN, or a half-closed socket) leaves nothing on any tablet: no statement, no transaction, no lock. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, refusal, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';

let stage: RouterStage;
let router: RouterUnderTest;
let tablets: readonly RawClient[];
let other: RawClient;

const vschema = {
  sharded: true,
  vindexes: { hash: { type: 'hash' } },
  tables: { t: { column_vindexes: [{ column: 'id', name: 'hash' }] } },
};

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE t (id BIGINT PRIMARY KEY, v INT NOT NULL DEFAULT 0)']);
  await withStore(stage.etcdAddress, (store) => store.putVschema({ keyspace: 'user', vschema }));
  router = await stage.startRouter(['--pool-wait-ms-max=60000']);
  tablets = await Promise.all([stage.tablet, stage.baseline].map((endpoint) => RawClient.connect(endpoint)));
  other = await connect();
  await until('the table is known', async () => (await refusal(other, 'SELECT id FROM t')) === undefined);
  const ids = Array.from({ length: 20 }, (_, at) => `(${at + 1})`);
  await value(other, `INSERT INTO t (id) VALUES ${ids.join(', ')}`);
});
afterAll(async () => {
  for (const client of [other, ...(tablets ?? [])]) client?.destroy();
  await stage?.stop();
});

const connect = () => RawClient.connect(router.endpoint, { database: 'user' });

/** On how many tablets a statement with the word runs. */
async function running(word: string): Promise<number> {
  const lists = await Promise.all(tablets.map((tablet) => ask(tablet, 'SHOW FULL PROCESSLIST')));
  return lists.filter(({ rows }) => rows.some((row) => row[7]?.includes(word) && !row[7].includes('KILL')))
    .length;
}

const noLocks = () =>
  until('all rows are free', async () => {
    const locked = await ask(other, 'SELECT id FROM t FOR UPDATE NOWAIT');
    return locked.error === undefined && locked.rows.length === 20;
  });

test.each(['reset', 'destroy'] as const)('%s during a read over two shards', async (how) => {
  const client = await connect();
  client.send(command.query, `SELECT id, SLEEP(60), 'read by ${how}' FROM t`);
  await until('it runs on both', async () => (await running(`read by ${how}`)) === 2);
  client[how]();
  await until('it runs nowhere', async () => (await running(`read by ${how}`)) === 0);
});

test.each(['reset', 'destroy'] as const)('%s during a write over two shards', async (how) => {
  const client = await connect();
  client.send(command.query, `UPDATE t SET v = 1 + SLEEP(60) WHERE '${how}-write' <> ''`);
  // UPDATE goes from shard to shard.
  await until('it runs', async () => (await running(`${how}-write`)) > 0);
  client[how]();
  await until('it runs nowhere', async () => (await running(`${how}-write`)) === 0);
  await noLocks();
  expect(await value(other, 'SELECT SUM(v) FROM t')).toBe('0');
});

test('in a transaction over two shards, idle', async () => {
  const client = await connect();
  await value(client, 'BEGIN');
  await value(client, 'UPDATE t SET v = 5');
  client.reset();
  await noLocks();
  expect(await value(other, 'SELECT SUM(v) FROM t')).toBe('0');
});

test('while it waits for a row, and for a named lock', async () => {
  await value(other, 'BEGIN');
  await value(other, 'SELECT id FROM t WHERE id = 7 FOR UPDATE');
  await value(other, "SELECT GET_LOCK('wanted', 0)");
  const [row, lock] = [await connect(), await connect()];
  row.send(command.query, "UPDATE t SET v = 9 WHERE id = 7 AND 'waits for a row' <> ''");
  lock.send(command.query, "SELECT GET_LOCK('wanted', 60)");
  await until(
    'both wait',
    async () => (await running('waits for a row')) + (await running("'wanted', 60")) === 2,
  );
  row.reset();
  lock.reset();
  await until(
    'nobody waits',
    async () => (await running('waits for a row')) + (await running("'wanted', 60")) === 0,
  );
  await value(other, 'COMMIT');
  await value(other, 'SELECT RELEASE_ALL_LOCKS()');
  expect(await value(other, 'SELECT v FROM t WHERE id = 7')).toBe('0');
  expect(await value(other, "SELECT IS_FREE_LOCK('wanted')")).toBe('1');
});

test('nothing is left behind', async () => {
  await until('one session is left', async () => {
    const { sessions } = JSON.parse((await router.admin('/status.json')).body);
    return sessions.open === 1 && sessions.pinned === 0;
  });
  const { rows } = await ask(other, 'SHOW HEADGATE POOLS WHERE Busy > 0');
  expect(rows).toEqual([]);
  expect(router.log().filter(({ level }) => level === 'error')).toEqual([]);
});
