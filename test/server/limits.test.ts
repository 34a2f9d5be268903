/** How many clients there may be, and for how long they may say nothing: as on mysqld. */
import { writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { capability, command } from '../../src/mysql/protocol.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import { type ConnectOptions, type Endpoint, RawClient, ServerError } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, refusal, value } from '../support/session-play.ts';

const CONNECTIONS_MAX = 4;

let stage: RouterStage;
let router: RouterUnderTest;
/** No tablet: its connections are the test's alone. */
let mysqld: Mysqld;

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE t (id INT PRIMARY KEY)', 'INSERT INTO t VALUES (1)']);
  const users = join(stage.dir, 'users.yaml');
  await writeFile(
    users,
    `users:
  - { name: root, password: '' }
  - { name: anna, password: '' }
  - { name: single, password: '', connectionsMax: 1 }
`,
  );
  mysqld = await startMysqld({ databases: ['main'], flags: [`--max-connections=${CONNECTIONS_MAX}`] });
  const root = await connect(mysqld);
  await value(root, 'CREATE TABLE t (id INT)');
  await value(root, 'CREATE USER anna@localhost');
  await value(root, 'CREATE USER single@localhost WITH MAX_USER_CONNECTIONS 1');
  for (const user of ['anna', 'single']) await value(root, `GRANT ALL ON main.* TO ${user}@localhost`);
  root.destroy();
  router = await stage.startRouter([
    `--listen-users-file=${users}`,
    `--listen-connections-max=${CONNECTIONS_MAX}`,
    '--listen-user-connections-max=5',
    '--listen-handshake-ms-max=500',
  ]);
});
afterAll(async () => {
  await mysqld?.stop();
  await stage?.stop();
});

type Server = Readonly<{ endpoint: Endpoint }>;

const clients: RawClient[] = [];
/** Their places are free as soon as the server has noticed. */
async function allGone(on: Server): Promise<void> {
  for (const client of clients.splice(0)) client.destroy();
  await until('all connections have ended', async () => {
    const client = await RawClient.connect({ ...on.endpoint, user: 'root', password: '' }).catch(
      () => undefined,
    );
    if (client === undefined) return false;
    const { rows } = await ask(client, 'SHOW PROCESSLIST');
    client.destroy();
    return rows.filter(([, , , , command]) => command !== 'Daemon').length === 1;
  });
}
afterEach(() => allGone(router));

async function connect(
  { endpoint }: Server,
  user = 'root',
  options: ConnectOptions = {},
): Promise<RawClient> {
  const client = await RawClient.connect(
    { ...endpoint, user, password: '' },
    { database: 'main', ...options },
  );
  clients.push(client);
  return client;
}

async function outcome(on: Server, user: string): Promise<string> {
  try {
    await connect(on, user);
    return 'in';
  } catch (error) {
    if (error instanceof ServerError) return error.message;
    throw error;
  }
}

/** What the server sends by itself until it has closed. */
async function farewell(client: RawClient): Promise<string[]> {
  const said: string[] = [];
  for (;;) {
    const packet = await client.receive();
    if (packet === undefined) return said;
    said.push(
      `${packet.sequence}: ${packet.payload.readUInt16LE(1)} ${packet.payload.toString('latin1', 3)}`,
    );
  }
}

describe('limits', () => {
  test('1040 beyond the last connection; one more is there for an administrator', async () => {
    const play = async (on: Server) => {
      const outcomes: string[] = [];
      for (let n = 0; n < CONNECTIONS_MAX; n++) outcomes.push(await outcome(on, 'anna'));
      for (const user of ['anna', 'root', 'root', 'anna']) outcomes.push(await outcome(on, user));
      await allGone(on);
      return outcomes;
    };
    const expected = await play(mysqld);
    expect(await play(router)).toEqual(expected);
    expect(expected.slice(CONNECTIONS_MAX)).toEqual([
      '1040 (08004): Too many connections',
      'in',
      '1040 (): Too many connections',
      '1040 (): Too many connections',
    ]);
  });

  test('1226 for the limit of one user, given back when the connection gets another one', async () => {
    const play = async (on: Server) => {
      const first = await connect(on, 'single');
      const outcomes = [await outcome(on, 'single')];
      await first.changeUser({ user: 'anna', password: '' });
      outcomes.push(await outcome(on, 'single'), await outcome(on, 'single'));
      await allGone(on);
      return outcomes;
    };
    const expected = await play(mysqld);
    expect(await play(router)).toEqual(expected);
    expect(expected[1]).toBe('in');
  });

  test('1203 for the limit of all users', async () => {
    const strict = await stage.startRouter(['--listen-user-connections-max=1']);
    await connect(strict);
    expect(await outcome(strict, 'root')).toBe(
      "1203 (42000): User root already has more than 'max_user_connections' active connections",
    );
    await strict.stop();
  });
});

describe('silence', () => {
  test.each([
    ['wait_timeout', 'SET wait_timeout = 1', {}],
    [
      'wait_timeout of an interactive client',
      'SET SESSION wait_timeout = 1',
      { with: capability.interactive },
    ],
    ['in a transaction', 'SET wait_timeout = 1; BEGIN; DELETE FROM t', {}],
  ] as const)('%s', async (_what, statements, options) => {
    const play = async (on: Server) => {
      const client = await connect(on, 'root', options);
      for (const sql of statements.split('; ')) await value(client, sql);
      return farewell(client);
    };
    const [theirs, ours] = await Promise.all([play(mysqld), play(router)]);
    expect(ours).toEqual(theirs);
    expect(ours).toEqual([expect.stringMatching(/^0: 4031 #HY000The client was disconnected/)]);
    const after = await connect(router);
    await value(after, 'SET innodb_lock_wait_timeout = 20');
    expect(await value(after, 'SELECT id FROM t FOR UPDATE')).toBe('1');
  });

  test('the defaults are those of the tablets, for interactive clients their own', async () => {
    const setOnTablets = async (seconds: number) => {
      for (const endpoint of [stage.tablet, stage.baseline])
        await value(await connect({ endpoint }), `SET GLOBAL interactive_timeout = ${seconds}`);
    };
    await setOnTablets(1);
    const strict = await stage.startRouter();
    await setOnTablets(28_800);
    const [plain, interactive] = [
      await connect(strict),
      await connect(strict, 'root', { with: capability.interactive }),
    ];
    expect(await farewell(interactive)).toEqual([expect.stringMatching(/^0: 4031 /)]);
    expect(await value(plain, 'SELECT 1')).toBe('1');
    await strict.stop();
  });

  test('a working session is not idle', async () => {
    const client = await connect(router);
    await value(client, 'SET wait_timeout = 1');
    expect(await value(client, 'SELECT SLEEP(3)')).toBe('0');
    expect(await value(client, 'SELECT 1')).toBe('1');
  });

  test('a command that does not end: 1159 after net_read_timeout', async () => {
    const client = await connect(router);
    await value(client, 'SET net_read_timeout = 1');
    client.sendRaw(Buffer.from([10, 0, 0, 0, command.query]));
    expect(await farewell(client)).toEqual(['1: 1159 #08S01Got timeout reading communication packets']);
  });

  test('a login that does not end: 1159', async () => {
    const { host, port } = router.endpoint;
    const socket = connectTcp(port, host);
    let received = Buffer.alloc(0);
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes]);
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received.toString('latin1')).toMatch(/#08S01Got timeout reading communication packets$/);
  });

  test('a client that takes nothing: its statement stops, its locks go', async () => {
    const client = await connect(router);
    await value(client, 'SET net_write_timeout = 1');
    await value(client, 'BEGIN');
    await value(client, 'DELETE FROM t');
    client.pause();
    const rows = 'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 900)';
    client.send(command.query, `${rows} SELECT REPEAT('x', 100000) FROM r`);
    const after = await connect(router);
    const id = String(client.greeting.connectionId);
    await until('it is gone', async () =>
      (await ask(after, 'SHOW PROCESSLIST')).rows.every((row) => row[0] !== id),
    );
    await value(after, 'SET innodb_lock_wait_timeout = 20');
    expect(await refusal(after, 'SELECT id FROM t FOR UPDATE')).toBeUndefined();
    client.resume();
    while ((await client.receive()) !== undefined) await sleep(0);
    expect(client.closed).toBe(true);
  });
});
