import { expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { effect, scanStatement } from './statement-scan.ts';

const callsUnknown = (sql: string): boolean => {
  const { effects } = scanStatement(Buffer.from(sql), 0, lexModeOf('', 'utf8mb4', 90_704, false), new Set());
  return (effects & effect.unknownFunction) !== 0;
};

const load = "load data local infile 'x' into table t";

test.each([
  [`${load} character set latin1 (a, @b) set c = concat(@b, 1)`, false],
  [`${load} charset \`latin1\` (a)`, false],
  [`${load} character set latin1 (a) set c = f(1)`, true],
])('the columns of %s are no call', (sql, expected) => {
  expect(callsUnknown(sql)).toBe(expected);
});

test.each([
  ['EXPLAIN FORMAT=TREE (SELECT 1 FROM t)', false],
  ['DESC FORMAT = traditional (SELECT 1)', false],
  ['EXPLAIN ANALYZE FORMAT=tree (SELECT f(1) FROM t)', true],
])('the format of %s is no call', (sql, expected) => {
  expect(callsUnknown(sql)).toBe(expected);
});
