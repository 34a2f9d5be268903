/** A router under load while its VSchema and the routing rules change: every answer is right, before, after and between. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EtcdTopologyStore } from '../../src/topology/etcd-store.ts';
import { runStatements } from '../support/mysqld.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, until } from '../support/router-stage.ts';
import { ask } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';
import { type Acknowledged, type Clock, type Known, type Report, read, witness, write } from './clients.ts';
import {
  contents,
  keyspace,
  routingRulesOf,
  stateAt,
  tablesOfMain,
  tablesOfShards,
  vschemaOf,
  vschemaOfMain,
  words,
} from './states.ts';

/** `npm test` plays a short form; the full one is 200 changes in 60 s. */
const changes = Number(process.env.HEADGATE_TEST_SWITCHES ?? 20);
const changeMs = 250;

let stage: RouterStage;
beforeAll(async () => {
  stage = await RouterStage.set();
  await runStatements(stage.tablet, tablesOfMain, 'main');
  for (const server of [stage.tablet, stage.baseline]) await runStatements(server, tablesOfShards, keyspace);
});
afterAll(() => stage?.stop());

async function store(topology: EtcdTopologyStore, number: number): Promise<void> {
  const state = stateAt(number);
  // The VSchema comes last: who knows it knows the rules.
  await topology.putRoutingRules({ routingRules: routingRulesOf(state) });
  await topology.putVschema({ keyspace, vschema: vschemaOf(state) });
}

async function fill(client: RawClient): Promise<void> {
  for (const sql of contents) expect((await ask(client, sql)).error).toBeUndefined();
  // Whatever INSERT accepts of texts: the vindex itself says where they belong.
  const list = Array.from({ length: words }, (_, at) => `w${at + 1}`);
  const { rows } = await ask(
    client,
    `SELECT id, shard FROM words WHERE id IN (${list.map((word) => `'${word}'`).join(', ')})`,
  );
  expect(rows).toHaveLength(words);
  for (const [word, shard] of rows) {
    const server = shard === '-80' ? stage.tablet : stage.baseline;
    await runStatements(server, [`INSERT INTO tag VALUES ('${word}', ${word!.slice(1)})`], keyspace);
  }
}

/** All rows of a statement, from the tablets themselves. */
async function stored(sql: string): Promise<string[]> {
  const rows: string[] = [];
  for (const server of [stage.tablet, stage.baseline]) {
    const client = await RawClient.connect(server, { database: keyspace });
    rows.push(...(await ask(client, sql)).rows.map(([first]) => first!));
    client.destroy();
  }
  return rows.sort();
}

test(`${changes} changes of the VSchema under load`, async () => {
  const routers = await withStore(stage.etcdAddress, async (topology) => {
    await topology.putVschema({ keyspace: 'main', vschema: vschemaOfMain });
    await store(topology, 0);
    return Promise.all([stage.startRouter(), stage.startRouter()]);
  });
  const client = await RawClient.connect(routers[0]!.endpoint, { database: keyspace });
  await fill(client);
  client.destroy();

  const clock: Clock = { begun: 0 };
  const report: Report = { answers: 0, failures: [] };
  const acknowledged: Acknowledged = { accounts: [], ledger: [], journal: [] };
  let isRunning = true;
  const running = () => isRunning && report.failures.length === 0;
  const known: Known[] = routers.map(() => ({ number: 0 }));
  const clients = Promise.all(
    routers.flatMap(({ endpoint }, at) => [
      witness(endpoint, running, clock, known[at]!),
      read(endpoint, running, clock, known[at]!, report),
      read(endpoint, running, clock, known[at]!, report),
      write(endpoint, 1_000_000 * (at + 1), running, acknowledged, report),
    ]),
  );
  await withStore(stage.etcdAddress, async (topology) => {
    for (let number = 1; number <= changes && running(); number++) {
      const beganAtMs = Date.now();
      clock.begun = number;
      await store(topology, number);
      await until(
        `the routers know change ${number}`,
        () => !running() || known.every((each) => each.number === number),
      );
      await sleep(Math.max(0, changeMs - (Date.now() - beganAtMs)));
    }
  });
  isRunning = false;
  await clients;
  expect(report.failures).toEqual([]);
  expect(report.answers).toBeGreaterThan(changes * 10);

  const text = (ids: readonly number[]) => ids.map(String).sort();
  expect(await stored('SELECT id FROM account WHERE id >= 1000000')).toEqual(text(acknowledged.accounts));
  expect(
    await stored(
      'SELECT id FROM ledger_a WHERE id >= 1000000 UNION ALL SELECT id FROM ledger_b WHERE id >= 1000000',
    ),
  ).toEqual(text(acknowledged.ledger));
  expect(await stored('SELECT body FROM journal')).toEqual(
    acknowledged.journal.flatMap((body) => [body, body, body]).sort(),
  );
}, 180_000);
