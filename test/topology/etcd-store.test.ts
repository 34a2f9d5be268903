import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EtcdMember } from '../../src/topology/etcd-client.ts';
import { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';
import type { TabletRecord } from '../../src/topology/topology.ts';
import { type EtcdCluster, startEtcd } from '../support/etcd.ts';

let etcd: EtcdCluster;
let store: EtcdTopologyStore;
let problems: string[];
let tests = 0;
let prefix: string;

beforeAll(async () => {
  etcd = await startEtcd();
});
afterAll(() => etcd.destroy());
beforeEach(async () => {
  await store?.close();
  tests += 1;
  prefix = `/test/${tests}`;
  problems = [];
  store = connect();
});

const connect = (): EtcdTopologyStore =>
  EtcdTopologyStore.connect({ hosts: etcd.hosts, prefix, onProblem: (message) => problems.push(message) });

const tablet = (uid: number, shard = '-80'): TabletRecord => ({
  alias: `zone1-${uid}`,
  cell: 'zone1',
  keyspace: 'customer',
  shard,
  type: 'replica',
  host: '127.0.0.1',
  port: 3300 + uid,
});

async function setUp(): Promise<void> {
  await store.putKeyspace({ name: 'customer', sharded: true });
  await store.putShard({ keyspace: 'customer', shard: '80-' });
  await store.putShard({ keyspace: 'customer', shard: '-80' });
  await store.putTablet(tablet(1));
  await store.putTablet(tablet(2));
}

const refusal = (text: string | RegExp): unknown =>
  expect.objectContaining({ code: 'HG_TOPOLOGY', message: expect.stringMatching(text) });

test('what is written is read', async () => {
  expect((await store.read()).keyspaces.size).toBe(0);
  await setUp();
  await store.setPrimary({ keyspace: 'customer', shard: '-80', alias: 'zone1-1' });
  await store.putVschema({ keyspace: 'customer', vschema: { sharded: true, tables: {} } });
  const topology = await store.read();
  expect(topology.keyspaces.get('customer')).toEqual({
    name: 'customer',
    sharded: true,
    vschema: { sharded: true, tables: {} },
    shards: new Map([
      ['-80', { keyspace: 'customer', shard: '-80', primaryAlias: 'zone1-1', term: 1 }],
      ['80-', { keyspace: 'customer', shard: '80-', primaryAlias: null, term: 0 }],
    ]),
  });
  expect([...topology.keyspaces.get('customer')!.shards.keys()]).toEqual(['-80', '80-']);
  expect(topology.tablets).toEqual(
    new Map([
      ['zone1-1', tablet(1)],
      ['zone1-2', tablet(2)],
    ]),
  );
  expect(problems).toEqual([]);
});

test('every write made again changes nothing', async () => {
  await setUp();
  const vschema = { sharded: true };
  expect(await store.putVschema({ keyspace: 'customer', vschema })).toBe('created');
  const first = await store.setPrimary({ keyspace: 'customer', shard: '-80', alias: 'zone1-1' });
  const before = await store.read();
  expect(await store.putKeyspace({ name: 'customer', sharded: true })).toBe('unchanged');
  expect(await store.putShard({ keyspace: 'customer', shard: '-80' })).toBe('unchanged');
  expect(await store.putTablet(tablet(1))).toBe('unchanged');
  expect(await store.putVschema({ keyspace: 'customer', vschema })).toBe('unchanged');
  expect(await store.setPrimary({ keyspace: 'customer', shard: '-80', alias: 'zone1-1' })).toEqual(first);
  expect((await store.read()).revision).toBe(before.revision);
});

test('a change of primary raises the term, also when it is only confirmed', async () => {
  await setUp();
  const change = { keyspace: 'customer', shard: '-80', alias: 'zone1-1' };
  expect((await store.setPrimary(change)).term).toBe(1);
  expect((await store.setPrimary({ ...change, alias: 'zone1-2' })).term).toBe(2);
  expect((await store.setPrimary({ ...change, alias: 'zone1-2', raiseTerm: true })).term).toBe(3);
  await expect(store.setPrimary({ ...change, expectedTerm: 2 })).rejects.toEqual(
    refusal('changed by somebody else: the term is 3, expected was 2'),
  );
  expect((await store.setPrimary({ ...change, expectedTerm: 3 })).term).toBe(4);
});

test('concurrent changes of primary get different terms, none is lost', async () => {
  await setUp();
  const stores = Array.from({ length: 4 }, connect);
  const terms = await Promise.all(
    stores.flatMap((each, at) =>
      Array.from({ length: 5 }, () =>
        each.setPrimary({
          keyspace: 'customer',
          shard: '-80',
          alias: `zone1-${(at % 2) + 1}`,
          raiseTerm: true,
        }),
      ),
    ),
  );
  expect(terms.map(({ term }) => term).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 20 }, (_, at) => at + 1),
  );
  await Promise.all(stores.map((each) => each.close()));
});

test('of two concurrent changes from one term a single one wins', async () => {
  await setUp();
  const others = [connect(), connect()];
  const results = await Promise.allSettled(
    others.map((each, at) =>
      each.setPrimary({ keyspace: 'customer', shard: '-80', alias: `zone1-${at + 1}`, expectedTerm: 0 }),
    ),
  );
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect((await store.read()).keyspaces.get('customer')?.shards.get('-80')?.term).toBe(1);
  await Promise.all(others.map((each) => each.close()));
});

test('concurrent shards cannot overlap', async () => {
  await store.putKeyspace({ name: 'customer', sharded: true });
  const others = [connect(), connect(), connect()];
  const results = await Promise.allSettled(
    ['-80', '-40', '40-c0'].map((shard, at) => others[at]!.putShard({ keyspace: 'customer', shard })),
  );
  const shards = [...(await store.read()).keyspaces.get('customer')!.shards.keys()];
  expect(shards).toHaveLength(results.filter(({ status }) => status === 'fulfilled').length);
  expect(['-80', '-40 40-c0', '-40', '40-c0']).toContain(shards.join(' '));
  await Promise.all(others.map((each) => each.close()));
});

describe('what is in use stays', () => {
  beforeEach(async () => {
    await setUp();
    await store.setPrimary({ keyspace: 'customer', shard: '-80', alias: 'zone1-1' });
  });

  test('a keyspace with shards', async () => {
    await expect(store.removeKeyspace('customer')).rejects.toEqual(
      refusal(/still has 2 shards \(-80, 80-\) and 2 tablets/),
    );
    expect(await store.removeKeyspace('customer', { force: true })).toBe(true);
    expect(await store.removeKeyspace('customer')).toBe(false);
    expect(await store.read()).toMatchObject({ keyspaces: new Map(), tablets: new Map() });
  });

  test('a shard with tablets', async () => {
    const shard = { keyspace: 'customer', shard: '-80' };
    await expect(store.removeShard(shard)).rejects.toEqual(refusal('still has 2 tablets'));
    expect(await store.removeShard(shard, { force: true })).toBe(true);
    expect(await store.removeShard(shard)).toBe(false);
    expect((await store.read()).tablets.size).toBe(0);
  });

  test('a primary', async () => {
    await expect(store.removeTablet('zone1-1')).rejects.toEqual(refusal('is the primary of customer/-80'));
    await expect(store.putTablet(tablet(1, '80-'))).rejects.toEqual(refusal('cannot leave that shard'));
    expect(await store.removeTablet('zone1-1', { force: true })).toBe(true);
    expect((await store.read()).keyspaces.get('customer')?.shards.get('-80')).toMatchObject({
      primaryAlias: null,
      term: 2,
    });
    expect(await store.removeTablet('zone1-2')).toBe(true);
  });

  test('more tablets than one transaction can remove', async () => {
    await Promise.all(Array.from({ length: 150 }, (_, at) => store.putTablet(tablet(10 + at, '80-'))));
    expect(await store.removeKeyspace('customer', { force: true })).toBe(true);
    expect((await store.read()).tablets.size).toBe(0);
  });
});

describe('refused', () => {
  test.each<[string, () => Promise<unknown>, string | RegExp]>([
    [
      'keyspace name',
      () => store.putKeyspace({ name: 'a/b', sharded: true }),
      /keyspace name "a\/b" is not valid/,
    ],
    ['reserved name', () => store.putKeyspace({ name: 'mysql', sharded: false }), "one of MySQL's own"],
    ['shard name', () => store.putShard({ keyspace: 'customer', shard: '-8' }), 'odd number of digits'],
    [
      'empty range',
      () => store.putShard({ keyspace: 'customer', shard: '80-80' }),
      'must lie before its end',
    ],
    ['overlap', () => store.putShard({ keyspace: 'customer', shard: '40-c0' }), 'overlaps shard `-80`'],
    ['unknown keyspace', () => store.putShard({ keyspace: 'no', shard: '0' }), 'known are customer'],
    ['unknown shard', () => store.putTablet(tablet(3, 'c0-')), 'it has -80, 80-'],
    ['stored primary', () => store.putTablet({ ...tablet(3), type: 'primary' as never }), 'never stored'],
    [
      'cell of the alias',
      () => store.putTablet({ ...tablet(3), cell: 'zone2' }),
      'its alias says cell `zone1`',
    ],
    ['port', () => store.putTablet({ ...tablet(3), port: 0 }), 'port 0 is not between'],
    [
      'differing tablet',
      () => store.putTablet({ ...tablet(1), port: 99 }, { overwrite: false }),
      'exists and differs',
    ],
    [
      'unknown primary',
      () => store.setPrimary({ keyspace: 'customer', shard: '-80', alias: 'zone1-9' }),
      'no tablet',
    ],
    [
      'foreign primary',
      () => store.setPrimary({ keyspace: 'customer', shard: '80-', alias: 'zone1-1' }),
      'belongs to',
    ],
    ['VSchema text', () => store.putVschema({ keyspace: 'customer', vschema: [] }), 'not a JSON object'],
    [
      'unsharded VSchema',
      () => store.putVschema({ keyspace: 'customer', vschema: {} }),
      'says sharded: false',
    ],
    [
      'sharded no more',
      () => store.putKeyspace({ name: 'customer', sharded: false }),
      'cannot become unsharded',
    ],
  ])('%s', async (_what, write, message) => {
    await setUp();
    await expect((async () => write())()).rejects.toEqual(refusal(message));
  });
});

test('a VSchema is only replaced over the one that was read, when asked so', async () => {
  await setUp();
  expect(await store.getVschema('customer')).toEqual({ vschema: undefined, revision: 0 });
  const put = (tables: object, expectedRevision: number): Promise<unknown> =>
    store.putVschema({ keyspace: 'customer', vschema: { sharded: true, tables }, expectedRevision });
  await put({ a: {} }, 0);
  const { revision } = await store.getVschema('customer');
  await expect(put({ b: {} }, 0)).rejects.toEqual(refusal('changed by somebody else'));
  expect(await put({ b: {} }, revision)).toBe('changed');
});

test('routing rules are only replaced over those that were read, when asked so', async () => {
  expect(await store.getRoutingRules()).toEqual({ routingRules: undefined, revision: 0 });
  const put = (rules: object[], expectedRevision?: number): Promise<unknown> =>
    store.putRoutingRules({ routingRules: { rules }, expectedRevision });
  expect(await put([], 0)).toBe('created');
  expect(await put([])).toBe('unchanged');
  const { routingRules, revision } = await store.getRoutingRules();
  expect(routingRules).toEqual({ rules: [] });
  const rule = { from_table: 't', to_tables: ['customer.t'] };
  await expect(put([rule], 0)).rejects.toEqual(refusal('changed by somebody else'));
  expect(await put([rule], revision)).toBe('changed');
  expect((await store.read()).routingRules).toEqual({ rules: [rule] });
  await expect(store.putRoutingRules({ routingRules: [] })).rejects.toEqual(refusal('not a JSON object'));
});

test('what a check has seen still holds when the change is made', async () => {
  const names = ['one', 'two'];
  for (const name of names) await store.putKeyspace({ name, sharded: false });
  const stores = names.map(connect);
  for (let round = 0; round < 10; round += 1) {
    // Either may be stored only while the other is not: of two at once, exactly one must be refused.
    const changes = names.map((keyspace, at) =>
      stores[at]!.putVschema({
        keyspace,
        vschema: { tables: { taken: {} } },
        check: ({ keyspaces }) => {
          const other = keyspaces.get(names[1 - at]!)!.vschema;
          if (JSON.stringify(other ?? {}).includes('taken')) throw new Error('the other was faster');
        },
      }),
    );
    const done = await Promise.allSettled(changes);
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const keyspace of names) await store.putVschema({ keyspace, vschema: {} });
  }
  for (const each of stores) await each.close();
});

test('broken records of others are skipped and reported', async () => {
  await setUp();
  const member = new EtcdMember(etcd.members[0]!.address);
  const write = (key: string, value: string) =>
    member.txn(
      [],
      [{ request_put: { key: Buffer.from(`${prefix}/${key}`), value: Buffer.from(value) } }],
      2_000,
    );
  await write('tablets/zone1-3', 'not json');
  await write('tablets/zone1-1', '{"version":7}');
  await write('keyspaces/customer/shards/40-', '{"version":1,"primaryAlias":null,"term":-1}');
  await write('keyspaces/customer/shards/xyz', '{"version":1,"primaryAlias":null,"term":0}');
  await write('something/else', 'of a later version');
  member.close();
  const topology = await store.read();
  expect([...topology.tablets.keys()]).toEqual(['zone1-2']);
  expect([...topology.keyspaces.get('customer')!.shards.keys()]).toEqual(['-80', '80-']);
  expect(problems).toHaveLength(4);
  expect(problems.join('\n')).toContain('version 7 is not known');
  expect(await store.putTablet(tablet(1))).toBe('created');
});

test('without etcd an operation fails within its time and says so', async () => {
  const lonely = EtcdTopologyStore.connect({ hosts: ['127.0.0.1:1'], timeoutMs: 300 });
  await expect(lonely.read()).rejects.toEqual(refusal('etcd at 127.0.0.1:1 did not answer within 300 ms'));
  await lonely.close();
});
