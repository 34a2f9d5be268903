/**
 * A table is changed on the tablets, one shard after the other and behind the router's back, while clients read it. Each value
 * begins with the name of its column. Until the router knows, it may refuse; what it answers has every value under its title.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readResults } from '../support/decode.ts';
import { runStatements } from '../support/mysqld.ts';
import { type Endpoint, RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest, until } from '../support/router-stage.ts';
import { ask } from '../support/session-play.ts';
import { withStore } from '../support/topology-edit.ts';

const rows = 40;
const apartMs = 150;

/** Each change, and the columns behind it. */
const changes: readonly (readonly [string, readonly string[]])[] = [
  ["ADD COLUMN c VARCHAR(20) DEFAULT 'c:' FIRST", ['c', 'id', 'a', 'b']],
  ["ADD COLUMN d VARCHAR(20) DEFAULT 'd:' AFTER id, ALGORITHM=INSTANT", ['c', 'id', 'd', 'a', 'b']],
  ['MODIFY COLUMN b VARCHAR(20) AFTER c', ['c', 'b', 'id', 'd', 'a']],
  ['DROP COLUMN c', ['b', 'id', 'd', 'a']],
  ["DROP COLUMN d, ADD COLUMN e VARCHAR(20) DEFAULT 'e:' FIRST", ['e', 'b', 'id', 'a']],
  ['MODIFY COLUMN e VARCHAR(20) CHARACTER SET latin1 AFTER id', ['b', 'id', 'e', 'a']],
  ['DROP COLUMN e, MODIFY COLUMN b VARCHAR(20) AFTER a', ['id', 'a', 'b']],
];

type Asked = Readonly<{
  sql: string;
  /** How many rows it has. */
  many: number;
  /** Whether it begins with all columns of the table. */
  all: boolean;
  /** How the ids of its rows follow each other. */
  order?: (a: string, b: string) => number;
}>;

const byNumber = (a: string, b: string) => Number(a) - Number(b);
const byText = (a: string, b: string) => (a < b ? -1 : 1);

const statements: readonly Asked[] = [
  { sql: 'SELECT * FROM item ORDER BY id', many: rows, all: true, order: byNumber },
  { sql: 'SELECT * FROM item', many: rows, all: true },
  { sql: 'SELECT DISTINCT * FROM item', many: rows, all: true },
  {
    sql: 'SELECT *, a, id FROM item WHERE id IN (1, 2, 3, 4, 5, 6) ORDER BY b DESC',
    many: 6,
    all: true,
    order: (a, b) => byText(b, a),
  },
  { sql: 'SELECT b, id, a FROM item ORDER BY a', many: rows, all: false, order: byText },
  { sql: 'SELECT * FROM item WHERE id = 3', many: 1, all: true },
  {
    sql: 'SELECT i.*, j.b FROM item i JOIN item j ON i.id = j.id ORDER BY j.a',
    many: rows,
    all: true,
    order: byText,
  },
  { sql: 'SELECT MAX(b) AS b, MIN(a) AS a FROM item GROUP BY id', many: rows, all: false },
];

/** HG_SCHEMA_DISAGREES, HG_COLUMNS_DISAGREE, HG_SCHEMA_CHANGED. All name shards. */
const refusals = [9110, 9122, 9116];

let stage: RouterStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await RouterStage.set(['CREATE TABLE item (id BIGINT PRIMARY KEY, a VARCHAR(20), b VARCHAR(20))']);
  await withStore(stage.etcdAddress, (store) =>
    store.putVschema({
      keyspace: 'user',
      vschema: {
        sharded: true,
        vindexes: { hash: { type: 'hash' } },
        tables: { item: { column_vindexes: [{ column: 'id', name: 'hash' }] } },
      },
    }),
  );
  router = await stage.startRouter();
  const client = await RawClient.connect(router.endpoint, { database: 'user' });
  const values = Array.from({ length: rows }, (_, id) => `(${id}, 'a:${id}', 'b:${id}')`);
  expect((await ask(client, `INSERT INTO item VALUES ${values.join(', ')}`)).error).toBeUndefined();
  client.destroy();
});
afterAll(() => stage?.stop());

type Progress = {
  /** Raised when a change begins. */
  begun: number;
  /** The last change after which the router has been right. */
  settled: number;
  columns: readonly string[];
  answers: number;
  refused: number;
  readonly failures: string[];
};

/** What is wrong with an answer; undefined: nothing. */
function problemOf(
  titles: readonly string[],
  found: readonly (readonly (string | null)[])[],
  { many, order }: Asked,
): string | undefined {
  if (found.length !== many) return `${found.length} rows`;
  const ids = new Set<string>();
  for (const row of found) {
    if (row.length !== titles.length) return `a row of ${row.length} values`;
    const of = row[titles.indexOf('a')]!.slice(2);
    ids.add(of);
    for (const [at, title] of titles.entries()) {
      const wanted = title === 'id' ? of : title === 'a' || title === 'b' ? `${title}:${of}` : `${title}:`;
      if (row[at] !== wanted) return `${title} = ${row[at]} where ${wanted} belongs`;
    }
  }
  if (ids.size !== many) return 'rows that come twice';
  const isSorted = order === undefined || [...ids].sort(order).join() === [...ids].join();
  return isSorted ? undefined : `the order ${[...ids].join()}`;
}

async function read(
  endpoint: Endpoint,
  isPrepared: boolean,
  running: () => boolean,
  progress: Progress,
): Promise<void> {
  const client = await RawClient.connect(endpoint, { database: 'user' });
  const handles = new Map<string, number>();
  for (let n = 0; running(); n++) {
    const asked = statements[n % statements.length]!;
    const { sql, all } = asked;
    const { begun, settled, columns } = progress;
    let answer: Awaited<ReturnType<RawClient['query']>>;
    if (isPrepared) {
      if (!handles.has(sql)) {
        const prepared = await client.prepare(sql);
        if (prepared.id > 0) handles.set(sql, prepared.id);
      }
      answer = await client.execute(handles.get(sql) ?? 0);
    } else answer = await client.query(sql);
    const isCertain = settled === begun && progress.begun === begun;
    const result = readResults(answer)[0];
    progress.answers++;
    const titles = result?.columns.map(({ name }) => name) ?? [];
    const error = result?.error;
    let problem: string | undefined;
    if (result === undefined || answer.closed) problem = 'no answer';
    else if (error === undefined) problem = problemOf(titles, result.rows, asked);
    else {
      progress.refused++;
      const { errno, message } = error;
      const isUnprepared = isPrepared && !handles.has(sql);
      if (isCertain || (!refusals.includes(errno) && !isUnprepared)) problem = `${errno} ${message}`;
      else if (!isUnprepared && !/user\/(-80|80-)/.test(message)) problem = `no shard is named: ${message}`;
    }
    if (isCertain && error === undefined && all && titles.slice(0, columns.length).join() !== columns.join())
      problem = `columns ${titles.join()} after ${columns.join()}`;
    if (problem !== undefined) progress.failures.push(`${sql}${isPrepared ? ' (prepared)' : ''}: ${problem}`);
  }
  client.destroy();
}

test('no value is ever under another title', async () => {
  const progress: Progress = {
    begun: 0,
    settled: 0,
    columns: ['id', 'a', 'b'],
    answers: 0,
    refused: 0,
    failures: [],
  };
  let isRunning = true;
  const running = () => isRunning && progress.failures.length === 0;
  const readers = Promise.all(
    [false, false, true].map((isPrepared) => read(router.endpoint, isPrepared, running, progress)),
  );
  const client = await RawClient.connect(router.endpoint, { database: 'user' });
  for (const [at, [change, columns]] of changes.entries()) {
    if (!running()) break;
    progress.begun++;
    const servers = at % 2 === 0 ? [stage.tablet, stage.baseline] : [stage.baseline, stage.tablet];
    for (const server of servers) {
      await runStatements(server, [`ALTER TABLE item ${change}`], 'user');
      await sleep(apartMs);
    }
    await until(`the router knows ${columns.join()}`, async () => {
      if (!running()) return true;
      for (const { sql, all } of statements) {
        const { columns: found, error } = await ask(client, sql);
        const isRight = !all || columns.every((name, place) => found[place]?.name === name);
        if (error !== undefined || !isRight) return false;
      }
      return true;
    });
    progress.columns = columns;
    progress.settled = progress.begun;
    await sleep(apartMs);
  }
  isRunning = false;
  await readers;
  client.destroy();
  expect(progress.failures).toEqual([]);
  expect(progress.answers).toBeGreaterThan(changes.length * 10);
});
