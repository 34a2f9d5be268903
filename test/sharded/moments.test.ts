/** Functions whose value belongs to the statement, or to the row, when rows go to several shards. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { rows, run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter();
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  await stage.clear();
  client = await stage.client(router);
});
afterEach(() => stage.closeClients());

const distinct = (column: string) => rows(client, `SELECT DISTINCT ${column} FROM moment`);

test.each([
  ['defaults', 'INSERT INTO moment (n) VALUES (1), (2), (3), (4)', ['made', 'changed']],
  [
    'NOW()',
    'INSERT INTO moment (n, made) VALUES (1, NOW(6)), (2, CURRENT_TIMESTAMP(6)), (3, LOCALTIME(6))',
    ['made', 'changed'],
  ],
  [
    'with a hint of the client’s',
    'INSERT /*+ SET_VAR(sort_buffer_size = 100000) */ INTO moment (n) VALUES (1), (2), (3)',
    ['made', 'changed'],
  ],
])('%s are equal in all rows of all shards', async (_, sql, columns) => {
  await run(client, sql);
  for (const column of columns) expect(await distinct(column)).toHaveLength(1);
  expect((await stage.perShard('SELECT COUNT(*) FROM moment')).every((count) => count !== '0')).toBe(true);
});

test('ON UPDATE and NOW() of an UPDATE over all shards', async () => {
  await run(client, 'INSERT INTO moment (n) VALUES (1), (2), (3), (4)');
  const [before] = await distinct('changed');
  await run(client, 'UPDATE moment SET n = n + 1');
  const changed = await distinct('changed');
  expect(changed).toHaveLength(1);
  expect(changed[0]! > before!).toBe(true);
  await run(client, 'UPDATE moment SET made = NOW(6)');
  expect(await distinct('made')).toHaveLength(1);
  expect(await rows(client, 'SELECT COUNT(*) FROM moment WHERE made = changed')).toEqual(['4']);
});

test('a read over all shards has one moment', async () => {
  await run(client, 'INSERT INTO moment (n) VALUES (1), (2), (3), (4)');
  expect(await rows(client, 'SELECT DISTINCT NOW(6) FROM moment')).toHaveLength(1);
});

test('UUID() differs in every row, RAND() too', async () => {
  await run(
    client,
    'INSERT INTO moment (n, token, chance) VALUES (1, UUID(), RAND()), (2, UUID(), RAND()), (3, UUID(), RAND()), (4, UUID(), RAND())',
  );
  expect(await distinct('token')).toHaveLength(4);
  expect(await distinct('chance')).toHaveLength(4);
  await run(client, 'UPDATE moment SET token = UUID(), chance = RAND()');
  expect(await distinct('token')).toHaveLength(4);
  expect(await distinct('chance')).toHaveLength(4);
});

test('a moment that the client has set holds on all shards', async () => {
  await run(client, 'SET timestamp = 1000000000', 'INSERT INTO moment (n) VALUES (1), (2), (3), (4)');
  const made = await rows(client, 'SELECT made = NOW(), UNIX_TIMESTAMP(made) FROM moment');
  expect(new Set(made)).toEqual(new Set(['1|1000000000.000000']));
  await run(client, 'SET timestamp = DEFAULT');
});
