// The checks of the clients for Node. A client's program gives an adapter:
//   connect({user, password, database, tls, ...client's own}) → connection     tls: 'ca' verifies, 'off' is plain text
//   close(connection)
//   query(connection, sql, parameters) → {rows, fields}       rows: an array, or what the client gives for a write
//   execute: the same by a prepared statement, where the client has them
// and what else it has: ping, reset, changeUser, begin, commit, rollback, stream, batch, multiple, compression, infile …
// A check whose part the adapter lacks is left out.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { account, check, errorFacts, folder, long, refused, setup, sleep, statements } from './checks.mjs';

const ITEM = 'INSERT INTO check_item (name, price) VALUES (?, ?)';

export async function runSuite(adapter) {
  const me = { ...account, ...adapter.account };
  const connection = await prepare(adapter, me);
  const with_ = async (options, work) => {
    const other = await adapter.connect({ ...me, ...options });
    try {
      return await work(other);
    } finally {
      await adapter.close(other);
    }
  };
  const tools = { adapter, me, connection, with_ };
  await logins(tools);
  await statementChecks(tools);
  await writes(tools);
  await transactions(tools);
  await largeThings(tools);
  await sessions(tools);
  await adapter.more?.(tools);
  await adapter.close(connection);
}

async function prepare(adapter, me) {
  const connection = await adapter.connect(me);
  await check('tables are made and filled', async () => {
    for (const sql of setup) await adapter.query(connection, sql);
  });
  return connection;
}

async function logins({ adapter, me, connection, with_ }) {
  const one = async (other) => (await adapter.query(other, 'SELECT DATABASE(), USER()')).rows;
  const fresh = (user) => ({ user, ...adapter.freshAccount });
  if (!adapter.withoutPasswords) {
    await check('login: password, plain text', () => with_({ ...fresh('freshrsa'), tls: 'off' }, one));
    await check('login: password, TLS', () => with_({ ...fresh('freshtls'), tls: 'ca' }, one));
    await check('login: password again, plain text', () => with_({ user: 'freshrsa', tls: 'off' }, one));
  }
  await check('login: without a password', () => with_({ user: 'root', password: '' }, one));
  await check('login: wrong password', () => refused(() => with_({ password: 'wrong' }, one)));
  await check('login: unknown user', () => refused(() => with_({ user: 'nobody_here' }, one)));
  await check('login: unknown database', () => refused(() => with_({ database: 'nowhere_at_all' }, one)));
  await check('login: no database', () => with_({ database: undefined }, one));
  await check('TLS with a verified certificate', () =>
    with_({ tls: 'ca' }, async (other) => {
      const { rows } = await adapter.query(other, "SHOW STATUS LIKE 'Ssl_cipher'");
      return JSON.stringify(rows).length > 35;
    }),
  );
  if (adapter.ping) await check('ping', () => adapter.ping(connection));
  if (adapter.reset) {
    await check('reset of a connection', () =>
      with_({}, async (other) => {
        await adapter.query(other, "SET @a = 1, time_zone = '+05:00'");
        await adapter.reset(other);
        return (await adapter.query(other, 'SELECT @a, @@time_zone = @@global.time_zone, DATABASE()')).rows;
      }),
    );
  }
  if (adapter.changeUser) {
    await check('change of the user', () =>
      with_({}, async (other) => {
        await adapter.query(other, 'SET @a = 1');
        await adapter.changeUser(other, { ...me, user: adapter.withoutPasswords ? 'root' : 'other' });
        return (await adapter.query(other, 'SELECT @a, USER(), DATABASE()')).rows;
      }),
    );
  }
}

async function statementChecks({ adapter, connection }) {
  for (const [name, sql] of statements('queries.txt')) {
    await check(`text: ${name}`, () => adapter.query(connection, sql));
    if (adapter.execute) await check(`prepared: ${name}`, () => adapter.execute(connection, sql, []));
  }
  for (const [name, sql] of statements('errors.txt')) {
    await check(`error: ${name}`, () => refused(() => adapter.query(connection, sql)));
    if (adapter.execute)
      await check(`prepared error: ${name}`, () => refused(() => adapter.execute(connection, sql, [])));
  }
  const parameters = [
    1,
    -1,
    1.5,
    '9007199254740993',
    18446744073709551615n,
    'zażółć 🦊',
    '',
    null,
    true,
    Buffer.from([0, 255, 39, 92]),
    new Date(Date.UTC(2024, 1, 29, 10, 11, 12, 345)),
    'it\'s \\ " \n',
  ];
  const sql = `SELECT ${parameters.map((_, at) => `? AS p${at}`).join(', ')}`;
  await check('parameters in text', () => adapter.query(connection, sql, parameters));
  if (adapter.execute) {
    await check('parameters, prepared', () => adapter.execute(connection, sql, parameters));
    await check('a prepared statement again with other types', async () => {
      const found = [];
      for (const value of [1, 'two', null, 3.5, 4])
        found.push(
          (await adapter.execute(connection, 'SELECT ? AS v, id FROM check_types WHERE id = 2', [value]))
            .rows,
        );
      return found;
    });
  }
}

async function writes({ adapter, connection, with_ }) {
  for (const way of ['query', 'execute'].filter((each) => adapter[each])) {
    const run = (sql, parameters) => adapter[way](connection, sql, parameters);
    const name = (text) => (way === 'query' ? text : `${text}, prepared`);
    await check(name('insert id'), async () => {
      const first = adapter.insertId((await run(ITEM, ['one', '1.10'])).rows);
      const second = adapter.insertId((await run(ITEM, ['two', '2.20'])).rows);
      const { rows } = await run('SELECT name, price FROM check_item WHERE id = ?', [second]);
      return { step: Number(second) - Number(first), rows };
    });
    await check(name('LAST_INSERT_ID()'), async () => {
      const id = adapter.insertId((await run(ITEM, ['three', 3])).rows);
      const { rows } = await run('SELECT LAST_INSERT_ID() = ? AS same', [id]);
      return rows;
    });
    await check(name('rows affected and found'), async () => [
      adapter.counts((await run("UPDATE check_item SET stock = 8 WHERE name = 'one'", [])).rows),
      adapter.counts((await run("UPDATE check_item SET stock = 8 WHERE name = 'one'", [])).rows),
      adapter.counts((await run("DELETE FROM check_item WHERE name IN ('one', 'two')", [])).rows),
    ]);
    await check(name('many rows at once'), async () => {
      const values = Array.from({ length: 50 }, (_, at) => `('many', ${at})`).join(', ');
      return adapter.counts((await run(`INSERT INTO check_item (name, price) VALUES ${values}`, [])).rows);
    });
    await check(name('a row written and read'), async () => {
      await run('DELETE FROM check_item WHERE name = ?', ['full']);
      const made = '2024-02-29 10:11:12.123456';
      await run('INSERT INTO check_item (name, price, made, note) VALUES (?, ?, ?, ?)', [
        'full',
        '9.99',
        made,
        'zażółć 🦊',
      ]);
      return (await run('SELECT name, price, made, stock, note FROM check_item WHERE name = ?', ['full']))
        .rows;
    });
  }
  await check('warnings', async () => {
    await adapter.query(connection, "SET SESSION sql_mode = ''");
    const written = (
      await adapter.query(
        connection,
        "INSERT INTO check_types (id, ti, ch) VALUES (60, 999, 'much longer than ten')",
      )
    ).rows;
    const { rows } = await adapter.query(connection, 'SHOW WARNINGS');
    await adapter.query(connection, 'DELETE FROM check_types WHERE id = 60');
    await adapter.query(connection, 'SET SESSION sql_mode = DEFAULT');
    return [adapter.warnings?.(written), rows];
  });
  if (adapter.batch) {
    await check('batch', async () => {
      await adapter.query(connection, 'DELETE FROM check_load');
      const written = await adapter.batch(connection, [
        [1, 'a', 1],
        [2, 'b', null],
        [3, 'zażółć 🦊', 3],
      ]);
      return [written, (await adapter.query(connection, 'SELECT * FROM check_load ORDER BY id')).rows];
    });
  }
  if (adapter.multiple) {
    await check('several statements at once', () =>
      with_(adapter.multiple, async (other) => [
        (
          await adapter.query(
            other,
            "SELECT 1 AS a; SELECT id, ti FROM check_types WHERE id = 1; SELECT 'x' AS b",
          )
        ).rows,
        await refused(() => adapter.query(other, 'SELECT 1; SELEC 2; SELECT 3')),
      ]),
    );
    await check('procedure with results and OUT', () =>
      with_(adapter.multiple, async (other) => {
        await adapter.query(other, 'DROP PROCEDURE IF EXISTS check_two');
        await adapter.query(
          other,
          'CREATE PROCEDURE check_two(IN n INT, OUT doubled INT) BEGIN SELECT n AS first; SELECT n + 1 AS second; SET doubled = n * 2; END',
        );
        const called = (await adapter.query(other, 'CALL check_two(20, @doubled)')).rows;
        return [called, (await adapter.query(other, 'SELECT @doubled')).rows];
      }),
    );
  }
}

async function transactions({ adapter, connection, with_ }) {
  const count = async (name) =>
    (await adapter.query(connection, 'SELECT COUNT(*) AS n FROM check_item WHERE name = ?', [name])).rows;
  const insert = (name) => adapter.query(connection, ITEM, [name, 1]);
  if (adapter.begin) {
    await check('commit', async () => {
      await adapter.begin(connection);
      await insert('kept');
      await insert('kept');
      await adapter.commit(connection);
      return count('kept');
    });
    await check('rollback', async () => {
      await adapter.begin(connection);
      await insert('undone');
      await insert('undone');
      const inside = await count('undone');
      await adapter.rollback(connection);
      return [inside, await count('undone')];
    });
  }
  await check('savepoints', async () => {
    for (const sql of ['START TRANSACTION', 'SAVEPOINT a']) await adapter.query(connection, sql);
    await insert('saved');
    await adapter.query(connection, 'SAVEPOINT b');
    await insert('saved');
    await adapter.query(connection, 'ROLLBACK TO SAVEPOINT b');
    const inside = await count('saved');
    for (const sql of ['RELEASE SAVEPOINT a', 'COMMIT']) await adapter.query(connection, sql);
    return [inside, await count('saved')];
  });
  await check('autocommit off', async () => {
    await adapter.query(connection, 'SET autocommit = 0');
    await insert('held');
    const elsewhere = await with_(
      {},
      async (other) =>
        (await adapter.query(other, "SELECT COUNT(*) AS n FROM check_item WHERE name = 'held'")).rows,
    );
    await adapter.query(connection, 'ROLLBACK');
    await adapter.query(connection, 'SET autocommit = 1');
    return [elsewhere, await count('held')];
  });
  await check('isolation level', async () => {
    await adapter.query(connection, 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    const { rows } = await adapter.query(connection, 'SELECT @@transaction_isolation AS level');
    await adapter.query(connection, 'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    return rows;
  });
  await check('lock wait timeout', () =>
    with_({}, async (other) => {
      await adapter.query(connection, 'START TRANSACTION');
      await adapter.query(connection, 'UPDATE check_types SET i = i WHERE id = 1');
      await adapter.query(other, 'SET SESSION innodb_lock_wait_timeout = 1');
      const error = await refused(() => adapter.query(other, 'UPDATE check_types SET i = i WHERE id = 1'));
      await adapter.query(connection, 'ROLLBACK');
      return error;
    }),
  );
  // Rows 1 and 2 are on the same shard, row 4 is on another.
  for (const [name, first, second] of [
    ['deadlock', 1, 2],
    ['deadlock of two shards', 1, 4],
  ])
    await check(name, () =>
      with_({}, (one) => with_({}, (two) => deadlock(adapter, one, two, first, second))),
    );
}

async function deadlock(adapter, one, two, first, second) {
  for (const each of [one, two]) {
    await adapter.query(each, 'SET SESSION innodb_lock_wait_timeout = 3');
    await adapter.query(each, 'START TRANSACTION');
  }
  await adapter.query(one, `UPDATE check_types SET si = 1, vc = 'more' WHERE id = ${second}`);
  await adapter.query(two, `UPDATE check_types SET i = 1 WHERE id = ${first}`);
  const waits = adapter
    .query(one, `UPDATE check_types SET i = 2 WHERE id = ${first}`)
    .then(() => 'done', errorFacts);
  await sleep(300);
  const error = await refused(() => adapter.query(two, `UPDATE check_types SET si = 2 WHERE id = ${second}`));
  await adapter.query(two, 'ROLLBACK');
  const found = [error, await waits];
  await adapter.query(one, 'ROLLBACK');
  return found;
}

async function largeThings({ adapter, connection, with_ }) {
  const body = 'zażółć 🦊 '.repeat(80_000);
  const raw = Buffer.alloc(3_000_000, 0xa5);
  for (const way of ['query', 'execute'].filter((each) => adapter[each])) {
    const name = (text) => (way === 'query' ? text : `${text}, prepared`);
    await check(name('a row of megabytes'), async () => {
      await adapter.query(connection, 'DELETE FROM check_big');
      await adapter[way](connection, 'INSERT INTO check_big VALUES (?, ?, ?)', [1, body, raw]);
      const { rows } = await adapter[way](connection, 'SELECT body, raw FROM check_big WHERE id = ?', [1]);
      return [long(rows[0].body), long(rows[0].raw)];
    });
    await check(name('a value of 17 MB'), async () => {
      const { rows } = await adapter[way](connection, "SELECT REPEAT('x', 17825792) AS big", []);
      return long(rows[0].big);
    });
  }
  await check(
    'a statement of 17 MB',
    async () => (await adapter.query(connection, `SELECT LENGTH('${'y'.repeat(17_825_792)}') AS size`)).rows,
  );
  if (adapter.stream) {
    await check('rows one by one', async () => {
      let rows = 0;
      let sum = 0;
      const sql = `WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 20000)
        SELECT /*+ SET_VAR(cte_max_recursion_depth = 20000) */ n, REPEAT('z', 200) AS fill FROM t`;
      for await (const row of adapter.stream(connection, sql)) {
        rows += 1;
        sum += Number(row.n);
      }
      return { rows, sum };
    });
    await check('rows of a table one by one', async () => {
      const ids = [];
      for await (const row of adapter.stream(connection, 'SELECT id, vc FROM check_types ORDER BY id'))
        ids.push(row);
      return ids;
    });
  }
  if (adapter.compression) {
    await check('compression', () =>
      with_(adapter.compression, async (other) => {
        const { rows } = await adapter.query(
          other,
          "SELECT REPEAT('x', 500000) AS big, @@session.autocommit",
        );
        const status = (await adapter.query(other, "SHOW STATUS LIKE 'Compression'")).rows;
        return [rows.map((row) => long(row.big)), status];
      }),
    );
  }
  if (adapter.infile) {
    await check('LOAD DATA LOCAL', async () => {
      const file = join(folder, 'rows.csv');
      writeFileSync(file, '101,first,1\n102,"zażółć 🦊",2\n103,third,\\N\n');
      await adapter.query(connection, 'DELETE FROM check_load');
      const written = await adapter.infile(
        connection,
        `LOAD DATA LOCAL INFILE '${file}' INTO TABLE check_load CHARACTER SET utf8mb4 FIELDS TERMINATED BY ',' OPTIONALLY ENCLOSED BY '"'`,
        file,
      );
      return [
        adapter.counts(written),
        (await adapter.query(connection, 'SELECT * FROM check_load ORDER BY id')).rows,
      ];
    });
  }
}

async function sessions({ adapter, with_ }) {
  await check('time zone', () =>
    with_({}, async (other) => {
      await adapter.query(other, "SET time_zone = '+05:30'");
      return (
        await adapter.query(other, 'SELECT CAST(ts AS CHAR) AS ts, @@time_zone FROM check_types WHERE id = 1')
      ).rows;
    }),
  );
  await check('character set', () =>
    with_({}, async (other) => {
      await adapter.query(other, 'SET NAMES latin1');
      return (
        await adapter.query(
          other,
          'SELECT @@character_set_client, @@character_set_results, HEX(la) AS la FROM check_types WHERE id = 1',
        )
      ).rows;
    }),
  );
  await check('user variables', () =>
    with_({}, async (other) => {
      await adapter.query(other, "SET @a = 1, @b = 'zwei'");
      return (await adapter.query(other, 'SELECT @a, @b, @c, @a := @a + 1 AS next')).rows;
    }),
  );
  await check('temporary table', () =>
    with_({}, async (other) => {
      await adapter.query(other, 'CREATE TEMPORARY TABLE check_gone (id INT PRIMARY KEY, v INT)');
      await adapter.query(other, 'INSERT INTO check_gone VALUES (1, 2), (2, 3)');
      return (await adapter.query(other, 'SELECT SUM(v) AS s FROM check_gone')).rows;
    }),
  );
  await check('session variables', () =>
    with_({}, async (other) => {
      await adapter.query(
        other,
        "SET SESSION sql_mode = 'ANSI_QUOTES', group_concat_max_len = 20, wait_timeout = 100",
      );
      return (
        await adapter.query(
          other,
          'SELECT @@sql_mode, @@group_concat_max_len, @@wait_timeout, "id" FROM check_types WHERE id = 1',
        )
      ).rows;
    }),
  );
  await check('statement with a time limit', () =>
    with_({}, (other) =>
      refused(() =>
        adapter.query(
          other,
          'SELECT /*+ MAX_EXECUTION_TIME(150) */ SLEEP(5), id FROM check_types WHERE id = 1',
        ),
      ).catch((error) => error.message),
    ),
  );
  await check('KILL QUERY', () =>
    with_({}, async (other) => {
      const { rows } = await adapter.query(other, 'SELECT CONNECTION_ID() AS id');
      const sleeping = adapter.query(other, 'SELECT SLEEP(15) AS slept').then(
        (answer) => answer.rows,
        (error) => error.errno,
      );
      await sleep(300);
      await with_({}, (third) => adapter.query(third, `KILL QUERY ${rows[0].id}`));
      const ended = await sleeping;
      return [ended, (await adapter.query(other, 'SELECT 1 AS alive')).rows];
    }),
  );
  await check('KILL', () =>
    with_({}, async (other) => {
      const { rows } = await adapter.query(other, 'SELECT CONNECTION_ID() AS id');
      adapter.ignoreErrors?.(other);
      await with_({}, (third) => adapter.query(third, `KILL ${rows[0].id}`));
      await sleep(50);
      return refused(() => adapter.query(other, 'SELECT 1')).then(() => 'refused');
    }).catch((error) => error.code),
  );
  await check('CREATE, ALTER and DROP TABLE', () =>
    with_({}, async (other) => {
      const run = async (sql) => (await adapter.query(other, sql)).rows;
      await run('DROP TABLE IF EXISTS check_made');
      await run('CREATE TABLE check_made (id BIGINT PRIMARY KEY, a INT)');
      await run("ALTER TABLE check_made ADD COLUMN b VARCHAR(20) DEFAULT 'new', ADD INDEX by_a (a)");
      await run('CREATE INDEX by_b ON check_made (b)');
      await run('INSERT INTO check_made (id, a) VALUES (1, 1), (2, 2)');
      const rows = await run('SELECT * FROM check_made ORDER BY id');
      await run('TRUNCATE TABLE check_made');
      const none = await run('SELECT COUNT(*) AS n FROM check_made');
      const columns = await run('SHOW COLUMNS FROM check_made');
      await run('DROP TABLE check_made');
      return [rows, none, columns];
    }),
  );
}
