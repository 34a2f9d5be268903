/**
 * What a local cluster consists of, as kept in its data directory: made once from the options and the VSchemas, then the
 * truth for every later start. Its file also marks the directory as ours: nothing else is ever removed by `--reset`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkKeyspace } from '../topology/records.ts';
import { equalKeyRanges } from '../vschema/key-range.ts';
import { localError } from './local-error.ts';

export type KeyspaceWish = Readonly<{ name: string; shards: number }>;

export type TabletLayout = Readonly<{
  /** `CELL-NUMBER`; the number is the server id too. */
  alias: string;
  number: number;
  keyspace: string;
  shard: string;
  /** The one that starts as its shard's primary; later etcd alone says who is. */
  firstPrimary: boolean;
  port: number | undefined;
}>;

export type KeyspaceLayout = Readonly<{ name: string; sharded: boolean; shards: readonly string[] }>;

export type ClusterLayout = Readonly<{
  kind: 'headgate local cluster';
  version: 1;
  /** False until the first start has come to its end: what an interrupted one left is made anew. */
  prepared: boolean;
  /** Whether the keyspaces are those of the sample, with its rows. */
  sample: boolean;
  replicas: number;
  keyspaces: readonly KeyspaceLayout[];
  tablets: readonly TabletLayout[];
  etcd: Readonly<{ port: number | undefined; peerPort: number | undefined }>;
  /** By keyspace, of the VSchema file as it was last applied: only a changed file is applied again. */
  vschemaDigests: Readonly<Record<string, string>>;
}>;

export const CELL = 'local';
/** In the current folder. */
export const DEFAULT_DATA_DIR = '.headgate/local';
const SHARDS_MAX = 64;
const REPLICAS_MAX = 8;
const LAYOUT_FILE = 'cluster.json';

/** Reads `NAME=SHARDS`. */
export function parseKeyspaceWish(text: string): KeyspaceWish {
  const match = /^([^=]+)=(\d+)$/.exec(text);
  if (match === null) throw localError(`--keyspace ${text}: write it as NAME=SHARDS, for instance user=4.`);
  const [, name, digits] = match as unknown as [string, string, string];
  const shards = Number(digits);
  checkKeyspace(name);
  if (shards < 1 || shards > SHARDS_MAX) {
    throw localError(`--keyspace ${text}: the number of shards must be 1 to ${SHARDS_MAX}.`);
  }
  return { name, shards };
}

function keyspaceLayout(wish: KeyspaceWish, vschema: unknown): KeyspaceLayout {
  const says = (vschema as { sharded?: unknown } | undefined)?.sharded;
  if (wish.shards > 1 && vschema !== undefined && says !== true) {
    throw localError(
      `keyspace ${wish.name} shall have ${wish.shards} shards, but its VSchema does not say "sharded": true.`,
    );
  }
  const sharded = wish.shards > 1 || says === true;
  return { name: wish.name, sharded, shards: sharded ? equalKeyRanges(wish.shards) : ['0'] };
}

/** The layout of a new cluster. `vschemaOf` gives a keyspace's VSchema, undefined where there is none. */
export function planCluster(
  wishes: readonly KeyspaceWish[],
  replicas: number,
  sample: boolean,
  vschemaOf: (keyspace: string) => unknown,
): ClusterLayout {
  if (!Number.isInteger(replicas) || replicas < 0 || replicas > REPLICAS_MAX) {
    throw localError(`--replicas must be 0 to ${REPLICAS_MAX}, not ${replicas}.`);
  }
  const names = wishes.map((wish) => wish.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw localError(`--keyspace ${twice} is given twice.`);
  const keyspaces = wishes.map((wish) => keyspaceLayout(wish, vschemaOf(wish.name)));
  const shards = keyspaces.flatMap(({ name, shards }) => shards.map((shard) => ({ keyspace: name, shard })));
  const tablets = shards.flatMap(({ keyspace, shard }, shardAt) =>
    Array.from({ length: replicas + 1 }, (_, at) => {
      const number = (shardAt + 1) * 100 + at + 1;
      return { alias: `${CELL}-${number}`, number, keyspace, shard, firstPrimary: at === 0, port: undefined };
    }),
  );
  return {
    kind: 'headgate local cluster',
    version: 1,
    prepared: false,
    sample,
    replicas,
    keyspaces,
    tablets,
    etcd: { port: undefined, peerPort: undefined },
    vschemaDigests: {},
  };
}

/** Undefined when the directory is missing or empty; an error when it holds something else than a cluster of ours. */
export function readLayout(dataDir: string): ClusterLayout | undefined {
  const file = join(dataDir, LAYOUT_FILE);
  if (!existsSync(file)) {
    const foreign = existsSync(dataDir) ? readdirSync(dataDir).filter((name) => !ownFiles.has(name)) : [];
    if (foreign.length === 0) return undefined;
    throw localError(
      `${dataDir} holds other files (${foreign.slice(0, 3).join(', ')}) and was not made by headgate local. Choose an empty folder with --data.`,
    );
  }
  let layout: ClusterLayout;
  try {
    layout = JSON.parse(readFileSync(file, 'utf8')) as ClusterLayout;
  } catch (cause) {
    throw localError(`${file} cannot be read. Start with --reset to make the data anew.`, cause);
  }
  if (layout.kind !== 'headgate local cluster' || layout.version !== 1) {
    throw localError(`${file} is of another version of Headgate. Start with --reset, or use another --data.`);
  }
  return layout;
}

// What may lie in a data directory before its layout is written.
const ownFiles = new Set(['lock', 'logs', 'state.json', `${LAYOUT_FILE}.new`]);

/** Replaces the file in one step. */
export function writeLayout(dataDir: string, layout: ClusterLayout): void {
  writeJsonFile(join(dataDir, LAYOUT_FILE), layout);
}

/** Writes JSON so that a reader sees the old text or the new one, never a part. */
export function writeJsonFile(file: string, value: unknown): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** What differs between a cluster that exists and one that is asked for, in words; undefined when nothing does. */
export function layoutDifference(exists: ClusterLayout, wanted: ClusterLayout): string | undefined {
  const shape = (layout: ClusterLayout): string =>
    layout.keyspaces.map(({ name, shards }) => `${name}=${shards.length}`).join(' ');
  if (shape(exists) !== shape(wanted)) return `it has ${shape(exists)}, asked for is ${shape(wanted)}`;
  if (exists.replicas !== wanted.replicas) {
    return `it has ${exists.replicas} replicas per shard, asked for are ${wanted.replicas}`;
  }
  if (exists.sample !== wanted.sample) {
    return exists.sample ? 'it holds the sample' : 'it does not hold the sample';
  }
  return undefined;
}
