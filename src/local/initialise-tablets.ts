/**
 * Makes a cluster with the sample in it out of MySQL servers and an etcd that somebody else has started: what the
 * one-shot initialiser of `docker-compose.yml` does. Every step looks at what is there first, so it may be interrupted
 * and run again at any time. It never touches a database that it did not make itself.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EtcdTopologyStore } from '../topology/etcd-store.ts';
import { checkKeyspace } from '../topology/records.ts';
import type { Topology } from '../topology/topology.ts';
import { CELL, type KeyspaceLayout, planCluster } from './cluster-layout.ts';
import { type Definitions, findDefinitions } from './definitions.ts';
import { localError } from './local-error.ts';
import type { Account, ServerAddress } from './mysqld.ts';
import { applyVschemas, shardRecordOf } from './registration.ts';
import { asRoot } from './replication.ts';
import { sampleKeyspaces } from './sample-rows.ts';
import { packageRoot } from './servers.ts';
import {
  clearServer,
  completeTablet,
  inspectTablet,
  keepRole,
  markShard,
  waitForServer,
} from './tablet-preparation.ts';
import { prepareShard, resumeShard, shardsOf, type TabletServer } from './tablets.ts';

/** A server that is to become a tablet. */
export type TabletWish = Readonly<{
  alias: string;
  keyspace: string;
  shard: string;
  host: string;
  port: number;
}>;

export type InitialiseOptions = Readonly<{
  /** `HOST:PORT` of the etcd members. */
  etcd: readonly string[];
  /** The first one of a shard starts as its primary. */
  tablets: readonly TabletWish[];
  rootPassword: string;
  /** As which routers log in to the tablets. */
  router: Account;
  replication: Account;
  /** How long servers may take until they answer. */
  waitMsMax: number;
  /** Told of each step. */
  progress: (line: string) => void;
  /** Told of what a person has to look at. */
  trouble: (line: string) => void;
}>;

/** Reads `ALIAS=KEYSPACE/SHARD@HOST:PORT`. */
export function parseTabletWish(text: string): TabletWish {
  const match = /^([^=]+)=([^/]+)\/([^@]+)@(.+):(\d{1,5})$/.exec(text);
  if (match === null) {
    throw localError(
      `--tablet ${text}: write it as ALIAS=KEYSPACE/SHARD@HOST:PORT, for instance ${CELL}-201=customer/-80@tablet-201:3306.`,
    );
  }
  const [, alias = '', keyspace = '', shard = '', host = '', port] = match;
  if (!new RegExp(`^${CELL}-\\d{1,9}$`).test(alias)) {
    throw localError(`--tablet ${text}: the alias must be ${CELL}-NUMBER.`);
  }
  return { alias, keyspace: checkKeyspace(keyspace), shard, host, port: Number(port) };
}

/** All rows of the sample have to find their shard: exactly its own shards must be there. */
function checkShards(tablets: readonly TabletWish[], keyspaces: readonly KeyspaceLayout[]): void {
  const given = new Set(tablets.map(({ keyspace, shard }) => `${keyspace}/${shard}`));
  const needed = new Set(keyspaces.flatMap(({ name, shards }) => shards.map((shard) => `${name}/${shard}`)));
  const wrong = [...given, ...needed].filter((shard) => !given.has(shard) || !needed.has(shard));
  if (wrong.length > 0) {
    throw localError(
      `the tablets must be those of the sample's shards ${[...needed].join(', ')}; not so: ${wrong.join(', ')}.`,
    );
  }
  const aliases = tablets.map(({ alias }) => alias);
  const twice = aliases.find((alias, at) => aliases.indexOf(alias) !== at);
  if (twice !== undefined) throw localError(`--tablet ${twice} is given twice.`);
}

function tabletServers({ tablets, rootPassword }: InitialiseOptions): TabletServer[] {
  return tablets.map(({ alias, keyspace, shard, host, port }, at) => ({
    layout: {
      alias,
      number: Number(alias.slice(CELL.length + 1)),
      keyspace,
      shard,
      firstPrimary: tablets.findIndex((each) => each.keyspace === keyspace && each.shard === shard) === at,
      port,
    },
    server: { host, port, password: rootPassword },
  }));
}

/** The sample's own files hold plain statements only, so no `mysql` program is needed to run them. */
async function define(definitions: Definitions, primary: ServerAddress, keyspace: string): Promise<void> {
  const file = definitions.schemaFileOf(keyspace);
  if (file === undefined) return;
  await asRoot(
    primary,
    async (connection) => {
      await connection.query(readFileSync(file, 'utf8'));
    },
    { database: keyspace, multipleStatements: true },
  );
}

/** Fills a shard that is new or was left half-made; completes one that has its data. */
async function makeShard(
  tablets: readonly TabletServer[],
  recordedPrimary: string | undefined,
  definitions: Definitions,
  options: InitialiseOptions,
): Promise<void> {
  const { replication, router } = options;
  const first =
    tablets.find(({ layout }) => layout.alias === recordedPrimary) ??
    tablets.find(({ layout }) => layout.firstPrimary)!;
  const others = tablets.filter((tablet) => tablet !== first);
  const states = new Map(
    await Promise.all(tablets.map(async (tablet) => [tablet, await inspectTablet(tablet)] as const)),
  );
  const name = `${first.layout.keyspace}/${first.layout.shard}`;
  if (states.get(first) === 'ready') {
    await Promise.all(
      others
        .filter((tablet) => states.get(tablet) === 'new')
        .map((tablet) => clearServer(tablet, router, replication)),
    );
    return;
  }
  const withData = others.find((tablet) => states.get(tablet) === 'ready');
  if (withData !== undefined) {
    throw localError(
      `shard ${name}: its primary ${first.layout.alias} is empty while ${withData.layout.alias} has the data. Name that one with headgate ctl set-primary, or remove the data of all tablets of the shard.`,
    );
  }
  // Replicas first: none may read from a primary whose log is being made anew.
  for (const tablet of [...others, first]) await clearServer(tablet, router, replication);
  await markShard(first, 'preparing');
  const planned = tablets.map((tablet) => ({
    ...tablet,
    layout: { ...tablet.layout, firstPrimary: tablet === first },
  }));
  await prepareShard(
    planned,
    { define: (primary, keyspace) => define(definitions, primary, keyspace), sample: true },
    replication,
  );
  await markShard(first, 'ready');
  options.progress(`shard ${name} is set up`);
}

/** What etcd knows already stays, but for the addresses; the primaries come last, and with them a shard is served. */
async function register(
  store: EtcdTopologyStore,
  keyspaces: readonly KeyspaceLayout[],
  tablets: readonly TabletServer[],
  definitions: Definitions,
): Promise<Topology> {
  const before = await store.read();
  for (const { name, sharded, shards } of keyspaces) {
    await store.putKeyspace({ name, sharded });
    for (const shard of shards) await store.putShard({ keyspace: name, shard });
  }
  const names = keyspaces.map(({ name }) => name);
  await applyVschemas(store, names, definitions, (name) => before.keyspaces.get(name)?.vschema === undefined);
  const isComplete = ({ layout }: TabletServer): boolean =>
    (shardRecordOf(before, layout.keyspace, layout.shard)?.primaryAlias ?? null) !== null;
  for (const tablet of tablets) {
    const { alias, keyspace, shard } = tablet.layout;
    const { host, port } = tablet.server;
    const known = before.tablets.get(alias);
    // A record that somebody removed from a complete shard stays removed.
    if (known === undefined && isComplete(tablet)) continue;
    await store.putTablet({
      ...(known ?? { alias, cell: CELL, keyspace, shard, type: 'replica' }),
      host,
      port,
    });
  }
  for (const shard of shardsOf(tablets)) {
    if (isComplete(shard[0]!)) continue;
    const { alias, keyspace, shard: name } = (await completeTablet(shard)).layout;
    await store.setPrimary({ keyspace, shard: name, alias });
  }
  return store.read();
}

/** Resolves when every shard has its data and replicates, and etcd describes it all. */
export async function initialiseTablets(options: InitialiseOptions): Promise<void> {
  const folder = join(packageRoot, 'vschema');
  const definitions = findDefinitions(folder, folder);
  const { keyspaces } = planCluster(sampleKeyspaces, 0, true, definitions.vschemaOf);
  checkShards(options.tablets, keyspaces);
  const tablets = tabletServers(options);
  const giveUpAtMs = Date.now() + options.waitMsMax;
  await Promise.all(tablets.map((tablet) => waitForServer(tablet, giveUpAtMs)));
  const store = EtcdTopologyStore.connect({ hosts: options.etcd, timeoutMs: options.waitMsMax });
  try {
    const before = await store.read();
    options.progress(`etcd and ${tablets.length} tablets answer`);
    const recordedPrimary = ({ layout }: TabletServer): string | undefined =>
      shardRecordOf(before, layout.keyspace, layout.shard)?.primaryAlias ?? undefined;
    await Promise.all(
      shardsOf(tablets).map((shard) => makeShard(shard, recordedPrimary(shard[0]!), definitions, options)),
    );
    const topology = await register(store, keyspaces, tablets, definitions);
    await Promise.all(
      shardsOf(tablets).map(async (shard) => {
        await resumeShard(shard, topology, options.trouble, options.replication);
        await Promise.all(shard.map((tablet) => keepRole(tablet)));
      }),
    );
  } finally {
    await store.close();
  }
  options.progress('every shard has its rows, replicates, and is registered in etcd');
}
