/** What the parent tells a client process, and what that process tells it back. */
import type { Endpoint } from './connection.ts';
import type { WorkloadName } from './workloads.ts';

export type LoadJob = Readonly<{
  endpoint: Endpoint;
  workload: WorkloadName;
  connections: number;
  /** Ends the run after this time; what is under way is finished. */
  secondsMax: number;
  /** Ends the run after this many operations over all connections. */
  operationsMax?: number;
  /** Rows of a large result. */
  resultRows?: number;
  /** Of `sharded-plan`: no text is like one before it. */
  fresh?: boolean;
  seed: number;
}>;

export type LoadFigures = {
  operations: number;
  statements: number;
  retries: number;
  bytes: number;
  seconds: number;
  /** CPU seconds of the client processes, for judging whether they were the bottleneck. */
  clientCpuSeconds: number;
};

export type ToClient = { kind: 'open'; job: LoadJob } | { kind: 'go' } | { kind: 'close' };

export type FromClient =
  | { kind: 'opened' }
  | { kind: 'done'; figures: LoadFigures; histogram: number[] }
  | { kind: 'closed' }
  | { kind: 'failed'; message: string };
