/** SET TRANSACTION over shards: for the next transaction alone, on every shard that takes part. */
import { afterAll, beforeAll, beforeEach, test } from 'vitest';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { playSame, type Turn } from '../support/session-play.ts';
import { ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter();
});
afterAll(() => stage?.stop());
beforeEach(() => stage.clear());

const fill = 'INSERT INTO item (id, n) VALUES (2, 20), (3, 30)';

test.each<[string, readonly string[]]>([
  [
    'read only',
    [
      'SET TRANSACTION READ ONLY',
      'BEGIN',
      'SELECT n FROM item WHERE id = 2',
      'UPDATE item SET n = 1 WHERE id = 3',
      'UPDATE item SET n = 1 WHERE id > 0',
      'COMMIT',
      'BEGIN',
      'UPDATE item SET n = 1 WHERE id = 3',
      'UPDATE item SET n = 1 WHERE id > 0',
      'COMMIT',
    ],
  ],
  [
    'READ WRITE of the transaction itself counts',
    [
      'SET TRANSACTION READ ONLY',
      'START TRANSACTION READ WRITE',
      'UPDATE item SET n = 2 WHERE id > 0',
      'COMMIT',
    ],
  ],
  [
    'a statement by itself',
    [
      'SET @@transaction_read_only = ON',
      'UPDATE item SET n = 3 WHERE id = 2',
      'UPDATE item SET n = 4 WHERE id = 2',
      'SET TRANSACTION READ ONLY',
      'UPDATE item SET n = 3 WHERE id > 0',
      'SELECT id, n FROM item WHERE id > 0 ORDER BY id',
    ],
  ],
  [
    'without autocommit',
    [
      'SET autocommit = 0',
      'SET TRANSACTION READ ONLY, ISOLATION LEVEL SERIALIZABLE',
      'SELECT n FROM item WHERE id = 2',
      'UPDATE item SET n = 3 WHERE id = 3',
      'COMMIT',
      'UPDATE item SET n = 6 WHERE id = 3',
      'COMMIT',
    ],
  ],
  [
    'within a transaction, and wrong ones',
    [
      'BEGIN',
      'SET TRANSACTION READ ONLY',
      'SELECT n FROM item WHERE id = 2',
      'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
      'SET SESSION TRANSACTION READ ONLY',
      'ROLLBACK',
      'SET TRANSACTION ISOLATION LEVEL NOPE',
      'SET TRANSACTION READ ONLY, READ WRITE',
      'UPDATE item SET n = 7 WHERE id = 2',
      'SET SESSION TRANSACTION READ WRITE',
      'UPDATE item SET n = 7 WHERE id = 2',
    ],
  ],
])('%s', async (_, statements) => {
  const turns = [fill, ...statements].map((sql): Turn => ['a', sql]);
  await playSame(stage.reference, router.endpoint, turns, { database: 'user' });
});

test('the isolation level, seen by what another session commits', async () => {
  for (const level of ['READ COMMITTED', 'REPEATABLE READ']) {
    await stage.clear();
    const turns: Turn[] = [
      ['b', fill],
      ['a', `SET TRANSACTION ISOLATION LEVEL ${level}`],
      ['a', 'BEGIN'],
      ['a', 'SELECT id, n FROM item WHERE id > 0 ORDER BY id'],
      ['b', 'UPDATE item SET n = n + 1 WHERE id > 0'],
      ['a', 'SELECT id, n FROM item WHERE id > 0 ORDER BY id'],
      ['a', 'COMMIT'],
      ['a', 'SELECT id, n FROM item WHERE id > 0 ORDER BY id'],
    ];
    await playSame(stage.reference, router.endpoint, turns, { database: 'user' });
  }
});
