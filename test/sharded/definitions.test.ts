/** DDL of a sharded keyspace: on all shards, known at once, and told where it is not. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { playSame, type Turn, value } from '../support/session-play.ts';
import { refusalOf, rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;
let other: RawClient;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.onTablets(['DROP TABLE IF EXISTS fresh', 'DROP VIEW IF EXISTS seen']);
  await stage.clear();
  client = await stage.client(router);
  other = await stage.client(router);
  await run(
    client,
    'CREATE TABLE fresh (id BIGINT PRIMARY KEY, v INT)',
    'INSERT INTO fresh VALUES (2, 1), (3, 1)',
  );
});
afterEach(() => stage.closeClients());

const onShards = () =>
  stage.perShard(
    "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'user' AND table_name = 'fresh'",
  );

test('CREATE and DROP on all shards', async () => {
  expect(await onShards()).toEqual(['1', '1']);
  expect(await rows(other, 'SELECT * FROM fresh ORDER BY id')).toEqual(['2|1', '3|1']);
  await run(client, 'DROP TABLE fresh');
  expect(await onShards()).toEqual(['0', '0']);
  expect(await refusalOf(client, 'SELECT * FROM fresh')).toMatch(/^1146/);
  expect(await refusalOf(other, 'SELECT * FROM fresh')).toMatch(/^1146/);
});

test('the next query sees new columns, in this session and in another', async () => {
  await run(client, 'SELECT * FROM fresh ORDER BY id');
  await run(other, 'SELECT * FROM fresh ORDER BY id');
  await run(client, 'ALTER TABLE fresh ADD COLUMN w INT DEFAULT 7 FIRST');
  expect(await rows(client, 'SELECT * FROM fresh ORDER BY id')).toEqual(['7|2|1', '7|3|1']);
  expect(await rows(other, 'SELECT * FROM fresh ORDER BY id')).toEqual(['7|2|1', '7|3|1']);
  await run(client, 'ALTER TABLE fresh DROP COLUMN v, RENAME COLUMN w TO x');
  await run(client, 'INSERT INTO fresh VALUES (1, 4), (1, 5)');
  expect(await rows(other, 'SELECT * FROM fresh WHERE x > 0 ORDER BY id')).toEqual([
    '7|2',
    '7|3',
    '1|4',
    '1|5',
  ]);
});

test('the next query over both keyspaces sees what was changed in the unsharded one', async () => {
  const both = 'SELECT f.id, b.* FROM fresh f JOIN main.beside b ON b.id = f.id ORDER BY f.id';
  await run(client, 'CREATE TABLE main.beside (id BIGINT)', 'INSERT INTO main.beside VALUES (2), (3)');
  try {
    expect(await rows(client, both)).toEqual(['2|2', '3|3']);
    await run(client, 'ALTER TABLE main.beside ADD COLUMN w INT DEFAULT 7');
    await run(client, 'ALTER TABLE fresh DROP COLUMN v');
    expect(await rows(client, both)).toEqual(['2|2|7', '3|3|7']);
  } finally {
    await run(client, 'DROP TABLE main.beside');
  }
});

test('RENAME, TRUNCATE, indexes', async () => {
  await run(client, 'CREATE INDEX by_v ON fresh (v)');
  expect(
    await stage.perShard("SELECT COUNT(*) FROM information_schema.statistics WHERE index_name = 'by_v'"),
  ).toEqual(['1', '1']);
  await run(client, 'DROP INDEX by_v ON fresh', 'RENAME TABLE fresh TO fresh2');
  expect(await onShards()).toEqual(['0', '0']);
  await run(client, 'ALTER TABLE fresh2 RENAME TO fresh');
  expect(await rows(client, 'SELECT COUNT(*) FROM fresh')).toEqual(['2']);
  await run(client, 'TRUNCATE TABLE fresh');
  expect(await rows(other, 'SELECT COUNT(*) FROM fresh')).toEqual(['0']);
});

test('views', async () => {
  await run(client, 'CREATE VIEW seen AS SELECT id, v FROM fresh');
  expect(await stage.perShard('SELECT COUNT(*) FROM seen')).toEqual(['1', '1']);
  await run(client, 'DROP VIEW seen');
});

test('answers are those of one MySQL', async () => {
  const turns = [
    'CREATE TABLE IF NOT EXISTS item (id BIGINT PRIMARY KEY)',
    'SHOW WARNINGS',
    'SELECT ROW_COUNT()',
    'DROP TABLE IF EXISTS missing_table',
    'SHOW WARNINGS',
    'CREATE TABLE item (id INT)',
    'SHOW WARNINGS',
    'ALTER TABLE item ADD COLUMN n INT',
    'ALTER TABLE item DROP COLUMN missing_column',
  ].map((sql): Turn => ['a', sql]);
  await playSame(stage.reference, router.endpoint, turns, { database: 'user' });
});

test('one shard refuses: the error names the shards', async () => {
  await stage.onTablets(['ALTER TABLE fresh ADD COLUMN extra INT'], [1]);
  expect(await refusalOf(client, 'ALTER TABLE fresh ADD COLUMN extra INT')).toMatch(
    /done on user\/-80; failed on user\/80- \(.*Duplicate column name 'extra'/,
  );
  await stage.expectNoTransactions();
  expect(await rows(client, 'SELECT id, v FROM fresh ORDER BY id')).toEqual(['2|1', '3|1']);
});

test('the first shard refuses: nothing has changed', async () => {
  await stage.onTablets(['ALTER TABLE fresh ADD COLUMN extra INT'], [0]);
  expect(await refusalOf(client, 'ALTER TABLE fresh ADD COLUMN extra INT')).toBe(
    "1060 (42S21) Duplicate column name 'extra'",
  );
  expect(
    await stage.perShard(
      "SELECT COUNT(*) FROM information_schema.columns WHERE table_name = 'fresh' AND column_name = 'extra'",
    ),
  ).toEqual(['1', '0']);
});

test('a tablet is lost within it', async () => {
  const guard = await stage.tabletClient(1);
  await run(guard, 'BEGIN', 'SELECT * FROM fresh');
  client.send(command.query, 'ALTER TABLE fresh ADD COLUMN extra INT');
  await new Promise((resolve) => setTimeout(resolve, 300));
  stage.proxies[1].cutAll();
  expect(readResults(await client.readAnswer(command.query))[0]!.error!.message).toMatch(
    /done on user\/-80; failed on user\/80-/,
  );
  await run(guard, 'ROLLBACK');
  await stage.expectHealthy(client);
});

test('KILL QUERY ends it', async () => {
  const guard = await stage.tabletClient(0);
  await run(guard, 'BEGIN', 'SELECT * FROM fresh');
  const id = await value(client, 'SELECT CONNECTION_ID()');
  client.send(command.query, 'ALTER TABLE fresh ADD COLUMN extra INT');
  await new Promise((resolve) => setTimeout(resolve, 300));
  await run(other, `KILL QUERY ${id}`);
  expect(readResults(await client.readAnswer(command.query))[0]!.error!.errno).toBe(1317);
  await run(guard, 'ROLLBACK');
  await run(client, 'ALTER TABLE fresh ADD COLUMN extra INT');
  expect(await rows(client, 'SELECT * FROM fresh ORDER BY id')).toEqual(['2|1|', '3|1|']);
});

test('it commits the transaction', async () => {
  await run(
    client,
    'BEGIN',
    'INSERT INTO item (id) VALUES (2), (3)',
    'ALTER TABLE fresh ADD COLUMN extra INT',
    'ROLLBACK',
  );
  expect(await stage.perShard('SELECT COUNT(*) FROM item')).toEqual(['1', '1']);
});

test.each([
  ['CREATE TEMPORARY TABLE fresh3 (id INT)', /temporary tables/],
  ['CREATE TABLE fresh3 SELECT * FROM fresh', /CREATE TABLE … SELECT/],
  ['CREATE TABLE fresh3 (id BIGINT PRIMARY KEY) AS SELECT id FROM fresh', /CREATE TABLE … SELECT/],
  ['CREATE TABLE fresh3 TABLE fresh', /CREATE TABLE … SELECT/],
  ['CREATE TABLE fresh3 AS VALUES ROW(1)', /CREATE TABLE … SELECT/],
])('%s is refused by name', async (sql, message) => {
  expect(await refusalOf(client, sql)).toMatch(message);
  expect(
    await stage.perShard("SELECT COUNT(*) FROM information_schema.tables WHERE table_name = 'fresh3'"),
  ).toEqual(['0', '0']);
});
