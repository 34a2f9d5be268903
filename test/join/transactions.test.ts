/** Joins within a transaction whose driving side is larger than what the router may keep: its rows come by cursors. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../src/mysql/protocol.ts';
import { readResults } from '../support/decode.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { ask, explained, refusal, value } from '../support/session-play.ts';
import { JoinStage } from './stage.ts';

const EVENTS = 60_000;
/** Of a join in the middle: a client that takes nothing more. */
const LARGE = 'SELECT e.*, m.note FROM events e JOIN many m ON m.id = e.i';
const ORDERED = 'SELECT e.id, e.note, m.note FROM events e LEFT JOIN many m ON m.id = e.i ORDER BY e.id';

let stage: JoinStage;
let router: RouterUnderTest;
let mysql: RawClient;
let client: RawClient;

beforeAll(async () => {
  stage = await JoinStage.set();
  const [started] = await Promise.all([
    stage.startRouter('--engine-statement-bytes-max=1048576', '--pool-connections-max=3'),
    stage.fillEvents(EVENTS),
  ]);
  router = started;
});
afterAll(() => stage?.stop());
beforeEach(async () => {
  client = await stage.client(router);
  mysql = await stage.client({ endpoint: stage.reference });
});
afterEach(() => stage.closeClients());

async function both(sql: string): Promise<void> {
  for (const each of [mysql, client]) expect(await refusal(each, sql)).toBeUndefined();
}

/** The lines of an answer; how it was run, and what of a column's flags goes by that, is not the same. */
const linesOf = (answer: Parameters<typeof explained>[0]): string[] =>
  explained(answer).map((line) => line.replace('+noIndexUsed', '').replace(/ flags=\d+$/, ''));

function expectSame(sql: string, expected: string[], got: string[]): void {
  expect({ sql, lines: got.length, last: got.at(-1) }).toEqual({
    sql,
    lines: expected.length,
    last: expected.at(-1),
  });
  const sorted = sql.includes('ORDER BY') ? [expected, got] : [expected.toSorted(), got.toSorted()];
  const different = sorted[0]!.findIndex((line, at) => line !== sorted[1]![at]);
  expect(sorted[1]!.slice(different, different + 1)).toEqual(sorted[0]!.slice(different, different + 1));
}

async function sameText(sql: string): Promise<void> {
  const expected = linesOf(await mysql.query(sql));
  expect(expected.length).toBeGreaterThan(10_000);
  expectSame(sql, expected, linesOf(await client.query(sql)));
}

async function samePrepared(sql: string): Promise<void> {
  const lines: string[][] = [];
  for (const each of [mysql, client]) {
    const { id } = await each.prepare(sql);
    lines.push(linesOf(await each.execute(id)));
    each.closeStatement(id);
  }
  expectSame(sql, lines[0]!, lines[1]!);
}

const changes = [
  "UPDATE events SET note = 'mine', i = 77 WHERE id BETWEEN 1000 AND 1050",
  'DELETE FROM events WHERE id BETWEEN 2000 AND 2010',
  "INSERT INTO events (id, i, note) VALUES (900001, 5, 'new'), (900002, 6, 'new')",
];

describe('many rows drive', () => {
  test('as text, with what the transaction has changed', async () => {
    await both('BEGIN');
    for (const change of changes) await both(change);
    await sameText(ORDERED);
    expect((await ask(client, 'SHOW WARNINGS')).rows).toEqual([]);
    await sameText(
      'SELECT e.id FROM events e WHERE e.i IN (SELECT m.i FROM many m WHERE m.id > 9) ORDER BY e.id',
    );
    await both('ROLLBACK');
  });

  test('values of all types are written as MySQL writes them', async () => {
    await both('BEGIN');
    await sameText('SELECT e.*, m.note FROM events e STRAIGHT_JOIN many m ON m.id = e.i WHERE e.id < 12000');
    await both('COMMIT');
  });

  test('prepared, and several lookups', async () => {
    await both('SET autocommit = 0');
    const chain =
      'SELECT e.id, m.i, n.note FROM events e JOIN many m ON m.id = e.i LEFT JOIN many n ON n.id = m.i WHERE e.id < 12000';
    await samePrepared(chain);
    await samePrepared(
      'SELECT e.*, m.id FROM events e STRAIGHT_JOIN many m ON m.id = e.i WHERE e.id < 12000',
    );
    await sameText(chain);
    await both('COMMIT');
    expect(await value(client, 'SELECT COUNT(*) FROM events')).toBe(String(EVENTS));
  });
});

async function begin(): Promise<void> {
  await ask(client, 'BEGIN');
  await ask(client, "UPDATE events SET note = 'mine' WHERE id IN (1, 2)");
  client.pause();
  client.send(command.query, LARGE);
  await sleep(300);
}

/** Rows that the transaction has changed are free again. */
async function expectFree(): Promise<void> {
  const next = await stage.client(router);
  expect(await refusal(next, "UPDATE events SET note = 'x' WHERE id IN (1, 2)")).toBeUndefined();
  expect(
    await refusal(next, "UPDATE events SET note = CONCAT('event ', id) WHERE id IN (1, 2)"),
  ).toBeUndefined();
}

test('a client that goes away in the middle leaves nothing behind', async () => {
  await begin();
  client.destroy();
  await expectFree();
});

test('KILL QUERY in the middle ends the join, not the transaction', async () => {
  const id = await value(client, 'SELECT CONNECTION_ID()');
  await begin();
  await ask(mysql, 'SELECT 1');
  const other = await stage.client(router);
  await ask(other, `KILL QUERY ${id}`);
  client.resume();
  const [result] = readResults(await client.readAnswer(command.query));
  expect(result!.error?.errno).toBe(1317);
  expect(await value(client, 'SELECT note FROM events WHERE id = 1')).toBe('mine');
  expect(
    (await ask(client, 'SELECT e.id FROM events e JOIN many m ON m.id = e.i LIMIT 3')).rows,
  ).toHaveLength(3);
  await ask(client, 'ROLLBACK');
  await expectFree();
});

test('a LIMIT ends it early, again and again on the same connections', async () => {
  await ask(client, 'BEGIN');
  for (let round = 0; round < 5; round++) {
    const { rows, error } = await ask(
      client,
      'SELECT e.id, m.id FROM events e JOIN many m ON m.id = e.i LIMIT 5000',
    );
    expect(error).toBeUndefined();
    expect(rows).toHaveLength(5000);
  }
  await ask(client, 'COMMIT');
});

test('a shard that is lost in the middle loses the transaction', async () => {
  await begin();
  stage.proxies[0].cutAll();
  client.resume();
  const [result] = readResults(await client.readAnswer(command.query));
  expect(result!.error).toBeDefined();
  expect(await refusal(client, 'ROLLBACK')).toBeUndefined();
  await expectFree();
});
