/** A small part of the fault tests; `npm run fuzz` plays as much as it is told to. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { cutBySeed, prepareTables, runLoad } from './cut-connections.ts';
import { fuzzPackets } from './mutated-packets.ts';
import { type Stage, setStage } from './stage.ts';

const megabyte = 1024 * 1024;
let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  await prepareTables(stage.tablet, stage.database);
});
afterAll(() => stage?.stop());
afterEach(async () => expect(await stage.accidents()).toEqual([]));

test('mutated packets harm nobody else and leave nothing behind', async () => {
  const pooled = stage.tabletProxy.open;
  const report = await fuzzPackets(stage.router, stage.routerPid, {
    cases: 4000,
    seed: 20_000,
    database: stage.database,
  });
  expect(report.failures).toEqual([]);
  expect(report.controlAnswers).toBeGreaterThan(10);
  // The pool's own connections stay, as many as clients ever needed at once.
  const ofClients = report.after!.files - stage.tabletProxy.open;
  expect(ofClients).toBeLessThanOrEqual(report.before!.files - pooled + 20);
  expect(report.after!.rssBytes).toBeLessThanOrEqual(report.before!.rssBytes + 192 * megabyte);
});

test.each([
  ['between client and router', 0.8, 0],
  ['between router and tablet', 0, 0.5],
  ['on both sides', 0.5, 0.3],
])('connections cut %s', async (_, clientSide, tabletSide) => {
  const seed = 1 + Math.round(clientSide * 100 + tabletSide * 10);
  cutBySeed(stage.clientProxy, seed, clientSide);
  cutBySeed(stage.tabletProxy, seed + 1, tabletSide);
  // Pooled connections from before were promised no cut: new ones are.
  stage.tabletProxy.cutAll();
  const report = await runLoad(stage.throughClientProxy, stage.tablet, {
    seed,
    operations: 3000,
    database: stage.database,
  });
  cutBySeed(stage.clientProxy, seed, 0);
  cutBySeed(stage.tabletProxy, seed, 0);
  expect(report.failures).toEqual([]);
  expect(report.acknowledged).toBeGreaterThan(100);
  expect(stage.clientProxy.cuts + stage.tabletProxy.cuts).toBeGreaterThan(3);
});
