/** SHOW and DESCRIBE: a keyspace is a database, with one shard or with several. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/session-play.ts';
import { MetadataStage, seen } from './stage.ts';

let stage: MetadataStage;
beforeAll(async () => {
  stage = await MetadataStage.set();
});
afterAll(() => stage?.stop());

const statements = [
  'SHOW DATABASES',
  "SHOW DATABASES LIKE '%s%'",
  "SHOW SCHEMAS WHERE `Database` IN ('user', 'mysql', 'x')",
  'SHOW TABLES',
  'SHOW FULL TABLES FROM shop',
  "SHOW TABLES FROM user LIKE 'a%'",
  "SHOW TABLES IN user WHERE Tables_in_user = 'item'",
  'SHOW TABLES FROM nowhere',
  'SHOW FULL COLUMNS FROM account FROM user',
  "SHOW COLUMNS FROM user.item LIKE 't%'",
  'SHOW FIELDS FROM nothing IN user',
  'SHOW CREATE TABLE user.item',
  'SHOW CREATE TABLE user.nothing',
  'SHOW CREATE TABLE nowhere.nothing',
  'SHOW CREATE VIEW shop.cheap',
  'SHOW CREATE DATABASE user',
  'SHOW CREATE DATABASE IF NOT EXISTS shop',
  'SHOW CREATE DATABASE nowhere',
  'DESCRIBE user.item',
  'DESC shop.product name',
  "EXPLAIN user.account 'n%'",
  'SHOW TRIGGERS FROM user',
  'SHOW EVENTS FROM user',
  "SHOW PROCEDURE STATUS WHERE Db = 'user'",
  'SHOW OPEN TABLES FROM user LIKE "nothing"',
  'SHOW COLLATION LIKE "utf8mb4_0900%"',
  'SHOW CHARACTER SET',
  'SHOW ENGINES',
  'SHOW PRIVILEGES',
  'SHOW GRANTS',
  'SHOW VARIABLES LIKE "sql_mode"',
  'SHOW ERRORS',
  'SHOW PROFILES',
  'SHOW REPLICA STATUS',
  'SHOW TABLE STATUS FROM nowhere',
  'SHOW TABLE STATUS FROM user LIKE "nothing"',
  'HELP "nothing like this"',
  'SHOW nothing',
];

describe.each([undefined, 'shop', 'user', 'information_schema'])('in %s', (database) => {
  test.each(statements)('%s', async (sql) => {
    for (const prepared of [false, true]) {
      const [expected, got] = await stage.both({ sql, database }, prepared);
      expect(seen(got)).toEqual(seen(expected));
    }
  });
});

/** Without what one server alone knows. */
function withoutMoments(result: Awaited<ReturnType<MetadataStage['both']>>[0]): unknown {
  const moments = result.columns.flatMap(({ name }, at) =>
    /_time$|^Avg_row|_length$|^Data_free/.test(name) ? [at] : [],
  );
  return {
    titles: result.columns.map(({ name }) => name),
    rows: result.rows.map((row) => row.filter((_, at) => !moments.includes(at))),
    error: result.error?.message,
  };
}

test('SHOW TABLE STATUS counts the rows of all shards', async () => {
  const everywhere = [stage.reference.endpoint, ...stage.tabletsOf('user')];
  for (const endpoint of everywhere)
    await ask(await stage.client(endpoint, { database: 'user' }), 'ANALYZE TABLE account, item');
  for (const sql of [
    'SHOW TABLE STATUS FROM user',
    "SHOW TABLE STATUS IN user LIKE 'ITEM'",
    "SHOW TABLE STATUS FROM user LIKE 'it%'",
    'SHOW TABLE STATUS FROM `user` WHERE `Rows` > 50',
    "SHOW TABLE STATUS FROM user WHERE Engine = 'InnoDB' AND Name LIKE '%c%'",
    'SHOW TABLE STATUS FROM user WHERE nothing = 1',
  ])
    for (const database of [undefined, 'user', 'shop'])
      for (const prepared of [false, true]) {
        const [expected, got] = await stage.both({ sql, database }, prepared);
        expect([sql, withoutMoments(got)]).toEqual([sql, withoutMoments(expected)]);
      }
  const shard = await stage.client(stage.system.router, { database: 'user:80-' });
  expect((await ask(shard, "SHOW TABLE STATUS LIKE 'account'")).rows[0]![4]).toBe('20');
});
