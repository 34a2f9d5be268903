/**
 * A keyspace `user` of two shards behind proxies that tests can cut, the unsharded `main` with the sequences, and a plain
 * mysqld with all tables in one database, which says what is right.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { runStatements } from '../support/mysqld.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { ask, value } from '../support/session-play.ts';
import { startTwoShards, TwoShardsStage } from '../support/two-shards-stage.ts';

const itemColumns = `
  n INT NOT NULL DEFAULT 0,
  s VARCHAR(20),
  tiny TINYINT,
  CHECK (n < 1000)`;

/** The tables of `user`; `auto` stands for what a sequence does on the shards. */
const tables = (auto: string): readonly string[] => [
  `CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY, ${itemColumns})`,
  `CREATE TABLE note (id BIGINT NOT NULL ${auto} PRIMARY KEY, ${itemColumns})`,
  `CREATE TABLE moment (
    id BIGINT NOT NULL ${auto} PRIMARY KEY,
    n INT,
    made DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6),
    changed TIMESTAMP(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
    token CHAR(36),
    chance DOUBLE)`,
];

const trigger = `CREATE TRIGGER item_boom BEFORE INSERT ON item FOR EACH ROW
  IF NEW.s = 'boom' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no boom here', MYSQL_ERRNO = 31001; END IF`;

const sequences = ['note_seq', 'moment_seq'] as const;
const FIRST_NUMBER = 1001;

export const vschemas = {
  main: {
    sharded: false,
    tables: {
      ...Object.fromEntries(sequences.map((name) => [name, { type: 'sequence' }])),
      plain: {},
      auto: {},
    },
  },
  user: {
    sharded: true,
    vindexes: { bits: { type: 'reverse_bits' } },
    tables: {
      item: { column_vindexes: [{ column: 'id', name: 'bits' }] },
      fresh: { column_vindexes: [{ column: 'id', name: 'bits' }] },
      note: {
        column_vindexes: [{ column: 'id', name: 'bits' }],
        auto_increment: { column: 'id', sequence: 'main.note_seq' },
      },
      moment: {
        column_vindexes: [{ column: 'id', name: 'bits' }],
        auto_increment: { column: 'id', sequence: 'main.moment_seq' },
      },
    },
  },
};

/** The table of transactions shows a copy, which is made anew where nobody has looked for 100 ms. */
const LOOK_AGAIN_MS = 150;

export class ShardedStage extends TwoShardsStage {
  #lookedAtMs = 0;

  static async set(): Promise<ShardedStage> {
    const stage = new ShardedStage(
      await startTwoShards({ databases: ['user'], flags: ['--log-bin-trust-function-creators=ON'] }),
    );
    for (const tablet of stage.tablets) await runStatements(tablet, [...tables(''), trigger], 'user');
    await runStatements(
      stage.reference,
      [
        ...tables('AUTO_INCREMENT'),
        ...['note', 'moment'].map((name) => `ALTER TABLE ${name} AUTO_INCREMENT = ${FIRST_NUMBER}`),
        trigger,
      ],
      'user',
    );
    await runStatements(
      stage.tablets[0],
      [
        'CREATE TABLE plain (id INT PRIMARY KEY, v INT)',
        'CREATE TABLE auto (id BIGINT AUTO_INCREMENT PRIMARY KEY, v INT)',
        ...sequences.flatMap((name) => [
          `CREATE TABLE ${name} (id BIGINT NOT NULL PRIMARY KEY, next_id BIGINT, cache BIGINT) COMMENT 'vitess_sequence'`,
          `INSERT INTO ${name} VALUES (0, ${FIRST_NUMBER}, 10)`,
        ]),
      ],
      'main',
    );
    await stage.putVschemas(vschemas);
    return stage;
  }

  /** Runs statements on the tablets, past everything. */
  async onTablets(statements: readonly string[], at: readonly (0 | 1)[] = [0, 1]): Promise<void> {
    for (const index of at) await runStatements(this.tablets[index]!, statements, 'user');
  }

  /** Empty tables, on the reference too. */
  async clear(): Promise<void> {
    const statements = ['DELETE FROM item', 'DELETE FROM note', 'DELETE FROM moment'];
    await this.onTablets(statements);
    await runStatements(this.reference, statements, 'user');
  }

  /** What a query gives on each tablet: one value each. */
  async perShard(sql: string): Promise<(string | null)[]> {
    return Promise.all(this.tablets.map((endpoint) => valueAt(endpoint, sql)));
  }

  /** Waits until no transaction is open on any tablet but those that the query itself makes. */
  async expectNoTransactions(): Promise<void> {
    await this.untilTransactions('no transaction is open', (open) => open.every((count) => count === '0'));
  }

  /** Waits until the tablets' numbers of open transactions (with the condition, if any) are as wanted. */
  async untilTransactions(
    what: string,
    holds: (counts: readonly (string | null)[]) => boolean,
    condition = 'TRUE',
  ): Promise<void> {
    const sql = `SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID() AND ${condition}`;
    const giveUpAtMs = Date.now() + 20_000;
    for (;;) {
      await sleep(Math.max(0, this.#lookedAtMs + LOOK_AGAIN_MS - Date.now()));
      const counts = await this.perShard(sql);
      this.#lookedAtMs = Date.now();
      if (holds(counts)) return;
      if (Date.now() > giveUpAtMs) throw new Error(`in vain: ${what}; transactions: ${counts.join(', ')}`);
    }
  }

  /** Waits until a statement waits for a lock on the tablet. */
  untilWaits(at: 0 | 1): Promise<void> {
    return this.untilTransactions(
      'a lock is waited for',
      (counts) => counts[at] !== '0',
      "trx_state = 'LOCK WAIT'",
    );
  }

  /** A client of a tablet, past proxy and router; closed by `closeClients`. */
  tabletClient(at: 0 | 1): Promise<RawClient> {
    return this.client({ endpoint: this.tablets[at] });
  }

  /** The router still serves both shards, and the clients' connections do. */
  async expectHealthy(client: RawClient): Promise<void> {
    await this.expectNoTransactions();
    expect(await refusalOf(client, 'SELECT COUNT(*) FROM item')).toBeUndefined();
    expect(await refusalOf(client, 'UPDATE item SET n = n + 0')).toBeUndefined();
  }
}

async function valueAt(endpoint: Endpoint, sql: string): Promise<string | null> {
  const client = await RawClient.connect(endpoint, { database: 'user' });
  try {
    return await value(client, sql);
  } finally {
    client.destroy();
  }
}

/** Errno and SQLSTATE and message, or undefined where a statement succeeded. */
export async function refusalOf(client: RawClient, sql: string): Promise<string | undefined> {
  const { error } = await ask(client, sql);
  return error && `${error.errno} (${error.sqlState}) ${error.message}`;
}

/** Runs statements one after the other; the first that fails throws. */
export async function run(client: RawClient, ...statements: readonly string[]): Promise<void> {
  for (const sql of statements) {
    const refused = await refusalOf(client, sql);
    if (refused !== undefined) throw new Error(`${sql}: ${refused}`);
  }
}

/** Rows of a query, cells joined. */
export async function rows(client: RawClient, sql: string): Promise<string[]> {
  const { rows: found, error } = await ask(client, sql);
  if (error !== undefined) throw new Error(`${sql}: ${error.errno} ${error.message}`);
  return found.map((row) => row.join('|'));
}
