import { afterEach, expect, test } from 'vitest';
import { EtcdMember, pause } from '../../src/topology/etcd-client.ts';
import { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';
import { leaseRouterNumber, type RouterLease } from '../../src/topology/router-lease.ts';
import { type EtcdCluster, prepareEtcd, startEtcd } from '../support/etcd.ts';
import { startStallingProxy } from '../support/stalling-proxy.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function cluster(size = 1): Promise<EtcdCluster> {
  const etcd = await startEtcd(size);
  cleanups.push(() => etcd.destroy());
  return etcd;
}

const router = {
  host: '127.0.0.1',
  port: 3306,
  adminUrl: 'http://127.0.0.1:8080',
  pid: 42,
  startedAt: '2026-01-01T00:00:00Z',
};

type Leased = { lease: RouterLease; acquired: number[]; lost: number[]; problems: string[] };

function leaseOn(hosts: readonly string[], ttlSeconds = 2): Leased {
  const leased = { acquired: [] as number[], lost: [] as number[], problems: [] as string[] };
  const lease = leaseRouterNumber({
    hosts,
    router,
    ttlSeconds,
    onAcquired: (number) => leased.acquired.push(number),
    onLost: (number) => leased.lost.push(number),
    onProblem: (message) => leased.problems.push(message),
  });
  cleanups.push(() => lease.close());
  return { lease, ...leased };
}

async function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`never came: ${what}`);
    await pause(20);
  }
}

const numbersIn = async (etcd: EtcdCluster): Promise<number[]> => {
  const store = EtcdTopologyStore.connect({ hosts: etcd.hosts });
  const routers = await store.routers();
  await store.close();
  return routers.map(({ number }) => number);
};

test('many routers at once have different numbers and are listed', async () => {
  const etcd = await cluster();
  const leases = Array.from({ length: 30 }, () => leaseOn(etcd.hosts, 10));
  await eventually(() => leases.every(({ lease }) => lease.number !== undefined), 'all numbers');
  const numbers = leases.map(({ lease }) => lease.number!).sort((a, b) => a - b);
  expect(new Set(numbers).size).toBe(30);
  expect(numbers.every((number) => number >= 1 && number <= 255)).toBe(true);
  expect(await numbersIn(etcd)).toEqual(numbers);
  const store = EtcdTopologyStore.connect({ hosts: etcd.hosts });
  expect((await store.routers())[0]).toEqual({ number: numbers[0], ...router });
  await store.close();
});

test('the number outlives its time to live while the router lives, and close() frees it', async () => {
  const etcd = await cluster();
  const { lease, acquired } = leaseOn(etcd.hosts);
  await eventually(() => acquired.length > 0, 'the number');
  await pause(4_500);
  expect(await numbersIn(etcd)).toEqual([lease.number]);
  await lease.close();
  expect(await numbersIn(etcd)).toEqual([]);
  expect(acquired).toHaveLength(1);
});

test('etcd comes later', async () => {
  const etcd = await prepareEtcd();
  cleanups.push(() => etcd.destroy());
  const { lease, problems } = leaseOn(etcd.hosts);
  await eventually(() => problems.length > 0, 'the complaint');
  expect(lease.number).toBeUndefined();
  await etcd.startAll();
  await eventually(() => lease.number !== undefined, 'the number');
});

test('a number that ended with etcd away is taken again', async () => {
  const etcd = await cluster();
  const { lease, acquired, lost } = leaseOn(etcd.hosts);
  await eventually(() => acquired.length > 0, 'the number');
  await etcd.members[0]!.kill();
  await etcd.members[0]!.forget();
  etcd.members[0]!.start();
  await etcd.members[0]!.ready();
  await eventually(async () => (await numbersIn(etcd)).length === 1, 'the same number');
  expect(await numbersIn(etcd)).toEqual([lease.number]);
  await eventually(() => acquired.length === 2, 'the second call');
  expect(new Set(acquired).size).toBe(1);
  expect(lost).toEqual([]);
});

test('a number that another router took meanwhile is lost, and a new one found', async () => {
  const etcd = await cluster();
  const etcdPort = Number(etcd.hosts[0]!.split(':')[1]);
  const proxy = await startStallingProxy(etcdPort);
  const { lease, acquired, lost } = leaseOn([proxy.address]);
  await eventually(() => acquired.length > 0, 'the number');
  const first = lease.number!;
  await proxy.close();
  await eventually(async () => (await numbersIn(etcd)).length === 0, 'the end of the lease');
  const member = new EtcdMember(etcd.hosts[0]!);
  const value = Buffer.from('{"version":1,"host":"other","port":1}');
  await member.txn([], [{ request_put: { key: Buffer.from(`/headgate/routers/${first}`), value } }], 2_000);
  member.close();
  const again = await startStallingProxy(etcdPort, Number(proxy.address.split(':')[1]));
  cleanups.push(() => again.close());
  await eventually(() => acquired.length === 2, 'the new number');
  expect(lost).toEqual([first]);
  expect(lease.number).not.toBe(first);
  expect(await numbersIn(etcd)).toEqual([first, lease.number].sort((a, b) => a! - b!));
});

test('a frozen member of three costs nothing', async () => {
  const etcd = await cluster(3);
  const { lease, acquired, lost } = leaseOn(etcd.hosts, 6);
  await eventually(() => acquired.length > 0, 'the number');
  for (const member of etcd.members) {
    member.signal('SIGSTOP');
    await pause(4_000);
    member.signal('SIGCONT');
    await member.ready();
  }
  expect(await numbersIn(etcd)).toEqual([lease.number]);
  expect(lost).toEqual([]);
});

test('close() ends with etcd frozen, gone, and never there', async () => {
  const etcd = await cluster();
  const leases = [leaseOn(etcd.hosts), leaseOn(etcd.hosts), leaseOn(['127.0.0.1:1'])];
  await eventually(() => leases[0]!.acquired.length > 0 && leases[1]!.acquired.length > 0, 'the numbers');
  etcd.members[0]!.signal('SIGSTOP');
  await leases[0]!.lease.close();
  await etcd.members[0]!.kill();
  await leases[1]!.lease.close();
  await leases[2]!.lease.close();
});
