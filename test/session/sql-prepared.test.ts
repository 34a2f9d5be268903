/** PREPARE, EXECUTE and DEALLOCATE as text: as one MySQL answers them, over pools smaller than the number of sessions, and over shards. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { run, ShardedStage } from '../sharded/stage.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { ask, playSame, type Turn } from '../support/session-play.ts';

let stage: ShardedStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter('--pool-connections-max=3');
});
afterAll(() => stage?.stop());
beforeEach(() => stage.clear());
afterEach(() => stage.closeClients());

const same = (database: string, ...turns: Turn[]) =>
  playSame(stage.reference, router.endpoint, turns, { database });

/** One session. */
const alone = (...statements: readonly string[]): Turn[] => statements.map((sql) => ['a', sql]);

describe.each(['user', ''])('without tables, in database %j', (database) => {
  test('values and their types', () =>
    same(
      database,
      ...alone(
        "PREPARE s FROM 'SELECT ? AS x, ? + 1, CONCAT(?), ? IS NULL'",
        "SET @i = 7, @d = 1.50, @f = 1e3, @s = 'it''s', @n = NULL, @u = 18446744073709551615",
        'EXECUTE s USING @i, @d, @f, @s',
        'EXECUTE s USING @s, @i, @n, @n',
        'EXECUTE S USING @u, @f, @i, @never',
        'EXECUTE s USING @i',
        'EXECUTE s',
        'EXECUTE nothing',
        'EXECUTE Nothing USING @i',
        'DEALLOCATE PREPARE nothing',
        'DROP PREPARE s',
        'EXECUTE s USING @i, @i, @i, @i',
        'DEALLOCATE PREPARE s',
        'SELECT ROW_COUNT()',
      ),
    ));

  test('texts from variables, texts that are refused', () =>
    same(
      database,
      ...alone(
        "SET @text = 'SELECT 1 + ?, ''a''', @a = 3",
        'PREPARE s FROM @text',
        'EXECUTE s USING @a',
        "PREPARE s FROM 'SELEC 1'",
        'SHOW WARNINGS',
        'EXECUTE s USING @a',
        'PREPARE s FROM @text',
        "PREPARE s FROM 'SELECT 1; SELECT 2'",
        'EXECUTE s USING @a',
        "PREPARE s FROM 'PREPARE t FROM ''SELECT 1'''",
        "PREPARE s FROM ''",
        "PREPARE s FROM 'LOCK TABLES x READ'",
        "PREPARE s FROM 'USE main'",
        "PREPARE s FROM 'SELECT nothing_here(?)'",
        'PREPARE s FROM @never',
        "PREPARE s FROM 'SELECT ''\\\\\\\\'', ?, \\'x\\''",
        'EXECUTE s USING @a',
        "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
        'EXECUTE s USING @a',
        "PREPARE s FROM 'SELECT ''\\'', ?'",
        'EXECUTE s USING @a',
      ),
    ));

  test('statements of the session', () =>
    same(
      database,
      ...alone(
        "PREPARE s FROM 'SET @x = ?, @y = 2'",
        'SET @v = 5',
        'EXECUTE s USING @v',
        'SELECT @x, @y',
        "PREPARE s FROM 'SET SESSION sort_buffer_size = ?'",
        'SET @v = 65536',
        'EXECUTE s USING @v',
        'SELECT @@sort_buffer_size',
        "PREPARE s FROM 'COMMIT'",
        'BEGIN',
        'EXECUTE s',
        "PREPARE s FROM 'SELECT @x := @x + ?'",
        'SET @v = 2',
        'EXECUTE s USING @v',
        'EXECUTE s USING @v',
        'SELECT @x',
        "PREPARE s FROM 'SELECT @@sql_mode = ''ANSI'', ''a'' + 1'",
        'EXECUTE s',
        'SHOW WARNINGS',
        "PREPARE s FROM 'DO ?'",
        'EXECUTE s USING @v',
        'SELECT ROW_COUNT()',
      ),
    ));

  test('several sessions with the same names', () =>
    same(
      database,
      ...['a', 'b', 'c', 'd', 'e'].flatMap((session, at): Turn[] => [
        [session, `PREPARE s FROM 'SELECT ?, ${at}'`],
        [session, `SET @v = ${at}`],
      ]),
      ...['e', 'd', 'c', 'b', 'a', 'c', 'e'].map((session): Turn => [session, 'EXECUTE s USING @v']),
      ['f', 'EXECUTE s USING @v'],
      ['f', 'DEALLOCATE PREPARE s'],
    ));
});

test('tables over shards', async () => {
  const insert = 'INSERT INTO item (id, n, s) VALUES (?, ?, ?)';
  await same(
    'user',
    ...alone(
      `PREPARE ins FROM '${insert}'`,
      `PREPARE two FROM '${insert}, (?, ?, ?)'`,
      "SET @a = 2, @b = 3, @n = 1, @m = 5000, @s = 'text', @t = _latin1 0xE9, @z = NULL",
      'EXECUTE ins USING @a, @n, @s',
      'EXECUTE ins USING @b, @n, @t',
      'EXECUTE ins USING @b, @n, @t',
      'SET @a = 4, @b = 5',
      'EXECUTE two USING @a, @n, @z, @b, @n, @s',
      'SET @a = 6, @b = 7',
      'EXECUTE two USING @a, @n, @z, @b, @m, @s',
      "PREPARE one FROM 'SELECT id, n, s FROM item WHERE id = ?'",
      'SET @a = 3',
      'EXECUTE one USING @a',
      "SET @a = '4'",
      'EXECUTE one USING @a',
      "PREPARE many FROM 'SELECT n + ?, id FROM item WHERE s = ? OR id > ? ORDER BY id DESC LIMIT ?'",
      'SET @n = 10, @i = 2, @l = 3',
      'EXECUTE many USING @n, @s, @i, @l',
      'SET @l = 1',
      'EXECUTE many USING @n, @t, @i, @l',
      "PREPARE counted FROM 'SELECT n, COUNT(*) FROM item WHERE id < ? GROUP BY n ORDER BY n'",
      'EXECUTE counted USING @l',
      'SET @l = 100',
      'EXECUTE counted USING @l',
      "PREPARE up FROM 'UPDATE item SET n = n + ? WHERE id > ?'",
      'EXECUTE up USING @n, @i',
      'SELECT ROW_COUNT()',
      'BEGIN',
      "PREPARE del FROM 'DELETE FROM item WHERE n > ? AND id > 0'",
      'EXECUTE del USING @n',
      'EXECUTE counted USING @l',
      'ROLLBACK',
      'EXECUTE counted USING @l',
      "PREPARE all_of_it FROM 'SELECT COUNT(*), SUM(n) FROM item WHERE id > 0'",
      'EXECUTE all_of_it',
    ),
  );
});

test('it holds no connection', async () => {
  await run(await stage.client(router), 'INSERT INTO item (id, n) VALUES (2, 100)');
  const clients: RawClient[] = [];
  for (let at = 0; at < 8; at++) {
    const client = await stage.client(router);
    clients.push(client);
    await ask(client, "PREPARE s FROM 'SELECT ? + n FROM item WHERE id = 2'");
    await ask(client, `SET @v = ${at}`);
  }
  for (let round = 0; round < 2; round++)
    for (const [at, client] of clients.entries())
      expect((await ask(client, 'EXECUTE s USING @v')).rows[0]?.[0] ?? 'none').toBe(String(at + 100));
  const { body } = await router.admin('/status');
  expect(body).not.toMatch(/sqlPrepared/);
});
