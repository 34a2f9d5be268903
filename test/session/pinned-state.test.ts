/**
 * What one session leaves on a connection is seen by no other, over pools smaller than the number of sessions; and what is
 * its own follows it: user variables, temporary tables, locks, prepared statements, transactions, savepoints.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, playSame, refusal, type Turn, value } from '../support/session-play.ts';

let stage: RouterStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await RouterStage.set([
    'CREATE TABLE items (id INT PRIMARY KEY, v INT)',
    'INSERT INTO items VALUES (1, 10), (2, 20), (3, 30)',
    'CREATE FUNCTION mark(n INT) RETURNS INT NO SQL BEGIN SET @from_function = n; RETURN n; END',
    'CREATE PROCEDURE mark_all() BEGIN SET @from_procedure = 1; CREATE TEMPORARY TABLE from_procedure (n INT); SELECT 7; END',
    'CREATE TRIGGER items_mark BEFORE UPDATE ON items FOR EACH ROW SET @from_trigger = NEW.v',
  ]);
  router = await stage.startRouter(['--pool-connections-max=2', '--pool-wait-ms-max=1500']);
});
afterAll(() => stage?.stop());

const same = (...turns: Turn[]) => playSame(stage.baseline, router.endpoint, turns);

/** What another session could see of the first one's state, asked without holding anything itself. */
const glances = [
  'SELECT @x, @y, @from_function, @from_procedure, @from_trigger',
  'SELECT COUNT(*) FROM temporary_items',
  'SELECT COUNT(*), SUM(v) FROM items',
  'SELECT @@session.insert_id, @@session.timestamp > 2e9, @@sql_notes, @@autocommit',
];
/** The same with statements that hold a connection themselves. */
const probes = [
  ...glances,
  'EXECUTE kept',
  'HANDLER items_handler READ FIRST',
  "SELECT RELEASE_LOCK('named')",
  'SELECT COUNT(*) FROM from_procedure',
];

const pinning: readonly [string, readonly string[]][] = [
  ['SET @x', ['SET @x = 1', 'SELECT @x']],
  ['SELECT @x :=', ['SELECT @x := 2', 'SELECT @x']],
  ['SELECT … INTO @x', ['SELECT v INTO @x FROM items WHERE id = 1', 'SELECT @x']],
  [
    'SET several, one of them a user variable',
    ["SET @x = 'a', sql_notes = 0, @y = 'b'", 'SELECT @x, @y, @@sql_notes'],
  ],
  [
    'a temporary table',
    [
      'CREATE TEMPORARY TABLE temporary_items (n INT)',
      'INSERT INTO temporary_items VALUES (1), (2)',
      'SELECT * FROM temporary_items',
    ],
  ],
  [
    'a temporary table that hides a table',
    [
      'CREATE TEMPORARY TABLE items (n INT)',
      'SELECT COUNT(*) FROM items',
      'DROP TEMPORARY TABLE items',
      'SELECT COUNT(*) FROM items',
    ],
  ],
  ['GET_LOCK', ["SELECT GET_LOCK('named', 1)", "SELECT IS_USED_LOCK('named') IS NOT NULL"]],
  [
    'PREPARE in SQL',
    [
      "PREPARE kept FROM 'SELECT v FROM items WHERE id = 2'",
      'EXECUTE kept',
      'DEALLOCATE PREPARE kept',
      "PREPARE kept FROM 'SELECT 8'",
      'EXECUTE kept',
    ],
  ],
  [
    'PREPARE in SQL with a variable',
    ['SET @x = 2', "PREPARE kept FROM 'SELECT v FROM items WHERE id = ?'", 'EXECUTE kept USING @x'],
  ],
  [
    'HANDLER',
    [
      'HANDLER items OPEN AS items_handler',
      'HANDLER items_handler READ FIRST',
      'HANDLER items_handler READ `PRIMARY` NEXT',
    ],
  ],
  ['CALL', ['CALL mark_all()', 'SELECT @from_procedure', 'SELECT COUNT(*) FROM from_procedure']],
  ['a stored function', ['SELECT mark(5)', 'SELECT @from_function']],
  ['a stored function in a WHERE', ['SELECT id FROM items WHERE id = mark(1)', 'SELECT @from_function']],
  ['a stored function, qualified', ['SELECT main.mark(6)', 'SELECT @from_function']],
  ['a trigger', ['UPDATE items SET v = v + 0 WHERE id = 1', 'SELECT @from_trigger']],
  ['SET timestamp', ['SET timestamp = 2100000000', 'SELECT NOW() > 2030']],
  ['SET insert_id', ['SET insert_id = 5', 'SELECT @@insert_id']],
  [
    'autocommit = 0',
    ['SET autocommit = 0', 'UPDATE items SET v = 99 WHERE id = 3', 'SELECT v FROM items WHERE id = 3'],
  ],
  [
    'XA',
    ["XA START 'branch'", 'UPDATE items SET v = 99 WHERE id = 3', "XA END 'branch'", "XA ROLLBACK 'branch'"],
  ],
  [
    'savepoints',
    [
      'START TRANSACTION',
      'UPDATE items SET v = 1 WHERE id = 1',
      'SAVEPOINT one',
      'UPDATE items SET v = 2 WHERE id = 1',
      'ROLLBACK TO one',
      'SELECT v FROM items WHERE id = 1',
      'RELEASE SAVEPOINT one',
      'ROLLBACK TO SAVEPOINT one',
      'ROLLBACK',
    ],
  ],
];

describe('no other session sees it', () => {
  test.each(pinning)('%s', async (_name, statements) => {
    const turns: Turn[] = statements.flatMap((sql): Turn[] => [
      ['owner', sql],
      ...glances.map((glance): Turn => ['other', glance]),
      ['third', 'SELECT @x'],
    ]);
    await same(...turns, ...probes.map((probe): Turn => ['third', probe]));
    expect(await held()).toBe(0);
  });
});

/** Sessions that hold a connection, once the closed ones are gone. */
async function held(): Promise<number> {
  let pinned = -1;
  await until('no session holds anything', async () => {
    const status = JSON.parse((await router.admin('/status.json')).body) as { sessions: { pinned: number } };
    pinned = status.sessions.pinned;
    return pinned === 0;
  });
  return pinned;
}

describe('given back', () => {
  const leave: readonly [string, (client: RawClient) => Promise<unknown>][] = [
    ['COM_QUIT', (client) => client.quit()],
    ['a TCP reset', async (client) => client.reset()],
    ['COM_RESET_CONNECTION', (client) => client.command(command.resetConnection)],
    ['COM_CHANGE_USER', (client) => client.changeUser()],
  ];
  test.each(leave)('%s: locks, tables, variables and the transaction are gone', async (_name, end) => {
    const clients: RawClient[] = [];
    const connect = async () => {
      const client = await RawClient.connect(router.endpoint, { database: 'main' });
      clients.push(client);
      return client;
    };
    try {
      // More often than the pool has connections: what is not given back would be missed.
      for (let round = 0; round < 3; round++) {
        const client = await connect();
        for (const sql of [
          'SET @x = 1',
          'CREATE TEMPORARY TABLE temporary_items (n INT)',
          "SELECT GET_LOCK('named', 1)",
          "SET sql_mode = 'ANSI_QUOTES'",
          'BEGIN',
          'UPDATE items SET v = 1000 WHERE id = 2',
        ])
          expect(await refusal(client, sql)).toBeUndefined();
        await end(client);
        for (const seer of [await connect(), ...(client.closed ? [] : [client])]) {
          expect(await value(seer, 'SELECT @x')).toBeNull();
          expect(await value(seer, "SELECT GET_LOCK('named', 5)")).toBe('1');
          expect(await value(seer, "SELECT RELEASE_LOCK('named')")).toBe('1');
          expect(await value(seer, 'SELECT v FROM main.items WHERE id = 2 FOR SHARE')).toBe('20');
          expect(await refusal(seer, 'SELECT * FROM main.temporary_items')).toMatch(/^1146 /);
          expect(await value(seer, "SELECT @@sql_mode LIKE '%ANSI_QUOTES%'")).toBe('0');
          await seer.command(command.resetConnection);
        }
      }
    } finally {
      for (const client of clients) client.destroy();
    }
    expect(await held()).toBe(0);
  });

  test('LOCK TABLES: others wait, UNLOCK TABLES frees the connection', async () => {
    await same(
      ['owner', 'LOCK TABLES items WRITE'],
      ['owner', 'UPDATE items SET v = 21 WHERE id = 2'],
      ['other', 'SELECT 1'],
      ['owner', 'SELECT * FROM nowhere'],
      ['owner', 'UPDATE items SET v = 20 WHERE id = 2'],
      ['owner', 'UNLOCK TABLES'],
      ['other', 'SELECT v FROM items WHERE id = 2'],
      ['third', 'SELECT v FROM items WHERE id = 3'],
      ['owner', 'LOCK TABLES items READ'],
      ['owner', 'UPDATE items SET v = 20 WHERE id = 2'],
      ['owner', 'UNLOCK TABLES'],
    );
    expect(await held()).toBe(0);
  });

  test('a transaction frees its connection at its end', async () => {
    const owner = await RawClient.connect(router.endpoint, { database: 'main' });
    for (const end of ['COMMIT', 'ROLLBACK', 'CREATE TABLE made (n INT)', 'DROP TABLE made']) {
      await value(owner, 'BEGIN');
      await value(owner, 'SELECT v FROM items WHERE id = 1 FOR UPDATE');
      await value(owner, end);
      expect(await held()).toBe(0);
    }
    owner.destroy();
  });

  test('more sessions that hold than the pool has: a clear error, and all is well when one leaves', async () => {
    const clients = await Promise.all(
      Array.from({ length: 3 }, () => RawClient.connect(router.endpoint, { database: 'main' })),
    );
    await value(clients[0]!, "SELECT GET_LOCK('one', 1)");
    await value(clients[1]!, "SELECT GET_LOCK('two', 1)");
    const third = refusal(clients[2]!, 'SELECT 1');
    expect(await third).toMatch(/^9206 \(08004\) .*pool\.connectionsMax 2/);
    const waiting = value(clients[2]!, 'SELECT COUNT(*) FROM items');
    clients[0]!.destroy();
    expect(await waiting).toBe('3');
    expect(await value(clients[1]!, "SELECT IS_FREE_LOCK('two')")).toBe('0');
    for (const client of clients) client.destroy();
  });
});

describe('transactions', () => {
  test('SET TRANSACTION is for the next one only', async () => {
    await same(
      ['a', 'SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED'],
      ['b', 'SELECT @@transaction_isolation'],
      ['b', 'BEGIN'],
      ['b', 'UPDATE items SET v = 77 WHERE id = 1'],
      ['a', 'BEGIN'],
      ['a', 'SELECT v FROM items WHERE id = 1'],
      ['a', 'COMMIT'],
      ['a', 'SELECT v FROM items WHERE id = 1'],
      ['b', 'ROLLBACK'],
      ['a', 'SET TRANSACTION READ ONLY'],
      ['a', 'BEGIN'],
      ['a', 'UPDATE items SET v = 77 WHERE id = 1'],
      ['a', 'SET TRANSACTION READ WRITE'],
      ['a', 'ROLLBACK'],
      ['a', 'UPDATE items SET v = 10 WHERE id = 1'],
    );
  });

  test('chains, read only, consistent snapshots, release', async () => {
    await same(
      ['a', 'START TRANSACTION READ ONLY'],
      ['a', 'UPDATE items SET v = 1 WHERE id = 1'],
      ['a', 'COMMIT AND CHAIN'],
      ['a', 'UPDATE items SET v = 1 WHERE id = 1'],
      ['a', 'ROLLBACK AND NO CHAIN'],
      ['a', 'START TRANSACTION WITH CONSISTENT SNAPSHOT'],
      ['b', 'UPDATE items SET v = 11 WHERE id = 1'],
      ['a', 'SELECT v FROM items WHERE id = 1'],
      ['a', 'COMMIT'],
      ['a', 'SELECT v FROM items WHERE id = 1'],
      ['b', 'UPDATE items SET v = 10 WHERE id = 1'],
      ['a', 'BEGIN'],
      ['a', 'SELECT 1'],
      ['a', 'COMMIT RELEASE'],
    );
  });

  test('BEGIN in a transaction commits it; DDL does; a savepoint outside of one', async () => {
    await same(
      ['a', 'BEGIN'],
      ['a', 'UPDATE items SET v = 12 WHERE id = 1'],
      ['a', 'BEGIN'],
      ['b', 'SELECT v FROM items WHERE id = 1'],
      ['a', 'UPDATE items SET v = 10 WHERE id = 1'],
      ['a', 'CREATE TABLE ended (n INT)'],
      ['b', 'SELECT v FROM items WHERE id = 1'],
      ['a', 'DROP TABLE ended'],
      ['a', 'SAVEPOINT nothing'],
      ['a', 'ROLLBACK TO nothing'],
      ['b', 'SELECT 1'],
    );
  });

  test('a deadlock rolls back and the session goes on', async () => {
    for (const server of [stage.baseline, router.endpoint]) {
      const [a, b] = await Promise.all([1, 2].map(() => RawClient.connect(server, { database: 'main' })));
      await value(a!, 'BEGIN');
      await value(b!, 'BEGIN');
      await value(a!, 'UPDATE items SET v = v WHERE id = 1');
      await value(b!, 'UPDATE items SET v = v WHERE id = 2');
      const outcomes = await Promise.all([
        refusal(a!, 'UPDATE items SET v = v WHERE id = 2'),
        refusal(b!, 'UPDATE items SET v = v WHERE id = 1'),
      ]);
      expect(outcomes.filter((outcome) => outcome?.startsWith('1213 (40001)'))).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1);
      for (const client of [a!, b!]) {
        await value(client, 'ROLLBACK');
      }
      for (const client of [a!, b!]) {
        expect(await value(client, 'SELECT v FROM items WHERE id = 1 FOR UPDATE')).toBe('10');
        client.destroy();
      }
    }
    expect(await held()).toBe(0);
  });
});

describe('several statements in one packet', () => {
  test.each([
    ['USE', ['USE other; SELECT DATABASE(); USE main; SELECT DATABASE()', 'SELECT DATABASE()']],
    [
      'SET',
      [
        "SET sql_mode = 'ANSI_QUOTES'; SELECT \"v\" FROM items WHERE id = 1; SET time_zone = '+03:00'",
        'SELECT @@sql_mode, @@time_zone',
      ],
    ],
    [
      'BEGIN',
      [
        'BEGIN; UPDATE items SET v = 13 WHERE id = 1',
        'SELECT v FROM items WHERE id = 1; ROLLBACK; SELECT v FROM items WHERE id = 1',
      ],
    ],
    ['an error in the middle', ['SELECT 1; SELECT nowhere; SELECT 2', 'SELECT 3']],
    ['a syntax error at the end', ['SELECT 1; SELEC 2', 'SELECT 4']],
    ['an error after a SET', ['SET sql_notes = 0; SELECT nowhere; SET sql_notes = 1', 'SELECT @@sql_notes']],
    ['a user variable', ['SET @x = 1; SELECT @x; SELECT @x + 1', 'SELECT @x']],
    [
      'facts of the one before',
      [
        'DELETE FROM items WHERE id = 9; SELECT ROW_COUNT(); SELECT id FROM items; SELECT FOUND_ROWS() AS n',
        'SELECT 1',
      ],
    ],
    [
      'empty ones',
      [
        'SELECT 1;',
        ';',
        '',
        ' ',
        'SELECT 1;;SELECT 2',
        '-- comment',
        'SELECT 1; -- comment',
        '/* a */;/* b */ SELECT 5',
      ],
    ],
    [
      'a routine with semicolons',
      [
        'CREATE PROCEDURE twice() BEGIN SELECT 1; SELECT 2; END; CALL twice(); DROP PROCEDURE twice',
        'SELECT 1',
      ],
    ],
    [
      'semicolons in literals',
      [
        "SELECT ';', \";\", `;`.a FROM (SELECT 1 a) `;`; SELECT '''; SELECT' -- ;\n; SELECT /* ; */ 2",
        'SELECT 1',
      ],
    ],
    ['KILL nobody', ['SELECT 1; KILL 4294967295; SELECT 2', 'SELECT 3']],
  ])('%s', async (_name, packets) => {
    await same(
      ...packets.flatMap((sql): Turn[] => [
        ['a', sql],
        ['b', 'SELECT DATABASE(), @@sql_mode, @@time_zone, @@sql_notes, @x'],
      ]),
    );
  });
});

describe('COM_CHANGE_USER', () => {
  test('the state is gone, the database is the new one', async () => {
    const answers = [];
    for (const server of [stage.baseline, router.endpoint]) {
      const client = await RawClient.connect(server, { database: 'main' });
      await ask(client, "SET @x = 1, sql_mode = '', time_zone = '+04:00'");
      await ask(client, 'CREATE TEMPORARY TABLE temporary_items (n INT)');
      await ask(client, 'BEGIN');
      await ask(client, 'UPDATE items SET v = 1 WHERE id = 1');
      const { id } = await client.prepare('SELECT 1');
      await client.changeUser({ database: 'other' });
      const after = [];
      for (const sql of [
        'SELECT @x, @@sql_mode, @@time_zone, DATABASE(), @@autocommit',
        'SELECT v FROM main.items WHERE id = 1',
        'SELECT COUNT(*) FROM items',
        'SELECT 1 FROM temporary_items',
        'SELECT LAST_INSERT_ID()',
        'SELECT ROW_COUNT()',
      ])
        after.push(await ask(client, sql));
      after.push((await client.execute(id)).packets.at(-1)!.payload.toString('latin1'));
      await client.changeUser({ database: 'nowhere' });
      after.push(client.closed || (await client.receive()) === undefined);
      answers.push(after);
      client.destroy();
    }
    expect(answers[1]).toEqual(answers[0]);
  });

  test('a wrong password is refused as mysqld refuses it, and the connection closed', async () => {
    const answers = [];
    for (const server of [stage.baseline, router.endpoint]) {
      const client = await RawClient.connect(server, { database: 'main' });
      const answer = await client.changeUser({ user: 'root', password: 'wrong' });
      const payload = answer.packets.at(-1)!.payload;
      answers.push([payload.toString('latin1'), await client.receive()]);
    }
    expect(answers[1]).toEqual(answers[0]);
  });
});

test('temporary tables keep their connection until the last of them is dropped', async () => {
  const client = await RawClient.connect(router.endpoint, { database: 'main' });
  const pinned = async (sql: string) => {
    await refusal(client, sql);
    await value(client, 'SELECT 1');
    return JSON.parse((await router.admin('/status.json')).body).sessions.pinned;
  };
  expect(await pinned('CREATE TEMPORARY TABLE one (n INT)')).toBe(1);
  expect(await pinned('CREATE TEMPORARY TABLE IF NOT EXISTS main.two (n INT)')).toBe(1);
  expect(await pinned('DROP TEMPORARY TABLE one')).toBe(1);
  expect(await pinned('DROP TABLE IF EXISTS two')).toBe(0);
  expect(await refusal(client, 'SELECT * FROM one')).toMatch(/^1146 /);
  // Renamed: its name is not known any more.
  expect(await pinned('CREATE TEMPORARY TABLE one (n INT)')).toBe(1);
  expect(await pinned('ALTER TABLE one RENAME TO renamed')).toBe(1);
  expect(await pinned('DROP TABLE IF EXISTS one')).toBe(1);
  expect(await refusal(client, 'SELECT * FROM renamed')).toBeUndefined();
  expect(await pinned('DROP TABLE renamed')).toBe(1);
  client.destroy();
  expect(await held()).toBe(0);
});
