/** SHOW HEADGATE STATUS: figures of this router by name. Those of `/metrics` say the same over time. */
import type { MetadataRow } from '../../planner/metadata/json-table.ts';
import type { Session } from '../session.ts';

export function statusRows({ services }: Session): MetadataRow[] {
  const { metrics, plans, gateway } = services;
  const { queries, latency, errors, connections, bytes } = metrics.snapshot();
  const kept = plans.figures;
  const pools = [...gateway.pools].map((pool) => pool.counts());
  const sum = (of: (counts: (typeof pools)[number]) => number) =>
    pools.reduce((all, each) => all + of(each), 0);
  const figures: Readonly<Record<string, number | string>> = {
    server_version: gateway.serverVersion ?? '',
    uptime_seconds: Math.floor(process.uptime()),
    connections_open: connections.open,
    connections_total: connections.total,
    queries_total: queries.total,
    queries_failed: queries.failed,
    queries_per_second: queries.perSecond,
    latency_p50_us: latency?.p50Us ?? '',
    latency_p99_us: latency?.p99Us ?? '',
    errors_total: errors.total,
    bytes_from_clients: bytes.clientIn,
    bytes_to_clients: bytes.clientOut,
    bytes_from_tablets: bytes.tabletIn,
    bytes_to_tablets: bytes.tabletOut,
    tablet_connections_open: sum(({ open }) => open),
    tablet_connections_busy: sum(({ leased }) => leased),
    statements_waiting: sum(({ waiting }) => waiting),
    plans_kept: kept.entries,
    plans_bytes: kept.bytes,
    plans_hits: kept.hits,
    plans_misses: kept.misses,
    plans_evicted: kept.evictions,
    planning_us: Math.round(kept.planningUs),
    parser_gaps: kept.parserGaps,
    topology_revision: gateway.topology?.revision ?? '',
    rss_bytes: process.memoryUsage.rss(),
  };
  return Object.entries(figures).map(([name, value]) => [name, String(value)]);
}
