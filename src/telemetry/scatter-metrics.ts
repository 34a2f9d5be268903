/** Statements that went to all shards, or were kept from it, for `/metrics`. */
import type { Metrics } from './metrics.ts';

/** Of one keyspace. */
export type ScatterFigures = Readonly<{ allowed: number; warned: number; denied: number }>;

const help = {
  headgate_scatter_statements_total:
    'Statements that look for rows on all shards of a keyspace, since no condition names its vindex columns; by what its policy did.',
};

/** Adds the figures, read at each scrape, to the metrics. */
export function addScatterMetrics(metrics: Metrics, read: () => ReadonlyMap<string, ScatterFigures>): void {
  metrics.onCollect((set) => {
    for (const [keyspace, figures] of read())
      for (const outcome of ['allowed', 'warned', 'denied'] as const)
        set('headgate_scatter_statements_total', { keyspace, outcome }, figures[outcome]);
  }, help);
}
