/** Directives to the router in comments, and limits of time, on one shard and over several. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { refusalOf, rows, run, ShardedStage } from '../sharded/stage.ts';
import { readResults } from '../support/decode.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type RouterUnderTest, until } from '../support/router-stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let limited: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter();
  limited = await stage.startRouter('--session-query-ms-max=200', '--engine-statement-bytes-max=1048576');
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router);
  await run(client, 'INSERT INTO item (id, n) VALUES (2, 1), (3, 1), (4, 1), (5, 1)');
});
afterEach(() => stage.closeClients());

const timeout = '3024 (HY000) Query execution was interrupted, maximum statement execution time exceeded';

/** No statement of ours is at work on a tablet. */
const untilQuiet = () =>
  until('the tablets are quiet', async () => {
    const counts = await stage.perShard(
      "SELECT COUNT(*) FROM performance_schema.processlist WHERE info LIKE '%SLEEP%' AND id <> CONNECTION_ID()",
    );
    return counts.every((count) => count === '0');
  });

// An interrupted SLEEP is no error in MySQL; the row behind it is not read any more.
test.each([
  'SELECT /*vt+ QUERY_TIMEOUT_MS=100 */ SLEEP(20) FROM item WHERE id IN (2, 4)',
  'SELECT /*vt+ QUERY_TIMEOUT_MS=100 */ id, SLEEP(20) FROM item ORDER BY id',
  'SELECT /*vt+ QUERY_TIMEOUT_MS=100 */ id, SLEEP(20) FROM item',
  'UPDATE /*vt+ QUERY_TIMEOUT_MS=100 */ item SET n = 5 + SLEEP(20) WHERE id = 3',
  'UPDATE /*vt+ QUERY_TIMEOUT_MS=100 */ item SET n = 5 + SLEEP(20)',
])('%s', async (sql) => {
  expect(await refusalOf(client, sql)).toBe(timeout);
  expect(await rows(client, 'SHOW WARNINGS')).toEqual([expect.stringContaining('Error|3024|')]);
  const { id } = await client.prepare(sql);
  expect(readResults(await client.execute(id))[0]!.error?.errno).toBe(3024);
  await untilQuiet();
  expect(await rows(client, 'SELECT n FROM item ORDER BY id')).toEqual(['1', '1', '1', '1']);
  await stage.expectHealthy(client);
});

test('one that waits for a lock, and a transaction that goes on', async () => {
  const other = await stage.client(router);
  await run(other, 'BEGIN', 'UPDATE item SET n = 2 WHERE id = 2');
  await run(client, 'BEGIN', 'UPDATE item SET n = 3 WHERE id = 3');
  const update = 'UPDATE /*vt+ QUERY_TIMEOUT_MS=100 */ item SET n = 4';
  expect(await refusalOf(client, update)).toBe(timeout);
  await run(other, 'ROLLBACK');
  await run(client, 'COMMIT');
  expect(await rows(client, 'SELECT n FROM item ORDER BY id')).toEqual(['1', '3', '1', '1']);
});

test('MySQL stops it itself', async () => {
  const hinted = 'SELECT /*+ MAX_EXECUTION_TIME(100) */ id, SLEEP(20) FROM item ORDER BY id';
  expect(await refusalOf(client, hinted)).toBe(timeout);
  await run(client, 'SET max_execution_time = 100');
  expect(await refusalOf(client, 'SELECT id, SLEEP(20) FROM item')).toBe(timeout);
  expect(await refusalOf(client, 'SELECT id, SLEEP(20) FROM item WHERE id IN (2, 4)')).toBe(timeout);
  await stage.expectHealthy(client);
});

test('the limit of the configuration, and the directives that lift it', async () => {
  client = await stage.client(limited);
  expect(await refusalOf(client, 'SELECT SLEEP(20) FROM item WHERE id IN (2, 4)')).toBe(timeout);
  expect(await refusalOf(client, 'SELECT id, SLEEP(20) FROM item')).toBe(timeout);
  expect(await refusalOf(client, 'DO SLEEP(0.3)')).toBe(undefined);
  const longer = 'SELECT /*vt+ QUERY_TIMEOUT_MS=0 */ id FROM item WHERE id = 2 AND SLEEP(0.3) = 0';
  expect(await rows(client, longer)).toEqual(['2']);
  const more = Array.from(
    { length: 12_000 },
    (_, at) => `(${at + 100}, ${at % 900}, ${Math.floor(at / 900)})`,
  );
  await run(client, `INSERT /*vt+ QUERY_TIMEOUT_MS=0 */ INTO item (id, n, tiny) VALUES ${more.join(', ')}`);
  const grouped = (directive: string) =>
    `SELECT ${directive} n, tiny, COUNT(*) FROM item GROUP BY n, tiny ORDER BY COUNT(*), n, tiny`;
  expect(await refusalOf(client, grouped(''))).toContain('9121');
  expect(await rows(client, grouped('/*vt+ IGNORE_MAX_MEMORY_ROWS=1 */'))).toHaveLength(12_001);
});

test('unknown ones are comments', async () => {
  expect(await rows(client, 'SELECT /*vt+ PLANNER=gen4 NOTHING=1 PRIORITY=5 */ COUNT(*) FROM item')).toEqual([
    '4',
  ]);
});
