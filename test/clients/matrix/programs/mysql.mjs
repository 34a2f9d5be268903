// mysql (mysqljs), which knows none of the passwords of MySQL 9: its user is root without one, and mysqld refuses even that.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { account, ca, check, refused } from './checks.mjs';
import { runSuite } from './node-suite.mjs';

const require = createRequire(join(process.env.CLIENT_NPM, 'package.json'));
const mysql = require('mysql');

const settings = ({ tls = 'off', ...options }) => ({
  supportBigNumbers: true,
  bigNumberStrings: true,
  timezone: 'Z',
  charset: 'utf8mb4',
  ...options,
  ...(tls === 'ca' ? { ssl: { ca, rejectUnauthorized: true } } : {}),
});

const call = (connection, name, ...args) => promisify(connection[name].bind(connection))(...args);

const facts = (rows, fields) => ({
  rows,
  fields: fields?.flat().map(
    (field) =>
      field && {
        name: field.name,
        table: field.table,
        type: field.type,
        flags: field.flags,
        length: field.length,
      },
  ),
});

await runSuite({
  account: { user: 'root', password: '' },
  withoutPasswords: true,
  connect: async (options) => {
    const connection = mysql.createConnection(settings(options));
    await call(connection, 'connect');
    return connection;
  },
  close: async (connection) => connection.destroy(),
  query: (connection, sql, parameters) =>
    new Promise((resolve, reject) =>
      connection.query(
        sql,
        parameters?.map((each) => (typeof each === 'bigint' ? String(each) : each)),
        (error, rows, fields) => (error ? reject(error) : resolve(facts(rows, fields))),
      ),
    ),
  insertId: (written) => written.insertId,
  counts: ({ affectedRows, changedRows, message, warningCount }) => ({
    affectedRows,
    changedRows,
    message,
    warningCount,
  }),
  warnings: (written) => written.warningCount,
  multiple: { multipleStatements: true },
  infile: (connection, sql) => call(connection, 'query', sql),
  ping: async (connection) => (await call(connection, 'ping')) ?? null,
  changeUser: (connection, { user, password, database }) =>
    call(connection, 'changeUser', { user, password, database }),
  begin: (connection) => call(connection, 'beginTransaction'),
  commit: (connection) => call(connection, 'commit'),
  rollback: (connection) => call(connection, 'rollback'),
  stream: (connection, sql) =>
    new Readable({ objectMode: true }).wrap(connection.query(sql).stream({ highWaterMark: 5 })),
  batch: (connection, rows) =>
    call(connection, 'query', 'INSERT INTO check_load (id, name, n) VALUES ?', [rows]),
  ignoreErrors: (connection) => connection.on('error', () => {}),
  more: async () => {
    await check('STATISTICS', async () => {
      const connection = mysql.createConnection(settings({ ...account, user: 'root', password: '' }));
      const answer = await call(connection, 'statistics');
      connection.destroy();
      return Object.keys(answer).sort();
    });
    const pool = mysql.createPool({
      ...settings({ ...account, user: 'root', password: '' }),
      connectionLimit: 2,
    });
    await check('many queries at once on a pool', () =>
      Promise.all(
        Array.from({ length: 30 }, (_, at) =>
          call(pool, 'query', 'SELECT ? AS at, id FROM check_types WHERE id = 1', [at]),
        ),
      ),
    );
    await check(
      'a query with its own time limit',
      async () => (await refused(() => call(pool, 'query', { sql: 'SELECT SLEEP(10)', timeout: 200 }))).code,
    );
    await check('the end of a pool', async () => (await call(pool, 'end')) ?? null);
  },
});
process.exit(0);
