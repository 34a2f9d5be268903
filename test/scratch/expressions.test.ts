/** Columns whose types are known from their definition packets alone: expressions, aggregates, derived tables. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { columnType } from '../../src/mysql/protocol.ts';
import { run, ScratchStage, typeFacts } from './stage.ts';

let stage: ScratchStage;

beforeAll(async () => {
  stage = await ScratchStage.start();
  await run(
    stage.shard,
    `CREATE TABLE base (id INT PRIMARY KEY, i1 TINYINT, i4 INT, i8 BIGINT, i8u BIGINT UNSIGNED NOT NULL, d DECIMAL(5,2) UNSIGNED, big DECIMAL(65,30),
       f FLOAT, f73 FLOAT(7,3), g DOUBLE, g104 DOUBLE(10,4), b BIT(9), y YEAR, da DATE, ti TIME(3), dt DATETIME, dt6 DATETIME(6) NOT NULL, ts TIMESTAMP(2) NULL,
       c CHAR(10), v VARCHAR(20), vl VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_bin, t TEXT, tt TINYTEXT, lt LONGTEXT, bi BINARY(5), vb VARBINARY(300), bl BLOB,
       e ENUM('a', 'b'), js JSON, ge GEOMETRY, po POINT NOT NULL, ve VECTOR(3))`,
    `INSERT INTO base VALUES (1, -1, 7, -9223372036854775808, 18446744073709551615, 1.5, 1e-30, 1.1, 1.5, 0.1, 1.25, 5, 2024, '2024-02-29', '-100:00:00.5',
       '2024-01-01 00:00:00', '2024-01-01 00:00:00.000001', '2024-01-01 00:00:00.25', 'c', 'v''', 'l', 't', 'tt', 'lt', 'bi', 'vb', 'bl', 'a', '{"a": 1}',
       POINT(1, 2), POINT(1, 2), TO_VECTOR('[1,2,3]'))`,
    `INSERT INTO base (id, i8u, dt6, po, v, i4, c) VALUES (2, 0, '0000-00-00', POINT(0, 0), 'ü', -2147483648, 'x')`,
  );
});
afterAll(() => stage.stop());

const expressions = `
1; -1; 123456789; 12345678901; 18446744073709551615; i4 + 1; i1 * i1; i8u DIV 2; i4 > 3; i4 IS NULL; NOT i4; ~i4; i4 & 3; i8u >> 2; -i4; -d; -y; i4 % 3; MOD(d, 2)
1.5; 0.00001; big; big * big; d / 3; i4 / 3; d DIV 3; ROUND(d, 1); 1e10; f + 1; ABS(f); FLOOR(d); FLOOR(big); CEIL(i4); POWER(2, i1); SQRT(i4); TRUNCATE(g, 2); ROUND(i4, -1)
'abc'; ''; _latin1'abc'; x'4142'; b'101'; CONCAT(v, vl); CONCAT(v, i4); CONCAT(t, v); CONCAT(bi, v); UPPER(v); SUBSTR(v, 2, 3); REPEAT(v, 10); REPEAT(v, 100000); LPAD(v, 100, ' ')
CAST(i4 AS CHAR); CAST(i4 AS CHAR(5)); CAST(v AS BINARY(7)); CAST(v AS CHAR(70000)); CAST(i8 AS SIGNED); CAST(i4 AS UNSIGNED); CAST(i4 AS DECIMAL(20,3)); CAST(i4 AS FLOAT)
CAST(i4 AS DOUBLE); CAST(dt6 AS DATE); CAST(dt6 AS DATETIME(3)); CAST(ti AS TIME(2)); CAST(y AS YEAR); CAST(js AS JSON); CAST(v AS CHAR CHARACTER SET utf16)
DATE_ADD(da, INTERVAL 1 DAY); DATE_ADD(da, INTERVAL 1 HOUR); DATE_ADD('2024-01-01', INTERVAL 1 DAY); ADDTIME(ti, ti); TIMEDIFF(dt, dt); FROM_UNIXTIME(7); FROM_UNIXTIME(d)
UNIX_TIMESTAMP(dt); YEAR(da); STR_TO_DATE('2020-01-01', '%Y-%m-%d'); TIME(dt6); TIMESTAMP(da); MAKEDATE(2020, i1 + 2); MAKETIME(1, 2, d); SEC_TO_TIME(i4); LAST_DAY(da); DATEDIFF(da, da)
NULL; IF(i4, NULL, NULL); IF(i4, i4, i8); IF(i4, v, i4); IF(i4, da, dt); IF(i4, d, big); IFNULL(i4, 0); IFNULL(v, ''); IFNULL(t, ''); COALESCE(i1, i4); COALESCE(da, ti); COALESCE(y, i4)
COALESCE(y, y); COALESCE(f, d); COALESCE(f, f73); COALESCE(js, js); COALESCE(js, v); COALESCE(ge, po); COALESCE(c, c); COALESCE(bi, bi); COALESCE(tt, tt); COALESCE(ts, ts); COALESCE(e, v)
CASE WHEN i4 THEN 1 ELSE 2.5 END; CASE WHEN i4 THEN 'a' END; NULLIF(i4, 1); NULLIF(v, ''); NULLIF(da, da); GREATEST(i4, i8); GREATEST(v, 'a'); GREATEST(da, dt); LEAST(i4, d)
b + 0; e + 0; y + 0; ti + 0; dt6 + 0; ts + INTERVAL 1 DAY; b & 5; bi & bi; BIT_COUNT(i4); ANY_VALUE(v); ELT(1, 'a', 'bcd'); FIELD(v, 'a'); FIND_IN_SET(v, 'a,b'); MAKE_SET(i4, 'a', 'b')
JSON_OBJECT('a', 1); JSON_EXTRACT(js, '$.a'); js->>'$.a'; JSON_LENGTH(js); JSON_KEYS(js); JSON_TYPE(js); JSON_VALUE(js, '$.a'); JSON_VALUE(js, '$.a' RETURNING DECIMAL(10,2)); JSON_QUOTE(v)
ST_AsWKB(ge); ST_AsText(ge); ST_X(po); ST_SRID(ge); POINT(1, 2); LENGTH(v); HEX(v); HEX(i4); UNHEX('4142'); SHA2(v, 256); UUID_TO_BIN('6ccd780c-baba-1026-9564-5b8c656024db'); INET_ATON('1.2.3.4')
FORMAT(d, 2); CONCAT_WS(',', v, i4); REPLACE(v, 'a', 'b'); CHAR(65); CHAR(65 USING utf8mb4); CONVERT(v USING latin1); v COLLATE utf8mb4_bin; CONV(i4, 10, 16); DATE_FORMAT(dt, '%Y'); DAYNAME(da)
USER(); VERSION(); CHARSET(v); WEIGHT_STRING(v); QUOTE(v); SPACE(3); TRIM(v); TO_BASE64(v); AES_ENCRYPT(v, 'k'); REGEXP_REPLACE('abc', 'a', 'b'); CRC32(v); VECTOR_TO_STRING(ve); TO_VECTOR('[1,2]')
(SELECT i4 FROM base x WHERE x.id = base.id); (SELECT v FROM base x WHERE x.id = base.id); (SELECT f FROM base x WHERE x.id = base.id); (SELECT js FROM base x WHERE x.id = base.id)
ROW_NUMBER() OVER (ORDER BY id); LAG(v) OVER (ORDER BY id); LAG(i4, 1, 0) OVER (ORDER BY id); FIRST_VALUE(dt6) OVER (ORDER BY id); SUM(i4) OVER (); PERCENT_RANK() OVER (ORDER BY id)
id; i1; i4; i8; i8u; d; f; f73; g; g104; b; y; da; ti; dt; dt6; ts; c; v; vl; t; tt; lt; bi; vb; bl; js; ge; po; ve`
  .split(/[;\n]/)
  .map((one) => one.trim())
  .filter((one) => one !== '');

const aggregates =
  'COUNT(*), SUM(i4), SUM(d), SUM(g), AVG(i4), AVG(d), AVG(f), MAX(i1), MAX(v), MAX(t), MAX(dt6), MAX(i8u), MIN(js), MIN(b), MIN(f), GROUP_CONCAT(v), GROUP_CONCAT(bl), JSON_ARRAYAGG(i4), BIT_AND(i4), STD(i4), VARIANCE(d)';

const derived = [
  'SELECT i4 AS x FROM base UNION SELECT i8 FROM base',
  'SELECT v AS x FROM base UNION SELECT 1',
  'SELECT v AS x FROM base UNION SELECT t FROM base',
  'SELECT b AS x FROM base UNION ALL SELECT 1 + b FROM base',
  'SELECT f AS x FROM base UNION ALL SELECT d FROM base',
  'SELECT da AS x FROM base UNION ALL SELECT dt6 FROM base',
  'SELECT NULL AS x UNION ALL SELECT NULL',
  'SELECT c AS x FROM base UNION ALL SELECT vl FROM base',
  'SELECT js AS x FROM base UNION ALL SELECT js FROM base',
  'SELECT ge AS x FROM base UNION ALL SELECT po FROM base',
  'SELECT i8 AS x FROM base UNION ALL SELECT i8u FROM base',
  'SELECT ts AS x FROM base UNION ALL SELECT ts FROM base',
  'SELECT tt AS x FROM base UNION ALL SELECT tt FROM base',
  'SELECT 1 AS x LIMIT 1',
  'SELECT PI() AS x LIMIT 1',
  'SELECT c AS x FROM base LIMIT 2',
  'SELECT MAX(i4) AS x FROM base LIMIT 1',
];

const strings: ReadonlySet<number> = new Set([
  columnType.varString,
  columnType.string,
  columnType.null,
  columnType.enum,
]);
const longStrings: ReadonlySet<number> = new Set([
  columnType.tinyBlob,
  columnType.mediumBlob,
  columnType.longBlob,
  columnType.blob,
]);
const displayFlags = 0x1 | 0x20 | 0x40;

/** What the two definitions must have in common: all that later computations depend on. */
function facts(definition: Buffer): Record<string, unknown> {
  const { name, type, length, charset, decimals, flags } = typeFacts(definition);
  const shown = flags & displayFlags;
  if (type === columnType.json || type === columnType.geometry || type === columnType.vector)
    return { name, type, notNull: shown & 1 };
  // An expression's long string may be a VARCHAR, a column's is a TEXT.
  const isLong = longStrings.has(type) || (strings.has(type) && length > 512);
  if (isLong) return { name, type: 'long', charset, notNull: shown & 1 };
  if (strings.has(type)) return { name, type: 'string', length, charset, notNull: shown & 1 };
  if (type === columnType.year) return { name, type, notNull: shown & 1 };
  if (type === columnType.double || type === columnType.float) return { name, type, shown };
  return { name, type, length, decimals, shown };
}

const definitionsOf = async (sql: string): Promise<Buffer[]> => [...(await stage.definitions(sql))];

async function check(sql: string, order: string): Promise<void> {
  const wanted = (await definitionsOf(sql)).map(facts);
  for (const protocol of ['text', 'binary'] as const) {
    await stage.copy(sql, { protocol });
    const found = await stage.scratchDefinitions('SELECT * FROM headgate_1');
    expect(found.map(facts), sql).toEqual(wanted);
    await stage.expectSameText(`SELECT * FROM (${sql}) d ${order}`, `SELECT * FROM headgate_1 ${order}`);
  }
}

/** FLOAT comes in binary rows only. */
const isExactAsText = (one: string): boolean => !/\bf(?:73)?\b(?! \+)|AS FLOAT/.test(one);

test('expressions', async () => {
  const list = expressions.map((one, at) => `${one} AS x${at}`);
  const sql = `SELECT id AS x, ${list.filter(isExactAsText).join(', ')} FROM base`;
  await check(sql, 'ORDER BY x');
  const floats = `SELECT id AS x, ${list.filter((one) => !isExactAsText(one)).join(', ')} FROM base`;
  await stage.copy(floats, { protocol: 'binary' });
  expect((await stage.scratchDefinitions('SELECT * FROM headgate_1')).map(facts)).toEqual(
    (await definitionsOf(floats)).map(facts),
  );
  await stage.expectSameText(`${floats} ORDER BY x`, 'SELECT * FROM headgate_1 ORDER BY x');
});

test('what shows a fixed number of digits goes on showing them', async () => {
  const sql = 'SELECT MIN(g104) AS a, SUM(g104 / 3) AS b, AVG(g104) AS c, SUM(f73) AS d, PI() AS e FROM base';
  for (const protocol of ['text', 'binary'] as const) {
    await stage.copy(sql, { protocol });
    await stage.expectSameText(sql, 'SELECT * FROM headgate_1');
  }
});

test('aggregates', async () => {
  const list = aggregates.split(/, (?![^(]*\))/).map((one, at) => `${one} AS x${at}`);
  const sql = `SELECT ${list.join(', ')} FROM base`;
  await stage.copy(sql, { protocol: 'binary' });
  expect((await stage.scratchDefinitions('SELECT * FROM headgate_1')).map(facts)).toEqual(
    (await definitionsOf(sql)).map(facts),
  );
  await stage.expectSameText(sql, 'SELECT * FROM headgate_1');
});

test.each(derived)('%s', async (sql) => {
  const whole = `SELECT * FROM (${sql}) d`;
  if (/\bf\b/.test(sql)) await stage.copy(whole, { protocol: 'binary' });
  else await check(whole, 'ORDER BY HEX(x)');
});

// MySQL says YEAR of both, but the second has years beyond that type.
test.each(['MIN(y)', 'MAX(YEAR(dt))'])('%s is an integer', async (one) => {
  const sql = `SELECT ${one} AS x FROM base`;
  await stage.copy(sql, { protocol: 'binary' });
  const [packet] = await stage.scratchDefinitions('SELECT * FROM headgate_1');
  expect(typeFacts(packet!).type).toBe(columnType.long);
  await stage.expectSameText(sql, 'SELECT * FROM headgate_1');
});
