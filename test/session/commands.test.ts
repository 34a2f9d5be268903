/** Every command byte, by a user without privileges on mysqld and through the router: the first packet is the same, or told here. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readError } from '../support/decode-parts.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';

let stage: RouterStage;
let router: RouterUnderTest;
let plain: Endpoint;

beforeAll(async () => {
  stage = await RouterStage.set();
  router = await stage.startRouter();
  const admin = await RawClient.connect(stage.baseline);
  await admin.query("CREATE USER plain@localhost IDENTIFIED BY 'p'");
  await admin.query("CREATE USER plain@127.0.0.1 IDENTIFIED BY 'p'");
  await admin.query('GRANT ALL ON main.* TO plain@localhost');
  await admin.query('GRANT ALL ON main.* TO plain@127.0.0.1');
  admin.destroy();
  plain = { ...stage.baseline, user: 'plain', password: 'p' };
});
afterAll(() => stage?.stop());

/** The first packet of the answer, and whether the connection stays. `silent`: nothing before the answer to a ping. */
async function answerTo(server: Endpoint, byte: number, payload: Buffer): Promise<string> {
  const client = await RawClient.connect(server, { database: 'main', timeoutMs: 10_000 });
  try {
    client.send(byte, payload);
    client.send(command.ping);
    const first = await client.receive();
    if (first === undefined) return 'closed';
    const isError = first.payload[0] === 0xff;
    const { errno, sqlState, message } = isError
      ? readError(first.payload)
      : { errno: 0, sqlState: '', message: '' };
    const what = isError ? `${errno} (${sqlState}) ${message}` : first.payload.toString('hex', 0, 1);
    // The ping that follows has an answer of its own, unless the first one was it.
    const second = await Promise.race([client.receive(), settled()]);
    const after = second === undefined ? 'closed' : second === 'nothing' ? 'silent' : 'open';
    return `${what}, ${after}`;
  } finally {
    client.destroy();
  }
}

const settled = (): Promise<'nothing'> => new Promise((resolve) => setTimeout(() => resolve('nothing'), 60));

/** Not sent, or of another length than one packet. */
const apart: ReadonlySet<number> = new Set([
  command.query,
  command.changeUser,
  command.fieldList,
  command.initDb,
  command.stmtPrepare,
  // Removed from MySQL 9, and still served.
  command.processInfo,
  command.processKill,
]);

const bytes = Array.from({ length: 0x28 }, (_, byte) => byte).filter((byte) => !apart.has(byte));

test.each([0, 3, 4])('commands with %i bytes', async (length) => {
  for (const byte of [...bytes, 0x7f, 0xfe, 0xff]) {
    const payload = Buffer.alloc(length, 1);
    const [theirs, ours] = await Promise.all([
      answerTo(plain, byte, payload),
      answerTo(router.endpoint, byte, payload),
    ]);
    const name = `0x${byte.toString(16)} `;
    expect(name + ours).toBe(name + (differences.get(byte) ?? theirs).replace('plain', 'root'));
  }
});

test('COM_FIELD_LIST of a table on several shards', async () => {
  const fields = async (server: Endpoint) => {
    const client = await RawClient.connect(server, { database: 'user' });
    const answer = await client.command(command.fieldList, 'spread\0');
    client.destroy();
    return answer.packets.map(({ payload }) => payload.toString('hex'));
  };
  for (const server of [stage.tablet, stage.baseline]) {
    const admin = await RawClient.connect(server, { database: 'user' });
    await admin.query('CREATE TABLE spread (id BIGINT PRIMARY KEY, name VARCHAR(20) DEFAULT "x")');
    admin.destroy();
  }
  expect(await fields(router.endpoint)).toEqual(await fields(stage.baseline));
});

const unknown = '1047 (08S01) Unknown command';
const replica =
  '1227 (42000) Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s) for this operation';

const differences: ReadonlyMap<number, string> = new Map([
  // MySQL names the privilege that is missing with an empty string.
  [command.subscribeGroupReplicationStream, `${unknown}, closed`],
  [command.binlogDump, `${replica}, open`],
  [command.binlogDumpGtid, `${replica}, open`],
  // The name of the host is the server's to find out.
  [
    command.registerReplica,
    "1045 (28000) Access denied for user 'plain'@'127.0.0.1' (using password: YES), open",
  ],
]);
