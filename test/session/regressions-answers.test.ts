/**
 * Wrong, missing or doubled answers that were seen once: lost connections, long packets, prepared statements, the facts of
 * the last statement. Where mysqld can play the same, it says what is right.
 */
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { longData, text } from '../support/parameters.ts';
import { type Answer, type ConnectOptions, type Endpoint, RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, explained, playSame, refusal, type Turn, value } from '../support/session-play.ts';
import { moveTablet } from '../support/topology-edit.ts';

const MEGABYTES_17 = 17 * 1024 * 1024;

let stage: RouterStage;
let relay: Server;
let single: RouterUnderTest;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await RouterStage.set([
    'CREATE TABLE items (id INT AUTO_INCREMENT PRIMARY KEY, v INT)',
    'INSERT INTO items VALUES (1, 10), (2, 20)',
    'CREATE TABLE long_values (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB)',
  ]);
  relay = await relayWithoutReadBack(stage.first.port);
  await moveTablet(stage.etcdAddress, 'local-2', (relay.address() as { port: number }).port);
  [single, router] = await Promise.all([
    stage.startRouter(['--pool-connections-max=1', '--pool-wait-ms-max=20000', '--pool-idle-ms-max=1000']),
    stage.startRouter(['--pool-connections-max=3', '--pool-wait-ms-max=20000']),
  ]);
});
afterAll(async () => {
  await stage?.stop();
  relay?.close();
});

/** Relays to a mysqld, but ends the connection at the router's own question after a SET. */
async function relayWithoutReadBack(port: number): Promise<Server> {
  const server = createServer((client) => {
    const tablet = connectTcp(port, '127.0.0.1');
    const pair: [Socket, Socket] = [client, tablet];
    for (const socket of pair) {
      // A failing side shows in its close.
      socket.on('error', () => {});
      socket.on('close', () => {
        for (const each of pair) each.destroy();
      });
    }
    client.on('data', (bytes) => {
      if (bytes.includes('SELECT @@session.sql_mode')) client.destroy();
      else tablet.write(bytes);
    });
    tablet.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Those of one test; whatever it comes to, they are gone after it. */
const clients: RawClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
});

async function connect(endpoint: Endpoint, options: ConnectOptions = {}): Promise<RawClient> {
  const client = await RawClient.connect(endpoint, { database: 'main', ...options });
  clients.push(client);
  return client;
}

const same = (on: RouterUnderTest, ...turns: Turn[]) => playSame(stage.baseline, on.endpoint, turns);
const must = async (client: RawClient, ...statements: string[]) => {
  for (const sql of statements) expect([sql, await refusal(client, sql)]).toEqual([sql, undefined]);
};
const rows = (answer: Answer) => readResults(answer).map((result) => result.error?.message ?? result.rows);

/** mysqld and the router must come to the same. */
async function both<T>(on: RouterUnderTest, work: (server: Endpoint) => Promise<T>): Promise<T> {
  const expected = await work(stage.baseline);
  expect(await work(on.endpoint)).toEqual(expected);
  return expected;
}

describe('lost connections', () => {
  test('an EXECUTE that is repeated elsewhere runs its own statement', async () => {
    const [a, b, tablet] = await Promise.all([
      connect(router.endpoint),
      connect(router.endpoint),
      connect(stage.tablet),
    ]);
    // Each on a connection of its own, where its statement has the same number.
    await must(a, 'BEGIN', 'SELECT 1');
    const other = await b.prepare("SELECT 'of another'");
    expect(rows(await b.execute(other.id))).toEqual([[['of another']]]);
    const own = await a.prepare('SELECT COUNT(*) FROM items WHERE id < 3');
    await must(a, 'COMMIT', 'SELECT 1');
    await must(tablet, 'LOCK TABLES items WRITE');
    const answer = a.execute(own.id);
    const waiting = async () =>
      (await ask(tablet, 'SHOW FULL PROCESSLIST')).rows.find((row) => row[7]?.includes('id < 3'))?.[0];
    await until('it waits for the lock', async () => (await waiting()) !== undefined);
    await must(tablet, `KILL ${await waiting()}`);
    await until('it waits again', async () => (await waiting()) !== undefined);
    await must(tablet, 'UNLOCK TABLES');
    expect(rows(await answer)).toEqual([[['2']]]);
    expect(rows(await b.execute(other.id))).toEqual([[['of another']]]);
  });

  test('one answer for each command, also where the connection ends behind the first', async () => {
    const client = await connect(router.endpoint, { database: 'other' });
    for (let round = 0; round < 5; round++) {
      expect(explained(await client.query("SET sql_mode = (SELECT 'ANSI')"))[0]).toMatch(/^OK /);
      expect(await refusal(client, `SELECT 'lost ${round}'`)).toMatch(/^9205 .*settings/);
      expect(await value(client, `SELECT 'token ${round}'`)).toBe(`token ${round}`);
    }
  });
});

describe('long packets', () => {
  test('a second statement above 16 MB arrives intact', async () => {
    const client = await connect(router.endpoint);
    const letters = Buffer.alloc(MEGABYTES_17, 'abcdefghijklmnopqrstuvwxyz');
    const insert = Buffer.concat([
      Buffer.from("SELECT 7; INSERT INTO long_values (b) VALUES ('"),
      letters,
      Buffer.from("'); SELECT 8"),
    ]);
    expect(rows(await client.query(insert))).toEqual([[['7']], [], [['8']]]);
    const expected = "LEFT(REPEAT('abcdefghijklmnopqrstuvwxyz', 700000), LENGTH(b))";
    const { rows: stored } = await ask(client, `SELECT LENGTH(b), b = ${expected} FROM long_values`);
    expect(stored).toEqual([[String(MEGABYTES_17), '1']]);
  });

  test('EXECUTE above 16 MB that leaves out the types', async () => {
    await both(router, async (server) => {
      const client = await connect(server);
      const { id } = await client.prepare('SELECT LENGTH(?), SHA2(?, 256)');
      const short = await client.execute(id, [text('a'), text('b')]);
      const bytes = Buffer.alloc(MEGABYTES_17, 'xyz');
      const long = await client.execute(id, [text(bytes), text(bytes)], { withTypes: false });
      const again = await client.execute(id, [text('c'), text('d')], { withTypes: false });
      return [short, long, again].map(rows);
    });
  });

  test('thirty thousand statements in one packet', async () => {
    const client = await connect(router.endpoint);
    const results = readResults(await client.query(`${'ROLLBACK;'.repeat(30_000)}SELECT 9`));
    expect(results).toHaveLength(30_001);
    expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(results.at(-1)!.rows).toEqual([['9']]);
  });
});

describe('prepared statements', () => {
  test('keep their meaning when the session reads statements differently', async () => {
    await both(single, async (server) => {
      const client = await connect(server);
      const quoted = await client.prepare('SELECT "id" FROM items LIMIT 1');
      const letter = await client.prepare("SELECT 'ü', HEX('ü'), COLLATION('ü')");
      const answers = [];
      for (const sql of ["SET sql_mode = 'ANSI_QUOTES'", 'SET NAMES latin1', 'SET NAMES utf8mb4']) {
        await must(client, sql);
        // On another connection each time: there they have to be prepared again.
        const other = await connect(server);
        await must(other, "SET @x = 1, sql_mode = 'PIPES_AS_CONCAT'");
        other.destroy();
        answers.push(rows(await client.execute(quoted.id)), rows(await client.execute(letter.id)));
        answers.push(await value(client, 'SELECT "id" FROM items LIMIT 1'));
      }
      return answers;
    });
  });

  test('long data of two with one text stay apart', async () => {
    await both(router, async (server) => {
      const client = await connect(server);
      const sql = 'SELECT CONCAT(?, ?)';
      const [first, second] = [await client.prepare(sql), await client.prepare(sql)];
      client.sendLongData(first.id, 0, 'first ');
      client.sendLongData(second.id, 0, 'second ');
      client.sendLongData(first.id, 0, 'handle ');
      const answers = [];
      for (const { id } of [first, second])
        answers.push(rows(await client.execute(id, [longData(), text('ends')])));
      return answers;
    });
  });
});

describe('facts of the last statement', () => {
  test('SHOW WARNINGS while another session is given the connection', async () => {
    const [a, b] = [await connect(single.endpoint), await connect(single.endpoint)];
    for (let round = 0; round < 30; round++) {
      await must(a, `SELECT CAST('${round}x' AS SIGNED)`);
      b.send(command.query, 'SELECT 2');
      const { rows: warnings } = await ask(a, 'SHOW WARNINGS');
      expect(warnings).toEqual([['Warning', '1292', `Truncated incorrect INTEGER value: '${round}x'`]]);
      expect(rows(await b.readAnswer(command.query))).toEqual([[['2']]]);
    }
  });

  test.each([
    'SELECT @@warning_count, LAST_INSERT_ID()',
    'SELECT @@warning_count, CONNECTION_ID() > 0',
    'SELECT @@error_count + @@warning_count',
    'SELECT FOUND_ROWS(), CONNECTION_ID() > 0',
    'SELECT ROW_COUNT(), LAST_INSERT_ID(), FOUND_ROWS()',
  ])('%s: as mysqld, or refused', async (question) => {
    const turns: Turn[] = [
      ['a', "SELECT CAST('12x' AS SIGNED) FROM items"],
      ['a', question],
      ['a', 'SELECT LAST_INSERT_ID(77)'],
      ['b', question],
      ['a', "SELECT CAST('12x' AS SIGNED) FROM items"],
      ['b', 'SELECT 1'],
      ['a', question],
      ['b', question],
    ];
    const sessions = async (server: Endpoint) => {
      const by = { a: await connect(server), b: await connect(server) };
      const answers = [];
      for (const [who, sql] of turns) {
        const { error, rows: found } = await ask(by[who as 'a' | 'b'], sql);
        answers.push(error?.errno ?? found);
      }
      return answers;
    };
    const expected = await sessions(stage.baseline);
    const answers = await sessions(single.endpoint);
    expect(answers.map((answer, at) => (answer === 1235 ? expected[at] : answer))).toEqual(expected);
  });

  test('LAST_INSERT_ID() is the session’s own, whichever connections and keyspaces it used', async () => {
    await same(
      single,
      ['a', 'SELECT LAST_INSERT_ID(123)'],
      ['a', 'SELECT LAST_INSERT_ID()'],
      ['b', 'SELECT LAST_INSERT_ID()'],
      ['b', 'INSERT INTO items (id, v) VALUES (5000, 1)'],
      ['b', 'SELECT LAST_INSERT_ID()'],
      ['a', 'SELECT LAST_INSERT_ID()'],
      ['a', 'SELECT LAST_INSERT_ID(5)'],
      ['a', 'USE other'],
      ['c', 'SELECT LAST_INSERT_ID()'],
      ['a', 'SELECT LAST_INSERT_ID(9)'],
      ['a', 'SELECT LAST_INSERT_ID()'],
      ['a', 'USE main'],
      ['a', 'SELECT LAST_INSERT_ID()'],
      ['a', 'INSERT INTO other.items (id, v) VALUES (5001, 1)'],
      ['b', 'SELECT LAST_INSERT_ID()'],
      ['a', 'SELECT LAST_INSERT_ID()'],
      ['d', 'USE information_schema'],
      ['d', 'SELECT LAST_INSERT_ID()'],
    );
    await must(
      await connect(single.endpoint),
      'DELETE FROM items WHERE id = 5000',
      'DELETE FROM other.items',
    );
  });
});

describe('what the router knows of its tablets', () => {
  test('stays when all pooled connections were closed for lying idle', async () => {
    type Status = { topology: { tablets: { pool: { open: number } }[] } };
    await until('no connection is open', async () => {
      const { topology } = JSON.parse((await single.admin('/status.json')).body) as Status;
      return topology.tablets.every(({ pool }) => pool.open === 0);
    });
    expect((await single.admin('/readyz')).status).toBe(200);
    await same(
      single,
      ['a', "SELECT 1 /*!90000 , @hidden := 'v' */"],
      ['a', 'SELECT @hidden'],
      ['a', 'COMMIT RELEASE'],
      ['b', 'SELECT @hidden'],
    );
  });

  test('a GLOBAL sql_mode changed behind it changes nothing in how its sessions are read', async () => {
    const tablet = await connect(stage.tablet);
    const [a, before] = [await connect(router.endpoint), await value(tablet, 'SELECT @@GLOBAL.sql_mode')];
    await must(a, 'SELECT 1');
    await must(tablet, "SET GLOBAL sql_mode = CONCAT(@@GLOBAL.sql_mode, ',NO_BACKSLASH_ESCAPES')");
    try {
      const others = [];
      for (let at = 0; at < 3; at++) others.push(await connect(router.endpoint));
      for (const client of others) {
        // Read with escapes this is a literal; without them, an assignment.
        const sneaky = "SELECT 'a\\', @leak := 1, ''";
        await must(client, 'BEGIN');
        const mode = (await value(client, 'SELECT @@sql_mode'))!;
        const { rows: found } = await ask(client, sneaky);
        expect(found).toEqual(mode.includes('NO_BACKSLASH') ? [['a\\', '1', '']] : []);
      }
      for (const client of others) client.destroy();
      for (let at = 0; at < 3; at++)
        expect(await value(await connect(router.endpoint), 'SELECT @leak')).toBeNull();
    } finally {
      await must(tablet, `SET GLOBAL sql_mode = '${before}'`);
    }
  });
});

test('an idle client that holds user variables does not keep a draining router', async () => {
  const draining = await stage.startRouter(['--shutdown-drain-ms-max=60000']);
  const client = await connect(draining.endpoint);
  await must(client, 'SET @a = 1');
  draining.child.kill('SIGTERM');
  expect(await draining.ended).toBe(0);
});
