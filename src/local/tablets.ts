/** The tablets of a local cluster: starting them all at once, and making shards of them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import type { Topology } from '../topology/topology.ts';
import type { ClusterLayout, TabletLayout } from './cluster-layout.ts';
import { type Definitions, runSqlFile } from './definitions.ts';
import { type RunningMysqld, startMysqld, templateDataDir } from './mysqld.ts';
import { freePort } from './ports.ts';
import { shardRecordOf } from './registration.ts';
import { asRoot, followPrimary, makePrimary, waitForReplica } from './replication.ts';
import { type SampleTable, sampleTables } from './sample-rows.ts';
import type { ServerProcess } from './server-process.ts';
import type { Servers } from './servers.ts';

export type RunningTablet = Readonly<{ layout: TabletLayout; server: RunningMysqld }>;

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
export function shardsOf(tablets: readonly RunningTablet[]): RunningTablet[][] {
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
  tablets: readonly RunningTablet[],
  servers: Servers,
  definitions: Definitions,
  sample: boolean,
): Promise<void> {
  const primary = tablets.find(({ layout }) => layout.firstPrimary)!;
  const replicas = tablets.filter((tablet) => tablet !== primary);
  const { keyspace, shard } = primary.layout;
  const { port } = primary.server;
  await makePrimary(primary.server);
  await asRoot(port, (connection) =>
    connection.query(`CREATE DATABASE \`${keyspace}\` DEFAULT CHARACTER SET utf8mb4`),
  );
  await Promise.all(replicas.map(({ server }) => followPrimary(server, primary.server)));
  const file = definitions.schemaFileOf(keyspace);
  if (file !== undefined) await runSqlFile(servers, port, keyspace, file);
  if (sample) {
    await asRoot(port, async (connection) => {
      await connection.query(`USE \`${keyspace}\``);
      for (const table of sampleTables(keyspace, shard)) await insertTable(connection, table);
    });
  }
  await Promise.all(replicas.map(({ server }) => waitForReplica(server.port, port)));
}

/**
 * Brings an existing shard back as etcd describes it: the recorded primary takes writes, the others follow it. Where
 * that would need a guess the shard stays read-only and the reason is told.
 */
export async function resumeShard(
  tablets: readonly RunningTablet[],
  topology: Topology,
  tell: (line: string) => void,
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
      const obstacle = await followPrimary(tablet.server, primary.server);
      if (obstacle !== undefined) tell(`${tablet.layout.alias} (${name}) does not replicate: ${obstacle}.`);
    }),
  );
}
