/** Statements with one fingerprint key must have one set of columns: a server says which they have. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { capability, columnType } from '../../src/mysql/protocol.ts';
import { Fingerprint } from '../../src/sql/fingerprint.ts';
import { lexModeOf } from '../../src/sql/lex-mode.ts';
import { readResults } from '../support/decode.ts';
import type { Column } from '../support/decode-parts.ts';
import { type Mysqld, runStatements, startMysqld } from '../support/mysqld.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';

const DATABASE = 'shapes';
const SEED = 20_261_121;
const TEXTS = 8_000;
const TEXTS_PER_SHAPE = 4;

let server: Mysqld;

beforeAll(async () => {
  server = await startMysqld({ databases: [DATABASE] });
  await runStatements(server.endpoint, [
    `USE ${DATABASE}`,
    'CREATE TABLE t (a INT, b VARCHAR(20), c DECIMAL(10,3), d JSON, e DATETIME)',
    `INSERT INTO t VALUES (1, 'x', 1.5, '{"x": [1, "y"]}', '2020-01-01'), (2, 'y', 2.5, '{"y": 2}', NULL)`,
  ]);
});

afterAll(() => server.stop());

/** By kind: values of one kind that differ in length, sign of their meaning, and effect. */
const literals = [
  ['1', '2', '30', '0'],
  ['1.5', '2.25', '0.125'],
  ['1e0', '25e-1'],
  ["'x'", "'long text'", "'2'", "''", '"y"'],
  ["N'x'", "N'other'"],
  ["_latin1'x'", "_latin1'other'"],
  ["x'41'", '0x424344'],
  ["b'1'", '0b1000001'],
  ['-4', '-50'],
];
const expressions = [
  'a',
  '#',
  'a + #',
  'a+#',
  'CONCAT(b, #)',
  'ROUND(c, #)',
  'CAST(# AS CHAR(4))',
  'CAST(# AS CHAR(9))',
  'CONVERT(a, DECIMAL(8,3))',
  'CONVERT(a, DECIMAL(9,4))',
  "d->'$.x'",
  "d->'$.y'",
  'e + INTERVAL # DAY',
  'IF(a = #, #, #)',
  '(SELECT 1 FROM t LIMIT 1)',
  '(SELECT MAX(#) FROM t WHERE a > #)',
  'COUNT(*)',
  'GROUP_CONCAT(b ORDER BY a SEPARATOR #)',
  '# x',
  "# AS 'y'",
  '*',
];
const conditions = [
  'a = #',
  'b = #',
  'a IN (#, #)',
  'a IN (#)',
  'b LIKE #',
  'a BETWEEN # AND #',
  'CAST(b AS CHAR(5)) = #',
  'EXISTS (SELECT # FROM t u WHERE u.a = #)',
  '(a, b) IN ((#, #), (#, #))',
  '# = #',
];
const tables = [
  't',
  't x',
  '(SELECT # FROM t WHERE a = #) u',
  '(SELECT a, # FROM t LIMIT #) u',
  '(SELECT a + # FROM t UNION SELECT # FROM t WHERE b = #) u',
  't JOIN t u ON t.a = u.a AND u.c > #',
  "t, JSON_TABLE(d, '$.x[*]' COLUMNS (j INT PATH '$')) k",
  '(VALUES ROW(#, #)) u',
];
const tails = [
  '',
  ' GROUP BY 1',
  ' ORDER BY #',
  ' LIMIT #',
  ' LIMIT #, #',
  ' GROUP BY a HAVING COUNT(*) > #',
  ' UNION SELECT #',
  ' UNION ALL SELECT a FROM t WHERE a = #',
];
const gaps = [' ', ' ', ' ', '  ', '\n', ' /* note */ '];

/** A statement with `#` and the number of a kind where literals are to stand. */
function shapeOf(random: Random): string {
  const count = random.between(1, 2);
  const list = Array.from({ length: count }, () => random.pick(expressions)).join(random.pick([',', ', ']));
  const where = random.chance(0.7) ? `${random.pick(gaps)}WHERE ${random.pick(conditions)}` : '';
  const cte = random.chance(0.1) ? 'WITH w AS (SELECT a, b, c, d, e, # FROM t WHERE a = #) ' : '';
  const from = cte === '' ? random.pick(tables) : 'w';
  const shape = `${cte}SELECT ${list}${random.pick(gaps)}FROM ${from}${where}${random.pick(tails)}`;
  return shape.replaceAll('#', () => `#${random.chance(0.6) ? 0 : random.below(literals.length)}`);
}

const textOf = (shape: string, random: Random): string =>
  shape.replaceAll(/#(\d)/g, (_, kind) => random.pick(literals[Number(kind)]!));

/**
 * Without what also tells how the server ran the statement: where a WHERE is never true it makes no temporary table, and
 * then flags, origins, and the length of JSON are others.
 */
function shapeOfColumn({ name, type, charset, length, decimals }: Column): unknown {
  return type === columnType.json ? { name, type } : { name, type, charset, length, decimals };
}

test('columns are the same for every text of a key', async () => {
  const client = await RawClient.connect(server.endpoint, {
    database: DATABASE,
    without: capability.sessionTrack,
  });
  const random = new Random(SEED);
  const fingerprint = new Fingerprint();
  const mode = lexModeOf('STRICT_TRANS_TABLES', 'utf8mb4', 90_704, false);
  const known = new Map<string, { text: string; columns: unknown }>();
  let shared = 0;
  let shape = '';
  for (let i = 0; i < TEXTS; i++) {
    if (i % TEXTS_PER_SHAPE === 0) shape = shapeOf(random);
    const text = textOf(shape, random);
    const isRead = fingerprint.read(Buffer.from(text), 0, mode);
    expect(isRead, text).toBe(true);
    const key = fingerprint.key.bytes.toString('latin1', 0, fingerprint.key.length);
    const [result] = readResults(await client.query(text));
    if (result?.error !== undefined) continue;
    const columns = result!.columns.map(shapeOfColumn);
    const before = known.get(key);
    if (before === undefined) known.set(key, { text, columns });
    else {
      expect(columns, `${text}\n${before.text}`).toEqual(before.columns);
      if (before.text !== text) shared++;
    }
  }
  client.destroy();
  expect(shared).toBeGreaterThan(TEXTS / 20);
});
