/** Two routers of one cluster: KILL and the process list reach the sessions of both. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { hashPassword } from '../../src/config/users.ts';
import { command } from '../../src/mysql/protocol.ts';
import { type Result, readResults } from '../support/decode.ts';
import { longlong } from '../support/parameters.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, explained, refusal, value } from '../support/session-play.ts';

let stage: RouterStage;
let routers: readonly [RouterUnderTest, RouterUnderTest];
let tablet: RawClient;

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE t (id INT PRIMARY KEY)', 'INSERT INTO t VALUES (1)']);
  const users = join(stage.dir, 'users.yaml');
  const password = (word: string) => `cachingSha2: '${hashPassword(word).cachingSha2}'`;
  await writeFile(
    users,
    `users:
  - { name: root, password: '' }
  - { name: anna, ${password('anna')} }
  - { name: bert, ${password('bert')} }
  - { name: chief, ${password('chief')}, admin: true }
`,
  );
  const flags = [`--listen-users-file=${users}`];
  routers = await Promise.all([stage.startRouter(flags), stage.startRouter(flags)]);
  await Promise.all(routers.map((router) => router.logged('router number leased')));
  tablet = await RawClient.connect(stage.tablet);
});
afterAll(async () => {
  tablet?.destroy();
  await stage?.stop();
});

const clients: RawClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

async function connect({ endpoint }: { endpoint: Endpoint }, user = 'root'): Promise<RawClient> {
  const account = { ...endpoint, user, password: user === 'root' ? '' : user };
  const client = await RawClient.connect(account, { database: 'main' });
  clients.push(client);
  return client;
}

const idOf = ({ greeting }: RawClient): number => greeting.connectionId;

async function runs(word: string, count = 1): Promise<void> {
  await until(`${word} runs`, async () => {
    const { rows } = await ask(tablet, 'SHOW FULL PROCESSLIST');
    return rows.filter((row) => row[7]?.includes(word) === true).length === count;
  });
}

const withId = ({ rows }: Result, client: RawClient) => rows.find(([id]) => id === String(idOf(client)));

test('KILL QUERY and KILL from the other router', async () => {
  const [first, second] = routers;
  const [victim, idle, killer] = [await connect(first), await connect(first), await connect(second)];
  const answer = victim.query('SELECT SLEEP(60), "over there" FROM t');
  await runs('over there');
  expect(explained(await killer.query(`KILL QUERY ${idOf(victim)}`))).toEqual([
    expect.stringMatching(/^OK affected=0/),
  ]);
  expect(readResults(await answer)[0]!.error?.errno).toBe(1317);
  await runs('over there', 0);
  expect(await value(victim, 'SELECT 5')).toBe('5');
  expect(await refusal(killer, `KILL CONNECTION ${idOf(victim)}`)).toBeUndefined();
  expect(await victim.receive()).toBeUndefined();
  killer.send(command.processKill, idBytes(idOf(idle)));
  expect(explained(await killer.readAnswer(command.processKill))[0]).toMatch(/^OK/);
  expect(await idle.receive()).toBeUndefined();
  expect(await refusal(killer, `KILL ${idOf(idle)}`)).toBe(`1094 (HY000) Unknown thread id: ${idOf(idle)}`);
});

function idBytes(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(id);
  return bytes;
}

test('who may: the own user and administrators, on either router', async () => {
  const [first, second] = routers;
  const anna = await connect(first, 'anna');
  const [anna2, bert, chief] = [
    await connect(second, 'anna'),
    await connect(second, 'bert'),
    await connect(second, 'chief'),
  ];
  const denied = `1095 (HY000) You are not owner of thread ${idOf(anna)}`;
  expect(await refusal(bert, `KILL QUERY ${idOf(anna)}`)).toBe(denied);
  expect(await refusal(bert, `KILL ${idOf(anna)}`)).toBe(denied);
  expect(await value(anna, 'SELECT 1')).toBe('1');
  const answer = anna.query('SELECT SLEEP(60), "hers" FROM t');
  await runs('hers');
  expect(await refusal(anna2, `KILL QUERY ${idOf(anna)}`)).toBeUndefined();
  expect(readResults(await answer)[0]!.error?.errno).toBe(1317);
  expect(await refusal(chief, `KILL ${idOf(anna)}`)).toBeUndefined();
  expect(await anna.receive()).toBeUndefined();
});

test('ids that no connection has, and what MySQL makes of odd ones', async () => {
  const [client, mysqld] = [await connect(routers[1]), await connect({ endpoint: stage.baseline })];
  const killAnswer = async (on: RawClient, what: string) => [what, await refusal(on, `KILL ${what}`)];
  const odd = [
    '0',
    '4294967296',
    '18446744073709551615',
    '9'.repeat(22),
    "'77'",
    'NULL',
    '1+76',
    '77.6',
    '-1',
  ];
  odd.push('(SELECT 77)', '@x', 'nobody', 'QUERY 0');
  for (const what of odd) expect(await killAnswer(client, what)).toEqual(await killAnswer(mysqld, what));
});

test('the process list shows the sessions of both routers, in the columns of MySQL', async () => {
  const [first, second] = routers;
  const [busy, idle, root] = [await connect(first, 'anna'), await connect(first), await connect(second)];
  const bert = await connect(second, 'bert');
  await value(idle, 'USE other');
  const text = `SELECT SLEEP(60), 'seen', '${'é'.repeat(100)}'`;
  const answer = busy.query(text);
  await runs('seen');
  const list = await ask(root, 'SHOW PROCESSLIST');
  expect(withId(list, busy)).toEqual([
    String(idOf(busy)),
    'anna',
    expect.stringMatching(/^localhost:\d+$/),
    'main',
    'Query',
    expect.stringMatching(/^\d+$/),
    'executing',
    text.slice(0, 100),
  ]);
  expect(withId(list, idle)?.slice(3)).toEqual(['other', 'Sleep', expect.anything(), '', null]);
  expect(withId(list, root)?.slice(3)).toEqual(['main', 'Query', '0', 'init', 'SHOW PROCESSLIST']);
  const ids = list.rows.map(([id]) => Number(id));
  expect(ids).toEqual([...ids].sort((a, b) => a - b));
  expect(withId(await ask(root, 'SHOW FULL PROCESSLIST'), busy)?.[7]).toBe(text);
  expect((await ask(bert, 'SHOW PROCESSLIST')).rows.map(([, user]) => user)).toEqual(['bert']);
  await refusal(root, `KILL QUERY ${idOf(busy)}`);
  await answer;
  // mysqld's own rows differ, its columns do not.
  const mysqld = await connect({ endpoint: stage.baseline });
  const columnsOf = async (on: RawClient, sql: string) =>
    explained(await on.query(sql)).filter((line) => line.startsWith('COLUMN'));
  for (const sql of ['SHOW PROCESSLIST', 'show full processlist']) {
    expect(await columnsOf(root, sql)).toEqual(await columnsOf(mysqld, sql));
    const warnings = await ask(mysqld, 'SHOW WARNINGS');
    expect((await ask(root, 'SHOW WARNINGS')).rows).toEqual(warnings.rows);
  }
  root.send(command.processInfo, Buffer.alloc(0));
  const info = readResults(await root.readAnswer(command.query))[0]!;
  expect(withId(info, root)?.slice(4)).toEqual(['Processlist', '0', 'init', null]);
});

test("MySQL's own tables of it, and prepared statements, show the same", async () => {
  const [first, second] = routers;
  const [there, root] = [await connect(first, 'anna'), await connect(second)];
  const own = `ID IN (${idOf(there)}, ${idOf(root)})`;
  const users = [['anna'], ['root']];
  for (const table of ['information_schema.PROCESSLIST', 'performance_schema.processlist'])
    expect((await ask(root, `SELECT USER FROM ${table} WHERE ${own} ORDER BY USER`)).rows).toEqual(users);
  const all = await ask(root, `SELECT p.* FROM performance_schema.processlist AS p WHERE ID = ${idOf(root)}`);
  expect(all.columns.map(({ name }) => name).join()).toBe(
    'ID,USER,HOST,DB,COMMAND,TIME,STATE,INFO,EXECUTION_ENGINE',
  );
  expect(all.rows[0]?.slice(3, 5)).toEqual(['main', 'Query']);
  await value(root, 'USE information_schema');
  expect(await value(root, `SELECT COUNT(*) FROM processlist WHERE ${own} AND DB = 'main'`)).toBe('1');
  await value(root, 'USE user');
  const { id } = await root.prepare('SELECT user FROM information_schema.processlist WHERE id = ?');
  const executed = await root.execute(id, [longlong(idOf(there))]);
  expect(Buffer.concat(executed.packets.map(({ payload }) => payload)).toString('latin1')).toContain('anna');
  const show = await root.prepare('SHOW FULL PROCESSLIST');
  const shown = Buffer.concat((await root.execute(show.id)).packets.map(({ payload }) => payload));
  expect(shown.toString('latin1')).toContain('anna');
});

test('a router that does not answer is named: as a warning by the list, as an error by KILL', async () => {
  const [first] = routers;
  const flags = ['--topology-peer-answer-ms-max=300'];
  const hasty = await stage.startRouter(flags);
  await hasty.logged('router number leased');
  const [there, root] = [await connect(first), await connect(hasty)];
  first.child.kill('SIGSTOP');
  try {
    const list = explained(await root.query('SHOW PROCESSLIST'));
    expect(list.at(-1)).toContain('warnings=2');
    const { rows } = await ask(root, 'SHOW WARNINGS');
    expect(rows.map(([, errno]) => errno)).toEqual(['1287', '9211']);
    expect(rows[1]?.[2]).toMatch(/router \d+ did not answer within 300 ms/);
    expect(await refusal(root, `KILL ${idOf(there)}`)).toMatch(/^9211 /);
  } finally {
    first.child.kill('SIGCONT');
  }
  await until('both are asked again', async () =>
    explained(await root.query('SHOW PROCESSLIST'))
      .at(-1)!
      .includes('warnings=1'),
  );
  expect(await value(there, 'SELECT 1')).toBe('1');
  await hasty.stop();
});
