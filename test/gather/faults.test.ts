/**
 * Gathered queries that are stopped, or whose tablets go away: the right error or the right answer, and nothing that stays behind. Where their
 * temporary tables are.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { long } from '../support/parameters.ts';
import type { Endpoint, RawClient } from '../support/raw-client.ts';
import { type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, refusal, value } from '../support/session-play.ts';
import { moveTablet, withStore } from '../support/topology-edit.ts';
import { isAllRead, scratchAtWork, sum } from './scratch-counts.ts';
import { GatherStage } from './stage.ts';

let stage: GatherStage;
let router: RouterUnderTest;
/** With pools of the usual size; gives up early on what does not answer. */
let wide: RouterUnderTest;
let client: RawClient;

/** Of user/-80: two replicas, of user/80-: one. */
const replicas = { 'local-11': '-80', 'local-12': '-80', 'local-13': '80-' };

beforeAll(async () => {
  stage = await GatherStage.set();
  const { servers } = stage;
  await withStore(servers.etcdAddress, async (store) => {
    for (const [alias, shard] of Object.entries(replicas)) {
      const { host, port } = shard === '-80' ? servers.first : servers.second;
      await store.putTablet({ alias, cell: 'local', keyspace: 'user', shard, type: 'replica', host, port });
    }
  });
  [router, wide] = await Promise.all([
    stage.startRouter('--pool-connections-max=3', '--pool-scratch-connections-max=2'),
    stage.startRouter('--gateway-connect-ms-max=1000', '--pool-scratch-connections-max=4'),
  ]);
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

/** Looked up: its driving side and its lookups are on the same shards. */
const joined = 'SELECT c.id, s.id FROM customer c JOIN sale s ON s.customer = c.id WHERE c.id < 4';
const connected =
  "SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Threads_connected'";

/** Temporary tables on both tablets, and whoever runs a query (or another command) there. */
async function leftBehind(does = 'Query'): Promise<string[]> {
  const found: string[] = [];
  for (const endpoint of stage.tablets) {
    const tablet = await stage.client({ endpoint });
    found.push(
      ...(await rowsOf(tablet, 'SELECT NAME FROM information_schema.innodb_temp_table_info WHERE SPACE > 0')),
      ...(await rowsOf(
        tablet,
        `SELECT INFO FROM information_schema.processlist WHERE COMMAND = '${does}' AND ID <> CONNECTION_ID()`,
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

/** Whether a router is at work on a statement. */
const isKnown = async (of: RawClient, sql: string): Promise<boolean> =>
  (await rowsOf(of, 'SHOW FULL PROCESSLIST')).some((row) => row.includes(sql) && !row.includes('KILL'));

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

test('PREPARE that waits for a definition can be killed', async () => {
  const id = await value(client, 'SELECT CONNECTION_ID()');
  const guards = await Promise.all(stage.tablets.map((endpoint) => stage.client({ endpoint })));
  const changers = await Promise.all(stage.tablets.map((endpoint) => stage.client({ endpoint })));
  for (const guard of guards) {
    expect(await refusal(guard, 'BEGIN')).toBeUndefined();
    await value(guard, 'SELECT COUNT(*) FROM customer');
  }
  for (const changer of changers) changer.send(command.query, "ALTER TABLE customer COMMENT = ''");
  const waits = async (count: number) =>
    (await leftBehind()).filter((info) => info.startsWith('ALTER')).length === count;
  await until('definitions are being changed', () => waits(2));
  client.send(command.stmtPrepare, query);
  await until('it waits', async () => (await leftBehind('Prepare')).length > 0);
  const other = await stage.client(router);
  expect(await refusal(other, `KILL QUERY ${id}`)).toBeUndefined();
  const { packets } = await client.readAnswer(command.stmtPrepare);
  expect(packets[0]!.payload.readUInt16LE(1)).toBe(1317);
  for (const guard of guards) expect(await refusal(guard, 'COMMIT')).toBeUndefined();
  for (const changer of changers) await changer.readAnswer(command.query);
  await expectHealthy(client);
  await nothingIsLeft();
});

test('a query whose tablet says nothing more can be killed', async () => {
  const other = await stage.client(wide);
  const { pid } = stage.servers.second.process.identity;
  for (const sql of [query, 'SELECT MAX(n) FROM sale']) {
    const own = await stage.client(wide);
    const id = await value(own, 'SELECT CONNECTION_ID()');
    await ask(own, sql);
    process.kill(pid, 'SIGSTOP');
    try {
      await until('the server stands still', async () =>
        / T \d/.test(await readFile(`/proc/${pid}/stat`, 'utf8')),
      );
      own.send(command.query, sql);
      await until('it waits', () => isKnown(other, sql));
      expect(await refusal(other, `KILL QUERY ${id}`)).toBeUndefined();
      const [result] = readResults(await own.readAnswer(command.query));
      expect(result?.error?.errno).toBe(1317);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await expectHealthy(own);
  }
  await nothingIsLeft();
});

test('a tablet without room for more connections', async () => {
  const own = await stage.client(wide);
  const guards = await Promise.all(stage.tablets.map((tablet) => stage.client({ endpoint: tablet })));
  for (const sql of [query, joined]) await rowsOf(own, sql);
  for (const guard of guards) {
    const used = await value(guard, connected);
    expect(await refusal(guard, `SET GLOBAL max_connections = ${used}`)).toBeUndefined();
  }
  try {
    for (const sql of [query, joined]) await rowsOf(own, sql);
    // Two at a time want more connections than there are.
    const others = await Promise.all([1, 2, 3].map(() => stage.client(wide)));
    const answers = await Promise.all(others.map((each) => rowsOf(each, joined)));
    expect(answers.every((rows) => rows.length === 7)).toBe(true);
    const id = await value(own, 'SELECT CONNECTION_ID()');
    own.send(command.query, 'SELECT SLEEP(60) FROM customer WHERE id = 1');
    await until('it runs', () => isKnown(others[0]!, 'SLEEP(60)'));
    expect(await refusal(others[0]!, `KILL QUERY ${id}`)).toBeUndefined();
    await own.readAnswer(command.query);
  } finally {
    for (const guard of guards) await ask(guard, 'SET GLOBAL max_connections = 151');
  }
  await expectHealthy(own);
  await nothingIsLeft();
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
    const clients = await Promise.all(Array.from({ length: 12 }, () => stage.client(router)));
    const expected = [query, joined, 'SELECT id FROM customer ORDER BY id'] as const;
    const counts = [3, 7, 12];
    const answers = await Promise.all(
      clients.map(async (each, at) => {
        const rows: number[] = [];
        for (let turn = 0; turn < 6; turn++)
          rows.push((await rowsOf(each, expected[(at + turn) % 3]!)).length);
        return rows;
      }),
    );
    for (const [at, rows] of answers.entries())
      expect(rows).toEqual(Array.from({ length: 6 }, (_, turn) => counts[(at + turn) % 3]));
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

describe('where the temporary tables are', () => {
  /** Starts queries that last, each when the one before has its temporary tables; what is at work then. */
  async function counted(count: number, sql: string, database: string): Promise<Record<string, number>> {
    const clients: RawClient[] = [];
    for (let at = 0; at < count; at++) {
      const client = await stage.client(wide, { database });
      client.send(command.query, sql);
      clients.push(client);
      await until(
        'it is at work',
        async () => sum(await scratchAtWork(wide)) === at + 1 && (await isAllRead(wide)),
      );
    }
    const counts = await scratchAtWork(wide);
    for (const client of clients) client.reset();
    await until('all is over', async () => sum(await scratchAtWork(wide)) === 0);
    return counts;
  }

  const lasting = (condition: string, tables = 'customer c JOIN customer d ON d.region = c.region') =>
    `SELECT SLEEP(60), COUNT(DISTINCT c.name) FROM ${tables} WHERE ${condition} GROUP BY c.region`;

  test('the work goes to all shards alike', async () => {
    expect(await counted(4, lasting('TRUE'), 'user')).toEqual({ 'local-3': 2, 'local-4': 2 });
  });

  test('where all rows come from one shard, they stay there while there is room', async () => {
    const odd = lasting('c.id = 1', 'customer c JOIN main.region d ON d.id = c.region');
    expect(await counted(4, odd, 'user')).toEqual({ 'local-4': 4 });
    expect(await counted(5, odd, 'user')).toEqual({ 'local-3': 1, 'local-4': 4 });
  });

  test('replicas for those who want replicas', async () => {
    const counts = await counted(6, lasting('TRUE'), 'user@replica');
    expect(Object.keys(counts).sort()).toEqual(Object.keys(replicas));
    expect(Math.max(...Object.values(counts))).toBeLessThanOrEqual(3);
  });

  test('elsewhere, if the session’s own keyspace cannot be reached', async () => {
    const client = await stage.client(wide, { database: 'other' });
    const sql =
      'SELECT COUNT(DISTINCT c.name) FROM user.customer c JOIN main.region r ON r.id = c.region WHERE r.tax > 1.6';
    const here = sql.replace('SELECT', 'SELECT MIN(DATABASE()),');
    expect(await value(client, here)).toBe('other');
    // Nobody listens there.
    await moveTablet(stage.servers.etcdAddress, 'local-2', 1);
    await until('the router knows', async () => (await ask(client, here)).error?.errno === 9203);
    expect(await value(client, sql)).toBe('3');
  });
});

function idBytes(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(id, 0);
  return bytes;
}
