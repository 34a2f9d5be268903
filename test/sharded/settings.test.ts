/** Settings that concern the rows of several shards: as on one MySQL. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { long } from '../support/parameters.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { explained, playSame, type Turn } from '../support/session-play.ts';
import { rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter('--pool-connections-max=2');
});
afterAll(() => stage?.stop());
beforeEach(() => stage.clear());

const fill =
  "INSERT INTO item (id, n, s) VALUES (2, 2, 'b'), (3, 2, 'c'), (4, 1, 'd'), (5, 1, 'e'), (6, 1, 'f')";
const same = (...statements: string[]) =>
  playSame(
    stage.reference,
    router.endpoint,
    [fill, ...statements].map((sql): Turn => ['a', sql]),
    { database: 'user' },
  );

test('sql_select_limit', async () => {
  await same(
    'SET sql_select_limit = 2',
    'SELECT id FROM item WHERE id > 0 ORDER BY id',
    'SELECT FOUND_ROWS()',
    'SELECT id, s FROM item WHERE id > 0 ORDER BY s DESC, id',
    'SELECT id FROM item WHERE id > 0 ORDER BY id LIMIT 4',
    'SELECT DISTINCT n FROM item WHERE id > 0 ORDER BY n',
    'SELECT COUNT(*), SUM(n) FROM item WHERE id > 0',
    'SELECT id FROM item WHERE id IN (2, 4, 6) ORDER BY id DESC',
    'SELECT id FROM item WHERE id = 3',
    'UPDATE item SET n = n + 1 WHERE id > 0',
    'SET sql_select_limit = 0',
    'SELECT id FROM item WHERE id > 0 ORDER BY id',
    'SELECT COUNT(*) FROM item WHERE id > 0',
    'SET sql_select_limit = 18446744073709551615',
    'SELECT id FROM item WHERE id > 0 ORDER BY id',
    'SET sql_select_limit = 1',
    'SET sql_select_limit = DEFAULT',
    'SELECT id FROM item WHERE id > 0 ORDER BY id',
  );
  const client = await stage.client(router);
  await run(client, 'SET sql_select_limit = 1');
  const first = await rows(
    client,
    'SELECT n, COUNT(*) FROM item WHERE id > 0 GROUP BY n ORDER BY COUNT(*) DESC, n',
  );
  await run(client, 'SET sql_select_limit = DEFAULT');
  const all = await rows(
    client,
    'SELECT n, COUNT(*) FROM item WHERE id > 0 GROUP BY n ORDER BY COUNT(*) DESC, n',
  );
  expect(first).toEqual(all.slice(0, 1));
});

test('sql_select_limit of prepared statements', async () => {
  const seen = await Promise.all(
    [stage.reference, router.endpoint].map(async (endpoint) => {
      const client = await stage.client({ endpoint });
      await run(client, fill);
      const { id } = await client.prepare('SELECT id FROM item WHERE id > ? ORDER BY id');
      const all = explained(await client.execute(id, [long(0)]));
      await run(client, 'SET sql_select_limit = 3');
      return [
        all,
        explained(await client.execute(id, [long(0)])),
        explained(await client.execute(id, [long(3)])),
      ];
    }),
  );
  expect(seen[1]).toEqual(seen[0]);
});

test('timestamp, safe updates, read only, execution time', async () => {
  await same(
    'SET timestamp = 1000000000',
    'SELECT id, NOW() FROM item WHERE id > 3 ORDER BY id',
    'UPDATE item SET s = NOW() WHERE id > 4',
    'SELECT s FROM item WHERE id > 4 ORDER BY id',
    'SET timestamp = DEFAULT',
    'SET sql_safe_updates = 1',
    'UPDATE item SET n = 5',
    'DELETE FROM item WHERE n = 2',
    'UPDATE item SET n = 5 WHERE id IN (2, 3)',
    'SET sql_safe_updates = 0, SESSION transaction_read_only = 1',
    'UPDATE item SET n = 6 WHERE id > 0',
    'INSERT INTO item (id) VALUES (20), (21)',
    'SELECT COUNT(*) FROM item WHERE id > 0',
    'SET SESSION transaction_read_only = 0',
    'SET max_execution_time = 100000',
    'SELECT id FROM item WHERE id > 0 ORDER BY id',
  );
});

test('SET of expressions within a transaction is the same on all of its shards', async () => {
  await same(
    'BEGIN',
    'SELECT COUNT(*) FROM item WHERE id > 0',
    "SET sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES'), @x = 5",
    'SELECT @@sql_mode, @x',
    'SELECT "id" FROM item WHERE id = 2',
    'SELECT "id" FROM item WHERE id = 3',
    'SELECT "s" FROM item WHERE id > 0 ORDER BY "id"',
    'SET @old = @@group_concat_max_len, group_concat_max_len = 4 + 1',
    'SELECT GROUP_CONCAT(s ORDER BY s) FROM item WHERE id > 0',
    'SET group_concat_max_len = @old',
    'SELECT GROUP_CONCAT(s ORDER BY s) FROM item WHERE id > 0',
    'ROLLBACK',
  );
});

test('transactions that only read say so', async () => {
  await same(
    'SET SESSION TRANSACTION READ ONLY',
    'BEGIN',
    'SELECT COUNT(*) FROM item WHERE id > 0',
    'DELETE FROM item WHERE id > 0',
    'COMMIT',
    'SET autocommit = 0',
    'SELECT COUNT(*) FROM item WHERE id > 0',
    'COMMIT',
    'START TRANSACTION READ WRITE',
    'SELECT COUNT(*) FROM item WHERE id > 0',
    'COMMIT',
  );
});
