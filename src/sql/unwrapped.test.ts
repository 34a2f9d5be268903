import { expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { unwrapped } from './unwrapped.ts';

const mode = lexModeOf('', 'utf8mb4', 90_700, false);
const read = (text: string): string | undefined =>
  unwrapped(Buffer.from(text), 0, Buffer.byteLength(text), mode)?.toString();

test.each([
  ['SELECT /*!40001 SQL_NO_CACHE */ * FROM t', 'SELECT  SQL_NO_CACHE  * FROM t'],
  ['/*!40000 ALTER TABLE `t` DISABLE KEYS */', ' ALTER TABLE `t` DISABLE KEYS '],
  ['SELECT 1 /*!99999 + 1 */', 'SELECT 1 '],
  ['SELECT 1/*!99999 + 1 + 2 */+ 3', 'SELECT 1 + 3'],
  ['SELECT 1/*!99999 + 1 /* x */ + 2 */+ 3', undefined],
  ['SELECT 1/*!80000 + 1 /* x */ + 2 */+ 3', undefined],
  ['SELECT 1 /* x */ /*!80000 + 1 */ /* y */ + 3', 'SELECT 1 /* x */  + 1  /* y */ + 3'],
  ["SELECT '/*!80000 x */' /* /*! */", "SELECT '/*!80000 x */' /* /*! */"],
  ['SELECT a/*!80000b*/', 'SELECT a b'],
  ['SELECT (/*!80000 1*/), 6/*!80000 +*/6, 2/*!80000(2)*/', 'SELECT ( 1 ), 6 + 6, 2(2)'],
  ['SELECT 1 -- /*!\n/*!80000+1*/', 'SELECT 1 -- /*!\n+1'],
  ['SELECT /*! 1 */ # x', 'SELECT  1  # x'],
  ['SELECT 1 /*!800001*/', 'SELECT 1 1'],
  ['SELECT 1 /*!090000 + 1*/', 'SELECT 1  + 1'],
])('%s', (text, expected) => {
  expect(read(text)).toBe(expected);
});
