import { expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { lockCallsOf } from './lock-calls.ts';

const mode = lexModeOf('', 'utf8mb4', 80_400, false);

test.each([
  ["SELECT GET_LOCK('a', 1)", ['a'], false, false],
  ["do get_lock(\"it's\", 1), Get_Lock /* x */ ('b', 2)", ["it's", 'b'], false, false],
  ["SELECT RELEASE_LOCK('a'), IS_FREE_LOCK('b')", [], false, false],
  ["SELECT RELEASE_ALL_LOCKS(), GET_LOCK('c', 1)", ['c'], false, true],
  ['SELECT GET_LOCK(?, 1)', [], true, false],
  ["SELECT GET_LOCK('a' 'b', 1)", [], true, false],
  ["SELECT GET_LOCK(CONCAT('a', 'b'), 1)", [], true, false],
  ["SELECT 'GET_LOCK(1)', get_lock FROM t", [], false, false],
])('%s', (sql, taken, takesUnnamed, releasesAll) => {
  const text = Buffer.from(sql);
  expect(lockCallsOf(text, 0, text.length, mode)).toEqual({ taken, takesUnnamed, releasesAll });
});
