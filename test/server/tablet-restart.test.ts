/** A tablet dies and comes back: what sessions are told, and that nothing hangs and nothing is done twice. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { long } from '../support/parameters.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, refusal, value } from '../support/session-play.ts';

let stage: RouterStage;
let router: RouterUnderTest;
beforeAll(async () => {
  stage = await RouterStage.set([
    'CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, v INT)',
    'INSERT INTO t VALUES (1, 1)',
  ]);
  router = await stage.startRouter(['--gateway-hold-ms-max=30000']);
});
afterAll(() => stage?.stop());

const connect = (database = 'main') => RawClient.connect(router.endpoint, { database });

const errorOf = async (from: RawClient): Promise<number | undefined> =>
  readResults(await from.readAnswer(command.query))[0]?.error?.errno;

async function runs(word: string): Promise<void> {
  const admin = await RawClient.connect(stage.tablet);
  await until(`${word} runs`, async () => {
    const { rows } = readResults(await admin.query('SHOW FULL PROCESSLIST'))[0]!;
    return rows.some((row) => row[7]?.includes(word));
  });
  admin.destroy();
}

test('kill -9 and a new start', async () => {
  const [idle, writing, inTransaction, busyInTransaction, named, waiting, prepared] = (await Promise.all(
    Array.from({ length: 7 }, () => connect()),
  )) as [RawClient, RawClient, RawClient, RawClient, RawClient, RawClient, RawClient, RawClient];
  const elsewhere = await connect('user:80-');
  await value(idle, "SET time_zone = '+01:00'");
  await value(idle, 'SELECT v FROM t');
  await value(inTransaction, 'BEGIN');
  await value(inTransaction, 'INSERT INTO t (v) VALUES (50)');
  await value(busyInTransaction, 'BEGIN');
  await value(busyInTransaction, 'INSERT INTO t (v) VALUES (60)');
  await value(named, "SELECT GET_LOCK('named', 1)");
  const { id } = await prepared.prepare('SELECT v FROM t WHERE id = ?');
  writing.send(command.query, 'UPDATE t SET v = v + 100 + SLEEP(60) WHERE "writing" <> ""');
  await runs('writing');
  busyInTransaction.send(command.query, 'SELECT SLEEP(60), "in transaction"');
  await runs('in transaction');

  await stage.killFirst();
  // A write may have been applied: it is not repeated, and the client is told.
  expect(await errorOf(writing)).toBe(9203);
  expect(await errorOf(busyInTransaction)).toBe(9203);
  expect(await value(elsewhere, 'SELECT COUNT(*) FROM t')).toBe('1');
  const held = waiting.query('SELECT COUNT(*) FROM t');
  await until('the status says what is wrong with the tablet', async () => {
    const { topology } = JSON.parse((await router.admin('/status.json')).body);
    return topology.tablets.some(
      (tablet: { alias: string; lastError?: unknown }) => tablet.alias === 'local-1' && tablet.lastError,
    );
  });
  await stage.restartFirst();

  // Reads are repeated or wait for the tablet: nobody notices.
  expect(readResults(await held)[0]!.rows).toEqual([['1']]);
  expect(await value(idle, 'SELECT v FROM t')).toBe('1');
  expect(await value(idle, 'SELECT @@time_zone')).toBe('+01:00');
  expect(readResults(await prepared.execute(id, [long(1)]))[0]!.rows).toEqual([['1']]);

  // A transaction that is gone says so until it is given up.
  for (const client of [inTransaction, busyInTransaction]) {
    for (const sql of ['INSERT INTO t (v) VALUES (51)', 'SELECT 1', 'COMMIT'])
      expect(await refusal(client, sql)).toMatch(/^9204 \(40001\)/);
    expect(await refusal(client, 'ROLLBACK')).toBeUndefined();
    expect(await value(client, 'SELECT COUNT(*) FROM t')).toBe('1');
  }
  // Other state that is gone is said once.
  expect(await refusal(named, 'SELECT 1')).toMatch(/^9205 \(08S01\) .*namedLocks/);
  expect(await value(named, 'SELECT 1')).toBe('1');
  expect(await refusal(writing, 'INSERT INTO t (v) VALUES (2)')).toBeUndefined();
  expect((await ask(writing, 'SELECT v FROM t ORDER BY id')).rows).toEqual([['1'], ['2']]);
  await until('the router is ready', async () => (await router.admin('/readyz')).status === 200);
  for (const client of [idle, writing, inTransaction, busyInTransaction, named, waiting, prepared, elsewhere])
    client.destroy();
});

test('a read that runs when its tablet dies is repeated', async () => {
  const readers = await Promise.all(Array.from({ length: 4 }, () => connect()));
  const admin = await RawClient.connect(stage.tablet, { database: 'main' });
  const before = await value(admin, 'SELECT COUNT(*) FROM t');
  // Idle ones that die too: the repetition must not fail on one of those.
  await Promise.all(readers.map((reader) => value(reader, 'SELECT SLEEP(0.1)')));
  // A second or two of work: SLEEP() counts as an effect, so a statement with it is not sent again.
  const numbers = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 180)';
  const work = 'SELECT COUNT(*) FROM n a, n b, n c WHERE CRC32(CONCAT(a.i, b.i, c.i)) >= 0';
  readers[0]!.send(command.query, `SELECT COUNT(*), (${numbers} ${work}), "reading" FROM t`);
  await runs('reading');
  await stage.killFirst();
  const waiting = value(readers[1]!, 'SELECT COUNT(*) FROM t');
  await stage.restartFirst();
  const read = readResults(await readers[0]!.readAnswer(command.query))[0]!;
  expect(read.error).toBeUndefined();
  expect(read.rows).toEqual([[before, String(180 ** 3), 'reading']]);
  expect(await waiting).toBe(before);
  for (const client of [...readers, admin]) client.destroy();
});

test('without a tablet for longer than holdMsMax: an error, not silence', async () => {
  const impatient = await stage.startRouter(['--gateway-hold-ms-max=300']);
  const client = await RawClient.connect(impatient.endpoint, { database: 'main' });
  await value(client, 'SELECT v FROM t');
  await stage.killFirst();
  for (const sql of ['SELECT v FROM t', 'INSERT INTO t (v) VALUES (9)'])
    expect(await refusal(client, sql)).toMatch(/^(9201|9203) \(08S01\) .*local-1/);
  await stage.restartFirst();
  expect(await value(client, 'SELECT COUNT(*) FROM t')).toBe('2');
  client.destroy();
});

test('many at once, through many restarts of their connections: each gets its own answer', async () => {
  const clients = await Promise.all(Array.from({ length: 12 }, () => connect()));
  const wrong: string[] = [];
  const done = clients.map(() => 0);
  let over = false;
  const work = clients.map(async (client, at) => {
    for (let n = 0; !over; n++, done[at]!++) {
      const result = await ask(client, `SELECT '${at}-${n}' FROM t WHERE id = 1`);
      // It is repeated once; the connection for that may be the next to be killed.
      if (result.error?.errno === 9203) continue;
      const seen = result.error ? `${result.error.errno} ${result.error.message}` : result.rows[0]?.[0];
      if (seen !== `${at}-${n}`) wrong.push(`${at}-${n}: ${seen}`);
    }
  });
  const admin = await RawClient.connect(stage.tablet);
  for (let round = 0; round < 15; round++) {
    const before = [...done];
    await until('all went on', () => done.every((count, at) => count > before[at]! + 1));
    const { rows } = await ask(admin, 'SHOW PROCESSLIST');
    const own = String(admin.greeting.connectionId);
    for (const [id, , , database] of rows)
      if (database === 'main' && id !== own) await ask(admin, `KILL ${id}`);
  }
  over = true;
  await Promise.all(work);
  expect(wrong).toEqual([]);
  for (const client of [...clients, admin]) client.destroy();
});
