/** The cheap question alone: its answer is another one after every kind of change, and the same after everything else. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { signatureQuestion } from '../../src/gateway/schema/schema-questions.ts';
import { readResults } from '../support/decode.ts';
import { type Mysqld, runStatements, startMysqld } from '../support/mysqld.ts';
import { RawClient } from '../support/raw-client.ts';

const database = 'signed';
let server: Mysqld;
let client: RawClient;

beforeAll(async () => {
  server = await startMysqld({ databases: [database] });
  await runStatements(
    server.endpoint,
    [
      'CREATE TABLE t (a INT, b VARCHAR(10), e ENUM("x"))',
      'CREATE TABLE u (a INT, c INT)',
      'CREATE TABLE plain (a INT) ENGINE=MyISAM',
      'CREATE VIEW v AS SELECT a, b FROM t',
      'INSERT INTO t VALUES (1, "b", "x")',
    ],
    database,
  );
  client = await RawClient.connect(server.endpoint);
});

afterAll(async () => {
  client?.destroy();
  await server?.stop();
});

async function signature(): Promise<string> {
  const [result] = readResults(await client.query(signatureQuestion(database)));
  expect(result?.error).toBeUndefined();
  return JSON.stringify(result!.rows);
}

const changes: [string, ...string[]][] = [
  ['CREATE TABLE made (a INT)'],
  ['CREATE TABLE made_plain (a INT) ENGINE=MyISAM'],
  ['CREATE TABLE copied AS SELECT * FROM t'],
  ['ALTER TABLE t ADD COLUMN c INT, ALGORITHM=INSTANT'],
  ['ALTER TABLE t RENAME COLUMN c TO d'],
  ['ALTER TABLE t DROP COLUMN d'],
  ['ALTER TABLE t MODIFY b VARCHAR(10) COLLATE utf8mb4_bin'],
  ['ALTER TABLE t MODIFY b VARCHAR(11) COLLATE utf8mb4_bin'],
  ["ALTER TABLE t MODIFY e ENUM('x','y')"],
  ['ALTER TABLE t ALTER COLUMN a SET DEFAULT 7'],
  ['ALTER TABLE t ALTER COLUMN a SET INVISIBLE'],
  ['ALTER TABLE t CONVERT TO CHARACTER SET latin1'],
  ['CREATE UNIQUE INDEX one ON t (a)'],
  ['ALTER TABLE t RENAME INDEX one TO first'],
  ['ALTER TABLE plain RENAME COLUMN a TO b'],
  ['RENAME TABLE u TO w'],
  ['RENAME TABLE w TO u'],
  ['RENAME TABLE t TO x, u TO t, x TO u'],
  ['RENAME TABLE t TO x, u TO t, x TO u'],
  ['CREATE VIEW vv AS SELECT 1 AS a'],
  ['CREATE OR REPLACE VIEW vv AS SELECT 2 AS a'],
  ['ALTER VIEW vv AS SELECT 3 AS a'],
  ['ALTER TABLE t MODIFY b VARCHAR(12)'],
  ['DROP VIEW vv'],
  ['DROP TABLE made'],
  ['SET sql_log_bin = 0', 'ALTER TABLE plain RENAME COLUMN b TO c'],
  // With the clock standing still, no time of change tells two changes apart.
  ['SET timestamp = 1700000000', 'ALTER TABLE t RENAME COLUMN a TO a1'],
  ['SET timestamp = 1700000000', 'ALTER TABLE t RENAME COLUMN a1 TO a2'],
];

describe('moves with', () => {
  test.each(changes)('%s', async (...statements) => {
    const before = await signature();
    await runStatements(server.endpoint, statements, database);
    expect(await signature()).not.toBe(before);
  });
});

test('moves when a table comes into sight whose making took long', async () => {
  const making = runStatements(server.endpoint, ['CREATE TABLE slow AS SELECT SLEEP(2) AS a'], database);
  await sleep(1000);
  const before = await signature();
  await making;
  expect(await signature()).not.toBe(before);
});

test('does not move with data, temporary tables, or by being asked', async () => {
  const before = await signature();
  await runStatements(
    server.endpoint,
    [
      ...Array.from({ length: 50 }, () => 'INSERT INTO u (a) VALUES (1)'),
      'UPDATE u SET a = 2',
      'DELETE FROM u',
      'CREATE TEMPORARY TABLE scratch (a INT)',
      'SELECT * FROM u',
    ],
    database,
  );
  expect(await signature()).toBe(before);
});
