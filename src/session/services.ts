import type { Sequences } from '../engine/sequences.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Cluster } from './cluster.ts';
import type { GatherFigures } from './gather/gather-figures.ts';
import type { Plans } from './plans.ts';
import type { Scatters } from './scatters.ts';

/** What sessions share. */
export type SessionServices = Readonly<{
  gateway: Gateway;
  plans: Plans;
  scatters: Scatters;
  sequences: Sequences;
  metrics: Metrics;
  log: Log;
  cluster: Cluster;
  limits: Readonly<{
    preparedStatementsMax: number;
    preparedBytesMax: number;
    longDataBytesMax: number;
    queryMsMax: number;
    userVariableBytesMax: number;
  }>;
  slowQueryMs: number;
  /** What one statement's operators may keep in memory. */
  statementBytesMax: number;
  /** What one statement may have in temporary tables. */
  gatherLimits: Readonly<{ rowsMax: number; bytesMax: number }>;
  gatherFigures: GatherFigures;
  /** One line of figures for COM_STATISTICS. */
  statistics: () => string;
  /** User with which the router itself logs in to the tablets. */
  tabletUser: string;
}>;
