/**
 * The cluster's records in etcd. The first start writes all of them; a later one only says where the tablets are now:
 * who is primary, which tablets were removed and what else was changed meanwhile stays as etcd has it.
 */
import type { TopologyStore } from '../topology/store.ts';
import type { ShardRecord, Topology } from '../topology/topology.ts';
import { CELL, type ClusterLayout, type TabletLayout } from './cluster-layout.ts';
import type { Definitions } from './definitions.ts';

export type PlacedTablet = Readonly<{ layout: TabletLayout; host: string; port: number }>;

async function registerKeyspaces(
  store: TopologyStore,
  layout: ClusterLayout,
  before: Topology,
): Promise<void> {
  for (const { name, sharded, shards } of layout.keyspaces) {
    if (before.keyspaces.has(name)) continue;
    await store.putKeyspace({ name, sharded });
    for (const shard of shards) await store.putShard({ keyspace: name, shard });
  }
}

async function registerTablet(store: TopologyStore, tablet: PlacedTablet, before: Topology): Promise<void> {
  const { alias, keyspace, shard, firstPrimary } = tablet.layout;
  const known = before.tablets.get(alias);
  // A record that somebody removed from a known keyspace stays removed.
  if (known === undefined && before.keyspaces.has(keyspace)) return;
  const { host, port } = tablet;
  await store.putTablet({
    ...(known ?? { alias, cell: CELL, keyspace, shard, type: 'replica' }),
    host,
    port,
  });
  if (known === undefined && firstPrimary) await store.setPrimary({ keyspace, shard, alias });
}

/** Writes the records; making them twice changes nothing. Returns the topology as it then is. */
export async function registerCluster(
  store: TopologyStore,
  layout: ClusterLayout,
  tablets: readonly PlacedTablet[],
): Promise<Topology> {
  const before = await store.read();
  await registerKeyspaces(store, layout, before);
  for (const tablet of tablets) await registerTablet(store, tablet, before);
  return store.read();
}

/** Stores the VSchema of every keyspace that has a file for it and none in etcd yet, or whose file was changed. */
export async function applyVschemas(
  store: TopologyStore,
  keyspaces: readonly string[],
  definitions: Definitions,
  changed: (keyspace: string, vschema: unknown) => boolean,
): Promise<string[]> {
  const applied: string[] = [];
  for (const keyspace of keyspaces) {
    const vschema = definitions.vschemaOf(keyspace);
    if (vschema === undefined || !changed(keyspace, vschema)) continue;
    if ((await store.putVschema({ keyspace, vschema })) !== 'unchanged') applied.push(keyspace);
  }
  return applied;
}

/** The record of one shard. */
export const shardRecordOf = (topology: Topology, keyspace: string, shard: string): ShardRecord | undefined =>
  topology.keyspaces.get(keyspace)?.shards.get(shard);
