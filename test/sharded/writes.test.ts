/** A statement that writes on several shards without a transaction of the client's: all of it, or nothing. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, value } from '../support/session-play.ts';
import { refusalOf, rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter(
    '--pool-connections-max=4',
    '--pool-wait-ms-max=5000',
    '--gateway-hold-ms-max=20000',
  );
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router);
  await run(client, 'INSERT INTO item (id, n) VALUES (2, 1), (3, 1), (4, 1), (5, 1)');
});
afterEach(() => stage.closeClients());

const before = ['2|1', '3|1', '4|1', '5|1'];
const state = () => rows(client, 'SELECT id, n FROM item ORDER BY id');

describe('one shard refuses', () => {
  test.each([
    [
      'a duplicate key on the second shard',
      'INSERT INTO item (id, n) VALUES (10, 1), (12, 1), (11, 1), (3, 1), (14, 1)',
      "1062 (23000) Duplicate entry '3' for key 'item.PRIMARY'",
    ],
    [
      'a duplicate key on the first shard',
      'INSERT INTO item (id, n) VALUES (11, 1), (2, 1), (13, 1)',
      "1062 (23000) Duplicate entry '2' for key 'item.PRIMARY'",
    ],
    [
      'a value out of range, in the row of the client’s count',
      'INSERT INTO item (id, n, tiny) VALUES (10, 1, 1), (11, 1, 1), (12, 1, 1), (14, 1, 1), (13, 1, 1000)',
      "1264 (22003) Out of range value for column 'tiny' at row 5",
    ],
    [
      'a value too long on the first shard',
      `INSERT INTO item (id, s) VALUES (11, 'a'), (13, 'b'), (10, 'c'), (12, '${'x'.repeat(30)}')`,
      "1406 (22001) Data too long for column 's' at row 4",
    ],
    [
      'a CHECK constraint',
      'INSERT INTO item (id, n) VALUES (10, 1), (11, 5000)',
      "3819 (HY000) Check constraint 'item_chk_1' is violated.",
    ],
    [
      'a trigger that signals',
      "INSERT INTO item (id, s) VALUES (10, 'fine'), (11, 'boom')",
      '31001 (45000) no boom here',
    ],
    [
      'UPDATE under a CHECK constraint',
      'UPDATE item SET n = IF(id = 5, 5000, 7)',
      "3819 (HY000) Check constraint 'item_chk_1' is violated.",
    ],
    [
      'UPDATE out of range',
      'UPDATE item SET tiny = IF(id >= 4, 1000, 1)',
      "1264 (22003) Out of range value for column 'tiny' at row 2",
    ],
  ])('%s', async (_, sql, error) => {
    expect(await refusalOf(client, sql)).toBe(error);
    expect(await state()).toEqual(before);
    await stage.expectHealthy(client);
  });

  test('DELETE that a foreign key refuses on one shard', async () => {
    const child =
      'CREATE TABLE child (id INT PRIMARY KEY, item BIGINT, FOREIGN KEY (item) REFERENCES item (id))';
    await stage.onTablets([child, 'INSERT INTO child VALUES (1, 3)'], [1]);
    const refused = await refusalOf(client, 'DELETE FROM item');
    await stage.onTablets(['DROP TABLE child'], [1]);
    expect(refused).toMatch(/^1451 \(23000\) Cannot delete or update a parent row/);
    expect(await state()).toEqual(before);
    await stage.expectHealthy(client);
  });

  test('a lock wait timeout', async () => {
    const other = await stage.tabletClient(1);
    await run(other, 'BEGIN', 'UPDATE item SET n = 9 WHERE id = 3');
    await run(client, 'SET innodb_lock_wait_timeout = 1');
    expect(await refusalOf(client, 'UPDATE item SET n = 2')).toBe(
      '1205 (HY000) Lock wait timeout exceeded; try restarting transaction',
    );
    other.destroy();
    expect(await state()).toEqual(before);
    await stage.expectHealthy(client);
  });
});

describe('a statement is stopped', () => {
  /** A write that waits on 80- for a row that another session has locked. */
  async function waiting(): Promise<RawClient> {
    const other = await stage.tabletClient(1);
    await run(other, 'BEGIN', 'UPDATE item SET n = 9 WHERE id = 3');
    client.send(command.query, 'UPDATE item SET n = 2');
    await stage.untilWaits(1);
    return other;
  }

  test('its connection is killed on one tablet', async () => {
    const other = await waiting();
    const admin = await stage.tabletClient(1);
    const thread = await value(
      admin,
      "SELECT ID FROM information_schema.processlist WHERE INFO LIKE 'UPDATE%' AND COMMAND = 'Query'",
    );
    await run(admin, `KILL ${thread}`);
    const error = readResults(await client.readAnswer(command.query))[0]!.error!;
    expect([error.errno, error.sqlState]).toEqual([9203, '08S01']);
    other.destroy();
    admin.destroy();
    expect(await state()).toEqual(before);
    await stage.expectHealthy(client);
  });

  test('all connections to one tablet are cut', async () => {
    const other = await waiting();
    stage.proxies[1].cutAll();
    const error = readResults(await client.readAnswer(command.query))[0]!.error!;
    expect(error.errno).toBe(9203);
    other.destroy();
    expect(await state()).toEqual(before);
    await stage.expectHealthy(client);
  });

  test('KILL QUERY stops it on all shards', async () => {
    const killer = await stage.client(router);
    const id = await value(client, 'SELECT CONNECTION_ID()');
    const other = await waiting();
    await run(killer, `KILL QUERY ${id}`);
    const error = readResults(await client.readAnswer(command.query))[0]!.error!;
    expect([error.errno, error.sqlState]).toEqual([1317, '70100']);
    other.destroy();
    expect(await state()).toEqual(before);
    await stage.expectHealthy(client);
  });

  test('its client disconnects', async () => {
    const other = await waiting();
    client.reset();
    await stage.untilTransactions('nobody waits', ([, count]) => count === '0', "trx_state = 'LOCK WAIT'");
    other.destroy();
    client = await stage.client(router);
    await stage.expectNoTransactions();
    expect(await state()).toEqual(before);
    await stage.expectHealthy(client);
  });
});

test('the second COMMIT is lost: the error names the shards', async () => {
  await run(client, 'BEGIN', 'UPDATE item SET n = 4 WHERE id = 2', 'UPDATE item SET n = 4 WHERE id = 3');
  // The first shard's COMMIT is answered, the second's connection is gone before.
  const admin = await stage.tabletClient(1);
  const guard = await stage.tabletClient(1);
  await run(guard, 'FLUSH TABLES WITH READ LOCK');
  client.send(command.query, 'COMMIT');
  await until('the second shard waits in COMMIT', async () => {
    const thread = await value(
      admin,
      "SELECT COUNT(*) FROM information_schema.processlist WHERE INFO = 'COMMIT'",
    );
    return thread !== '0';
  });
  stage.proxies[1].cutAll();
  const { error } = readResults(await client.readAnswer(command.query))[0]!;
  guard.destroy();
  admin.destroy();
  expect(error!.message).toMatch(/committed on user\/-80; failed on user\/80-/);
  await stage.expectHealthy(client);
  expect((await state())[0]).toBe('2|4');
});

test('a tablet restarts in the middle', async () => {
  const other = await stage.tabletClient(0);
  await run(other, 'BEGIN', 'UPDATE item SET n = 9 WHERE id = 2');
  client.send(command.query, 'UPDATE item SET n = 2');
  await stage.untilWaits(0);
  await stage.servers.killFirst();
  const { error } = readResults(await client.readAnswer(command.query))[0]!;
  expect(error!.errno).toBe(9203);
  other.destroy();
  await stage.servers.restartFirst();
  expect(await state()).toEqual(before);
  await stage.expectHealthy(client);
});

test('what succeeds counts for the whole statement', async () => {
  const inserted = await ask(client, 'INSERT INTO item (id, n) VALUES (10, 1), (11, 1), (13, 1)');
  expect([inserted.ok!.affectedRows, inserted.ok!.warnings]).toEqual([3, 0]);
  const updated = await ask(client, 'UPDATE item SET n = 1');
  expect(updated.ok!.affectedRows).toBe(0);
  const deleted = await ask(client, 'DELETE FROM item WHERE id > 2');
  expect(deleted.ok!.affectedRows).toBe(6);
  await stage.expectNoTransactions();
});
