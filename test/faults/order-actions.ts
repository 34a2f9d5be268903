/** What a client of the random orders can do next; each answer is checked for being its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { capability, command } from '../../src/mysql/protocol.ts';
import { frame } from '../support/bytes.ts';
import { long, longData, nullValue, type Parameter, text } from '../support/parameters.ts';
import type { Random } from '../support/random.ts';
import type { Answer, RawClient } from '../support/raw-client.ts';
import { explained, isAlways, preparable, stored, tellingQuery } from './order-queries.ts';

/** One connection's life. */
export type Life = {
  readonly client: RawClient;
  readonly random: Random;
  /** In everything that it asks for; no other client has it. */
  readonly token: string;
  /** Numbers for rows of its own. */
  nextRow: number;
  statements: { id: number; parameters: number; isTold: boolean }[];
  answers: number;
  /** Answers that were errors, by their number. */
  readonly errors: Map<number, number>;
  failures: string[];
};

/** What all lives together need. */
export type Surroundings = Readonly<{
  /** Connections that can be killed. */
  connectionIds: readonly number[];
  /** Cuts the router's connections to a shard. */
  cutShard: (random: Random) => void;
}>;

const tokens = /tok\d+z/g;

/** Every token in the answer is the client's; with `isTold` and no error there is one. */
export function check(life: Life, what: string, answer: Answer, isTold: boolean): void {
  life.answers += 1;
  let found = 0;
  let isError = answer.closed || answer.packets.length === 0;
  for (const { payload } of answer.packets) {
    if (payload[0] === 0xff) {
      isError = true;
      const errno = payload.readUInt16LE(1);
      life.errors.set(errno, (life.errors.get(errno) ?? 0) + 1);
    }
    for (const [one] of payload.toString('latin1').matchAll(tokens)) {
      found += 1;
      if (one !== life.token) life.failures.push(`${life.token}, ${what}: an answer with ${one}`);
    }
  }
  if (isTold && !isError && found === 0)
    life.failures.push(`${life.token}, ${what}: an answer without its token`);
}

type Action = (life: Life, around: Surroundings) => Promise<void>;

const ask = async (life: Life, sql: string, isTold: boolean): Promise<void> =>
  check(life, sql, await life.client.query(sql), isTold);

async function execute(life: Life): Promise<void> {
  if (life.statements.length === 0 && life.random.chance(0.9)) await prepare(life);
  const { client, random, token } = life;
  const statement = life.statements.length === 0 ? undefined : random.pick(life.statements);
  const { id, parameters, isTold } = statement ?? { id: random.below(9), parameters: 1, isTold: false };
  const values: Parameter[] = [text(token), long(random.below(30))].slice(0, parameters);
  if (parameters > 0 && random.chance(0.1)) {
    client.sendLongData(id, 0, token);
    values[0] = longData();
  } else if (parameters > 1 && random.chance(0.05)) values[1] = nullValue();
  const cursor = random.chance(0.5) ? random.pick([0, 1, 1, 1, 2, 7]) : 0;
  const attributes = random.chance(0.3) ? [{ name: 'token', value: text(token) }] : [];
  const answer = await client.execute(id, values, { cursor, withTypes: random.chance(0.9) }, attributes);
  // Rows of a cursor come later, and there may be none at all.
  check(life, `execute ${id}`, answer, isTold && parameters === 1 && (cursor & 1) === 0);
}

async function prepare(life: Life): Promise<void> {
  const [sql, parameters, isTold] = preparable(life);
  const { answer, id } = await life.client.prepare(sql);
  check(life, sql, answer, false);
  if (id !== 0) life.statements.push({ id, parameters, isTold });
}

async function pipeline(life: Life): Promise<void> {
  const { client, random } = life;
  if ((client.capabilities & capability.queryAttributes) !== 0) return;
  const sent = Array.from({ length: 2 + random.below(4) }, () => tellingQuery(life));
  const whole = Buffer.concat(
    sent.map((sql) => frame(Buffer.concat([Buffer.from([command.query]), Buffer.from(sql)]))),
  );
  const at = random.below(whole.length);
  client.sendRaw(whole.subarray(0, at));
  if (random.chance(0.5)) await sleep(0);
  client.sendRaw(whole.subarray(at));
  for (const sql of sent) check(life, sql, await client.readAnswer(command.query), isAlways(sql));
}

async function transaction(life: Life): Promise<void> {
  const { random } = life;
  const first = life.nextRow;
  life.nextRow += 1 + random.below(3);
  const rows = Array.from({ length: life.nextRow - first }, (_, at) => `(${first + at}, 1, 'row')`);
  await ask(
    life,
    random.pick(['BEGIN', 'START TRANSACTION READ ONLY', 'SAVEPOINT a', 'ROLLBACK TO a']),
    false,
  );
  await ask(life, `INSERT INTO user.item (id, n, s) VALUES ${rows.join(', ')}`, false);
  if (random.chance(0.7)) await ask(life, random.pick(['ROLLBACK', 'COMMIT', 'BEGIN']), false);
}

/** Those that end the connection, and one whose answer is about all clients. */
const known: ReadonlySet<number> = new Set<number>([
  command.quit,
  command.changeUser,
  command.shutdown,
  command.processInfo,
]);

const actions: readonly (readonly [weight: number, Action])[] = [
  [
    6,
    async (life) => {
      const sql = tellingQuery(life);
      await ask(life, sql, isAlways(sql));
    },
  ],
  [5, prepare],
  [8, execute],
  [
    6,
    async (life) => {
      const { client, random, statements } = life;
      if (statements.length === 0 && random.chance(0.9)) return execute(life);
      const id = statements.length === 0 ? random.below(9) : random.pick(statements).id;
      check(life, `fetch ${id}`, await client.fetch(id, random.pick([0, 1, 2, 7, 50, 0xffff_ffff])), false);
    },
  ],
  [
    1,
    async (life) => {
      const { client, random, statements } = life;
      if (statements.length === 0) return;
      const at = random.below(statements.length);
      const { id } = statements[at]!;
      if (random.chance(0.5)) check(life, 'reset', await client.resetStatement(id), false);
      else {
        client.closeStatement(id);
        statements.splice(at, 1);
      }
    },
  ],
  [2, transaction],
  [2, pipeline],
  [1, (life) => ask(life, `SELECT '${life.token}'; SELECT id, '${life.token}' FROM user.item`, true)],
  [1, (life) => ask(life, `SET @v = '${life.token}'`, false).then(() => ask(life, 'SELECT @v', false))],
  [1, (life) => ask(life, stored(life), false).then(() => ask(life, 'SELECT @v', false))],
  [0.5, (life) => ask(life, explained(life), false)],
  [
    1,
    (life) =>
      ask(life, `SELECT /*vt+ QUERY_TIMEOUT_MS=3 */ id, '${life.token}', SLEEP(0.01) FROM user.item`, false),
  ],
  [
    1,
    async (life) => {
      const { client, token, random } = life;
      const attributes = [{ name: token, value: text(token) }];
      check(
        life,
        'attributes',
        await client.query(`SELECT '${token}'`, random.chance(0.5) ? attributes : []),
        true,
      );
    },
  ],
  [
    1,
    async (life) => {
      const { client, random } = life;
      check(
        life,
        'init db',
        await client.command(command.initDb, random.pick(['main', 'user', 'nowhere'])),
        false,
      );
    },
  ],
  [
    1,
    async (life) => {
      const { client, random } = life;
      const isReset = random.chance(0.6);
      const answer = isReset ? await client.command(command.resetConnection) : await client.changeUser();
      check(life, isReset ? 'reset connection' : 'change user', answer, false);
      life.statements = [];
    },
  ],
  [
    1,
    async (life) => {
      const { client, random } = life;
      const byte = random.pick([command.ping, command.statistics, command.setOption, random.below(0x30)]);
      if (known.has(byte) || byte === command.stmtSendLongData || byte === command.stmtClose) return;
      if (byte === command.query || byte === command.stmtPrepare || byte === command.stmtExecute) return;
      check(life, `command ${byte}`, await client.command(byte, random.bytes(random.below(12))), false);
    },
  ],
  [
    0.3,
    async (life, { connectionIds }) => {
      if (connectionIds.length === 0) return;
      const id = life.random.pick(connectionIds);
      await ask(life, `KILL ${life.random.chance(0.8) ? 'QUERY ' : ''}${id}`, false);
    },
  ],
  [0.02, async ({ random }, { cutShard }) => cutShard(random)],
];

const weights = actions.reduce((sum, [weight]) => sum + weight, 0);

/** Does something. */
export async function act(life: Life, around: Surroundings): Promise<void> {
  let left = life.random.next() * weights;
  for (const [weight, action] of actions) {
    left -= weight;
    if (left < 0) return action(life, around);
  }
}
