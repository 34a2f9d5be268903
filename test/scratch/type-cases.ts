/** Types of columns with values that are hard to copy. */

/** A type, and values as SQL. NULL is added, and so is an index where the type can have one. */
export type TypeCase = readonly [type: string, ...values: string[]];

const integers = (bits: number): string[] => [
  '0',
  '1',
  '-1',
  String(-(2n ** BigInt(bits - 1))),
  String(2n ** BigInt(bits - 1) - 1n),
];
const unsigned = (bits: number): string[] => ['0', '1', String(2n ** BigInt(bits) - 1n)];

const numbers: readonly TypeCase[] = [
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

const times: readonly TypeCase[] = [
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

const texts: readonly TypeCase[] = [
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

const others: readonly TypeCase[] = [
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

export const allCases: readonly TypeCase[] = [...numbers, ...times, ...texts, ...others];
