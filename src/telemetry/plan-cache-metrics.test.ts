import { afterAll, beforeAll, expect, test } from 'vitest';
import { Metrics } from './metrics.ts';
import { addPlanCacheMetrics } from './plan-cache-metrics.ts';

let metrics: Metrics;
beforeAll(() => {
  metrics = new Metrics([]);
});
afterAll(() => metrics.close());

test('figures are read at each scrape, and no more once stopped', async () => {
  let hits = 1;
  const stop = addPlanCacheMetrics(metrics, () => ({
    hits,
    misses: 2,
    evictions: 3,
    entries: 4,
    bytes: 5,
    parserGaps: 6,
    planningUs: 7_000_000,
  }));
  hits = 7;
  const text = await metrics.text();
  expect(text).toContain('# TYPE headgate_plan_cache_hits_total counter\nheadgate_plan_cache_hits_total 7\n');
  expect(text).toContain('\nheadgate_plan_cache_misses_total 2\n');
  expect(text).toContain('\nheadgate_plan_cache_evictions_total 3\n');
  expect(text).toContain('\nheadgate_plan_cache_entries 4\n');
  expect(text).toContain('# TYPE headgate_plan_cache_bytes gauge\nheadgate_plan_cache_bytes 5\n');
  expect(text).toContain('\nheadgate_parser_gaps_total 6\n');
  expect(text).toContain('\nheadgate_planning_seconds_total 7\n');
  stop();
  expect(await metrics.text()).not.toContain('plan_cache');
});
