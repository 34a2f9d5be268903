/**
 * The rules for changing the cluster's records. Pure: each function looks at the records as they stand and says which
 * writes are to be made, and which records those writes depend on; the stores commit them only if those are unchanged.
 * All changes describe a wanted state, so making one twice is the same as making it once.
 */
import { isDeepStrictEqual } from 'node:util';
import { HeadgateError } from '../errors/headgate-error.ts';
import {
  cellOfAlias,
  checkKeyspace,
  checkShard,
  checkTablet,
  isObject,
  keyOf,
  type StoredRecord,
} from './records.ts';
import { canonicalShardName, isWhole, overlap, shardRange } from './shard-name.ts';
import type { Entries } from './snapshot.ts';
import type { KeyspaceState, ScatterPolicy, ShardRecord, TabletRecord, Topology } from './topology.ts';

/** All records as they stood at one revision. */
export type View = Readonly<{ entries: Entries; revision: number; topology: Topology }>;

/** What a write did. `unchanged`: the record was already as wanted. */
export type Outcome = 'created' | 'changed' | 'unchanged';

export type Step<T> = Readonly<{
  result: T;
  /** Records (also absent ones) that must still be as they were seen. */
  unchanged?: readonly string[];
  /** Folders in which nothing may have been added or changed. */
  unchangedBelow?: readonly string[];
  put?: readonly StoredRecord[];
  remove?: readonly string[];
  removeBelow?: readonly string[];
  /** The change is too large for one transaction: decide again after this step. */
  more?: boolean;
}>;

export type PutOptions = Readonly<{
  /** Whether a record that differs is replaced (the default), or the change refused. */
  overwrite?: boolean;
}>;

export type RemoveOptions = Readonly<{
  /** Also removes what uses the record: the tablets and shards in it, or a shard's claim that this is its primary. */
  force?: boolean;
}>;

export type PrimaryChange = Readonly<{
  keyspace: string;
  shard: string;
  alias: string;
  /** The change is refused if somebody else changed the primary since this term. */
  expectedTerm?: number;
  /** Raises the term even if the tablet is already named. */
  raiseTerm?: boolean;
}>;

export type VschemaChange = Readonly<{
  keyspace: string;
  vschema: unknown;
  /** The change is refused if the VSchema was changed since this revision (0: if there is one). */
  expectedRevision?: number;
  check?: RecordCheck;
}>;

export type RoutingRulesChange = Readonly<{
  routingRules: unknown;
  /** The change is refused if the rules were changed since this revision (0: if there are any). */
  expectedRevision?: number;
  check?: RecordCheck;
}>;

/**
 * Looks at the records that the change is to be made in, and throws to refuse it. It may be called several times: the
 * change is made only where all keyspaces and rules are still as it has seen them.
 */
export type RecordCheck = (topology: Topology) => void;

/** etcd takes 128 operations in a transaction unless configured otherwise. */
const REMOVED_AT_ONCE_MAX = 100;

/** The folder of all keyspaces. */
const KEYSPACES = 'keyspaces/';

export function putKeyspace(
  view: View,
  { name, sharded }: { name: string; sharded: boolean },
  options: PutOptions = {},
): Step<Outcome> {
  checkKeyspace(name);
  const before = view.topology.keyspaces.get(name);
  if (before?.sharded === sharded) return { result: 'unchanged' };
  if (before !== undefined) {
    const is = before.sharded ? 'sharded' : 'not sharded';
    refuseUnless(
      options.overwrite !== false,
      `keyspace \`${name}\` exists and is ${is}; force the change if that is meant`,
    );
    const whole = [...before.shards.keys()].every((shard) => isWhole(shardRange(shard)));
    refuseUnless(sharded || whole, `keyspace \`${name}\` has key-range shards and cannot become unsharded`);
    checkVschemaAgrees(name, sharded, before.vschema);
  }
  return {
    result: before === undefined ? 'created' : 'changed',
    unchanged: [keyOf.keyspace(name), keyOf.vschema(name)],
    unchangedBelow: [keyOf.shard(name, '')],
    put: [{ kind: 'keyspace', name, sharded, scatterPolicy: before?.scatterPolicy }],
  };
}

/** `policy` undefined: as the routers' configuration says. */
export function setScatterPolicy(
  view: View,
  { keyspace, policy }: { keyspace: string; policy: ScatterPolicy | undefined },
): Step<Outcome> {
  const { name, sharded, scatterPolicy } = keyspaceIn(view, keyspace);
  if (scatterPolicy === policy) return { result: 'unchanged' };
  return {
    result: 'changed',
    unchanged: [keyOf.keyspace(name)],
    put: [{ kind: 'keyspace', name, sharded, scatterPolicy: policy }],
  };
}

/** Adds a shard without a primary, or leaves an existing one as it is. */
export function putShard(view: View, wanted: { keyspace: string; shard: string }): Step<Outcome> {
  const record = checkShard({ ...wanted, primaryAlias: null, term: 0 });
  const { keyspace, shard } = record;
  const state = keyspaceIn(view, keyspace);
  if (state.shards.has(shard)) return { result: 'unchanged' };
  const range = shardRange(shard);
  refuseUnless(
    state.sharded || isWhole(range),
    `keyspace \`${keyspace}\` is not sharded: its only shard is \`0\` or \`-\`, not \`${shard}\``,
  );
  for (const other of state.shards.keys()) {
    const clear = !overlap(range, shardRange(other));
    refuseUnless(clear, `shard \`${shard}\` overlaps shard \`${other}\` of keyspace \`${keyspace}\``);
  }
  return {
    result: 'created',
    unchanged: [keyOf.keyspace(keyspace), keyOf.shard(keyspace, shard)],
    unchangedBelow: [keyOf.shard(keyspace, '')],
    put: [{ kind: 'shard', record }],
  };
}

/** The result says whether there was such a keyspace. */
export function removeKeyspace(view: View, name: string, options: RemoveOptions = {}): Step<boolean> {
  checkKeyspace(name);
  const keyspace = view.topology.keyspaces.get(name);
  if (keyspace === undefined) return { result: false };
  const tablets = tabletsOf(view, name);
  const shards = [...keyspace.shards.keys()];
  refuseUnless(
    options.force === true || shards.length + tablets.length === 0,
    `keyspace \`${name}\` still has ${listed('shard', shards)}${tablets.length > 0 ? ` and ${listed('tablet', tablets)}` : ''}: remove them first, or force it`,
  );
  const more = tablets.length > REMOVED_AT_ONCE_MAX;
  return {
    result: true,
    unchanged: [keyOf.keyspace(name)],
    unchangedBelow: [`keyspaces/${name}/`, keyOf.tablet('')],
    remove: tablets.slice(0, REMOVED_AT_ONCE_MAX).map(keyOf.tablet),
    removeBelow: more ? [] : [`keyspaces/${name}/`],
    more,
  };
}

/** The result says whether there was such a shard. */
export function removeShard(
  view: View,
  wanted: { keyspace: string; shard: string },
  options: RemoveOptions = {},
): Step<boolean> {
  const keyspace = checkKeyspace(wanted.keyspace);
  const shard = canonicalShardName(wanted.shard);
  const before = view.topology.keyspaces.get(keyspace)?.shards.get(shard);
  if (before === undefined) return { result: false };
  const tablets = tabletsOf(view, keyspace, shard);
  refuseUnless(
    options.force === true || tablets.length === 0,
    `shard \`${keyspace}/${shard}\` still has ${listed('tablet', tablets)}: remove them first, or force it`,
  );
  const more = tablets.length > REMOVED_AT_ONCE_MAX;
  return {
    result: true,
    unchanged: [keyOf.shard(keyspace, shard)],
    unchangedBelow: [keyOf.tablet('')],
    remove: [
      ...tablets.slice(0, REMOVED_AT_ONCE_MAX).map(keyOf.tablet),
      ...(more ? [] : [keyOf.shard(keyspace, shard)]),
    ],
    more,
  };
}

/** Adds or replaces a tablet of an existing shard, and its cell if that is new. */
export function putTablet(view: View, tablet: TabletRecord, options: PutOptions = {}): Step<Outcome> {
  const record = checkTablet(tablet);
  const { keyspace, shard, alias, cell } = record;
  shardIn(view, keyspace, shard);
  const before = view.topology.tablets.get(alias);
  if (isDeepStrictEqual(before, record)) return { result: 'unchanged' };
  const dependsOn = [keyOf.tablet(alias), keyOf.shard(keyspace, shard)];
  if (before !== undefined) {
    const is = `${before.type} of ${before.keyspace}/${before.shard} at ${before.host}:${before.port}`;
    refuseUnless(
      options.overwrite !== false,
      `tablet \`${alias}\` exists and differs: it is ${is}; force the change if that is meant`,
    );
    const moves = before.keyspace !== keyspace || before.shard !== shard;
    refuseUnless(
      !moves || claimOn(view, before) === undefined,
      `tablet \`${alias}\` is the primary of ${before.keyspace}/${before.shard} and cannot leave that shard`,
    );
    if (moves) dependsOn.push(keyOf.shard(before.keyspace, before.shard));
  }
  const newCell = !view.entries.has(keyOf.cell(cell));
  return {
    result: before === undefined ? 'created' : 'changed',
    unchanged: dependsOn,
    put: [{ kind: 'tablet', record }, ...(newCell ? [{ kind: 'cell', name: cell } as const] : [])],
  };
}

/** The result says whether there was such a tablet. */
export function removeTablet(view: View, alias: string, options: RemoveOptions = {}): Step<boolean> {
  cellOfAlias(alias);
  const tablet = view.topology.tablets.get(alias);
  if (tablet === undefined) return { result: false };
  const claim = claimOn(view, tablet);
  refuseUnless(
    claim === undefined || options.force === true,
    `tablet \`${alias}\` is the primary of ${tablet.keyspace}/${tablet.shard}: name another primary first, or force it`,
  );
  return {
    result: true,
    unchanged: [keyOf.tablet(alias), keyOf.shard(tablet.keyspace, tablet.shard)],
    // A shard without a primary is a change of primary as well, so its term rises.
    put: claim === undefined ? [] : [shardRecord(claim, null)],
    remove: [keyOf.tablet(alias)],
  };
}

/** Names a shard's primary and raises its term; a tablet that is already named stays so under the same term. */
export function setPrimary(view: View, change: PrimaryChange): Step<ShardRecord> {
  const { keyspace, alias, expectedTerm } = change;
  cellOfAlias(alias);
  const shard = canonicalShardName(change.shard);
  const before = shardIn(view, keyspace, shard);
  const at = `${keyspace}/${shard}`;
  if (before.primaryAlias === alias && change.raiseTerm !== true) return { result: before };
  const tablet = view.topology.tablets.get(alias);
  refuseUnless(tablet !== undefined, `there is no tablet \`${alias}\``);
  const home = `${tablet.keyspace}/${tablet.shard}`;
  refuseUnless(home === at, `tablet \`${alias}\` belongs to ${home}, not to ${at}`);
  refuseUnless(
    expectedTerm === undefined || expectedTerm === before.term,
    `the primary of ${at} was changed by somebody else: the term is ${before.term}, expected was ${expectedTerm}`,
  );
  const stored = shardRecord(before, alias);
  return {
    result: stored.record,
    unchanged: [keyOf.shard(keyspace, shard), keyOf.tablet(alias)],
    put: [stored],
  };
}

/** Stores a keyspace's VSchema, Vitess' JSON as it is. */
export function putVschema(view: View, change: VschemaChange): Step<Outcome> {
  const { keyspace, vschema, expectedRevision, check } = change;
  const state = keyspaceIn(view, keyspace);
  refuseUnless(isObject(vschema), `the VSchema of keyspace \`${keyspace}\` is not a JSON object`);
  checkVschemaAgrees(keyspace, state.sharded, vschema);
  check?.(view.topology);
  if (isDeepStrictEqual(state.vschema, vschema)) return { result: 'unchanged' };
  const revision = vschemaRevision(view, keyspace);
  refuseUnless(
    expectedRevision === undefined || expectedRevision === revision,
    `the VSchema of keyspace \`${keyspace}\` was changed by somebody else (revision ${revision}, expected ${expectedRevision})`,
  );
  return {
    result: state.vschema === undefined ? 'created' : 'changed',
    unchanged: [
      keyOf.keyspace(keyspace),
      keyOf.vschema(keyspace),
      ...(check === undefined ? [] : [keyOf.routingRules()]),
    ],
    unchangedBelow: check === undefined ? [] : [KEYSPACES],
    put: [{ kind: 'vschema', keyspace, vschema }],
  };
}

/** Stores the routing rules, Vitess' JSON as it is. */
export function putRoutingRules(view: View, change: RoutingRulesChange): Step<Outcome> {
  const { routingRules, expectedRevision, check } = change;
  refuseUnless(isObject(routingRules), 'the routing rules are not a JSON object');
  check?.(view.topology);
  const before = view.topology.routingRules;
  if (isDeepStrictEqual(before, routingRules)) return { result: 'unchanged' };
  const revision = routingRulesRevision(view);
  refuseUnless(
    expectedRevision === undefined || expectedRevision === revision,
    `the routing rules were changed by somebody else (revision ${revision}, expected ${expectedRevision})`,
  );
  return {
    result: before === undefined ? 'created' : 'changed',
    unchanged: [keyOf.routingRules()],
    unchangedBelow: check === undefined ? [] : [KEYSPACES],
    put: [{ kind: 'routingRules', routingRules }],
  };
}

/** The revision at which the routing rules were stored; 0 if none are. */
export function routingRulesRevision(view: View): number {
  return view.entries.get(keyOf.routingRules())?.modRevision ?? 0;
}

/** The revision at which the keyspace's VSchema was stored; 0 if none is. */
export function vschemaRevision(view: View, keyspace: string): number {
  return view.entries.get(keyOf.vschema(keyspace))?.modRevision ?? 0;
}

/** The keyspace, or HG_TOPOLOGY with the names there are. */
export function keyspaceIn(view: View, name: string): KeyspaceState {
  checkKeyspace(name);
  const found = view.topology.keyspaces.get(name);
  const known = [...view.topology.keyspaces.keys()].join(', ');
  refuseUnless(
    found !== undefined,
    `there is no keyspace \`${name}\`; ${known === '' ? 'none exists yet' : `known are ${known}`}`,
  );
  return found;
}

function shardIn(view: View, keyspace: string, shard: string): ShardRecord {
  const { shards } = keyspaceIn(view, keyspace);
  const found = shards.get(shard);
  const known = [...shards.keys()].join(', ');
  refuseUnless(
    found !== undefined,
    `keyspace \`${keyspace}\` has no shard \`${shard}\`; ${known === '' ? 'it has none yet' : `it has ${known}`}`,
  );
  return found;
}

const shardRecord = (before: ShardRecord, primaryAlias: string | null) =>
  ({ kind: 'shard', record: checkShard({ ...before, primaryAlias, term: before.term + 1 }) }) as const;

/** The shard record that names this tablet as primary, if it does. */
function claimOn(view: View, tablet: TabletRecord): ShardRecord | undefined {
  const shard = view.topology.keyspaces.get(tablet.keyspace)?.shards.get(tablet.shard);
  return shard?.primaryAlias === tablet.alias ? shard : undefined;
}

function tabletsOf(view: View, keyspace: string, shard?: string): string[] {
  return [...view.topology.tablets.values()]
    .filter((tablet) => tablet.keyspace === keyspace && (shard === undefined || tablet.shard === shard))
    .map((tablet) => tablet.alias);
}

const listed = (what: string, names: readonly string[]): string => {
  const shown = names.slice(0, 5).join(', ');
  return `${names.length} ${what}${names.length === 1 ? '' : 's'} (${shown}${names.length > 5 ? ', …' : ''})`;
};

function checkVschemaAgrees(keyspace: string, sharded: boolean, vschema: unknown): void {
  if (!isObject(vschema)) return;
  const says = vschema.sharded === true;
  refuseUnless(
    says === sharded,
    `the VSchema of keyspace \`${keyspace}\` says sharded: ${says}, the keyspace's record says ${sharded}`,
  );
}

function refuseUnless(allowed: boolean, detail: string): asserts allowed {
  if (!allowed) throw new HeadgateError('HG_TOPOLOGY', { detail });
}
