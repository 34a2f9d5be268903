/** Packets and frames beyond what test/wire-compare plays: hostile ones, long ones, slow readers, and what is offered. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capability, command } from '../../src/mysql/protocol.ts';
import { frame } from '../support/bytes.ts';
import type { CompressedWire } from '../support/compressed-wire.ts';
import { readResults } from '../support/decode.ts';
import { readError } from '../support/decode-parts.ts';
import { runStatements } from '../support/mysqld.ts';
import { processFigures } from '../support/process-figures.ts';
import { type Endpoint, RawClient, type ServerError } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';

const megabyte = 1024 * 1024;
let stage: RouterStage;
let router: RouterUnderTest;
beforeAll(async () => {
  stage = await RouterStage.set();
  router = await stage.startRouter();
});
afterAll(() => stage?.stop());

const request = (sql: string): Buffer =>
  frame(Buffer.concat([Buffer.from([command.query]), Buffer.from(sql)]));
const long = request(`SELECT '${'a'.repeat(200)}'`);

/** Sends frames to a fresh connection and reads until it is closed; gives the error that came. */
async function refusal(frames: (wire: CompressedWire) => Buffer): Promise<number | undefined> {
  const client = await RawClient.connect(router.endpoint, { compression: 'zlib' });
  client.sendUnwrapped(frames(client.compressed!));
  const packet = await client.receive();
  expect(await client.receive()).toBeUndefined();
  client.destroy();
  return packet && readError(packet.payload).errno;
}

describe('frames that are none end the connection with a reason', () => {
  test.each<[string, number, (wire: CompressedWire) => Buffer]>([
    ['no compressed bytes', 1157, (wire) => wire.frame(Buffer.from('no compressed bytes'), 100)],
    ['nothing where something is claimed', 1157, (wire) => wire.frame(Buffer.alloc(0), 100)],
    ['less than claimed', 1157, (wire) => wire.frame(deflateSync(long), long.length + 1)],
    ['more than claimed', 1157, (wire) => wire.frame(deflateSync(long), long.length - 1)],
    ['a bomb', 1157, (wire) => wire.frame(deflateSync(Buffer.alloc(16 * megabyte)), 100)],
    ['much that is not compressed', 1157, (wire) => wire.frame(Buffer.alloc(100_000, 7), 200_000)],
    ['a wrong number', 1156, (wire) => wire.frame(long, 0, 5)],
  ])('%s', async (_, errno, frames) => {
    if (errno !== 1156) expect(await refusal(frames)).toBe(errno);
    else await expect(refusal(frames)).resolves.toBe(undefined);
    // The router is unharmed.
    const client = await RawClient.connect(router.endpoint, { compression: 'zlib' });
    expect(readResults(await client.query('SELECT 1'))[0]?.rows).toEqual([['1']]);
    await client.quit();
  });

  test('content beyond the packet limit is refused by its header', async () => {
    const strict = await stage.startRouter(['--listen-packet-bytes-max=65536']);
    const client = await RawClient.connect(strict.endpoint, { compression: 'zstd' });
    client.sendUnwrapped(client.compressed!.frame(Buffer.alloc(20), 65_536));
    expect(readError((await client.receive())!.payload)).toMatchObject({ errno: 1153, sqlState: '08S01' });
    expect(await client.receive()).toBeUndefined();
    await strict.stop();
  });
});

test.each(['zlib', 'zstd'] as const)(
  '%s: cuts anywhere, several commands in one frame',
  async (compression) => {
    const client = await RawClient.connect(router.endpoint, { compression });
    const wire = client.compressed!;
    for (const size of [1, 2, 3, 6, 7, 8, 50, 100]) {
      wire.sequence = 0;
      const frames: Buffer[] = [];
      for (let at = 0; at < long.length; at += size) frames.push(wire.frame(long.subarray(at, at + size), 0));
      for (const byte of Buffer.concat(frames)) client.sendUnwrapped(Buffer.from([byte]));
      expect(readResults(await client.readAnswer(command.query))[0]?.rows).toEqual([['a'.repeat(200)]]);
    }
    // The numbers of packets inside frames count for nothing, as with MySQL.
    const odd = request('SELECT 3');
    odd[3] = 77;
    wire.sequence = 0;
    client.sendUnwrapped(wire.frame(odd, 0));
    expect(readResults(await client.readAnswer(command.query))[0]?.rows).toEqual([['3']]);
    await client.quit();
  },
);

test('an answer waits for a client that does not read, and the router keeps little of it', async () => {
  const client = await RawClient.connect(router.endpoint, { compression: 'zlib' });
  await client.query('SELECT 1');
  const before = (await processFigures(router.child.pid!))!.rssBytes;
  client.pause();
  // 64 MB of random bytes, so that compression does not make them few.
  const rows = 'SELECT RANDOM_BYTES(1024), RANDOM_BYTES(1024), RANDOM_BYTES(1024), RANDOM_BYTES(1024)';
  const digits = '(SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5)';
  const many = Array.from({ length: 6 }, (_, at) => `${digits} d${at}`).join(', ');
  client.send(command.query, `${rows} FROM ${many}`);
  // Meanwhile somebody else is served.
  const other = await RawClient.connect(router.endpoint);
  for (let round = 0; round < 60; round += 1) await other.query('SELECT SLEEP(0.005)');
  const after = (await processFigures(router.child.pid!))!.rssBytes;
  expect(after - before).toBeLessThan(40 * megabyte);
  await other.quit();
  client.resume();
  const answer = await client.readAnswer(command.query);
  expect(answer.packets.length).toBe(5 ** 6 + 6);
  await client.quit();
});

test('only what the configuration names is offered, and compression can be demanded', async () => {
  const zstdOnly = await stage.startRouter(['--listen-compression=zstd']);
  const { endpoint } = zstdOnly;
  const errno = (options: Parameters<typeof RawClient.connect>[1]) =>
    RawClient.connect(endpoint, options).then(
      (client) => client.destroy(),
      (error: ServerError) => error.errno,
    );
  expect(await errno({})).toBe(3922);
  expect(await errno({ compression: 'zlib' })).toBe(3922);
  expect(await errno({ compression: 'zstd', compressionLevel: 0 })).toBe(3923);
  expect(await errno({ compression: 'zstd', compressionLevel: 23 })).toBe(3923);
  const client = await RawClient.connect(endpoint, { compression: 'zstd', compressionLevel: 22 });
  expect(client.greeting.capabilities & (capability.compress | capability.zstdCompression)).toBe(
    capability.zstdCompression,
  );
  expect(readResults(await client.query("SELECT REPEAT('x', 100000)"))[0]?.rows[0]?.[0]).toHaveLength(
    100_000,
  );
  await client.quit();
  await zstdOnly.stop();
});

describe('commands that are too long', () => {
  const limit = megabyte;
  let limited: RouterUnderTest;
  beforeAll(async () => {
    limited = await stage.startRouter([`--listen-packet-bytes-max=${limit}`]);
    for (const server of [stage.baseline, stage.tablet])
      await runStatements(server, [`SET GLOBAL max_allowed_packet = ${limit}`]);
  });
  afterAll(async () => {
    for (const server of [stage.baseline, stage.tablet])
      await runStatements(server, ['SET GLOBAL max_allowed_packet = DEFAULT']);
    await limited.stop();
  });

  /** What comes of a query of so many bytes, payload and all, and of a second one. */
  async function played(endpoint: Endpoint, bytes: number, compression?: 'zlib'): Promise<string[]> {
    const client = await RawClient.connect(endpoint, { compression, database: 'main' });
    const sql = Buffer.alloc(bytes - 1, ' ');
    sql.write('SELECT 1');
    const outcomes: string[] = [];
    for (const text of [sql, 'SELECT 2']) {
      const [result] = readResults(await client.query(text));
      outcomes.push(result?.error?.errno.toString() ?? result?.rows[0]?.[0] ?? 'closed');
    }
    client.destroy();
    return outcomes;
  }

  test.each([-8, -7, -6, -5, -4, -3, -2, -1, 0, 1, 1000])('limit %i', async (more) => {
    for (const compression of [undefined, 'zlib'] as const) {
      const [first, second] = await played(stage.baseline, limit + more, compression);
      // mysqld hangs up at once, and then it is luck whether the error is still read.
      const baseline = [first === 'closed' ? '1153' : first, second];
      expect([compression, await played(limited.endpoint, limit + more, compression)]).toEqual([
        compression,
        baseline,
      ]);
    }
  });

  test('of several packets, and beyond the tablet’s limit alone', async () => {
    expect(await played(limited.endpoint, 20 * megabyte)).toEqual(['1153', 'closed']);
    const wide = await stage.startRouter();
    // The connection to the tablet is gone, the client's is not. It may go before its error was read, as a client of mysqld finds.
    const refusals = ['1153', '9203'];
    const [refused, next] = await played(wide.endpoint, 2 * megabyte);
    expect(refusals).toContain(refused);
    expect(next).toBe('2');
    const client = await RawClient.connect(wide.endpoint, { database: 'main' });
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM information_schema.tables LIMIT 1');
    const long = await client.query(`SELECT '${'x'.repeat(2 * megabyte)}'`);
    expect(refusals).toContain(readError(long.packets[0]!.payload).errno.toString());
    expect(readResults(await client.query('SELECT 1'))[0]?.error?.errno).toBe(9204);
    await client.query('ROLLBACK');
    expect(readResults(await client.query('SELECT 1'))[0]?.rows).toEqual([['1']]);
    await client.quit();
    await wide.stop();
  });
});

test('the greetings are what docs/protocol.md says', async () => {
  const text = await readFile(join(import.meta.dirname, '../../docs/protocol.md'), 'utf8');
  const rows = [...text.matchAll(/^\| (\d+) \| [A-Z0-9_ ()]+ \| (yes|no) \| (yes|no) \|/gm)];
  expect(rows.map(([, bit]) => Number(bit))).toEqual(Array.from({ length: 32 }, (_, bit) => bit));
  for (const [column, endpoint] of [
    [2, stage.baseline],
    [3, router.endpoint],
  ] as const) {
    const client = await RawClient.open(endpoint);
    const { capabilities } = client.greeting;
    client.destroy();
    const offered = rows.map(([, bit]) => (((capabilities >>> Number(bit)) & 1) === 1 ? 'yes' : 'no'));
    expect(offered).toEqual(rows.map((row) => row[column]));
  }
});
