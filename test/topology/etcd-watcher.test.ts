import { afterEach, describe, expect, test } from 'vitest';
import { EtcdMember, pause } from '../../src/topology/etcd-client.ts';
import { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';
import {
  EtcdTopologyWatcher,
  type EtcdWatcherOptions,
  type WatcherEvent,
} from '../../src/topology/etcd-watcher.ts';
import type { Topology } from '../../src/topology/topology.ts';
import { compact, type EtcdCluster, prepareEtcd, startEtcd } from '../support/etcd.ts';
import { startStallingProxy } from '../support/stalling-proxy.ts';

/** Generous: this machine may be busy. What is asserted is that the change arrives at all. */
const ARRIVES_WITHIN_MS = 20_000;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function cluster(size = 1): Promise<EtcdCluster> {
  const etcd = await startEtcd(size);
  cleanups.push(() => etcd.destroy());
  return etcd;
}

function storeOn(hosts: readonly string[]): EtcdTopologyStore {
  const store = EtcdTopologyStore.connect({ hosts });
  cleanups.push(() => store.close());
  return store;
}

type Followed = {
  watcher: EtcdTopologyWatcher;
  events: [WatcherEvent, string][];
  kinds: () => WatcherEvent[];
};

function watch(hosts: readonly string[], options: Partial<EtcdWatcherOptions> = {}): Followed {
  const events: [WatcherEvent, string][] = [];
  const watcher = EtcdTopologyWatcher.start({
    hosts,
    onEvent: (kind, detail) => events.push([kind, detail]),
    ...options,
  });
  cleanups.push(() => watcher.close());
  return { watcher, events, kinds: () => events.map(([kind]) => kind) };
}

const tablet = {
  cell: 'zone1',
  keyspace: 'customer',
  shard: '-',
  type: 'replica',
  host: 'h',
  port: 1,
} as const;

async function eventually(condition: () => boolean, what: string): Promise<void> {
  const endMs = Date.now() + ARRIVES_WITHIN_MS;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`never came: ${what}`);
    await pause(5);
  }
}

const knows = (watcher: EtcdTopologyWatcher, keyspace: string): boolean =>
  watcher.current?.keyspaces.has(keyspace) === true;

const seen = (watcher: EtcdTopologyWatcher, keyspace: string): Promise<void> =>
  eventually(() => knows(watcher, keyspace), `keyspace ${keyspace}`);

const confirmedAfter = (watcher: EtcdTopologyWatcher, atMs: number): Promise<void> =>
  eventually(() => watcher.confirmedAtMs > atMs, 'a confirmation');

const add = (store: EtcdTopologyStore, name: string): Promise<unknown> =>
  store.putKeyspace({ name, sharded: true });

describe('following', () => {
  test('a change arrives, and the parts that it does not touch stay the same objects', async () => {
    const etcd = await cluster();
    const store = storeOn(etcd.hosts);
    await add(store, 'one');
    const { watcher } = watch(etcd.hosts);
    await seen(watcher, 'one');
    const before = watcher.current!;
    const calls: [Topology, Topology | undefined][] = [];
    watcher.subscribe((next, previous) => calls.push([next, previous]));
    await add(store, 'two');
    await seen(watcher, 'two');
    expect(calls).toEqual([[watcher.current, before]]);
    expect(watcher.current!.keyspaces.get('one')).toBe(before.keyspaces.get('one'));
    expect(watcher.current!.tablets).toBe(before.tablets);
    expect(Object.isFrozen(watcher.current)).toBe(true);
    expect(watcher.current).toEqual(await store.read());
  });

  test('records of one transaction arrive in one snapshot', async () => {
    const etcd = await cluster();
    const store = storeOn(etcd.hosts);
    await add(store, 'customer');
    await store.putShard({ keyspace: 'customer', shard: '-' });
    await store.putTablet({ ...tablet, alias: 'zone1-1' });
    await store.setPrimary({ keyspace: 'customer', shard: '-', alias: 'zone1-1' });
    const { watcher } = watch(etcd.hosts);
    await seen(watcher, 'customer');
    const seenStates: string[] = [];
    watcher.subscribe(({ keyspaces, tablets }) => seenStates.push(`${keyspaces.size} ${tablets.size}`));
    await store.removeKeyspace('customer', { force: true });
    await eventually(() => seenStates.length > 0, 'the removal');
    expect(seenStates).toEqual(['0 0']);
  });

  test('1,000 quick changes are seen in order, and the last state is the store’s', async () => {
    const etcd = await cluster();
    const store = storeOn(etcd.hosts);
    await add(store, 'customer');
    await store.putShard({ keyspace: 'customer', shard: '-' });
    await store.putTablet({ ...tablet, alias: 'zone1-1' });
    await store.putTablet({ ...tablet, alias: 'zone1-2' });
    const { watcher, kinds } = watch(etcd.hosts);
    await seen(watcher, 'customer');
    const terms: number[] = [];
    const termIn = (topology?: Topology) => topology?.keyspaces.get('customer')?.shards.get('-')?.term ?? -1;
    watcher.subscribe((next) => terms.push(termIn(next)));
    for (let at = 0; at < 1_000; at += 1) {
      await store.setPrimary({ keyspace: 'customer', shard: '-', alias: `zone1-${1 + (at % 2)}` });
    }
    await eventually(() => termIn(watcher.current) === 1_000, 'the last change');
    expect(terms).toEqual([...terms].sort((a, b) => a - b));
    expect(watcher.current).toEqual(await store.read());
    await confirmedAfter(watcher, Date.now());
    expect(kinds()).not.toContain('missed');
  });

  test('a broken record is reported and does no harm', async () => {
    const etcd = await cluster();
    const { watcher, events } = watch(etcd.hosts);
    const member = new EtcdMember(etcd.hosts[0]!);
    const put = { key: Buffer.from('/headgate/tablets/zone1-1'), value: Buffer.from('{') };
    await member.txn([], [{ request_put: put }], 2_000);
    member.close();
    await add(storeOn(etcd.hosts), 'one');
    await seen(watcher, 'one');
    expect(events).toContainEqual([
      'problem',
      expect.stringContaining('`tablets/zone1-1` is broken: it is not JSON'),
    ]);
  });

  test('a listener that throws stops neither the others nor the watcher', async () => {
    const etcd = await cluster();
    const { watcher, kinds } = watch(etcd.hosts);
    const calls: number[] = [];
    watcher.subscribe(() => {
      throw new Error('listener');
    });
    const stop = watcher.subscribe(() => calls.push(1));
    const store = storeOn(etcd.hosts);
    await add(store, 'one');
    await seen(watcher, 'one');
    stop();
    const before = calls.length;
    await add(store, 'two');
    await seen(watcher, 'two');
    expect(calls).toHaveLength(before);
    expect(kinds()).toContain('problem');
  });
});

describe('trouble', () => {
  test('etcd comes later than the watcher', async () => {
    const etcd = await prepareEtcd();
    cleanups.push(() => etcd.destroy());
    const { watcher, kinds } = watch(etcd.hosts);
    await pause(500);
    expect(watcher.current).toBeUndefined();
    expect(watcher.confirmedAtMs).toBe(0);
    await etcd.startAll();
    await add(storeOn(etcd.hosts), 'one');
    await seen(watcher, 'one');
    expect(kinds()[0]).toBe('lost');
    await eventually(() => kinds().includes('followed'), 'following');
  });

  test('etcd is killed and comes back: the snapshot stays, then the changes made meanwhile are seen', async () => {
    const etcd = await cluster();
    const store = storeOn(etcd.hosts);
    await add(store, 'one');
    const { watcher, kinds } = watch(etcd.hosts);
    await seen(watcher, 'one');
    await etcd.members[0]!.kill();
    await eventually(() => kinds().includes('lost'), 'the loss');
    expect(knows(watcher, 'one')).toBe(true);
    etcd.members[0]!.start();
    await etcd.members[0]!.ready();
    await add(store, 'two');
    await seen(watcher, 'two');
    await confirmedAfter(watcher, Date.now());
    expect(kinds().at(-1)).toBe('followed');
  });

  test('a compaction while connected does no harm', async () => {
    const etcd = await cluster();
    const store = storeOn(etcd.hosts);
    const { watcher } = watch(etcd.hosts);
    for (const name of ['one', 'two', 'three']) {
      await add(store, name);
      await compact(etcd.hosts[0]!);
      await seen(watcher, name);
    }
  });

  test('a compaction while cut off: the history is gone, the changes are not', async () => {
    const etcd = await cluster();
    const proxy = await startStallingProxy(Number(etcd.hosts[0]!.split(':')[1]));
    cleanups.push(() => proxy.close());
    const store = storeOn(etcd.hosts);
    await add(store, 'one');
    const { watcher } = watch([proxy.address]);
    await seen(watcher, 'one');
    for (const connection of proxy.connections()) connection.stall();
    await add(store, 'two');
    await store.removeKeyspace('one');
    await compact(etcd.hosts[0]!);
    await seen(watcher, 'two');
    expect(knows(watcher, 'one')).toBe(false);
  });

  test('a watch that falls silent while its member answers is found out', async () => {
    const etcd = await cluster();
    const proxy = await startStallingProxy(Number(etcd.hosts[0]!.split(':')[1]));
    cleanups.push(() => proxy.close());
    const store = storeOn(etcd.hosts);
    await add(store, 'one');
    const { watcher, kinds } = watch([proxy.address], { callMsMax: 10_000 });
    await seen(watcher, 'one');
    await eventually(() => kinds().includes('followed'), 'the watch');
    // The listing has opened the first connection, the watch the second.
    const [, second] = proxy.connections();
    second!.stall();
    await add(store, 'two');
    await store.removeKeyspace('one');
    await seen(watcher, 'two');
    expect(knows(watcher, 'one')).toBe(false);
    expect(kinds()).toContain('missed');
  });

  test('a frozen etcd: the snapshot stays and grows old, then goes on', async () => {
    const etcd = await cluster();
    const store = storeOn(etcd.hosts);
    await add(store, 'one');
    const { watcher, kinds } = watch(etcd.hosts);
    await seen(watcher, 'one');
    etcd.members[0]!.signal('SIGSTOP');
    await eventually(() => kinds().includes('lost'), 'the loss');
    const confirmedAtMs = watcher.confirmedAtMs;
    await pause(2_500);
    expect(watcher.confirmedAtMs).toBe(confirmedAtMs);
    expect(knows(watcher, 'one')).toBe(true);
    etcd.members[0]!.signal('SIGCONT');
    await add(store, 'two');
    await seen(watcher, 'two');
  });

  test('of three members each is frozen in turn: changes arrive through another', async () => {
    const etcd = await cluster(3);
    const { watcher } = watch(etcd.hosts);
    for (const [at, member] of etcd.members.entries()) {
      await confirmedAfter(watcher, Date.now());
      member.signal('SIGSTOP');
      await add(storeOn(etcd.hosts), `round${at}`);
      await seen(watcher, `round${at}`);
      member.signal('SIGCONT');
      await member.ready();
    }
  });

  test('an etcd that lost its data does not empty the topology', async () => {
    const etcd = await cluster();
    const store = storeOn(etcd.hosts);
    for (const name of ['three', 'two', 'one']) await add(store, name);
    const { watcher, events } = watch(etcd.hosts);
    await seen(watcher, 'one');
    await etcd.members[0]!.kill();
    await etcd.members[0]!.forget();
    etcd.members[0]!.start();
    await etcd.members[0]!.ready();
    const confirmedAtMs = watcher.confirmedAtMs;
    await pause(2_500);
    expect(knows(watcher, 'one')).toBe(true);
    expect(watcher.confirmedAtMs).toBe(confirmedAtMs);
    await add(store, 'new');
    await seen(watcher, 'new');
    expect(knows(watcher, 'one')).toBe(false);
    expect(events.map(([kind]) => kind)).toContain('rewound');
  });
});

describe('close() finishes and silences', () => {
  const states: [string, (etcd: EtcdCluster) => Promise<unknown>][] = [
    ['while following', async () => {}],
    ['with etcd frozen', async (etcd) => etcd.members[0]!.signal('SIGSTOP')],
    ['with etcd gone', async (etcd) => etcd.members[0]!.kill()],
  ];
  test.each(states)('%s', async (_state, bringAbout) => {
    const etcd = await cluster();
    const { watcher } = watch(etcd.hosts);
    await eventually(() => watcher.current !== undefined, 'the first listing');
    await bringAbout(etcd);
    for (const waitMs of [0, 1_500]) {
      const late = watch(etcd.hosts).watcher;
      await pause(waitMs);
      await late.close();
    }
    let calls = 0;
    watcher.subscribe(() => {
      calls += 1;
    });
    await watcher.close();
    await watcher.close();
    etcd.members[0]!.signal('SIGCONT');
    const last = watcher.current;
    await pause(1_500);
    expect(calls).toBe(0);
    expect(watcher.current).toBe(last);
  });
});
