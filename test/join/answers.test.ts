/** Joins over shards and keyspaces: the answers of one MySQL, in text and as prepared statements. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readResults } from '../support/decode.ts';
import { longlong, text as textValue } from '../support/parameters.ts';
import { Random } from '../support/random.ts';
import type { Answer, RawClient } from '../support/raw-client.ts';
import { explained, refusal } from '../support/session-play.ts';
import { randomJoin } from './generate.ts';
import { JoinStage, keyColumns, MANY_ROWS } from './stage.ts';

let stage: JoinStage;
let mysql: RawClient;
let client: RawClient;

beforeAll(async () => {
  stage = await JoinStage.set();
  const router = await stage.startRouter();
  mysql = await stage.client({ endpoint: stage.reference });
  client = await stage.client(router);
});
afterAll(() => stage?.stop());

/** What of an answer does not depend on how a server has sorted: rows and errors, no facts of columns. */
const simple = (answer: Answer): string[] =>
  explained(answer).filter((line) => line.startsWith('ROW') || line.startsWith('ERR'));

/** Whether the router joins by lookups. */
async function isJoin(sql: string): Promise<boolean> {
  const answer = await client.query(`EXPLAIN FORMAT=HEADGATE ${sql}`);
  return JSON.stringify(readResults(answer)[0]!.rows).includes('Lookup');
}

async function asText(sql: string): Promise<void> {
  const [expected, got] = [await mysql.query(sql), await client.query(sql)];
  const warnings = (answer: Answer) => readResults(answer)[0]!.ok?.warnings;
  expect({ sql, rows: simple(got) }).toEqual({ sql, rows: simple(expected) });
  expect({ sql, warnings: warnings(got) }).toEqual({ sql, warnings: warnings(expected) });
}

async function asPrepared(sql: string): Promise<void> {
  const rows: string[][] = [];
  for (const each of [mysql, client]) {
    const { id, answer } = await each.prepare(sql);
    expect(id, explained(answer).join('; ')).toBeGreaterThan(0);
    rows.push(simple(await each.execute(id)), simple(await each.execute(id)));
    each.closeStatement(id);
  }
  expect({ sql, rows: rows.slice(2) }).toEqual({ sql, rows: rows.slice(0, 2) });
}

/** Columns with all their facts, where the order of the rows is not fixed. */
async function asUnsorted(sql: string): Promise<void> {
  // How it was run is not the same.
  const facts = (answer: Answer) => explained(answer).map((line) => line.replace('+noIndexUsed', ''));
  const [expected, answer] = [facts(await mysql.query(sql)), facts(await client.query(sql))];
  expect({ sql, lines: answer.toSorted() }).toEqual({ sql, lines: expected.toSorted() });
}

describe.each(Object.keys(keyColumns))('joined by %s', (key) => {
  test.each([
    `SELECT a.id, b.id FROM a JOIN b ON a.${key} = b.${key} ORDER BY a.id, b.id`,
    `SELECT a.id, a.${key}, b.${key}, b.note FROM a LEFT JOIN b ON b.${key} = a.${key} AND b.id > 20 ORDER BY a.id, b.id`,
    `SELECT id, note FROM a WHERE ${key} IN (SELECT ${key} FROM b WHERE b.id < 30) ORDER BY id`,
    `SELECT id FROM a WHERE NOT EXISTS (SELECT 1 FROM b WHERE b.${key} = a.${key}) ORDER BY id DESC`,
    `SELECT a.${key}, m.note FROM a, main.b AS m WHERE m.${key} = a.${key} AND a.id < 25 ORDER BY a.id, m.id`,
  ])('%s', async (sql) => {
    expect(await isJoin(sql)).toBe(true);
    await asText(sql);
    if (sql.includes('LEFT JOIN')) await asPrepared(sql);
  });
});

test.each([
  'SELECT a.*, b.* FROM a JOIN b ON a.i = b.i',
  'SELECT a.id AS one, b.id two, 5, b.t FROM a LEFT JOIN b ON b.t = a.t',
  'SELECT b.* FROM a STRAIGHT_JOIN b ON a.vb = b.vb',
  'SELECT a.id FROM a JOIN b ON a.i = b.i WHERE a.id = 3 AND b.id > 1000',
  'SELECT a.note, b.note FROM a LEFT JOIN b ON b.i = a.i WHERE a.id > 1000',
  'SELECT a.note, b.note FROM a LEFT JOIN b ON b.i = a.i WHERE b.id > 7',
  'SELECT a.id, CONCAT(b.note, 1) AS c, LOWER(a.t) FROM a LEFT JOIN b ON b.i = a.i',
  'SELECT * FROM a LEFT JOIN b USING (i)',
])('columns are those of MySQL: %s', async (sql) => {
  expect(await isJoin(sql)).toBe(true);
  await asUnsorted(sql);
});

describe('forms', () => {
  test.each([
    'SELECT a.id, b.id, m.id FROM a JOIN b ON b.i = a.i JOIN many m ON m.i = b.id ORDER BY 1, 2, 3',
    'SELECT a.id, b.id, m.id FROM a LEFT JOIN b ON b.t = a.t LEFT JOIN many m ON m.id = b.u ORDER BY 1, 2, 3',
    'SELECT b.id, a.id FROM a RIGHT JOIN b ON a.d = b.d ORDER BY b.id, a.id',
    'SELECT DISTINCT a.i, b.vb FROM a JOIN b ON a.i = b.i ORDER BY b.vb, a.i',
    'SELECT a.id, b.id FROM a JOIN b ON a.i = b.i AND a.t = b.t ORDER BY b.id DESC, a.id LIMIT 5 OFFSET 2',
    'SELECT a.id, b.id FROM a JOIN b ON (a.i, a.vb) = (b.i, b.vb) ORDER BY a.id, b.id',
    'SELECT a.id FROM a JOIN b USING (i) ORDER BY a.id, b.id',
    "SELECT a.id, b.id FROM a JOIN b ON a.i = b.i WHERE a.t LIKE 'a%' AND b.id BETWEEN 3 AND 50 ORDER BY a.id, b.id LIMIT 7",
    'SELECT x.id, y.id FROM a x JOIN a y ON x.i = y.u ORDER BY x.id, y.id',
    'SELECT a.id FROM a WHERE (i, t) IN (SELECT i, t FROM b) ORDER BY a.t, a.id',
    "SELECT a.id FROM a WHERE EXISTS (SELECT * FROM b WHERE b.i = a.i AND b.note > 'row 3') ORDER BY a.id",
    'SELECT id FROM a WHERE id NOT IN (SELECT id FROM many WHERE i > 10) ORDER BY id',
    'SELECT a.id, b.id FROM a JOIN b ON a.i = b.i WHERE a.id IN (SELECT m.i FROM many m) ORDER BY a.id, b.id',
    'SELECT a.id, b.id FROM a LEFT JOIN b ON b.i = a.i AND b.t = a.t ORDER BY a.s DESC, a.id, b.id LIMIT 11',
    'SELECT 1 FROM a JOIN b ON a.i = b.i WHERE a.id = 7 AND b.i = 7',
    'SELECT a.id, b.id FROM a LEFT JOIN b ON b.i = a.i WHERE b.id > 20 ORDER BY a.id, b.id',
    'SELECT a.id, a.note FROM a LEFT JOIN b ON b.t = a.t WHERE b.id IS NULL ORDER BY a.id',
    'SELECT a.id, b.id, m.id FROM a LEFT JOIN b ON b.i = a.i LEFT JOIN many m ON m.id = b.id WHERE m.i < 20 ORDER BY 1, 2, 3',
    'SELECT * FROM a x JOIN b y USING (i) ORDER BY x.id, y.id',
    'SELECT a.id, b.note FROM a LEFT JOIN b ON b.id = a.u ORDER BY a.id DESC LIMIT 7 OFFSET 3',
    'SELECT m.id, n.id FROM many m JOIN many n ON n.id = m.i WHERE n.u = 3 ORDER BY m.id LIMIT 100 OFFSET 500',
    'SELECT i, t, x.note, y.note FROM a x LEFT JOIN b y USING (t, i) ORDER BY x.id, y.id',
    'SELECT x.*, i FROM a x JOIN b y USING (i) JOIN many z USING (i) ORDER BY x.id, y.id, z.id',
    'SELECT * FROM a NATURAL JOIN main.a y ORDER BY y.id',
    'SELECT i, y.id, y.note FROM a NATURAL LEFT JOIN main.b y ORDER BY a.id',
    'SELECT a.id, m.note, b.id FROM a LEFT JOIN many m ON m.id = a.id JOIN b ON b.i = a.i WHERE a.id < 30 ORDER BY a.id, b.id',
    "SELECT UPPER(a.t), CONCAT(b.note, '!') AS loud, CHAR_LENGTH(b.t) FROM a LEFT JOIN b ON b.i = a.i ORDER BY a.id, b.id",
  ])('%s', async (sql) => {
    expect(await isJoin(sql)).toBe(true);
    await asText(sql);
    if (!sql.includes('main.')) await asPrepared(sql);
  });

  test('parameters are where they belong', async () => {
    const sql =
      'SELECT a.id, b.id FROM a JOIN b ON b.i = a.i AND b.id < ? WHERE a.id > ? AND a.t <> ? ORDER BY b.id, a.id LIMIT ?';
    expect(await isJoin(sql.replaceAll('<> ?', "<> '5'").replaceAll('?', '5'))).toBe(true);
    const rows: string[][] = [];
    for (const each of [mysql, client]) {
      const { id } = await each.prepare(sql);
      for (const [most, least, text, count] of [
        [50n, 3n, 'b', 4n],
        [20n, 10n, 'A', 100n],
        [1000n, 0n, 'none', 1000n],
        [3n, 1000n, 'none', 5n],
      ] as const) {
        const parameters = [longlong(most), longlong(least), textValue(text), longlong(count)];
        rows.push(simple(await each.execute(id, parameters)));
      }
    }
    expect(rows.slice(4)).toEqual(rows.slice(0, 4));
    expect(rows.slice(0, 3).every(([first]) => first?.startsWith('ROW'))).toBe(true);
  });
});

describe('many rows', () => {
  test.each([
    ['in order', 'SELECT m.id, n.id FROM many m JOIN many n ON n.i = m.id ORDER BY m.id'],
    ['in any order', 'SELECT m.id, n.note FROM many m JOIN many n ON n.i = m.id'],
    ['with NULLs', 'SELECT m.id, n.id FROM many m LEFT JOIN many n ON n.id = m.u ORDER BY m.id'],
    ['that have partners', 'SELECT id FROM many WHERE i IN (SELECT n.id FROM many n) ORDER BY id'],
    ['that have none', 'SELECT id FROM many m WHERE NOT EXISTS (SELECT 1 FROM many n WHERE n.i = m.id)'],
    ['with all partners', 'SELECT a.id, m.id FROM a JOIN many m ON m.u = a.i ORDER BY a.id, m.id'],
    ['with all partners, unsorted', 'SELECT a.id, m.note FROM a JOIN many m ON m.u = a.i'],
  ])('%s: %s', async (_what, sql) => {
    expect(await isJoin(sql)).toBe(true);
    const [expected, got] = [simple(await mysql.query(sql)), simple(await client.query(sql))];
    expect(got.length).toBe(expected.length);
    expect(expected.length).toBeGreaterThan(MANY_ROWS / 4);
    const isSorted = sql.includes('ORDER BY');
    // Which of the inner rows comes first is not fixed.
    expect(isSorted && !sql.includes('n.i = m.id') ? got : got.toSorted()).toEqual(
      isSorted && !sql.includes('n.i = m.id') ? expected : expected.toSorted(),
    );
  });
});

/** Of a value that no single packet holds. */
const LARGE_BYTES = 17_000_000;

describe('rows larger than a packet', () => {
  const rows = [1, 2, 3].map(
    (at) => `(${at}, ${at}, 'large', REPEAT('${at}', ${at === 2 ? LARGE_BYTES : 5}))`,
  );
  const change = async (sql: string): Promise<void> => {
    for (const each of [mysql, client]) expect(await refusal(each, sql)).toBeUndefined();
  };
  beforeAll(() => change(`INSERT INTO events (id, i, note, bl) VALUES ${rows.join(', ')}`));
  afterAll(() => change('DELETE FROM events WHERE id < 10'));

  test.each([
    ['drive', 'SELECT e.id, e.bl, m.note FROM events e STRAIGHT_JOIN many m ON m.id = e.i ORDER BY e.id'],
    [
      'are looked up',
      'SELECT m.id, e.bl FROM many m STRAIGHT_JOIN events e ON e.i = m.id WHERE m.id < 9 ORDER BY m.id',
    ],
  ])('%s', async (_what, sql) => {
    expect(await isJoin(sql)).toBe(true);
    const sent: number[] = [];
    const told: string[][] = [];
    for (const each of [mysql, client]) {
      const { id } = await each.prepare(sql);
      for (const answer of [await each.query(sql), await each.execute(id)]) {
        sent.push(answer.packets.reduce((sum, { payload }) => sum + payload.length, 0));
        told.push(simple(answer));
      }
      each.closeStatement(id);
    }
    expect(told.slice(2)).toEqual(told.slice(0, 2));
    expect(sent.every((bytes) => bytes > LARGE_BYTES)).toBe(true);
  });
});

test('random joins are answered as by one MySQL, many of them by lookups', async () => {
  const random = new Random(7);
  const count = 120;
  let joins = 0;
  for (let at = 0; at < count; at++) {
    const sql = randomJoin(random);
    if (at % 5 === 0 && (await isJoin(sql))) joins++;
    await asText(sql);
    if (at % 3 === 0) await asPrepared(sql);
  }
  expect(joins).toBeGreaterThan(count / 5 / 3);
});
