import { afterEach, expect, test } from 'vitest';
import { EtcdMember, pause } from '../../src/topology/etcd-client.ts';
import { type PeerAnswer, RouterPeers } from '../../src/topology/peers/router-peers.ts';
import { leaseRouterNumber, type RouterLease } from '../../src/topology/router-lease.ts';
import { type EtcdCluster, startEtcd } from '../support/etcd.ts';
import { until } from '../support/router-stage.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function cluster(size = 1): Promise<EtcdCluster> {
  const etcd = await startEtcd(size);
  cleanups.push(() => etcd.destroy());
  return etcd;
}

const record = { host: '127.0.0.1', port: 1, adminUrl: '', pid: 1, startedAt: '2026-01-01T00:00:00Z' };

type Router = { peers: RouterPeers; lease: RouterLease; number: () => number; problems: string[] };

async function router(
  etcd: EtcdCluster,
  answer: (content: unknown) => unknown,
  { answerMsMax = 5_000, ttlSeconds = 10 } = {},
): Promise<Router> {
  const problems: string[] = [];
  const lease = leaseRouterNumber({
    hosts: etcd.hosts,
    router: record,
    ttlSeconds,
    onAcquired: (number) => peers.serve(number),
  });
  const peers = new RouterPeers({
    hosts: etcd.hosts,
    callMsMax: 1_000,
    answerMsMax,
    leaseId: () => lease.leaseId,
    answer,
    onProblem: (message) => problems.push(message),
  });
  cleanups.push(
    () => lease.close(),
    () => peers.close(),
  );
  await until('the number is there', () => lease.number !== undefined);
  return { peers, lease, number: () => lease.number!, problems };
}

const kindOf = ({ kind }: PeerAnswer): string => kind;
const content = (answer: PeerAnswer): unknown => (answer.kind === 'answered' ? answer.content : answer);

/** Keys below the folder of questions and answers. */
async function keysLeft(etcd: EtcdCluster): Promise<string[]> {
  const member = new EtcdMember(etcd.hosts[0]!);
  const range = { key: Buffer.from('/headgate-peers/'), range_end: Buffer.from('/headgate-peers0') };
  const { kvs } = await member.range(range, 2_000);
  member.close();
  return kvs.map(({ key }) => key.toString());
}

test('questions are answered, many at a time, each its own, and nothing is left in etcd', async () => {
  const etcd = await cluster();
  const long = 'x'.repeat(200_000);
  const asker = await router(etcd, () => 'nobody asks');
  const other = await router(etcd, async (question) => {
    await pause(Math.random() * 20);
    return { echo: question, long };
  });
  expect(await asker.peers.others()).toEqual([other.number()]);
  const questions = Array.from({ length: 60 }, (_, at) => ({ at }));
  const answers = await Promise.all(questions.map((each) => asker.peers.ask(other.number(), each)));
  expect(answers.map(content)).toEqual(questions.map((echo) => ({ echo, long })));
  await until('the keys are gone', async () => (await keysLeft(etcd)).length === 0);
  expect([...asker.problems, ...other.problems]).toEqual([]);
});

test('no router of the number: at once; one that goes while it is asked: soon; its error: as it is', async () => {
  const etcd = await cluster();
  const asker = await router(etcd, () => 0);
  let asked = 0;
  const other = await router(etcd, (question) => {
    asked += 1;
    if (question === 'bad') throw new Error('I cannot');
    return new Promise(() => {});
  });
  const unused = [1, 2, 3].find((number) => number !== asker.number() && number !== other.number())!;
  expect(await asker.peers.ask(unused, 1)).toEqual({ kind: 'gone' });
  expect(await asker.peers.ask(other.number(), 'bad')).toEqual({
    kind: 'failed',
    detail: `router ${other.number()}: I cannot`,
  });
  const waiting = asker.peers.ask(other.number(), 'wait');
  await until('it is asked', () => asked === 2);
  other.peers.close();
  await other.lease.close();
  expect(kindOf(await waiting)).toBe('gone');
});

test('a router that says nothing is not waited for any longer, and what was asked is taken back', async () => {
  const etcd = await cluster();
  const asker = await router(etcd, () => 0, { answerMsMax: 400 });
  let asked = 0;
  const deaf = await router(etcd, () => {
    asked += 1;
    return 1;
  });
  deaf.peers.close();
  expect(await asker.peers.ask(deaf.number(), 1)).toEqual({
    kind: 'silent',
    detail: `router ${deaf.number()} did not answer within 400 ms`,
  });
  await until('the keys are gone', async () => (await keysLeft(etcd)).length === 0);
  expect(asked).toBe(0);
});

test('answers go on while members of etcd come and go; without etcd it says so', async () => {
  const etcd = await cluster(3);
  const asker = await router(etcd, () => 0, { answerMsMax: 15_000 });
  let done = 0;
  const other = await router(etcd, (question) => {
    done += 1;
    return question;
  });
  for (const member of etcd.members) {
    await member.kill();
    for (let n = 0; n < 3; n++) expect(content(await asker.peers.ask(other.number(), n))).toBe(n);
    member.start(etcd.members);
    await member.ready();
  }
  expect(done).toBe(9);
  const hasty = await router(etcd, () => 0, { answerMsMax: 300 });
  await Promise.all(etcd.members.map((member) => member.kill()));
  await expect(hasty.peers.ask(other.number(), 1)).rejects.toThrow(/etcd at .* did not answer/);
});
