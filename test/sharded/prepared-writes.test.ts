/** Prepared statements that write on several shards: as their texts do. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { columnType } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { long, longData, nullValue, type Parameter, text } from '../support/parameters.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter('--pool-connections-max=3');
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router);
});
afterEach(() => stage.closeClients());

async function execute(id: number, ...values: Parameter[]) {
  const [result] = readResults(await client.execute(id, values));
  return result!;
}
const all = () => rows(client, 'SELECT id, n FROM item ORDER BY id');

test('INSERT of several rows, and one that fails', async () => {
  const { id } = await client.prepare('INSERT INTO item (id, n) VALUES (?, ?), (?, ?)');
  expect((await execute(id, long(2), long(1), long(3), long(2))).ok!.affectedRows).toBe(2);
  expect((await execute(id, long(4), long(1), long(6), long(2))).ok!.affectedRows).toBe(2);
  expect((await execute(id, long(8), long(1), long(3), long(2))).error!.errno).toBe(1062);
  expect((await execute(id, long(9), long(5000), long(10), long(2))).error!.errno).toBe(3819);
  expect(await all()).toEqual(['2|1', '3|2', '4|1', '6|2']);
  await stage.expectHealthy(client);
});

test('UPDATE and DELETE over all shards', async () => {
  await run(client, 'INSERT INTO item (id, n) VALUES (2, 1), (3, 2), (4, 3), (5, 4)');
  const update = await client.prepare('UPDATE item SET n = n + ? WHERE n > ?');
  expect((await execute(update.id, long(10), long(1))).ok!.affectedRows).toBe(3);
  expect(await all()).toEqual(['2|1', '3|12', '4|13', '5|14']);
  expect((await execute(update.id, long(990), long(13))).error!.errno).toBe(3819);
  const remove = await client.prepare('DELETE FROM item WHERE n > ?');
  expect((await execute(remove.id, long(12))).ok!.affectedRows).toBe(2);
  expect(await all()).toEqual(['2|1', '3|12']);
  await stage.expectHealthy(client);
});

test('within a transaction', async () => {
  const insert = await client.prepare('INSERT INTO item (id, n) VALUES (?, 1), (?, 1)');
  await run(client, 'BEGIN');
  await execute(insert.id, long(2), long(3));
  await run(client, 'SAVEPOINT a');
  await execute(insert.id, long(4), long(5));
  expect((await execute(insert.id, long(6), long(3))).error!.errno).toBe(1062);
  expect(await all()).toEqual(['2|1', '3|1', '4|1', '5|1']);
  await run(client, 'ROLLBACK TO a', 'COMMIT');
  expect(await all()).toEqual(['2|1', '3|1']);
  await stage.expectHealthy(client);
});

test('the generated values of a sequence', async () => {
  const { id } = await client.prepare('INSERT INTO note (id, n) VALUES (?, 1), (DEFAULT, 2)');
  const generated = await execute(id, nullValue());
  expect(generated.error).toBeUndefined();
  const first = Number(generated.ok!.insertId);
  expect(await rows(client, 'SELECT id FROM note ORDER BY id')).toEqual([String(first), String(first + 1)]);
  expect(await rows(client, 'SELECT LAST_INSERT_ID()')).toEqual([String(first)]);
  const given = await execute(id, long(7001));
  expect(Number(given.ok!.insertId)).toBe(first + 2);
});

test('data sent ahead, over several shards and to one', async () => {
  const insert = await client.prepare('INSERT INTO item (id, s) VALUES (?, ?), (?, CONCAT(?, ?))');
  client.sendLongData(insert.id, 1, 'one ');
  client.sendLongData(insert.id, 4, 'd');
  client.sendLongData(insert.id, 1, 'piece');
  const inserted = await execute(insert.id, long(2), longData(), long(3), text('en'), longData());
  expect([inserted.error, inserted.ok!.affectedRows]).toEqual([undefined, 2]);
  expect(await rows(client, 'SELECT id, s FROM item ORDER BY id')).toEqual(['2|one piece', '3|end']);
  // It was for that execution only.
  await execute(insert.id, long(4), text('own'), long(5), text('en'), text('d'));
  expect(await rows(client, 'SELECT s FROM item WHERE id = 4')).toEqual(['own']);
  const update = await client.prepare('UPDATE item SET s = ? WHERE s = ?');
  client.sendLongData(update.id, 1, 'end');
  expect((await execute(update.id, text('ends'), longData(columnType.varString))).ok!.affectedRows).toBe(2);
  const read = await client.prepare('SELECT id FROM item WHERE s = ? ORDER BY id');
  client.sendLongData(read.id, 0, 'ends');
  expect((await execute(read.id, longData(columnType.varString))).rows).toEqual([['3'], ['5']]);
  expect((await execute(read.id, text('own'))).rows).toEqual([['4']]);
  const single = await client.prepare('SELECT id FROM item WHERE s = ? AND id = ?');
  client.sendLongData(single.id, 0, 'ends');
  expect((await execute(single.id, longData(columnType.varString), long(3))).rows).toEqual([['3']]);
  expect((await execute(single.id, text('x'), long(3))).rows).toEqual([]);
});

test('what is wrong with data sent ahead is said until a reset', async () => {
  const { id } = await client.prepare('SELECT id FROM item WHERE s = ?');
  client.sendLongData(id, 1, 'no such parameter');
  for (let turn = 0; turn < 2; turn++)
    expect((await execute(id, text('a'))).error!.message).toBe('Incorrect arguments to mysql_stmt_precheck');
  await client.resetStatement(id);
  expect((await execute(id, text('a'))).rows).toEqual([]);
});
