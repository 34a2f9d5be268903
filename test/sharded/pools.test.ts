/** Statements over several shards with hardly any connections: they never wait for each other in a circle. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { ask } from '../support/session-play.ts';
import { refusalOf, rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let routers: readonly RouterUnderTest[];

beforeAll(async () => {
  stage = await ShardedStage.set();
  const withPool = (connections: number) =>
    stage.startRouter(
      `--pool-connections-max=${connections}`,
      '--pool-wait-ms-max=2000',
      '--session-result-buffer-bytes-max=65536',
    );
  routers = await Promise.all([withPool(1), withPool(2)]);
});
afterAll(() => stage?.stop());
beforeEach(() => stage.clear());
afterEach(() => stage.closeClients());

const connect = (at: number, count: number) =>
  Promise.all(Array.from({ length: count }, () => stage.client(routers[at]!)));

describe.each([[0], [1]])('%i', (at) => {
  test('many statements of many sessions', async () => {
    const sessions = await connect(at, 10);
    await run(sessions[0]!, 'INSERT INTO item (id) VALUES (2), (3), (4), (5)');
    const errors = await Promise.all(
      sessions.map(async (session, own) => {
        const failed: unknown[] = [];
        for (let turn = 0; turn < 15; turn++) {
          const sql = [
            'SELECT id FROM item ORDER BY id',
            'UPDATE item SET n = n + 1',
            `INSERT INTO note (n) VALUES (${own}), (${own}), (${own})`,
            'SELECT id, SLEEP(0.002) FROM item',
            'SELECT n FROM item WHERE id = 3',
            'SELECT n FROM item WHERE id = 2',
          ][(own + turn) % 6]!;
          const { error } = await ask(session, sql);
          if (error !== undefined) failed.push([sql, error.errno, error.message]);
        }
        return failed;
      }),
    );
    // Updates of the same rows from two sides may still meet in MySQL.
    expect(errors.flat().filter((error) => (error as [string, number])[1] !== 1213)).toEqual([]);
    await stage.expectHealthy(sessions[0]!);
  });

  test('transactions hold what others wait for: 9206, then all is well', async () => {
    const sessions = await connect(at, at + 2);
    const waiting = sessions.pop()!;
    for (const session of sessions) await run(session, 'BEGIN', 'SELECT n FROM item WHERE id = 2');
    for (const sql of [
      'SELECT id FROM item',
      'INSERT INTO item (id) VALUES (8), (9)',
      'SELECT n FROM item WHERE id = 4',
    ])
      expect(await refusalOf(waiting, sql)).toMatch(/^9206/);
    // It waits for the connection to the first shard only.
    await run(waiting, 'SELECT n FROM item WHERE id = 3');
    for (const session of sessions) await run(session, 'INSERT INTO item (id) VALUES (101)', 'ROLLBACK');
    await run(waiting, 'INSERT INTO item (id) VALUES (8), (9)');
    expect(await rows(waiting, 'SELECT id FROM item ORDER BY id')).toEqual(['8', '9']);
    await stage.expectHealthy(waiting);
  });

  test('a statement that gave up has given its connections back', async () => {
    const sessions = await connect(at, at + 2);
    const waiting = sessions.pop()!;
    for (const session of sessions) await run(session, 'BEGIN', 'SELECT n FROM item WHERE id = 3');
    expect(await refusalOf(waiting, 'SELECT id FROM item')).toMatch(/^9206/);
    await run(waiting, 'SELECT n FROM item WHERE id = 2');
    for (const session of sessions) await run(session, 'SELECT n FROM item WHERE id = 2', 'COMMIT');
    await stage.expectHealthy(waiting);
  });

  test('two transactions take the shards in opposite order: one gives up, none hangs', async () => {
    const [one, two] = (await connect(at, 2)) as [RawClient, RawClient];
    if (at === 1) return;
    await run(one, 'BEGIN', 'INSERT INTO item (id) VALUES (2)');
    await run(two, 'BEGIN', 'INSERT INTO item (id) VALUES (3)');
    one.send(command.query, 'INSERT INTO item (id) VALUES (5)');
    two.send(command.query, 'INSERT INTO item (id) VALUES (4)');
    const answers = await Promise.all([one, two].map((client) => client.readAnswer(command.query)));
    expect(answers.map((answer) => readResults(answer)[0]!.error?.errno)).toContain(9206);
    await run(one, 'ROLLBACK');
    await run(two, 'ROLLBACK');
    await stage.expectHealthy(one);
  });

  test('a client that waits for a connection is killed or leaves', async () => {
    const sessions = await connect(at, at + 2);
    const waiting = sessions.pop()!;
    for (const session of sessions) await run(session, 'BEGIN', 'SELECT n FROM item WHERE id = 3');
    const [id] = await rows(waiting, 'SELECT CONNECTION_ID()').catch(() => ['0']);
    waiting.send(command.query, 'SELECT id FROM item');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await run(sessions[0]!, `KILL QUERY ${id}`);
    expect(readResults(await waiting.readAnswer(command.query))[0]!.error!.errno).toBe(1317);
    waiting.send(command.query, 'SELECT id FROM item');
    await new Promise((resolve) => setTimeout(resolve, 200));
    waiting.reset();
    for (const session of sessions) await run(session, 'ROLLBACK');
    await stage.expectHealthy(sessions[0]!);
  });
});
