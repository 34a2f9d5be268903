/** USER(), CURRENT_USER() and their like: the client's, though tablets know the router's user only. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStatements } from '../support/mysqld.ts';
import { text } from '../support/parameters.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { RouterStage } from '../support/router-stage.ts';
import { ask, explained, playSame, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';

let stage: RouterStage;
let dir: string;
let baseline: Endpoint;
let router: Endpoint;

beforeAll(async () => {
  stage = await RouterStage.set([
    'CREATE TABLE things (id INT PRIMARY KEY, v VARCHAR(80), w VARCHAR(80) COLLATE utf8mb4_bin, x VARCHAR(80) CHARACTER SET latin1 COLLATE latin1_german1_ci)',
    "INSERT INTO things VALUES (1, 'anna@localhost', 'anna@localhost', 'ANNA@%'), (2, 'root@localhost', 'x', 'x')",
  ]);
  await runStatements(stage.baseline, ["CREATE USER anna@'%'", "GRANT ALL ON *.* TO anna@'%'"]);
  await withStore(stage.etcdAddress, (store) =>
    store.putVschema({
      keyspace: 'user',
      vschema: {
        sharded: true,
        vindexes: { hash: { type: 'hash' } },
        tables: { things: { column_vindexes: [{ column: 'id', name: 'hash' }] } },
      },
    }),
  );
  dir = await mkdtemp(join(tmpdir(), 'headgate-test-'));
  await writeFile(join(dir, 'users.yaml'), "users:\n  - { name: anna, password: '', hosts: ['%'] }\n");
  const started = await stage.startRouter([`--listen-users-file=${join(dir, 'users.yaml')}`]);
  router = { ...started.endpoint, user: 'anna' };
  baseline = { ...stage.baseline, user: 'anna' };
});
afterAll(async () => {
  await stage?.stop();
  await rm(dir, { recursive: true, force: true });
});

const statements = [
  'SELECT USER(), CURRENT_USER(), SESSION_USER(), SYSTEM_USER(), CURRENT_USER',
  'SELECT DATABASE(), USER() AS `who is it`, @@sql_mode',
  "SELECT CONCAT(USER(), '-', current_user), LENGTH(user())",
  'SELECT v, x, w FROM things WHERE v = USER() AND w = USER() AND x = CURRENT_USER()',
  'SELECT (SELECT COUNT(*) FROM things WHERE v <> SESSION_USER()) + 1',
  'SELECT USER() UNION SELECT user FROM (SELECT 1 AS user) t',
  'WITH me AS (SELECT USER()) SELECT * FROM me',
  '(SELECT USER())',
  'SELECT COERCIBILITY(USER()), COLLATION(USER()), CHARSET(USER())',
  'SELECT /*!80000 USER(), */ 1',
  'SELECT FOUND_ROWS(), USER()',
  'SELECT LAST_INSERT_ID(), USER()',
  'UPDATE things SET v = USER() WHERE id = 2',
  'SELECT v FROM things ORDER BY id',
  'INSERT INTO things (id, v) VALUES (3, CONCAT(CURRENT_USER, 1))',
  'SELECT v FROM things WHERE id = 3',
  'DELETE FROM things WHERE v LIKE CONCAT(USER(), "%") AND id > 1',
  'DO USER()',
  'SET @me = USER()',
  'SELECT @me',
  'SELECT USER',
  'SELECT USER() FROM nothing',
];

test('they are the same as on a server on which the client has logged in', async () => {
  await playSame(
    baseline,
    router,
    statements.map((sql) => ['a', sql]),
  );
});

test('prepared', async () => {
  for (const [sql, ...parameters] of [
    [statements[0]!],
    [statements[1]!],
    [statements[3]!],
    ['SELECT CONCAT(USER(), ?), ? = CURRENT_USER()', text('!'), text('anna@%')],
  ] as const) {
    const answers = [];
    for (const endpoint of [baseline, router]) {
      const client = await RawClient.connect(endpoint, { database: 'main' });
      const { answer, id } = await client.prepare(sql);
      answers.push([explained(answer), explained(await client.execute(id, parameters))]);
      client.destroy();
    }
    expect(answers[1]).toEqual(answers[0]);
  }
});

test('over several shards', async () => {
  const client = await RawClient.connect(router, { database: 'user' });
  await ask(
    client,
    "INSERT INTO things (id, v) VALUES (5, USER()), (6, USER()), (7, 'x'), (8, CURRENT_USER())",
  );
  expect(await value(client, 'SELECT COUNT(*) FROM things WHERE id > 4 AND v = USER()')).toBe('2');
  const { columns, rows } = await ask(
    client,
    'SELECT id, USER(), v = CURRENT_USER() FROM things WHERE id > 4 ORDER BY id',
  );
  expect(columns.map(({ name }) => name)).toEqual(['id', 'USER()', 'v = CURRENT_USER()']);
  expect(rows).toEqual([
    ['5', 'anna@localhost', '0'],
    ['6', 'anna@localhost', '0'],
    ['7', 'anna@localhost', '0'],
    ['8', 'anna@localhost', '1'],
  ]);
  client.destroy();
});
