/** SHOW VITESS_REPLICATION_STATUS: what the tablets that are no primaries say of their replication. */

import { columnTitle } from '../../engine/rows/column-kind.ts';
import { messageOf } from '../../errors/headgate-error.ts';
import { demand } from '../../gateway/prepare-connection.ts';
import type { TabletPool } from '../../gateway/tablet-pool.ts';
import type { MetadataRow } from '../../planner/metadata/json-table.ts';
import { servingType } from '../../topology/topology.ts';
import { readTextRow } from '../../wire/packets.ts';
import type { Session } from '../session.ts';

export async function replicationRows(session: Session): Promise<readonly MetadataRow[]> {
  const { gateway } = session.services;
  const { topology } = gateway;
  if (topology === undefined) return [];
  const replicas = [...gateway.pools].filter(({ tablet }) => servingType(topology, tablet) !== 'primary');
  return Promise.all(
    replicas.map(async (pool) => {
      const { keyspace, shard, alias, host } = pool.tablet;
      const type = servingType(topology, pool.tablet).toUpperCase();
      return [keyspace, shard, type, alias, host, ...(await statusOf(session, pool)), ''];
    }),
  );
}

/** Source, health as Vitess writes it, lag in seconds. A tablet that cannot be asked says so in its health. */
async function statusOf(session: Session, pool: TabletPool): Promise<(string | null)[]> {
  const need = session.state.asideNeed(pool.tablet.keyspace);
  try {
    const connection = await pool.take(need, session, undefined, session.activity.signal);
    try {
      const { definitions, rows } = await demand(connection.query('SHOW REPLICA STATUS'));
      const values = rows[0] === undefined ? [] : readTextRow(rows[0], definitions.length);
      const status = new Map(
        definitions.map((each, at) => [columnTitle(each), values[at]?.toString() ?? null]),
      );
      const source =
        status.get('Source_Host') == null ? '' : `${status.get('Source_Host')}:${status.get('Source_Port')}`;
      const error = status.get('Last_IO_Error') || status.get('Last_SQL_Error') || '';
      const running = (name: string) => status.get(name) ?? 'No';
      return [
        source,
        healthText(running('Replica_IO_Running'), running('Replica_SQL_Running'), error),
        status.get('Seconds_Behind_Source') ?? null,
      ];
    } finally {
      session.holding.giveBack(connection);
    }
  } catch (error) {
    session.activity.requireUninterrupted();
    return ['', healthText('Unknown', 'Unknown', messageOf(error)), null];
  }
}

const healthText = (stream: string, applier: string, error: string): string =>
  JSON.stringify({ EventStreamRunning: stream, EventApplierRunning: applier, LastError: error });
