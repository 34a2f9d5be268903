import { expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { routineReads } from './routine-reads.ts';

const mode = lexModeOf('', 'utf8mb4', 90_704, false);

test.each<[string, string | undefined]>([
  ["RETURN IF(x = 'oak', 1, 0)", undefined],
  ["RETURN CONCAT(REPLACE(x, 'select', '@a'), TRIM('x' FROM x), EXTRACT(YEAR FROM d))", undefined],
  ['BEGIN DECLARE n INT DEFAULT 1; WHILE n < x DO SET n = n * 2; END WHILE; RETURN n; END', undefined],
  ['RETURN (SELECT COUNT(*) FROM t)', 'SELECT'],
  ['BEGIN INSERT INTO t VALUES (1); RETURN 1; END', 'INSERT'],
  ['BEGIN replace into t values (1); RETURN 1; END', 'REPLACE'],
  ['BEGIN SET @n = @n + 1; RETURN @n; END', '@n'],
  ['RETURN @@session.time_zone', '@@session'],
  ["RETURN GET_LOCK('a', 1)", 'GET_LOCK'],
  ['RETURN other.f(x)', 'other.'],
  ['RETURN `other`.f(x)', '`other`.'],
])('%s', (body, beyond) => {
  expect(routineReads(Buffer.from(body), mode).beyond).toBe(beyond);
});

test('names that may be those of other functions', () => {
  expect(routineReads(Buffer.from('RETURN Twice(x) + `half`(x)'), mode).calls).toEqual(['twice', 'half']);
});
