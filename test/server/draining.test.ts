/** SIGTERM: what is running may end, what is idle is told, nothing new comes in. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { readError } from '../support/decode-parts.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { refusal, value } from '../support/session-play.ts';

let stage: RouterStage;
beforeAll(async () => {
  stage = await RouterStage.set([
    'CREATE TABLE t (id INT PRIMARY KEY, v INT)',
    'INSERT INTO t VALUES (1, 1)',
  ]);
});
afterAll(() => stage?.stop());

const client = (router: RouterUnderTest) => RawClient.connect(router.endpoint, { database: 'main' });

/** The packet that the server sends by itself, and that it closes the connection after it. */
async function farewell(from: RawClient): Promise<string> {
  const packet = await from.receive();
  expect(packet).toBeDefined();
  const { errno, sqlState, message } = readError(packet!.payload);
  expect(await from.receive()).toBeUndefined();
  return `${errno} (${sqlState}) ${message}`;
}

const refusedConnection = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
  });

const stateIs = (router: RouterUnderTest, state: string) =>
  until(
    `the router is ${state}`,
    async () => JSON.parse((await router.admin('/status.json')).body).state === state,
  );

const runs = (word: string) =>
  until(`a statement with ${word} runs`, async () => {
    const admin = await RawClient.connect(stage.tablet);
    try {
      const { rows } = readResults(await admin.query('SHOW FULL PROCESSLIST'))[0]!;
      return rows.some((row) => row[7]?.includes(word) && !row[7].includes('PROCESSLIST'));
    } finally {
      admin.destroy();
    }
  });

test('idle clients are told, statements and transactions end in peace, then the process with code 0', async () => {
  const router = await stage.startRouter(['--shutdown-drain-ms-max=20000']);
  const [idle, holding, inTransaction, pending, busy, login] = [
    await client(router),
    await client(router),
    await client(router),
    await client(router),
    await client(router),
    await RawClient.open(router.endpoint),
  ];
  await value(holding, 'SET @x = 1');
  await value(inTransaction, 'BEGIN');
  await value(inTransaction, 'UPDATE t SET v = 2 WHERE id = 1');
  await value(pending, 'BEGIN');
  busy.send(command.query, 'SELECT SLEEP(1.5), "drained"');
  await runs('drained');

  router.child.kill('SIGTERM');
  await router.logged('draining');
  const ready = await router.admin('/readyz');
  expect([ready.status, ready.body]).toEqual([503, expect.stringContaining('draining')]);
  expect((await router.admin('/healthz')).status).toBe(200);
  expect(await farewell(idle)).toBe('1053 (08S01) Server shutdown in progress');
  expect(await farewell(holding)).toMatch(/^1053 /);
  expect(await farewell(login)).toMatch(/^1053 /);
  await until(
    'new connections are refused',
    async () => (await refusedConnection(router.endpoint.port)) === 'ECONNREFUSED',
  );

  expect(await value(inTransaction, 'SELECT v FROM t WHERE id = 1')).toBe('2');
  expect(await value(pending, 'SELECT COUNT(*) FROM t')).toBe('1');
  expect(await refusal(pending, 'COMMIT')).toBeUndefined();
  expect(await farewell(pending)).toMatch(/^1053 /);
  expect(readResults(await busy.readAnswer(command.query))[0]!.rows).toEqual([['0', 'drained']]);
  expect(await farewell(busy)).toMatch(/^1053 /);
  expect(await refusal(inTransaction, 'COMMIT')).toBeUndefined();
  expect(await farewell(inTransaction)).toMatch(/^1053 /);
  expect(await router.ended).toBe(0);
  expect(router.log().filter(({ level }) => level === 'error')).toEqual([]);
  const after = await RawClient.connect(stage.tablet, { database: 'main' });
  expect(await value(after, 'SELECT v FROM t')).toBe('2');
  after.destroy();
});

test('at the deadline what still runs is closed, and rolled back', async () => {
  const router = await stage.startRouter(['--shutdown-drain-ms-max=300']);
  const inTransaction = await client(router);
  const busy = await client(router);
  await value(inTransaction, 'BEGIN');
  await value(inTransaction, 'UPDATE t SET v = 77 WHERE id = 1');
  // Unlike SLEEP this does not look whether somebody still listens.
  busy.send(command.query, "SELECT BENCHMARK(100000000000, SHA2('too long', 512))");
  await runs('too long');
  router.child.kill('SIGTERM');
  expect(await router.ended).toBe(0);
  expect((await busy.readAnswer(command.query)).closed).toBe(true);
  const after = await RawClient.connect(stage.tablet, { database: 'main' });
  expect(await value(after, 'SELECT v FROM t WHERE id = 1 FOR UPDATE')).toBe('2');
  await until('the statement is stopped on the tablet', async () => {
    const { rows } = readResults(await after.query('SHOW FULL PROCESSLIST'))[0]!;
    return !rows.some((row) => row[7]?.includes('too long'));
  });
  after.destroy();
});

test('a second SIGTERM ends it at once', async () => {
  const router = await stage.startRouter(['--shutdown-drain-ms-max=60000']);
  const inTransaction = await client(router);
  await value(inTransaction, 'BEGIN');
  router.child.kill('SIGTERM');
  await stateIs(router, 'draining');
  router.child.kill('SIGTERM');
  expect(await router.ended).not.toBe(0);
  expect(await inTransaction.receive()).toBeUndefined();
});

test('SIGINT drains too, and nothing to wait for means no wait', async () => {
  const router = await stage.startRouter(['--shutdown-drain-ms-max=60000']);
  const idle = await client(router);
  router.child.kill('SIGINT');
  expect(await farewell(idle)).toMatch(/^1053 /);
  expect(await router.ended).toBe(0);
});
