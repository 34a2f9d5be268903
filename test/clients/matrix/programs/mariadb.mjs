// The MariaDB connector for Node, as CLIENT_API says: promise, callback, or a pool.
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { account, ca, check } from './checks.mjs';
import { runSuite } from './node-suite.mjs';

const require = createRequire(join(process.env.CLIENT_NPM, 'package.json'));
const api = process.env.CLIENT_API;
const mariadb = require('mariadb');
const callbacks = require('mariadb/callback');

const settings = ({ tls = 'off', ...options }) => ({
  timezone: 'Z',
  allowPublicKeyRetrieval: true,
  permitLocalInfile: true,
  infileStreamFactory: (path) => createReadStream(path),
  ...options,
  ...(tls === 'ca' ? { ssl: { ca, rejectUnauthorized: true } } : {}),
});

const facts = (rows) => ({
  rows,
  fields: rows?.meta?.map?.((column) => ({
    name: column.name(),
    table: column.table(),
    type: column.type,
    length: column.columnLength,
    flags: column.flags,
  })),
});

const common = {
  insertId: (written) => written.insertId,
  counts: ({ affectedRows, info, warningStatus }) => ({ affectedRows, info, warningStatus }),
  warnings: (written) => written.warningStatus,
  multiple: { multipleStatements: true },
  compression: { compress: true },
};

const promiseAdapter = {
  ...common,
  connect: (options) => mariadb.createConnection(settings(options)),
  close: async (connection) => connection.destroy(),
  query: async (connection, sql, parameters) => facts(await connection.query(sql, parameters)),
  execute: async (connection, sql, parameters) => facts(await connection.execute(sql, parameters)),
  infile: async (connection, sql) => await connection.query(sql),
  ping: (connection) => connection.ping(),
  reset: (connection) => connection.reset(),
  changeUser: (connection, { user, password, database }) =>
    connection.changeUser({ user, password, database }),
  begin: (connection) => connection.beginTransaction(),
  commit: (connection) => connection.commit(),
  rollback: (connection) => connection.rollback(),
  stream: (connection, sql) => connection.queryStream(sql),
  batch: (connection, rows) =>
    connection.batch('INSERT INTO check_load (id, name, n) VALUES (?, ?, ?)', rows),
  ignoreErrors: (connection) => connection.on('error', () => {}),
  more: async ({ connection, with_ }) => {
    await check('rows as arrays', async () =>
      facts(
        await connection.query({ sql: 'SELECT id, vc, id FROM check_types WHERE id = 1', rowsAsArray: true }),
      ),
    );
    await check('nested tables', async () =>
      facts(await connection.query({ sql: 'SELECT id, vc FROM check_types WHERE id = 1', nestTables: true })),
    );
    await check('numbers as numbers', async () =>
      facts(
        await connection.query({
          sql: 'SELECT bi, bu, de FROM check_types WHERE id = 1',
          bigIntAsNumber: true,
          decimalAsNumber: true,
        }),
      ),
    );
    await check('a prepared statement by hand', async () => {
      const statement = await connection.prepare('SELECT id, vc FROM check_types WHERE id = ?');
      const found = [];
      for (const id of [1, 2, 99]) found.push(await statement.execute([id]));
      statement.close();
      return found;
    });
    await check('named parameters', () =>
      connection.query(
        { namedPlaceholders: true, sql: 'SELECT vc FROM check_types WHERE id = :id AND ti = :ti' },
        { ti: 1, id: 1 },
      ),
    );
    await check('pipelined statements', () =>
      with_({ pipelining: true }, async (other) =>
        Promise.all(
          ['SELECT 1 AS a', 'SELECT id FROM check_types WHERE id = 2', 'SELECT 3 AS c'].map((sql) =>
            other.query(sql),
          ),
        ),
      ),
    );
    await check('an SQL file', async () => {
      const { writeFileSync } = await import('node:fs');
      const file = join(process.env.CLIENT_TEMP, 'script.sql');
      writeFileSync(
        file,
        "DELETE FROM check_load;\n-- a comment; with a semicolon\nINSERT INTO check_load VALUES (7, 'file;', 1);\n",
      );
      await mariadb.importFile({ ...settings(account), file });
      return connection.query('SELECT * FROM check_load');
    });
  },
};

const callbackAdapter = (() => {
  const call = (connection, name, ...args) =>
    new Promise((resolve, reject) =>
      connection[name](...args, (error, result) => (error ? reject(error) : resolve(result))),
    );
  return {
    ...common,
    connect: async (options) => {
      const connection = callbacks.createConnection(settings(options));
      await call(connection, 'connect');
      return connection;
    },
    close: async (connection) => connection.destroy(),
    query: async (connection, sql, parameters = []) =>
      facts(await call(connection, 'query', sql, parameters)),
    execute: async (connection, sql, parameters) => facts(await call(connection, 'execute', sql, parameters)),
    ping: async (connection) => (await call(connection, 'ping')) ?? null,
    reset: (connection) => call(connection, 'reset'),
    changeUser: (connection, { user, password, database }) =>
      call(connection, 'changeUser', { user, password, database }),
    begin: (connection) => call(connection, 'beginTransaction'),
    commit: (connection) => call(connection, 'commit'),
    rollback: (connection) => call(connection, 'rollback'),
    batch: (connection, rows) =>
      call(connection, 'batch', 'INSERT INTO check_load (id, name, n) VALUES (?, ?, ?)', rows),
    ignoreErrors: (connection) => connection.on('error', () => {}),
  };
})();

const poolAdapter = {
  ...promiseAdapter,
  connect: async (options) => {
    const pool = mariadb.createPool({
      ...settings(options),
      connectionLimit: 2,
      acquireTimeout: 3_000,
      minimumIdle: 1,
      resetAfterUse: true,
    });
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
    const pool = connection.ownPool;
    connection.destroy();
    await pool.end();
  },
  more: async () => {
    const pool = mariadb.createPool({ ...settings(account), connectionLimit: 2, resetAfterUse: true });
    await check('many queries at once on a pool', () =>
      Promise.all(
        Array.from({ length: 30 }, (_, at) =>
          pool.query('SELECT ? AS at, id FROM check_types WHERE id = 1', [at]),
        ),
      ),
    );
    await check('what a borrower leaves is gone', async () => {
      const first = await pool.getConnection();
      await first.query("SET @a = 1, time_zone = '+03:00'");
      await first.release();
      const found = [];
      for (let at = 0; at < 3; at++) found.push(await pool.query('SELECT @a AS a, @@time_zone AS zone'));
      return found;
    });
    await check('the end of a pool', () => pool.end());
  },
};

await runSuite({ promise: promiseAdapter, callback: callbackAdapter, pool: poolAdapter }[api]);
process.exit(0);
