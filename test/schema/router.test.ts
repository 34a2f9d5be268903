/** What a running router says of the tables that it has read. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStatements } from '../support/mysqld.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';

let stage: RouterStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE item (id INT PRIMARY KEY)']);
  router = await stage.startRouter();
});

afterAll(() => stage?.stop());

const metric = async (name: string, keyspace: string): Promise<number | undefined> => {
  const { body } = await router.admin('/metrics');
  const line = body.split('\n').find((text) => text.startsWith(`${name}{keyspace="${keyspace}"}`));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

test('its log and its metrics tell of the snapshots', async () => {
  for (const keyspace of ['main', 'other', 'user']) {
    await router.logged('schema loaded', (line) => line.keyspace === keyspace && line.tables === 1);
    expect(await metric('headgate_schema_tables', keyspace)).toBe(1);
    expect(await metric('headgate_schema_age_seconds', keyspace)).toBeGreaterThanOrEqual(0);
  }
  await runStatements(stage.tablet, ['ALTER TABLE item ADD COLUMN a INT'], 'user');
  const line = await router.logged('the shards disagree on a table', ({ keyspace }) => keyspace === 'user');
  expect(line).toMatchObject({ table: 'item', level: 'warn' });
  expect(await metric('headgate_schema_disagreements', 'user')).toBe(1);
  await runStatements(stage.baseline, ['ALTER TABLE item ADD COLUMN a INT'], 'user');
  await until('they agree', async () => (await metric('headgate_schema_disagreements', 'user')) === 0);
  expect(await metric('headgate_schema_loads_total', 'user')).toBe(3);
});

test('a tablet that comes back is read anew', async () => {
  await stage.killFirst();
  await router.logged('schema not read', ({ keyspace }) => keyspace === 'main');
  await stage.restartFirst();
  await runStatements(stage.tablet, ['ALTER TABLE item ADD COLUMN back INT'], 'main');
  await router.logged('schema is read again', ({ keyspace }) => keyspace === 'main');
  const line = await router.logged('schema changed', ({ keyspace }) => keyspace === 'main');
  expect(line.names).toEqual(['item']);
});
