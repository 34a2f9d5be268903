/** User variables in statements over shards: as values of vindex columns, and wherever else they stand, as on one MySQL. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { long } from '../support/parameters.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { explained, interleaved, playSame } from '../support/session-play.ts';
import { ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter('--pool-connections-max=2');
});
afterAll(() => stage?.stop());
beforeEach(() => stage.clear());

const fill =
  "INSERT INTO item (id, n, s) VALUES (2, 20, 'b'), (3, 30, 'c'), (4, 40, 'd'), (5, 50, 'e'), (6, 60, 'f')";

const same = (...statements: string[]) =>
  playSame(
    stage.reference,
    router.endpoint,
    interleaved(statements.includes('BEGIN') ? ['a'] : ['a', 'b'], statements),
    { database: 'user' },
  );

test.each<[string, readonly string[]]>([
  [
    'values of the vindex column',
    [
      "SET @i = 3, @u = CAST(4 AS UNSIGNED), @s = '5', @d = 6.0, @f = 2e0, @none = NULL, @half = 2.5",
      ...['@i', '@u', '@s', '@d', '@f', '@none', '@half', '@unset', '-@i', '+@i', '@`I`'].map(
        (variable) => `SELECT id, n FROM item WHERE id = ${variable}`,
      ),
      'SELECT id FROM item WHERE id IN (@i, @u, 6) ORDER BY id',
      'SELECT id FROM item WHERE id = @i OR id = @u ORDER BY id',
      'SELECT id FROM item WHERE id = @i + 1',
      'SELECT id FROM item WHERE id BETWEEN @u AND 6 ORDER BY id',
    ],
  ],
  [
    'conditions and columns over shards',
    [
      "SET @n = 30, @s = 'd'",
      'SELECT id FROM item WHERE n > @n AND id > 0 ORDER BY id',
      'SELECT id, @n, @s FROM item WHERE s = @s AND id > 0',
      'SELECT COUNT(*) FROM item WHERE n >= @n AND id > 0',
      'SELECT id, n + @n AS m FROM item WHERE id > 0 ORDER BY m DESC LIMIT 2',
      'SET @n = 50',
      'SELECT id FROM item WHERE n > @n AND id > 0 ORDER BY id',
    ],
  ],
  [
    'writes',
    [
      "SET @a = 12, @b = 13, @text = CONCAT('x', 'y'), @n = 7, @none = NULL",
      'INSERT INTO item (id, n, s) VALUES (@a, @n, @text), (@b, @n + 1, NULL)',
      'INSERT INTO item SET id = @none, n = 1',
      'UPDATE item SET n = n + @n WHERE id IN (@a, @b)',
      'UPDATE item SET s = @text WHERE n > @n AND id > 0',
      'SELECT * FROM item WHERE id > 0 ORDER BY id',
      'DELETE FROM item WHERE id = @b',
      'BEGIN',
      'SET @n = 100',
      'UPDATE item SET n = @n WHERE id = @a',
      'SET @n = 200',
      'UPDATE item SET n = @n WHERE id = 3',
      'SELECT id, n, @n FROM item WHERE n >= 100 AND id > 0 ORDER BY id',
      'ROLLBACK',
      'SELECT @n, @a',
    ],
  ],
  [
    'values that are read and used',
    [
      'SELECT id, n, id + 1 INTO @id, @n, @next FROM item WHERE id = 3',
      'SELECT @id, @n',
      'SELECT s FROM item WHERE id = @id',
      'SELECT n INTO @n FROM item WHERE id = @next',
      'SELECT id FROM item WHERE n = @n AND id > 0',
      'SELECT @n := n FROM item WHERE id = 4',
      'SELECT id FROM item WHERE n = @n AND id > 0',
    ],
  ],
])('%s', async (_, statements) => {
  for (const endpoint of [stage.reference, router.endpoint]) {
    const client = await stage.client({ endpoint });
    await client.query(fill);
  }
  await same(...statements);
});

test('as values of prepared statements', async () => {
  const answers = await Promise.all(
    [stage.reference, router.endpoint].map(async (endpoint) => {
      const client = await stage.client({ endpoint });
      await client.query(fill);
      const first = await client.prepare('SELECT n FROM item WHERE id = @id AND n > ?');
      const second = await client.prepare('UPDATE item SET n = n + @more WHERE id = @id');
      const third = await client.prepare('INSERT INTO item (id, n) VALUES (@id, ?)');
      const seen: string[] = [];
      for (const id of [2, 3, 4]) {
        await client.query(`SET @id = ${id}, @more = ${id}`);
        seen.push(...explained(await client.execute(first.id, [long(1)])));
        seen.push(...explained(await client.execute(second.id)));
        seen.push(...explained(await client.execute(third.id, [long(1)])));
      }
      seen.push(...explained(await client.query('SELECT id, n FROM item WHERE id > 0 ORDER BY id')));
      return seen;
    }),
  );
  expect(answers[1]).toEqual(answers[0]);
});
