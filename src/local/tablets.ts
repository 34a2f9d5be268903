/** The tablets of a local cluster: starting them all at once, and making shards of them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import type { Topology } from '../topology/topology.ts';
import type { ClusterLayout, TabletLayout } from './cluster-layout.ts';
import {
  type Account,
  type RunningMysqld,
  replicationAccount,
  type ServerAddress,
  startMysqld,
  templateDataDir,
} from './mysqld.ts';
import { freePort } from './ports.ts';
import { shardRecordOf } from './registration.ts';
import { asRoot, followPrimary, makePrimary, waitForReplica } from './replication.ts';
import { type SampleTable, sampleTables } from './sample-rows.ts';
import type { ServerProcess } from './server-process.ts';
import type { Servers } from './servers.ts';

/** A tablet, whoever has started its server. */
export type TabletServer = Readonly<{ layout: TabletLayout; server: ServerAddress }>;

export type RunningTablet = Readonly<{ layout: TabletLayout; server: RunningMysqld }>;

/** What a new shard is filled with. */
export type ShardContents = Readonly<{
  /** Runs the keyspace's definitions on the shard's primary. */
  define: (primary: ServerAddress, keyspace: string) => Promise<void>;
  /** Whether the rows of the sample follow. */
  sample: boolean;
}>;

/** One INSERT of this many rows stays well below the default `max_allowed_packet`. */
const ROWS_AT_ONCE = 2_000;

export const tabletDataDir = (dataDir: string, alias: string): string => join(dataDir, 'tablets', alias);

/** Starts all tablets; new ones from the template. Ports are those of the last time where these are still free. */
export async function startTablets(
  layout: ClusterLayout,
  dataDir: string,
  servers: Servers,
  onProcess: (process: ServerProcess) => void,
): Promise<RunningTablet[]> {
  if (layout.tablets.some((tablet) => !existsSync(tabletDataDir(dataDir, tablet.alias)))) {
    await templateDataDir(servers);
  }
  return Promise.all(
    layout.tablets.map(async (tablet) => {
      const server = await startMysqld({
        dataDir: tabletDataDir(dataDir, tablet.alias),
        port: await freePort(tablet.port),
        serverId: tablet.number,
        readOnly: true,
        logFile: join(dataDir, 'logs', `${tablet.alias}.log`),
        servers,
        onProcess,
      });
      return { layout: tablet, server };
    }),
  );
}

/** The tablets shard by shard. */
export function shardsOf<T extends TabletServer>(tablets: readonly T[]): T[][] {
  return [...Map.groupBy(tablets, ({ layout }) => `${layout.keyspace}/${layout.shard}`).values()];
}

async function insertTable(connection: Connection, table: SampleTable): Promise<void> {
  const columns = table.columns.join(', ');
  for (let at = 0; at < table.rows.length; at += ROWS_AT_ONCE) {
    const rows = table.rows.slice(at, at + ROWS_AT_ONCE);
    await connection.query(`INSERT INTO ${table.name} (${columns}) VALUES ?`, [rows]);
  }
}

/** Makes a new shard: primary, database, definitions, rows, replicas; ends when the replicas have everything. */
export async function prepareShard(
  tablets: readonly TabletServer[],
  contents: ShardContents,
  account: Account = replicationAccount,
): Promise<void> {
  const { layout, server: primary } = tablets.find(({ layout }) => layout.firstPrimary)!;
  const replicas = tablets.map(({ server }) => server).filter((server) => server !== primary);
  const { keyspace, shard } = layout;
  await makePrimary(primary);
  await asRoot(primary, (connection) =>
    connection.query(`CREATE DATABASE \`${keyspace}\` DEFAULT CHARACTER SET utf8mb4`),
  );
  await Promise.all(replicas.map((replica) => followPrimary(replica, primary, account)));
  await contents.define(primary, keyspace);
  if (contents.sample) {
    await asRoot(primary, async (connection) => {
      await connection.query(`USE \`${keyspace}\``);
      for (const table of sampleTables(keyspace, shard)) await insertTable(connection, table);
    });
  }
  await Promise.all(replicas.map((replica) => waitForReplica(replica, primary)));
}

/**
 * Brings an existing shard back as etcd describes it: the recorded primary takes writes, the others follow it. Where
 * that would need a guess the shard stays read-only and the reason is told.
 */
export async function resumeShard(
  tablets: readonly TabletServer[],
  topology: Topology,
  tell: (line: string) => void,
  account: Account = replicationAccount,
): Promise<void> {
  const { keyspace, shard } = tablets[0]!.layout;
  const name = `${keyspace}/${shard}`;
  const alias = shardRecordOf(topology, keyspace, shard)?.primaryAlias ?? undefined;
  const primary = tablets.find(({ layout }) => layout.alias === alias);
  if (primary === undefined) {
    const why =
      alias === undefined ? 'etcd names no primary for it' : `its primary ${alias} is not one of ours`;
    tell(`shard ${name} stays read-only: ${why}. Name one with: headgate ctl set-primary`);
    return;
  }
  await makePrimary(primary.server);
  await Promise.all(
    tablets.map(async (tablet) => {
      if (tablet === primary) return;
      const obstacle = await followPrimary(tablet.server, primary.server, account);
      if (obstacle !== undefined) tell(`${tablet.layout.alias} (${name}) does not replicate: ${obstacle}.`);
    }),
  );
}
