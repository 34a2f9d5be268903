/** Prepared statements on tablets that have room for few: the router keeps to its share, and makes room where others have taken it. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readResults } from '../support/decode.ts';
import { runStatements } from '../support/mysqld.ts';
import { long, longData } from '../support/parameters.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask } from '../support/session-play.ts';

const TABLET_MAX = 12;
const ERRNO_TOO_MANY = 1461;

let stage: RouterStage;
let router: RouterUnderTest;
const clients: RawClient[] = [];

beforeAll(async () => {
  stage = await RouterStage.set();
  await runStatements(stage.tablet, [`SET GLOBAL max_prepared_stmt_count = ${TABLET_MAX}`]);
  router = await stage.startRouter([
    '--session-prepared-statements-max=30',
    '--session-prepared-bytes-max=4000',
    '--session-long-data-bytes-max=5000',
  ]);
});
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});
afterAll(() => stage?.stop());

async function connect(endpoint: Endpoint): Promise<RawClient> {
  const client = await RawClient.connect(endpoint, { database: 'main' });
  clients.push(client);
  return client;
}

const textOf = (at: number) => `SELECT ${at} + ?`;

async function execute(client: RawClient, id: number, parameter: number): Promise<unknown> {
  const [result] = readResults(await client.execute(id, [long(parameter)]));
  return result!.error === undefined ? result!.rows[0]![0] : result!.error.errno;
}

const statementsOnTablet = async () =>
  Number(
    (await ask(await connect(stage.tablet), "SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'")).rows[0]![1],
  );

const metric = async (name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec((await router.admin('/metrics')).body)?.[1]);

test('a session uses more statements than fit, and the share is kept', async () => {
  const client = await connect(router.endpoint);
  const ids: number[] = [];
  for (let at = 0; at < 20; at++) ids.push((await client.prepare(textOf(at))).id);
  for (let round = 0; round < 2; round++)
    for (const [at, id] of ids.entries()) expect(Number(await execute(client, id, 100))).toBe(at + 100);
  expect(await statementsOnTablet()).toBeLessThanOrEqual(TABLET_MAX / 2);
  expect(await metric('headgate_client_prepared_statements')).toBe(20);
  expect(await metric('headgate_pool_prepared_statements{tablet="local-1"}')).toBeGreaterThan(0);
  expect(await metric('headgate_pool_prepared_statements_evicted_total{tablet="local-1"}')).toBeGreaterThan(
    10,
  );
});

test('many connections keep to it together', async () => {
  const sessions = await Promise.all(Array.from({ length: 10 }, () => connect(router.endpoint)));
  const play = async (client: RawClient, at: number): Promise<void> => {
    const { id } = await client.prepare(textOf(at));
    for (let turn = 0; turn < 20; turn++) expect(Number(await execute(client, id, turn))).toBe(at + turn);
  };
  await Promise.all(sessions.map(play));
  await until('the share is kept', async () => (await statementsOnTablet()) <= TABLET_MAX / 2);
});

test('others fill the tablet: room is made, and where there is none the client hears it', async () => {
  const client = await connect(router.endpoint);
  const { id } = await client.prepare(textOf(1));
  expect(Number(await execute(client, id, 1))).toBe(2);
  const other = await connect(stage.tablet);
  while ((await other.prepare(textOf(7))).id !== 0);
  // What the router keeps for later is given up for what is wanted now.
  const { id: second } = await client.prepare(textOf(2));
  expect(Number(await execute(client, second, 1))).toBe(3);
  expect(Number(await execute(client, id, 5))).toBe(6);
  await runStatements(stage.tablet, ['SET GLOBAL max_prepared_stmt_count = 0']);
  try {
    const { answer } = await client.prepare(textOf(3));
    expect(readResults(answer)[0]!.error!.message).toBe(
      "Can't create more than max_prepared_stmt_count statements (current value: 0)",
    );
  } finally {
    await runStatements(stage.tablet, [`SET GLOBAL max_prepared_stmt_count = ${TABLET_MAX}`]);
  }
  expect(Number(await execute(client, id, 6))).toBe(7);
});

test('a client has a limit of its own', async () => {
  const client = await connect(router.endpoint);
  const ids: number[] = [];
  for (let at = 0; at < 30; at++) ids.push((await client.prepare(textOf(at))).id);
  const refused = readResults((await client.prepare(textOf(30))).answer)[0]!.error!;
  expect([refused.errno, refused.sqlState, refused.message]).toEqual([
    ERRNO_TOO_MANY,
    '42000',
    "Can't create more than max_prepared_stmt_count statements (current value: 30)",
  ]);
  client.closeStatement(ids[0]!);
  expect((await client.prepare(textOf(30))).id).toBeGreaterThan(0);
  client.closeStatement(ids[1]!);
  const long = `SELECT '${'x'.repeat(3900)}'`;
  expect(readResults((await client.prepare(long)).answer)[0]!.error!.errno).toBe(ERRNO_TOO_MANY);
});

test('what may be sent ahead of EXECUTE is bounded', async () => {
  const client = await connect(router.endpoint);
  const [first, second] = [
    await client.prepare('SELECT LENGTH(?)'),
    await client.prepare('SELECT LENGTH(?)'),
  ];
  const ask = async (id: number) => readResults(await client.execute(id, [longData()]))[0]!;
  client.sendLongData(first.id, 0, 'x'.repeat(4000));
  client.sendLongData(second.id, 0, 'x'.repeat(1000));
  const { errno, message } = (await ask(second.id)).error!;
  expect([errno, message]).toEqual([
    1105,
    "Parameter of prepared statement which is set through mysql_send_long_data() is longer than 'max_allowed_packet' bytes",
  ]);
  expect((await ask(first.id)).rows).toEqual([['4000']]);
  await client.resetStatement(second.id);
  client.sendLongData(second.id, 0, 'x'.repeat(1000));
  expect((await ask(second.id)).rows).toEqual([['1000']]);
});
