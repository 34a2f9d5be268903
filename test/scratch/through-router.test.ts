/** Every type through the router: gathered queries give the values and the columns that one MySQL gives. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatherStage } from '../gather/stage.ts';
import { explainPackets } from '../support/decode.ts';
import { runStatements } from '../support/mysqld.ts';
import type { Answer, RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { withStore } from '../support/topology-edit.ts';
import { allCases } from './type-cases.ts';

let stage: GatherStage;
let router: RouterUnderTest;

const ROWS = 40;
const cases = allCases.map(([type, ...values]) => ({
  type,
  values: values.filter((one) => !/repeat/i.test(one)),
}));
const names = cases.map((_, at) => `v${at}`);

const table = `CREATE TABLE every (id BIGINT NOT NULL PRIMARY KEY, peer BIGINT, ${cases.map(({ type }, at) => `v${at} ${type} NULL`).join(', ')})`;

/** Rows of a parity; undefined: all. */
function rows(parity?: number): string[] {
  const ids = Array.from({ length: ROWS }, (_, at) => at + 1).filter(
    (id) => parity === undefined || id % 2 === parity,
  );
  return ids.map((id) => {
    const cells = cases.map(({ values }) => values[id % (values.length + 1)] ?? 'NULL');
    return `INSERT INTO every VALUES (${[id, (id * 7) % ROWS, ...cells].join(', ')})`;
  });
}

beforeAll(async () => {
  stage = await GatherStage.set();
  const analyze = 'ANALYZE TABLE every';
  const permissive = "SET sql_mode = 'ALLOW_INVALID_DATES'";
  for (const parity of [0, 1] as const)
    await runStatements(stage.tablets[parity], [permissive, table, ...rows(parity), analyze], 'user');
  await runStatements(stage.reference, [permissive, table, ...rows(), analyze], 'user');
  await withStore(stage.servers.etcdAddress, async (store) => {
    const bits = { column_vindexes: [{ column: 'id', name: 'bits' }] };
    await store.putVschema({
      keyspace: 'user',
      vschema: {
        sharded: true,
        vindexes: { bits: { type: 'reverse_bits' } },
        tables: { customer: bits, sale: bits, every: bits },
      },
    });
  });
  router = await stage.startRouter();
});
afterAll(() => stage?.stop());

const keyFlags = 2 | 4 | 8 | 16384;
const simplified = (answer: Answer): string[] =>
  explainPackets(answer.packets, answer.capabilities, answer.commandByte).map((line) =>
    line
      .replaceAll(/\+no(?:Good)?IndexUsed/g, '')
      // How often MySQL looks at a date that is none, and says so, is its own affair.
      .replaceAll(/warnings=\d+/g, '')
      .replaceAll(/flags=(\d+)/g, (_, flags: string) => `flags=${Number(flags) & ~keyFlags}`),
  );

async function answers(client: RawClient, sql: string): Promise<string[]> {
  const text = simplified(await client.query(sql));
  const { id, answer } = await client.prepare(sql);
  if (id === 0) return [...text, ...simplified(answer)];
  const executed = simplified(await client.execute(id));
  client.closeStatement(id);
  return [...text, ...executed];
}

/** Statements on a new connection of each, in order; the last `count` of them are compared. */
async function same(settings: readonly string[], ...statements: readonly string[]): Promise<void> {
  const clients = await Promise.all(
    [stage.reference, router.endpoint].map((endpoint) => stage.client({ endpoint })),
  );
  try {
    for (const client of clients) for (const sql of settings) await client.query(sql);
    for (const sql of statements) {
      const [expected, found] = [await answers(clients[0]!, sql), await answers(clients[1]!, sql)];
      const differences = found.flatMap((line, at) => (line === expected[at] ? [] : [[expected[at], line]]));
      expect(differences, sql).toEqual([]);
      expect(found, sql).toHaveLength(expected.length);
    }
  } finally {
    stage.closeClients();
  }
}

const everything = 'SELECT *, ROW_NUMBER() OVER (ORDER BY id) AS n FROM every ORDER BY id';

describe('all columns at once', () => {
  test.each([
    ['as usual', []],
    ['NAMES latin1', ['SET NAMES latin1']],
    ['NAMES utf8mb3', ['SET NAMES utf8mb3']],
    ['results as they are', ['SET character_set_results = NULL']],
    ['another time zone', ["SET time_zone = '+05:30'"]],
    ['PAD_CHAR_TO_FULL_LENGTH', ["SET sql_mode = 'PAD_CHAR_TO_FULL_LENGTH'"]],
    ['ANSI', ["SET sql_mode = 'ANSI,NO_BACKSLASH_ESCAPES'"]],
  ])('%s', (_, settings) => same(settings, everything));
});

/** MAX() of them is another type by its definition: CHAR is VARCHAR, DOUBLE(20,4) a DOUBLE. */
const facetless = /^(?:char|binary|double\()/;
/** Which of several equal values MIN() gives is nowhere said: 'a' or 'A', -0 or 0. */
const hasEqualTwins = /char|text|^(?:float|double)$/;
test('what tables are loaded under is not seen', async () => {
  const seen =
    'SELECT COUNT(*), @@max_heap_table_size, @@explicit_defaults_for_timestamp, @@sql_mode, @@time_zone, @@character_set_results FROM every a JOIN sale s ON s.n = a.peer';
  await same([], seen);
  await same(["SET max_heap_table_size = 65536, sql_mode = 'ANSI', time_zone = '+03:00'"], seen);
});

/** Of a SET with 64 members MySQL makes other groups by one plan than by another. */
const groupsByPlan = /'m63'/;
const spatial = /^(?:geo|point|poly|vector)/;

test.each(cases.map(({ type }, at) => [names[at]!, type] as const))('%s %s', async (name, type) => {
  const of = (what: string): string => what.replaceAll('$v', name);
  const queries = [
    of(
      'SELECT a.id, b.$v FROM every a LEFT JOIN every b ON b.peer = a.id AND b.id > a.id ORDER BY a.id, b.id',
    ),
    of('SELECT HEX($v), n FROM (SELECT $v, ROW_NUMBER() OVER (ORDER BY id) AS n FROM every) d ORDER BY n'),
  ];
  if (!spatial.test(type)) {
    queries.push(
      ...(groupsByPlan.test(type)
        ? []
        : [
            of(
              'SELECT COUNT(*), MIN(x.id), SUM(x.id) FROM every x LEFT JOIN every y ON y.peer = x.id GROUP BY x.$v ORDER BY MIN(x.id)',
            ),
          ]),
      ...(hasEqualTwins.test(type)
        ? []
        : [
            of(
              'SELECT peer % 5 AS g, MAX($v) AS x, MIN($v), COUNT($v) FROM every GROUP BY g HAVING MIN($v) IS NOT NULL ORDER BY g',
            ),
          ]),
      of(
        'SELECT a.id FROM every a WHERE a.$v = (SELECT b.$v FROM every b WHERE b.id = a.peer) ORDER BY a.id',
      ),
      ...(facetless.test(type)
        ? []
        : [
            of(
              'SELECT MAX(d.m) AS x, COUNT(d.m) FROM (SELECT MAX($v) AS m, peer % 3 AS g FROM every GROUP BY g) d',
            ),
          ]),
      of(
        'SELECT a.id, CONCAT(a.$v, b.id) AS x, COALESCE(a.$v, b.$v) AS y FROM every a JOIN every b ON b.peer = a.id ORDER BY a.id, b.id',
      ),
    );
  }
  await same([], ...queries);
});
