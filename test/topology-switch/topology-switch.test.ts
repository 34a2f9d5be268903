/** Two routers on one etcd while the shard's primary changes and etcd comes and goes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Etcd3 } from 'etcd3';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../src/local/ports.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import type { Endpoint } from '../support/raw-client.ts';
import { promote, readValue, replicateFrom, tableOfWrites, write, writtenCounts } from './promotion.ts';
import { keyspace, type Place, type Router, SwitchStage } from './stage.ts';
import { type ReadReport, type SwitchClock, SwitchReader, tableOfRows } from './switch-readers.ts';

/** `npm test` plays a short form; the full one is 200 switches in 60 s and five promotions. */
const switches = Number(process.env.HEADGATE_TEST_SWITCHES ?? 20);
const switchMs = 300;
const promotions = switches >= 200 ? 5 : 2;

let stage: SwitchStage;
beforeAll(async () => {
  stage = await SwitchStage.set([...tableOfRows, ...tableOfWrites]);
});
afterAll(() => stage?.stop());
afterEach(() => expect(stage.troubles).toEqual([]));

const waitUntil = async (what: string, holds: () => boolean | Promise<boolean>) => {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    if (await holds()) return;
    await sleep(10);
  }
  throw new Error(`waited 10 s in vain: ${what}`);
};

/** The server that a router now sends to; undefined while it cannot say. */
const portBehind = (router: Endpoint): Promise<number | undefined> =>
  readValue(router, `SELECT @@port FROM ${keyspace}.numbers LIMIT 1`).then(Number, () => undefined);

const waitForServer = (router: Endpoint, place: Place) =>
  waitUntil(
    `the router on ${router.port} uses server ${place}`,
    async () => (await portBehind(router)) === stage.servers[place].port,
  );

test(`${switches} switches of the primary's record under reads`, async () => {
  const routers = await Promise.all([stage.startRouter(), stage.startRouter()]);
  const report: ReadReport = { answers: 0, failures: [] };
  const clock: SwitchClock = { number: 0, port: stage.servers[0].port };
  let running = true;
  const readers = routers.flatMap(({ endpoint }) => {
    const known = { switch: 0 };
    return [false, false, true, true].map(
      (prepared) => new SwitchReader(endpoint, known, prepared, clock, report),
    );
  });
  const reading = Promise.all(readers.map((reader) => reader.run(() => running)));
  for (let number = 1; number <= switches && report.failures.length === 0; number += 1) {
    const place: Place = number % 2 === 0 ? 0 : 1;
    const beganAtMs = Date.now();
    clock.number = number;
    clock.port = stage.servers[place].port;
    await stage.setPrimary(place);
    await waitUntil(
      `every reader has seen switch ${number}`,
      () => report.failures.length > 0 || readers.every(({ seen }) => seen === number),
    );
    await sleep(Math.max(0, switchMs - (Date.now() - beganAtMs)));
  }
  running = false;
  await reading;
  await Promise.all(routers.map((router) => router.stop()));
  expect(report.failures).toEqual([]);
  expect(report.answers).toBeGreaterThan(switches * 10);
});

test(`${promotions} real promotions under writes lose nothing that was acknowledged`, async () => {
  await stage.setPrimary(0);
  await replicateFrom(stage, 0);
  const routers = await Promise.all([stage.startRouter(), stage.startRouter()]);
  const acknowledged: string[] = [];
  let running = true;
  const writers = Promise.all(
    routers.flatMap(({ endpoint }, router) =>
      [0, 1, 2].map((number) => write(endpoint, `w${router}${number}`, () => running, acknowledged)),
    ),
  );
  let place: Place = 0;
  for (let round = 0; round < promotions; round += 1) {
    await sleep(500);
    place = await promote(stage, place);
    const before = acknowledged.length;
    await waitUntil('writes go on after the promotion', () => acknowledged.length > before + 20);
  }
  running = false;
  await writers;
  const counts = await writtenCounts(stage.server(place));
  expect(acknowledged.filter((id) => counts.get(id) !== 1)).toEqual([]);
  expect([...counts].filter(([, count]) => count !== 1)).toEqual([]);
  await Promise.all(routers.map((router) => router.stop()));
});

describe('etcd', () => {
  let router: Router | undefined;
  afterEach(async () => {
    await router?.stop();
    router = undefined;
  });

  test('a router that was there first serves as soon as etcd is reachable', async () => {
    await stage.setPrimary(0);
    const port = await freePort();
    const early = await stage.startRouterEarly(`127.0.0.1:${port}`);
    router = early;
    // An early failure must wait for its turn to be reported.
    early.serving.catch(() => undefined);
    await sleep(1000);
    const proxy = await CuttingProxy.start(stage.etcd.port, () => undefined, port);
    try {
      await early.serving;
      await waitForServer(early.endpoint, 0);
    } finally {
      await proxy.stop();
    }
  });

  test('gone: routers serve on; back: they follow again', async () => {
    await stage.setPrimary(0);
    router = await stage.startRouter();
    await stage.killEtcd();
    for (let i = 0; i < 20; i += 1) {
      expect(await portBehind(router.endpoint)).toBe(stage.servers[0].port);
      await sleep(50);
    }
    await stage.restartEtcd();
    await stage.setPrimary(1);
    await waitForServer(router.endpoint, 1);
    await stage.setPrimary(0);
    await waitForServer(router.endpoint, 0);
  });

  test('compacted while a router was cut off: it reads everything anew', async () => {
    await stage.setPrimary(0);
    const proxy = await CuttingProxy.start(stage.etcd.port);
    const { port } = proxy;
    router = await stage.startRouter(`127.0.0.1:${port}`);
    await waitForServer(router.endpoint, 0);
    await proxy.stop();
    for (const place of [1, 0, 1] as const) await stage.setPrimary(place);
    await compact(stage.etcdAddress);
    expect(await portBehind(router.endpoint)).toBe(stage.servers[0].port);
    const again = await CuttingProxy.start(stage.etcd.port, () => undefined, port);
    try {
      await waitForServer(router.endpoint, 1);
      await stage.setPrimary(0);
      await compact(stage.etcdAddress);
      await waitForServer(router.endpoint, 0);
    } finally {
      await again.stop();
    }
  });
});

/** Forgets every revision but the current one. */
async function compact(address: string): Promise<void> {
  const client = new Etcd3({ hosts: [address] });
  try {
    const { header } = await client.kv.range({ key: Buffer.from('\0') });
    await client.kv.compact({ revision: header.revision, physical: true });
  } finally {
    client.close();
  }
}
