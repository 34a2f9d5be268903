/** What a router tells of itself: gauges for metrics, and everything for the status page. */
import { readFileSync } from 'node:fs';
import { gatherHelp } from '../session/gather/gather-figures.ts';
import type { SetMetric } from '../telemetry/metrics.ts';
import { servingType } from '../topology/topology.ts';
import type { KeyspaceStatus, RouterStatus, TabletStatus } from './admin/status.ts';
import type { Router } from './router.ts';

const packageFile = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };

/** What the figures are of which the name does not say it. */
export const gaugesHelp: Readonly<Record<string, string>> = {
  ...gatherHelp,
  headgate_client_prepared_statements: 'Prepared statements that clients hold.',
  headgate_pool_prepared_statements: 'Prepared statements kept on the connections to a tablet.',
  headgate_pool_prepared_statements_evicted_total:
    'Prepared statements closed on a tablet to make room for others.',
  headgate_pool_prepared_statements_refused_total:
    'How often a tablet had no room for a prepared statement (1461).',
};

export function collectGauges(router: Router, set: SetMetric): void {
  const { confirmedAtMs } = router.watcher;
  if (confirmedAtMs > 0) set('headgate_topology_age_seconds', {}, (Date.now() - confirmedAtMs) / 1000);
  let prepared = 0;
  for (const { session } of router.connections.values()) prepared += session?.prepared.count ?? 0;
  set('headgate_client_prepared_statements', {}, prepared);
  for (const pool of router.gateway.pools) {
    const { open, leased, waiting } = pool.counts();
    const { alias: tablet } = pool.tablet;
    set('headgate_pool_connections', { tablet, state: 'busy' }, leased);
    set('headgate_pool_connections', { tablet, state: 'idle' }, open - leased);
    set('headgate_pool_waiters', { tablet }, waiting);
    const scratch = router.gateway.scratch.counts(tablet);
    set('headgate_scratch_connections', { tablet, state: 'busy' }, scratch.leased);
    set('headgate_scratch_connections', { tablet, state: 'idle' }, scratch.open - scratch.leased);
    const { statements } = pool;
    set('headgate_pool_prepared_statements', { tablet }, statements.open);
    set('headgate_pool_prepared_statements_evicted_total', { tablet }, statements.evicted);
    set('headgate_pool_prepared_statements_refused_total', { tablet }, statements.refused);
  }
  router.gatherFigures.collect(set);
  router.gateway.collectSchemas(set);
}

function scatterOf({ scatters }: Router, keyspace: string): NonNullable<KeyspaceStatus['scatter']> {
  const { allowed = 0, warned = 0, denied = 0 } = scatters.figures.get(keyspace) ?? {};
  return { policy: scatters.policyOf(keyspace), allowed, warned, denied };
}

export function routerStatus(router: Router): RouterStatus {
  const { config, gateway, watcher } = router;
  const { current } = watcher;
  const connections = [...router.connections.values()];
  return {
    version,
    serverVersion: router.serverVersion,
    state: router.state,
    pid: process.pid,
    startedAtMs: router.startedAtMs,
    nowMs: Date.now(),
    cell: config.gateway.cell,
    listeners: [
      { protocol: 'MySQL', host: config.listen.host, port: router.port, tls: config.listen.tls.mode },
    ],
    topology: {
      etcd: config.topology.etcd,
      prefix: config.topology.prefix,
      revision: current?.revision,
      confirmedAtMs: watcher.confirmedAtMs,
      keyspaces: [...(current?.keyspaces.values() ?? [])].map((keyspace) => ({
        name: keyspace.name,
        sharded: keyspace.sharded,
        scatter: keyspace.sharded ? scatterOf(router, keyspace.name) : undefined,
        shards: [...keyspace.shards.values()].map(({ shard, primaryAlias, term }) => ({
          name: shard,
          primaryAlias,
          term,
        })),
      })),
      tablets: [...gateway.pools].map((pool): TabletStatus => {
        const { tablet, lastError } = pool;
        const { open, leased, waiting } = pool.counts();
        return {
          ...tablet,
          type: current === undefined ? tablet.type : servingType(current, tablet),
          pool: { open, busy: leased, max: config.pool.connectionsMax, waiting },
          lastError,
        };
      }),
    },
    sessions: {
      open: connections.length,
      inTransaction: connections.filter((connection) => connection.session?.inTransaction === true).length,
      pinned: connections.filter((connection) => connection.session?.holding.connection !== undefined).length,
      max: config.listen.connectionsMax,
    },
    rssBytes: process.memoryUsage.rss(),
    metrics: router.metrics.snapshot(),
  };
}
