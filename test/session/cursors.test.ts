/** Server-side cursors over two shards, and what holds which connection for how long. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { capability, command, serverStatus } from '../../src/mysql/protocol.ts';
import { rows, run, ShardedStage } from '../sharded/stage.ts';
import { statusOf } from '../support/answer-tracker.ts';
import { readLenenc } from '../support/bytes.ts';
import { readResults } from '../support/decode.ts';
import { readError } from '../support/decode-parts.ts';
import { long, type Parameter } from '../support/parameters.ts';
import type { Answer, RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;
const ids = Array.from({ length: 40 }, (_, index) => index + 1);

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter('--pool-connections-max=4');
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router);
  await run(client, `INSERT INTO item (id, n) VALUES ${ids.map((id) => `(${id}, ${id * 2})`).join(', ')}`);
});
afterEach(() => stage.closeClients());

const deprecatesEof = ({ capabilities }: Answer): boolean => (capabilities & capability.deprecateEof) !== 0;

/** The first column of each row (BIGINT), and what the end says. */
function readFetched(answer: Answer): { ids: number[]; end: string } {
  const found: number[] = [];
  for (const { payload } of answer.packets) {
    if (payload[0] === 0xff) return { ids: found, end: `error ${readError(payload).errno}` };
    if (payload[0] === 0xfe) {
      const status = statusOf(payload, deprecatesEof(answer));
      const flags = status & (serverStatus.cursorExists | serverStatus.lastRowSent);
      const end =
        flags === serverStatus.cursorExists ? 'more' : flags === serverStatus.lastRowSent ? 'last' : '';
      return { ids: found, end };
    }
    found.push(Number(payload.readBigInt64LE(2)));
  }
  throw new Error('no end');
}

async function opened(sql: string, ...parameters: Parameter[]): Promise<number> {
  const { id } = await client.prepare(sql);
  const answer = await client.execute(id, parameters, { cursor: 1 });
  const last = answer.packets.at(-1)!.payload;
  if (last[0] === 0xff) throw new Error(readError(last).message);
  expect(readFetched({ ...answer, packets: [answer.packets.at(-1)!] })).toEqual({ ids: [], end: 'more' });
  expect(readLenenc(answer.packets[0]!.payload, 0).value).toBe(answer.packets.length - 2);
  return id;
}
const fetched = async (id: number, count: number) => readFetched(await client.fetch(id, count));

/** How many sessions hold a connection. */
async function pinnedSessions(): Promise<number> {
  const { body } = await router.admin('/status.json');
  return (JSON.parse(body) as { sessions: { pinned: number } }).sessions.pinned;
}

test.each([0, capability.deprecateEof])(
  'rows of two shards in their order, in parts (without %i)',
  async (without) => {
    client = await stage.client(router, { without });
    const id = await opened('SELECT id, n FROM item ORDER BY id');
    expect(await fetched(id, 7)).toEqual({ ids: ids.slice(0, 7), end: 'more' });
    expect(await fetched(id, 0)).toEqual({ ids: [], end: 'more' });
    expect(await fetched(id, 33)).toEqual({ ids: ids.slice(7), end: 'more' });
    expect(await fetched(id, 1)).toEqual({ ids: [], end: 'last' });
    expect(await fetched(id, 1)).toEqual({ ids: [], end: 'error 1421' });
  },
);

test('grouped, limited and unsorted rows, and parameters', async () => {
  const grouped = await opened('SELECT n DIV 10 AS tens, COUNT(*) FROM item GROUP BY tens ORDER BY tens');
  expect(await fetched(grouped, 3)).toEqual({ ids: [0, 1, 2], end: 'more' });
  expect(await fetched(grouped, 100)).toEqual({ ids: [3, 4, 5, 6, 7, 8], end: 'last' });
  const limited = await opened('SELECT id FROM item WHERE n > ? ORDER BY id DESC LIMIT 5', long(4));
  expect(await fetched(limited, 2)).toEqual({ ids: [40, 39], end: 'more' });
  expect(await fetched(limited, 4)).toEqual({ ids: [38, 37, 36], end: 'last' });
  const unsorted = await opened('SELECT id FROM item');
  const found: number[] = [];
  for (;;) {
    const { ids: some, end } = await fetched(unsorted, 9);
    found.push(...some);
    expect(end === 'last' || some.length === 9).toBe(true);
    if (end === 'last') break;
  }
  expect(found.sort((a, b) => a - b)).toEqual(ids);
  const none = await opened('SELECT id FROM item WHERE n > ? ORDER BY id', long(900));
  expect(await fetched(none, 4)).toEqual({ ids: [], end: 'last' });
});

test('one shard keeps a cursor of its own', async () => {
  const id = await opened('SELECT id FROM item WHERE id = ?', long(7));
  expect(await pinnedSessions()).toBe(1);
  expect(await fetched(id, 1)).toEqual({ ids: [7], end: 'more' });
  expect(await fetched(id, 1)).toEqual({ ids: [], end: 'last' });
  expect(await pinnedSessions()).toBe(0);
});

test('an execution without a cursor after one with', async () => {
  const id = await opened('SELECT id FROM item WHERE id = ?', long(7));
  const again = await client.execute(id, [long(8)]);
  expect(readResults(again)[0]!.rows).toEqual([['8']]);
  expect(await fetched(id, 1)).toEqual({ ids: [], end: 'error 1421' });
});

// MySQL 9.7.4 ends when the rows of these are fetched.
test.each(['EXPLAIN SELECT id FROM item WHERE id = 7', 'SHOW PROCESSLIST', 'SHOW TABLES'])(
  '%s',
  async (sql) => {
    await client.command(command.initDb, 'user:-80');
    const { id } = await client.prepare(sql);
    const answer = await client.execute(id, [], { cursor: 1 });
    expect(readResults(answer)[0]!.rows.length).toBeGreaterThan(0);
    expect(await fetched(id, 1)).toEqual({ ids: [], end: 'error 1421' });
    expect(await stage.perShard('SELECT 1')).toEqual(['1', '1']);
  },
);

test('connections are held while a cursor is open, and no longer', async () => {
  const id = await opened('SELECT id FROM item ORDER BY id');
  expect(await pinnedSessions()).toBe(1);
  const other = await opened('SELECT id FROM item ORDER BY id DESC');
  expect(await fetched(other, 50)).toEqual({ ids: [...ids].reverse(), end: 'last' });
  expect(await pinnedSessions()).toBe(1);
  await client.resetStatement(id);
  expect(await pinnedSessions()).toBe(0);
  expect(await fetched(id, 1)).toEqual({ ids: [], end: 'error 1421' });
  // Closed by the next execution, by the end of the statement, by a reset of the connection.
  await client.execute(id, [], { cursor: 1 });
  await client.execute(id);
  expect(await pinnedSessions()).toBe(0);
  await client.execute(id, [], { cursor: 1 });
  client.closeStatement(id);
  await run(client, 'SELECT 1');
  expect(await pinnedSessions()).toBe(0);
  await opened('SELECT id FROM item ORDER BY id');
  await client.command(0x1f);
  expect(await pinnedSessions()).toBe(0);
  await stage.expectNoTransactions();
});

test('other statements between the rows, and transactions', async () => {
  const id = await opened('SELECT id FROM item ORDER BY id');
  expect((await fetched(id, 2)).ids).toEqual([1, 2]);
  await run(
    client,
    'BEGIN',
    'DELETE FROM item WHERE id > 2',
    'SAVEPOINT a',
    'DELETE FROM item',
    'ROLLBACK TO a',
  );
  expect(await rows(client, 'SELECT COUNT(*) FROM item')).toEqual(['2']);
  expect((await fetched(id, 2)).ids).toEqual([3, 4]);
  const inside = await opened('SELECT id FROM item ORDER BY id');
  await run(client, 'ROLLBACK');
  expect(await rows(client, 'SELECT COUNT(*) FROM item')).toEqual(['40']);
  expect(await fetched(inside, 5)).toEqual({ ids: [1, 2], end: 'last' });
  expect(await fetched(id, 100)).toEqual({ ids: ids.slice(4), end: 'last' });
  await run(
    client,
    'BEGIN',
    'UPDATE item SET n = 1 WHERE id = 1',
    'UPDATE item SET n = 1 WHERE id = 2',
    'COMMIT',
  );
  expect(await pinnedSessions()).toBe(0);
  await stage.expectHealthy(client);
});

test('more rows than are fetched at a time, wide ones too', async () => {
  const many = Array.from({ length: 3000 }, (_, index) => `(${index + 100}, 1, REPEAT('x', 20))`);
  await run(client, `INSERT INTO item (id, n, s) VALUES ${many.join(', ')}`);
  const id = await opened('SELECT id, REPEAT(s, 500) FROM item WHERE id >= 100 ORDER BY id');
  let next = 100;
  for (const count of [1, 1500, 3, 1000]) {
    const { ids: some, end } = await fetched(id, count);
    expect(some).toEqual(Array.from({ length: count }, (_, index) => next + index));
    expect(end).toBe('more');
    next += count;
  }
  const rest = await fetched(id, 0xffff_ffff);
  expect(rest.ids.length).toBe(3100 - next);
  expect(rest.end).toBe('last');
});

test('a shard that is lost between two fetches is told of', async () => {
  const id = await opened('SELECT id FROM item ORDER BY id');
  expect((await fetched(id, 2)).ids).toEqual([1, 2]);
  stage.proxies[1].cutAll();
  await run(client, 'SELECT 1');
  expect((await fetched(id, 2)).end).toBe('error 9205');
  expect((await fetched(id, 2)).end).toBe('error 1421');
  expect(await pinnedSessions()).toBe(0);
  await stage.expectHealthy(client);
});

test('an error of a shard opens nothing', async () => {
  const { id } = await client.prepare('SELECT id, (SELECT 1 UNION SELECT id) FROM item ORDER BY id');
  const answer = await client.execute(id, [], { cursor: 1 });
  expect(readError(answer.packets.at(-1)!.payload).errno).toBe(1242);
  expect(await fetched(id, 1)).toEqual({ ids: [], end: 'error 1421' });
  expect(await pinnedSessions()).toBe(0);
  const set = await client.prepare('SET @a = 1');
  expect(readError((await client.execute(set.id, [], { cursor: 1 })).packets[0]!.payload).errno).toBe(1210);
});
