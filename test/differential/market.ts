/**
 * A second pair of keyspaces, for queries that no list of shards can answer alone: `market` is sharded, `office` is not. Few
 * rows with many duplicates and NULLs, several collations, a table without any key, and keys of one and of three columns.
 */
import { column, quoted } from './columns.ts';
import { hexAll, quotedAll, withNull } from './pools.ts';
import type { TableDefinition } from './tables.ts';

export const marketVindexes = {
  hash: { type: 'hash' },
  loose: { type: 'unicode_loose_md5' },
  place: {
    type: 'multicol',
    params: { column_count: '3', column_bytes: '1,3,4', column_vindex: 'hash,binary_md5,binary_md5' },
  },
} as const;

const text = (characters: number, collation: string): string =>
  `VARCHAR(${characters}) CHARACTER SET ${collation.slice(0, collation.indexOf('_'))} COLLATE ${collation}`;

/** The same in several tables, so that rows meet. */
const notes = ['18', '20', '30', 'ash', 'Ash', 'oak', 'Øre', ''];
const amounts = ['0.00', '5.00', '18.00', '20.00', '20.00', '30.50', '99999999.99', '-4.25'];
const smallNumbers = ['1', '2', '3', '5', '18', '20', '20', '30'];

const table = (definition: Omit<TableDefinition, 'canonical'>): TableDefinition => ({
  canonical: false,
  ...definition,
});

/** Of both keyspaces. */
const country = table({
  name: 'country',
  columns: [
    column('code', 'CHAR(2) NOT NULL', 'text', quotedAll(['NO', 'IT', 'PE', 'CH'])),
    column('title', 'VARCHAR(20)', 'text', quotedAll(['Oslo', 'Rome', 'Lima', 'Bern'])),
    column('people', 'BIGINT UNSIGNED', 'unsigned', withNull(['5', '20', '18446744073709551615'])),
  ],
  unique: ['code'],
  keys: ['PRIMARY KEY (code)'],
  rows: 4,
  fixed: (at) => ({
    code: quoted(['NO', 'IT', 'PE', 'CH'][at]!),
    title: quoted(['Oslo', 'Rome', 'Lima', 'Bern'][at]!),
  }),
});

export const marketTables: readonly TableDefinition[] = [
  table({
    name: 'customer',
    columns: [
      column('id', 'BIGINT NOT NULL', 'integer', []),
      column(
        'email',
        text(40, 'utf8mb4_0900_ai_ci'),
        'text',
        quotedAll(['user3@example.org', 'USER5@example.org', 'user20@example.org']),
      ),
      column(
        'name',
        `${text(30, 'utf8mb4_0900_ai_ci')} NOT NULL`,
        'text',
        quotedAll(['Ann', 'ann', 'Bo', 'Çem', 'ash', 'Zoë']),
      ),
      column(
        'city',
        text(20, 'utf8mb4_general_ci'),
        'text',
        withNull(quotedAll(['Oslo', 'oslo', 'Rome', 'Lima', 'x'])),
      ),
      column('score', 'INT', 'integer', withNull(smallNumbers)),
      column('age', 'INT', 'integer', withNull(['1', '18', '20', '30', '65'])),
    ],
    unique: ['id'],
    keys: ['PRIMARY KEY (id)', 'UNIQUE KEY email (email)', 'KEY city (city, id)'],
    sharding: { columns: ['id'], vindex: 'hash' },
    rows: 24,
    fixed: (at) => ({
      id: String(at + 1),
      email: at % 7 === 3 ? 'NULL' : quoted(`user${at + 1}@example.org`),
    }),
  }),
  table({
    name: 'orders',
    columns: [
      column('customer_id', 'BIGINT NOT NULL', 'integer', []),
      column('id', 'BIGINT NOT NULL', 'integer', []),
      column('amount', 'DECIMAL(10,2)', 'decimal', withNull(amounts)),
      column('region', 'INT', 'integer', withNull(smallNumbers)),
      column('note', text(30, 'latin1_swedish_ci'), 'text', withNull(quotedAll(notes))),
      column(
        'placed',
        'DATETIME(3) NOT NULL',
        'datetime',
        quotedAll(['2024-01-31 10:00:00.500', '2024-02-29 23:59:59.999', '1999-12-31 00:00:00.000']),
      ),
    ],
    unique: ['id'],
    keys: ['PRIMARY KEY (customer_id, id)', 'KEY region (region)'],
    sharding: { columns: ['customer_id'], vindex: 'hash' },
    rows: 60,
    // The last few have no customer, and some customers have no order.
    fixed: (at) => ({ customer_id: String(at < 54 ? ((at * 7) % 18) + 1 : 100 + at), id: String(at + 1) }),
  }),
  table({
    name: 'visit',
    columns: [
      column('customer_id', 'BIGINT NOT NULL', 'integer', ['1', '1', '2', '3', '5', '8', '13', '200']),
      column('n', 'INT', 'integer', withNull(smallNumbers)),
      column('page', text(20, 'utf8mb4_bin'), 'text', withNull(quotedAll(notes))),
      column('share', 'DOUBLE', 'float', withNull(['0.1', '0.25', '1e-10', '-0.0', '0'])),
    ],
    // Rows that are equal in all columns are among them.
    unique: ['customer_id', 'n', 'page', 'share'],
    keys: ['KEY customer_id (customer_id)'],
    fixed: () => ({}),
    sharding: { columns: ['customer_id'], vindex: 'hash' },
    rows: 40,
  }),
  table({
    name: 'geo',
    columns: [
      column('a', 'BIGINT NOT NULL', 'integer', ['1', '2', '3', '20', '30', '-7']),
      column('b', `${text(10, 'utf8mb4_0900_bin')} NOT NULL`, 'text', quotedAll(['x', 'X', 'y'])),
      column('c', `${text(10, 'utf8mb4_0900_bin')} NOT NULL`, 'text', quotedAll(['c1', 'c5', 'C7', 'c12'])),
      column('v', 'DECIMAL(20,6)', 'decimal', withNull(['0.000000', '20.000000', '12345678901234.123456'])),
    ],
    unique: ['a', 'b', 'c'],
    keys: ['PRIMARY KEY (a, b, c)'],
    sharding: { columns: ['a', 'b', 'c'], vindex: 'place' },
    rows: 20,
    fixed: (at) => ({ c: quoted(`c${at}`) }),
  }),
  table({
    name: 'prof',
    columns: [
      column('uid', 'BIGINT NOT NULL', 'integer', []),
      column(
        'md',
        `${text(20, 'utf8mb4_0900_ai_ci')} NOT NULL`,
        'text',
        quotedAll(['abc', 'ABC', 'ábc', 'z', '']),
      ),
      column(
        'kind',
        "ENUM('small','Medium','large')",
        'enum',
        withNull(quotedAll(['small', 'Medium', 'large'])),
      ),
      column('tags', "SET('a','b','c')", 'set', withNull(quotedAll(['', 'a', 'a,c', 'b']))),
      column('raw', 'VARBINARY(12)', 'binary', withNull(hexAll(['a\u0000b', 'A', 'a', '']))),
      column(
        'doc',
        'JSON',
        'json',
        withNull(quotedAll(['{"a": 1}', '[1, 2]', '"x"', 'null', '{"a": [20, 30]}'])),
      ),
      column('born', 'DATE', 'date', withNull(quotedAll(['2000-02-29', '1970-01-01', '9999-12-31']))),
      column(
        'big',
        'DECIMAL(40,10)',
        'decimal',
        withNull(['123456789012345678901234567890.0123456789', '-0.0000000001', '20.0000000000']),
      ),
      column('real4', 'FLOAT', 'float', withNull(['1.1', '16777216', '-3.5'])),
      column('bits', 'BIT(9)', 'bit', withNull(["b'101'", "b'111111111'", "b'0'"])),
      column(
        'at',
        'TIMESTAMP NULL',
        'datetime',
        withNull(quotedAll(['2024-03-31 01:30:00', '1970-01-02 00:00:00'])),
      ),
    ],
    unique: ['uid'],
    keys: ['PRIMARY KEY (uid)', 'KEY md (md)'],
    sharding: { columns: ['uid'], vindex: 'hash' },
    rows: 26,
    fixed: (at) => ({ uid: String(at + 1) }),
  }),
  country,
];

export const officeTables: readonly TableDefinition[] = [
  table({
    name: 'plain',
    columns: [
      column('id', 'INT NOT NULL', 'integer', []),
      column('col', 'INT', 'integer', withNull(smallNumbers)),
    ],
    unique: ['id'],
    keys: ['PRIMARY KEY (id)'],
    rows: 9,
    fixed: (at) => ({ id: String(at + 1) }),
  }),
  table({
    name: 'cfg',
    columns: [
      column(
        'k',
        `${text(20, 'utf8mb4_0900_as_cs')} NOT NULL`,
        'text',
        quotedAll(['Oslo', 'oslo', 'ash', 'x', '20']),
      ),
      column('score', 'INT', 'integer', withNull(smallNumbers)),
      column('worth', 'TEXT', 'text', withNull(quotedAll(notes))),
      column('since', 'DATE', 'date', withNull(quotedAll(['2000-02-29', '1970-01-01', '2024-01-31']))),
    ],
    unique: ['k', 'score', 'worth', 'since'],
    keys: [],
    fixed: () => ({}),
    rows: 12,
  }),
  country,
];

/** Made on every shard and on the reference. */
export const marketObjects: readonly string[] = [
  'CREATE VIEW order_of AS SELECT c.id AS cid, c.name, o.id AS oid, o.amount, o.region FROM customer c JOIN orders o ON o.customer_id = c.id',
  'CREATE VIEW per_city (city, n, total) AS SELECT city, COUNT(*), SUM(score) FROM customer GROUP BY city',
  'CREATE VIEW met AS SELECT c.id, o.id AS oid FROM customer c JOIN orders o ON o.region = c.age',
  'CREATE VIEW top3 AS SELECT id, score FROM customer ORDER BY score DESC, id LIMIT 3',
  "CREATE FUNCTION my_fn(x VARCHAR(30)) RETURNS INT DETERMINISTIC NO SQL RETURN IF(x = 'oak', 1, 0)",
];

export const officeObjects: readonly string[] = [
  'CREATE VIEW known AS SELECT k, score FROM cfg WHERE score IS NOT NULL',
];
