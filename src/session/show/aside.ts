/** Questions of the router's own on behalf of a session, on connections that are none of the session's. */
import { demand } from '../../gateway/prepare-connection.ts';
import type { ShardHandle } from '../../gateway/shard-handle.ts';
import type { MetadataRow } from '../../planner/metadata/json-table.ts';
import { readTextRow } from '../../wire/packets.ts';
import type { Session } from '../session.ts';

/** The rows of a query on the shard, in the type of tablet that the session reads from; on a primary where it is another keyspace's. */
export async function askAside(session: Session, shard: ShardHandle, sql: string): Promise<MetadataRow[]> {
  const { services, state, activity } = session;
  const { target } = state;
  const type = shard.keyspace === target.keyspace ? target.type : 'primary';
  const need = state.asideNeed(shard.keyspace);
  const connection = await services.gateway.lease(shard, type, need, session, undefined, activity.signal);
  try {
    const { rows, definitions } = await demand(connection.query(sql));
    return rows.map((row) => readTextRow(row, definitions.length).map((value) => value?.toString() ?? null));
  } finally {
    session.holding.giveBack(connection);
  }
}
