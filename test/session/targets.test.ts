/** Where statements go: USE, `keyspace:shard`, `@replica`, qualified names; refusals; what SHOW and information_schema say. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RawClient, ServerError } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';
import { ask, playSame, refusal, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';

let stage: RouterStage;
let router: RouterUnderTest;
let client: RawClient;

beforeAll(async () => {
  stage = await RouterStage.set([
    'CREATE TABLE things (id INT PRIMARY KEY, v VARCHAR(40) CHARACTER SET utf8mb4)',
    'INSERT INTO things VALUES (1, DATABASE())',
  ]);
  await withStore(stage.etcdAddress, (store) =>
    store.putVschema({
      keyspace: 'user',
      vschema: {
        sharded: true,
        vindexes: { hash: { type: 'hash' } },
        tables: {
          things: { column_vindexes: [{ column: 'id', name: 'hash' }] },
          made: { column_vindexes: [{ column: 'id', name: 'hash' }] },
        },
      },
    }),
  );
  router = await stage.startRouter(['--pool-connections-max=2', '--gateway-hold-ms-max=300']);
  client = await RawClient.connect(router.endpoint);
});
afterAll(async () => {
  client?.destroy();
  await stage?.stop();
});

const place = async (from: RawClient): Promise<string> => {
  const [database, port] = (await ask(from, 'SELECT DATABASE(), @@port')).rows[0]!;
  const server = Number(port) === stage.first.port ? 'first' : 'second';
  return `${database} on the ${server}`;
};

describe('USE', () => {
  test.each([
    ['main', 'main on the first'],
    ['other', 'other on the first'],
    ['user:-80', 'user on the first'],
    ['user:80-', 'user on the second'],
    ['user/80-', 'user on the second'],
    ['main@replica', 'main on the second'],
    ['main@primary', 'main on the first'],
    ['main:0@replica', 'main on the second'],
    ['@primary', 'main on the first'],
  ])('%s', async (name, expected) => {
    expect(await refusal(client, `USE \`${name}\``)).toBeUndefined();
    expect(await place(client)).toBe(expected);
  });

  test('a tablet type behind a name without quotes', async () => {
    expect(await refusal(client, 'USE main@replica')).toBeUndefined();
    expect(await place(client)).toBe('main on the second');
    expect(await refusal(client, 'USE main @primary')).toMatch(/^1064 /);
    expect(await place(client)).toBe('main on the second');
    expect(await refusal(client, 'USE main@primary')).toBeUndefined();
    expect(await place(client)).toBe('main on the first');
  });

  test.each([
    ['nowhere', /^1049 \(42000\) Unknown database 'nowhere'$/],
    ['user:40-80', /^1049 \(42000\) Unknown database 'user:40-80'.*-80, 80-/],
    ['main@fast', /^1049 \(42000\) .*@fast.*primary, replica/],
    ['', /^1046 |^1049 /],
  ])('%s is refused and changes nothing', async (name, expected) => {
    await refusal(client, 'USE main');
    expect(await refusal(client, `USE \`${name}\``)).toMatch(expected);
    expect(await place(client)).toBe('main on the first');
  });

  test.each([
    ['user:80-', 'user on the second'],
    ['main@replica', 'main on the second'],
    ['user:-80@primary', 'user on the first'],
  ])('in the handshake: %s', async (database, expected) => {
    const other = await RawClient.connect(router.endpoint, { database });
    expect(await place(other)).toBe(expected);
    other.destroy();
  });

  test('an unknown database in the handshake is refused as mysqld refuses it', async () => {
    const errors = [];
    for (const server of [stage.baseline, router.endpoint]) {
      const refused = await RawClient.connect(server, { database: 'nowhere' }).catch(
        (error: unknown) => error,
      );
      expect(refused).toBeInstanceOf(ServerError);
      errors.push((refused as ServerError).message);
    }
    expect(errors[1]).toBe(errors[0]);
  });

  test('a replica that has none: an error that says so', async () => {
    expect(await refusal(client, 'USE `other@replica`')).toBeUndefined();
    expect(await refusal(client, 'SELECT 1 FROM things')).toMatch(/^9202 \(08S01\) .*other\/0@replica/);
    expect(await refusal(client, 'USE `other@primary`')).toBeUndefined();
    expect(await value(client, 'SELECT v FROM things')).toBe('other');
  }, 30_000);
});

describe('several keyspaces', () => {
  const inMain: readonly [string, string | RegExp][] = [
    ['SELECT v FROM other.things', 'other'],
    ['SELECT v FROM main.things', 'main'],
    ['SELECT t.v FROM `other`.`things` t', 'other'],
    ['SELECT a.v FROM things a JOIN other.things b', 'main'],
    ['SELECT a.v FROM main.things a JOIN other.things b USING (id)', 'main'],
    ['INSERT INTO other.things SELECT 9, v FROM things', /^9102 \(42000\) .*other, main/],
    ['SELECT (SELECT v FROM other.things) FROM things', 'other'],
    ['SELECT v FROM things UNION SELECT v FROM other.things ORDER BY v', 'main'],
    ['SELECT v FROM user.things WHERE id = 1', 'user'],
    ['SELECT COUNT(*) FROM user.things', '2'],
    ['SELECT a.v FROM things a JOIN user.things b USING (id)', 'main'],
    ['SELECT * FROM user.nothing', /^1146 \(42S02\) Table 'user\.nothing' doesn't exist/],
    ['SELECT v FROM nowhere.things', /^1049 \(42000\) Unknown database 'nowhere'/],
    ['CREATE DATABASE another', /^1235 .*another.*headgate ctl/],
    ['DROP DATABASE main', /^1235 .*main/],
  ];
  test.each(inMain)('%s', async (sql, expected) => {
    await refusal(client, 'USE main');
    if (typeof expected === 'string') expect(await value(client, sql)).toBe(expected);
    else expect(await refusal(client, sql)).toMatch(expected);
    expect(await place(client)).toBe('main on the first');
  });

  test('a sharded keyspace without a shard is all of its shards', async () => {
    await refusal(client, 'USE user');
    // Each server has a row with 1; a vindex finds the one where it belongs.
    expect((await ask(client, 'SELECT id, v FROM things')).rows).toEqual([
      ['1', 'user'],
      ['1', 'user'],
    ]);
    expect((await ask(client, 'SELECT id, v FROM things WHERE id = 1')).rows).toEqual([['1', 'user']]);
    expect(await refusal(client, "INSERT INTO things VALUES (5, 'x'), (6, 'y')")).toBeUndefined();
    expect(await value(client, 'SELECT GROUP_CONCAT(v) FROM things WHERE id = 5')).toBe('x');
    expect(await refusal(client, 'DELETE FROM things WHERE id > 1')).toBeUndefined();
    expect(await value(client, 'SELECT COUNT(*) FROM things')).toBe('2');
    expect(await refusal(client, 'CREATE TABLE made (id INT PRIMARY KEY)')).toBeUndefined();
    expect(await value(client, 'SELECT COUNT(*) FROM made')).toBe('0');
    expect(await refusal(client, 'DROP TABLE made')).toBeUndefined();
    expect(await value(client, 'SELECT 1 + 1')).toBe('2');
    expect(await value(client, 'SHOW TABLES')).toBe('things');
    expect(await value(client, 'SELECT DATABASE()')).toBe('user');
  });

  test('what cannot be done over several shards is refused by name, and nothing has happened', async () => {
    await refusal(client, 'USE user');
    for (const [sql, why] of [
      ['CREATE TEMPORARY TABLE t (n INT)', /^9101 \(42000\) .*temporary tables, over several shards/],
      ['DELETE FROM things LIMIT 1', /^9101 \(42000\) .*LIMIT/],
      ['UPDATE things SET id = 7', /^9101 \(42000\) .*id/],
    ] as const)
      expect(await refusal(client, sql)).toMatch(why);
    expect(await value(client, 'SELECT COUNT(*) FROM things')).toBe('2');
  });

  test('a transaction goes over several keyspaces', async () => {
    await refusal(client, 'USE main');
    await refusal(client, 'BEGIN');
    expect(await value(client, 'SELECT v FROM things FOR UPDATE')).toBe('main');
    expect(await value(client, 'SELECT v FROM other.things FOR UPDATE')).toBe('other');
    expect(await refusal(client, 'ROLLBACK')).toBeUndefined();
    expect(await value(client, 'SELECT v FROM other.things')).toBe('other');
  });

  test('a database that is none is unknown as in MySQL, a near name is suggested', async () => {
    await refusal(client, 'USE user');
    for (const [sql, expected] of [
      ['SELECT * FROM nowhere.things', "1049 (42000) Unknown database 'nowhere'"],
      ['DELETE FROM usr.things', "1049 (42000) Unknown database 'usr'; did you mean user?"],
      ['USE usre', "1049 (42000) Unknown database 'usre'; did you mean user?"],
    ] as const)
      expect(await refusal(client, sql)).toBe(expected);
  });

  test('GLOBAL variables are refused', async () => {
    for (const sql of [
      'SET GLOBAL max_connections = 10',
      'SET PERSIST sort_buffer_size = 300000',
      'SET @@global.sql_notes = 0',
    ])
      expect(await refusal(client, sql)).toMatch(/^9301 \(42000\)/);
  });
});

describe('what is there', () => {
  test('SHOW DATABASES, with LIKE and WHERE', async () => {
    const all = (await ask(client, 'SHOW DATABASES')).rows.flat();
    expect(all).toEqual([
      'information_schema',
      'main',
      'mysql',
      'other',
      'performance_schema',
      'sys',
      'user',
    ]);
    const like = await ask(client, "SHOW DATABASES LIKE '%er'");
    expect(like.columns[0]!.name).toBe('Database (%er)');
    expect(like.rows).toEqual([['other'], ['user']]);
    expect((await ask(client, "SHOW SCHEMAS WHERE `Database` = 'main'")).rows).toEqual([['main']]);
    expect((await ask(client, "SHOW DATABASES LIKE 'nothing'")).rows).toEqual([]);
  });

  test('information_schema of a keyspace, and as database', async () => {
    await playSame(stage.baseline, router.endpoint, [
      [
        'a',
        "SELECT table_name, engine FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1",
      ],
      ['a', 'SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1'],
      ['a', 'SHOW CREATE TABLE things'],
      ['a', 'SHOW FULL COLUMNS FROM things'],
      ['a', 'SHOW INDEX FROM main.things'],
      ['a', 'DESCRIBE things v'],
      ['a', 'USE information_schema'],
      ['a', 'SELECT DATABASE()'],
      ['a', "SELECT COUNT(*) FROM tables WHERE table_schema = 'main'"],
      ['a', 'USE mysql'],
      ['a', "SELECT COUNT(*) FROM user WHERE user = 'root'"],
      ['a', "SHOW VARIABLES LIKE 'sql_mode'"],
      ['a', "SHOW SESSION VARIABLES LIKE 'time_zone'"],
    ]);
  });

  test('information_schema of another keyspace is asked there', async () => {
    await refusal(client, 'USE main');
    await refusal(client, 'USE `main@primary`');
    const sql = "SELECT table_schema FROM information_schema.tables WHERE table_schema = 'user'";
    expect(await value(client, sql)).toBe('user');
  });
});

describe('character sets whose second byte may be a backslash or a quote', () => {
  const open = Buffer.from("SELECT HEX('");
  const close = Buffer.from("'), 'end'");
  // A lead byte and 5C: in these sets one character; the quote behind it ends the literal.
  const tricky: readonly [string, Buffer][] = [
    ['gbk', Buffer.from([0xbf, 0x5c])],
    ['sjis', Buffer.from([0x83, 0x5c])],
    ['cp932', Buffer.from([0x83, 0x5c])],
    ['big5', Buffer.from([0xa5, 0x5c])],
    ['gb18030', Buffer.from([0xbf, 0x5c])],
  ];
  test.each(tricky)('%s', async (charset, character) => {
    const injected = Buffer.from("', @leak := 1, '");
    await playSame(
      stage.baseline,
      router.endpoint,
      [
        ['a', `SET NAMES ${charset}`],
        ['a', Buffer.concat([open, character, close])],
        ['a', Buffer.concat([open, Buffer.from('a'), character, character, close])],
        // The classic: an escaped quote behind a lead byte is no escape.
        ['a', Buffer.concat([open, character.subarray(0, 1), Buffer.from("\\'"), injected, close])],
        ['a', Buffer.concat([Buffer.from("SELECT '"), character, Buffer.from("'; SELECT 'second'")])],
        ['a', Buffer.concat([Buffer.from('SELECT 1 AS `'), character, Buffer.from('`')])],
        ['a', Buffer.concat([Buffer.from('SELECT "'), character, Buffer.from('", 2 -- '), character])],
        ['b', 'SELECT @leak'],
        ['a', 'SET character_set_client = latin1'],
        ['a', Buffer.concat([open, Buffer.from("x\\'y"), close])],
      ],
      { database: 'main' },
    );
  });

  test.each(['ucs2', 'utf16', 'utf16le', 'utf32', 'nothing'])(
    'SET NAMES %s is refused as mysqld refuses it',
    async (charset) => {
      await playSame(stage.baseline, router.endpoint, [
        ['a', `SET NAMES ${charset}`],
        ['a', 'SELECT @@character_set_client'],
      ]);
    },
  );

  test.each([1, 28, 13, 95, 87, 248])('a handshake with collation %i', async (collation) => {
    await playSame(
      stage.baseline,
      router.endpoint,
      [
        ['a', 'SELECT @@character_set_client, @@collation_connection, @@character_set_results'],
        ['a', Buffer.concat([open, Buffer.from([0xbf, 0x5c]), close])],
      ],
      { database: 'main', charset: collation },
    );
  });
});
