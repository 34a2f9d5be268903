/** Joins over shards when something is in their way: slow clients, few connections, kills, lost shards, transactions. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { ask, refusal, value } from '../support/session-play.ts';
import { JoinStage, MANY_ROWS } from './stage.ts';

let stage: JoinStage;
let router: RouterUnderTest;
let client: RawClient;

/** Of millions of rows: each row meets some hundreds. */
const LARGE = 'SELECT m.id, m.note, n.id, n.note FROM many m JOIN many n ON n.u = m.u';
const IN_ORDER = 'SELECT m.id, n.id FROM many m JOIN many n ON n.i = m.id ORDER BY m.id';
const QUERY_INTERRUPTED = 1317;
const TABLET_LOST = 9203;

beforeAll(async () => {
  stage = await JoinStage.set();
  router = await stage.startRouter('--pool-connections-max=2', '--pool-wait-ms-max=20000');
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  client = await stage.client(router);
});
afterEach(() => stage.closeClients());

async function onTablet<T>(at: 0 | 1, run: (tablet: RawClient) => Promise<T>): Promise<T> {
  const endpoint: Endpoint = stage.tablets[at];
  const tablet = await RawClient.connect(endpoint, { database: 'user' });
  try {
    return await run(tablet);
  } finally {
    tablet.destroy();
  }
}

/** What the router's connections to a tablet run. */
const running =
  "SELECT id FROM information_schema.processlist WHERE info LIKE '%many%' AND id <> CONNECTION_ID()";

/** Nothing of a statement is left on the tablets. */
async function expectQuiet(): Promise<void> {
  const giveUpAtMs = Date.now() + 20_000;
  for (const at of [0, 1] as const) {
    for (;;) {
      const left = await onTablet(at, (tablet) => value(tablet, `SELECT COUNT(*) FROM (${running}) t`));
      if (left === '0') break;
      if (Date.now() > giveUpAtMs) throw new Error(`${left} statements are left on tablet ${at}`);
      await sleep(50);
    }
  }
}

/** Begins a large result and waits until the socket is full. */
async function begin(): Promise<void> {
  client.pause();
  client.send(command.query, LARGE);
  await sleep(300);
}

test('a client that goes away in the middle leaves nothing behind', async () => {
  await begin();
  client.destroy();
  await expectQuiet();
  const next = await stage.client(router);
  expect(await value(next, 'SELECT COUNT(*) FROM many')).toBe(String(MANY_ROWS));
});

test('KILL QUERY ends a join in the middle, and the session goes on', async () => {
  const other = await stage.client(router);
  const id = await value(client, 'SELECT CONNECTION_ID()');
  await begin();
  await ask(other, `KILL QUERY ${id}`);
  client.resume();
  const [result] = readResults(await client.readAnswer(command.query));
  expect(result!.error?.errno).toBe(QUERY_INTERRUPTED);
  await expectQuiet();
  expect(await value(client, 'SELECT COUNT(*) FROM many')).toBe(String(MANY_ROWS));
});

describe('a tablet is lost while it looks something up', () => {
  const waiting =
    "SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT%m.id%' AND state LIKE 'Waiting%'";

  /** Kills the lookup as soon as it waits; the table is locked. */
  async function killLookup(at: 0 | 1): Promise<void> {
    const giveUpAtMs = Date.now() + 20_000;
    for (;;) {
      const found = await onTablet(at, async (tablet) => {
        const { rows } = await ask(tablet, waiting);
        for (const [id] of rows) await refusal(tablet, `KILL ${id}`);
        return rows.length > 0;
      });
      if (found) return;
      if (Date.now() > giveUpAtMs) throw new Error('no lookup came');
      await sleep(20);
    }
  }

  /** Locks the table on both tablets, so that the client has nothing yet. */
  async function locked(): Promise<() => Promise<void>> {
    const guards = await Promise.all(stage.tablets.map((endpoint) => stage.client({ endpoint })));
    for (const guard of guards) await ask(guard, 'LOCK TABLES many WRITE');
    return async () => {
      for (const guard of guards) await ask(guard, 'UNLOCK TABLES');
    };
  }

  const sql = 'SELECT a.id, m.id FROM a STRAIGHT_JOIN many m ON m.i = a.i ORDER BY a.id, m.id';

  test.each([0, 1] as const)('once: it is read again (%i)', async (at) => {
    const expected = await ask(client, sql);
    const unlock = await locked();
    const answer = ask(client, sql);
    await killLookup(at);
    await unlock();
    expect((await answer).rows).toEqual(expected.rows);
    await expectQuiet();
  });

  test.each([0, 1] as const)('twice: an error (%i)', async (at) => {
    const unlock = await locked();
    const answer = ask(client, sql);
    await killLookup(at);
    await killLookup(at);
    expect((await answer).error?.errno).toBe(TABLET_LOST);
    await unlock();
    await expectQuiet();
    expect((await ask(client, sql)).error).toBeUndefined();
  });
});

test('many joins at once share few connections', async () => {
  const clients = await Promise.all(Array.from({ length: 6 }, () => stage.client(router)));
  const results = await Promise.all(clients.map((each) => ask(each, IN_ORDER)));
  for (const { rows, error } of results) {
    expect(error).toBeUndefined();
    expect(rows).toHaveLength(MANY_ROWS - 1);
  }
});

describe('in a transaction', () => {
  const mine =
    "SELECT a.note, b.note FROM a JOIN b ON b.i = a.i WHERE a.note LIKE 'mine%' ORDER BY a.id, b.id";

  test('a join sees what the transaction has done, on all of its shards', async () => {
    await ask(client, 'BEGIN');
    await ask(client, "INSERT INTO a (id, i, note) VALUES (1001, 4711, 'mine 1'), (1002, 4711, 'mine 2')");
    await ask(client, "INSERT INTO b (id, i, note) VALUES (1001, 4711, 'one'), (1002, 4711, 'two')");
    expect((await ask(client, mine)).rows).toEqual([
      ['mine 1', 'one'],
      ['mine 1', 'two'],
      ['mine 2', 'one'],
      ['mine 2', 'two'],
    ]);
    const other = await stage.client(router);
    expect((await ask(other, mine)).rows).toEqual([]);
    await ask(client, 'ROLLBACK');
    expect((await ask(client, mine)).rows).toEqual([]);
  });

  test('many rows are read before the first lookup', async () => {
    await ask(client, 'START TRANSACTION READ ONLY');
    for (let round = 0; round < 2; round++) {
      const { rows, error } = await ask(client, IN_ORDER);
      expect(error).toBeUndefined();
      expect(rows).toHaveLength(MANY_ROWS - 1);
    }
    const { rows } = await ask(
      client,
      'SELECT x.id, y.id, z.id FROM many x JOIN many y ON y.i = x.id JOIN many z ON z.i = y.id',
    );
    expect(rows.length).toBeGreaterThan(MANY_ROWS / 4);
    await ask(client, 'COMMIT');
  });

  test('a client that goes away in the middle ends its transaction', async () => {
    await ask(client, 'BEGIN');
    await begin();
    client.destroy();
    await expectQuiet();
    const next = await stage.client(router);
    expect(await refusal(next, "UPDATE many SET note = 'x' WHERE id < 5")).toBeUndefined();
  });
});

test('settings of the session count for both sides', async () => {
  await ask(client, 'SET sql_select_limit = 3');
  const { rows } = await ask(client, IN_ORDER);
  expect(rows.map(([id]) => id)).toEqual(['1', '1', '2']);
  const left = 'SELECT m.id, n.id FROM many m LEFT JOIN many n ON n.id = m.i ORDER BY m.id LIMIT 5';
  expect((await ask(client, left)).rows).toHaveLength(5);
});

test('a selected shard is not the whole keyspace', async () => {
  const own = await stage.client(router, { database: 'user:-80' });
  expect(await refusal(own, 'SELECT a.id FROM a JOIN main.b ON a.i = b.i')).toContain('9102');
});

test('errors of either side are told, warnings of all are counted', async () => {
  expect(await refusal(client, 'SELECT a.id FROM a JOIN b ON a.i = b.i WHERE b.nosuch = 1')).toContain(
    '1054',
  );
  const { ok } = await ask(client, 'SELECT a.id FROM a JOIN b ON a.i = b.i ORDER BY a.id');
  expect(ok?.warnings ?? 0).toBe(0);
});

test('too little memory is an error that says so', async () => {
  const poor = await stage.startRouter('--engine-statement-bytes-max=1048576');
  const own = await stage.client(poor);
  expect(await refusal(own, `${LARGE} ORDER BY n.note, m.note`)).toContain('9121');
  expect(await value(own, 'SELECT COUNT(*) FROM many')).toBe(String(MANY_ROWS));
});
