/** The tables of a keyspace as a tablet has them, for checks that a VSchema alone does not allow. */
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { HeadgateError, messageOf } from '../../errors/headgate-error.ts';
import { buildTables, columnFields, keyFields, tableFields, viewFields } from '../../schema/build-schema.ts';
import type { TableSchema } from '../../schema/schema.ts';
import type { TabletRecord, Topology } from '../../topology/topology.ts';

export type TabletLogin = Readonly<{ user: string; password: string; timeoutMs: number }>;

/** Asks the primary of the keyspace's first shard that has one. Throws HG_TOPOLOGY if it cannot be asked. */
export async function readTabletTables(
  topology: Topology,
  keyspace: string,
  { user, password, timeoutMs }: TabletLogin,
): Promise<ReadonlyMap<string, TableSchema>> {
  const { alias, host, port } = primaryOf(topology, keyspace);
  try {
    const connection = await createConnection({
      host,
      port,
      user,
      password,
      connectTimeout: timeoutMs,
      charset: 'utf8mb4',
      // The builder takes texts, as the server sends them.
      typeCast: (field) => field.string('utf8'),
    });
    const rowsOf = async <F extends string>(table: string, fields: readonly F[]) => {
      const list = fields.map((field) => `${field} AS ${field}`).join(', ');
      const sql = `SELECT ${list} FROM information_schema.${table} WHERE TABLE_SCHEMA = ?`;
      const [rows] = await connection.query<RowDataPacket[]>({ sql, timeout: timeoutMs }, [keyspace]);
      return rows as unknown as Readonly<Record<F, string | null>>[];
    };
    try {
      return buildTables({
        columns: await rowsOf('COLUMNS', columnFields),
        keys: await rowsOf('STATISTICS', keyFields),
        tables: await rowsOf('TABLES', tableFields),
        views: await rowsOf('VIEWS', viewFields),
      });
    } finally {
      connection.destroy();
    }
  } catch (cause) {
    const detail = `tablet ${alias} (${host}:${port}) cannot be asked for its tables: ${messageOf(cause)}`;
    throw new HeadgateError('HG_TOPOLOGY', { detail, cause });
  }
}

function primaryOf({ keyspaces, tablets }: Topology, keyspace: string): TabletRecord {
  for (const { primaryAlias } of keyspaces.get(keyspace)?.shards.values() ?? []) {
    const tablet = primaryAlias === null ? undefined : tablets.get(primaryAlias);
    if (tablet !== undefined) return tablet;
  }
  throw new HeadgateError('HG_TOPOLOGY', {
    detail: `keyspace \`${keyspace}\` has no primary that could be asked for its tables; see headgate ctl shards`,
  });
}
