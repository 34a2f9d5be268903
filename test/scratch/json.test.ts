/** JSON documents hold more than their text says: numbers that are DECIMALs, dates, bytes. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonSource } from '../../src/planner/gather/json-source.ts';
import { run, ScratchStage } from './stage.ts';

let stage: ScratchStage;

beforeAll(async () => {
  stage = await ScratchStage.start();
});
afterAll(() => stage.stop());

const plain = [
  "'{}'",
  "'[]'",
  "'null'",
  "'true'",
  "'1.0'",
  '\'"x"\'',
  'NULL',
  `'[1, -1, 18446744073709551615, 9223372036854775807, 1e20, 1.5e-7, 0.1, -0.0, 123456789012345680000.0]'`,
  `'{"b": {"a": [[[]], {"": 1}]}, "10": 1, "2": 2, "a\\\\"b\\\\\\\\": "\\\\u0000 \\\\n ü日本😀 \\\\u001f", "$.x[0]": "$"}'`,
  `'{"d": "2024-01-02", "t": "10:00:00.000000", "x": "base64:type15:QUI="}'`,
  "JSON_ARRAY(REPEAT('x', 100000), REPEAT('\\\\', 1000), REPEAT(\"'\", 1000))",
];

const typed = [
  "JSON_OBJECT('p', 1.50, 'q', 1.5, 'n', -0.000000000000000000000000000001, 'z', 0.00, 'i', CAST(7 AS DECIMAL(5,0)))",
  `JSON_ARRAY(${'9'.repeat(35)}.${'9'.repeat(30)}, -12345.67)`,
  "JSON_OBJECT('d', DATE'2024-01-02', 't', TIME'-838:59:59', 's', TIMESTAMP'2024-01-02 03:04:05.123456')",
  "JSON_ARRAY(1, JSON_ARRAY(2.50, JSON_OBJECT('k', TIME'10:00:00.5', '10', JSON_ARRAY(DATE'0001-01-01'))), 'x')",
  'CAST(CAST(7 AS DECIMAL(5,2)) AS JSON)',
  "CAST(DATE'2024-01-02' AS JSON)",
  "CAST(x'00ff27' AS JSON)",
  "JSON_ARRAY(x'4142', b'101', CAST('a' AS BINARY(300)), CAST(5 AS UNSIGNED), POINT(1, 2))",
  "JSON_OBJECT('a\\\"b', 1.50, 'a.b', 2.50, '', 3.50, 'ü''\\\\\\\\', 4.50)",
  "JSON_OBJECT('10', 1.50, '2', DATE'2024-01-02', 'x', JSON_OBJECT('10', '2024-01-02', '2', 2.0))",
];

async function makeTable(values: readonly string[]): Promise<void> {
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t',
    'CREATE TABLE t (id INT PRIMARY KEY, c JSON)',
    ...values.map((value, at) => `INSERT INTO t VALUES (${at}, ${value})`),
  );
}

test('with their types, documents are copied whole', async () => {
  await makeTable([...plain, ...typed]);
  for (const protocol of ['text', 'binary'] as const) {
    await stage.copy(`SELECT id, ${jsonSource('c')} AS c FROM t`, {
      protocol,
      types: ['int NOT NULL', 'json NULL'],
    });
    await stage.expectSame('SELECT * FROM t ORDER BY id', 'SELECT * FROM headgate_1 ORDER BY id');
    const inside = (table: string): string => `SELECT id, ${jsonSource('c')} AS x FROM ${table} ORDER BY id`;
    await stage.expectSameText(inside('t'), inside('headgate_1'));
    await stage.expectSame('SELECT id FROM t ORDER BY c, id', 'SELECT id FROM headgate_1 ORDER BY c, id');
  }
});

test('without types, they print the same', async () => {
  await makeTable([...plain, ...typed]);
  await stage.copy('SELECT id, c FROM t', { protocol: 'text' });
  const printed = (table: string): string => `SELECT id, CAST(c AS CHAR) AS x FROM ${table} ORDER BY id`;
  await stage.expectSameText(printed('t'), printed('headgate_1'));
});

test('bytes of a kind that nothing makes again are refused', async () => {
  await run(
    stage.shard,
    'DROP TABLE IF EXISTS t, u',
    'CREATE TABLE u (b BLOB, bit BIT(3))',
    "INSERT INTO u VALUES ('x', 1)",
    'CREATE TABLE t (id INT, c JSON)',
    'INSERT INTO t SELECT 1, JSON_ARRAY(b) FROM u',
  );
  const sql = `SELECT id, ${jsonSource('c')} AS c FROM t`;
  const copied = stage.copy(sql, { protocol: 'text', types: ['int', 'json'] });
  await expect(copied).rejects.toThrow(/value of type BLOB/);
});
