/**
 * What the initialiser does on one server: finding out how far an earlier run came, making it fit to be a tablet, and
 * letting it keep its role over a restart of its own. Its notes are kept in a database of their own beside the
 * keyspace's, replicated like everything else.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { messageOf } from '../errors/headgate-error.ts';
import { localError } from './local-error.ts';
import type { Account } from './mysqld.ts';
import { asRoot, executedGtids, transactionsMissing } from './replication.ts';
import type { TabletServer } from './tablets.ts';

/** `preparing`: an earlier run did not come to its end; what it left is made anew. */
export type TabletState = 'new' | 'preparing' | 'ready';

const NOTES = '_headgate';
const POLL_MS = 250;
const ER_ACCESS_DENIED = 1045;

const nameOf = ({ layout, server }: TabletServer): string =>
  `${layout.alias} (${server.host}:${server.port})`;

/** Waits until the server lets us in. A wrong password will not become right: that is told at once. */
export async function waitForServer(tablet: TabletServer, giveUpAtMs: number): Promise<void> {
  for (;;) {
    try {
      await asRoot(tablet.server, (connection) => connection.query('SELECT 1'));
      return;
    } catch (cause) {
      if ((cause as { errno?: number }).errno === ER_ACCESS_DENIED) {
        throw localError(
          `tablet ${nameOf(tablet)} refuses root's password: its data were made with another one. Give it that password, or remove the data.`,
          cause,
        );
      }
      if (Date.now() > giveUpAtMs)
        throw localError(`tablet ${nameOf(tablet)} does not answer: ${messageOf(cause)}`, cause);
    }
    await sleep(POLL_MS);
  }
}

async function countOf(connection: Connection, sql: string, values: string[]): Promise<number> {
  const [rows] = await connection.query<RowDataPacket[]>(sql, values);
  return Number(rows[0]?.n);
}

const hasDatabase = async (connection: Connection, name: string): Promise<boolean> =>
  (await countOf(connection, 'SELECT COUNT(*) AS n FROM information_schema.schemata WHERE schema_name = ?', [
    name,
  ])) > 0;

/** How far an earlier run came on this server; an error where it holds what no run of ours made. */
export async function inspectTablet(tablet: TabletServer): Promise<TabletState> {
  const { keyspace, shard } = tablet.layout;
  return asRoot(tablet.server, async (connection) => {
    if (!(await hasDatabase(connection, NOTES))) {
      if (!(await hasDatabase(connection, keyspace))) return 'new';
      throw localError(
        `tablet ${nameOf(tablet)} has a database ${keyspace} that was not made here, and it is left alone. Use an empty server.`,
      );
    }
    const tables = await countOf(
      connection,
      "SELECT COUNT(*) AS n FROM information_schema.tables WHERE table_schema = ? AND table_name = 'shards'",
      [NOTES],
    );
    if (tables === 0) return 'preparing';
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT keyspace, shard, state FROM ${NOTES}.shards`,
    );
    const foreign = rows.find((row) => row.keyspace !== keyspace || row.shard !== shard);
    if (foreign !== undefined) {
      throw localError(
        `tablet ${nameOf(tablet)} holds the data of shard ${foreign.keyspace}/${foreign.shard}, not of ${keyspace}/${shard}.`,
      );
    }
    return rows[0]?.state === 'ready' ? 'ready' : 'preparing';
  });
}

/** Notes on a shard's primary how far it has come. */
export async function markShard({ layout, server }: TabletServer, state: TabletState): Promise<void> {
  await asRoot(server, async (connection) => {
    await connection.query(`CREATE DATABASE IF NOT EXISTS ${NOTES}`);
    await connection.query(
      `CREATE TABLE IF NOT EXISTS ${NOTES}.shards (keyspace VARCHAR(64), shard VARCHAR(64), state VARCHAR(16) NOT NULL,
       PRIMARY KEY (keyspace, shard))`,
    );
    await connection.query(`REPLACE INTO ${NOTES}.shards VALUES (?, ?, ?)`, [
      layout.keyspace,
      layout.shard,
      state,
    ]);
  });
}

/** In a GRANT, `_` and `%` of a database's name are wildcards. */
const grantPattern = (database: string): string => `\`${database.replaceAll(/[_%]/g, '\\$&')}\``;

async function createAccount(
  connection: Connection,
  { user, password }: Account,
  grants: readonly string[],
): Promise<void> {
  await connection.query("CREATE USER IF NOT EXISTS ?@'%'", [user]);
  await connection.query("ALTER USER ?@'%' IDENTIFIED WITH caching_sha2_password BY ?", [user, password]);
  for (const grant of grants) await connection.query(`GRANT ${grant} TO ?@'%'`, [user]);
}

/**
 * Makes a server of which nothing is to be kept fit to be a tablet: the accounts, and a history of transactions that is
 * empty. The images of MySQL leave some of their own there, and no two servers have the same ones.
 */
export async function clearServer(
  { layout, server }: TabletServer,
  router: Account,
  replication: Account,
): Promise<void> {
  await asRoot(server, async (connection) => {
    await connection.query('STOP REPLICA');
    await connection.query('RESET REPLICA ALL');
    await connection.query('SET GLOBAL super_read_only = OFF, GLOBAL read_only = OFF');
    await connection.query('SET SESSION sql_log_bin = OFF');
    for (const database of [layout.keyspace, NOTES]) {
      await connection.query(`DROP DATABASE IF EXISTS \`${database}\``);
    }
    await createAccount(connection, replication, ['REPLICATION SLAVE, REPLICATION CLIENT ON *.*']);
    await createAccount(connection, router, [
      `ALL PRIVILEGES ON ${grantPattern(layout.keyspace)}.*`,
      'PROCESS, RELOAD, REPLICATION CLIENT ON *.*',
    ]);
    await connection.query('RESET BINARY LOGS AND GTIDS');
  });
}

/** The tablet of a shard that has all that any of them has; an error where there is none. */
export async function completeTablet(tablets: readonly TabletServer[]): Promise<TabletServer> {
  const gtids = await Promise.all(tablets.map(({ server }) => asRoot(server, executedGtids)));
  for (const tablet of tablets) {
    const missing = await Promise.all(gtids.map((set) => transactionsMissing(tablet.server, set)));
    if (missing.every((set) => set === '')) return tablet;
  }
  const { keyspace, shard } = tablets[0]!.layout;
  throw localError(
    `shard ${keyspace}/${shard}: each tablet has transactions that another one lacks, and etcd names no primary. Name one with headgate ctl set-primary.`,
  );
}

/** Writes the role down on the server itself: it comes back from a restart as what it was. */
export async function keepRole({ server }: TabletServer): Promise<void> {
  await asRoot(server, async (connection) => {
    const readOnly = await countOf(connection, 'SELECT @@global.super_read_only AS n', []);
    await connection.query(
      readOnly === 1
        ? 'SET PERSIST super_read_only = ON'
        : 'SET PERSIST super_read_only = OFF, PERSIST read_only = OFF',
    );
  });
}
