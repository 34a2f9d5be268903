/**
 * Three keyspaces behind a router (`shop` and `extra` unsharded, `user` of two shards), each tablet a mysqld of its own, and one mysqld with
 * the same tables and rows in three databases, which says what is right.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Result, readResults } from '../support/decode.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import type { Parameter } from '../support/parameters.ts';
import { type ConnectOptions, type Endpoint, RawClient } from '../support/raw-client.ts';
import { ask } from '../support/session-play.ts';
import { type System, startSystem } from '../support/system.ts';

const definitions = {
  shop: `
    CREATE TABLE product (
      id INT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'number',
      name VARCHAR(40) CHARACTER SET latin1 DEFAULT NULL,
      price DECIMAL(10,2) NOT NULL DEFAULT '0.00',
      kind ENUM('a','b','c d') DEFAULT 'a',
      made TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
      doc JSON,
      half DECIMAL(10,2) GENERATED ALWAYS AS (price / 2) VIRTUAL,
      PRIMARY KEY (id), UNIQUE KEY by_name (name), KEY by_price (price DESC, kind),
      CONSTRAINT price_is_positive CHECK (price >= 0)
    ) COMMENT 'what is sold';
    CREATE TABLE sale (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, product_id INT UNSIGNED NOT NULL, amount INT DEFAULT '1',
      CONSTRAINT sale_product FOREIGN KEY (product_id) REFERENCES product (id) ON DELETE CASCADE ON UPDATE RESTRICT
    );
    CREATE VIEW cheap AS SELECT id, name FROM product WHERE price < 10;
    INSERT INTO product (name, price) VALUES ('pen', 1), ('desk', 120), ('lamp', 9.5);
    INSERT INTO sale (product_id, amount) VALUES (1, 10), (2, 1), (1, 5), (3, 2);
  `,
  extra: `
    CREATE TABLE note (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, body TEXT NOT NULL, FULLTEXT KEY (body));
    CREATE TABLE parted (id INT NOT NULL PRIMARY KEY) PARTITION BY RANGE (id)
      (PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN MAXVALUE);
  `,
  user: `
    CREATE TABLE account (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(80) NOT NULL COMMENT 'naïve', KEY by_name (name));
    CREATE TABLE item (
      id BIGINT NOT NULL, account_id BIGINT NOT NULL, title VARCHAR(30) DEFAULT 'none',
      PRIMARY KEY (account_id, id), CONSTRAINT item_account FOREIGN KEY (account_id) REFERENCES account (id)
    );
  `,
} as const;

const vschema = {
  sharded: true,
  vindexes: { bits: { type: 'reverse_bits' } },
  tables: {
    account: { column_vindexes: [{ column: 'id', name: 'bits' }] },
    item: { column_vindexes: [{ column: 'account_id', name: 'bits' }] },
  },
};

const ids = Array.from({ length: 40 }, (_, at) => at + 1);
const rows = [
  `INSERT INTO account VALUES ${ids.map((id) => `(${id}, 'n${id % 7}')`).join(', ')}`,
  `INSERT INTO item VALUES ${ids.flatMap((id) => [`(1, ${id}, 'x')`, `(2, ${id}, 'y')`]).join(', ')}`,
];

/** The databases of the tools that are tried, by what they are made of. */
export const keyspaces = Object.keys(definitions) as (keyof typeof definitions)[];

export type Asked = Readonly<{ sql: string; database?: string; parameters?: readonly Parameter[] }>;

export class MetadataStage {
  readonly system: System;
  readonly reference: Mysqld;
  readonly #dir: string;
  readonly #clients = new Map<string, RawClient>();

  private constructor(dir: string, system: System, reference: Mysqld) {
    this.#dir = dir;
    this.system = system;
    this.reference = reference;
  }

  static async set(): Promise<MetadataStage> {
    const dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
    for (const name of keyspaces) await writeFile(join(dir, `${name}.sql`), definitions[name]);
    await writeFile(join(dir, 'user.json'), JSON.stringify(vschema));
    const [system, reference] = await Promise.all([
      startSystem({
        keyspaces: keyspaces.map((name) => ({ name, shards: name === 'user' ? 2 : 1 })),
        vschemaDir: dir,
        schemaDir: dir,
      }),
      startMysqld({ databases: keyspaces }),
    ]);
    const stage = new MetadataStage(dir, system, reference);
    for (const name of keyspaces) {
      const client = await stage.client(reference.endpoint, { database: name });
      for (const sql of definitions[name].split(';').filter((each) => each.trim() !== ''))
        await done(client, sql);
    }
    for (const endpoint of stage.endpoints) {
      const client = await stage.client(endpoint, { database: 'user' });
      for (const sql of rows) await done(client, sql);
    }
    return stage;
  }

  /** mysqld, then the router. */
  get endpoints(): readonly [Endpoint, Endpoint] {
    return [this.reference.endpoint, this.system.router];
  }

  /** The primaries of a keyspace, past the router. */
  tabletsOf(keyspace: string): Endpoint[] {
    return this.system.tablets
      .filter((tablet) => tablet.keyspace === keyspace)
      .map(({ port }) => ({ ...this.reference.endpoint, port }));
  }

  /** A client that is kept for all questions with the same options. */
  async client(endpoint: Endpoint, options: ConnectOptions = {}): Promise<RawClient> {
    const key = `${endpoint.port} ${JSON.stringify(options)}`;
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const client = await RawClient.connect(endpoint, options);
    this.#clients.set(key, client);
    return client;
  }

  /** The answers of both, as text or through PREPARE and EXECUTE. */
  async both(
    { sql, database, parameters }: Asked,
    prepared = parameters !== undefined,
  ): Promise<[Result, Result]> {
    const answers: Result[] = [];
    for (const endpoint of this.endpoints) {
      const client = await this.client(endpoint, { database });
      answers.push(prepared ? await run(client, sql, parameters) : await ask(client, sql));
    }
    return answers as [Result, Result];
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.values()) client.destroy();
    await Promise.all([this.system.stop(), this.reference.stop()]);
    await rm(this.#dir, { recursive: true, force: true });
  }
}

async function done(client: RawClient, sql: string): Promise<void> {
  const { error } = await ask(client, sql);
  expect(error && `${sql}: ${error.message}`).toBeUndefined();
}

/** PREPARE, EXECUTE twice, CLOSE. The second execution is the answer: nothing of the first may be left. */
export async function run(
  client: RawClient,
  sql: string,
  parameters: readonly Parameter[] = [],
): Promise<Result> {
  const { answer, id } = await client.prepare(sql);
  if (id === 0) return readResults(answer)[0]!;
  await client.execute(id, parameters);
  const result = readResults(await client.execute(id, parameters))[0]!;
  client.closeStatement(id);
  return result;
}

/** What of an answer must be equal: titles and values, or the error. */
export const seen = ({ columns, rows: found, error }: Result): unknown =>
  error === undefined
    ? { titles: columns.map(({ name }) => name), rows: found }
    : `${error.errno} (${error.sqlState}) ${error.message}`;
