import { rename, writeFile } from 'node:fs/promises';
import { connect as connectTcp, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashPassword } from '../../src/config/users.ts';
import { findServers } from '../../src/local/servers.ts';
import { capability, command } from '../../src/mysql/protocol.ts';
import { frame } from '../support/bytes.ts';
import { writeCertificate } from '../support/certificate.ts';
import { readResults } from '../support/decode.ts';
import { loginHead } from '../support/handshake.ts';
import { headgate } from '../support/headgate.ts';
import { type ConnectOptions, RawClient, ServerError, usualCapabilities } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { runClient } from '../support/run-client.ts';
import { ask, value } from '../support/session-play.ts';

let stage: RouterStage;
const file = (name: string): string => join(stage.dir, name);
const hash = (word: string): string => hashPassword(word).cachingSha2;

beforeAll(async () => {
  stage = await RouterStage.set();
  await writeCertificate(stage.dir);
  const root = await RawClient.connect(stage.baseline);
  await value(root, "CREATE USER anna@localhost IDENTIFIED BY 'first'");
  await value(root, 'GRANT ALL ON main.* TO anna@localhost');
  root.destroy();
});
afterAll(() => stage?.stop());

/** 'in', or the refusal in words. */
async function outcome(
  router: { endpoint: { host: string; port: number } },
  user: string,
  password: string,
  options: ConnectOptions = {},
): Promise<string> {
  try {
    const client = await RawClient.connect({ ...router.endpoint, user, password }, options);
    client.destroy();
    return 'in';
  } catch (error) {
    if (error instanceof ServerError) return error.message;
    throw error;
  }
}

describe('users', () => {
  const users = (...lines: string[]) => `users:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
  let router: RouterUnderTest;
  let path: string;

  beforeAll(async () => {
    path = file('users.yaml');
    await writeFile(
      path,
      users(
        "{ name: root, password: '', hosts: localhost }",
        `{ name: anna, cachingSha2: '${hash('first')}' }`,
        `{ name: far, cachingSha2: '${hash('far')}', hosts: 10.0.0.0/8 }`,
      ),
    );
    router = await stage.startRouter([`--listen-users-file=${path}`]);
  });

  test('refusals are those of mysqld', async () => {
    const baseline = { endpoint: stage.baseline };
    for (const [user, password, database] of [
      ['anna', 'first'],
      ['anna', 'wrong'],
      ['anna', ''],
      ['root', 'x'],
      ['anna', 'wrong', 'main'],
    ] as const) {
      const options = database === undefined ? {} : { database };
      expect([user, await outcome(router, user, password, options)]).toEqual([
        user,
        await outcome(baseline, user, password, options),
      ]);
    }
    expect(await outcome(router, 'anna', 'wrong')).toBe(
      "1045 (28000): Access denied for user 'anna'@'localhost' (using password: YES)",
    );
    expect(await outcome(router, 'anna', '')).toMatch(/\(using password: NO\)$/);
    expect(await outcome(router, 'far', 'far')).toBe(
      "1045 (28000): Access denied for user 'far'@'localhost' (using password: YES)",
    );
    // mysqld picks a plugin by chance for names that it does not know; its words are these.
    for (const name of ['nobody', 'ANNA', ''])
      expect(await outcome(router, name, 'x')).toBe(
        `1045 (28000): Access denied for user '${name}'@'localhost' (using password: YES)`,
      );
    await router.logged("Access denied for user 'far'@'localhost' (using password: YES)");
  });

  test('a changed file counts for new logins, a broken one does not', async () => {
    const stays = await RawClient.connect({ ...router.endpoint, user: 'anna', password: 'first' });
    await writeFile(
      path,
      users(
        "{ name: root, password: '' }",
        `{ name: anna, cachingSha2: '${hash('second')}' }`,
        `{ name: new, cachingSha2: '${hash('new')}' }`,
      ),
    );
    await router.logged('users read again');
    expect(await outcome(router, 'anna', 'first')).toMatch(/^1045 /);
    expect(await outcome(router, 'anna', 'second')).toBe('in');
    expect(await outcome(router, 'new', 'new')).toBe('in');

    await writeFile(path, 'users:\n  - { name: anna, cachingSha: x }\n');
    const line = await router.logged('the changed users file is wrong; the users stay as they were');
    expect(line.level).toBe('error');
    expect(JSON.stringify(line)).toContain('did you mean cachingSha2');
    expect(await outcome(router, 'anna', 'second')).toBe('in');

    // Removed by an editor that writes beside and renames.
    await writeFile(
      file('users.new'),
      users("{ name: root, password: '' }", `{ name: other, cachingSha2: '${hash('o')}' }`),
    );
    await rename(file('users.new'), path);
    await router.logged('users read again', ({ users: count }) => count === 2);
    expect(await outcome(router, 'anna', 'second')).toMatch(/^1045 /);
    expect(await outcome(router, 'other', 'o')).toBe('in');
    expect(await value(stays, 'SELECT 1')).toBe('1');
    expect(JSON.stringify(router.log())).not.toMatch(
      new RegExp([hash('first'), hash('second'), hash('new')].join('|'), 'i'),
    );
    stays.destroy();
  });

  test('an address that no user may come from', async () => {
    const only = file('far-only.yaml');
    await writeFile(only, users(`{ name: far, cachingSha2: '${hash('far')}', hosts: 10.0.0.0/8 }`));
    const closed = await stage.startRouter([`--listen-users-file=${only}`]);
    expect(await outcome(closed, 'far', 'far')).toMatch(
      /^1130 \((HY000)?\): Host '.*' is not allowed to connect to this MySQL server$/,
    );
    await closed.stop();
  });
});

describe('TLS', () => {
  const tls = (mode: string) => [
    `--listen-tls-mode=${mode}`,
    `--listen-tls-cert-file=${file('cert.pem')}`,
    `--listen-tls-key-file=${file('key.pem')}`,
  ];

  /** What the TLS layer of a router says to a client of one version. */
  async function negotiate(
    router: RouterUnderTest,
    version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3',
  ): Promise<string> {
    const { host, port } = router.endpoint;
    const socket = connectTcp(port, host);
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(frame(loginHead(usualCapabilities | capability.ssl, 255), 1));
    return new Promise((resolve) => {
      const secure = connectTls({
        socket,
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      secure.once('secureConnect', () => {
        resolve(secure.getProtocol() ?? 'none');
        secure.destroy();
      });
      secure.once('error', () => resolve('refused'));
    });
  }

  test('optional: both ways; old versions are refused', async () => {
    const router = await stage.startRouter(tls('optional'));
    expect(await outcome(router, 'root', '')).toBe('in');
    expect(await outcome(router, 'root', '', { tls: true })).toBe('in');
    expect(await negotiate(router, 'TLSv1.2')).toBe('TLSv1.2');
    expect(await negotiate(router, 'TLSv1.3')).toBe('TLSv1.3');
    expect(await negotiate(router, 'TLSv1.1')).toBe('refused');
    expect(await outcome(router, 'root', '', { tls: true })).toBe('in');
    const { mysql } = (await findServers()).mysql;
    const { host, port } = router.endpoint;
    const run = await runClient(mysql, [
      '--no-defaults',
      `-h${host}`,
      `-P${port}`,
      '-uroot',
      '--ssl-mode=REQUIRED',
      '-Ne',
      'SELECT 7',
    ]);
    expect([run.code, run.stdout]).toEqual([0, '7\n']);
    await router.stop();
  });

  test('required: plain logins get 3159', async () => {
    const router = await stage.startRouter(tls('required'));
    expect(await outcome(router, 'root', '')).toBe(
      '3159 (HY000): Connections using insecure transport are prohibited while --require_secure_transport=ON.',
    );
    expect(await outcome(router, 'root', '', { tls: true })).toBe('in');
    await router.stop();
  });

  test('off: the capability is not offered', async () => {
    const router = await stage.startRouter();
    const client = await RawClient.open(router.endpoint);
    expect(client.greeting.capabilities & capability.ssl).toBe(0);
    client.destroy();
    await router.stop();
  });
});

describe('limits', () => {
  test('connections: the next one gets 1040, and the place is free again when one ends', async () => {
    const router = await stage.startRouter(['--listen-connections-max=3']);
    // The fourth place is for an administrator.
    const open = await Promise.all([1, 2, 3, 4].map(() => RawClient.connect(router.endpoint)));
    expect(await outcome(router, 'root', '')).toMatch(/^1040 \(.*\): Too many connections$/);
    expect((await router.admin('/metrics')).body).toContain(
      'headgate_client_connections_refused_total{reason="limit"} 1',
    );
    await open[0]!.quit();
    await until('there is room', async () => (await outcome(router, 'root', '')) === 'in');
    for (const client of open) client.destroy();
    await router.stop();
  });

  test('the handshake has its time, a session has not', async () => {
    const router = await stage.startRouter(['--listen-handshake-ms-max=400']);
    const session = await RawClient.connect(router.endpoint);
    const silent = await RawClient.open(router.endpoint);
    const half = await RawClient.open(router.endpoint);
    half.sendRaw(Buffer.from([40, 0, 0, 1, 1, 2, 3]));
    for (const client of [silent, half]) {
      expect((await client.receive())?.payload.readUInt16LE(1)).toBe(1159);
      expect(await client.receive()).toBeUndefined();
    }
    expect(await value(session, 'SELECT 1')).toBe('1');
    expect((await router.admin('/metrics')).body).toContain(
      'headgate_client_connections_refused_total{reason="handshake"} 2',
    );
    session.destroy();
    await router.stop();
  });

  test('packets: above 16 MB, and above the limit', async () => {
    const router = await stage.startRouter([`--listen-packet-bytes-max=${20 * 1024 * 1024}`]);
    const client = await RawClient.connect(router.endpoint, { database: 'main' });
    const bytes = 17 * 1024 * 1024;
    const long = Buffer.concat([
      Buffer.from("SELECT LENGTH('"),
      Buffer.alloc(bytes, 0x61),
      Buffer.from("')"),
    ]);
    expect((await ask(client, long)).rows).toEqual([[String(bytes)]]);
    // Exactly at the border of a packet: an empty one follows.
    for (const size of [0xff_ff_ff, 0xff_ff_fe, 0x1_00_00_00]) {
      const head = Buffer.from("SELECT LENGTH('");
      const tail = Buffer.from("')");
      const fill = size - 1 - head.length - tail.length;
      expect((await ask(client, Buffer.concat([head, Buffer.alloc(fill, 0x62), tail]))).rows).toEqual([
        [String(fill)],
      ]);
    }
    const result = await client.query("SELECT REPEAT('c', 17 * 1024 * 1024)");
    expect(readResults(result)[0]!.rows[0]![0]).toHaveLength(17 * 1024 * 1024);
    client.send(command.query, Buffer.alloc(21 * 1024 * 1024, 0x20));
    const answer = readResults(await client.readAnswer(command.query))[0]!;
    expect([answer.error?.errno, answer.error?.sqlState]).toEqual([1153, '08S01']);
    expect(await client.receive()).toBeUndefined();
    expect(await outcome(router, 'root', '')).toBe('in');
    await router.stop();
  });

  test('a statement larger than the tablet takes gets an answer, and the next one too', async () => {
    const router = await stage.startRouter();
    const admin = await RawClient.connect(stage.tablet);
    await value(admin, 'SET GLOBAL max_allowed_packet = 1048576');
    const client = await RawClient.connect(router.endpoint, { database: 'main' });
    const long = Buffer.concat([
      Buffer.from("SELECT LENGTH('"),
      Buffer.alloc(2 * 1024 * 1024, 0x61),
      Buffer.from("')"),
    ]);
    const { error } = await ask(client, long);
    expect([1153, 9203]).toContain(error?.errno);
    expect(await value(client, 'SELECT 1')).toBe('1');
    await value(admin, 'SET GLOBAL max_allowed_packet = DEFAULT');
    client.destroy();
    admin.destroy();
    await router.stop();
  });
});

describe('configuration', () => {
  test('unknown keys are refused with a suggestion, all at once', async () => {
    const config = file('wrong.yaml');
    await writeFile(config, 'listen:\n  prot: 3306\n  connectionsMax: many\nlog:\n  levle: info\n');
    const run = await headgate('serve', '--config', config);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('unknown key listen.prot');
    expect(run.stderr).toContain('line 2');
    expect(run.stderr).toMatch(/did you mean listen\.port/);
    expect(run.stderr).toMatch(/listen\.connectionsMax .*"many"; allowed: a whole number/);
    expect(run.stderr).toMatch(/log\.levle.*did you mean log\.level/);
    expect(run.stderr).not.toContain('at ');
  });

  test('an unknown flag is refused with a suggestion', async () => {
    const run = await headgate('serve', '--listen-prt=1');
    expect([run.code, run.stderr]).toEqual([
      2,
      expect.stringMatching(/unknown option '--listen-prt=1'[\s\S]*--listen-port/),
    ]);
  });

  test('a flag wins over the environment, that over the file, that over the default', async () => {
    const config = file('config.yaml');
    await writeFile(
      config,
      'listen:\n  connectionsMax: 11\n  handshakeMsMax: 7777\nlog:\n  level: debug\npool:\n  connectionsMax: 5\n',
    );
    const router = await stage.startRouter([`--config=${config}`, '--pool-connections-max=7'], {
      HEADGATE_LISTEN_CONNECTIONS_MAX: '22',
      HEADGATE_POOL_CONNECTIONS_MAX: '6',
    });
    const status = JSON.parse((await router.admin('/status.json')).body);
    expect(status.sessions.max).toBe(22);
    expect(status.topology.tablets[0].pool.max).toBe(7);
    await router.stop();
  });

  test('a busy port is said in words, for both listeners', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const listen = await headgate(
      'serve',
      `--listen-port=${port}`,
      '--admin-port=0',
      `--topology-etcd=${stage.etcdAddress}`,
    );
    expect([listen.code, listen.stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*in use.*--listen-port`)),
    ]);
    const admin = await headgate(
      'serve',
      '--listen-port=0',
      `--admin-port=${port}`,
      `--topology-etcd=${stage.etcdAddress}`,
    );
    expect([admin.code, admin.stderr]).toEqual([
      1,
      expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*in use.*--admin-port`)),
    ]);
    taken.close();
  });

  test('files that are not there', async () => {
    const run = await headgate('serve', `--config=${file('missing.yaml')}`);
    expect([run.code, run.stderr]).toEqual([1, expect.stringContaining('missing.yaml')]);
    const users = await headgate('serve', `--listen-users-file=${file('missing-users.yaml')}`);
    expect([users.code, users.stderr]).toEqual([1, expect.stringContaining('missing-users.yaml')]);
  });
});

test('COM_CHANGE_USER to another user', async () => {
  const path = file('two.yaml');
  await writeFile(
    path,
    `users:\n  - { name: root, password: '' }\n  - { name: anna, cachingSha2: '${hash('first')}' }\n`,
  );
  const router = await stage.startRouter([`--listen-users-file=${path}`]);
  for (const server of [stage.baseline, router.endpoint]) {
    const client = await RawClient.connect(server, { database: 'main' });
    await value(client, "SET @x = 1, sql_mode = ''");
    const answer = await client.changeUser({ user: 'anna', password: 'first', database: 'main' });
    expect(readResults(answer)[0]?.error).toBeUndefined();
    const after = await ask(client, 'SELECT @x, DATABASE(), @@sql_mode <> ""');
    expect(after.error).toBeUndefined();
    expect(after.rows).toEqual([[null, 'main', '1']]);
    expect(await value(client, 'SELECT USER()')).toBe('anna@localhost');
    client.destroy();
  }
  await router.stop();
});
