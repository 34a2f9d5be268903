import { describe, expect, test } from 'vitest';
import { acceptedStatements } from '../../../test/sql/statement-cases.ts';
import type { SelectStatement } from '../ast/statement.ts';
import { type LexMode, lexModeOf } from '../lex-mode.ts';
import { parseStatement } from '../parser/statement.ts';
import { print, printBytes } from './print.ts';

const mode = lexModeOf('', 'utf8mb4', 90_704, false);

function printed(source: Buffer, under: LexMode): Buffer {
  const statement = parseStatement(source, 0, source.length, under);
  if (statement.kind === 'syntaxProblem') throw new Error(`${statement.message}: ${source}`);
  return printBytes(statement, source, under);
}

const again = (sql: string, under: LexMode = mode): string => printed(Buffer.from(sql), under).toString();

describe('printing', () => {
  test.each(acceptedStatements)('what was printed prints the same: %s', (sql) => {
    const once = again(sql);
    expect(again(once)).toBe(once);
  });

  test.each([
    ['select (a + b) * c - (d - e)', 'SELECT (a + b) * c - (d - e)'],
    ['select (a * b) + c', 'SELECT a * b + c'],
    ['select (a or b) and c, a or (b and c)', 'SELECT (a OR b) AND c, a OR b AND c'],
    ['select (a = b) in (1), a = (b in (1))', 'SELECT (a = b) IN (1), a = b IN (1)'],
    ['select not (a = b), (not a) = b', 'SELECT NOT a = b, (NOT a) = b'],
    ['select - -1, -(-a), !(!a)', 'SELECT - -1, - -a, ! !a'],
    ['select (a is true) is null, (a is null) is null', 'SELECT (a IS TRUE) IS NULL, a IS NULL IS NULL'],
    ['select (interval 1 day + a) + b', 'SELECT (INTERVAL 1 DAY + a) + b'],
    ['select (-a) collate x, -(a collate x)', 'SELECT (-a) COLLATE x, -a COLLATE x'],
    ["select _latin1'a' 'b', date'2020-01-01'", "SELECT _latin1 'a' 'b', DATE '2020-01-01'"],
    ['select `select`, `a b`, `ab`, `1a`, `c``d`', 'SELECT `select`, `a b`, ab, `1a`, `c``d`'],
    ['select "a" "b"', 'SELECT "a" "b"'],
    ['select substring(a from 1 for 2), `sum`(a)', 'SELECT SUBSTRING(a, 1, 2), `sum`(a)'],
    ['select * from a join b', 'SELECT * FROM a CROSS JOIN b'],
    ['select * from a join b join c on 1 on 2', 'SELECT * FROM a JOIN (b JOIN c ON 1) ON 2'],
    ['select 1 limit 2, 3', 'SELECT 1 LIMIT 3 OFFSET 2'],
    ['delete from t as x partition (p)', 'DELETE FROM t AS x PARTITION (p)'],
  ])('%s', (sql, expected) => {
    expect(again(sql)).toBe(expected);
  });

  test('|| is CONCAT under every sql_mode', () => {
    const pipes = lexModeOf('PIPES_AS_CONCAT', 'utf8mb4', 90_704, false);
    expect(again('select a || b * 2', pipes)).toBe('SELECT CONCAT(a, b) * 2');
  });

  test('bytes of the source stay as they are', () => {
    const bytes = Buffer.from("SELECT '\xff\x80' AS `x y`", 'latin1');
    expect(printed(bytes, mode).equals(bytes)).toBe(true);
    const gbk = lexModeOf('', 'gbk', 90_704, false);
    const name = Buffer.from('SELECT `\x81\x60` AS `\xa1\xa1`', 'latin1');
    expect(printed(name, gbk).equals(name)).toBe(true);
  });

  test('a made literal has its own text', () => {
    const source = Buffer.from('SELECT a FROM t WHERE a = 1');
    const statement = parseStatement(source, 0, source.length, mode) as SelectStatement;
    const { body } = statement.query;
    if (body.kind !== 'queryBlock' || body.where?.kind !== 'comparison') throw new Error('no comparison');
    const right = { ...body.where.right, kind: 'literal', text: '42' } as typeof body.where.right;
    expect(print({ ...body.where, right }, source, mode)).toBe('a = 42');
  });

  test.each([
    ['chains in parentheses', `SELECT ${'('.repeat(149)}1${' + 1 * 2 ^ 3)'.repeat(149)}${' + 1'.repeat(38)}`],
    ['a chain', `SELECT 1${' + 1'.repeat(500)}`],
    ['subqueries', `SELECT ${'(SELECT 1 + '.repeat(74)}1${')'.repeat(74)}${' + 1'.repeat(400)}`],
    ['calls', `SELECT ${'f(CASE WHEN '.repeat(60)}1${' THEN 2 END)'.repeat(60)}${' = 1'.repeat(400)}`],
    ['joins', `SELECT 1 FROM ${'('.repeat(140)}t${' JOIN t ON a)'.repeat(140)}`],
  ])('the deepest trees: %s', (_name, deep) => {
    expect(again(again(deep))).toBe(again(deep));
  });
});
