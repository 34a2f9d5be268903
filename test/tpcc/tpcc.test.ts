/** TPC-C's mix through the router: by one client, statement by statement as one MySQL; by several, consistent at the end. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compare } from '../differential/compare.ts';
import { type PlayedStatement, Player } from '../differential/play.ts';
import { readResults, rowTexts } from '../support/decode.ts';
import { type KeyspaceStage, setKeyspaces } from '../support/keyspace-stage.ts';
import { runStatements } from '../support/mysqld.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';
import { conditions, refused } from './conditions.ts';
import { firstRows, itemRows, size, tables, vschema } from './tables.ts';
import { type Ask, asParameters, choose, type Rows, StatementError, withLiterals } from './transactions.ts';

const KEYSPACE = 'tpcc';
const SINGLE_TRANSACTIONS = 60;
const CLIENTS = 4;
const TRANSACTIONS_EACH = 50;

let stage: KeyspaceStage;

beforeAll(async () => {
  stage = await setKeyspaces([
    { name: KEYSPACE, shards: 2, vschema, everywhere: [...tables, itemRows()], rows: firstRows },
  ]);
});
afterAll(() => stage?.stop());

/** Moments of a terminal's own: the same ones in every run. */
function clock(): () => string {
  let minutes = 0;
  return () =>
    new Date(Date.UTC(2024, 1, 1) + ++minutes * 60_000).toISOString().slice(0, 19).replace('T', ' ');
}

/** Every second transaction is prepared. */
const isPrepared = (turn: number): boolean => turn % 2 === 1;

const asRows = ({ rows }: PlayedStatement): Rows => rows.map(rowTexts);

test('one client gets what one MySQL answers, statement by statement', async () => {
  const [one, many] = [new Player(stage.reference, KEYSPACE), new Player(stage.router, KEYSPACE)];
  const random = new Random(3);
  const now = clock();
  let turn = 0;
  const ask: Ask = async (sql, ...values) => {
    const isControl = /^(?:BEGIN|COMMIT|ROLLBACK)$/.test(sql);
    const statement =
      isPrepared(turn) && !isControl
        ? { sql, parameters: asParameters(values), order: 'total' as const }
        : { sql: withLiterals(sql, values), order: 'total' as const };
    // Alone in its case a statement leaves its session as it is.
    const question = { name: '', topic: '', writes: false, statements: [statement] };
    const [[expected], [found]] = [await one.play(question), await many.play(question)];
    expect(expected!.error).toBeUndefined();
    const verdict = compare(statement, expected!, found!);
    expect([statement.sql, verdict.kind === 'differs' ? verdict.what : verdict.kind]).toEqual([
      statement.sql,
      'equal',
    ]);
    return asRows(expected!);
  };
  for (; turn < SINGLE_TRANSACTIONS; turn++) {
    const warehouse = random.between(1, size.warehouses);
    await choose(random)({ ask, random, warehouse, now });
  }
  one.close();
  many.close();
});

const LOCK_WAIT_TIMEOUT = 1205;
const DEADLOCK = 1213;

/** Gets the rows of all shards, so that one MySQL checks the conditions, too. */
const COPY = 'tpcc_copy';

describe('several clients at once', () => {
  beforeAll(async () => {
    const clients = Array.from({ length: CLIENTS }, (_, at) => runClient(at));
    await Promise.all(clients);
    await copyRows();
  });

  async function runClient(number: number): Promise<void> {
    const client = await RawClient.connect(stage.router, { database: KEYSPACE });
    const handles = new Map<string, number>();
    const now = clock();
    let turn = 0;
    const ask: Ask = async (sql, ...values) => {
      const prepared = isPrepared(turn) && values.length > 0;
      if (prepared && !handles.has(sql)) handles.set(sql, (await client.prepare(sql)).id);
      const answer = prepared
        ? await client.execute(handles.get(sql)!, asParameters(values))
        : await client.query(withLiterals(sql, values));
      const [result] = readResults(answer);
      if (result?.error) throw new StatementError(result.error.errno, result.error.message);
      return result?.rows ?? [];
    };
    await ask('SET innodb_lock_wait_timeout = 2');
    for (; turn < TRANSACTIONS_EACH; turn++) {
      // The same numbers again where the transaction has to be.
      const seed = number * 1000 + turn + 1;
      for (;;) {
        const random = new Random(seed);
        try {
          await choose(random)({ ask, random, warehouse: (number % size.warehouses) + 1, now });
          break;
        } catch (error) {
          if (!(error instanceof StatementError) || ![LOCK_WAIT_TIMEOUT, DEADLOCK].includes(error.errno))
            throw error;
          await ask('ROLLBACK');
        }
      }
    }
    client.destroy();
  }

  async function copyRows(): Promise<void> {
    await runStatements(stage.reference, [`CREATE DATABASE ${COPY}`]);
    await runStatements(stage.reference, [...tables, itemRows()], COPY);
    for (const endpoint of stage.tablets) {
      const player = new Player(endpoint, KEYSPACE);
      for (const table of Object.keys(vschema.tables).filter((name) => name !== 'item')) {
        const rows = await player.rows(`SELECT * FROM ${table}`);
        const literals = rows.map((row) =>
          row.map((cell) => (cell === null ? 'NULL' : `'${cell}'`)).join(', '),
        );
        await runStatements(
          stage.reference,
          [`INSERT INTO ${table} VALUES ${literals.map((row) => `(${row})`).join(', ')}`],
          COPY,
        );
      }
      player.close();
    }
  }

  test('have made orders of warehouses on both shards', async () => {
    const counts = await Promise.all(
      stage.tablets.map(async (endpoint) => {
        const player = new Player(endpoint, KEYSPACE);
        const rows = await player.rows(
          `SELECT COUNT(*) FROM orders WHERE o_id > ${size.orders} UNION ALL SELECT COUNT(*) FROM order_line WHERE ol_supply_w_id <> ol_w_id`,
        );
        player.close();
        return rows.map(([count]) => Number(count));
      }),
    );
    expect(counts.flat().every((count) => count > 0)).toBe(true);
  });

  test.each(conditions.map(([what, sql], at) => [what, sql, at] as const))('%s', async (_, sql, at) => {
    const one = new Player(stage.reference, COPY);
    expect(await one.rows(sql)).toEqual([]);
    one.close();
    const client = await RawClient.connect(stage.router, { database: KEYSPACE });
    const [result] = readResults(await client.query(sql));
    client.destroy();
    const found = result!.error && result!.error.errno > 9100 ? 'refused' : (result!.error ?? result!.rows);
    expect(found).toEqual(refused.includes(at) ? 'refused' : []);
  });
});

test('the router has not gone down', () => {
  expect(stage.troubles).toEqual([]);
});
