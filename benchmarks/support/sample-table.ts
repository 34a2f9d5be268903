/**
 * The table of sysbench's OLTP tests, with one difference: `c` begins with the row's own id, so that every answer can
 * be checked for being the right one.
 */
export const tableRows = 100_000;
/** How often `large-result` can repeat the table: 6.4 million rows. */
const copiesMax = 64;

/** A value for column `c`: eleven digits of the id, then nine more groups of eleven. */
export const cText = (id: number, salt: number): string =>
  `${String(id).padStart(11, '0')}${`-${String((salt * 7_368_787) % 99_999_989).padStart(11, '3')}`.repeat(9)}`;

/** A value for column `pad`: five groups of eleven. */
export const padText = (salt: number): string =>
  `-${String((salt * 15_485_863) % 99_999_989).padStart(11, '7')}`.repeat(5).slice(1);

const digits = 'SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4';
const tenDigits = `(${digits} UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)`;

/** Statements that create the tables, all empty but `copies`: the same on every shard. */
export const emptyTableStatements: readonly string[] = [
  'DROP TABLE IF EXISTS sbtest1, copies, bulk',
  `CREATE TABLE sbtest1 (id INT NOT NULL, k INT NOT NULL DEFAULT 0, c CHAR(120) NOT NULL DEFAULT '',
    pad CHAR(60) NOT NULL DEFAULT '', PRIMARY KEY (id), KEY k_1 (k)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4`,
  'CREATE TABLE copies (id INT NOT NULL PRIMARY KEY)',
  `INSERT INTO copies (id) VALUES ${Array.from({ length: copiesMax }, (_, index) => `(${index + 1})`).join(', ')}`,
  // Where rows are inserted in bulk.
  `CREATE TABLE bulk (id BIGINT NOT NULL PRIMARY KEY, k INT NOT NULL, pad CHAR(60) NOT NULL) ENGINE=InnoDB
    DEFAULT CHARSET=utf8mb4`,
];

/** Statements that create and fill the tables in the current database (about two seconds). */
export const sampleTableStatements: readonly string[] = [
  ...emptyTableStatements,
  `INSERT INTO sbtest1 (id, k, c, pad)
    SELECT n, 1 + (n * 7919) % ${tableRows},
      CONCAT(LPAD(n, 11, '0'), REPEAT(CONCAT('-', LPAD((n * 7368787) % 99999989, 11, '3')), 9)),
      SUBSTRING(REPEAT(CONCAT('-', LPAD((n * 15485863) % 99999989, 11, '7')), 5), 2)
    FROM (SELECT 1 + e.d * 10000 + f.d * 1000 + g.d * 100 + h.d * 10 + i.d AS n
      FROM ${tenDigits} e, ${tenDigits} f, ${tenDigits} g, ${tenDigits} h, ${tenDigits} i) AS numbers ORDER BY n`,
  'ANALYZE TABLE sbtest1, copies',
];

/** What of `sbtest1` a row of id `id` is, as `sampleTableStatements` makes it. */
const sampleRow = (id: number): string =>
  `(${id}, ${1 + ((id * 7919) % tableRows)}, '${cText(id, id)}', '${padText(id)}')`;

const rowsPerInsert = 1000;

/** The same rows of `sbtest1` as statements that put each of them where it belongs. */
export function* sampleInserts(): Iterable<string> {
  for (let first = 1; first <= tableRows; first += rowsPerInsert) {
    const rows = Array.from({ length: rowsPerInsert }, (_, at) => sampleRow(first + at));
    yield `INSERT INTO sbtest1 (id, k, c, pad) VALUES ${rows.join(', ')}`;
  }
}

/** The VSchema of a sharded keyspace with the tables. */
export const sampleVschema = {
  sharded: true,
  vindexes: { hash: { type: 'hash' } },
  tables: {
    sbtest1: { column_vindexes: [{ column: 'id', name: 'hash' }] },
    bulk: { column_vindexes: [{ column: 'id', name: 'hash' }] },
    copies: { type: 'reference' },
  },
};
