/** Each command in two pieces, split at every byte, and cut off at every byte: its answer is the same, or nothing is left of it. */
import { setImmediate as turn } from 'node:timers/promises';
import { capability, command } from '../../src/mysql/protocol.ts';
import { queryPrefix } from '../support/attributes.ts';
import { frame } from '../support/bytes.ts';
import { explainPackets } from '../support/decode.ts';
import { executePayload, long, text } from '../support/parameters.ts';
import { type ConnectOptions, type Endpoint, RawClient } from '../support/raw-client.ts';

type Command = Readonly<{
  name: string;
  byte: number;
  /** `id`: a prepared statement with two parameters. */
  payload: (id: number) => Buffer;
  /** What has to come before. */
  before?: (client: RawClient, id: number) => Promise<unknown>;
  options?: ConnectOptions;
}>;

const statement = 'SELECT ?, id FROM user.item WHERE id > ? ORDER BY id';
const values = [text('value'), long(35)];
const withId = (id: number, ...more: number[]): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(id);
  return Buffer.concat([bytes, Buffer.from(more)]);
};
const attribute = { name: 'a', value: text('b') };

const commands: readonly Command[] = [
  {
    name: 'query',
    byte: command.query,
    payload: () => Buffer.from('SELECT id FROM user.item ORDER BY id LIMIT 3'),
  },
  { name: 'several queries', byte: command.query, payload: () => Buffer.from("SELECT 'a'; SELECT 'b'") },
  {
    name: 'query with attributes',
    byte: command.query,
    payload: () => Buffer.concat([queryPrefix([attribute]), Buffer.from('SELECT 1')]),
    options: { with: capability.queryAttributes },
  },
  { name: 'prepare', byte: command.stmtPrepare, payload: () => Buffer.from('SELECT ?') },
  { name: 'execute', byte: command.stmtExecute, payload: (id) => executePayload(id, values) },
  {
    name: 'execute with a cursor',
    byte: command.stmtExecute,
    payload: (id) => executePayload(id, values, { cursor: 1 }),
  },
  {
    name: 'fetch',
    byte: command.stmtFetch,
    payload: (id) => withId(id, 3, 0, 0, 0),
    before: (client, id) => client.execute(id, values, { cursor: 1 }),
  },
  { name: 'reset of a statement', byte: command.stmtReset, payload: (id) => withId(id) },
  { name: 'database', byte: command.initDb, payload: () => Buffer.from('main') },
  { name: 'ping', byte: command.ping, payload: () => Buffer.alloc(0) },
];

async function prepared(
  router: Endpoint,
  { options, before }: Command,
): Promise<{ client: RawClient; id: number }> {
  const client = await RawClient.connect(router, { database: 'user', ...options });
  const { id } = await client.prepare(statement);
  await before?.(client, id);
  return { client, id };
}

/** Plays all commands at all borders; what went wrong, as text. */
export async function playBoundaries(router: Endpoint): Promise<string[]> {
  const failures: string[] = [];
  for (const one of commands) {
    const { client, id } = await prepared(router, one);
    const bytes = frame(Buffer.concat([Buffer.from([one.byte]), one.payload(id)]));
    client.sendRaw(bytes);
    const whole = explained(await client.readAnswer(one.byte));
    for (let at = 1; at < bytes.length; at += 1) {
      await one.before?.(client, id);
      client.sendRaw(bytes.subarray(0, at));
      await turn();
      client.sendRaw(bytes.subarray(at));
      const answer = explained(await client.readAnswer(one.byte));
      if (answer !== whole) failures.push(`${one.name}, split at ${at}: ${answer} where ${whole} was`);
    }
    client.destroy();
    for (let at = 1; at < bytes.length; at += 1) {
      const cut = await prepared(router, one);
      cut.client.sendRaw(bytes.subarray(0, at));
      await turn();
      if (at % 2 === 0) cut.client.destroy();
      else cut.client.reset();
    }
  }
  return failures;
}

/** Statement ids go up from one PREPARE to the next. */
const explained = ({
  packets,
  capabilities,
  commandByte,
  closed,
}: Awaited<ReturnType<RawClient['query']>>): string =>
  [...explainPackets(packets, capabilities, commandByte), closed ? 'closed' : '']
    .join(' | ')
    .replace(/id=\d+/, 'id');
