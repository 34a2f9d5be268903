/**
 * Clients that send commands in random orders, by seed: to an unsharded keyspace and over two shards, with cursors, transactions, kills,
 * cut connections and ends in the middle of an answer. Nobody gets an answer of somebody else's, and nothing is left behind.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { capability } from '../../src/mysql/protocol.ts';
import { run, type ShardedStage } from '../sharded/stage.ts';
import { type ProcessFigures, processFigures } from '../support/process-figures.ts';
import { Random } from '../support/random.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { leftBehind, ROWS } from './left-behind.ts';
import { act, type Life, type Surroundings } from './order-actions.ts';

export type OrdersOptions = Readonly<{
  cases: number;
  seed: number;
  parallel?: number;
  progress?: (line: string) => void;
}>;

export type OrdersReport = {
  cases: number;
  answers: number;
  /** By number. */
  errors: Record<number, number>;
  failures: string[];
  before: ProcessFigures | undefined;
  after: ProcessFigures | undefined;
  /** Statements prepared on each tablet at the end. */
  statements: number[];
};

const FAILURES_MAX = 8;
const ACTIONS_MAX = 12;
/** Below this all rows are everybody's. */
const FIRST_OWN_ROW = 1_000_000;

/** Rows that everybody reads. */
export async function fillTables(stage: ShardedStage, router: RouterUnderTest): Promise<void> {
  const client = await stage.client(router);
  const rows = Array.from({ length: ROWS }, (_, at) => `(${at + 1}, 1, 'row')`);
  await run(client, `INSERT INTO item (id, n, s) VALUES ${rows.join(', ')}`);
  await run(client, 'INSERT INTO main.plain VALUES (1, 1), (2, 2), (3, 3)');
  client.destroy();
}

/** Runs `cases` lives; a seed is a case. */
export async function playOrders(
  stage: ShardedStage,
  router: RouterUnderTest,
  { cases, seed, parallel = 8, progress }: OrdersOptions,
): Promise<OrdersReport> {
  const report: OrdersReport = {
    cases: 0,
    answers: 0,
    errors: {},
    failures: [],
    before: undefined,
    after: undefined,
    statements: [],
  };
  const connectionIds: number[] = [];
  const cutShard = (random: Random) => stage.proxies[random.below(2)]!.cutAll(random.chance(0.5));
  const around: Surroundings = { connectionIds, cutShard };
  const play = async (number: number) => {
    const life = await live(router.endpoint, number, around, connectionIds);
    report.answers += life.answers;
    for (const [errno, count] of life.errors) report.errors[errno] = (report.errors[errno] ?? 0) + count;
    report.failures.push(...life.failures);
  };
  // Pools and caches fill first.
  for (let at = 0; at < Math.min(cases, 100); at += 1) await play(0x4000_0000 + seed + at);
  report.before = await processFigures(router.child.pid!);
  let next = 0;
  const worker = async () => {
    while (next < cases && report.failures.length < FAILURES_MAX) {
      const number = next;
      next += 1;
      await play(seed + number);
      report.cases += 1;
      if (number > 0 && number % 5000 === 0)
        progress?.(`${number} of ${cases} lives, ${report.answers} answers`);
      if (router.child.exitCode !== null) report.failures.push(`the router is gone at case ${seed + number}`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  report.failures.push(...(await leftBehind(stage, router)));
  report.after = await processFigures(router.child.pid!);
  const counted =
    "SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Prepared_stmt_count'";
  report.statements = (await stage.perShard(counted)).map(Number);
  return report;
}

async function live(
  router: Endpoint,
  seed: number,
  around: Surroundings,
  connectionIds: number[],
): Promise<Life> {
  const random = new Random(seed);
  const options = {
    database: random.pick(['main', 'user', 'user']),
    with: random.chance(0.3) ? capability.queryAttributes : 0,
    without: random.chance(0.4) ? capability.deprecateEof : 0,
    timeoutMs: 30_000,
  };
  const client = await RawClient.connect(router, options);
  const token = `tok${seed}z`;
  const nextRow = FIRST_OWN_ROW + (seed % 0x4000_0000) * 100;
  const life: Life = {
    client,
    random,
    token,
    nextRow,
    statements: [],
    answers: 0,
    errors: new Map(),
    failures: [],
  };
  const { connectionId } = client.greeting;
  connectionIds.push(connectionId);
  try {
    const count = 1 + random.below(ACTIONS_MAX);
    for (let at = 0; at < count && !client.closed; at += 1) {
      // Some leave while their answer is on its way.
      if (random.chance(0.02)) {
        const unread = act(life, around).catch(() => {});
        await sleep(random.below(4));
        client.reset();
        await unread;
        break;
      }
      await act(life, around);
    }
    if (!client.closed && random.chance(0.5)) await client.quit();
  } catch (error) {
    if (!client.closed) life.failures.push(`${token}: ${(error as Error).message}`);
  } finally {
    connectionIds.splice(connectionIds.indexOf(connectionId), 1);
    client.destroy();
  }
  return life;
}
