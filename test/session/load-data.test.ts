/** The client's file of LOAD DATA LOCAL on its way to one tablet: what goes wrong in the middle, and who waits for whom. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { capability, command } from '../../src/mysql/protocol.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { readResults } from '../support/decode.ts';
import { rootAt, runStatements } from '../support/mysqld.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask, value } from '../support/session-play.ts';
import { moveTablet } from '../support/topology-edit.ts';

let stage: RouterStage;
let router: RouterUnderTest;
let proxy: CuttingProxy;
let client: RawClient;
const clients = new Set<RawClient>();

beforeAll(async () => {
  stage = await RouterStage.set();
  await runStatements(stage.tablet, ['CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(200))'], 'main');
  proxy = await CuttingProxy.start(stage.first.port);
  await moveTablet(stage.etcdAddress, 'local-1', proxy.port);
  router = await stage.startRouter();
});

beforeEach(async () => {
  for (const each of clients) each.destroy();
  clients.clear();
  await runStatements(stage.tablet, ['DELETE FROM t'], 'main');
  client = await connect();
});

afterAll(async () => {
  for (const each of clients) each.destroy();
  await stage?.stop();
  await proxy?.stop();
});

async function connect(): Promise<RawClient> {
  const connected = await RawClient.connect(router.endpoint, {
    database: 'main',
    with: capability.localFiles,
  });
  clients.add(connected);
  return connected;
}

const LOAD = "LOAD DATA LOCAL INFILE 'a file' INTO TABLE t";
const tabletCount = async (sql = 'SELECT COUNT(*) FROM t'): Promise<string | null> => {
  const direct = await RawClient.connect(rootAt(stage.first.port), { database: 'main' });
  try {
    return await value(direct, sql);
  } finally {
    direct.destroy();
  }
};

const packet = (content: string | Buffer, sequence: number): Buffer => {
  const body = Buffer.from(content);
  const header = Buffer.alloc(4);
  header.writeUIntLE(body.length, 0, 3);
  header[3] = sequence & 0xff;
  return Buffer.concat([header, body]);
};

const rows = (from: number, count: number, filler = 'x'): string =>
  Array.from({ length: count }, (_, at) => `${from + at}\t${filler}\n`).join('');

/** Sends LOAD and reads the request for the file. */
async function begin(on: RawClient): Promise<void> {
  on.send(command.query, LOAD);
  const request = await on.receive();
  expect(request?.payload[0]).toBe(0xfb);
  expect(request?.payload.toString('latin1', 1)).toBe('a file');
}

/** The answer that follows when the last packet of the file has been sent. */
async function answer(on: RawClient) {
  const result = readResults(await on.readAnswer(command.query))[0]!;
  return { affectedRows: result.ok?.affectedRows, errno: result.error?.errno };
}

const noTransactions = () =>
  until('no transaction is open', async () => {
    const sql =
      'SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID()';
    // The table shows a copy that is only made anew when nobody has looked for 100 ms.
    await sleep(150);
    return (await tabletCount(sql)) === '0';
  });

test('commands behind the file are answered after it', async () => {
  await begin(client);
  client.sendRaw(
    Buffer.concat([packet('1\ta\n', 2), packet('', 3), packet(Buffer.from('\u0003SELECT 41 + 1'), 0)]),
  );
  expect((await answer(client)).affectedRows).toBe(1);
  const next = readResults(await client.readAnswer(command.query))[0];
  expect(next?.rows).toEqual([['42']]);
});

test('a file in single bytes', async () => {
  await begin(client);
  for (const [at, byte] of [...'7\tseven\n'].entries()) {
    for (const part of packet(byte, at + 2)) {
      client.sendRaw(Buffer.from([part]));
      if (at === 3) await sleep(1);
    }
  }
  client.sendRaw(packet('', 10));
  expect((await answer(client)).affectedRows).toBe(1);
  expect(await value(client, 'SELECT name FROM t')).toBe('seven');
});

test('a client that vanishes amid its file leaves nothing', async () => {
  await begin(client);
  client.sendRaw(packet(rows(1, 500), 2));
  client.reset();
  await noTransactions();
  expect(await tabletCount()).toBe('0');
  const other = await connect();
  expect(await value(other, 'SELECT 1')).toBe('1');
});

test('a client that breaks the protocol amid its file is disconnected, and nothing stays', async () => {
  await begin(client);
  client.sendRaw(packet(rows(1, 5), 2));
  client.sendRaw(packet(rows(6, 5), 9));
  const refusal = await client.receive();
  expect(refusal?.payload.readUInt16LE(1)).toBe(1156);
  expect(await client.receive()).toBeUndefined();
  await noTransactions();
  expect(await tabletCount()).toBe('0');
});

test('a tablet that is lost amid the file: the client learns it when it has sent all', async () => {
  await begin(client);
  client.sendRaw(packet(rows(1, 50), 2));
  await sleep(20);
  proxy.cutAll();
  client.sendRaw(Buffer.concat([packet(rows(51, 50), 3), packet(rows(101, 50), 4)]));
  await sleep(20);
  client.sendRaw(packet('', 5));
  expect((await answer(client)).errno).toBe(9203);
  await noTransactions();
  expect(await value(client, 'SELECT COUNT(*) FROM t')).toBe('0');
});

test('KILL QUERY amid the file', async () => {
  const other = await connect();
  const id = await value(client, 'SELECT CONNECTION_ID()');
  const kills = async () => (await ask(other, "SHOW GLOBAL STATUS LIKE 'Com_kill'")).rows[0]?.[1];
  const before = await kills();
  await begin(client);
  client.sendRaw(packet(rows(1, 5), 2));
  expect((await ask(other, `KILL QUERY ${id}`)).error).toBeUndefined();
  await until('the tablet was told', async () => (await kills()) !== before);
  client.sendRaw(Buffer.concat([packet(rows(6, 5), 3), packet('', 4)]));
  expect((await answer(client)).errno).toBe(1317);
  expect(await value(client, 'SELECT COUNT(*) FROM t')).toBe('0');
});

test('a tablet that takes nothing makes the client wait, and goes on with what it sent', async () => {
  await runStatements(stage.tablet, ["INSERT INTO t VALUES (10, 'held')"], 'main');
  const holder = await RawClient.connect(stage.tablet, { database: 'main' });
  clients.add(holder);
  await holder.query('BEGIN');
  await holder.query('SELECT * FROM t WHERE id = 10 FOR UPDATE');
  await begin(client);
  const filler = 'y'.repeat(190);
  const PACKETS = 300;
  const ROWS = 600;
  for (let at = 0; at < PACKETS; at++) client.sendRaw(packet(rows(at * ROWS, ROWS, filler), at + 2));
  client.sendRaw(packet('', PACKETS + 2));
  await sleep(300);
  // Of 36 MB, what nobody takes yet stays with the client.
  expect(client.unsentBytes).toBeGreaterThan(10_000_000);
  await holder.query('ROLLBACK');
  // LOCAL means IGNORE: the row that was there stays.
  expect((await answer(client)).affectedRows).toBe(PACKETS * ROWS - 1);
});

test('listen.localInfile: off', async () => {
  const off = await stage.startRouter(['--listen-local-infile=off']);
  const refused = await RawClient.connect(off.endpoint, { database: 'main', with: capability.localFiles });
  clients.add(refused);
  expect(refused.capabilities & capability.localFiles).toBe(0);
  const { error } = await ask(refused, LOAD);
  expect(error?.errno).toBe(3948);
  expect(error?.message).toContain('Loading local data is disabled');
  expect(await value(refused, 'SELECT 1')).toBe('1');
});
