/** Replication between the tablets of one shard: GTID auto-position, and nothing that would have to be guessed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { type Account, connectAsRoot, replicationAccount, type ServerAddress } from './mysqld.ts';

const END_MS_MAX = 3_000;

/** Opens a connection, hands it over and closes it, whatever happens. */
export async function asRoot<T>(
  at: number | ServerAddress,
  work: (connection: Connection) => Promise<T>,
  options: { database?: string; multipleStatements?: boolean } = {},
): Promise<T> {
  const connection = await connectAsRoot(at, options);
  try {
    return await work(connection);
  } finally {
    connection.destroy();
  }
}

async function textOf(connection: Connection, sql: string, values: string[] = []): Promise<string> {
  const [rows] = await connection.query<RowDataPacket[]>(sql, values);
  // GTID sets are broken into lines for people.
  return String(rows[0]?.value ?? '').replaceAll('\n', '');
}

/** All transactions that the server has applied. */
export async function executedGtids(connection: Connection): Promise<string> {
  return textOf(connection, 'SELECT @@global.gtid_executed AS value');
}

/** Those of the transactions that the server has not applied; empty when it has all of them. */
export async function transactionsMissing(server: ServerAddress, gtids: string): Promise<string> {
  return asRoot(server, (connection) =>
    textOf(connection, 'SELECT GTID_SUBTRACT(?, @@global.gtid_executed) AS value', [gtids]),
  );
}

/** Lets a server take writes. */
export async function makePrimary(tablet: ServerAddress): Promise<void> {
  await asRoot(tablet, async (connection) => {
    // A former replica must not go on applying what somebody else says.
    await connection.query('STOP REPLICA');
    await connection.query('RESET REPLICA ALL');
    await connection.query('SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF');
  });
}

/**
 * Lets `replica` follow `primary`. Returns why not, in words, when it has transactions that the primary lacks: which of
 * both is right cannot be known here.
 */
export async function followPrimary(
  replica: ServerAddress,
  primary: ServerAddress,
  account: Account = replicationAccount,
): Promise<string | undefined> {
  const primaryGtids = await asRoot(primary, executedGtids);
  return asRoot(replica, async (connection) => {
    const errant = await textOf(connection, 'SELECT GTID_SUBTRACT(@@global.gtid_executed, ?) AS value', [
      primaryGtids,
    ]);
    if (errant !== '') return `it has transactions that its primary lacks (${errant})`;
    await connection.query('SET GLOBAL super_read_only = ON');
    await connection.query('STOP REPLICA');
    await connection.query(
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST = ?, SOURCE_PORT = ?, SOURCE_USER = ?, SOURCE_PASSWORD = ?,
       SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1, SOURCE_CONNECT_RETRY = 1, SOURCE_RETRY_COUNT = 86400`,
      [primary.host, primary.port, account.user, account.password],
    );
    await connection.query('START REPLICA');
    return undefined;
  });
}

/** Waits until the replica has applied everything that the primary had when this was called. */
export async function waitForReplica(
  replica: number | ServerAddress,
  primary: number | ServerAddress,
  waitSecondsMax = 60,
): Promise<boolean> {
  const gtids = await asRoot(primary, executedGtids);
  return asRoot(replica, async (connection) => {
    const [rows] = await connection.query<RowDataPacket[]>(
      'SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?) AS timedOut',
      [gtids, waitSecondsMax],
    );
    return Number(rows[0]?.timedOut) === 0;
  });
}

/**
 * Ends the replication of these servers before they are shut down. A source with a replica attached takes nine seconds
 * to end: it finds out only when it next has something to send.
 */
export async function endReplication(ports: readonly number[]): Promise<void> {
  const everywhere = (work: (connection: Connection) => Promise<unknown>): Promise<unknown> =>
    // A server that does not answer is stopped all the same.
    Promise.race([
      Promise.allSettled(ports.map((port) => asRoot(port, work))),
      sleep(END_MS_MAX, undefined, { ref: false }),
    ]);
  await everywhere((connection) => connection.query('STOP REPLICA'));
  await everywhere(async (connection) => {
    const [threads] = await connection.query<RowDataPacket[]>(
      "SELECT id AS id FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'",
    );
    for (const { id } of threads) await connection.query('KILL ?', [id]);
  });
}
