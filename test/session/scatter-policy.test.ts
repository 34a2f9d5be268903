/** Policies for statements that go to all shards: what is warned of, denied, counted, and what EXPLAIN says of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RawClient } from '../support/raw-client.ts';
import { type RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, explained, refusal, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';
import { planOf, setThings, type ThingsStage } from './things-stage.ts';

let things: ThingsStage;
let stage: RouterStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  things = await setThings();
  ({ stage, router, client } = things);
});
afterAll(() => things?.stop());

const tree = (sql: string): Promise<string> => planOf(client, sql);

describe('policy for statements that go to all shards', () => {
  const setPolicy = (policy: 'warn' | 'deny' | undefined) =>
    withStore(stage.etcdAddress, (store) => store.setScatterPolicy({ keyspace: 'user', policy }));
  const scatter = 'SELECT v FROM things WHERE n = 1';

  afterAll(() => setPolicy(undefined));

  test('they are allowed, and EXPLAIN tells of them', async () => {
    expect(await refusal(client, scatter)).toBeUndefined();
    expect((await ask(client, 'SHOW WARNINGS')).rows).toEqual([]);
    expect(await tree(scatter)).toMatch(
      /scatter: all 2 shards of user: things without a condition on id by bits$/m,
    );
  });

  test('warn: the answer comes with a warning', async () => {
    await setPolicy('warn');
    await until('the policy is known', async () => {
      await ask(client, scatter);
      return (await ask(client, 'SHOW WARNINGS')).rows.length === 1;
    });
    await ask(client, scatter);
    expect(await value(client, 'SHOW COUNT(*) WARNINGS')).toBe('1');
    expect((await ask(client, 'SHOW WARNINGS')).rows).toEqual([
      [
        'Warning',
        '1105',
        'The statement goes to all 2 shards of user: things without a condition on id by bits',
      ],
    ]);
    await ask(client, 'SELECT v FROM things WHERE id IN (1, 2)');
    expect((await ask(client, 'SHOW WARNINGS')).rows).toEqual([]);
    await ask(client, 'UPDATE things SET n = 1 WHERE n = 77');
    expect((await ask(client, 'SHOW WARNINGS')).rows).toHaveLength(1);
  });

  test('deny: refused, but for a directive', async () => {
    await setPolicy('deny');
    await until('the policy is known', async () => (await refusal(client, scatter)) !== undefined);
    expect(await refusal(client, scatter)).toMatch(
      /^9140 .*denied there: things without a condition on id by bits \(keyspace user, 2 shards\)/,
    );
    expect(await refusal(client, 'DELETE FROM things WHERE n = 77')).toMatch(/^9140 /);
    const { id } = await client.prepare(scatter);
    expect(JSON.stringify(explained(await client.execute(id)))).toContain('9140');
    for (const fine of [
      'SELECT /*vt+ ALLOW_SCATTER */ v FROM things WHERE n = 1',
      'SELECT v FROM things WHERE id = 1',
      'SELECT v FROM things WHERE id IN (1, 2, 3, 4)',
      'SELECT COUNT(*) FROM information_schema.TABLES',
      "INSERT INTO things VALUES (101, 'a', 1), (102, 'b', 1)",
      'DELETE FROM things WHERE id IN (101, 102)',
    ])
      expect(await refusal(client, fine), fine).toBeUndefined();
  });

  test('EXPLAIN shows the plan of what is denied', async () => {
    const shown = await tree(scatter);
    expect(shown).toMatch(/^Refused: error HG_SCATTER_DENIED; errno 9140\n/);
    expect(shown).toContain('Route: keyspace user; shards -80, 80-');
    expect(await tree('SELECT /*vt+ ALLOW_SCATTER */ v FROM things')).toMatch(
      /scatter: .*; allowed by its directive$/m,
    );
  });

  test('plans that always go to all shards are listed as such', async () => {
    const { rows } = await ask(client, "SHOW HEADGATE PLANS WHERE Kind IN ('scatter', 'routed')");
    const kindOf = (text: string) => rows.find((row) => row.at(-1)!.includes(text))?.[1];
    expect(kindOf('WHERE n = ?')).toBe('scatter');
    expect(kindOf('WHERE id = ?')).toBe('routed');
  });

  test('they are counted', async () => {
    const { body: metrics } = await router.admin('/metrics');
    for (const outcome of ['allowed', 'warned', 'denied'])
      expect(metrics).toMatch(
        new RegExp(`headgate_scatter_statements_total{keyspace="user",outcome="${outcome}"} [1-9]`),
      );
    const { topology } = JSON.parse((await router.admin('/status.json')).body);
    const user = topology.keyspaces.find(({ name }: { name: string }) => name === 'user');
    expect(user.scatter.policy).toBe('deny');
    expect(user.scatter.denied).toBeGreaterThan(0);
    expect((await router.admin('/')).body).toMatch(/went to all shards \(deny\)/);
  });
});
