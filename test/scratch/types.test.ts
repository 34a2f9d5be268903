/** Copies of tables hold the very values of the originals, and compute what the originals compute. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, run, ScratchStage } from './stage.ts';

let stage: ScratchStage;

beforeAll(async () => {
  stage = await ScratchStage.start();
});
afterAll(() => stage.stop());

/** A type, and values as SQL. NULL is added, and so is an index where the type can have one. */
type Case = readonly [type: string, ...values: string[]];

const integers = (bits: number): string[] => [
  '0',
  '1',
  '-1',
  String(-(2n ** BigInt(bits - 1))),
  String(2n ** BigInt(bits - 1) - 1n),
];
const unsigned = (bits: number): string[] => ['0', '1', String(2n ** BigInt(bits) - 1n)];

const numbers: readonly Case[] = [
  ['tinyint', ...integers(8)],
  ['tinyint(1)', '0', '1', '-128'],
  ['tinyint unsigned', ...unsigned(8)],
  ['smallint', ...integers(16)],
  ['smallint unsigned zerofill', ...unsigned(16)],
  ['mediumint', ...integers(24)],
  ['mediumint unsigned', ...unsigned(24)],
  ['int', ...integers(32)],
  ['int(7) unsigned zerofill', ...unsigned(32)],
  ['bigint', ...integers(64)],
  ['bigint unsigned', ...unsigned(64)],
  ['decimal(65,30)', '0', '-0.000000000000000000000000000001', `${'9'.repeat(35)}.${'9'.repeat(30)}`],
  ['decimal(65,0)', '9'.repeat(65), `-${'9'.repeat(65)}`],
  ['decimal(5,5)', '0.12345', '-0.99999'],
  ['decimal(6,2) unsigned zerofill', '0', '1.5', '9999.99'],
  ['float', '0', "'-0'", '1.1', '16777217', '3.4028234e38', '-1.17549435e-38', '1e-45', '123456.789'],
  ['float unsigned', '0', '0.1'],
  ['float(7,3)', '1.0005', '9999.999', '-1234.567'],
  [
    'double',
    '0',
    "'-0'",
    '0.1',
    '1e308',
    '-2.2250738585072014e-308',
    '4.9e-324',
    '123456789.123456789',
    '1e15',
    '1e-15',
  ],
  ['double(20,4)', '1.00005', '-1234567890123456.1234'],
  ['bit(1)', "b'0'", "b'1'"],
  ['bit(9)', "b'0'", "b'100000000'", "b'101'", '39'],
  ['bit(64)', "x'ffffffffffffffff'", "x'275c00'", '0'],
];

const times: readonly Case[] = [
  ['year', '0', '1901', '2155', '2000'],
  ['date', "'0000-00-00'", "'2024-00-00'", "'2024-02-31'", "'9999-12-31'", "'1000-01-01'", "'0001-01-01'"],
  ['time', "'00:00:00'", "'-838:59:59'", "'838:59:59'", "'-00:00:01'", "'23:59:59'"],
  ['time(6)', "'-838:59:58.999999'", "'00:00:00.000001'", "'-00:00:00.000001'", "'100:00:00.5'"],
  [
    'datetime',
    "'0000-00-00 00:00:00'",
    "'2024-00-10 10:00:00'",
    "'9999-12-31 23:59:59'",
    "'2024-02-30 00:00:00'",
  ],
  ['datetime(6)', "'0000-00-00'", "'2024-02-29 12:34:56.000001'", "'2024-01-01 00:00:00'"],
  ['datetime(2)', "'2024-02-29 12:34:56.12'"],
  ['timestamp', "'0000-00-00 00:00:00'", "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"],
  ['timestamp(6)', "'0000-00-00 00:00:00'", "'1970-01-01 00:00:01.000001'", "'2038-01-19 03:14:07.999999'"],
];

const hard = [
  "''",
  "'a'",
  "'A'",
  "'a '",
  "'á'",
  "' a'",
  "'ß'",
  "'ss'",
  "'a\\0b'",
  "'\\''",
  "'\\\\'",
  "'\\\\\\''",
  "'x\\Z\\n\\r'",
  "'日本'",
];
const plain = ["''", "'a'", "'A'", "'a '", "'a\\0b'", "'\\''", "'\\\\'", "'x\\Z\\n\\r'", "'%_'", "'a\\t'"];
const bytes = ["''", "x'00'", "x'ff27005c'", "x'2020'", "x'6100'", "x'5c27'"];

const texts: readonly Case[] = [
  ['char(10)', ...hard, "'😀'"],
  ['varchar(10)', ...hard, "'😀'"],
  ['varchar(300) character set utf8mb4 collate utf8mb4_general_ci', ...hard, "repeat('ü', 300)"],
  ['varchar(20) character set utf8mb4 collate utf8mb4_bin', ...hard],
  ['varchar(20) character set utf8mb4 collate utf8mb4_0900_bin', ...hard],
  ['varchar(20) character set utf8mb4 collate utf8mb4_de_pb_0900_as_cs', ...hard],
  ['varchar(20) character set utf8mb4 collate utf8mb4_unicode_520_ci', ...hard],
  ['varchar(20) character set utf8mb3', ...hard],
  ['char(20) character set latin1', ...plain, "'ÿé'"],
  ['varchar(20) character set latin1 collate latin1_german2_ci', ...plain, "'ÿéß'"],
  ['varchar(20) character set latin1 collate latin1_bin', ...plain],
  ['varchar(20) character set cp1251', ...plain, "'Привет'"],
  ['varchar(20) character set ucs2', ...hard],
  ['char(20) character set utf16', ...hard, "'😀'"],
  ['varchar(20) character set utf16le', ...hard, "'😀'"],
  ['varchar(20) character set utf32', ...hard, "'😀'"],
  ['varchar(20) character set sjis', ...plain, "'表ソ予'", "_sjis x'955c'", "_sjis x'835c27'"],
  ['varchar(20) character set cp932', ...plain, "'表ソ予'"],
  ['varchar(20) character set gbk', ...plain, "_gbk x'815c'", "'中文'"],
  ['varchar(20) character set gb18030', ...plain, "'中文'", "'😀'"],
  ['varchar(20) character set big5', ...plain, "_big5 x'a45c'"],
  ['varchar(20) character set ujis', ...plain, "'日本'"],
  ['varchar(20) character set euckr', ...plain, "'한국'"],
  ['varchar(20) character set ascii', ...plain],
  ['varchar(20) character set swe7', "'a'", "''", "'b'"],
  ['varchar(0)', "''"],
  ['char(0)', "''"],
  ['tinytext', ...hard],
  ['text', ...hard, "repeat('ab\\'', 20000)"],
  ['mediumtext character set latin1', ...plain, "repeat('x', 100000)"],
  ['longtext', ...hard, "repeat('\\\\é', 50000)"],
  ['binary(4)', ...bytes],
  ['varbinary(300)', ...bytes, "repeat(x'27', 300)"],
  ['tinyblob', ...bytes],
  ['blob', ...bytes, "repeat(x'005c27ff', 16000)"],
  ['mediumblob', ...bytes],
  ['longblob', ...bytes, "repeat(x'ff', 200000)"],
];

const others: readonly Case[] = [
  ["enum('a','b','c')", "'a'", "'c'", '0', "''"],
  ["enum('','b')", "''", '1', "'b'"],
  ["enum('x''y','a\\\\b','NOT NULL','ü') character set latin1", '1', '2', '3', '4'],
  ["enum('1','0','2')", '1', '2', '3', '0'],
  ["set('a','b','c')", "''", "'a,c'", '7'],
  [
    `set(${Array.from({ length: 64 }, (_, i) => `'m${i}'`).join(',')})`,
    "'m63'",
    "'m0,m63'",
    "'m62,m61'",
    '0',
  ],
  [
    'json',
    "'{}'",
    '\'[1, 2.5, "a\\\\"b", null, true, 1e20, 18446744073709551615, -1]\'',
    "'\"日本\\'\"'",
    '\'{"a": {"b": ["\\\\\\\\"]}}\'',
  ],
  [
    'geometry',
    "ST_GeomFromText('POINT(1 2)')",
    "ST_GeomFromText('LINESTRING(0 0,1 1)', 4326)",
    "ST_GeomFromText('GEOMETRYCOLLECTION EMPTY')",
  ],
  ['point srid 4326', "ST_GeomFromText('POINT(10 20)', 4326)"],
  ['polygon', "ST_GeomFromText('POLYGON((0 0,0 3,3 3,0 0))')"],
  ['vector(3)', "to_vector('[1, -2.5, 1e-30]')"],
  ['vector', "to_vector('[39, 92]')"],
];

/** What is asked of a column, by its type. */
function questionsOf(type: string): string[] {
  if (/^(?:geo|point|poly)/.test(type)) return ['HEX(v)', 'ST_AsText(v)', 'ST_SRID(v)'];
  if (/^vector/.test(type)) return ['HEX(v)', 'VECTOR_DIM(v)'];
  if (/^json/.test(type)) return ['JSON_TYPE(v)', 'JSON_STORAGE_SIZE(v)', 'CAST(v AS CHAR)'];
  const text = /char|text/.test(type) && !/^(?:var)?binary/.test(type);
  return [
    'HEX(v)',
    'v + 0',
    'CONCAT(v)',
    'v = v',
    ...(text ? ['WEIGHT_STRING(v)', 'CHAR_LENGTH(v)', 'COERCIBILITY(v)', 'COLLATION(v)'] : []),
  ];
}

async function makeTable(type: string, values: readonly string[]): Promise<void> {
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t',
    `CREATE TABLE t (id INT PRIMARY KEY, v ${type})`,
    ...values.map((value, at) => `INSERT INTO t VALUES (${at}, ${value})`),
    `INSERT INTO t VALUES (${values.length}, NULL)`,
  );
}

const hasIndex = (type: string): boolean => !/^(?:json|vector|geo|point|poly)|\(0\)/.test(type);

async function check(
  type: string,
  values: readonly string[],
  sql: string,
  types: readonly (string | undefined)[] | undefined,
): Promise<void> {
  await makeTable(type, values);
  for (const protocol of ['text', 'binary'] as const) {
    if (protocol === 'text' && /^float/.test(type)) continue;
    const loaded = await stage.copy(sql, { protocol, types, keys: [[0], [1], [1, 0]] });
    expect(loaded.rows).toBe(values.length + 1);
    await stage.expectSame('SELECT * FROM t ORDER BY id', 'SELECT * FROM headgate_1 ORDER BY id');
    for (const question of questionsOf(type)) {
      const one = (table: string): string => `SELECT id, ${question} AS x FROM ${table} ORDER BY id`;
      await stage.expectSame(one('t'), one('headgate_1'));
    }
    if (/^(?:geo|point|poly|vector)/.test(type)) continue;
    // By the index, MySQL sorts a SET of 64 members otherwise than without.
    const sorted = (table: string): string => `SELECT id, v FROM ${table} ORDER BY v, id`;
    await stage.expectSame(
      sorted('t'),
      sorted(`headgate_1${hasIndex(type) ? ' IGNORE INDEX (v, v_2)' : ''}`),
    );
    const grouped = (table: string): string =>
      `SELECT COUNT(*), MIN(id) FROM ${table} GROUP BY v ORDER BY MIN(id)`;
    await stage.expectSame(grouped('t'), grouped('headgate_1'));
    if (!hasIndex(type)) continue;
    const joined = (one: string, other: string): string =>
      `SELECT a.id, b.id FROM ${one} a JOIN ${other} ON a.v <=> b.v ORDER BY a.id, b.id`;
    await run(
      stage.scratch,
      'DROP TEMPORARY TABLE IF EXISTS other',
      'CREATE TEMPORARY TABLE other SELECT * FROM headgate_1',
    );
    await stage.expectSameText(joined('t', 't b'), joined('other', 'headgate_1 b FORCE INDEX (v)'));
  }
}

describe('types of the schema', () => {
  test.each([...numbers, ...times, ...texts, ...others])('%s', async (type, ...values) => {
    await makeTable(type, values);
    const types = (await stage.typesOf('t')).map((column) => column.type);
    await check(type, values, 'SELECT * FROM t', types);
  });
});

describe('types by definition', () => {
  const known = [...numbers, ...times, ...texts, ...others].filter(
    ([type]) => !/^(?:enum|set|point|poly)/.test(type),
  );
  test.each(known)('%s', (type, ...values) => check(type, values, 'SELECT * FROM t', undefined));
});

test('ENUM and SET by number, FLOAT as DOUBLE, TIMESTAMP as seconds', async () => {
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t',
    `CREATE TABLE t (id INT PRIMARY KEY, e ENUM('', '2', '1') NOT NULL, s SET(${Array.from({ length: 64 }, (_, i) => `'m${i}'`).join(',')}),
       f FLOAT, ts TIMESTAMP(6) NULL)`,
    "INSERT INTO t VALUES (1, 0, 18446744073709551615, 16777217, '2024-10-27 00:30:00.25')",
    "INSERT INTO t VALUES (2, 1, 0, 1.1, '0000-00-00 00:00:00'), (3, 2, 1, '-0', '2038-01-19 03:14:07.999999')",
    'INSERT INTO t VALUES (4, 3, NULL, NULL, NULL)',
  );
  const types = (await stage.typesOf('t')).map((column) => column.type);
  const sql =
    'SELECT id, CAST(e AS UNSIGNED) AS e, CAST(s AS UNSIGNED) AS s, CAST(f AS DOUBLE) AS f, UNIX_TIMESTAMP(ts) AS ts FROM t';
  for (const protocol of ['text', 'binary'] as const) {
    await stage.copy(sql, { protocol, types });
    await stage.expectSame('SELECT * FROM t ORDER BY id', 'SELECT * FROM headgate_1 ORDER BY id');
    await stage.expectSame(
      'SELECT e + 0 AS x FROM t ORDER BY id',
      'SELECT e + 0 AS x FROM headgate_1 ORDER BY id',
    );
  }
});

test('an hour that is there twice', async () => {
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t',
    'CREATE TABLE t (ts TIMESTAMP NULL)',
    "SET time_zone = '+00:00'",
    "INSERT INTO t VALUES ('2024-10-27 00:30:00'), ('2024-10-27 01:30:00')",
  );
  await stage.copy('SELECT UNIX_TIMESTAMP(ts) AS ts FROM t', { protocol: 'text', types: ['timestamp NULL'] });
  await run(stage.scratch, "SET time_zone = '+00:00'");
  await stage.expectSameText('SELECT ts FROM t ORDER BY ts', 'SELECT ts FROM headgate_1 ORDER BY ts');
  await run(stage.scratch, 'SET time_zone = DEFAULT');
  await run(stage.shard, 'SET time_zone = DEFAULT');
});

test('invisible columns stay so', async () => {
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t',
    'CREATE TABLE t (`ü``x` INT INVISIBLE, v INT, g INT AS (v + 1) INVISIBLE)',
    'INSERT INTO t (`ü``x`, v) VALUES (1, 2)',
  );
  const types = ['int NULL INVISIBLE', 'int NULL', 'int NULL INVISIBLE'];
  const sql = 'SELECT `ü``x`, v, g FROM t';
  await stage.copy(sql, { protocol: 'text', types });
  await stage.expectSame('SELECT * FROM t', 'SELECT * FROM headgate_1');
  await stage.expectSame(sql, 'SELECT `ü``x`, v, g FROM headgate_1');
  await stage.copy('SELECT g FROM t', { protocol: 'text', types: types.slice(2) });
  await stage.expectSame('SELECT g FROM t', 'SELECT g FROM headgate_1');
});

test('no table is made of an ENUM whose members are not known, nor of a FLOAT as text', async () => {
  await run(stage.shard, 'DROP TABLE IF EXISTS t', "CREATE TABLE t (e ENUM('a'), f FLOAT)");
  await expect(stage.copy('SELECT e FROM t', { protocol: 'text' })).rejects.toThrow(/members of e/);
  await expect(stage.copy('SELECT f FROM t', { protocol: 'text' })).rejects.toThrow(/text rows/);
  await ask(stage.shard, 'SELECT 1');
});
