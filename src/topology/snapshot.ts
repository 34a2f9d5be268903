/**
 * From records to a Topology. Pure: the watcher and the store hand over what they read. Parts that did not change
 * are the same objects as in the previous snapshot, so that readers can compare by identity.
 */
import { messageOf } from '../errors/headgate-error.ts';
import { decodeRecord, keyOf, type StoredRecord } from './records.ts';
import { compareShardNames } from './shard-name.ts';
import type { KeyspaceState, ShardRecord, TabletRecord, Topology } from './topology.ts';

/** One key of the store as it was last seen; `record` is undefined for foreign keys and broken records. */
export type Entry = Readonly<{ modRevision: number; record: StoredRecord | undefined }>;

/** By key below the root prefix. */
export type Entries = ReadonlyMap<string, Entry>;

/** Reads one key's value; a broken record is reported and left out. */
export function readEntry(
  key: string,
  value: Buffer,
  modRevision: number,
  onProblem: (message: string) => void,
): Entry {
  try {
    return { modRevision, record: decodeRecord(key, value) };
  } catch (cause) {
    onProblem(`${messageOf(cause)}; the record is ignored`);
    return { modRevision, record: undefined };
  }
}

/** Builds the snapshot; returns `previous` itself if nothing that it shows has changed. */
export function buildTopology(entries: Entries, revision: number, previous?: Topology): Topology {
  const keyspaces = sharedMap(buildKeyspaces(entries, previous?.keyspaces), previous?.keyspaces);
  const tablets = sharedMap(buildTablets(entries), previous?.tablets);
  const routingRules = routingRulesIn(entries);
  const same =
    keyspaces === previous?.keyspaces &&
    tablets === previous.tablets &&
    routingRules === previous.routingRules;
  return same ? previous : Object.freeze({ revision, keyspaces, routingRules, tablets });
}

function routingRulesIn(entries: Entries): unknown {
  const record = entries.get(keyOf.routingRules())?.record;
  return record?.kind === 'routingRules' ? record.routingRules : undefined;
}

function buildTablets(entries: Entries): Map<string, TabletRecord> {
  const tablets: TabletRecord[] = [];
  for (const { record } of entries.values()) if (record?.kind === 'tablet') tablets.push(record.record);
  tablets.sort((a, b) => (a.alias < b.alias ? -1 : 1));
  return new Map(tablets.map((tablet) => [tablet.alias, tablet]));
}

function buildKeyspaces(
  entries: Entries,
  previous: ReadonlyMap<string, KeyspaceState> | undefined,
): Map<string, KeyspaceState> {
  const records = new Map<string, Extract<StoredRecord, { kind: 'keyspace' }>>();
  const vschemas = new Map<string, unknown>();
  const shards = new Map<string, ShardRecord[]>();
  for (const { record } of entries.values()) {
    if (record?.kind === 'keyspace') records.set(record.name, record);
    if (record?.kind === 'vschema') vschemas.set(record.keyspace, record.vschema);
    if (record?.kind !== 'shard') continue;
    const list = shards.get(record.record.keyspace) ?? [];
    list.push(record.record);
    shards.set(record.record.keyspace, list);
  }
  const keyspaces = new Map<string, KeyspaceState>();
  for (const name of [...records.keys()].sort()) {
    const { sharded, scatterPolicy } = records.get(name)!;
    const before = previous?.get(name);
    const ordered = (shards.get(name) ?? []).sort((a, b) => compareShardNames(a.shard, b.shard));
    const shardMap = sharedMap(new Map(ordered.map((shard) => [shard.shard, shard])), before?.shards);
    const next = { name, sharded, scatterPolicy, vschema: vschemas.get(name), shards: shardMap };
    const same =
      before?.sharded === sharded &&
      before.scatterPolicy === scatterPolicy &&
      before.vschema === next.vschema &&
      before.shards === shardMap;
    keyspaces.set(name, same ? before : Object.freeze(next));
  }
  return keyspaces;
}

/** The previous map if it has the same values under the same keys in the same order. */
function sharedMap<V>(
  next: Map<string, V>,
  previous: ReadonlyMap<string, V> | undefined,
): ReadonlyMap<string, V> {
  if (previous === undefined || previous.size !== next.size) return next;
  const before = previous.entries();
  for (const [key, value] of next) {
    const [beforeKey, beforeValue] = before.next().value ?? [];
    if (beforeKey !== key || beforeValue !== value) return next;
  }
  return previous;
}
