/** mysqldump of keyspaces, and version comments, in which it puts what only MySQL is to read. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findServers } from '../../src/local/servers.ts';
import { runClient } from '../support/run-client.ts';
import { MetadataStage, seen } from './stage.ts';

let stage: MetadataStage;
beforeAll(async () => {
  stage = await MetadataStage.set();
});
afterAll(() => stage?.stop());

test.each([
  'SELECT /*!40001 SQL_NO_CACHE */ * FROM account ORDER BY id',
  'SELECT /*!40001 SQL_NO_CACHE */ id + 1 FROM `account` WHERE id < 5 ORDER BY id',
  'SELECT /*!80000 id, */ name FROM account ORDER BY id',
  'SELECT id + 1 /*!80000 , name */ FROM account ORDER BY id',
  'SELECT id /*!80000 + 1 */ FROM account ORDER BY id',
  'SELECT COUNT(*) /*!80000 , MAX(id) */ FROM account',
  '/*!50000 SELECT */ id FROM account ORDER BY 1 /*!80000 LIMIT 3 */',
  'SELECT id /*!999999 , name */ FROM account WHERE id = 1',
  "INSERT /*!80000 INTO */ account VALUES (501, 'x'), (502, 'y')",
  'UPDATE account SET name = /*!80000 UPPER( */ name /*!80000 ) */ WHERE id > 500',
  'SELECT id, name FROM account WHERE id > 500 ORDER BY id',
  'DELETE FROM account /*!80000 WHERE id > 500 */',
])('%s', async (sql) => {
  const [expected, got] = await stage.both({ sql, database: 'user' });
  expect(seen(got)).toEqual(seen(expected));
});

test.each([
  ['shop', []],
  ['shop', ['--no-data', '--routines', '--events']],
  ['user', ['--skip-lock-tables', '--order-by-primary']],
  [
    'user',
    ['--skip-lock-tables', '--order-by-primary', '--skip-extended-insert', '--complete-insert', '--routines'],
  ],
])('mysqldump of %s with %j', async (database, options) => {
  const { mysql } = await findServers();
  const dumps = [];
  for (const { host, port, user } of stage.endpoints) {
    const account = [`--host=${host}`, `--port=${port}`, `--user=${user}`];
    const fixed = ['--no-defaults', ...account, '--skip-dump-date', '--set-gtid-purged=OFF'];
    const { code, stdout, stderr } = await runClient(mysql.mysqldump, [...fixed, ...options, database]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    // The address, and what each table was made at.
    dumps.push(stdout.replace(/^-- Host:.*$/m, '').replaceAll(/'\d{4}-\d\d-\d\d [\d:]{8}'/g, "'moment'"));
  }
  expect(dumps[1]).toBe(dumps[0]);
  expect(dumps[0]).toContain('CREATE TABLE');
});
