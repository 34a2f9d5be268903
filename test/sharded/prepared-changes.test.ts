/** What changes under a prepared statement is not seen in it, but for what MySQL would show of it too. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { readResults } from '../support/decode.ts';
import { runStatements } from '../support/mysqld.ts';
import { long, type Parameter } from '../support/parameters.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type RouterUnderTest, until } from '../support/router-stage.ts';
import { withStore } from '../support/topology-edit.ts';
import { run, ShardedStage, vschemas } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;

/** One shard by its key, all shards, all shards with groups, and an unsharded table. */
const queries = [
  'SELECT * FROM item WHERE id = ?',
  'SELECT * FROM item WHERE n < ? ORDER BY id',
  'SELECT n, COUNT(*) AS rows_of FROM item WHERE id < ? GROUP BY n ORDER BY n',
  'SELECT * FROM main.plain WHERE id = ?',
];

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter('--pool-connections-max=3');
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router);
  await run(client, 'INSERT INTO item (id, n, s) VALUES (2, 1, "a"), (3, 1, "b")');
  await run(client, 'REPLACE INTO main.plain VALUES (2, 7)');
});
afterEach(() => stage.closeClients());

async function prepareAll(): Promise<number[]> {
  const ids: number[] = [];
  for (const sql of queries) ids.push((await client.prepare(sql)).id);
  return ids;
}

async function execute(id: number, ...values: Parameter[]) {
  const [result] = readResults(await client.execute(id, values));
  return result!;
}

const rowsOf = async (id: number, value = 2) => {
  const { rows, error } = await execute(id, long(value));
  return error === undefined ? rows.map((row) => row.join('|')) : `${error.errno} ${error.message}`;
};

const titlesOf = async (id: number) => {
  const { columns, error } = await execute(id, long(2));
  return error === undefined ? columns.map(({ name }) => name).join(' ') : `${error.errno} ${error.message}`;
};

const expected = [['2|1|a|'], ['2|1|a|', '3|1|b|'], ['1|1'], ['2|7']];

test('ALTER TABLE: the columns are those of now, as with one MySQL', async () => {
  const ids = await prepareAll();
  for (const [at, id] of ids.entries()) expect(await rowsOf(id)).toEqual(at === 2 ? [] : expected[at]);
  const [single, several, , plain] = ids as [number, number, number, number];
  await run(
    client,
    'ALTER TABLE item ADD COLUMN more INT DEFAULT 5',
    'ALTER TABLE main.plain ADD COLUMN more INT',
  );
  expect(await titlesOf(single)).toBe('id n s tiny more');
  expect(await titlesOf(several)).toBe('id n s tiny more');
  expect(await titlesOf(plain)).toBe('id v more');
  await run(client, 'ALTER TABLE item DROP COLUMN more', 'ALTER TABLE main.plain DROP COLUMN more');
  for (const [at, id] of ids.entries()) expect(await rowsOf(id)).toEqual(at === 2 ? [] : expected[at]);
});

test('a change behind the router: at once on one shard, on several when it is known', async () => {
  const [single, several] = (await prepareAll()) as [number, number];
  await rowsOf(single);
  await rowsOf(several);
  await stage.onTablets(['ALTER TABLE item ADD COLUMN more INT DEFAULT 5']);
  try {
    expect(await titlesOf(single)).toBe('id n s tiny more');
    await until('the new column is known', async () => (await titlesOf(several)) === 'id n s tiny more');
  } finally {
    await stage.onTablets(['ALTER TABLE item DROP COLUMN more']);
  }
  await until('it is gone', async () => (await titlesOf(several)) === 'id n s tiny');
});

test('a restart of mysqld', async () => {
  const ids = await prepareAll();
  for (const id of ids) await rowsOf(id, 9);
  const insert = await client.prepare('INSERT INTO item (id, n) VALUES (?, ?)');
  await execute(insert.id, long(4), long(1));
  await stage.servers.killFirst();
  await stage.servers.restartFirst();
  for (const [at, id] of ids.entries())
    expect(await rowsOf(id)).toEqual(at === 1 ? [...expected[1]!, '4|1||'] : at === 2 ? [] : expected[at]);
  expect((await execute(insert.id, long(6), long(1))).ok!.affectedRows).toBe(1);
});

test('another primary', async () => {
  const plain = (await prepareAll())[3]!;
  expect(await rowsOf(plain)).toEqual(['2|7']);
  await runStatements(
    stage.tablets[1],
    ['CREATE TABLE IF NOT EXISTS plain (id INT PRIMARY KEY, v INT)', 'REPLACE INTO plain VALUES (2, 8)'],
    'main',
  );
  const setPrimary = (alias: string) =>
    withStore(stage.servers.etcdAddress, (store) =>
      store.setPrimary({ keyspace: 'main', shard: '0', alias }),
    );
  await setPrimary('local-5');
  await until('the other primary answers', async () => String(await rowsOf(plain)) === '2|8');
  await setPrimary('local-1');
  await until('the first answers again', async () => String(await rowsOf(plain)) === '2|7');
});

test('another VSchema', async () => {
  const [single, several] = (await prepareAll()) as [number, number];
  expect(await rowsOf(single, 3)).toEqual(['3|1|b|']);
  const put = (type: string) =>
    withStore(stage.servers.etcdAddress, (store) =>
      store.putVschema({
        keyspace: 'user',
        vschema: { ...vschemas.user, vindexes: { bits: { type } } },
      }),
    );
  // By the number itself, which is below 80 in its first byte, all rows would be on the first shard.
  await put('numeric');
  await until('the new vindex decides', async () => String(await rowsOf(single, 3)) === '');
  expect(await rowsOf(several)).toEqual(expected[1]);
  await put('reverse_bits');
  await until('the old one does again', async () => String(await rowsOf(single, 3)) === '3|1|b|');
});

test('definitions, prepared', async () => {
  const create = await client.prepare('CREATE TABLE fresh (id BIGINT PRIMARY KEY, v INT)');
  const drop = await client.prepare('DROP TABLE fresh');
  for (let turn = 0; turn < 2; turn++) {
    expect((await execute(create.id)).ok).toBeDefined();
    expect((await execute(create.id)).error!.errno).toBe(1050);
    expect(
      await stage.perShard("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'fresh'"),
    ).toEqual(['1', '1']);
    expect((await execute(drop.id)).ok).toBeDefined();
    expect((await execute(drop.id)).error!.errno).toBe(1051);
  }
});

test('vindex queries, prepared', async () => {
  const text = 'SELECT id AS `the id`, hex_keyspace_id, shard, range_start FROM bits WHERE id';
  const { id, answer } = await client.prepare(`${text} IN (?, 2, ?)`);
  expect(answer.packets[0]!.payload.subarray(5, 9)).toEqual(Buffer.from([4, 0, 2, 0]));
  const asText = readResults(await client.query(`${text} IN (1, 2, 3)`))[0]!;
  const asBinary = await execute(id, long(1), long(3));
  expect(asBinary.rows).toEqual(asText.rows);
  expect(asBinary.columns).toEqual(asText.columns);
});
