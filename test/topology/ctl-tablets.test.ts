/** `headgate ctl vschema validate --tablets`: the VSchema against the tables of a real server. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';
import { type EtcdCluster, startEtcd } from '../support/etcd.ts';
import { type Mysqld, runStatements, startMysqld } from '../support/mysqld.ts';

const root = join(import.meta.dirname, '../..');
const sampleFile = (name: string): string => readFileSync(join(root, 'vschema', name), 'utf8');
const keyspaces = ['commerce', 'customer'] as const;

let etcd: EtcdCluster;
let mysqld: Mysqld;
let store: EtcdTopologyStore;

/** One server is the primary of both keyspaces. */
beforeAll(async () => {
  [etcd, mysqld] = await Promise.all([startEtcd(), startMysqld({ databases: keyspaces })]);
  store = EtcdTopologyStore.connect({ hosts: etcd.hosts });
  const { host, port } = mysqld.endpoint;
  for (const [at, name] of keyspaces.entries()) {
    const sql = sampleFile(`${name}.sql`).replace(/^--.*$/gm, '');
    await runStatements(
      mysqld.endpoint,
      sql.split(';\n').filter((each) => each.trim() !== ''),
      name,
    );
    await store.putKeyspace({ name, sharded: name === 'customer' });
    await store.putShard({ keyspace: name, shard: '-' });
    const alias = `zone1-${at + 1}`;
    await store.putTablet({ alias, cell: 'zone1', keyspace: name, shard: '-', type: 'replica', host, port });
    await store.setPrimary({ keyspace: name, shard: '-', alias });
    await store.putVschema({ keyspace: name, vschema: JSON.parse(sampleFile(`${name}.json`)) });
  }
});
afterAll(async () => {
  await store?.close();
  await mysqld?.stop();
  await etcd?.destroy();
});

/** What `validate` prints, and its exit code. */
const validate = (keyspace: string, ...more: string[]): Promise<{ out: string; code: number }> =>
  new Promise((resolve) => {
    const args = ['ctl', 'vschema', 'validate', keyspace, '--tablets', '--etcd', etcd.hosts[0]!, ...more];
    execFile(process.execPath, [join(root, 'bin/headgate.mjs'), ...args], (error, out, err) =>
      resolve({ out: out + err, code: typeof error?.code === 'number' ? error.code : 0 }),
    );
  });

test.each(keyspaces)('the sample of %s agrees with its tables', async (keyspace) => {
  const { out, code } = await validate(keyspace, '--json');
  expect({ code, ...JSON.parse(out) }).toEqual({
    code: 0,
    valid: true,
    problems: [],
    ...(keyspace === 'customer'
      ? { notes: ['vindex hash is exact: equal values of customer_id (bigint) are written in one way'] }
      : {}),
  });
});

test('what does not agree is named', async () => {
  const vschema = JSON.parse(sampleFile('customer.json'));
  vschema.tables.customers.column_vindexes[0].column = 'custmer_id';
  vschema.tables.extra = { column_vindexes: [{ column: 'id', name: 'hash' }] };
  vschema.vindexes.text = { type: 'xxhash' };
  for (const [name, promise] of [
    ['label', {}],
    ['promised', { canonical_values: true }],
  ] as const) {
    vschema.tables[name] = { column_vindexes: [{ column: 'tag', name: 'text', ...promise }] };
  }
  await store.putVschema({ keyspace: 'customer', vschema });
  await runStatements(
    mysqld.endpoint,
    [
      'ALTER TABLE orders ADD COLUMN `nummer-ä` VARCHAR(9) UNIQUE',
      'CREATE TABLE label (tag VARCHAR(9) PRIMARY KEY)',
      'CREATE TABLE promised (tag VARCHAR(9) PRIMARY KEY)',
      'CREATE TABLE note (id BIGINT AUTO_INCREMENT PRIMARY KEY)',
    ],
    'customer',
  );
  expect(await validate('customer')).toEqual({
    code: 1,
    out: [
      'tables.customers.column_vindexes[0] the table has no column "custmer_id"; did you mean customer_id?',
      'warning: tables.orders UNIQUE key nummer-ä does not contain customer_id, so MySQL enforces it within each shard only',
      'warning: tables.extra the tablets have no table "extra"',
      'warning: tables.label.column_vindexes[0] tag (varchar(9)): under utf8mb4_0900_ai_ci strings with different letters can be equal: where MySQL\'s comparison may match other spellings, statements by text go to all shards. If there are none, promise it with "canonical_values": true',
      'warning: tables.note is missing: the tablets have the table, but statements that use it are refused',
      'vindex hash is exact: equal values of customer_id (bigint) are written in one way',
      'vindex text is exact: canonical values are promised for tag',
      '',
    ]
      .map((line) => (line === '' ? '' : `keyspace customer: ${line}`))
      .join('\n'),
  });
});

test('a tablet that cannot be asked is an error', async () => {
  const alias = 'zone1-1';
  const tablet = (await store.read()).tablets.get(alias)!;
  await store.putTablet({ ...tablet, port: 1 });
  const { code, out } = await validate('commerce');
  expect(code).toBe(1);
  expect(out).toMatch(/^headgate: tablet zone1-1 \(127\.0\.0\.1:1\) cannot be asked for its tables/);
  expect(await validate('./file.json')).toMatchObject({ code: 2 });
});
