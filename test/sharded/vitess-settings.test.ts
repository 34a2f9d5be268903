/** What clients of VTGate set: kept, shown, honoured, or refused with the reason. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { ask } from '../support/session-play.ts';
import { refusalOf, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router);
  await run(client, 'INSERT INTO item (id, n) VALUES (2, 1), (3, 1)');
});
afterEach(() => stage.closeClients());

test('each is kept and shown under its own title', async () => {
  await run(
    client,
    "SET workload = 'olap'",
    'SET SESSION transaction_mode = multi, @@session.query_timeout = 5000',
    "SET @@session_uuid = 'abc', migration_context = 'x'",
    'SET skip_query_plan_cache = ON',
    'SET enable_system_settings = 1',
    "SET ddl_strategy = 'direct'",
    "SET read_after_write_gtid = '', read_after_write_timeout = 1000, transaction_timeout = 0",
  );
  const answer = await ask(
    client,
    'SELECT @@workload, @@session.transaction_mode AS mode, @@query_timeout, @@session_uuid, @@migration_context, @@skip_query_plan_cache, @@enable_system_settings, @@ddl_strategy, @@read_after_write_gtid, @@read_after_write_timeout, @@transaction_timeout, @@client_found_rows, @@autocommit',
  );
  expect(answer.rows).toEqual([
    ['OLAP', 'MULTI', '5000', 'abc', 'x', '1', '1', 'direct', '', '1000', '0', '0', '1'],
  ]);
  expect(answer.columns.slice(0, 3).map(({ name }) => name)).toEqual([
    '@@workload',
    'mode',
    '@@query_timeout',
  ]);
  await run(client, 'SET workload = DEFAULT');
  expect((await ask(client, 'SELECT @@workload')).rows).toEqual([['OLTP']]);
});

test.each([
  ['SET workload = fast', /^1231 .*'workload' can't be set to the value of 'fast'/],
  ["SET query_timeout = 'soon'", /^1232/],
  ['SET transaction_mode = TWOPC', /^1235 .*two-phase/],
  ["SET ddl_strategy = 'vitess'", /^1235 .*migrations/],
  ['SET transaction_timeout = 5', /^1235/],
  ["SET read_after_write_gtid = 'x'", /^1235/],
  ['SET enable_system_settings = off', /^1235/],
  ['SET workload = olap, sql_notes = 0', /^1235/],
  ['SET GLOBAL workload = olap', /^9301/],
])('%s is refused', async (sql, error) => {
  expect(await refusalOf(client, sql)).toMatch(error);
  expect((await ask(client, 'SELECT @@workload')).rows).toEqual([['OLTP']]);
});

test('transaction_mode = SINGLE refuses a second shard', async () => {
  await run(client, 'SET transaction_mode = single', 'BEGIN', 'UPDATE item SET n = 2 WHERE id = 2');
  expect(await refusalOf(client, 'UPDATE item SET n = 2 WHERE id = 3')).toMatch(/^9127/);
  expect(await refusalOf(client, 'SELECT COUNT(*) FROM item')).toMatch(/^9127/);
  await run(client, 'UPDATE item SET n = 3 WHERE id = 2', 'COMMIT');
  expect(await refusalOf(client, 'UPDATE item SET n = 4')).toMatch(/^9127/);
  expect((await ask(client, 'SELECT id, n FROM item ORDER BY id')).rows).toEqual([
    ['2', '3'],
    ['3', '1'],
  ]);
  await run(client, 'SET transaction_mode = MULTI', 'UPDATE item SET n = 4');
});

test('query_timeout interrupts, client_found_rows counts what was found', async () => {
  const other = await stage.client(router);
  await run(other, 'BEGIN', 'UPDATE item SET n = 5 WHERE id = 2');
  await run(client, 'SET query_timeout = 100');
  expect(await refusalOf(client, 'SELECT n FROM item WHERE id = 2 FOR UPDATE')).toMatch(/^1317/);
  expect(await refusalOf(client, 'SELECT n FROM item FOR UPDATE')).toMatch(/^1317/);
  await run(other, 'ROLLBACK');
  await run(client, 'SET query_timeout = 0', 'SET client_found_rows = 1');
  expect((await ask(client, 'UPDATE item SET n = 1 WHERE id = 2')).ok?.affectedRows).toBe(1);
  await run(client, 'SET client_found_rows = 0');
  expect((await ask(client, 'UPDATE item SET n = 1 WHERE id = 2')).ok?.affectedRows).toBe(0);
});
