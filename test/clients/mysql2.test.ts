/** mysql2, the driver most Node applications use: each check runs against mysqld first, then against Headgate. */

import { createConnection as createPlainConnection } from 'mysql2';
import mysql, { type Connection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../support/raw-client.ts';
import { type Pair, startPair } from '../support/system.ts';

const database = 'drivers';
let pair: Pair;
beforeAll(async () => {
  pair = await startPair(database);
});
afterAll(() => pair?.stop());

const at = ({ host, port, user }: Endpoint, more: ConnectionOptions = {}): ConnectionOptions => ({
  host,
  port,
  user,
  database,
  ...more,
});

/** Runs on both servers, mysqld first; what comes out must be the same. */
async function same<T>(
  work: (connection: Connection, server: Endpoint) => Promise<T>,
  more: ConnectionOptions = {},
): Promise<T> {
  const results: T[] = [];
  for (const server of [pair.reference, pair.router]) {
    const connection = await mysql.createConnection(at(server, more));
    try {
      results.push(await work(connection, server));
    } finally {
      connection.destroy();
    }
  }
  expect(results[1]).toEqual(results[0]);
  return results[0]!;
}

const all = async (connection: Connection, ...statements: string[]) => {
  const answers: unknown[] = [];
  for (const sql of statements) answers.push(await outcome(connection.query(sql)));
  return answers;
};

/** The answer, or the error's own figures. */
const outcome = (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    (result) => (result as unknown[])[0],
    ({ errno, sqlState, sqlMessage }) => ({ errno, sqlState, sqlMessage }),
  );

const createTypes = [
  'DROP TABLE IF EXISTS kinds',
  `CREATE TABLE kinds (id INT PRIMARY KEY AUTO_INCREMENT, b BIGINT, d DECIMAL(12,3), f DOUBLE, s VARCHAR(50), x BLOB,
   dt DATETIME(3), da DATE, ti TIME, j JSON, bi BIT(3), e ENUM('p','q'), g POINT)`,
  `INSERT INTO kinds (b, d, f, s, x, dt, da, ti, j, bi, e, g) VALUES
   (9007199254740993, 123.456, 1.5, 'grün', x'00ff', '2024-02-29 10:11:12.345', '2024-02-29', '-10:00:00',
   '{"a": [1, null]}', b'101', 'q', POINT(1, 2)), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
];

describe.each([
  ['plain', {}],
  ['TLS', { ssl: { rejectUnauthorized: false } }],
])('%s', (_, transport) => {
  test('query and execute bring every type', async () => {
    const [byQuery, byExecute] = await same(async (connection) => {
      await all(connection, ...createTypes);
      const sql = 'SELECT * FROM kinds ORDER BY id';
      return [(await connection.query(sql))[0], (await connection.execute(sql))[0]];
    }, transport);
    expect(byQuery).toHaveLength(2);
    expect(byExecute).toHaveLength(2);
  });

  test('parameters of execute, statements reused and closed', () =>
    same(async (connection) => {
      const answers: unknown[] = await all(connection, ...createTypes);
      const insert = 'INSERT INTO kinds (b, d, f, s, x, dt, j) VALUES (?, ?, ?, ?, ?, ?, ?)';
      for (let i = 0; i < 30; i += 1) {
        const values = [
          i,
          `${i}.5`,
          i / 3,
          `text ${i}`,
          Buffer.alloc(i, i),
          new Date(1_700_000_000_000),
          '{"i": 1}',
        ];
        answers.push(await outcome(connection.execute(insert, i % 5 ? values : values.map(() => null))));
      }
      answers.push(
        await outcome(connection.execute('SELECT * FROM kinds WHERE b > ? ORDER BY id LIMIT ?', [3, '4'])),
      );
      const statement = await connection.prepare('SELECT ? + 1 AS n');
      answers.push((await statement.execute([41]))[0], (await statement.execute(['1.5']))[0]);
      await statement.close();
      answers.push(await outcome(connection.execute('SELECT nope FROM kinds WHERE b = ?', [1])));
      return answers;
    }, transport));

  test('transactions, errors, insert ids', () =>
    same(async (connection) => {
      const answers = await all(connection, ...createTypes);
      await connection.beginTransaction();
      answers.push(await outcome(connection.query("INSERT INTO kinds (s) VALUES ('in a transaction')")));
      await connection.rollback();
      await connection.beginTransaction();
      answers.push(await outcome(connection.execute('INSERT INTO kinds (s) VALUES (?)', ['kept'])));
      await connection.commit();
      answers.push(
        ...(await all(
          connection,
          'SELECT id, s FROM kinds ORDER BY id',
          'INSERT INTO kinds (id) VALUES (1)',
          'SELECT LAST_INSERT_ID()',
          'SELEC 1',
        )),
      );
      return answers;
    }, transport));
});

test('several statements in one query', async () => {
  const rows = await same(
    (connection) =>
      all(connection, 'SELECT 1 AS a; SELECT 2 AS b, 3 AS c; DO 1', 'SELECT 1; SELECT nope; SELECT 3'),
    { multipleStatements: true },
  );
  expect(rows[0]).toHaveLength(3);
});

test('options: FOUND_ROWS off, dates as strings, big numbers, rows as arrays, charset', () =>
  same(
    (connection) =>
      all(
        connection,
        ...createTypes,
        "UPDATE kinds SET s = 'grün' WHERE id = 1",
        'SELECT * FROM kinds ORDER BY id',
        'SELECT @@character_set_client, @@collation_connection, @@time_zone',
        "SELECT 'ü' AS u",
      ),
    {
      flags: ['-FOUND_ROWS'],
      dateStrings: true,
      supportBigNumbers: true,
      bigNumberStrings: true,
      rowsAsArray: true,
      charset: 'latin1',
    },
  ));

test('a pool: many tasks, each connection its own session', () =>
  same(async (_, server) => {
    const pool = mysql.createPool({ ...at(server), connectionLimit: 5 });
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (__, i) => {
        const connection = await pool.getConnection();
        try {
          await connection.query('SET @mine = ?', [i]);
          const [rows] = await connection.query<RowDataPacket[]>('SELECT @mine AS mine, ? AS sent', [
            `v${i}`,
          ]);
          return rows[0];
        } finally {
          connection.release();
        }
      }),
    );
    await pool.end();
    expect(answers.every((row, i) => row?.mine === i && row.sent === `v${i}`)).toBe(true);
    return answers;
  }));

test('changeUser, ping, reset, end', () =>
  same(async (connection) => {
    await connection.query('SET @x = 1');
    await connection.changeUser({ database: 'mysql' });
    const answers = await all(connection, 'SELECT @x, DATABASE()', `USE ${database}`, 'SELECT DATABASE()');
    await connection.ping();
    await connection.reset();
    answers.push(...(await all(connection, 'SELECT @x')));
    await connection.end();
    return answers;
  }));

test('streams: a long result read slowly, in order', async () => {
  const count = await same(async (_, server) => {
    const connection = createPlainConnection(at(server));
    const stream = connection
      .query(
        'WITH RECURSIVE k (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < 900) SELECT a.n * 1000 + b.n AS n, REPEAT("s", 100) AS s FROM k a, k b WHERE b.n <= 50',
      )
      .stream({ highWaterMark: 10 });
    let rows = 0;
    for await (const row of stream) {
      rows += 1;
      if ((row as { s: string }).s.length !== 100) throw new Error('a row was cut');
      if (rows % 2000 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    connection.destroy();
    return rows;
  });
  expect(count).toBe(45_000);
});

test('refused logins', async () => {
  const refusal = (server: Endpoint, more: ConnectionOptions) =>
    mysql.createConnection(at(server, more)).then(
      (connection) => connection.end().then(() => 'connected'),
      ({ errno, sqlState }) => ({ errno, sqlState }),
    );
  for (const more of [{ password: 'wrong' }, { user: 'nobody' }, { database: 'nowhere' }]) {
    expect(await refusal(pair.router, more)).toEqual(await refusal(pair.reference, more));
  }
});
