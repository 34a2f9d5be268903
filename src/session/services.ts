import type { Sequences } from '../engine/sequences.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Log } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Plans } from './plans.ts';

/** Another session of this router, as KILL sees it. */
export interface KillableSession {
  readonly connectionId: number;
  readonly userName: string;
  /** Interrupts the running statement, or closes the whole connection. */
  kill(queryOnly: boolean): void;
}

/** What sessions share. */
export type SessionServices = Readonly<{
  gateway: Gateway;
  plans: Plans;
  sequences: Sequences;
  metrics: Metrics;
  log: Log;
  /** By connection id. */
  findSession: (connectionId: number) => KillableSession | undefined;
  limits: Readonly<{ preparedStatementsMax: number }>;
  slowQueryMs: number;
  /** What one statement's operators may keep in memory. */
  statementBytesMax: number;
  /** One line of figures for COM_STATISTICS. */
  statistics: () => string;
  /** User with which the router itself logs in to the tablets. */
  tabletUser: string;
}>;
