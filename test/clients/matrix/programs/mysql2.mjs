// mysql2, as CLIENT_API says: promise, callback, or a pool.
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { account, ca, check, refused } from './checks.mjs';
import { runSuite } from './node-suite.mjs';

const require = createRequire(join(process.env.CLIENT_NPM, 'package.json'));
const api = process.env.CLIENT_API;
const plain = require('mysql2');
const promised = require('mysql2/promise');

const settings = ({ tls = 'off', ...options }) => ({
  supportBigNumbers: true,
  bigNumberStrings: true,
  timezone: 'Z',
  ...options,
  ...(tls === 'ca' ? { ssl: { ca, rejectUnauthorized: true } } : {}),
});

const facts = ([rows, fields]) => ({
  rows,
  fields: fields?.flat().map(
    (field) =>
      field && {
        name: field.name,
        table: field.table,
        type: field.columnType,
        flags: field.flags,
        length: field.columnLength,
      },
  ),
});

// Every API as one of promises that give [rows, fields].
const promises = (connection) => connection.promise?.() ?? connection;

const common = {
  close: async (connection) => connection.destroy(),
  query: async (connection, sql, parameters) => facts(await promises(connection).query(sql, parameters)),
  execute: async (connection, sql, parameters) =>
    facts(
      await promises(connection).execute(
        sql,
        parameters.map((each) => (typeof each === 'bigint' ? String(each) : each)),
      ),
    ),
  insertId: (written) => written.insertId,
  counts: ({ affectedRows, changedRows, info, warningStatus }) => ({
    affectedRows,
    changedRows,
    info,
    warningStatus,
  }),
  warnings: (written) => written.warningStatus,
  multiple: { multipleStatements: true },
  compression: { compress: true },
  infile: async (connection, sql, file) =>
    (await promises(connection).query({ sql, infileStreamFactory: () => createReadStream(file) }))[0],
  ping: async (connection) => (await promises(connection).ping()) ?? null,
  ignoreErrors: (connection) => (connection.connection ?? connection).on('error', () => {}),
};

const transactions = {
  begin: (connection) => promises(connection).beginTransaction(),
  commit: (connection) => promises(connection).commit(),
  rollback: (connection) => promises(connection).rollback(),
};

const reset = async (connection) => {
  const core = connection.connection ?? connection;
  await promisify(core.reset.bind(core))();
};

const changeUser = (connection, { user, password, database }) =>
  promises(connection).changeUser({ user, password, database });

const batch = async (connection, rows) =>
  (await promises(connection).query('INSERT INTO check_load (id, name, n) VALUES ?', [rows]))[0];

const promiseAdapter = {
  ...common,
  ...transactions,
  reset,
  changeUser,
  batch,
  connect: (options) => promised.createConnection(settings(options)),
  stream: (connection, sql) => connection.connection.query(sql).stream(),
  more: async ({ connection, with_ }) => {
    await check('rows as arrays', async () =>
      facts(
        await connection.query({ sql: 'SELECT id, vc, id FROM check_types WHERE id = 1', rowsAsArray: true }),
      ),
    );
    await check('tables in front of names', async () =>
      facts(await connection.query({ sql: 'SELECT id, vc FROM check_types WHERE id = 1', nestTables: '_' })),
    );
    await check('a prepared statement by hand', async () => {
      const statement = await connection.prepare('SELECT id, vc FROM check_types WHERE id = ?');
      const found = [];
      for (const id of [1, 2, 99]) found.push((await statement.execute([id]))[0]);
      await statement.close();
      return found;
    });
    await check('named parameters', () =>
      with_(
        { namedPlaceholders: true },
        async (other) =>
          (
            await other.execute('SELECT vc FROM check_types WHERE id = :id AND ti = :ti', { ti: 1, id: 1 })
          )[0],
      ),
    );
    await check('dates as text', () =>
      with_(
        { dateStrings: true },
        async (other) => (await other.execute('SELECT da, dt, d6, ts FROM check_types ORDER BY id'))[0],
      ),
    );
    await check('found rows switched off', () =>
      with_(
        { flags: ['-FOUND_ROWS'] },
        async (other) =>
          (await other.query("UPDATE check_types SET vc = 'varchar' WHERE id = 1"))[0].affectedRows,
      ),
    );
    await check('a client-side timeout', () =>
      refused(() => connection.query({ sql: 'SELECT 1', timeout: 10_000 })).catch((error) => error.message),
    );
    await check('commands one after the other without waiting', async () =>
      (
        await Promise.all(
          ['SELECT 1 AS a', 'SELECT id FROM check_types WHERE id = 2', 'SELECT 3 AS c'].map((sql) =>
            connection.query(sql),
          ),
        )
      ).map(([rows]) => rows),
    );
  },
};

const callbackAdapter = {
  ...common,
  reset,
  batch,
  connect: async (options) => {
    const connection = plain.createConnection(settings(options));
    await promisify(connection.connect.bind(connection))();
    return connection;
  },
  query: (connection, sql, parameters) =>
    new Promise((resolve, reject) =>
      connection.query(sql, parameters, (error, rows, fields) =>
        error ? reject(error) : resolve(facts([rows, fields])),
      ),
    ),
  execute: (connection, sql, parameters) =>
    new Promise((resolve, reject) =>
      connection.execute(
        sql,
        parameters.map((each) => (typeof each === 'bigint' ? String(each) : each)),
        (error, rows, fields) => (error ? reject(error) : resolve(facts([rows, fields]))),
      ),
    ),
  ping: (connection) => promisify(connection.ping.bind(connection))(),
  changeUser: (connection, options) => promisify(connection.changeUser.bind(connection))(options),
  begin: (connection) => promisify(connection.beginTransaction.bind(connection))(),
  commit: (connection) => promisify(connection.commit.bind(connection))(),
  rollback: (connection) => promisify(connection.rollback.bind(connection))(),
  stream: (connection, sql) => connection.query(sql).stream({ highWaterMark: 5 }),
};

// A connection is what the pool lends: each `connect` makes a pool of two.
const poolAdapter = {
  ...common,
  ...transactions,
  connect: async (options) => {
    const pool = promised.createPool({ ...settings(options), connectionLimit: 2 });
    try {
      const connection = await pool.getConnection();
      connection.ownPool = pool;
      return connection;
    } catch (error) {
      await pool.end();
      throw error;
    }
  },
  close: async (connection) => {
    connection.destroy();
    await connection.ownPool.end();
  },
  batch,
  changeUser,
  stream: (connection, sql) => connection.connection.query(sql).stream(),
  more: async () => {
    const pool = promised.createPool({ ...settings(account), connectionLimit: 2 });
    await check('many queries at once on a pool', async () => {
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, at) =>
          pool.query('SELECT ? AS at, id FROM check_types WHERE id = 1', [at]),
        ),
      );
      return answers.map(([rows]) => rows[0].at);
    });
    await check('a transaction on a lent connection', async () => {
      const connection = await pool.getConnection();
      await connection.beginTransaction();
      await connection.query("INSERT INTO check_item (name) VALUES ('lent')");
      await connection.rollback();
      connection.release();
      return (await pool.query("SELECT COUNT(*) AS n FROM check_item WHERE name = 'lent'"))[0];
    });
    await check('a connection that was killed is replaced', async () => {
      const connection = await pool.getConnection();
      const [[{ id }]] = await connection.query('SELECT CONNECTION_ID() AS id');
      connection.connection.on('error', () => {});
      connection.release();
      await refused(() => pool.query(`KILL ${id}`)).catch(() => {});
      for (let tries = 0; tries < 5; tries++) {
        const answer = await pool.query('SELECT 1 AS alive').catch(() => undefined);
        if (answer) return answer[0];
      }
      return 'none';
    });
    await check('the end of a pool', () => pool.end());
  },
};

await runSuite({ promise: promiseAdapter, callback: callbackAdapter, pool: poolAdapter }[api]);
process.exit(0);
