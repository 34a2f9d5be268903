/** Policies for statements that go to all shards: what is warned of, denied, counted, and what EXPLAIN says of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, explained, refusal, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';

const vschema = {
  sharded: true,
  vindexes: { bits: { type: 'reverse_bits' } },
  tables: { things: { column_vindexes: [{ column: 'id', name: 'bits' }] } },
};

let stage: RouterStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE things (id INT PRIMARY KEY, v VARCHAR(40), n INT)']);
  await withStore(stage.etcdAddress, (store) => store.putVschema({ keyspace: 'user', vschema }));
  router = await stage.startRouter(['--pool-connections-max=3', '--gateway-hold-ms-max=300']);
  client = await RawClient.connect(router.endpoint, { database: 'user' });
});
afterAll(async () => {
  client?.destroy();
  await stage?.stop();
});

const tree = async (sql: string): Promise<string> => {
  expect(await refusal(client, `EXPLAIN FORMAT=HEADGATE ${sql}`)).toBeUndefined();
  const { columns, rows } = await ask(client, `EXPLAIN FORMAT=HEADGATE ${sql}`);
  expect(columns.map(({ name }) => name)).toEqual(['EXPLAIN']);
  return rows.map(([line]) => line).join('\n');
};

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
