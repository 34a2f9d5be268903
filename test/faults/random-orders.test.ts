/** A small part of the random orders; `npm run fuzz` plays as many as it is told to. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ShardedStage } from '../sharded/stage.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { playBoundaries } from './boundaries.ts';
import { leftBehind } from './left-behind.ts';
import { fillTables, playOrders } from './random-orders.ts';

const megabyte = 1024 * 1024;
let stage: ShardedStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter('--pool-connections-max=12');
  await fillTables(stage, router);
});
afterAll(() => stage?.stop());

test('commands in random orders', async () => {
  const report = await playOrders(stage, router, { cases: 800, seed: 1 });
  expect(report.failures).toEqual([]);
  const errors = Object.values(report.errors).reduce((sum, count) => sum + count, 0);
  expect(report.answers - errors).toBeGreaterThan(2000);
  expect(report.after!.files).toBeLessThanOrEqual(report.before!.files + 40);
  expect(report.after!.rssBytes).toBeLessThanOrEqual(report.before!.rssBytes + 256 * megabyte);
});

test('commands split and cut off at every byte', async () => {
  expect(await playBoundaries(router.endpoint)).toEqual([]);
  expect(await leftBehind(stage, router)).toEqual([]);
});
