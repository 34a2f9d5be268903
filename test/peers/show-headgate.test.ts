/** SHOW HEADGATE: sessions and what they hold on all routers; pools, plans, shards, tablets, routers and figures of one. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';
import { ask, refusal, value } from '../support/session-play.ts';

let stage: RouterStage;
let routers: readonly [RouterUnderTest, RouterUnderTest];
let root: RawClient;

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE t (id BIGINT PRIMARY KEY)']);
  const users = join(stage.dir, 'users.yaml');
  await writeFile(users, "users:\n  - { name: root, password: '' }\n  - { name: anna, password: '' }\n");
  const flags = [`--listen-users-file=${users}`];
  routers = await Promise.all([stage.startRouter(flags), stage.startRouter(flags)]);
  await Promise.all(routers.map((router) => router.logged('router number leased')));
  root = await RawClient.connect(routers[0].endpoint);
});
afterAll(async () => {
  root?.destroy();
  await stage?.stop();
});

type Row = Readonly<Record<string, string | null>>;

async function rows(sql: string, on = root): Promise<Row[]> {
  const result = await ask(on, sql);
  expect(result.error).toBeUndefined();
  const titles = result.columns.map(({ name }) => name);
  return result.rows.map((row) => Object.fromEntries(titles.map((title, at) => [title, row[at]!])));
}

test('SESSIONS and PINS: of both routers, with what they hold and why', async () => {
  const anna = await RawClient.connect(
    { ...routers[1].endpoint, user: 'anna', password: '' },
    { database: 'user:80-' },
  );
  await value(anna, 'BEGIN');
  await value(anna, 'INSERT INTO t VALUES (1)');
  await value(anna, "SELECT GET_LOCK('shown', 0)");
  const id = String(anna.greeting.connectionId);
  const [session] = await rows(`SHOW HEADGATE SESSIONS WHERE Id = ${id}`);
  expect(session).toMatchObject({
    User: 'anna',
    Target: 'user:80-@primary',
    Command: 'Sleep',
    Transaction: 'open',
    Pinned: 'user/80-: transaction; user/-80: transaction, namedLocks',
    Statement: null,
  });
  expect(session!.Router).not.toBe('0');
  const own = (await rows('show headgate sessions')).find(({ User }) => User === 'root');
  expect(own).toMatchObject({ Command: 'Query', Statement: 'show headgate sessions', Transaction: '' });
  const pins = await rows('SHOW HEADGATE PINS');
  expect(pins.map(({ Id, Shard, Type, Tablet, Reasons }) => [Id, Shard, Type, Tablet, Reasons])).toEqual([
    [id, 'user/80-', 'primary', 'local-4', 'transaction'],
    [id, 'user/-80', 'primary', 'local-3', 'transaction, namedLocks'],
  ]);
  // A user sees the own sessions alone.
  expect((await rows('SHOW HEADGATE SESSIONS', anna)).map(({ User }) => User)).toEqual(['anna']);
  expect(await refusal(anna, 'SHOW HEADGATE POOLS')).toMatch(/^1227 \(42000\) Access denied; .*admin: true/);
  anna.destroy();
});

test('POOLS, SHARDS, TABLETS, ROUTERS, STATUS', async () => {
  await value(root, "SET time_zone = '+01:00'");
  await value(root, 'SELECT COUNT(*) FROM main.t');
  const pools = await rows("SHOW HEADGATE POOLS WHERE Settings LIKE '%time_zone%'");
  expect(pools).toEqual([
    expect.objectContaining({ Tablet: 'local-1', Shard: 'main/0', Type: 'primary', Idle: '1' }),
  ]);
  expect(await rows('SHOW HEADGATE SHARDS')).toEqual([
    { Shard: 'main/0', Sharded: 'no', State: 'serving', Primary: 'local-1', Term: '1', Tablets: '2' },
    { Shard: 'other/0', Sharded: 'no', State: 'serving', Primary: 'local-2', Term: '1', Tablets: '1' },
    { Shard: 'user/-80', Sharded: 'yes', State: 'serving', Primary: 'local-3', Term: '1', Tablets: '1' },
    { Shard: 'user/80-', Sharded: 'yes', State: 'serving', Primary: 'local-4', Term: '1', Tablets: '1' },
  ]);
  const tablets = await rows("SHOW HEADGATE TABLETS LIKE 'local-%'");
  expect(tablets.map(({ Tablet, Type }) => `${Tablet} ${Type}`)).toEqual([
    'local-1 primary',
    'local-5 replica',
    'local-2 primary',
    'local-3 primary',
    'local-4 primary',
  ]);
  expect(tablets[0]).toMatchObject({
    State: 'serving',
    Version: expect.stringMatching(/^\d+\.\d+/),
    Error: '',
  });
  const known = await rows('SHOW HEADGATE ROUTERS');
  expect(known.map(({ Pid }) => Number(Pid)).sort()).toEqual(routers.map(({ child }) => child.pid!).sort());
  expect(known.find(({ This }) => This === 'yes')?.Pid).toBe(String(routers[0].child.pid));
  const status = await rows("SHOW HEADGATE STATUS LIKE 'connections\\_open'");
  expect(status).toEqual([{ Name: 'connections_open', Value: expect.stringMatching(/^\d+$/) }]);
});

test('PLANS: with their hits, without literals', async () => {
  await value(root, 'USE user');
  for (const id of [1, 2, 3]) await refusal(root, `SELECT id FROM t WHERE id = ${id}`);
  const plans = await rows("SHOW HEADGATE PLANS WHERE Statement LIKE '%WHERE id%'");
  // Without a VSchema of the table there is nothing to keep.
  expect(plans.length).toBeLessThanOrEqual(1);
  for (const plan of plans) expect(plan.Statement).toBe('SELECT id FROM t WHERE id = ?');
});

test('prepared, and misspelt', async () => {
  const { id } = await root.prepare("SHOW HEADGATE SHARDS LIKE 'user%'");
  expect((await root.execute(id)).packets.length).toBeGreaterThan(2);
  expect(await refusal(root, 'SHOW HEADGATE SESIONS')).toMatch(
    /^1235 \(42000\) Headgate does not know SHOW HEADGATE SESIONS; did you mean SESSIONS\? \(SESSIONS, PINS, .*STATUS\)$/,
  );
  expect(await refusal(root, 'SHOW HEADGATE')).toMatch(/^1235 /);
  expect(await refusal(root, 'SHOW HEADGATE SHARDS x')).toMatch(/^1064 /);
});
