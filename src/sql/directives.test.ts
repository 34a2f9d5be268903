import { expect, test } from 'vitest';
import { readDirectives } from './directives.ts';

const read = (sql: string) => readDirectives(Buffer.from(sql), 0, sql.length);
const none = {
  queryTimeoutMs: undefined,
  ignoresMemoryLimit: false,
  workloadName: undefined,
  allowsScatter: false,
};

test.each([
  ['SELECT /*vt+ QUERY_TIMEOUT_MS=100 */ 1', { ...none, queryTimeoutMs: 100 }],
  [
    'select/*VT+ query_timeout_ms=0 IGNORE_MAX_MEMORY_ROWS */1',
    { ...none, queryTimeoutMs: 0, ignoresMemoryLimit: true },
  ],
  [
    '/*vt+ WORKLOAD_NAME="night job" */ UPDATE /* a */ /*vt+ IGNORE_MAX_MEMORY_ROWS=1 */ t',
    { ...none, ignoresMemoryLimit: true, workloadName: 'night job' },
  ],
  ['SELECT /*vt+ QUERY_TIMEOUT_MS=-5 UNKNOWN=x */ 1', none],
  ['SELECT /*vt+ ALLOW_SCATTER */ 1', { ...none, allowsScatter: true }],
  ['SELECT /*vt+ */ 1', none],
  ['-- of an ORM\n# and\n SELECT /*vt+ ALLOW_SCATTER */ 1', { ...none, allowsScatter: true }],
  ['SELECT -- x\n /*vt+ ALLOW_SCATTER */ 1', { ...none, allowsScatter: true }],
  ['SELECT -- /*vt+ ALLOW_SCATTER */ 1', undefined],
  ['SELECT --/*vt+ ALLOW_SCATTER */ 1', undefined],
  ['SELECT /* vt+ QUERY_TIMEOUT_MS=1 */ 1', undefined],
  ["SELECT '/*vt+ QUERY_TIMEOUT_MS=1 */'", undefined],
  ['SELECT 1 /*vt+ QUERY_TIMEOUT_MS=1 */', undefined],
  ['SELECT /*vt+ QUERY_TIMEOUT_MS=1', undefined],
  ['', undefined],
])('%s', (sql, directives) => {
  expect(read(sql)).toEqual(directives);
});
