/**
 * Tables of all types that are joined by, spread over the two shards of `user` by their ids and so never together, copies of one of them in the
 * unsharded `main`, and a plain mysqld with all of them in databases of the same names.
 */
import { runStatements } from '../support/mysqld.ts';
import { startTwoShards, TwoShardsStage } from '../support/two-shards-stage.ts';

/** The columns of the tables `a` and `b` that are joined by, each with its type. */
export const keyColumns: Readonly<Record<string, string>> = {
  i: 'INT',
  u: 'BIGINT UNSIGNED',
  z: 'INT(6) ZEROFILL',
  d: 'DECIMAL(12,3)',
  t: 'VARCHAR(20) COLLATE utf8mb4_0900_ai_ci',
  p: 'VARCHAR(20) COLLATE utf8mb4_general_ci',
  s: 'VARCHAR(20) COLLATE utf8mb4_0900_as_cs',
  l: 'VARCHAR(20) CHARACTER SET latin1',
  w: 'VARCHAR(20) CHARACTER SET utf16',
  m: 'VARCHAR(20) CHARACTER SET utf8mb3',
  n: 'VARCHAR(20) CHARACTER SET ucs2',
  g: 'VARCHAR(20) CHARACTER SET gbk',
  c: 'CHAR(10)',
  x: 'TEXT',
  vb: 'VARBINARY(8)',
  fb: 'BINARY(4)',
};

const texts = [
  "'a'",
  "'A'",
  "'ä'",
  "'a '",
  "'b''c'",
  "'d\\\\e'",
  "''",
  "'Straße'",
  "'straSSe'",
  "'ab'",
  'NULL',
];
const numbers = ['0', '1', '-1', '7', '7', '42', '2147483647', '-2147483648', 'NULL', '5', '12'];
const unsigned = [
  '0',
  '1',
  '18446744073709551615',
  '9007199254740993',
  '9007199254740992',
  '7',
  '42',
  'NULL',
];
const bytes = ["'a'", "'A'", "'a '", "x'00ff'", "x'27'", "x'5c'", "''", 'NULL', "'ab'"];

const pick = (values: readonly string[], at: number): string => values[at % values.length]!;

/** Row number `at` of a table: each type goes through its values at a pace of its own. */
function row(id: number, step: number): string {
  const text = (shift: number): string => pick(texts, id * step + shift);
  const values = [
    String(id),
    pick(numbers, id * step),
    pick(unsigned, id * step),
    pick(unsigned.slice(0, 2).concat('77', '123456', 'NULL'), id * step),
    pick(['1.5', '1.500', '-0.001', '0', '999999999.999', 'NULL', '3'], id * step),
    text(0),
    text(1),
    text(2),
    text(3),
    text(4),
    text(5),
    text(6),
    text(7).replace('ß', 's').replace('ä', '中'),
    text(8),
    text(9),
    pick(bytes, id * step),
    pick(bytes, id * step + 3),
    `'row ${id}'`,
  ];
  return `(${values.join(', ')})`;
}

const columns = Object.entries(keyColumns).map(([name, type]) => `${name} ${type}`);
const createTable = (name: string, keys: string): string =>
  `CREATE TABLE ${name} (id BIGINT NOT NULL PRIMARY KEY, ${columns.join(', ')}, note VARCHAR(30) NOT NULL${keys})`;

const indexes = ', KEY (i), KEY (u), KEY (t), KEY (p), KEY (l), KEY (vb), KEY (d)';
/** Values of all types that text and binary rows write in two ways; filled by `fillEvents`. */
const eventsTable = `CREATE TABLE events (id BIGINT NOT NULL PRIMARY KEY, i INT, note VARCHAR(30) NOT NULL, f FLOAT, g DOUBLE, h FLOAT(9,3), k DOUBLE(12,2),
  y YEAR, d DATE, dt DATETIME, d3 DATETIME(3), ts TIMESTAMP(6) NULL, tm TIME, t2 TIME(2), ti TINYINT, tu TINYINT(4) UNSIGNED ZEROFILL, si SMALLINT,
  mi MEDIUMINT UNSIGNED, zf INT(9) ZEROFILL, bu BIGINT UNSIGNED, de DECIMAL(20,4), bt BIT(11), en ENUM('x','y'), se SET('p','q'), js JSON, bl LONGBLOB,
  l VARCHAR(20) CHARACTER SET latin1, KEY (i))`;

/** Rows by their numbers, from 0; at most 100,000. */
const eventRows = (count: number): string => `INSERT INTO events
  WITH digits AS (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
      UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9),
    numbers AS (SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS n
      FROM digits a, digits b, digits c, digits d, digits e),
    some AS (SELECT n, n % 97 = 0 AS gone, SIN(n) * POW(10, n % 41 - 20) AS x FROM numbers WHERE n < ${count})
  SELECT n, IF(gone, NULL, n % 5000), CONCAT('event ', n), IF(gone, NULL, x), IF(gone, NULL, x * x), SIN(n) * 1000, COS(n) * 100000,
    IF(gone, 0, 1901 + n % 250), '2020-02-28' + INTERVAL n % 800 DAY, '1999-12-31 23:59:58' + INTERVAL n % 9 SECOND,
    '2001-01-01' + INTERVAL n * 1000 MICROSECOND, IF(gone, NULL, '2011-01-01' + INTERVAL n * 77 MICROSECOND),
    SEC_TO_TIME(n % 6000000 - 3000000), SEC_TO_TIME(n / 16 - 3), n % 256 - 128, n % 256, n % 65536 - 32768, n * 13 % 16777216, n, n * 18446744073709,
    IF(gone, NULL, (n - 70000) / 16), n % 2048, n % 2 + 1, n % 4, JSON_ARRAY(n, 'a'), UNHEX(HEX(n)), CONCAT('ä', n) FROM some`;

const tables = [
  createTable('a', indexes),
  createTable('b', indexes),
  createTable('many', ', KEY (i)'),
  eventsTable,
];

/** `many` has this many rows; `i` is half the id. */
export const MANY_ROWS = 6000;

const ids = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);
const rowsOf: Readonly<Record<string, readonly string[]>> = {
  a: ids(40).map((id) => row(id, 1)),
  b: ids(60).map((id) => row(id, 7)),
  many: ids(MANY_ROWS).map(
    (id) =>
      `(${id}, ${id >> 1}, ${id % 9}, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '${'x'.repeat(id % 30)}')`,
  ),
};

const inserts = (fits: (id: number) => boolean): string[] =>
  Object.entries(rowsOf).map(
    ([table, all]) => `INSERT INTO ${table} VALUES ${all.filter((_, at) => fits(at + 1)).join(', ')}`,
  );

const vindex = { column_vindexes: [{ column: 'id', name: 'bits' }] };

export class JoinStage extends TwoShardsStage {
  static async set(): Promise<JoinStage> {
    const stage = new JoinStage(await startTwoShards({ databases: ['user', 'main'] }));
    const all = [...tables, ...inserts(() => true)];
    // The lowest bit of the id decides the shard.
    await Promise.all([
      runStatements(stage.tablets[0], [...tables, ...inserts((id) => id % 2 === 0)], 'user'),
      runStatements(stage.tablets[1], [...tables, ...inserts((id) => id % 2 === 1)], 'user'),
      runStatements(stage.tablets[0], all, 'main'),
      runStatements(stage.reference, all, 'main').then(() => runStatements(stage.reference, all, 'user')),
    ]);
    await stage.putVschemas({
      user: {
        sharded: true,
        vindexes: { bits: { type: 'reverse_bits' } },
        tables: { a: vindex, b: vindex, many: vindex, events: vindex },
      },
      main: { sharded: false, tables: { a: {}, b: {} } },
    });
    return stage;
  }

  /** Gives `events` so many rows. */
  async fillEvents(count: number): Promise<void> {
    const all = [eventRows(count)];
    const half = (bit: number): string[] => [...all, `DELETE FROM events WHERE id % 2 <> ${bit}`];
    await Promise.all([
      runStatements(this.tablets[0], half(0), 'user'),
      runStatements(this.tablets[1], half(1), 'user'),
      runStatements(this.reference, all, 'user'),
    ]);
  }
}
