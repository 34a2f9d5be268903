/** Thousands of clients come and go, in all the ways there are, and leave nothing behind. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import { processFigures } from '../support/process-figures.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { tlsArgs } from '../support/system.ts';

const megabyte = 1024 * 1024;
const parallel = 24;
let stage: RouterStage;
let router: RouterUnderTest;
beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE t (id BIGINT PRIMARY KEY)']);
  const hook = pathToFileURL(join(import.meta.dirname, '../support/what-is-left.mjs'));
  router = await stage.startRouter(tlsArgs(stage.second.dataDir), { NODE_OPTIONS: `--import=${hook}` });
});
afterAll(() => stage?.stop());

const begun = [
  'BEGIN',
  'INSERT INTO t VALUES (1)',
  'SET @a = 5',
  "SELECT GET_LOCK('l', 0)",
  'SELECT id FROM t',
];

/** One client from its first byte to its end. */
async function cycle(random: Random): Promise<void> {
  if (random.chance(0.15)) {
    const client = await RawClient.open(router.endpoint);
    if (random.chance(0.5)) client.sendRaw(random.bytes(1 + random.below(40)));
    return random.chance(0.5) ? client.reset() : client.destroy();
  }
  const client = await RawClient.connect(router.endpoint, {
    tls: random.chance(0.1),
    compression: random.pick([undefined, undefined, undefined, 'zlib', 'zstd'] as const),
    database: random.pick([undefined, 'main', 'user']),
  });
  if (random.chance(0.4)) await client.query('SELECT 1');
  if (random.chance(0.1)) await client.query(`USE main`);
  if (random.chance(0.1)) await client.prepare('SELECT ?');
  if (random.chance(0.1)) await client.query(random.pick(begun));
  if (random.chance(0.05)) await client.changeUser();
  // In the middle of an answer, or of a command.
  if (random.chance(0.1))
    client.send(command.query, random.pick(['SELECT SLEEP(0.01)', "SELECT REPEAT('x', 300000)"]));
  else if (random.below(10) === 0) client.sendRaw(Buffer.from([100, 0, 0, 0, 3, 65]));
  const end = random.below(3);
  if (end === 0) client.send(command.quit);
  if (end === 1) client.reset();
  else client.destroy();
}

async function runCycles(count: number, seed: number): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (next < count) await cycle(new Random(seed + next++));
    }),
  );
}

type Left = Readonly<{ resources: Readonly<Record<string, number>>; rss: number; heapUsed: number }>;

/** What the router holds once all clients are gone. */
async function whatIsLeft(): Promise<Left> {
  await until('all clients are gone', async () => {
    const { body } = await router.admin('/status.json');
    return (JSON.parse(body) as { sessions: { open: number } }).sessions.open === 0;
  });
  // Sockets that wait for the other side, and the admin port's own, go a moment later.
  await sleep(2500);
  const before = router.log().length;
  router.child.kill('SIGUSR2');
  const lines = () =>
    router
      .log()
      .slice(before)
      .filter(({ msg }) => msg === 'what is left');
  await until('the router tells', () => lines().length > 0);
  return lines()[0] as unknown as Left;
}

test('5,100 clients leave no socket, timer, session or memory behind', async () => {
  const files = (await processFigures(router.child.pid!))!.files;
  const left: Left[] = [];
  for (let round = 0; round < 3; round += 1) {
    await runCycles(1700, round * 1700);
    left.push(await whatIsLeft());
  }
  const [before, after] = [left[0]!, left[2]!];
  // Connections to tablets and timers of their pools come and go; what clients leave would be thousands.
  for (const [name, count] of Object.entries(after.resources)) {
    expect([name, count - (before.resources[name] ?? 0) < 30]).toEqual([name, true]);
  }
  expect((await processFigures(router.child.pid!))!.files).toBeLessThanOrEqual(files + 30);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(4 * megabyte);
  // Memory that was freed stays with the process in part: it must not go on growing, once it has grown.
  expect(after.rss - left[1]!.rss).toBeLessThan(32 * megabyte);
  const client = await RawClient.connect(router.endpoint);
  expect(readResults(await client.query('SHOW PROCESSLIST'))[0]?.rows).toHaveLength(1);
  await client.quit();
  const accidents = router.log().filter(({ level }) => level === 'error' || level === 'fatal');
  expect(accidents).toEqual([]);
  router.child.kill('SIGTERM');
  expect(await router.ended).toBe(0);
}, 300_000);
