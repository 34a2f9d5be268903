/** The connection phase against real clients and a real mysqld; what clients see is compared with what mysqld gives them. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashPassword } from '../../src/config/users.ts';
import { parseUsers } from '../../src/config/users-file.ts';
import { connectAsRoot, type RunningMysqld, startMysqld } from '../../src/local/mysqld.ts';
import { findServers, type Servers } from '../../src/local/servers.ts';
import { capability } from '../../src/mysql/protocol.ts';
import { createRsaKeyPair, type RsaKeyPair } from '../../src/wire/auth/rsa-password.ts';
import type { ClientHandshakeOptions } from '../../src/wire/handshake/client-handshake.ts';
import {
  createTestCertificate,
  type LoginServer,
  login,
  startLoginServer,
} from '../support/handshake-peers.ts';

const password = 'sésame, öffne dich';
const { cachingSha2, native } = hashPassword(password);
const users = parseUsers(
  `users:
  - { name: anna, cachingSha2: '${cachingSha2}' }
  - { name: nat, native: '${native}' }
  - { name: empty, password: '' }
`,
  'users.yaml',
  // A key under which the unknown `nobody` looks like a user of caching_sha2_password: the client may lack the other plugin.
  Buffer.alloc(32, 1),
);

let servers: Servers;
let folder: string;
let mysqld: RunningMysqld;
let admin: Connection;
let rsaKeyPair: RsaKeyPair;
const routers: Record<'optional' | 'required' | 'rsa', LoginServer> = {} as never;

beforeAll(async () => {
  servers = await findServers();
  folder = await mkdtemp(join(tmpdir(), 'headgate-handshake-'));
  mysqld = await startMysqld({ dataDir: join(folder, 'data') });
  admin = await connectAsRoot(mysqld.port);
  await admin.query("CREATE USER anna@'%' IDENTIFIED WITH caching_sha2_password BY ?", [password]);
  await admin.query("CREATE USER `empty`@'%' IDENTIFIED WITH caching_sha2_password BY ''");
  await admin.query('CREATE DATABASE shop');
  await admin.query('GRANT ALL ON shop.* TO anna@`%`, `empty`@`%`');
  rsaKeyPair = await createRsaKeyPair();
  const certificate = await createTestCertificate();
  const options = {
    users,
    serverVersion: '9.7.4',
    capabilities: capability.connectAttrs | capability.deprecateEof | capability.multiStatements,
    collationId: 255,
    statusFlags: 2,
    secure: false,
  };
  routers.optional = await startLoginServer({ ...options, tls: 'optional' }, certificate);
  routers.required = await startLoginServer({ ...options, tls: 'required' }, certificate);
  routers.rsa = await startLoginServer({ ...options, tls: 'off', rsaKeyPair: () => rsaKeyPair }, certificate);
});

afterAll(async () => {
  await Promise.all(Object.values(routers).map((router) => router.close()));
  await admin?.end();
  await mysqld?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the mysql command line says; empty when it logged in. */
function mysqlClient(port: number, user: string, word: string, ...args: string[]): Promise<string> {
  const all = [`-u${user}`, '-h127.0.0.1', `-P${port}`, ...args, '-e', 'DO 1'];
  return new Promise((resolve) => {
    // The variable keeps the warning about passwords on the command line out of the output.
    const env = { ...process.env, MYSQL_PWD: word };
    execFile(servers.mysql.mysql, all, { env }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

test.each([
  ['sha2', 'anna', password],
  ['a wrong password', 'anna', 'wrong'],
  ['no password where one is needed', 'anna', ''],
  ['an empty password', 'empty', ''],
  ['a password where none is needed', 'empty', 'wrong'],
  ['an unknown user', 'nobody', 'wrong'],
  ['an unknown user without password', 'nobody', ''],
])('mysql over TLS says what it says to mysqld: %s', async (_what, user, word) => {
  const expected = await mysqlClient(mysqld.port, user, word, '--ssl-mode=REQUIRED');
  expect(await mysqlClient(routers.optional.port, user, word, '--ssl-mode=REQUIRED')).toBe(expected);
  expect(await mysqlClient(routers.required.port, user, word)).toBe(expected);
  expect(expected).toMatch(/^$|^ERROR 1045 \(28000\)/);
});

test('mysql without TLS: the fast path needs no key; wrong and unknown get the same words', async () => {
  const plain = ['--ssl-mode=DISABLED'];
  const { port } = routers.optional;
  expect(await mysqlClient(port, 'anna', password, ...plain)).toBe('');
  expect(routers.optional.logins.at(-1)).toMatchObject({ userName: 'anna', secure: false });
  expect(await mysqlClient(port, 'empty', '', ...plain)).toBe('');
  const denied = "ERROR 1045 (28000): Access denied for user 'NAME'@'localhost' (using password: YES)\n";
  for (const name of ['anna', 'nobody']) {
    expect(await mysqlClient(port, name, 'wrong', ...plain)).toBe(denied.replace('NAME', name));
  }
  expect(await mysqlClient(routers.required.port, 'anna', password, ...plain)).toMatch(
    /^ERROR 3159 \(HY000\)/,
  );
  expect(await mysqlClient(routers.rsa.port, 'anna', password, '--ssl-mode=REQUIRED')).toMatch(/^ERROR 2026/);
});

test('mysql without TLS where TLS is required hears what mysqld says', async () => {
  const plain = '--ssl-mode=DISABLED';
  await admin.query('SET GLOBAL require_secure_transport = ON');
  // Once over TLS, so that mysqld has the hash and the plain login gets as far as its check.
  await mysqlClient(mysqld.port, 'anna', password);
  const expected = await mysqlClient(mysqld.port, 'anna', password, plain);
  await admin.query('SET GLOBAL require_secure_transport = OFF');
  expect(expected).toMatch(/^ERROR 3159 \(HY000\)/);
  expect(await mysqlClient(routers.required.port, 'anna', password, plain)).toBe(expected);
});

test('mysql with a user that has only a native hash: full path over TLS, and over RSA', async () => {
  expect(await mysqlClient(routers.optional.port, 'nat', password)).toBe('');
  expect(routers.optional.logins.at(-1)).toMatchObject({ userName: 'nat', plugin: 'caching_sha2_password' });
  const key = '--get-server-public-key';
  expect(await mysqlClient(routers.rsa.port, 'nat', password, key)).toBe('');
  expect(routers.rsa.logins.at(-1)).toMatchObject({ userName: 'nat', secure: false });
  expect(await mysqlClient(routers.rsa.port, 'nat', 'wrong', key)).toMatch(/^ERROR 1045/);
});

test('mysql hands over database and attributes', async () => {
  expect(await mysqlClient(mysqld.port, 'anna', password, '-Dshop')).toBe('');
  expect(await mysqlClient(routers.optional.port, 'anna', password, '-Dshop')).toBe('');
  const identity = routers.optional.logins.at(-1)!;
  expect(identity).toMatchObject({ database: 'shop', secure: true });
  expect(identity.attributes.get('program_name')).toBe('mysql');
});

test('mysql2: sha2, native by a change of plugin, another user on the open connection', async () => {
  const common = { host: '127.0.0.1', port: routers.optional.port, password };
  for (const tls of [{}, { ssl: { rejectUnauthorized: false } }]) {
    for (const user of ['anna', 'nat']) {
      const connection = await createConnection({ ...common, ...tls, user, database: 'shop' });
      await connection.query('DO 1');
      expect(routers.optional.logins.at(-1)).toMatchObject({ userName: user, database: 'shop' });
      await connection.changeUser({ user: 'anna', password, database: 'other' });
      await connection.query('DO 1');
      expect(routers.optional.logins.at(-1)).toMatchObject({ userName: 'anna', database: 'other' });
      await connection.end();
    }
  }
  const wrong = createConnection({ ...common, user: 'anna', password: 'wrong' });
  await expect(wrong).rejects.toMatchObject({ errno: 1045, sqlState: '28000' });
});

const toMysqld = (options: Partial<ClientHandshakeOptions>) =>
  login(mysqld.port, {
    user: 'anna',
    password,
    collationId: 45,
    capabilities: capability.deprecateEof | capability.sessionTrack | capability.multiStatements,
    tls: 'off',
    ...options,
  });

test.each([
  ['TLS', { tls: 'required' }, ['0a39', '0104', '0000']],
  ['RSA', { tls: 'off' }, ['0a39', '0104', '012d', '0000']],
] as const)(
  'to mysqld over %s: full path while it does not know the hash, then the fast one',
  async (_how, tls, full) => {
    await admin.query('FLUSH PRIVILEGES');
    const first = await toMysqld(tls);
    expect(first).toMatchObject({ seen: full, result: { secure: tls.tls === 'required', statusFlags: 2 } });
    const second = await toMysqld(tls);
    expect(second.seen).toEqual(['0a39', '0103', '0000']);
    expect(second.result!.serverVersion).toContain(servers.mysql.version);
  },
);

test('to mysqld: root without a password, a database, attributes, a wrong password', async () => {
  for (const tls of ['off', 'preferred'] as const) {
    const root = await toMysqld({
      user: 'root',
      password: '',
      tls,
      attributes: new Map([['program_name', 'test']]),
    });
    expect(root.result).toMatchObject({ secure: tls === 'preferred' });
    expect(root.result!.capabilities & capability.deprecateEof).not.toBe(0);
    const wrong = await toMysqld({ password: 'wrong', tls });
    const message = "Access denied for user 'anna'@'localhost' (using password: YES)";
    expect(wrong.error).toMatchObject({ errno: 1045, sqlState: '28000', message });
  }
  expect(await toMysqld({ database: 'shop' })).toMatchObject({ result: { secure: false } });
  const missing = await toMysqld({ user: 'root', password: '', database: 'missing' });
  expect(missing.error).toMatchObject({
    errno: 1049,
    sqlState: '42000',
    message: "Unknown database 'missing'",
  });
});

test('our own two sides agree, the native plugin included', async () => {
  const options = { user: 'nat', password, collationId: 45, capabilities: 0, tls: 'off' } as const;
  const switched = await login(routers.optional.port, options);
  expect(switched.seen).toEqual(['0a39', 'fe6d', '0000']);
  const secured = await login(routers.optional.port, { ...options, tls: 'preferred' });
  expect(secured.seen).toEqual(['0a39', '0104', '0000']);
});
