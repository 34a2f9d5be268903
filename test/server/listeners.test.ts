/** The unix socket, and clients behind proxies. */
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashPassword } from '../../src/config/users.ts';
import { readResults } from '../support/decode.ts';
import { readError } from '../support/decode-parts.ts';
import { headgate } from '../support/headgate.ts';
import { type Endpoint, RawClient, ServerError } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';

let stage: RouterStage;
let usersFile: string;
beforeAll(async () => {
  stage = await RouterStage.set();
  usersFile = join(stage.dir, 'users.yaml');
  const hash = hashPassword('secret');
  await writeFile(
    usersFile,
    `users:
  - { name: here, hosts: localhost, native: '${hash.native}' }
  - { name: net, hosts: 10.9.0.0/16, cachingSha2: ${hash.cachingSha2} }
  - { name: six, hosts: '2001:db8::/32', cachingSha2: ${hash.cachingSha2} }
  - { name: loop, hosts: 127.0.0.1, cachingSha2: ${hash.cachingSha2} }
`,
  );
});
afterAll(() => stage?.stop());

/** What a login says: the rows of a query, or the errno. */
async function outcome(
  endpoint: Endpoint,
  user: string,
  options: Parameters<typeof RawClient.connect>[1] = {},
  sql = 'SELECT USER(), CURRENT_USER()',
): Promise<unknown> {
  try {
    const client = await RawClient.connect({ ...endpoint, user, password: 'secret' }, options);
    const [result] = readResults(await client.query(sql));
    await client.quit();
    return result?.error?.errno ?? result?.rows[0];
  } catch (error) {
    if (error instanceof ServerError) return error.errno;
    throw error;
  }
}

describe('the unix socket', () => {
  const path = () => join(stage.dir, 'headgate.sock');
  const local = (): Endpoint => ({ host: path(), port: 0, user: '', password: '' });
  const start = (...flags: string[]): Promise<RouterUnderTest> =>
    stage.startRouter([`--listen-socket=${path()}`, `--listen-users-file=${usersFile}`, ...flags]);

  test('serves localhost alone, a password may go in the clear, and its file comes and goes', async () => {
    const router = await start('--listen-socket-mode=700');
    expect(statSync(path()).mode & 0o777).toBe(0o700);
    // The full path of caching_sha2_password for a user with a native hash alone: only where nobody listens.
    expect(await outcome(local(), 'here')).toEqual(['here@localhost', 'here@localhost']);
    expect(await outcome(local(), 'here', { compression: 'zstd' })).toEqual([
      'here@localhost',
      'here@localhost',
    ]);
    expect(await outcome(local(), 'loop')).toBe(1045);
    expect(await outcome(router.endpoint, 'loop')).toEqual(['loop@localhost', 'loop@127.0.0.1']);
    const big = await outcome(local(), 'here', {}, "SELECT REPEAT('x', 20000000)");
    expect((big as string[])[0]).toHaveLength(20_000_000);
    const client = await RawClient.connect({ ...local(), user: 'here', password: 'secret' });
    const rows = readResults(await client.query('SHOW PROCESSLIST'))[0]!.rows;
    expect(rows.map((row) => row[2])).toEqual(['localhost']);
    await client.quit();
    router.child.kill('SIGTERM');
    await router.ended;
    expect(existsSync(path())).toBe(false);
  });

  test('counts as secure where TLS is required', async () => {
    const key = join(stage.second.dataDir, 'server-key.pem');
    const cert = join(stage.second.dataDir, 'server-cert.pem');
    const router = await start(
      '--listen-tls-mode=required',
      `--listen-tls-key-file=${key}`,
      `--listen-tls-cert-file=${cert}`,
    );
    expect(await outcome(local(), 'here')).toEqual(['here@localhost', 'here@localhost']);
    expect(await outcome(router.endpoint, 'loop')).toBe(3159);
    await router.stop();
  });

  test('what a killed router left is replaced; what is in use or no socket is not', async () => {
    const killed = await start();
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(path())).toBe(true);
    const router = await start();
    expect(await outcome(local(), 'here')).toEqual(['here@localhost', 'here@localhost']);
    const serve = ['serve', '--listen-port=0', '--admin-port=0', `--topology-etcd=${stage.etcdAddress}`];
    const second = await headgate(...serve, `--listen-socket=${path()}`);
    expect(second.code).not.toBe(0);
    expect(second.stderr).toContain('another process listens there');
    expect(await outcome(local(), 'here')).toEqual(['here@localhost', 'here@localhost']);
    const third = await headgate(...serve, `--listen-socket=${usersFile}`);
    expect(third.stderr).toContain('there is a file that is no socket');
    expect(existsSync(usersFile)).toBe(true);
    await router.stop();
  });
});

const v1 = (address: string, family = 'TCP4'): Buffer =>
  Buffer.from(`PROXY ${family} ${address} ${family === 'TCP4' ? '10.0.0.1' : '::1'} 4711 3306\r\n`);
const v2Signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const v2 = (bytes: number[]): Buffer =>
  Buffer.concat([
    v2Signature,
    Buffer.from([0x21, 0x11, 0, 12, ...bytes, 10, 0, 0, 1, 0x12, 0x67, 0x0c, 0xea]),
  ]);
const v2Local = Buffer.concat([v2Signature, Buffer.from([0x20, 0, 0, 0])]);

describe('the PROXY protocol', () => {
  let router: RouterUnderTest;
  beforeAll(async () => {
    router = await stage.startRouter([
      '--listen-proxy-from=127.0.0.1,10.0.0.0/8',
      `--listen-users-file=${usersFile}`,
    ]);
  });

  test('the client is where the header says', async () => {
    const net = ['net@10.9.1.2', 'net@10.9.0.0/16'];
    expect(await outcome(router.endpoint, 'net', { preface: v1('10.9.1.2') })).toEqual(net);
    expect(await outcome(router.endpoint, 'net', { preface: v2([10, 9, 1, 2]) })).toEqual(net);
    expect(await outcome(router.endpoint, 'six', { preface: v1('10.9.1.2') })).toBe(1045);
    const six = v1('2001:db8::7', 'TCP6');
    expect(await outcome(router.endpoint, 'six', { preface: six })).toEqual([
      'six@2001:db8::7',
      'six@2001:db8::/32',
    ]);
    // Nobody at all may come from there: said before a greeting.
    expect(await outcome(router.endpoint, 'net', { preface: v1('192.0.2.1') })).toBe(1130);
  });

  test('a proxy that speaks for itself is where it is', async () => {
    const loop = ['loop@localhost', 'loop@127.0.0.1'];
    expect(await outcome(router.endpoint, 'loop', { preface: v2Local })).toEqual(loop);
    expect(await outcome(router.endpoint, 'loop', { preface: Buffer.from('PROXY UNKNOWN\r\n') })).toEqual(
      loop,
    );
  });

  test('the process list shows the client, not the proxy', async () => {
    const endpoint = { ...router.endpoint, user: 'net', password: 'secret' };
    const client = await RawClient.connect(endpoint, { preface: v1('10.9.1.2') });
    const rows = readResults(await client.query('SHOW PROCESSLIST'))[0]!.rows;
    expect(rows.map((row) => row[2])).toEqual(['10.9.1.2:4711']);
    await client.quit();
  });

  test('a header in pieces, and none at all', async () => {
    const socket = createConnection(router.endpoint.port, '127.0.0.1').setNoDelay(true);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (const byte of v2([10, 9, 1, 2])) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    while (chunks.length === 0) await once(socket, 'data');
    expect(chunks[0]![4]).toBe(10);
    socket.destroy();
    const silent = createConnection(router.endpoint.port, '127.0.0.1');
    silent.end(Buffer.from([1, 0, 0, 1, 14]));
    const [refused] = (await once(silent, 'data')) as [Buffer];
    expect(readError(refused.subarray(4), false).errno).toBe(1043);
    await once(silent, 'close');
    const line = await router.logged('client connection refused');
    expect(JSON.stringify(line)).toContain('listen.proxyFrom');
  });

  test('a header from anywhere else counts for nothing', async () => {
    const strict = await stage.startRouter([
      '--listen-proxy-from=10.0.0.0/8',
      `--listen-users-file=${usersFile}`,
    ]);
    const client = await RawClient.open(strict.endpoint, 10_000, v1('10.9.1.2'));
    const answer = await client.receive();
    expect(readError(answer!.payload).errno).toBe(1156);
    expect(await client.receive()).toBeUndefined();
    client.destroy();
    expect(await outcome(strict.endpoint, 'loop')).toEqual(['loop@localhost', 'loop@127.0.0.1']);
    await strict.stop();
  });

  test('connections that send nothing are cleared away', async () => {
    const impatient = await stage.startRouter([
      '--listen-proxy-from=127.0.0.1',
      '--listen-handshake-ms-max=300',
    ]);
    const sockets = Array.from({ length: 200 }, () => createConnection(impatient.endpoint.port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'close')));
    await impatient.stop();
  });
});
