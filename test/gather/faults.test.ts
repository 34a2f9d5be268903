/** Gathered queries that are stopped, or whose tablets go away: the right error or the right answer, and nothing that stays behind. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { long } from '../support/parameters.ts';
import type { Endpoint, RawClient } from '../support/raw-client.ts';
import { type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, refusal, value } from '../support/session-play.ts';
import { GatherStage } from './stage.ts';

let stage: GatherStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await GatherStage.set();
  router = await stage.startRouter('--pool-connections-max=3', '--pool-scratch-connections-max=2');
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  client = await stage.client(router);
});
afterEach(() => stage.closeClients());

/** Grouped by no vindex column over two keyspaces: nothing but temporary tables can answer it. */
const query =
  'SELECT r.name, COUNT(DISTINCT c.name) FROM customer c JOIN main.region r ON r.id = c.region GROUP BY r.name';
const slow = (seconds: number) =>
  `SELECT SLEEP(${seconds}), COUNT(DISTINCT c.name) FROM customer c JOIN main.region r ON r.id = c.region GROUP BY r.name`;

/** Temporary tables on both tablets, and whoever runs a query of ours there. */
async function leftBehind(): Promise<string[]> {
  const found: string[] = [];
  for (const endpoint of stage.tablets) {
    const tablet = await stage.client({ endpoint });
    found.push(
      ...(await rowsOf(tablet, 'SELECT NAME FROM information_schema.innodb_temp_table_info WHERE SPACE > 0')),
      ...(await rowsOf(
        tablet,
        "SELECT INFO FROM information_schema.processlist WHERE COMMAND = 'Query' AND ID <> CONNECTION_ID()",
      )),
    );
  }
  return found;
}

async function rowsOf(of: RawClient, sql: string): Promise<string[]> {
  const { rows, error } = await ask(of, sql);
  if (error !== undefined) throw new Error(`${sql}: ${error.message}`);
  return rows.map((row) => row.join('|'));
}

const nothingIsLeft = () => until('nothing is left behind', async () => (await leftBehind()).length === 0);

/** All that a session may still do. */
async function expectHealthy(of: RawClient): Promise<void> {
  expect((await rowsOf(of, query)).sort()).toEqual(['east|3', 'north|3', 'south|3']);
  expect(await value(of, 'SELECT COUNT(*) FROM customer')).toBe('12');
}

/** Waits until the rest of the query runs on a tablet. */
const isEvaluated = () =>
  until('the query runs', async () => (await leftBehind()).some((info) => info.includes('SLEEP(')));

test('KILL QUERY ends the query, not the session', async () => {
  const id = await value(client, 'SELECT CONNECTION_ID()');
  client.send(command.query, slow(30));
  await isEvaluated();
  const other = await stage.client(router);
  expect(await refusal(other, `KILL QUERY ${id}`)).toBeUndefined();
  const [result] = readResults(await client.readAnswer(command.query));
  expect(result?.error?.errno ?? result?.rows).toBe(1317);
  await expectHealthy(client);
  await nothingIsLeft();
});

test.each(['KILL', 'leaves'])('%s frees the tablets', async (how) => {
  const id = await value(client, 'SELECT CONNECTION_ID()');
  client.send(command.query, slow(30));
  await isEvaluated();
  const other = await stage.client(router);
  if (how === 'KILL') expect(await refusal(other, `KILL ${id}`)).toBeUndefined();
  else client.reset();
  await nothingIsLeft();
  await expectHealthy(other);
});

test('a query of which nothing was sent yet is repeated when a tablet was lost', async () => {
  const guard = await stage.client({ endpoint: stage.tablets[1] });
  expect(await refusal(guard, 'LOCK TABLES customer WRITE')).toBeUndefined();
  client.send(command.query, query);
  await sleep(200);
  stage.proxies[1].cutAll();
  expect(await refusal(guard, 'UNLOCK TABLES')).toBeUndefined();
  const [result] = readResults(await client.readAnswer(command.query));
  expect(result?.error).toBeUndefined();
  expect(result?.rows.length).toBe(3);
  await expectHealthy(client);
});

test('the tablet that evaluates is lost', async () => {
  // What sleeps is not repeated.
  client.send(
    command.query,
    'SELECT COUNT(DISTINCT a.note, e.note) FROM sale a JOIN sale b JOIN sale c JOIN sale d JOIN sale e JOIN main.region r',
  );
  await until('the query runs', async () => (await evaluating()).length > 0);
  const lost = await evaluating();
  for (const proxy of stage.proxies) proxy.cutAll();
  await until('it is repeated', async () =>
    (await evaluating()).some(({ id }) => !lost.some((old) => old.id === id)),
  );
  // MySQL would notice only after seconds that nobody listens.
  for (const { id, on } of lost) await refusal(await stage.client({ endpoint: on }), `KILL ${id}`);
  client.reset();
  await nothingIsLeft();
  await expectHealthy(await stage.client(router));
});

/** Queries that count on a tablet. */
async function evaluating(): Promise<{ id: string; on: Endpoint }[]> {
  const sql =
    "SELECT ID FROM information_schema.processlist WHERE INFO LIKE 'SELECT COUNT(DISTINCT a%' AND ID <> CONNECTION_ID()";
  const found = await Promise.all(
    stage.tablets.map(async (on) =>
      (await rowsOf(await stage.client({ endpoint: on }), sql)).map((id) => ({ id, on })),
    ),
  );
  return found.flat();
}

describe('in a transaction', () => {
  test('a lost tablet is told, and ends it', async () => {
    expect(await refusal(client, 'BEGIN')).toBeUndefined();
    expect(await refusal(client, 'UPDATE customer SET since = since WHERE id = 1')).toBeUndefined();
    await rowsOf(client, query);
    stage.proxies[1].cutAll();
    expect(await refusal(client, query)).toMatch(/^920[34] /);
    expect(await refusal(client, 'ROLLBACK')).toBeUndefined();
    await expectHealthy(client);
  });

  test('READ ONLY, and what it has changed itself', async () => {
    expect(await refusal(client, 'START TRANSACTION READ ONLY')).toBeUndefined();
    await expectHealthy(client);
    expect(await refusal(client, 'COMMIT')).toBeUndefined();
    expect(await refusal(client, 'BEGIN')).toBeUndefined();
    expect(await refusal(client, "UPDATE customer SET name = 'same'")).toBeUndefined();
    expect((await rowsOf(client, query)).sort()).toEqual(['east|1', 'north|1', 'south|1']);
    expect(await refusal(client, 'ROLLBACK')).toBeUndefined();
    await expectHealthy(client);
  });
});

describe('limits', () => {
  test('of rows and of bytes, by input; the directive lifts them', async () => {
    const strict = await stage.startRouter('--engine-gather-rows-max=10');
    const own = await stage.client(strict);
    expect(await refusal(own, query)).toMatch(
      /^9128 \(42000\) .*: customer AS c has brought \d+ rows of \d+ bytes so far, .*engine\.gatherRowsMax is 10; /,
    );
    expect(await value(own, 'SELECT COUNT(*) FROM customer')).toBe('12');
    const lifted = query.replace('SELECT', 'SELECT /*vt+ IGNORE_MAX_MEMORY_ROWS=1 */');
    expect((await rowsOf(own, lifted)).length).toBe(3);
    await nothingIsLeft();
    const { body } = await strict.admin('/metrics');
    expect(body).toContain('headgate_gather_statements_total 2\n');
    expect(body).toContain('headgate_gather_refused_total 1\n');
    await strict.stop();
  });

  test('more statements than connections wait for their turn', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => stage.client(router)));
    const answers = await Promise.all(clients.map((each) => rowsOf(each, query)));
    expect(answers.every((rows) => rows.length === 3)).toBe(true);
  });
});

describe('cursors', () => {
  const sql =
    'SELECT c.id, s.id FROM customer c CROSS JOIN sale s JOIN main.region r ON r.id = c.region WHERE s.id < ? ORDER BY c.id + s.id, c.id';

  test('rows in parts, beside other statements; a closed one leaves nothing', async () => {
    const { id } = await client.prepare(sql);
    await client.execute(id, [long(4)], { cursor: 1 });
    const first = await client.fetch(id, 5);
    expect(first.packets.length).toBe(6);
    await expectHealthy(client);
    expect((await client.fetch(id, 1000)).packets.length).toBe(27 - 5 + 1);
    await client.execute(id, [long(4)], { cursor: 1 });
    client.send(command.stmtClose, idBytes(id));
    await expectHealthy(client);
    await nothingIsLeft();
  });

  test('a client that goes leaves none', async () => {
    const { id } = await client.prepare(sql);
    await client.execute(id, [long(4)], { cursor: 1 });
    client.reset();
    await nothingIsLeft();
    await expectHealthy(await stage.client(router));
  });
});

function idBytes(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(id, 0);
  return bytes;
}
