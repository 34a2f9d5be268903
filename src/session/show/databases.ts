import { demand } from '../../gateway/prepare-connection.ts';
import { command, serverStatus } from '../../mysql/protocol.ts';
import { readTextRow } from '../../wire/packets.ts';
import { sendRows } from '../local-result.ts';
import type { Session, Statement } from '../session.ts';
import { isSystemSchema } from '../target.ts';

/**
 * SHOW DATABASES: the keyspaces and the system schemas. Each keyspace's own tablet answers the client's statement, so LIKE,
 * WHERE and the title are MySQL's; the lists are put together in MySQL's order.
 * `protocol`: that of the rows for the client.
 */
export async function showDatabases(
  session: Session,
  statement: Statement,
  protocol: 'text' | 'binary' = 'text',
): Promise<void> {
  const { gateway } = session.services;
  const { type } = session.state.target;
  let definitions: readonly Buffer[] = [];
  let flags = 0;
  const rows = new Map<string, Buffer>();
  for (const keyspace of gateway.keyspaces) {
    const shard = gateway.firstShard(keyspace);
    if (shard === undefined) continue;
    const connection = await gateway.lease(
      shard,
      type,
      session.state.needFor(keyspace),
      session,
      undefined,
      session.activity.signal,
    );
    try {
      const answer = await demand(connection.ask(command.query, statement.packet.subarray(5)));
      definitions = answer.definitions;
      flags |= answer.status & (serverStatus.noIndexUsed | serverStatus.noGoodIndexUsed);
      for (const row of answer.rows) {
        const name = readTextRow(row, 1)[0]!.toString();
        if (name === keyspace || isSystemSchema(name)) rows.set(name, row);
      }
    } finally {
      session.holding.giveBack(connection);
    }
  }
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  sendRows(session, definitions, protocol === 'text' ? sorted : sorted.map(binaryRow), flags);
}

/** A row of one string: behind the header and the bits for NULL it is the same. */
const binaryRow = (textRow: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0]), textRow]);
