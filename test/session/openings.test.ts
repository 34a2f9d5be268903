/**
 * What drivers, ORMs and tools SET and SELECT when they connect: answered as by mysqld, in an unsharded and in a sharded keyspace,
 * and afterwards no connection is held for any of them.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';
import { explained } from '../support/session-play.ts';
import { openings } from './openings.ts';

let stage: RouterStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE item (id INT PRIMARY KEY, s VARCHAR(20))']);
  router = await stage.startRouter(['--pool-connections-max=2']);
});
afterAll(() => stage?.stop());

/** Afterwards every session shows the same. */
const STATE = `SELECT @@autocommit, @@sql_mode, @@time_zone, @@transaction_isolation, @@transaction_read_only, @@character_set_client,
  @@character_set_results, @@collation_connection, @@sql_select_limit, @@net_write_timeout, @@wait_timeout, @@foreign_key_checks,
  @@unique_checks, @@sql_notes, @@sql_auto_is_null, @@max_execution_time, @@group_concat_max_len, @@sql_quote_show_create, DATABASE()`;

async function opened(endpoint: Endpoint, database: string, statements: readonly string[]) {
  const client = await RawClient.connect(endpoint, { database });
  const seen: [string, readonly string[]][] = [];
  for (const sql of [...statements, STATE]) seen.push([sql, explained(await client.query(sql))]);
  return { client, seen };
}

/** What is another server's own: names, numbers, times. */
const varying =
  /SHOW |@@hostname|@@server_id|CONNECTION_ID|VERSION\(\)|information_schema|USER\(\)|UNIX_TIMESTAMP|NOW\(\)/i;

test.each(
  openings.flatMap(({ name, statements }) => ['main', 'user'].map((at) => [name, at, statements] as const)),
)('%s in %s', async (_, database, statements) => {
  const expected = await opened(stage.baseline, database, statements);
  const played = await opened(router.endpoint, database, statements);
  for (const [at, [sql, answer]] of played.seen.entries()) {
    const mysqld = expected.seen[at]![1];
    if (!varying.test(sql)) expect([sql, ...answer]).toEqual([sql, ...mysqld]);
    else expect([sql, answer[0]!.startsWith('ERR')]).toEqual([sql, mysqld[0]!.startsWith('ERR')]);
  }
  const status = JSON.parse((await router.admin('/status.json')).body) as { sessions: { pinned: number } };
  expect(status.sessions.pinned).toBe(0);
  expected.client.destroy();
  played.client.destroy();
});
