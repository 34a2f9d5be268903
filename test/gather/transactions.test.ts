/** Gathered and joined queries within transactions: they see what the transaction sees, and lock what one MySQL locks. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { ask, playSame, refusal, type Turn, value } from '../support/session-play.ts';
import { GatherStage } from './stage.ts';

let stage: GatherStage;
let router: RouterUnderTest;

beforeAll(async () => {
  stage = await GatherStage.set();
  router = await stage.startRouter('--pool-connections-max=6', '--pool-wait-ms-max=5000');
});
afterAll(() => stage?.stop());

/** Groups over a join of two keyspaces. */
const groups =
  'SELECT r.name, COUNT(*), SUM(s.amount) FROM customer c JOIN sale s ON s.customer = c.id LEFT JOIN main.region r ON r.id = c.region GROUP BY r.name ORDER BY 1';
/** A join by which rows are looked up. */
const joined =
  'SELECT c.id, s.id, s.note FROM customer c JOIN sale s ON s.customer = c.id WHERE c.id < 4 OR c.id > 100 ORDER BY s.id';
const nested =
  'SELECT id FROM customer c WHERE (SELECT COUNT(*) FROM sale s WHERE s.customer = c.id) > 2 ORDER BY id';
const all = [groups, joined, nested];

const more = "INSERT INTO sale VALUES (101, 2, 5.00, 1, 'a', NULL), (102, 3, 6.00, 1, 'b', NULL)";
const others = "INSERT INTO customer VALUES (101, 'x', 1, NULL), (102, 'y', 9, NULL)";
const fewer = 'DELETE FROM sale WHERE id IN (1, 2, 3, 4, 5)';
const changed = 'UPDATE sale SET amount = amount + 100 WHERE n = 1';

const same = (turns: readonly Turn[]) =>
  playSame(stage.reference, router.endpoint, turns, { database: 'user' }, simplified);
const of = (session: string, ...statements: string[]): Turn[] =>
  statements.map((sql): Turn => [session, sql]);

const simplified = (lines: string): string =>
  lines
    .replaceAll('+noIndexUsed', '')
    .replaceAll('+noGoodIndexUsed', '')
    .replaceAll(/flags=(\d+)/g, (_, flags: string) => `flags=${Number(flags) & ~(2 | 4 | 8 | 128 | 16384)}`)
    .replaceAll(/info="[^"]*"/g, '');

describe('as in one MySQL', () => {
  test.each<readonly [string, Turn[]]>([
    [
      'its own changes',
      of('a', 'BEGIN', more, ...all, others, fewer, ...all, changed, ...all, 'ROLLBACK', ...all),
    ],
    ['without autocommit', of('a', 'SET autocommit = 0', more, ...all, 'ROLLBACK', ...all, 'ROLLBACK')],
    ['savepoints', of('a', 'BEGIN', more, 'SAVEPOINT s', fewer, ...all, 'ROLLBACK TO s', ...all, 'ROLLBACK')],
    [
      'nobody else sees them',
      [...of('a', 'BEGIN', more, changed), ...of('b', ...all), ...of('a', ...all, 'ROLLBACK')],
    ],
    [
      'REPEATABLE READ',
      [
        ...of('a', 'BEGIN', ...all),
        ...of('b', more, changed),
        ...of('a', ...all, 'COMMIT', ...all),
        ...of('b', 'DELETE FROM sale WHERE id > 100', 'UPDATE sale SET amount = amount - 100 WHERE n = 1'),
      ],
    ],
    [
      'READ COMMITTED',
      [
        ...of('a', 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', 'BEGIN', ...all),
        ...of('b', more),
        ...of('a', ...all, 'COMMIT'),
        ...of('b', 'DELETE FROM sale WHERE id > 100'),
      ],
    ],
    [
      'READ UNCOMMITTED',
      [
        ...of('b', 'BEGIN', more),
        ...of('a', 'SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED', 'BEGIN', ...all, 'COMMIT'),
        ...of('b', 'ROLLBACK'),
      ],
    ],
    ['SERIALIZABLE', of('a', 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'BEGIN', ...all, 'COMMIT')],
    ['READ ONLY', of('a', 'START TRANSACTION READ ONLY', ...all, more, ...all, 'COMMIT')],
    [
      'an error does not end it',
      of(
        'a',
        'BEGIN',
        more,
        `${groups} LIMIT x`,
        'SELECT * FROM customer c JOIN sale s ON s.nothing = c.id',
        ...all,
        'ROLLBACK',
      ),
    ],
  ])('%s', async (_, turns) => {
    await same(turns);
  });

  test('rows are locked, and only for the time of the transaction', async () => {
    const lock = (tail: string): Turn[] => [
      ...of(
        'a',
        'BEGIN',
        `SELECT c.id, s.id FROM customer c JOIN sale s ON s.customer = c.id WHERE s.id IN (3, 4) ORDER BY s.id ${tail}`,
      ),
      ...of(
        'b',
        'SELECT id FROM sale WHERE id = 3 FOR UPDATE NOWAIT',
        'SELECT id FROM sale WHERE id = 4 FOR UPDATE NOWAIT',
        'SELECT id FROM sale WHERE id = 9 FOR UPDATE NOWAIT',
      ),
      ...of('b', 'SELECT id FROM sale WHERE id IN (3, 4) ORDER BY id FOR SHARE SKIP LOCKED'),
      ...of('a', 'COMMIT'),
      ...of('b', 'SELECT id FROM sale WHERE id IN (3, 4) ORDER BY id FOR UPDATE NOWAIT'),
    ];
    await same(lock('FOR UPDATE'));
    await same(lock('FOR SHARE'));
    await same(lock('FOR UPDATE OF s'));
  });
});

describe('connections', () => {
  let client: RawClient;
  beforeEach(async () => {
    client = await stage.client(router);
  });
  afterEach(() => stage.closeClients());

  test('many statements in one transaction leave nothing behind', async () => {
    await ask(client, 'BEGIN');
    await ask(client, more);
    for (let i = 0; i < 20; i++) for (const sql of all) expect(await refusal(client, sql)).toBeUndefined();
    expect(await value(client, 'SELECT COUNT(*) FROM sale WHERE id > 100')).toBe('2');
    await ask(client, 'ROLLBACK');
    expect(await value(client, 'SELECT COUNT(*) FROM sale WHERE id > 100')).toBe('0');
  });

  test('a deadlock of the inputs does not wait for ever', async () => {
    const other = await stage.client(router);
    await ask(client, 'BEGIN');
    await ask(client, 'SELECT id FROM sale WHERE id = 3 FOR UPDATE');
    await ask(other, 'SET innodb_lock_wait_timeout = 1');
    await ask(other, 'BEGIN');
    const waits = `${groups} FOR UPDATE`;
    expect(await refusal(other, waits)).toMatch(/^1205 /);
    expect(await value(other, 'SELECT COUNT(*) FROM main.region')).toBeDefined();
    await ask(other, 'ROLLBACK');
    await ask(client, 'ROLLBACK');
    expect(await refusal(other, waits)).toBeUndefined();
  });

  test('within XA, what is refused is refused by name', async () => {
    const said: (string | undefined)[] = [];
    for (const sql of ["XA START 'x'", ...all, "XA END 'x'", "XA ROLLBACK 'x'"])
      said.push(await refusal(client, sql));
    for (const one of said) if (one !== undefined) expect(one).toMatch(/^(?:9\d\d\d|1\d\d\d) /);
    const fresh = await stage.client(router);
    for (const sql of all) expect(await refusal(fresh, sql)).toBeUndefined();
  });
});
