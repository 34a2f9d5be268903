/** `headgate local status`: its JSON is an interface that scripts rely on, so its keys do not change. */
import { readFileSync } from 'node:fs';
import { EtcdTopologyStore } from '../topology/etcd-store.ts';
import { servingType, type TabletRecord, type Topology } from '../topology/topology.ts';
import type { ClusterState, TabletState } from './cluster-state.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

export type TabletStatus = Readonly<
  Omit<TabletRecord, 'type'> & {
    /** As the topology says; `unknown` when etcd cannot be asked or has no record of it. */
    type: string;
    /** Null when it does not run. */
    pid: number | null;
    dataDir: string;
    user: string;
    password: string;
  }
>;

export type ClusterStatus = Readonly<{
  router: Readonly<{ host: string; port: number; pids: readonly number[] }>;
  admin: Readonly<{ url: string }>;
  etcd: readonly string[];
  keyspaces: Readonly<Record<string, Readonly<{ sharded: boolean; shards: readonly string[] }>>>;
  tablets: readonly TabletStatus[];
}>;

const TOPOLOGY_MS_MAX = 2_000;

async function readTopology(state: ClusterState): Promise<Topology | undefined> {
  if (state.etcd === null || !isRunning(state.etcd.process)) return undefined;
  const store = EtcdTopologyStore.connect({
    hosts: [`${state.etcd.host}:${state.etcd.port}`],
    timeoutMs: TOPOLOGY_MS_MAX,
  });
  try {
    return await store.read();
  } catch {
    return undefined;
  } finally {
    await store.close();
  }
}

/** A router's main process and those that it has started. */
function withChildren(identity: ProcessIdentity | null): number[] {
  if (identity === null || !isRunning(identity)) return [];
  try {
    const children = readFileSync(`/proc/${identity.pid}/task/${identity.pid}/children`, 'utf8');
    return [identity.pid, ...children.split(' ').filter(Boolean).map(Number)];
  } catch {
    return [identity.pid];
  }
}

function tabletStatus(tablet: TabletState, topology: Topology | undefined): TabletStatus {
  const record = topology?.tablets.get(tablet.alias);
  return {
    alias: tablet.alias,
    cell: tablet.alias.slice(0, tablet.alias.lastIndexOf('-')),
    keyspace: tablet.keyspace,
    shard: tablet.shard,
    type: topology !== undefined && record !== undefined ? servingType(topology, record) : 'unknown',
    host: '127.0.0.1',
    port: tablet.port,
    pid: isRunning(tablet.process) ? tablet.process.pid : null,
    dataDir: tablet.dataDir,
    user: 'root',
    password: '',
  };
}

/** The status of what the state describes, looked at now. */
export async function clusterStatus(state: ClusterState): Promise<ClusterStatus> {
  const topology = await readTopology(state);
  return {
    router: {
      host: state.router.host,
      port: state.router.port,
      pids: withChildren(state.router.process),
    },
    admin: { url: `http://${state.admin.host}:${state.admin.port}/` },
    etcd: state.etcd === null ? [] : [`${state.etcd.host}:${state.etcd.port}`],
    keyspaces: Object.fromEntries(
      state.keyspaces.map(({ name, sharded, shards }) => [name, { sharded, shards }]),
    ),
    tablets: state.tablets.map((tablet) => tabletStatus(tablet, topology)),
  };
}
