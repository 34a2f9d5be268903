/** The plan cache's counters for `/metrics`. */
import type { Metrics } from './metrics.ts';

export type CacheFigures = Readonly<{
  hits: number;
  misses: number;
  evictions: number;
  entries: number;
  bytes: number;
  parserGaps: number;
  /** Spent on parsing and planning, all statements together. */
  planningUs: number;
}>;

const help = {
  headgate_plan_cache_hits_total: 'Statements whose plan was in the cache.',
  headgate_plan_cache_misses_total: 'Statements that were planned.',
  headgate_planning_seconds_total:
    'Time spent on parsing and planning statements whose plan was not in the cache; by headgate_plan_cache_misses_total it is the mean.',
  headgate_plan_cache_evictions_total: 'Plans that made room for others (`planner.cacheBytesMax`).',
  headgate_plan_cache_entries: 'Plans in the cache.',
  headgate_parser_gaps_total: 'Statements that MySQL accepts and Headgate does not understand.',
  headgate_plan_cache_bytes: 'About what the plans in the cache take.',
};

/** Adds the figures, read at each scrape, to the metrics. Returns the way to stop. */
export function addPlanCacheMetrics(metrics: Metrics, read: () => CacheFigures): () => void {
  return metrics.onCollect((set) => {
    const figures = read();
    set('headgate_plan_cache_hits_total', {}, figures.hits);
    set('headgate_plan_cache_misses_total', {}, figures.misses);
    set('headgate_planning_seconds_total', {}, figures.planningUs / 1e6);
    set('headgate_plan_cache_evictions_total', {}, figures.evictions);
    set('headgate_plan_cache_entries', {}, figures.entries);
    set('headgate_parser_gaps_total', {}, figures.parserGaps);
    set('headgate_plan_cache_bytes', {}, figures.bytes);
  }, help);
}
