/** What clients may leave on neither the router nor its tablets. */
import { setTimeout as sleep } from 'node:timers/promises';
import { rows, type ShardedStage } from '../sharded/stage.ts';
import { RawClient } from '../support/raw-client.ts';
import type { LogLine, RouterUnderTest } from '../support/router-stage.ts';
import { value } from '../support/session-play.ts';

/** Rows that everybody reads, and nobody changes. */
export const ROWS = 40;

const FAILURES_MAX = 8;
const LOOKS_MAX = 100;
const LOOK_MS = 50;

/** Log lines that no client may provoke. */
function isAccident({ msg, err }: LogLine): boolean {
  if (/uncaught|unhandled|internal error/i.test(`${msg} ${JSON.stringify(err ?? '')}`)) return true;
  // A tablet may be lost between the OK of a SET and the question what the variable is now; the next statement is told.
  return msg === 'failed after the answer' && (err as { code?: string }).code !== 'HG_TABLET_LOST';
}

/** What the router still has for clients, when there is none. */
async function heldByRouter(router: RouterUnderTest): Promise<string[]> {
  const { sessions } = JSON.parse((await router.admin('/status.json')).body) as {
    sessions: Record<string, number>;
  };
  const held = ['open', 'inTransaction', 'pinned'].filter((name) => sessions[name] !== 0);
  const { body } = await router.admin('/metrics');
  const busy = body.split('\n').filter((line) => /_connections\{.*state="busy"\} [1-9]/.test(line));
  return [...held.map((name) => `sessions ${name}: ${sessions[name]}`), ...busy];
}

/** Temporary tables on the tablets. */
async function temporaryTables(stage: ShardedStage): Promise<string[]> {
  const sql = 'SELECT NAME FROM information_schema.innodb_temp_table_info WHERE SPACE > 0';
  const found = await Promise.all(
    stage.tablets.map(async (endpoint) => {
      const client = await RawClient.connect(endpoint, { database: 'user' });
      const names = await rows(client, sql).finally(() => client.destroy());
      return names.map((name) => `temporary table ${name} on port ${endpoint.port}`);
    }),
  );
  return found.flat();
}

/** Sessions, busy connections, transactions and temporary tables that nobody has any more, and accidents in the log. */
export async function leftBehind(stage: ShardedStage, router: RouterUnderTest): Promise<string[]> {
  let left: string[] = [];
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    left = [...(await heldByRouter(router)), ...(await temporaryTables(stage))];
    if (left.length === 0) break;
    await sleep(LOOK_MS);
  }
  const failures = left.map((what) => `left behind: ${what}`);
  await stage.expectNoTransactions().catch((error: Error) => failures.push(error.message));
  const lines = router.log().filter(isAccident);
  failures.push(...lines.slice(0, FAILURES_MAX).map((line) => JSON.stringify(line)));
  const client = await RawClient.connect(router.endpoint, { database: 'user' });
  const count = await value(client, `SELECT COUNT(*) FROM item WHERE id <= ${ROWS}`);
  if (count !== String(ROWS)) failures.push(`${count} rows where ${ROWS} were`);
  client.destroy();
  return failures;
}
