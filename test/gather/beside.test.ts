/** Queries over shards with what is beside tables: stored functions of the shards, files on a tablet. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type KeyspaceStage, setKeyspaces } from '../support/keyspace-stage.ts';
import { runStatements } from '../support/mysqld.ts';
import { RawClient } from '../support/raw-client.ts';
import { ask, refusal } from '../support/session-play.ts';

const functions = [
  'CREATE FUNCTION twice(n BIGINT) RETURNS BIGINT DETERMINISTIC RETURN n * 2',
  'CREATE FUNCTION four(n BIGINT) RETURNS BIGINT NO SQL BEGIN DECLARE m BIGINT DEFAULT twice(n); RETURN twice(m); END',
  'CREATE FUNCTION counted() RETURNS BIGINT READS SQL DATA RETURN (SELECT COUNT(*) FROM item)',
  'CREATE FUNCTION counting(n BIGINT) RETURNS BIGINT RETURN n + counted()',
];

let stage: KeyspaceStage;
let client: RawClient;
let direct: RawClient;

beforeAll(async () => {
  stage = await setKeyspaces(
    [
      {
        name: 'user',
        shards: 2,
        vschema: {
          vindexes: { bits: { type: 'reverse_bits' } },
          tables: { item: { column_vindexes: [{ column: 'id', name: 'bits' }] } },
        },
        everywhere: ['CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY, n INT)', ...functions],
        rows: () => ['INSERT INTO item VALUES (1, 10), (2, 20), (3, 30), (4, NULL)'],
      },
      {
        name: 'main',
        shards: 0,
        everywhere: ['CREATE TABLE region (id INT PRIMARY KEY)', 'INSERT INTO region VALUES (1), (2)'],
      },
    ],
    { mysqldArgs: ['--log-bin-trust-function-creators=ON', '--secure-file-priv='] },
  );
  client = await RawClient.connect(stage.router, { database: 'user' });
  direct = await RawClient.connect(stage.reference, { database: 'user' });
});
afterAll(async () => {
  await client?.quit();
  await direct?.quit();
  await stage?.stop();
});

async function same(sql: string): Promise<void> {
  expect((await ask(client, sql)).rows, sql).toEqual((await ask(direct, sql)).rows);
}

test('functions that only compute run wherever they are', async () => {
  for (const sql of [
    'SELECT twice(4), user.four(1)',
    'SELECT id, twice(n) FROM item ORDER BY twice(n), id',
    'SELECT SUM(four(n)) FROM item WHERE twice(id) > 2',
    'SELECT twice(n) FROM item WHERE id = 3',
    'SELECT twice(SUM(n)), COUNT(*) FROM item',
    'SELECT i.id, twice(r.id) FROM item i JOIN main.region r ON four(r.id) = i.id ORDER BY 1',
  ])
    await same(sql);
  // Nothing of them keeps a connection.
  expect(await refusal(client, 'INSERT INTO item VALUES (5, 50)')).toBeUndefined();
  await ask(client, 'DELETE FROM item WHERE id = 5');
});

test('functions that read tables are refused by name, unknown ones in the words of MySQL', async () => {
  expect(await refusal(client, 'SELECT counted()')).toMatch(/^9101 .*user\.counted.*\(SELECT\)/);
  expect(await refusal(client, 'SELECT counting(n) FROM item')).toMatch(/^9101 .*user\.counted/);
  for (const sql of ['SELECT nothing(n) FROM item', 'SELECT nothing(1)', 'SELECT main.twice(n) FROM item'])
    expect(await refusal(client, sql)).toBe(await refusal(direct, sql));
});

test('functions that shards have otherwise are refused', async () => {
  const other = 'CREATE FUNCTION uneven(n BIGINT) RETURNS BIGINT DETERMINISTIC RETURN n + ';
  await runStatements(stage.tablets[0]!, [`${other}1`], 'user');
  await runStatements(stage.tablets[1]!, [`${other}2`], 'user');
  // What is known of functions is a second old at most.
  await expect
    .poll(() => refusal(client, 'SELECT uneven(n) FROM item'), { timeout: 20_000 })
    .toMatch(/^9101 .*user\.uneven.*not the same on all shards/);
});

test('vindexes in queries of any form', async () => {
  const rows = async (sql: string) => (await ask(client, sql)).rows;
  expect(
    await rows(
      'SELECT i.id, b.shard FROM item i JOIN bits b ON b.id = i.id WHERE i.id IN (1, 2) ORDER BY i.id',
    ),
  ).toEqual([
    ['1', '80-'],
    ['2', '-80'],
  ]);
  expect(await rows('SELECT COUNT(*), MAX(hex_keyspace_id) FROM bits WHERE id IN (1, 2, 3)')).toEqual([
    ['3', 'c000000000000000'],
  ]);
  expect(
    await rows("SELECT id FROM item WHERE id IN (SELECT id FROM bits WHERE id = 4 AND shard = '-80')"),
  ).toEqual([['4']]);
  expect(await refusal(client, 'SELECT COUNT(*) FROM bits WHERE id > 1')).toMatch(/^9114 .*bits\.id = value/);
});

test('a file is written by the tablet of the first shard', async () => {
  const own = join(stage.dir, 'router.txt');
  const theirs = join(stage.dir, 'direct.txt');
  const into = (file: string) =>
    `SELECT id, n INTO OUTFILE '${file}' FIELDS TERMINATED BY ';' FROM item ORDER BY id`;
  expect(await refusal(client, into(own))).toBeUndefined();
  await ask(direct, into(theirs));
  expect(await readFile(own, 'utf8')).toBe(await readFile(theirs, 'utf8'));
  const again = await refusal(client, into(own));
  expect(again).toMatch(/^1086 /);
  expect(again).toBe(await refusal(direct, into(own)));
  await ask(
    client,
    `SELECT MAX(n) FROM item i JOIN main.region INTO DUMPFILE '${join(stage.dir, 'one.txt')}'`,
  );
  expect(await readFile(join(stage.dir, 'one.txt'), 'utf8')).toBe('30');
});
