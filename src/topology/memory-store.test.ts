import { expect, test } from 'vitest';
import { MemoryTopologyStore } from './memory-store.ts';
import { servingType, type Topology } from './topology.ts';

const tablet = (uid: number) =>
  ({
    alias: `zone1-${uid}`,
    cell: 'zone1',
    keyspace: 'customer',
    shard: '-80',
    type: 'replica',
    host: '127.0.0.1',
    port: 3300 + uid,
  }) as const;

async function sample(): Promise<MemoryTopologyStore> {
  const store = new MemoryTopologyStore();
  await store.putKeyspace({ name: 'commerce', sharded: false });
  await store.putShard({ keyspace: 'commerce', shard: '0' });
  await store.putKeyspace({ name: 'customer', sharded: true });
  for (const shard of ['c0-', '80-c0', '-80']) await store.putShard({ keyspace: 'customer', shard });
  for (const uid of [1, 2]) await store.putTablet(tablet(uid));
  return store;
}

test('shards come in key-range order', async () => {
  const { keyspaces } = await (await sample()).read();
  expect([...keyspaces.keys()]).toEqual(['commerce', 'customer']);
  expect([...keyspaces.get('customer')!.shards.keys()]).toEqual(['-80', '80-c0', 'c0-']);
});

test('a change touches only what it is about', async () => {
  const store = await sample();
  const watcher = store.watch();
  const calls: [Topology, Topology | undefined][] = [];
  watcher.subscribe((next, previous) => calls.push([next, previous]));
  const before = watcher.current!;
  await store.setPrimary({ keyspace: 'customer', shard: '-80', alias: 'zone1-1' });
  const after = watcher.current!;
  expect(calls).toEqual([[after, before]]);
  expect(after.revision).toBeGreaterThan(before.revision);
  expect(after.tablets).toBe(before.tablets);
  expect(after.keyspaces.get('commerce')).toBe(before.keyspaces.get('commerce'));
  const [shardsBefore, shardsAfter] = [before, after].map((each) => each.keyspaces.get('customer')!.shards);
  expect(shardsAfter!.get('c0-')).toBe(shardsBefore!.get('c0-'));
  expect(shardsBefore!.get('-80')).toMatchObject({ primaryAlias: null, term: 0 });
  expect(shardsAfter!.get('-80')).toMatchObject({ primaryAlias: 'zone1-1', term: 1 });
  expect([1, 2].map((uid) => servingType(after, tablet(uid)))).toEqual(['primary', 'replica']);
});

test('a change that changes nothing tells nobody', async () => {
  const store = await sample();
  const watcher = store.watch();
  let calls = 0;
  watcher.subscribe(() => {
    calls += 1;
  });
  await store.putTablet(tablet(1));
  await store.putShard({ keyspace: 'customer', shard: '-80' });
  expect(calls).toBe(0);
  await watcher.close();
  await store.putTablet(tablet(3));
  expect(calls).toBe(0);
});

test('what is read cannot be written to', async () => {
  const store = await sample();
  await store.putVschema({ keyspace: 'customer', vschema: { sharded: true, tables: { t: {} } } });
  const topology = await store.read();
  const customer = topology.keyspaces.get('customer')!;
  const { tables } = customer.vschema as { tables: object };
  expect(
    [topology, customer, customer.vschema, tables, topology.tablets.get('zone1-1')].every(Object.isFrozen),
  ).toBe(true);
});

test('routing rules are a part of the snapshot, and the same object until they change', async () => {
  const store = await sample();
  const before = await store.read();
  expect(before.routingRules).toBeUndefined();
  const routingRules = { rules: [{ from_table: 't', to_tables: ['customer.t'] }] };
  expect(await store.putRoutingRules({ routingRules })).toBe('created');
  const topology = await store.read();
  expect(topology.routingRules).toEqual(routingRules);
  expect(Object.isFrozen(topology.routingRules)).toBe(true);
  expect(topology.keyspaces).toBe(before.keyspaces);
  expect(await store.putRoutingRules({ routingRules: structuredClone(routingRules) })).toBe('unchanged');
  await store.putTablet(tablet(3));
  expect((await store.read()).routingRules).toBe(topology.routingRules);
});
