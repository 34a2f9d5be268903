/** What the next statement may ask about one that ran on several shards: the same as of one MySQL. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { rootAt, runStatements } from '../support/mysqld.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { interleaved, playSame, value } from '../support/session-play.ts';
import { run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
/** With plenty of connections, and with one for each tablet, which the sessions have in turn. */
let routers: readonly RouterUnderTest[];

beforeAll(async () => {
  stage = await ShardedStage.set();
  routers = await Promise.all([
    stage.startRouter(),
    stage.startRouter('--pool-connections-max=1', '--pool-wait-ms-max=3000'),
  ]);
});
afterAll(() => stage?.stop());

const questions = [
  'SHOW WARNINGS',
  'SHOW COUNT(*) WARNINGS',
  'SHOW ERRORS',
  'SELECT @@warning_count',
  'SELECT @@error_count',
  'SELECT ROW_COUNT()',
  'SELECT FOUND_ROWS()',
  'SELECT LAST_INSERT_ID()',
];

const fill = "INSERT INTO item (id, n, s) VALUES (2, 1, 'a'), (3, 1, 'b'), (4, 1, 'c'), (5, 1, 'd')";

describe.each([[0], [1]])('router %i', (at) => {
  test.each([
    ['INSERT', [], 'INSERT INTO item (id, n) VALUES (10, 1), (11, 1), (13, 1)'],
    ['INSERT SET', [], 'INSERT INTO item SET id = 10'],
    [
      'INSERT with warnings',
      ["SET sql_mode = ''"],
      'INSERT INTO item (id, tiny) VALUES (11, 999), (10, 1), (13, 5), (12, -999), (15, 999)',
    ],
    ['INSERT that fails', [], 'INSERT INTO item (id, tiny) VALUES (10, 1), (11, 1), (13, 999)'],
    ['INSERT of a duplicate', [], 'INSERT INTO item (id) VALUES (10), (11), (3)'],
    ['REPLACE', [], 'REPLACE INTO item (id, n) VALUES (2, 5), (3, 5), (7, 5)'],
    ['INSERT IGNORE', [], 'INSERT IGNORE INTO item (id, n) VALUES (2, 5), (3, 5), (7, 5), (8, 1)'],
    [
      'ON DUPLICATE KEY UPDATE',
      [],
      'INSERT INTO item (id, n) VALUES (2, 5), (3, 5), (7, 5) ON DUPLICATE KEY UPDATE n = n + 1',
    ],
    ['UPDATE', [], 'UPDATE item SET n = 2 WHERE id > 2'],
    ['UPDATE of nothing new', [], 'UPDATE item SET n = 1 WHERE id > 0'],
    ['UPDATE of no rows', [], 'UPDATE item SET n = 1 WHERE id > 100'],
    ['DELETE', [], 'DELETE FROM item WHERE id > 2'],
    ['DELETE of no rows', [], 'DELETE FROM item WHERE id > 100'],
    ['SELECT', [], 'SELECT id FROM item WHERE id > 2 ORDER BY id'],
    ['a word that is no statement', [], 'SELEC 1'],
    ['half a statement', [], 'SELECT 1 FROM'],
    ['an unknown function', [], 'SELECT nothing_here(1)'],
    ['an unknown function in SET', [], 'SET @a = nothing_here()'],
    ['an unknown procedure', [], 'CALL nothing_here()'],
    ['SELECT with LIMIT', [], 'SELECT id FROM item WHERE id > 0 ORDER BY id LIMIT 3'],
    ['SELECT with warnings', [], 'SELECT id, s + 0 FROM item WHERE id IN (2, 3) ORDER BY id'],
    ['an aggregate', [], 'SELECT COUNT(*), SUM(n) FROM item WHERE id > 0'],
  ])('%s', async (_, settings, sql) => {
    for (const question of questions) {
      await stage.clear();
      await playSame(
        stage.reference,
        routers[at]!.endpoint,
        interleaved(['a'], [fill, ...settings, sql, question, question]),
        {
          database: 'user',
        },
      );
    }
  });

  test('two sessions in turn', async () => {
    await stage.clear();
    await playSame(
      stage.reference,
      routers[at]!.endpoint,
      [
        ['a', fill],
        ['b', 'SELECT id FROM item WHERE id > 2 ORDER BY id'],
        ['a', 'UPDATE item SET n = 3 WHERE id > 2'],
        ['b', 'SELECT FOUND_ROWS()'],
        ['a', 'SELECT ROW_COUNT()'],
        ['b', "SET sql_mode = ''"],
        ['b', 'UPDATE item SET tiny = 999 WHERE id > 3'],
        ['a', 'DELETE FROM item WHERE id IN (2, 3)'],
        // Which rows they are about is counted by each shard for itself.
        ['b', 'SHOW COUNT(*) WARNINGS'],
        ['a', 'SELECT ROW_COUNT()'],
        ['b', 'SELECT id FROM item WHERE id = 4'],
        ['a', 'SELECT ROW_COUNT(), LAST_INSERT_ID()'],
      ],
      { database: 'user' },
    );
  });
});

describe('after COM_RESET_CONNECTION', () => {
  test('ROW_COUNT() and FOUND_ROWS() are those of one MySQL', async () => {
    await stage.clear();
    const seen = await Promise.all(
      [stage.reference, ...routers.map(({ endpoint }) => endpoint)].map(async (endpoint) => {
        const answers: (string | null)[] = [];
        for (const question of ['SELECT ROW_COUNT()', 'SELECT FOUND_ROWS()', 'SELECT @@warning_count'])
          for (const before of [
            'UPDATE item SET n = 2 WHERE id = 2',
            'SELECT id FROM item WHERE id > 0',
            'SELECT 1',
            'nonsense',
          ]) {
            const client = await stage.client({ endpoint });
            await client.query(before);
            await client.command(command.resetConnection);
            answers.push(await value(client, question));
            client.destroy();
          }
        return answers;
      }),
    );
    expect(seen[1]).toEqual(seen[0]);
    expect(seen[2]).toEqual(seen[0]);
  });

  test.each([[0], [1]])('LAST_INSERT_ID() is 0 on every connection (router %i)', async (at) => {
    await runStatements(rootAt(stage.servers.first.port), ['DELETE FROM plain'], 'main');
    const client: RawClient = await stage.client(routers[at]!, { database: 'main' });
    await run(client, 'BEGIN', 'INSERT INTO auto (v) VALUES (1)', 'COMMIT');
    await client.command(command.resetConnection);
    await run(client, 'INSERT INTO plain (id) VALUES (1)');
    expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe('0');
    await run(client, 'INSERT INTO auto (v) VALUES (1)');
    const id = await value(client, 'SELECT LAST_INSERT_ID()');
    expect(id).not.toBe('0');
    await client.command(command.resetConnection);
    await run(client, `INSERT INTO auto (id, v) VALUES (${Number(id) + 1}, 1)`);
    expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe('0');
    await run(client, 'INSERT INTO auto (v) VALUES (1)');
    await client.command(command.resetConnection);
    expect(await value(client, 'SELECT LAST_INSERT_ID()')).toBe('0');
    stage.closeClients();
  });
});
