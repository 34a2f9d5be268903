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
  "SHOW DATABASES LIKE 'USER'",
  "SHOW DATABASES WHERE `Database` <> 'user' AND LENGTH(`database`) < 6",
  "SHOW DATABASES LIKE 'us\\\\_r'",
  'SHOW DATABASES WHERE nothing = 1',
  'SHOW DATABASES LIKE nothing',
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
    for (const prepared of database === 'user' ? [false, true] : [false]) {
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

describe('maintenance of tables', () => {
  const statements = [
    'ANALYZE TABLE user.account',
    'ANALYZE LOCAL TABLE user.account, user.item, user.nothing',
    'ANALYZE TABLE user.account UPDATE HISTOGRAM ON name WITH 4 BUCKETS',
    'ANALYZE TABLE user.account DROP HISTOGRAM ON name',
    'CHECK TABLE user.account FAST QUICK',
    'OPTIMIZE TABLE user.item',
    'REPAIR TABLE user.item',
    'CHECKSUM TABLE user.account, user.nothing, user.item EXTENDED',
    'SHOW WARNINGS',
    'CHECKSUM TABLE user.account QUICK',
  ];

  test.each([undefined, 'shop', 'user'])('in %s', async (database) => {
    for (const sql of statements) {
      const [expected, got] = await stage.both({ sql, database });
      expect([sql, seen(got)]).toEqual([sql, seen(expected)]);
    }
    const [expected, got] = await stage.both({ sql: 'CHECKSUM TABLE shop.product', database });
    // Rows have the moments in which they were made.
    expect(got.columns).toEqual(expected.columns);
  });

  test('CHECKSUM sees the rows of the transaction', async () => {
    for (const sql of [
      'BEGIN',
      "INSERT INTO account VALUES (1001, 'x'), (1002, 'y'), (1003, 'z')",
      'CHECKSUM TABLE account',
      'ROLLBACK',
      'CHECKSUM TABLE account',
    ]) {
      const [expected, got] = await stage.both({ sql, database: 'user' });
      expect([sql, seen(got)]).toEqual([sql, seen(expected)]);
    }
  });

  test('what only one shard says, says so', async () => {
    const [first] = stage.tabletsOf('user');
    const there = await stage.client(first!, { database: 'user' });
    await ask(there, 'CREATE TABLE alone (id INT PRIMARY KEY)');
    const client = await stage.client(stage.system.router, { database: 'user' });
    expect((await ask(client, 'CHECK TABLE alone')).rows).toEqual([
      ['user.alone', 'check', 'status', 'OK (user/-80)'],
      ['user.alone', 'check', 'Error', "Table 'user.alone' doesn't exist (user/80-)"],
      ['user.alone', 'check', 'status', 'Operation failed (user/80-)'],
    ]);
    expect((await ask(client, 'CHECKSUM TABLE alone')).rows).toEqual([['user.alone', null]]);
    await ask(there, 'DROP TABLE alone');
  });

  test('a shard that is selected is asked alone, several keyspaces are refused', async () => {
    const shard = await stage.client(stage.system.router, { database: 'user:80-' });
    const whole = await stage.client(stage.system.router, { database: 'user' });
    const [[, part]] = (await ask(shard, 'CHECKSUM TABLE account')).rows as [[string, string]];
    const [[, all]] = (await ask(whole, 'CHECKSUM TABLE account')).rows as [[string, string]];
    expect(part).not.toBe(all);
    expect((await ask(whole, 'ANALYZE TABLE account, shop.product')).error?.errno).toBe(9102);
  });
});
