/** EXPLAIN FORMAT=HEADGATE, VEXPLAIN PLAN, and which plain EXPLAIN goes to a shard. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readResults } from '../support/decode.ts';
import { runStatements } from '../support/mysqld.ts';
import { long } from '../support/parameters.ts';
import { RawClient } from '../support/raw-client.ts';
import type { RouterStage } from '../support/router-stage.ts';
import { ask, refusal, value } from '../support/session-play.ts';
import { planOf, setThings, type ThingsStage } from './things-stage.ts';

let things: ThingsStage;
let stage: RouterStage;
let client: RawClient;

beforeAll(async () => {
  things = await setThings();
  ({ stage, client } = things);
});
afterAll(() => things?.stop());

const tree = (sql: string): Promise<string> => planOf(client, sql);

describe('EXPLAIN FORMAT=HEADGATE', () => {
  test('of one shard shows the text as it came', async () => {
    expect(await tree('SELECT v FROM things WHERE id = 2')).toBe(
      `Route: keyspace user; shards -80
  rows: tables things; where id = 2 by bits; shards -80; vindex id by bits; exact true
    because: equal values of id (int) are written in one way
  sql: SELECT v FROM things WHERE id = 2`,
    );
  });

  test('of several shards shows the operators from the outermost on', async () => {
    const shown = await tree('SELECT v FROM things ORDER BY n LIMIT 3');
    expect(shown.match(/^ *[A-Z]\w+(?=:)/gm)?.map((name) => name.trim())).toEqual([
      'Project',
      'Limit',
      'MergeSort',
      'Route',
    ]);
    expect(shown).toContain('shards -80, 80-');
    expect(shown).toContain('sql: SELECT v, n AS `headgate 1` FROM things ORDER BY n LIMIT 3');
  });

  test('of rows that are gathered shows why, what is loaded, and what is asked of it', async () => {
    const shown = await tree('SELECT GROUP_CONCAT(v) FROM things');
    expect(shown).toMatch(
      /^Gather: keyspaces user\n {2}reason: .*\n {2}sql: SELECT GROUP_CONCAT\(v\) FROM `headgate_1`/,
    );
    expect(shown).toMatch(/^ {2}Load: table headgate_1; of things\n {4}columns: v varchar/m);
    expect(shown).toMatch(/^ {6}Route: keyspace user; shards -80, 80-$/m);
  });

  test('shows what would be refused, and why', async () => {
    const shown = await tree('DELETE FROM things LIMIT 1');
    expect(shown).toMatch(/^Refused: error HG_SHARDED_NOT_PLANNED; errno 9101;/);
    expect(shown).toContain('DELETE with LIMIT');
    expect(await tree('SELECT v, FOUND_ROWS() FROM things')).toContain('FOUND_ROWS()');
    expect(await tree('SELECT nothing_of_mysql(v) FROM things')).toContain('stored or unknown function');
  });

  test.each([
    [
      "INSERT INTO things VALUES (1, 'a', 1), (2, 'b', 2)",
      /^Insert:[\s\S]*shard -80; rows 2[\s\S]*shard 80-; rows 1/,
    ],
    ["REPLACE INTO things VALUES (1, 'a', 1)", /^Replace: .*shards 80-/],
    ['UPDATE things SET n = 1', /^Update: .*shards -80, 80-[\s\S]*SET_VAR\(timestamp=:now\)/],
    ['DELETE FROM things WHERE id = 2', /^Delete: .*shards -80/],
  ])('%s: nothing is changed', async (sql, shown) => {
    expect(await tree(sql)).toMatch(shown);
    expect(await value(client, 'SELECT COUNT(*) FROM things')).toBe('0');
  });

  test('in an unsharded keyspace, and with a shard selected, it is the text and its shard', async () => {
    expect(await tree('SELECT v FROM main.things')).toBe(
      'Route: keyspace main; shards 0\n  sql: SELECT v FROM main.things',
    );
    await ask(client, 'USE `user:80-`');
    expect(await tree('SELECT v FROM things')).toBe(
      'Route: keyspace user; shards 80-\n  sql: SELECT v FROM things',
    );
    await ask(client, 'USE user');
  });

  test('an open transaction stays as it is', async () => {
    await ask(client, 'BEGIN');
    await ask(client, "INSERT INTO things VALUES (2, 'b', 2)");
    await tree('SELECT v FROM things');
    expect(await value(client, 'SELECT COUNT(*) FROM things WHERE id = 2')).toBe('1');
    await ask(client, 'ROLLBACK');
  });

  test('what MySQL has against the statement is an error', async () => {
    expect(await refusal(client, 'EXPLAIN FORMAT=HEADGATE SELECT v FROM missing')).toMatch(/^1146 /);
    expect(await refusal(client, 'EXPLAIN FORMAT=HEADGATE SELECT FROM things WHERE')).toMatch(/^1064 /);
  });

  test('a statement with parameters is shown without values', async () => {
    expect(await tree('SELECT v FROM things WHERE id = ?')).toContain('where id = ?1 by bits');
  });

  test('prepared, with the values of the execution', async () => {
    const { id } = await client.prepare('EXPLAIN FORMAT=HEADGATE SELECT v FROM things WHERE id = ?');
    const [result] = readResults(await client.execute(id, [long(2)]));
    expect(result?.columns.map(({ name }) => name)).toEqual(['EXPLAIN']);
    const lines = result!.rows.map(([line]) => line);
    expect(lines[1]).toMatch(/where id = 2 by bits; shards -80;/);
    await ask(client, "PREPARE e FROM 'EXPLAIN FORMAT=HEADGATE_JSON SELECT v FROM things WHERE id = ?'");
    await ask(client, 'SET @id = 1');
    expect(JSON.parse((await value(client, 'EXECUTE e USING @id'))!)).toMatchObject({ shards: ['80-'] });
    await ask(client, 'DEALLOCATE PREPARE e');
  });
});

describe('EXPLAIN FORMAT=HEADGATE of what has no plan', () => {
  test.each([
    ['CREATE TABLE made (id INT PRIMARY KEY)', /^Definition: keyspace user; shards -80, 80-\n/],
    ['DROP TABLE main.things', /^Route: keyspace main; shards 0\n/],
    ["SET NAMES 'latin1'", /^Session\n {2}note: the router does this/],
    ['COMMIT', /^Session\n/],
    ['SELECT COUNT(*) FROM information_schema.TABLES', /^Session\n {2}note: the router makes/],
    ['SHOW TABLES', /^Session\n {2}note: the router makes the answer/],
    ['CALL main.anything()', /^Route: keyspace main; shards 0\n/],
    ['CALL anything()', /^Refused: error HG_SHARDED_NOT_PLANNED/],
  ])('%s', async (sql, shown) => {
    expect(await tree(sql)).toMatch(shown);
  });

  test('none of them runs, and nonsense is MySQL’s to refuse', async () => {
    expect(await value(client, 'SELECT @@character_set_client')).toBe('utf8mb4');
    expect(await refusal(client, 'SELECT COUNT(*) FROM made')).toMatch(/^1146 /);
    expect(await refusal(client, 'EXPLAIN FORMAT=HEADGATE NONSENSE')).toMatch(/^1064 /);
  });

  test('a query in parentheses is explained on all shards', async () => {
    const sql = '(SELECT v FROM things) UNION ALL (SELECT n FROM things)';
    expect((await ask(client, `EXPLAIN FORMAT=TRADITIONAL ${sql}`)).rows.length).toBeGreaterThan(1);
    await ask(client, 'EXPLAIN FORMAT=TREE (SELECT v FROM things WHERE id = 1) LIMIT 1');
    expect((await ask(client, 'SHOW HEADGATE PINS')).rows).toEqual([]);
  });
});

describe('EXPLAIN ANALYZE', () => {
  const fill = "INSERT INTO things VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 2), (4, 'd', 2)";
  const query = 'SELECT n, COUNT(*) FROM things GROUP BY n ORDER BY n';

  beforeAll(() => ask(client, fill));
  afterAll(() => ask(client, 'DELETE FROM things'));

  test('counts what passes between the operators, and of each shard', async () => {
    const shown = (await ask(client, `EXPLAIN ANALYZE FORMAT=HEADGATE ${query}`)).rows.map(([line]) => line);
    const actual = shown.flatMap((line) => /^ *(actual: .*?rows \d+)/.exec(line!)?.[1] ?? []);
    expect(actual).toEqual([
      'actual: rows 2',
      'actual: rows 4',
      'actual: shard user/-80; rows 2',
      'actual: shard user/80-; rows 2',
    ]);
    expect(shown.filter((line) => /bytes \d+; firstMs [\d.]+; lastMs [\d.]+$/.test(line!))).toHaveLength(4);
  });

  test('as JSON', async () => {
    const shown = await value(
      client,
      `EXPLAIN ANALYZE FORMAT=HEADGATE_JSON SELECT v FROM things WHERE id = 1`,
    );
    expect(JSON.parse(shown!)).toMatchObject({
      operator: 'Route',
      shards: ['80-'],
      actual: [{ shard: 'user/80-', rows: 1 }],
    });
    expect(JSON.parse((await value(client, 'VEXPLAIN TRACE SELECT v FROM things'))!)).toMatchObject({
      operator: 'Concatenate',
      actual: { rows: 4 },
    });
  });

  test('in the form of MySQL, where the query runs on several shards', async () => {
    const { columns, rows } = await ask(client, `EXPLAIN ANALYZE ${query} LIMIT 1`);
    expect(columns.map(({ name }) => name)).toEqual(['EXPLAIN']);
    expect(rows).toHaveLength(1);
    expect(rows[0]![0]).toMatch(
      /^-> Limit: count 1 {2}\(actual time=[\d.]+\.\.[\d.]+ rows=1 loops=1 bytes=\d+\)\n/,
    );
    expect(rows[0]![0]).toMatch(
      /\n {12}-> Rows of shards: SELECT .*\n {16}-> Shard user\/-80 {2}\(actual time=/,
    );
    expect(await value(client, 'EXPLAIN ANALYZE SELECT v FROM things WHERE id = 1')).not.toContain('Shard');
  });

  test('of gathered rows: what is loaded, and what is made of it', async () => {
    const sql = "SELECT GROUP_CONCAT(v ORDER BY v SEPARATOR '-') FROM things";
    const shown = JSON.parse((await value(client, `EXPLAIN ANALYZE FORMAT=HEADGATE_JSON ${sql}`))!);
    expect(shown).toMatchObject({
      operator: 'Gather',
      actual: { rows: 1 },
      inputs: [
        {
          operator: 'Load',
          actual: { rows: 4 },
          input: { operator: 'Concatenate', actual: { rows: 4 }, input: { operator: 'Route' } },
        },
      ],
    });
    expect(await value(client, `EXPLAIN ANALYZE ${sql}`)).toMatch(
      /^-> Evaluate on a tablet .*rows=1 loops=1/,
    );
    expect(await value(client, sql)).toBe('a-b-c-d');
  });

  test('of a join: what was looked up, and what came of it', async () => {
    const sql = 'SELECT a.v, b.v FROM things a JOIN things b ON b.id = a.n WHERE a.id IN (1, 2, 3)';
    const shown = JSON.parse((await value(client, `EXPLAIN ANALYZE FORMAT=HEADGATE_JSON ${sql}`))!);
    expect(shown).toMatchObject({
      operator: 'Join',
      input: { operator: 'LookupJoin', actual: { rows: 3 }, input: { actual: { rows: 3 } } },
    });
    const found: { rows: number }[] = shown.input.found;
    expect(found.reduce((sum, { rows }) => sum + rows, 0)).toBe(2);
    expect(await value(client, `EXPLAIN ANALYZE ${sql}`)).toMatch(/-> LookupJoin: .*rows=3 loops=1/);
    const plain = await value(client, `EXPLAIN FORMAT=TREE ${sql}`);
    expect(plain).toMatch(/-> Shard user\/-80, for the keys of the rows above\n +-> /);
    const rows = (await ask(client, `EXPLAIN FORMAT=TRADITIONAL ${sql}`)).rows;
    expect(rows[0]!.at(-1)).toBe('Joined by the router: things AS a, things AS b');
  });

  test('prepared, and within a transaction', async () => {
    await ask(client, 'BEGIN');
    await ask(client, 'DELETE FROM things WHERE id = 4');
    const { id } = await client.prepare('EXPLAIN ANALYZE FORMAT=HEADGATE SELECT v FROM things');
    const [result] = readResults(await client.execute(id));
    expect(result!.rows.map(([line]) => line).join('\n')).toContain('actual: rows 3;');
    await ask(client, 'ROLLBACK');
  });

  test('errors are those of the query; what changes rows is not run', async () => {
    const head = 'EXPLAIN ANALYZE FORMAT=HEADGATE';
    expect(await refusal(client, `${head} SELECT nothing FROM things`)).toMatch(/^1054 /);
    expect(await refusal(client, `${head} DELETE FROM things`)).toMatch(/^1235 /);
    expect(await value(client, 'SELECT COUNT(*) FROM things')).toBe('4');
  });
});

describe('VEXPLAIN', () => {
  test.each(['VEXPLAIN PLAN', 'VEXPLAIN'])('%s answers with JSON', async (head) => {
    const { columns, rows } = await ask(client, `${head} SELECT v FROM things WHERE id = 1`);
    expect(columns.map(({ name }) => name)).toEqual(['JSON']);
    expect(JSON.parse(rows[0]![0]!)).toMatchObject({ operator: 'Route', keyspace: 'user', shards: ['80-'] });
  });

  test('QUERIES lists what each shard is asked', async () => {
    const { columns, rows } = await ask(client, 'VEXPLAIN QUERIES SELECT v FROM things ORDER BY n');
    expect(columns.map(({ name }) => name)).toEqual(['#', 'keyspace', 'shard', 'query']);
    expect(rows.map(([at, keyspace, shard]) => [at, keyspace, shard])).toEqual([
      ['0', 'user', '-80'],
      ['0', 'user', '80-'],
    ]);
    expect(rows[0]![3]).toBe('SELECT v, n AS `headgate 1` FROM things ORDER BY n');
    expect((await ask(client, 'VEXPLAIN QUERIES SELECT v FROM main.things')).rows).toEqual([
      ['0', 'main', '0', 'SELECT v FROM main.things'],
    ]);
  });

  test('ALL has the plans of MySQL, too', async () => {
    for (const [sql, shards] of [
      ['SELECT v FROM things', 2],
      ['SELECT v FROM things WHERE id = 1', 1],
    ] as const) {
      const shown = JSON.parse((await value(client, `VEXPLAIN ALL ${sql}`))!);
      expect(shown.headgate.operator).toBe(shards === 1 ? 'Route' : 'Concatenate');
      expect(shown.shards).toHaveLength(shards);
    }
  });

  test('KEYS is refused by name', async () => {
    expect(await refusal(client, 'VEXPLAIN KEYS SELECT v FROM things')).toMatch(/^1235 .*VEXPLAIN KEYS/);
  });
});

describe('EXPLAIN of MySQL', () => {
  test('of a statement for one shard goes there', async () => {
    await runStatements(stage.baseline, ["INSERT INTO things VALUES (1, 'a', 1)"], 'user');
    // The second server has 80-; its row is found by the primary key.
    expect(await value(client, 'EXPLAIN FORMAT=TREE SELECT v FROM things WHERE id = 1')).toContain(
      'Rows fetched',
    );
    expect((await ask(client, 'EXPLAIN SELECT v FROM things WHERE id = 1')).rows).toHaveLength(1);
    expect(await value(client, 'EXPLAIN ANALYZE SELECT v FROM things WHERE id = 1')).toContain('actual');
    await runStatements(stage.baseline, ['DELETE FROM things'], 'user');
  });

  test.each([
    ['EXPLAIN', 'SELECT v FROM things ORDER BY n LIMIT 1'],
    ['EXPLAIN FORMAT=JSON', 'SELECT n, COUNT(*) FROM things GROUP BY n'],
    ['EXPLAIN FORMAT=TREE', 'DELETE FROM things WHERE id > 0'],
    ['DESCRIBE', 'UPDATE things SET n = 1'],
    ['EXPLAIN FORMAT=TRADITIONAL', 'SELECT n, COUNT(*) FROM things GROUP BY n'],
    ['DESC FORMAT=TRADITIONAL', 'DELETE FROM things'],
    ['EXPLAIN', "INSERT INTO things VALUES (1, 'a', 1), (2, 'b', 2)"],
  ])('%s %s of several has the columns of MySQL, and a note', async (head, sql) => {
    const [shown, there] = [client, await RawClient.connect(stage.tablet, { database: 'user' })];
    const titles = async (from: RawClient) =>
      (await ask(from, `${head} ${sql}`)).columns.map(({ name }) => name);
    expect(await titles(shown)).toEqual(await titles(there));
    there.destroy();
    const notes = (await ask(client, 'SHOW WARNINGS')).rows;
    expect(notes.at(-1)).toEqual([
      'Note',
      '1003',
      expect.stringMatching(/^These are the plans of the shards \(user\/-80, user\/80-\)/),
    ]);
    expect(await value(client, 'SELECT COUNT(*) FROM things')).toBe('0');
  });

  test('rows of the shards whose plans are the same are shown once', async () => {
    const { rows } = await ask(client, 'EXPLAIN FORMAT=TRADITIONAL SELECT v FROM things ORDER BY n LIMIT 1');
    expect(rows).toHaveLength(1);
    expect(rows[0]![2]).toBe('things');
    expect(rows[0]!.at(-1)).toMatch(/^Using filesort; Shards user\/-80, user\/80-$/);
  });

  test('the tree has the shards’ own beneath the router’s', async () => {
    const shown = await value(client, 'EXPLAIN FORMAT=TREE SELECT v FROM things ORDER BY n LIMIT 1');
    const lines = shown!.split('\n').map((line) => line.replace(/^( *-> \w+( \w+)?).*/, '$1'));
    expect(lines.slice(0, 6)).toEqual([
      '-> Project',
      '    -> Limit',
      '        -> Merge sorted',
      '            -> Rows of',
      '                -> Shard user',
      '                    -> Limit',
    ]);
    expect(shown).toMatch(/ {16}-> Shard user\/80-\n {20}-> As on shard user\/-80, but for the numbers\n$/);
  });

  test('JSON has the plans of the router and of the shards', async () => {
    const shown = JSON.parse((await value(client, 'EXPLAIN FORMAT=JSON SELECT v FROM things'))!);
    expect(shown).toMatchObject({
      headgate: { operator: 'Concatenate' },
      shards: [{ shard: 'user/-80' }, { shard: 'user/80-' }],
    });
    expect(Object.keys(shown.shards[0].plan)).toContain('query_plan');
  });

  test('of a query that is evaluated over gathered rows, its inputs are shown', async () => {
    const sql = 'SELECT a.v, b.v FROM things a JOIN things b ON a.n = b.n WHERE a.id = 1';
    const { columns, rows } = await ask(client, `EXPLAIN FORMAT=TRADITIONAL ${sql}`);
    expect(columns.map(({ name }) => name).slice(0, 3)).toEqual(['id', 'select_type', 'table']);
    expect(rows.map((row) => row[1])).toEqual(expect.arrayContaining(['SIMPLE']));
    const tree = await value(client, `EXPLAIN FORMAT=TREE ${sql}`);
    expect(tree).toContain('-> Shard user/80-');
    const json = JSON.parse((await value(client, `EXPLAIN FORMAT=JSON ${sql}`))!);
    expect(json.shards.length).toBeGreaterThan(1);
  });

  test('prepared, and of no table, it is that of a shard', async () => {
    for (const sql of [
      'EXPLAIN SELECT v FROM things',
      'EXPLAIN FORMAT=TREE SELECT 1',
      'EXPLAIN SELECT n FROM things WHERE id = 7',
    ]) {
      const { id } = await client.prepare(sql);
      const [result] = readResults(await client.execute(id));
      expect(result?.columns.map(({ name }) => name)).toEqual(
        (await ask(client, sql)).columns.map(({ name }) => name),
      );
      expect(result?.rows).toHaveLength(1);
    }
  });

  test('prepared, of several keyspaces and shards, it is that of the text', async () => {
    for (const sql of [
      'EXPLAIN FORMAT=TRADITIONAL SELECT a.v, b.v FROM things a JOIN main.things b ON a.n = b.n',
      'EXPLAIN FORMAT=TRADITIONAL SELECT v FROM things ORDER BY n',
      'EXPLAIN FORMAT=TREE SELECT a.v FROM things a, main.things b WHERE a.n < b.n',
      'EXPLAIN FORMAT=TRADITIONAL SELECT v FROM things WHERE id = 1',
    ]) {
      const { id } = await client.prepare(sql);
      const [result] = readResults(await client.execute(id));
      const text = await ask(client, sql);
      expect(result?.columns.map(({ name }) => name)).toEqual(text.columns.map(({ name }) => name));
      expect(result?.rows.map((row) => row.map((cell) => cell && String(cell)))).toEqual(
        text.rows.map((row) =>
          row.map((cell, at) => (at === 10 && cell !== null ? String(Number(cell)) : cell)),
        ),
      );
    }
  });

  test('what could not run is refused', async () => {
    for (const [sql, expected] of [
      ['EXPLAIN DELETE FROM things LIMIT 1', /^9101 .*DELETE with LIMIT/],
      ['EXPLAIN SELECT nothing FROM things', /^1054 /],
      ['EXPLAIN FOR CONNECTION 7', /^1235 .*EXPLAIN FOR CONNECTION/],
      ['EXPLAIN SELECT * FROM hash WHERE id = 1', /^1146 /],
    ] as const)
      expect(await refusal(client, sql)).toMatch(expected);
  });

  test('in an unsharded keyspace and of one shard it is untouched', async () => {
    expect((await ask(client, 'EXPLAIN SELECT v FROM main.things')).rows).toHaveLength(1);
    await ask(client, 'USE `user:-80`');
    expect((await ask(client, 'EXPLAIN SELECT v FROM things')).rows).toHaveLength(1);
    expect((await ask(client, 'DESCRIBE things')).rows).toHaveLength(3);
    await ask(client, 'USE user');
  });
});
