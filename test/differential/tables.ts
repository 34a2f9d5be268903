/** The tables of the sharded keyspace: one per kind of sharding key, one with every type, and a small shop. */
import { type ColumnDefinition, column } from './columns.ts';
import * as pools from './pools.ts';
import { hexAll, quotedAll, withNull } from './pools.ts';

export type TableDefinition = Readonly<{
  name: string;
  columns: readonly ColumnDefinition[];
  /** Columns that tell any two rows apart. */
  unique: readonly string[];
  keys: readonly string[];
  /** The sharding columns and their vindex; a reference table has none. */
  sharding?: Readonly<{ columns: readonly string[]; vindex: string }>;
  /** Where all rows lie, as hexadecimal keyspace id. */
  pinned?: string;
  autoIncrement?: Readonly<{ column: string; sequence: string }>;
  /** The owner has promised canonical values: queries may look for those only. */
  canonical: boolean;
  rows: number;
  /** Values of the row `at` (from 0) that are not picked from the columns' pools, as literals. */
  fixed?: (at: number) => Readonly<Record<string, string>>;
}>;

export type VindexName = keyof typeof vindexes;

/** The keyspace's vindexes; `canonical` ones carry the owner's promise. */
export const vindexes = {
  hash: { type: 'hash' },
  xxhash: { type: 'xxhash' },
  xxhash_canonical: { type: 'xxhash', params: { canonical_values: 'true' } },
  numeric: { type: 'numeric' },
  reverse_bits: { type: 'reverse_bits' },
  binary: { type: 'binary' },
  binary_md5: { type: 'binary_md5' },
  unicode_loose_md5: { type: 'unicode_loose_md5' },
  unicode_loose_md5_canonical: { type: 'unicode_loose_md5', params: { canonical_values: 'true' } },
  unicode_loose_xxhash: { type: 'unicode_loose_xxhash' },
  static_map: {
    type: 'numeric_static_map',
    params: {
      json: '{"5": 13835058055282163712, "42": 1, "100": 9223372036854775808}',
      fallback_type: 'hash',
    },
  },
  cfc: { type: 'cfc' },
  cfc_md5: { type: 'cfc', params: { hash: 'md5', offsets: '[1,3]' } },
  multi: {
    type: 'multicol',
    params: { column_count: '2', column_bytes: '1,7', column_vindex: 'hash,xxhash' },
  },
  region: { type: 'region_experimental', params: { region_bytes: '1' } },
} as const;

const text = (characters: number, collation: string): string => {
  const charset = collation.slice(0, collation.indexOf('_'));
  return `VARCHAR(${characters}) CHARACTER SET ${charset} COLLATE ${collation}`;
};

type KeyTable = readonly [name: string, key: ColumnDefinition, vindex: VindexName, canonical?: boolean];

const key = (type: string, family: ColumnDefinition['family'], pool: readonly string[]): ColumnDefinition =>
  column('k', type, family, pool);
const textKey = (collation: string, pool: readonly string[] = pools.texts): ColumnDefinition =>
  key(`${text(40, collation)} NOT NULL`, 'text', quotedAll(pool));

// `numeric` and `reverse_bits` give negative numbers no place.
const placeable = pools.integers.filter((value) => !value.startsWith('-'));

const keyTables: readonly KeyTable[] = [
  ['k_big', key('BIGINT NOT NULL', 'integer', pools.integers), 'hash'],
  ['k_ubig', key('BIGINT UNSIGNED NOT NULL', 'unsigned', pools.unsigned), 'hash'],
  ['k_big_x', key('BIGINT', 'integer', withNull(pools.integers)), 'xxhash'],
  [
    'k_int',
    key(
      'INT NOT NULL',
      'integer',
      placeable.filter((value) => Number(value) < 2 ** 31),
    ),
    'reverse_bits',
  ],
  ['k_num', key('BIGINT UNSIGNED NOT NULL', 'unsigned', pools.unsigned), 'numeric'],
  ['k_snum', key('BIGINT NOT NULL', 'integer', placeable), 'numeric'],
  ['k_ai_loose', textKey('utf8mb4_0900_ai_ci'), 'unicode_loose_md5'],
  ['k_ai_x', textKey('utf8mb4_0900_ai_ci'), 'xxhash'],
  ['k_ai_canon', textKey('utf8mb4_0900_ai_ci', pools.canonicalTexts), 'xxhash_canonical', true],
  ['k_as', textKey('utf8mb4_0900_as_cs'), 'binary_md5'],
  ['k_bin09', textKey('utf8mb4_0900_bin'), 'binary_md5'],
  ['k_general', textKey('utf8mb4_general_ci'), 'unicode_loose_md5'],
  [
    'k_general_canon',
    textKey('utf8mb4_general_ci', pools.canonicalTexts),
    'unicode_loose_md5_canonical',
    true,
  ],
  ['k_unicode', textKey('utf8mb4_unicode_ci'), 'unicode_loose_xxhash'],
  ['k_bin', textKey('utf8mb4_bin'), 'xxhash'],
  ['k_latin', textKey('latin1_swedish_ci', pools.latinTexts), 'xxhash'],
  [
    'k_char',
    key('CHAR(10) NOT NULL', 'text', quotedAll(pools.texts.map((each) => each.replace(/ +$/, '')))),
    'unicode_loose_md5',
  ],
  ['k_varbinary', key('VARBINARY(40) NOT NULL', 'binary', hexAll(pools.binaries)), 'binary_md5'],
  ['k_binary_id', key('VARBINARY(40) NOT NULL', 'binary', hexAll(pools.binaries)), 'binary'],
  ['k_decimal', key('DECIMAL(10,2) NOT NULL', 'decimal', pools.decimals), 'xxhash'],
  ['k_date', key('DATE NOT NULL', 'date', quotedAll(pools.dates)), 'xxhash'],
  ['k_static', key('BIGINT UNSIGNED NOT NULL', 'unsigned', pools.unsigned), 'static_map'],
  ['k_cfc', key('VARBINARY(40) NOT NULL', 'binary', hexAll(pools.binaries)), 'cfc'],
  [
    'k_cfc_md5',
    key('VARBINARY(40) NOT NULL', 'binary', hexAll(pools.binaries.filter((each) => each.length > 2))),
    'cfc_md5',
  ],
];

/** By two columns: the first alone leads to a range of ids. */
const pairTables: readonly (readonly [name: string, columns: readonly string[], vindex: VindexName])[] = [
  ['k_multi', ['r', 'k'], 'multi'],
  ['k_region', ['r', 'k'], 'region'],
];

const payload: readonly ColumnDefinition[] = [
  column('a', 'INT', 'integer', withNull(pools.smallIntegers)),
  column('t', text(20, 'utf8mb4_0900_ai_ci'), 'text', withNull(quotedAll(pools.texts))),
  column('d', 'DECIMAL(10,2)', 'decimal', withNull(pools.decimals)),
];

const counted = column('n', 'INT NOT NULL', 'integer', []);

const keyed: readonly TableDefinition[] = keyTables.map(([name, keyColumn, vindex, canonical = false]) => ({
  name,
  columns: [counted, keyColumn, ...payload],
  unique: ['n'],
  keys: ['PRIMARY KEY (n)', 'KEY k (k)'],
  sharding: { columns: ['k'], vindex },
  canonical,
  rows: Math.min(90, Math.round(keyColumn.pool.length * 1.4) + 10),
}));

const paired: readonly TableDefinition[] = pairTables.map(([name, columns, vindex]) => ({
  name,
  columns: [
    counted,
    column('r', 'INT NOT NULL', 'integer', ['0', '1', '2', '5', '100', '200', '255']),
    key('BIGINT NOT NULL', 'integer', placeable),
    ...payload,
  ],
  unique: ['n'],
  keys: ['PRIMARY KEY (n)', 'KEY k (k)'],
  sharding: { columns, vindex },
  canonical: false,
  rows: 60,
}));

/** All rows lie where the keyspace id says, whatever they hold. */
const pinnedTable: TableDefinition = {
  name: 'k_pinned',
  columns: [counted, key('BIGINT NOT NULL', 'integer', pools.integers), ...payload],
  unique: ['n'],
  keys: ['PRIMARY KEY (n)', 'KEY k (k)'],
  pinned: 'c0',
  canonical: false,
  rows: 40,
};

const zooColumns: readonly ColumnDefinition[] = [
  column('id', 'BIGINT NOT NULL', 'integer', []),
  column('ti', 'TINYINT', 'integer', withNull(['-128', '127', '0', '1', '5', '-5'])),
  column('tu', 'TINYINT UNSIGNED', 'unsigned', withNull(['0', '1', '5', '200', '255'])),
  column('si', 'SMALLINT', 'integer', withNull(['-32768', '32767', '0', '1', '5'])),
  column('mi', 'MEDIUMINT', 'integer', withNull(['-8388608', '8388607', '0', '5'])),
  column('i', 'INT NOT NULL', 'integer', pools.smallIntegers),
  column('iu', 'INT UNSIGNED', 'unsigned', withNull(['0', '1', '5', '4294967295', '3000000000'])),
  column('b', 'BIGINT', 'integer', withNull(pools.integers)),
  column('bu', 'BIGINT UNSIGNED', 'unsigned', withNull(pools.unsigned)),
  column('bo', 'TINYINT(1) NOT NULL DEFAULT 0', 'integer', ['0', '1']),
  column('zf', 'INT(6) ZEROFILL', 'unsigned', withNull(['1', '5', '123456', '0'])),
  column(
    'de',
    'DECIMAL(12,4)',
    'decimal',
    withNull(['0.0000', '1.5000', '-1.5000', '12345678.1234', '-0.0001', '5.0000']),
  ),
  column(
    'de0',
    'DECIMAL(30,0)',
    'decimal',
    withNull(['0', '5', '123456789012345678901234567890', '-99999999999999999999']),
  ),
  column('deu', 'DECIMAL(6,2) UNSIGNED', 'decimal', withNull(['0.00', '9999.99', '5.50', '1.00'])),
  column('f', 'FLOAT', 'float', withNull(['0', '1.5', '-1.5', '3.14159', '1e10', '0.1', '1e-10'])),
  column(
    'db',
    'DOUBLE',
    'float',
    withNull(['0', '1.5', '-1.5', '2.718281828459045', '1e100', '0.1', '-1e-100', '5']),
  ),
  column('da', 'DATE', 'date', withNull(quotedAll(pools.dates))),
  column(
    'dt',
    'DATETIME',
    'datetime',
    withNull(
      quotedAll(['2020-01-01 00:00:00', '2020-02-29 23:59:59', '1999-12-31 12:00:00', '9999-12-31 23:59:59']),
    ),
  ),
  column(
    'dt6',
    'DATETIME(6)',
    'datetime',
    withNull(quotedAll(['2020-01-01 00:00:00.000001', '2020-01-01 00:00:00', '2024-06-15 10:20:30.123456'])),
  ),
  column(
    'ts',
    'TIMESTAMP(3) NULL',
    'datetime',
    withNull(quotedAll(['2020-01-01 00:00:00.001', '1970-01-02 00:00:00', '2038-01-18 00:00:00'])),
  ),
  column(
    'tm',
    'TIME',
    'time',
    withNull(quotedAll(['00:00:00', '-838:59:59', '838:59:59', '12:30:00', '-00:00:01'])),
  ),
  column('tm3', 'TIME(3)', 'time', withNull(quotedAll(['00:00:00.001', '12:30:00.500', '-01:00:00.250']))),
  column('y', 'YEAR', 'year', withNull(['1901', '2000', '2024', '2155', '0'])),
  column('c', 'CHAR(8)', 'text', withNull(quotedAll(['abc', 'ABC', 'ábc', 'a', 'b', 'z', '5', '']))),
  column('v', text(20, 'utf8mb4_0900_ai_ci'), 'text', withNull(quotedAll(pools.texts))),
  column('vas', text(20, 'utf8mb4_0900_as_cs'), 'text', withNull(quotedAll(pools.texts))),
  column('v09', text(20, 'utf8mb4_0900_bin'), 'text', withNull(quotedAll(pools.texts))),
  column('vbin', text(20, 'utf8mb4_bin'), 'text', withNull(quotedAll(pools.texts))),
  column('vgen', text(20, 'utf8mb4_general_ci'), 'text', withNull(quotedAll(pools.texts))),
  column('vuni', text(20, 'utf8mb4_unicode_ci'), 'text', withNull(quotedAll(pools.texts))),
  column('vlat', text(20, 'latin1_swedish_ci'), 'text', withNull(quotedAll(pools.latinTexts))),
  column('vb', 'VARBINARY(20)', 'binary', withNull(hexAll(pools.binaries))),
  column('bi', 'BINARY(4)', 'binary', withNull(hexAll(['abcd', 'a', 'ABCD', '\u0000']))),
  column(
    'tx',
    `TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci`,
    'text',
    withNull(quotedAll(pools.texts)),
  ),
  column('bl', 'BLOB', 'binary', withNull(hexAll(pools.binaries))),
  column(
    'js',
    'JSON',
    'json',
    withNull(
      quotedAll(['1', '"abc"', '[1, 2]', '{"a": 1, "b": [true, null]}', 'null', '2.5', '"ABC"', '[]']),
    ),
  ),
  column(
    'en',
    "ENUM('small','Medium','large','é','5')",
    'enum',
    withNull(quotedAll(['small', 'Medium', 'large', 'é', '5'])),
  ),
  column('se', "SET('a','b','c','d')", 'set', withNull(quotedAll(['', 'a', 'b', 'a,b', 'a,c,d', 'd']))),
  column('bt', 'BIT(10)', 'bit', withNull(["b'0'", "b'1'", "b'101'", "b'1111111111'"])),
  column('ge', 'INT GENERATED ALWAYS AS (i * 2 + 1) VIRTUAL', 'integer', [], { generated: true }),
];

const shop: readonly TableDefinition[] = [
  {
    name: 'customers',
    columns: [
      column('id', 'BIGINT NOT NULL', 'integer', []),
      column('name', 'VARCHAR(40) NOT NULL', 'text', quotedAll(pools.texts)),
      column(
        'city',
        'VARCHAR(20)',
        'text',
        withNull(quotedAll(['Oslo', 'oslo', 'Rome', 'Zürich', 'Zurich', 'Lima'])),
      ),
      column('country', 'CHAR(2)', 'text', withNull(quotedAll(['NO', 'IT', 'CH', 'PE', 'xx']))),
      column('credit', 'DECIMAL(10,2) NOT NULL DEFAULT 0.00', 'decimal', pools.decimals),
      column('age', 'INT', 'integer', withNull(['18', '20', '30', '40', '65'])),
      column('born', 'DATE', 'date', withNull(quotedAll(pools.dates))),
    ],
    unique: ['id'],
    keys: ['PRIMARY KEY (id)', 'KEY city (city)'],
    sharding: { columns: ['id'], vindex: 'hash' },
    canonical: false,
    rows: 40,
  },
  {
    name: 'orders',
    columns: [
      column('cid', 'BIGINT NOT NULL', 'integer', []),
      column('oid', 'INT NOT NULL', 'integer', []),
      column(
        'status',
        "ENUM('new','paid','sent') NOT NULL DEFAULT 'new'",
        'enum',
        quotedAll(['new', 'paid', 'sent']),
      ),
      column('total', 'DECIMAL(10,2)', 'decimal', withNull(pools.decimals)),
      column('note', 'VARCHAR(30)', 'text', withNull(quotedAll(['fast', 'Fast', 'slow', 'émile', '']))),
      column('day', 'DATE', 'date', withNull(quotedAll(pools.dates))),
    ],
    unique: ['cid', 'oid'],
    keys: ['PRIMARY KEY (cid, oid)', 'KEY day (day)'],
    sharding: { columns: ['cid'], vindex: 'hash' },
    canonical: false,
    rows: 110,
  },
  {
    name: 'items',
    columns: [
      column('cid', 'BIGINT NOT NULL', 'integer', []),
      column('oid', 'INT NOT NULL', 'integer', []),
      column('line', 'INT NOT NULL', 'integer', []),
      column('sku', `${text(10, 'utf8mb4_bin')} NOT NULL`, 'text', quotedAll(['A1', 'a1', 'B2', 'c3'])),
      column('qty', 'INT NOT NULL DEFAULT 1', 'integer', ['1', '2', '3', '10']),
      column('price', 'DOUBLE', 'float', withNull(['1.5', '2.25', '9.99', '0.1'])),
    ],
    unique: ['cid', 'oid', 'line'],
    keys: ['PRIMARY KEY (cid, oid, line)'],
    sharding: { columns: ['cid'], vindex: 'hash' },
    canonical: false,
    rows: 180,
  },
  {
    name: 'countries',
    columns: [
      column('code', 'CHAR(2) NOT NULL', 'text', quotedAll(['NO', 'IT', 'CH', 'PE', 'DE', 'FR'])),
      column(
        'title',
        'VARCHAR(20) NOT NULL',
        'text',
        quotedAll(['Norway', 'Italy', 'Schweiz', 'Perú', 'Deutschland', 'France']),
      ),
      column('region', 'VARCHAR(10)', 'text', withNull(quotedAll(['north', 'South', 'south']))),
      column('people', 'BIGINT UNSIGNED', 'unsigned', withNull(['5000000', '60000000', '8000000'])),
    ],
    unique: ['code'],
    keys: ['PRIMARY KEY (code)'],
    canonical: false,
    rows: 6,
  },
];

/** Tables that cases write to; each such case finds them as they were loaded. */
const written: readonly TableDefinition[] = [
  {
    name: 'w_item',
    columns: [
      column('id', 'BIGINT NOT NULL', 'integer', pools.integers),
      column('n', 'INT', 'integer', withNull(pools.smallIntegers)),
      column(
        'v',
        text(12, 'utf8mb4_0900_ai_ci'),
        'text',
        withNull(quotedAll(pools.texts.filter((each) => each.length < 7))),
      ),
      column('d', 'DECIMAL(8,3)', 'decimal', withNull(['0.000', '1.500', '-2.250'])),
      column(
        'at',
        "DATETIME NOT NULL DEFAULT '2020-01-01 00:00:00'",
        'datetime',
        quotedAll(['2020-01-01 00:00:00', '2024-02-29 12:00:00']),
      ),
    ],
    unique: ['id'],
    keys: ['PRIMARY KEY (id)'],
    sharding: { columns: ['id'], vindex: 'hash' },
    canonical: false,
    rows: 25,
  },
  {
    name: 'w_text',
    columns: [
      column('k', `${text(20, 'utf8mb4_0900_ai_ci')} NOT NULL`, 'text', quotedAll(pools.texts)),
      column('n', 'INT NOT NULL', 'integer', []),
      column('x', 'VARCHAR(10)', 'text', withNull(quotedAll(['x', 'y', 'Y']))),
    ],
    unique: ['n'],
    keys: ['PRIMARY KEY (k, n)'],
    sharding: { columns: ['k'], vindex: 'unicode_loose_md5' },
    canonical: false,
    rows: 30,
  },
  {
    name: 'w_exact',
    columns: [
      column('k', `${text(20, 'utf8mb4_0900_bin')} NOT NULL`, 'text', quotedAll(pools.texts)),
      column('n', 'INT NOT NULL DEFAULT 7', 'integer', pools.smallIntegers),
    ],
    unique: ['k'],
    keys: ['PRIMARY KEY (k)'],
    sharding: { columns: ['k'], vindex: 'xxhash' },
    canonical: false,
    rows: 20,
  },
  {
    name: 'w_auto',
    columns: [
      column('id', 'BIGINT NOT NULL AUTO_INCREMENT', 'integer', []),
      column('n', 'INT', 'integer', withNull(pools.smallIntegers)),
      column('v', 'VARCHAR(12)', 'text', withNull(quotedAll(['a', 'b', 'A']))),
    ],
    unique: ['id'],
    keys: ['PRIMARY KEY (id)'],
    sharding: { columns: ['id'], vindex: 'hash' },
    autoIncrement: { column: 'id', sequence: 'auto_seq' },
    canonical: false,
    rows: 10,
  },
  {
    name: 'w_child',
    columns: [
      column('cid', 'BIGINT NOT NULL', 'integer', ['1', '2', '3', '4', '5', '6', '7', '8']),
      column('id', 'BIGINT NOT NULL AUTO_INCREMENT', 'integer', []),
      column('v', 'VARCHAR(12)', 'text', withNull(quotedAll(['a', 'b', 'A']))),
    ],
    unique: ['id'],
    keys: ['PRIMARY KEY (cid, id)', 'KEY id (id)'],
    sharding: { columns: ['cid'], vindex: 'hash' },
    autoIncrement: { column: 'id', sequence: 'child_seq' },
    canonical: false,
    rows: 16,
  },
];

const zoo: TableDefinition = {
  name: 'zoo',
  columns: zooColumns,
  unique: ['id'],
  keys: ['PRIMARY KEY (id)', 'KEY i (i)', 'KEY v (v)'],
  sharding: { columns: ['id'], vindex: 'hash' },
  canonical: false,
  rows: 130,
};

export const keyTableDefinitions = [...keyed, ...paired, pinnedTable];
export const zooTable = zoo;
export const shopTables = shop;
export const writtenTables = written;
export const allTables: readonly TableDefinition[] = [
  ...keyed,
  zoo,
  ...shop,
  ...written,
  ...paired,
  pinnedTable,
];

const byName = new Map(allTables.map((table) => [table.name, table]));

export function tableNamed(name: string): TableDefinition {
  const table = byName.get(name);
  if (table === undefined) throw new Error(`no table ${name}`);
  return table;
}
