/** Transactions of a client's over two shards: they join late, and begin, go back and end as one. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capability, command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { playSame, type Turn, value } from '../support/session-play.ts';
import { refusalOf, rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter('--pool-connections-max=6', '--pool-wait-ms-max=5000');
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router);
});
afterEach(async () => {
  stage.closeClients();
  await stage.expectNoTransactions();
});

const one = 'INSERT INTO item (id, n) VALUES (2, 1)';
const two = 'INSERT INTO item (id, n) VALUES (3, 1)';
const both = 'INSERT INTO item (id, n) VALUES (4, 1), (5, 1)';
const all = 'SELECT id, n FROM item ORDER BY id';
const onShards = () => stage.perShard('SELECT COUNT(*) FROM item');

describe('as in one MySQL', () => {
  test.each([
    ['commit', ['BEGIN', one, two, all, 'COMMIT', all]],
    ['rollback', ['BEGIN', one, both, all, 'ROLLBACK', all]],
    ['a single shard', ['BEGIN', one, all, 'COMMIT', all]],
    ['nothing in it', ['BEGIN', 'COMMIT', 'BEGIN', 'ROLLBACK', all]],
    ['BEGIN commits', ['BEGIN', one, two, 'BEGIN', 'ROLLBACK', all]],
    ['START TRANSACTION commits', ['BEGIN', both, 'START TRANSACTION READ WRITE', two, 'ROLLBACK', all]],
    ['AND CHAIN', ['BEGIN', both, 'COMMIT AND CHAIN', one, two, 'ROLLBACK AND CHAIN', two, 'ROLLBACK', all]],
    ['a savepoint before any shard', ['BEGIN', 'SAVEPOINT a', one, two, 'ROLLBACK TO a', all, 'COMMIT', all]],
    [
      'a savepoint between two shards',
      ['BEGIN', one, 'SAVEPOINT a', two, both, 'ROLLBACK TO a', all, 'COMMIT', all],
    ],
    [
      'a savepoint with two shards',
      [
        'BEGIN',
        one,
        two,
        'SAVEPOINT a',
        both,
        'ROLLBACK TO SAVEPOINT a',
        all,
        'ROLLBACK TO a',
        'COMMIT',
        all,
      ],
    ],
    [
      'RELEASE',
      [
        'BEGIN',
        'SAVEPOINT a',
        one,
        'SAVEPOINT b',
        two,
        'RELEASE SAVEPOINT a',
        'ROLLBACK TO b',
        'ROLLBACK TO a',
        'COMMIT',
        all,
      ],
    ],
    [
      'the same name twice',
      [
        'BEGIN',
        one,
        'SAVEPOINT a',
        two,
        'SAVEPOINT a',
        both,
        'ROLLBACK TO A',
        all,
        'RELEASE SAVEPOINT a',
        'ROLLBACK TO a',
        'COMMIT',
        all,
      ],
    ],
    [
      'later savepoints go',
      [
        'BEGIN',
        'SAVEPOINT a',
        one,
        'SAVEPOINT b',
        two,
        'SAVEPOINT c',
        both,
        'ROLLBACK TO b',
        'ROLLBACK TO c',
        all,
        'COMMIT',
      ],
    ],
    [
      'an unknown savepoint',
      [
        'BEGIN',
        'ROLLBACK TO nowhere',
        'RELEASE SAVEPOINT nowhere',
        one,
        two,
        'ROLLBACK TO nowhere',
        'COMMIT',
        all,
      ],
    ],
    [
      'savepoints end with it',
      ['BEGIN', one, two, 'SAVEPOINT a', 'COMMIT', 'ROLLBACK TO a', 'BEGIN', 'ROLLBACK TO a', 'COMMIT'],
    ],
    ['savepoints outside', ['SAVEPOINT a', 'ROLLBACK TO a', both, all]],
    [
      'savepoints without autocommit',
      ['SET autocommit = 0', 'SAVEPOINT a', 'SELECT 1', one, two, 'ROLLBACK TO a', all, 'COMMIT', all],
    ],
    [
      'a statement that fails',
      [
        'BEGIN',
        one,
        'INSERT INTO item (id) VALUES (6), (7), (2)',
        all,
        two,
        'UPDATE item SET n = IF(id = 3, 5000, 9)',
        all,
        'COMMIT',
        all,
      ],
    ],
    [
      'a statement that fails on its only shard',
      ['BEGIN', one, two, 'INSERT INTO item (id) VALUES (7), (9), (3)', all, 'ROLLBACK', all],
    ],
    [
      'without autocommit',
      ['SET autocommit = 0', both, all, 'ROLLBACK', all, one, two, 'COMMIT', all, 'ROLLBACK'],
    ],
    [
      'autocommit on commits',
      ['SET autocommit = 0', both, one, 'SET autocommit = 1', all, two, 'ROLLBACK', all],
    ],
    [
      'autocommit stays off',
      ['SET autocommit = 0', both, 'SET autocommit = OFF', one, 'ROLLBACK', all, 'SET autocommit = ON'],
    ],
    [
      'autocommit off within',
      ['BEGIN', both, 'SET autocommit = 0', one, 'ROLLBACK', all, two, 'ROLLBACK', all, 'SET autocommit = 1'],
    ],
    [
      'a failed first statement without autocommit',
      [
        'SET autocommit = 0',
        one,
        'COMMIT',
        'INSERT INTO item (id) VALUES (2)',
        'INSERT INTO item (id) VALUES (7), (2)',
        two,
        'ROLLBACK',
        all,
      ],
    ],
    [
      'READ ONLY for the shards that join',
      [
        'START TRANSACTION READ ONLY',
        'SELECT id FROM item WHERE id = 2',
        all,
        'SELECT id FROM item WHERE id = 3',
        'COMMIT',
      ],
    ],
    [
      'autocommit on, ROLLBACK',
      ['SET autocommit = 0', 'UPDATE item SET n = 5 WHERE id > 0', 'SET autocommit = 1', 'ROLLBACK'],
    ],
    [
      'READ ONLY',
      [
        'START TRANSACTION READ ONLY',
        'SELECT COUNT(*) FROM item WHERE id = 2',
        one,
        both,
        'UPDATE item SET n = 3',
        'DELETE FROM item',
        'COMMIT',
        one,
        all,
      ],
    ],
    [
      'settings within',
      [
        'BEGIN',
        one,
        two,
        "SET sql_mode = 'ANSI_QUOTES'",
        'UPDATE item SET s = \'x\' WHERE "id" = 3',
        'UPDATE item SET s = \'y\' WHERE "id" = 2',
        'COMMIT',
        'SELECT id, s FROM item ORDER BY "id"',
      ],
    ],
    [
      'truncation is allowed within',
      [
        'BEGIN',
        one,
        two,
        "SET SESSION sql_mode = ''",
        'UPDATE item SET tiny = 999 WHERE id = 3',
        'UPDATE item SET tiny = 999 WHERE id IN (2, 3)',
        'COMMIT',
        'SELECT id, tiny FROM item ORDER BY id',
      ],
    ],
    [
      'DDL commits',
      ['BEGIN', one, two, 'CREATE TABLE fresh (id BIGINT PRIMARY KEY)', 'ROLLBACK', all, 'DROP TABLE fresh'],
    ],
    [
      'DDL that fails commits',
      ['BEGIN', both, 'DROP TABLE missing_table', 'ROLLBACK', 'SELECT COUNT(*) FROM item'],
    ],
    [
      'isolation for the session',
      [
        'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
        'BEGIN',
        both,
        'COMMIT',
        'SELECT @@transaction_isolation',
      ],
    ],
    [
      'SET TRANSACTION within',
      ['BEGIN', both, 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED', 'COMMIT', all],
    ],
  ])('%s', async (_, statements) => {
    await playSame(
      stage.reference,
      router.endpoint,
      statements.map((sql): Turn => ['a', sql]),
      { database: 'user', without: capability.sessionTrack },
    );
  });
});

test('shards join with their first statement', async () => {
  await run(client, 'BEGIN', one);
  await stage.untilTransactions('one has joined', (counts) => counts.join() === '1,0');
  await run(client, two);
  await stage.untilTransactions('both have joined', (counts) => counts.join() === '1,1');
  expect(await onShards()).toEqual(['0', '0']);
  await run(client, 'COMMIT');
  expect(await onShards()).toEqual(['1', '1']);
});

test('WITH CONSISTENT SNAPSHOT stays on one shard', async () => {
  await run(client, 'START TRANSACTION WITH CONSISTENT SNAPSHOT', 'SELECT * FROM item WHERE id = 2');
  expect(await refusalOf(client, 'SELECT * FROM item WHERE id = 3')).toMatch(/WITH CONSISTENT SNAPSHOT/);
  expect(await refusalOf(client, 'SELECT * FROM item')).toMatch(/WITH CONSISTENT SNAPSHOT/);
  await run(client, 'COMMIT', all);
});

test('COMMIT RELEASE ends the connection', async () => {
  await run(client, 'BEGIN', both, 'COMMIT RELEASE');
  expect(await client.receive()).toBeUndefined();
  expect(await onShards()).toEqual(['1', '1']);
});

describe('a deadlock on one shard', () => {
  /** `client` becomes the victim on 80-: its transaction is the lighter one. */
  async function deadlock(...begin: string[]): Promise<string | undefined> {
    await run(client, 'INSERT INTO item (id, n) VALUES (2, 1), (3, 1), (5, 1)');
    const other = await stage.tabletClient(1);
    await run(
      other,
      'BEGIN',
      'INSERT INTO item (id) VALUES (101), (103), (105), (107), (109)',
      'UPDATE item SET n = 7 WHERE id = 5',
    );
    await run(client, ...begin, 'UPDATE item SET n = 9 WHERE id = 2', 'UPDATE item SET n = 9 WHERE id = 3');
    other.send(command.query, 'UPDATE item SET n = 7 WHERE id = 3');
    await stage.untilWaits(1);
    const error = await refusalOf(client, 'UPDATE item SET n = n + 20 WHERE id IN (2, 5)');
    await other.readAnswer(command.query);
    await run(other, 'ROLLBACK');
    return error;
  }

  test.each([['BEGIN'], ['SET autocommit = 0']])('ends the transaction on all shards (%s)', async (begin) => {
    expect(await deadlock(begin)).toBe(
      '1213 (40001) Deadlock found when trying to get lock; try restarting transaction',
    );
    expect(await rows(client, all)).toEqual(['2|1', '3|1', '5|1']);
    await run(client, 'ROLLBACK', 'SET autocommit = 1', 'UPDATE item SET n = 8');
    expect(await rows(client, all)).toEqual(['2|8', '3|8', '5|8']);
  });

  test('of a statement for that shard alone', async () => {
    await run(client, 'INSERT INTO item (id, n) VALUES (2, 1), (3, 1), (5, 1)');
    const other = await stage.tabletClient(1);
    await run(
      other,
      'BEGIN',
      'INSERT INTO item (id) VALUES (101), (103), (105), (107), (109)',
      'UPDATE item SET n = 7 WHERE id = 5',
    );
    await run(client, 'BEGIN', 'UPDATE item SET n = 9 WHERE id IN (2, 3)');
    other.send(command.query, 'UPDATE item SET n = 7 WHERE id = 3');
    await stage.untilWaits(1);
    expect(await refusalOf(client, 'UPDATE item SET n = 20 WHERE id = 5')).toMatch(/^1213/);
    await other.readAnswer(command.query);
    await run(other, 'ROLLBACK');
    expect(await rows(client, all)).toEqual(['2|1', '3|1', '5|1']);
    await run(client, 'COMMIT');
    expect(await rows(client, all)).toEqual(['2|1', '3|1', '5|1']);
  });

  test('of a read that locks', async () => {
    await run(client, 'INSERT INTO item (id, n) VALUES (2, 1), (3, 1), (5, 1)');
    const other = await stage.tabletClient(1);
    await run(
      other,
      'BEGIN',
      'INSERT INTO item (id) VALUES (101), (103), (105), (107), (109)',
      'UPDATE item SET n = 7 WHERE id = 5',
    );
    await run(client, 'BEGIN', 'UPDATE item SET n = 9 WHERE id IN (2, 3)');
    other.send(command.query, 'UPDATE item SET n = 7 WHERE id = 3');
    await stage.untilWaits(1);
    expect(await refusalOf(client, 'SELECT * FROM item WHERE id IN (2, 5) FOR UPDATE')).toMatch(/^1213/);
    await other.readAnswer(command.query);
    await run(other, 'ROLLBACK');
    expect(await rows(client, all)).toEqual(['2|1', '3|1', '5|1']);
    await run(client, 'COMMIT');
    expect(await rows(client, all)).toEqual(['2|1', '3|1', '5|1']);
  });
});

test('a lock wait timeout undoes the statement only', async () => {
  await run(client, 'INSERT INTO item (id, n) VALUES (2, 1), (3, 1)');
  const other = await stage.tabletClient(1);
  await run(other, 'BEGIN', 'UPDATE item SET n = 9 WHERE id = 3');
  await run(
    client,
    'SET innodb_lock_wait_timeout = 1',
    'BEGIN',
    'INSERT INTO item (id, n) VALUES (4, 1), (5, 1)',
  );
  expect(await refusalOf(client, 'UPDATE item SET n = 6')).toMatch(/^1205/);
  await run(other, 'ROLLBACK');
  expect(await rows(client, all)).toEqual(['2|1', '3|1', '4|1', '5|1']);
  await run(client, 'COMMIT');
  expect(await onShards()).toEqual(['2', '2']);
});

describe('a tablet is lost', () => {
  test('between two statements: 9204 until ROLLBACK, nothing stays', async () => {
    await run(client, 'BEGIN', one, two);
    stage.proxies[1].cutAll();
    await stage.untilTransactions('both are rolled back', (counts) => counts.every((count) => count === '0'));
    for (const sql of [one, all, 'SELECT 1', 'COMMIT', 'BEGIN'])
      expect(await refusalOf(client, sql)).toMatch(/^9204/);
    await run(client, 'ROLLBACK', all);
    expect(await onShards()).toEqual(['0', '0']);
  });

  test.each([
    ['a write over both', 'UPDATE item SET n = 3 WHERE SLEEP(0.4) = 0'],
    ['a read over both', 'SELECT id, SLEEP(0.4) FROM item'],
    ['a write on one', 'UPDATE item SET n = 3 WHERE id = 3 AND SLEEP(0.6) = 0'],
  ])('within %s', async (_, sql) => {
    await run(client, 'BEGIN', one, two);
    client.send(command.query, sql);
    await new Promise((resolve) => setTimeout(resolve, 150));
    stage.proxies[1].cutAll();
    const results = readResults(await client.readAnswer(command.query));
    expect(results[0]!.error!.errno).toBe(9203);
    expect(await refusalOf(client, 'SELECT 1')).toMatch(/^9204/);
    await run(client, 'ROLLBACK', all);
    await stage.expectNoTransactions();
    expect(await onShards()).toEqual(['0', '0']);
  });
});

describe('the session ends or begins anew', () => {
  test.each([
    ['COM_RESET_CONNECTION', (it: RawClient) => it.command(command.resetConnection)],
    ['COM_CHANGE_USER', (it: RawClient) => it.changeUser()],
    ['a disconnect', async (it: RawClient) => it.reset()],
    ['COM_QUIT', (it: RawClient) => it.quit()],
  ])('%s rolls back everywhere', async (_, end) => {
    await run(client, 'BEGIN', one, two, both);
    await end(client);
    await stage.expectNoTransactions();
    expect(await onShards()).toEqual(['0', '0']);
  });

  test('KILL rolls back everywhere', async () => {
    await run(client, 'BEGIN', one, two);
    const killer = await stage.client(router);
    await run(killer, `KILL ${await value(client, 'SELECT CONNECTION_ID()')}`);
    await stage.expectNoTransactions();
    expect(await onShards()).toEqual(['0', '0']);
  });

  test('KILL QUERY leaves the transaction', async () => {
    await run(client, 'BEGIN', one, two);
    const killer = await stage.client(router);
    const id = await value(client, 'SELECT CONNECTION_ID()');
    client.send(command.query, 'UPDATE item SET n = 3 WHERE SLEEP(20) = 0');
    await new Promise((resolve) => setTimeout(resolve, 150));
    await run(killer, `KILL QUERY ${id}`);
    expect(readResults(await client.readAnswer(command.query))[0]!.error?.errno).toBe(1317);
    expect(await rows(client, all)).toEqual(['2|1', '3|1']);
    client.send(command.query, 'SELECT id FROM item WHERE SLEEP(20) = 0 ORDER BY id');
    await new Promise((resolve) => setTimeout(resolve, 150));
    await run(killer, `KILL QUERY ${id}`);
    expect(readResults(await client.readAnswer(command.query))[0]!.error?.errno).toBe(1317);
    await run(client, 'COMMIT');
    expect(await onShards()).toEqual(['1', '1']);
  });

  test('a client that leaves within COMMIT loses none of its shards', async () => {
    await run(client, 'BEGIN', one, two);
    const guard = await stage.tabletClient(0);
    await run(guard, 'FLUSH TABLES WITH READ LOCK');
    client.send(command.query, 'COMMIT');
    await new Promise((resolve) => setTimeout(resolve, 200));
    client.reset();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await run(guard, 'UNLOCK TABLES');
    await stage.expectNoTransactions();
    expect(await onShards()).toEqual(['1', '1']);
  });
});
