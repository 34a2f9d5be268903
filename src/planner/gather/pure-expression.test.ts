import { expect, test } from 'vitest';
import type { ColumnSchema } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import { lexModeOf } from '../../sql/lex-mode.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { isPure, rejectsNull } from './pure-expression.ts';

const conditionOf = (sql: string): Expression => {
  const text = Buffer.from(`SELECT 1 FROM t WHERE ${sql}`);
  const statement = parseStatement(text, 0, text.length, lexModeOf('', 'utf8mb4', 90704, false));
  const body = statement.kind === 'select' ? statement.query.body : undefined;
  if (body?.kind !== 'queryBlock' || body.where === undefined) throw new Error(sql);
  return body.where;
};

const column = (name: string, dataType: string, charset?: string): ColumnSchema => ({
  name,
  dataType,
  columnType: dataType,
  unsigned: false,
  length: undefined,
  precision: undefined,
  scale: undefined,
  fractionDigits: undefined,
  charset,
  collation: charset,
  nullable: true,
  defaultText: undefined,
  defaultIsExpression: false,
  generated: 'no',
  invisible: false,
  autoIncrement: false,
  values: undefined,
});

const columns = new Map([
  ['n', column('n', 'int')],
  ['s', column('s', 'varchar', 'utf8mb4')],
  ['d', column('d', 'date')],
  ['j', column('j', 'json')],
]);
const isPureSql = (sql: string): boolean => isPure(conditionOf(sql), ({ name }) => columns.get(name));

test.each([
  'n = 5',
  'n BETWEEN -1 AND ?',
  "s IN ('a', 'b') OR n < 3",
  'NOT n <=> NULL',
  "d >= DATE '2000-01-01' - INTERVAL 3 MONTH",
  "d < DATE_ADD('2000-01-01', INTERVAL 1 YEAR)",
  "SUBSTRING(s, 1, 2) IN ('13', '31')",
  'YEAR(d) = 2000',
  'n IS NOT NULL',
])('%s can filter rows on their shard', (sql) => {
  expect(isPureSql(sql)).toBe(true);
});

test.each([
  ['a number as text warns', "n = 'x'"],
  ['a text as a number warns', 's = 1'],
  ['another value for each row', 'n < RAND()'],
  ['the value of a session', 'n = @x'],
  ['a subquery', 'n = (SELECT 1)'],
  ['a function of the server', 's = UUID()'],
  ['a stored function', 'n = f(1)'],
  ['a column that is not known', 'nope = 1'],
  ['an overflow', 'n + n > 1'],
  ['JSON', "j = '1'"],
])('%s: %s cannot', (_why, sql) => {
  expect(isPureSql(sql)).toBe(false);
});

test('what is never true for NULL', () => {
  for (const sql of ['n = 1', 's LIKE ?', 'n IN (1, 2)', 'n BETWEEN 1 AND 2', 'n <> s'])
    expect(rejectsNull(conditionOf(sql))).toBe(true);
  for (const sql of ['n <=> NULL', 'n IS NULL', 'n = 1 OR s IS NULL', 'NOT n = 1'])
    expect(rejectsNull(conditionOf(sql))).toBe(false);
});
