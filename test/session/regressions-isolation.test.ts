/**
 * Ways in which one session's state once reached another session, or another shard: each was seen to happen, and must not
 * again. Where mysqld can play the same, it says what is right.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { runStatements } from '../support/mysqld.ts';
import { type ConnectOptions, RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, playSame, refusal, type Turn, value } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';

let stage: RouterStage;
let single: RouterUnderTest;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await RouterStage.set([
    'CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, v INT UNIQUE)',
    'INSERT INTO items VALUES (1, 10), (2, 20)',
    'CREATE FUNCTION mark(n INT) RETURNS INT NO SQL BEGIN SET @from_function = n; RETURN n; END',
    'CREATE VIEW marked AS SELECT mark(id) AS id FROM items',
    `CREATE PROCEDURE garbled() BEGIN SET @from_call = 1; DO GET_LOCK('called', 1); PREPARE p FROM 'garbage'; END`,
  ]);
  // A keyspace whose database is on the first server only.
  await runStatements(stage.tablet, ['CREATE DATABASE lone', 'CREATE TABLE lone.items (id INT, v INT)']);
  await withStore(stage.etcdAddress, async (store) => {
    const place = { keyspace: 'lone', shard: '0' };
    const { host, port } = stage.first;
    await store.putKeyspace({ name: 'lone', sharded: false });
    await store.putShard(place);
    await store.putTablet({ ...place, alias: 'local-9', cell: 'local', type: 'replica', host, port });
    await store.setPrimary({ ...place, alias: 'local-9' });
  });
  [single, router] = await Promise.all([
    stage.startRouter(['--pool-connections-max=1', '--pool-wait-ms-max=20000']),
    stage.startRouter(['--pool-connections-max=3', '--pool-wait-ms-max=20000']),
  ]);
});
afterAll(() => stage?.stop());

/** Those of one test; whatever it comes to, they are gone after it. */
const clients: RawClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

async function connect(to = router, options: ConnectOptions = {}): Promise<RawClient> {
  const client = await RawClient.connect(to.endpoint, { database: 'main', ...options });
  clients.push(client);
  return client;
}

/** Both sides' own connections, past the router. */
async function direct(endpoint = stage.tablet): Promise<RawClient> {
  const client = await RawClient.connect(endpoint, { database: 'main' });
  clients.push(client);
  return client;
}

const same = (on: RouterUnderTest, ...turns: Turn[]) => playSame(stage.baseline, on.endpoint, turns);
const must = async (client: RawClient, ...statements: string[]) => {
  for (const sql of statements) expect([sql, await refusal(client, sql)]).toEqual([sql, undefined]);
};

const noTransactions = (tablet: RawClient) =>
  until('no transaction is open', async () => {
    // The table shows a copy that is only made anew when nobody has looked for 100 ms.
    await sleep(150);
    // Routers look at the definitions all the time, and reading those is a transaction too.
    const sql = `SELECT COUNT(*) FROM information_schema.innodb_trx
      WHERE trx_query IS NULL OR trx_query NOT LIKE '%information_schema%'`;
    return (await value(tablet, sql)) === '0';
  });

const HELD_ELSEWHERE = /^1235 \(42000\) .*holds state/;

describe('what is held on one shard and a statement for another', () => {
  test('user variables', async () => {
    const a = await connect();
    await must(a, 'SET @a = 1', 'USE `user:80-`');
    await must(a, "SET @secret = 'of a'");
    const b = await connect(router, { database: 'user:80-' });
    expect(await value(b, 'SELECT @secret')).toBeNull();
    expect(await value(a, 'SELECT CONCAT(@a, @secret)')).toBe('1of a');
    await must(a, 'INSERT INTO items (v) VALUES (@a + 700)');
    expect(await value(a, 'SELECT v FROM items WHERE v = @a + 700')).toBe('701');
    await must(a, 'DELETE FROM items WHERE v = @a + 700');
  });

  test('user variables are gone after COM_RESET_CONNECTION', async () => {
    const a = await connect(router, { database: 'user' });
    await must(a, 'SET @a = 1');
    await a.command(command.resetConnection);
    expect(await value(a, 'SELECT @a')).toBeNull();
  });

  test('a transaction: another shard joins it, and both end as the client says', async () => {
    const a = await connect();
    const { id } = await a.prepare('INSERT INTO items (v) VALUES (702)');
    for (const [end, left] of [
      ['ROLLBACK', 0],
      ['COMMIT', 1],
    ] as const) {
      await must(a, 'USE main', 'BEGIN', 'INSERT INTO items (v) VALUES (700)', 'USE `user:80-`');
      await must(a, 'INSERT INTO items (v) VALUES (701)', 'SAVEPOINT s');
      const inUser = await a.prepare('INSERT INTO items (v) VALUES (703)');
      expect((await a.execute(inUser.id)).packets[0]!.payload[0]).toBe(0);
      // Its tables were bound to main at PREPARE.
      expect((await a.execute(id)).packets[0]!.payload[0]).toBe(0);
      expect(await value(await connect(), 'SELECT COUNT(*) FROM items WHERE v >= 700')).toBe('0');
      await must(a, 'ROLLBACK TO s', 'INSERT INTO items (v) VALUES (704)', end);
      expect(await refusal(a, 'ROLLBACK TO s')).toMatch(/^1305 /);
      expect(await value(a, 'SELECT GROUP_CONCAT(v ORDER BY v) FROM items WHERE v >= 700')).toBe(
        left === 1 ? '701,704' : null,
      );
      expect(await value(await connect(), 'SELECT GROUP_CONCAT(v) FROM items WHERE v >= 700')).toBe(
        left === 1 ? '700' : null,
      );
    }
    await must(a, 'DELETE FROM items WHERE v >= 700', 'USE main', 'DELETE FROM items WHERE v >= 700');
  });

  test('autocommit = 0: a row is written by COMMIT, never lost', async () => {
    const a = await connect();
    await must(a, 'SET autocommit = 0', 'SET @a = 1', 'USE `user:80-`', 'INSERT INTO items (v) VALUES (710)');
    const b = await connect(router, { database: 'user:80-' });
    expect(await value(b, 'SELECT COUNT(*) FROM items WHERE v = 710')).toBe('0');
    await must(a, 'COMMIT');
    expect(await value(b, 'SELECT COUNT(*) FROM items WHERE v = 710')).toBe('1');
    expect(await value(a, 'SELECT @a')).toBe('1');
    await must(a, 'DELETE FROM items WHERE v = 710', 'COMMIT');
  });

  test('GET_LOCK and a variable in a prepared statement', async () => {
    const a = await connect();
    await must(a, 'SET @a = 1', 'USE `user:80-`');
    const { id } = await a.prepare("SELECT @prepared := 1, GET_LOCK('elsewhere', 0)");
    await a.execute(id);
    const b = await connect(router, { database: 'user:80-' });
    expect((await ask(b, "SELECT @prepared, IS_FREE_LOCK('elsewhere')")).rows).toEqual([[null, '0']]);
    a.destroy();
    await until('the lock is free', async () => (await value(b, "SELECT IS_FREE_LOCK('elsewhere')")) === '1');
  });

  test.each(['SET insert_id = 5', 'SET TRANSACTION READ ONLY'])(
    '%s: what cannot go along is not silently left out',
    async (sql) => {
      const a = await connect();
      await must(a, sql, 'USE `user:80-`');
      expect(await refusal(a, 'INSERT INTO items (v) VALUES (715)')).toMatch(HELD_ELSEWHERE);
      expect(await value(a, 'SELECT DATABASE()')).toBe('user');
    },
  );

  test('settings go to every connection', async () => {
    const a = await connect();
    await must(a, 'SET @a = 1', 'USE `user:80-`', "SET sql_mode = 'NO_BACKSLASH_ESCAPES'", 'USE main');
    expect(await value(a, 'SELECT @@sql_mode')).toBe('NO_BACKSLASH_ESCAPES');
    await must(a, 'USE `user:80-`');
    expect(await value(a, "SELECT '\\' FROM items LIMIT 1")).toBe('\\');
    expect(await value(a, 'SELECT @a')).toBe('1');
  });

  test('a question about the last statement takes no connection that it does not use', async () => {
    const b = await connect(single, { database: 'other' });
    const a = await connect(single);
    await must(b, 'SELECT 1');
    await must(a, 'SET @a = 1', 'SELECT @a');
    expect(await value(a, 'SELECT FOUND_ROWS() + COUNT(*) FROM other.items')).toBe('3');
    expect(await value(b, 'SELECT COUNT(*) FROM items')).toBe('2');
  });

  test('LAST_INSERT_ID() is the last id generated anywhere, whatever was given since', async () => {
    const a = await connect();
    await must(a, 'INSERT INTO items (v) VALUES (730)');
    const generated = await value(await connect(), 'SELECT id FROM items WHERE v = 730');
    await must(a, 'USE `user:80-`', 'INSERT INTO items (id, v) VALUES (500000, 730)');
    expect(await value(a, 'SELECT LAST_INSERT_ID() FROM items LIMIT 1')).toBe(generated);
    await must(
      a,
      'INSERT INTO items (v) VALUES (731)',
      'USE main',
      'INSERT INTO items (id, v) VALUES (500001, 732)',
    );
    expect(await value(a, 'SELECT LAST_INSERT_ID() FROM items LIMIT 1')).toBe('500001');
    await must(a, 'DELETE FROM items WHERE v >= 730', 'USE `user:80-`', 'DELETE FROM items WHERE v >= 730');
  });

  test('a database that the held tablet does not have', async () => {
    const a = await connect();
    await must(a, 'USE `user:80-`', 'BEGIN', 'INSERT INTO items (v) VALUES (720)', 'USE lone');
    expect(await value(a, 'SELECT DATABASE()')).toBe('lone');
    expect(await value(a, 'SELECT COUNT(*) FROM items')).toBe('0');
    await must(a, 'SAVEPOINT s', 'ROLLBACK TO s', "SET time_zone = '+01:00'", 'ROLLBACK');
    expect(await value(a, 'SELECT COUNT(*) FROM items')).toBe('0');
    await must(a, 'USE `user:80-`');
    expect(await value(a, 'SELECT COUNT(*) FROM items WHERE v = 720')).toBe('0');
  });
});

describe('USE within a transaction', () => {
  test('leaves no foreign default database behind', async () => {
    const a = await connect(single);
    // Without tables: after those the connection is reset anyway, for the stored code that they may have run.
    await must(a, 'BEGIN', 'SELECT 1', 'USE information_schema');
    expect(await value(a, 'SELECT DATABASE()')).toBe('information_schema');
    await must(a, 'COMMIT');
    const b = await connect(single);
    expect(await value(b, 'SELECT DATABASE()')).toBe('main');
    await must(b, 'SELECT COUNT(*) FROM items');
    expect(await value(a, 'SELECT DATABASE()')).toBe('information_schema');
  });

  test('nor does a connection that had none at first', async () => {
    const a = await connect(single, { database: undefined });
    await must(a, 'SET @a = 1', 'USE main');
    expect(await value(a, 'SELECT DATABASE()')).toBe('main');
    a.destroy();
    const c = await connect(single);
    await must(c, 'BEGIN', 'SELECT 1', 'USE information_schema', 'DO (SELECT DATABASE())', 'COMMIT');
    const b = await connect(single);
    expect(await value(b, 'SELECT DATABASE()')).toBe('main');
    await must(b, 'SELECT COUNT(*) FROM items');
  });
});

describe('a client that vanishes between two steps of the router', () => {
  test('BEGIN and its first write: the transaction does not stay', async () => {
    const tablet = await direct();
    for (let round = 0; round < 5; round++) {
      const client = await RawClient.connect(single.endpoint, { database: 'main' });
      await client.query('BEGIN');
      client.send(command.query, `INSERT INTO items (v) VALUES (${800 + round})`);
      client.destroy();
    }
    await noTransactions(tablet);
    const next = await connect(single);
    await must(next, 'INSERT INTO items (v) VALUES (800)', 'DELETE FROM items WHERE v = 800');
    expect(await value(next, 'SELECT COUNT(*) FROM items WHERE v >= 800')).toBe('0');
  });

  test.each([
    'SELECT CONNECTION_ID()',
    'SELECT LAST_INSERT_ID()',
    'SHOW WARNINGS',
    "SET sql_mode = (SELECT 'ANSI')",
    'SELECT DATABASE()',
  ])('a user variable, then %s', async (sql) => {
    for (let round = 0; round < 3; round++) {
      const client = await RawClient.connect(single.endpoint, { database: 'main' });
      await client.query("SET @sec = 'left'");
      client.send(command.query, sql);
      client.destroy();
      const next = await connect(single);
      expect(await value(next, 'SELECT @sec')).toBeNull();
      expect(await value(next, "SELECT @@sql_mode LIKE '%ANSI%'")).toBe('0');
      next.destroy();
    }
  });

  test('KILL of one that does not react frees its locks at once', async () => {
    const [deaf, killer] = [await connect(), await connect()];
    await must(deaf, 'BEGIN', 'INSERT INTO items (v) VALUES (810)', "DO GET_LOCK('deaf', 0)");
    const id = await value(deaf, 'SELECT CONNECTION_ID()');
    deaf.pause();
    await must(killer, `KILL ${id}`);
    expect(await value(killer, "SELECT GET_LOCK('deaf', 20)")).toBe('1');
    await must(killer, 'INSERT INTO items (v) VALUES (810)', 'DELETE FROM items WHERE v = 810');
    await noTransactions(await direct());
  });
});

describe('failures', () => {
  test('a statement that fails without autocommit leaves no transaction in the pool', async () => {
    await same(
      router,
      ['a', 'SET autocommit = 0'],
      ['a', 'INSERT INTO items (v) VALUES (10)'],
      ['b', 'SELECT v FROM items WHERE id = 1'],
      ['a', 'SELECT nowhere'],
      ['b', 'SELECT @@autocommit'],
      ['a', 'ROLLBACK'],
      ['b', 'SELECT v FROM items WHERE id = 1'],
    );
    const a = await connect();
    await must(a, 'SET autocommit = 0');
    expect(await refusal(a, 'INSERT INTO items (v) VALUES (10)')).toMatch(/^1062 /);
    a.destroy();
    await noTransactions(await direct());
  });

  test('CALL that ends with a syntax error within', async () => {
    await same(
      router,
      ['a', 'CALL garbled()'],
      ['b', "SELECT @from_call, IS_FREE_LOCK('called')"],
      ['a', 'SELECT @from_call'],
      ['a', 'DO RELEASE_ALL_LOCKS()'],
    );
    const a = await connect(single);
    expect(await refusal(a, 'CALL garbled()')).toMatch(/^1064 /);
    a.destroy();
    const b = await connect(single);
    expect((await ask(b, "SELECT @from_call, IS_USED_LOCK('called')")).rows).toEqual([[null, null]]);
  });

  test('table locks that were lost with their tablet thread are told of', async () => {
    const a = await connect(single);
    await must(a, 'LOCK TABLES items WRITE', "DO GET_LOCK('locker', 0)");
    const tablet = await direct();
    await must(tablet, `KILL ${await value(tablet, "SELECT IS_USED_LOCK('locker')")}`);
    await until('the router has seen it', async () => {
      const { body } = await single.admin('/status.json');
      return (JSON.parse(body) as { sessions: { pinned: number } }).sessions.pinned === 0;
    });
    expect(await refusal(a, 'INSERT INTO items (v) VALUES (820)')).toMatch(/^9205 .*tableLocks/);
    expect(await value(a, 'SELECT COUNT(*) FROM items WHERE v = 820')).toBe('0');
  });
});

describe('code of the schema, of which the statement says nothing', () => {
  test('a view over a function that sets a variable', async () => {
    const see = 'SELECT @from_function';
    await same(single, ['a', 'SELECT * FROM marked'], ['a', see]);
    await (await connect(single)).query('SELECT * FROM marked');
    expect(await value(await connect(single), see)).toBeNull();
  });
});

describe('settings', () => {
  test.each(['00', '-0', "'off'", '(0)', '0x00', "b'0'", 'FALSE', "N'OFF'", '`OFF`'])(
    'autocommit = %s',
    async (off) => {
      await same(
        single,
        ['a', `SET autocommit = ${off}`],
        ['b', 'SELECT @@autocommit'],
        ['a', 'SELECT @@autocommit'],
      );
    },
  );

  test.each([
    'SET TRANSACTION READ ONLY',
    'SET @@transaction_read_only = 1',
    'SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED, READ ONLY',
  ])('%s: its session, its next transaction, nobody else', async (sql) => {
    await same(
      router,
      ['a', sql],
      ['b', 'INSERT INTO items (id, v) VALUES (830, 830)'],
      ['b', 'DELETE FROM items WHERE v = 830'],
      ['a', 'BEGIN'],
      ['a', 'INSERT INTO items (id, v) VALUES (831, 831)'],
      ['b', 'SELECT @@transaction_read_only, @@transaction_isolation'],
      ['a', 'COMMIT'],
      ['a', 'UPDATE items SET v = 10 WHERE id = 1'],
      ['b', 'UPDATE items SET v = 10 WHERE id = 1'],
    );
  });

  test('SET SESSION TRANSACTION READ ONLY and back, over another connection each time', async () => {
    await same(
      single,
      ['a', 'SET SESSION TRANSACTION READ ONLY'],
      ['b', 'SELECT 1'],
      ['a', 'SELECT COUNT(*) FROM items'],
      ['b', 'UPDATE items SET v = 10 WHERE id = 1'],
      ['a', 'UPDATE items SET v = 10 WHERE id = 1'],
      ['a', 'SET SESSION TRANSACTION READ WRITE'],
      ['b', 'SELECT 1'],
      ['a', 'UPDATE items SET v = 10 WHERE id = 1'],
    );
  });

  test('a collation whose number does not fit the login', async () => {
    const asked = "SELECT @@character_set_client, @@collation_connection, COLLATION('x')";
    const each = ['a', 'b', 'c'].flatMap((who): Turn[] => [
      [who, 'SET NAMES utf8mb4 COLLATE utf8mb4_is_0900_ai_ci'],
      [who, 'BEGIN'],
      [who, 'SELECT v FROM items WHERE id = 1'],
      [who, asked],
    ]);
    await same(router, ...each, ['a', 'COMMIT'], ['a', asked]);
  });

  test('default_collation_for_utf8mb4, then SET NAMES', async () => {
    const asked = "SELECT @@collation_connection, COLLATION('x'), @@default_collation_for_utf8mb4";
    await same(
      single,
      ['a', 'SET default_collation_for_utf8mb4 = utf8mb4_general_ci'],
      ['b', asked],
      ['a', 'SET NAMES utf8mb4'],
      ['b', asked],
      ['a', asked],
      ['b', 'SET NAMES utf8mb4'],
      ['a', 'SET CHARACTER SET utf8mb4'],
      ['b', asked],
      ['a', asked],
    );
  });
});
