/** What the router tells people about itself: the content of `/status.json` and of the status page. */
import type { MetricsSnapshot } from '../../telemetry/metrics.ts';
import type { TabletRecord } from '../../topology/topology.ts';

/** Whether the router can serve statements, and if not, why. */
export type Readiness = Readonly<{ ready: boolean; reasons: readonly string[] }>;

export type ListenerStatus = Readonly<{
  /** For example `MySQL`. */
  protocol: string;
  host: string;
  port: number;
  tls: 'off' | 'optional' | 'required';
}>;

export type ShardStatus = Readonly<{ name: string; primaryAlias: string | null; term: number }>;

export type KeyspaceStatus = Readonly<{
  name: string;
  sharded: boolean;
  shards: readonly ShardStatus[];
  /** Statements that go to all shards for want of a condition: what happens to them, and how many there were; of sharded keyspaces. */
  scatter?: Readonly<{ policy: string; allowed: number; warned: number; denied: number }> | undefined;
}>;

/** The connections of all pools to one tablet together. */
export type PoolStatus = Readonly<{
  /** Open connections, of which `busy` serve a statement or are held by a session. */
  open: number;
  busy: number;
  max: number;
  /** Statements waiting for a connection. */
  waiting: number;
}>;

export type TabletStatus = Readonly<
  Omit<TabletRecord, 'type'> & {
    /** The type under which it serves: `primary` if its shard's record names it. */
    type: string;
    pool: PoolStatus;
    lastError: Readonly<{ message: string; atMs: number }> | undefined;
  }
>;

export type TopologyStatus = Readonly<{
  etcd: readonly string[];
  prefix: string;
  /** Undefined until the topology was read for the first time. */
  revision: number | undefined;
  /** When etcd last confirmed what is shown; 0 before the first time. */
  confirmedAtMs: number;
  keyspaces: readonly KeyspaceStatus[];
  tablets: readonly TabletStatus[];
}>;

export type SessionsStatus = Readonly<{
  open: number;
  /** Sessions with an open transaction. */
  inTransaction: number;
  /** Sessions that hold a connection to a tablet because of their state. */
  pinned: number;
  max: number;
}>;

export type RouterStatus = Readonly<{
  version: string;
  /** The server version that clients see. */
  serverVersion: string;
  state: 'starting' | 'serving' | 'draining';
  pid: number;
  startedAtMs: number;
  nowMs: number;
  cell: string;
  listeners: readonly ListenerStatus[];
  topology: TopologyStatus;
  sessions: SessionsStatus;
  rssBytes: number;
  metrics: MetricsSnapshot;
}>;
