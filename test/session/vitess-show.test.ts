/** SHOW VITESS_… and SHOW VSCHEMA …: the cluster in Vitess' words. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readResults } from '../support/decode.ts';
import { text } from '../support/parameters.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage } from '../support/router-stage.ts';
import { ask, refusal, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';

let stage: RouterStage;
let client: RawClient;

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE things (id INT PRIMARY KEY)']);
  await withStore(stage.etcdAddress, (store) =>
    store.putVschema({
      keyspace: 'user',
      vschema: {
        sharded: true,
        vindexes: {
          hash: { type: 'hash' },
          by_region: { type: 'region_experimental', params: { region_bytes: '1' } },
        },
        tables: {
          things: { column_vindexes: [{ column: 'id', name: 'hash' }] },
          areas: { column_vindexes: [{ columns: ['region', 'id'], name: 'by_region' }] },
        },
      },
    }),
  );
  const router = await stage.startRouter();
  client = await RawClient.connect(router.endpoint);
});
afterAll(async () => {
  client?.destroy();
  await stage?.stop();
});

async function shown(sql: string): Promise<{ titles: string[]; rows: (string | null)[][] }> {
  const { columns, rows, error } = await ask(client, sql);
  expect(error).toBeUndefined();
  return { titles: columns.map(({ name }) => name), rows };
}

const shards = [['main/0'], ['other/0'], ['user/-80'], ['user/80-']];

test('shards, with LIKE and WHERE', async () => {
  expect(await shown('SHOW VITESS_SHARDS')).toEqual({ titles: ['Shards'], rows: shards });
  expect((await shown("SHOW VITESS_SHARDS LIKE 'USER/%'")).rows).toEqual(shards.slice(2));
  expect((await shown("SHOW VITESS_SHARDS WHERE Shards LIKE 'user%' AND LENGTH(Shards) = 8")).rows).toEqual(
    shards.slice(2),
  );
  expect((await shown("SHOW VITESS_SHARDS LIKE 'nothing'")).rows).toEqual([]);
});

test('tablets', async () => {
  const { titles, rows } = await shown("SHOW VITESS_TABLETS WHERE Keyspace = 'main'");
  expect(titles).toEqual([
    'Cell',
    'Keyspace',
    'Shard',
    'TabletType',
    'State',
    'Alias',
    'Hostname',
    'PrimaryTermStartTime',
  ]);
  expect(rows).toEqual([
    ['local', 'main', '0', 'PRIMARY', 'SERVING', 'local-1', '127.0.0.1', ''],
    ['local', 'main', '0', 'REPLICA', 'SERVING', 'local-5', '127.0.0.1', ''],
  ]);
  expect((await shown('SHOW VITESS_TABLETS')).rows).toHaveLength(5);
});

test('replication', async () => {
  const { rows } = await shown('SHOW VITESS_REPLICATION_STATUS');
  // This replica was never told to replicate.
  const health = '{"EventStreamRunning":"No","EventApplierRunning":"No","LastError":""}';
  expect(rows).toEqual([['main', '0', 'REPLICA', 'local-5', '127.0.0.1', '', health, null, '']]);
});

test('the target, as USE takes it', async () => {
  expect(await value(client, 'SHOW VITESS_TARGET')).toBe('@primary');
  for (const target of ['user:-80@replica', 'main@primary', 'mysql@primary', 'user@primary']) {
    await refusal(client, `USE \`${target}\``);
    expect(await value(client, 'SHOW VITESS_TARGET')).toBe(target);
  }
});

test('keyspaces and the VSchema', async () => {
  const keyspaces = { titles: ['Database'], rows: [['main'], ['other'], ['user']] };
  expect(await shown('SHOW KEYSPACES')).toEqual(keyspaces);
  expect(await shown('SHOW VITESS_KEYSPACES')).toEqual(keyspaces);
  expect((await shown("SHOW KEYSPACES LIKE 'm%'")).rows).toEqual([['main']]);
  expect(await shown('SHOW VSCHEMA TABLES')).toEqual({ titles: ['Tables'], rows: [['areas'], ['things']] });
  expect((await shown('SHOW VSCHEMA TABLES FROM main')).rows).toEqual([]);
  expect((await shown("SHOW VSCHEMA KEYSPACES LIKE 'user'")).rows).toEqual([
    ['user', 'true', 'unspecified', ''],
  ]);
  expect((await shown('SHOW VSCHEMA VINDEXES')).rows).toEqual([
    ['user', 'hash', 'hash', '', ''],
    ['user', 'by_region', 'region_experimental', 'region_bytes=1', ''],
  ]);
  expect(await shown('SHOW VSCHEMA VINDEXES ON user.areas')).toEqual({
    titles: ['Columns', 'Name', 'Type', 'Params', 'Owner'],
    rows: [['region, id', 'by_region', 'region_experimental', 'region_bytes=1', '']],
  });
  expect(await shown('SHOW VITESS_METADATA VARIABLES')).toEqual({ titles: ['Key', 'Value'], rows: [] });
});

test.each([
  ['SHOW VSCHEMA VINDEXES ON user.nothing', /^1146 \(42S02\) Table 'user\.nothing' doesn't exist/],
  ['SHOW VSCHEMA TABLES FROM nowhere', /^1049 \(42000\) Unknown database 'nowhere'/],
  ['SHOW VITESS_SHARDS WHERE nothing = 1', /^1054 /],
  ['SHOW VITESS_MIGRATIONS', /^1235 .*VITESS_MIGRATIONS: there are no online schema changes/],
  ['SHOW VITESS_THROTTLED_APPS', /^1235 .*no throttler/],
  ['SHOW VITESS_THINGS', /^1064 /],
  ['SHOW VSCHEMA THINGS', /^1064 /],
])('%s is refused', async (sql, expected) => expect(await refusal(client, sql)).toMatch(expected));

test('without a keyspace', async () => {
  const other = await RawClient.connect((await stage.startRouter()).endpoint);
  expect(await refusal(other, 'SHOW VSCHEMA TABLES')).toMatch(/^1046 \(3D000\)/);
  expect((await ask(other, 'SHOW VITESS_SHARDS')).rows).toEqual(shards);
  other.destroy();
});

test('prepared', async () => {
  const rows = async (sql: string, parameters = [] as Parameters<typeof client.execute>[1]) => {
    const { id } = await client.prepare(sql);
    expect(id).toBeGreaterThan(0);
    await client.execute(id, parameters);
    return readResults(await client.execute(id, parameters))[0]!.rows;
  };
  expect(await rows('SHOW VITESS_SHARDS')).toEqual(shards);
  expect(await rows('SHOW VITESS_SHARDS WHERE Shards LIKE ?', [text('user/%')])).toEqual(shards.slice(2));
  expect(await rows("SHOW VSCHEMA TABLES LIKE 'a%'")).toEqual([['areas']]);
  expect(await rows('SHOW DATABASES')).toEqual((await ask(client, 'SHOW DATABASES')).rows);
  expect(await rows("SHOW DATABASES LIKE 'o%'")).toEqual([['other']]);
});
