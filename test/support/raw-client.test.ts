/** The test client itself, against a real server: what it says about an answer must be true. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { capability, columnType, command } from '../../src/mysql/protocol.ts';
import { explainPackets, readResults } from './decode.ts';
import { type Mysqld, startMysqld } from './mysqld.ts';
import {
  date,
  double,
  float,
  long,
  longData,
  longlong,
  nullValue,
  short,
  text,
  time,
  tiny,
} from './parameters.ts';
import { RawClient, ServerError } from './raw-client.ts';

let server: Mysqld;
beforeAll(async () => {
  server = await startMysqld({ databases: ['lab'] });
});
afterAll(() => server.stop());

const withClient = async <T>(
  use: (client: RawClient) => Promise<T>,
  options: Parameters<typeof RawClient.connect>[1] = {},
): Promise<T> => {
  const client = await RawClient.connect(server.endpoint, { database: 'lab', ...options });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
};

describe.each([
  ['plain', {}],
  ['classic EOF', { without: capability.deprecateEof }],
  ['TLS', { tls: true }],
  ['no session tracking', { without: capability.sessionTrack }],
])('%s', (_, options) => {
  test('rows, several results and an error in one answer', () =>
    withClient(async (client) => {
      const answer = await client.query("SELECT 1 AS a, NULL AS b; SELECT 'x' WHERE 1=0; SELECT nope");
      const results = readResults(answer);
      expect(results.map(({ rows }) => rows)).toEqual([[['1', null]], [], []]);
      expect(results[2]?.error?.errno).toBe(1054);
      expect(explainPackets(answer.packets, answer.capabilities, command.query)).toContain('ROW 1 | NULL');
      expect(readResults(await client.query('SELECT 2'))[0]?.rows).toEqual([['2']]);
    }, options));

  test('rows beyond 16 MB and requests beyond 16 MB', () =>
    withClient(async (client) => {
      const bytes = 17 * 1024 * 1024;
      const big = await client.query(`SELECT REPEAT('x', ${bytes}) AS t, 'end' AS e`);
      expect(readResults(big)[0]?.rows[0]?.map((value) => value?.length)).toEqual([bytes, 3]);
      const sent = await client.query(`SELECT LENGTH('${'y'.repeat(bytes)}') AS n`);
      expect(readResults(sent)[0]?.rows).toEqual([[String(bytes)]]);
    }, options));

  test('every type travels both ways in the binary protocol', () =>
    withClient(async (client) => {
      const values = [
        tiny(-5),
        tiny(250, true),
        short(-300),
        long(-70_000),
        longlong(-1n),
        longlong(2n ** 64n - 1n, true),
        float(1.5),
        double(-2.25),
        text('Grüße'),
        text('12.50', columnType.newDecimal),
        nullValue(),
        date({ y: 2024, m: 2, d: 29, time: [12, 30, 1], micros: 5 }),
        date({ y: 2024, m: 2, d: 29 }, columnType.date),
        time(true, 33, [8, 0, 1], 120_000),
        longData(),
      ];
      const { id } = await client.prepare(`SELECT ${values.map(() => '?').join(',')}`);
      client.sendLongData(id, 14, 'long ');
      client.sendLongData(id, 14, 'data');
      const [result] = readResults(await client.execute(id, values));
      expect(result?.rows[0]).toEqual([
        '-5',
        '250',
        '-300',
        '-70000',
        '-1',
        '18446744073709551615',
        '1.5',
        '-2.25',
        'Grüße',
        '12.50',
        null,
        '2024-02-29 12:30:01.000005',
        '2024-02-29',
        '-800:00:01.120000',
        'long data',
      ]);
      expect((await client.resetStatement(id)).packets).toHaveLength(1);
      client.closeStatement(id);
      expect(readResults(await client.execute(id, values))[0]?.error?.errno).toBe(1243);
    }, options));

  test('cursors, field list, statistics, change user, reset', () =>
    withClient(async (client) => {
      await client.query('CREATE TABLE IF NOT EXISTS three (n INT PRIMARY KEY)');
      await client.query('REPLACE INTO three VALUES (1), (2), (3)');
      const { id } = await client.prepare('SELECT n FROM three ORDER BY n');
      await client.execute(id, [], { cursor: 1 });
      expect((await client.fetch(id, 2)).packets).toHaveLength(3);
      const fields = await client.command(command.fieldList, 'three\0');
      expect(fields.packets.length).toBe(2);
      expect((await client.command(command.statistics)).packets[0]?.payload.toString()).toMatch(/^Uptime/);
      expect((await client.changeUser({ database: 'mysql' })).packets.at(-1)?.payload[0]).toBe(0);
      expect(readResults(await client.query('SELECT DATABASE()'))[0]?.rows).toEqual([['mysql']]);
      expect((await client.command(command.resetConnection)).packets).toHaveLength(1);
      expect(readResults(await client.command(0x7f))[0]?.error?.errno).toBe(1047);
    }, options));
});

test('passwords: fast and full path of caching_sha2_password, and a refusal', async () => {
  await withClient((client) =>
    client.query("CREATE USER 'ann'@'%' IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO 'ann'@'%'"),
  );
  const ann = { ...server.endpoint, user: 'ann', password: 'secret' };
  for (const tls of [false, true, false]) {
    const client = await RawClient.connect(ann, { tls });
    expect(readResults(await client.query('SELECT CURRENT_USER()'))[0]?.rows).toEqual([['ann@%']]);
    expect((await client.changeUser()).packets.at(-1)?.payload[0]).toBe(0);
    await client.quit();
  }
  await expect(RawClient.connect({ ...ann, password: 'wrong' })).rejects.toThrow(ServerError);
});
