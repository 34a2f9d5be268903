import { expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { rebaseScan, reusableScan } from './reusable-scan.ts';
import { scanStatement } from './statement-scan.ts';

const mode = lexModeOf('', 'utf8mb4', 80_406, false);
const scanOf = (text: string) => scanStatement(Buffer.from(text), 0, mode, new Set(['commerce']));

test.each([
  ['SELECT a FROM db.t WHERE b = 5', true],
  ['SELECT a FROM t WHERE b = SLEEP(5) FOR UPDATE', true],
  ['SELECT LAST_INSERT_ID() FROM t', true],
  ['INSERT INTO t VALUES (1)', true],
  ['REPLACE INTO t VALUES (1)', true],
  ['UPDATE t SET a = 1', true],
  ['DELETE FROM t', true],
  ['SELECT 1', false],
  ['SELECT FOUND_ROWS() FROM t', false],
  ["SELECT a FROM information_schema.tables WHERE table_schema = 'commerce'", false],
  ['SELECT a FROM t WHERE /*!80000 b = 1 */', false],
  ["SELECT a FROM t WHERE 'x", false],
  ['SET a = 1', false],
  ['SHOW TABLES', false],
  ['CREATE TABLE t (a INT)', false],
  ['BEGIN', false],
  ['KILL 5', false],
  ['VALUES ROW(1)', false],
])('%s: %j', (text, isReusable) => {
  expect(reusableScan(scanOf(text))).toBe(isReusable);
});

test('only borders change, and nothing is made where they do not', () => {
  const scan = scanOf('SELECT a FROM db.t WHERE b = 5');
  expect(rebaseScan(scan, scan.start, scan.end, scan.next)).toBe(scan);
  expect(rebaseScan(scan, 2, 34, 35)).toEqual(scanOf('  SELECT a FROM db.t WHERE b = 555;x'));
});
