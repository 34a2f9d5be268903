/** A planned change of primary as an operator makes it, and writers that remember what was acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { replicationAccount } from '../../src/local/mysqld.ts';
import { readResults } from '../support/decode.ts';
import { runStatements } from '../support/mysqld.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { keyspace, other, type Place, type SwitchStage } from './stage.ts';

export const tableOfWrites = ['CREATE TABLE written (id VARCHAR(40), at_port INT, KEY (id))'] as const;

/** Lets the other server follow `primary`. */
export async function replicateFrom(stage: SwitchStage, primary: Place): Promise<void> {
  const source = stage.server(primary);
  await runStatements(stage.server(other(primary)), [
    'SET GLOBAL super_read_only = ON',
    `CHANGE REPLICATION SOURCE TO SOURCE_HOST='${source.host}', SOURCE_PORT=${source.port},
     SOURCE_USER='${replicationAccount.user}', SOURCE_PASSWORD='${replicationAccount.password}',
     SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1`,
    'START REPLICA',
  ]);
}

/** Makes the other server the primary: old read-only, wait for its transactions, promote, tell etcd, turn replication round. */
export async function promote(stage: SwitchStage, from: Place): Promise<Place> {
  const to = other(from);
  await runStatements(stage.server(from), ['SET GLOBAL super_read_only = ON']);
  const gtids = await readValue(stage.server(from), 'SELECT @@global.gtid_executed');
  const late = await readValue(
    stage.server(to),
    `SELECT WAIT_FOR_EXECUTED_GTID_SET('${gtids.replaceAll('\n', '')}', 30)`,
  );
  if (late !== '0') throw new Error('the replica did not catch up within 30 s');
  await runStatements(stage.server(to), [
    'STOP REPLICA',
    'RESET REPLICA ALL',
    'SET GLOBAL super_read_only = OFF',
    'SET GLOBAL read_only = OFF',
  ]);
  await stage.setPrimary(to);
  await replicateFrom(stage, to);
  return to;
}

export async function readValue(server: Endpoint, sql: string): Promise<string> {
  const client = await RawClient.connect(server, { timeoutMs: 60_000 });
  try {
    const [result] = readResults(await client.query(sql));
    if (!result || result.error) throw new Error(`${sql}: ${JSON.stringify(result?.error)}`);
    return result.rows[0]?.[0] ?? '';
  } finally {
    client.destroy();
  }
}

/** Inserts one row after the other; a refused one is given up, an acknowledged one is remembered with its server. */
export async function write(
  router: Endpoint,
  name: string,
  running: () => boolean,
  acknowledged: string[],
): Promise<void> {
  let client = await RawClient.connect(router, { database: keyspace });
  for (let count = 0; running(); count += 1) {
    if (client.closed) client = await RawClient.connect(router, { database: keyspace });
    const id = `${name}-${count}`;
    const { packets, closed } = await client.query(`INSERT INTO written VALUES ('${id}', @@port)`);
    if (!closed && packets[0]?.payload[0] === 0) acknowledged.push(id);
    else await sleep(5);
  }
  client.destroy();
}

/** How often each id is there, on the server itself. */
export async function writtenCounts(server: Endpoint): Promise<Map<string, number>> {
  const client = await RawClient.connect(server, { database: keyspace });
  const [result] = readResults(await client.query('SELECT id, COUNT(*) FROM written GROUP BY id'));
  client.destroy();
  return new Map(result!.rows.map(([id, count]) => [id!, Number(count)]));
}
