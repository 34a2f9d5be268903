import { describe, expect, test } from 'vitest';
import { acceptedStatements, refusedStatements } from '../../../test/sql/statement-cases.ts';
import { Random } from '../../../test/support/random.ts';
import type { Expression } from '../ast/expression.ts';
import type { QueryBlock } from '../ast/query.ts';
import type { ParsedStatement } from '../ast/statement.ts';
import { type AnyNode, children, walk } from '../ast/walk.ts';
import { type LexMode, lexModeOf } from '../lex-mode.ts';
import { Lexer, token } from '../lexer.ts';
import { parseStatement } from './statement.ts';

const mode = lexModeOf('', 'utf8mb4', 90_704, false);

function parse(sql: string, under: LexMode = mode): ParsedStatement {
  const source = Buffer.from(sql);
  return parseStatement(source, 0, source.length, under);
}

function parseAs<K extends ParsedStatement['kind']>(
  sql: string,
  kind: K,
  under?: LexMode,
): ParsedStatement & { kind: K } {
  const statement = parse(sql, under);
  if (statement.kind !== kind) throw new Error(`${JSON.stringify(statement)}: ${sql}`);
  return statement as ParsedStatement & { kind: K };
}

function block(sql: string, under?: LexMode): QueryBlock {
  const { body } = parseAs(sql, 'select', under).query;
  if (body.kind !== 'queryBlock') throw new Error(`a ${body.kind}: ${sql}`);
  return body;
}

function expression(sql: string, under?: LexMode): Expression {
  const [item] = block(`SELECT ${sql}`, under).items;
  if (item?.kind !== 'selectExpression') throw new Error(`no expression: ${sql}`);
  return item.expression;
}

const slice = (sql: string, { start, end }: { start: number; end: number }): string => sql.slice(start, end);

describe('the grammar', () => {
  test.each(acceptedStatements)('takes %s', (sql) => {
    expect(parse(sql)).not.toHaveProperty('message');
  });

  test.each(refusedStatements)('refuses %s', (sql) => {
    expect(parse(sql)).toMatchObject({ kind: 'syntaxProblem', message: expect.any(String) });
  });
});

describe('positions', () => {
  test.each(acceptedStatements)('lie within each other in %s', (sql) => {
    const statement = parse(sql);
    if (statement.kind === 'syntaxProblem') throw new Error(statement.message);
    walk(statement as AnyNode, (node) => {
      expect(node.start).toBeGreaterThanOrEqual(0);
      expect(node.end).toBeGreaterThanOrEqual(node.start);
      expect(slice(sql, node).trim()).toBe(slice(sql, node));
      for (const child of children(node)) {
        expect(child.start).toBeGreaterThanOrEqual(node.start);
        expect(child.end).toBeLessThanOrEqual(node.end);
      }
    });
  });

  test('of a block', () => {
    const sql =
      'SELECT /*+ x */ DISTINCT a, (b + 1) AS `c d`  FROM t WHERE (a = 1 OR b) GROUP BY a ORDER BY b LIMIT 3, ?';
    const query = parseAs(sql, 'select').query;
    const found = block(sql);
    expect(sql.slice(0, found.verbEnd)).toBe('SELECT');
    expect(slice(sql, found.hint!)).toBe('/*+ x */');
    expect(slice(sql, found.options)).toBe('DISTINCT');
    expect(sql.slice(found.itemsStart, found.itemsEnd)).toBe('a, (b + 1) AS `c d`');
    expect(sql.slice(found.fromStart, found.whereStart)).toBe('FROM t ');
    expect(slice(sql, found.where!)).toBe('(a = 1 OR b)');
    expect(slice(sql, found.groupBy!)).toBe('GROUP BY a');
    expect(slice(sql, query.orderBy!)).toBe('ORDER BY b');
    expect(slice(sql, query.limit!.count)).toBe('?');
    expect(slice(sql, query.limit!.offset!)).toBe('3');
    const [, second] = found.items;
    expect(second).toMatchObject({ alias: { text: 'c d' }, expression: { kind: 'binary' } });
    expect(slice(sql, (second as { expression: Expression }).expression)).toBe('(b + 1)');
  });

  test('of rows that are inserted', () => {
    const sql =
      "INSERT INTO s.t (a, b) VALUES (1, DEFAULT), ( 'x' , ? ) ON DUPLICATE KEY UPDATE a = VALUES(b) + 1";
    const insert = parseAs(sql, 'insert');
    expect(sql.slice(insert.columnsStart, insert.columnsEnd)).toBe('(a, b)');
    expect(sql.slice(insert.table.nameStart, insert.table.nameEnd)).toBe('t');
    if (insert.source.kind !== 'insertRows') throw new Error(insert.source.kind);
    expect(insert.source.rows.map((row) => slice(sql, row))).toEqual(['(1, DEFAULT)', "( 'x' , ? )"]);
    expect(insert.source.rows[1]!.values.map((value) => slice(sql, value))).toEqual(["'x'", '?']);
    expect(sql.slice(insert.onDuplicateStart)).toBe('ON DUPLICATE KEY UPDATE a = VALUES(b) + 1');
    expect(insert.parameterCount).toBe(1);
  });

  test('are bytes, and of the whole text', () => {
    const text = Buffer.from("SELECT 1; SELECT 'ä' AS `ö`, b FROM t; SELECT 2");
    const statement = parseStatement(text, 9, text.indexOf(';', 10), mode);
    if (statement.kind !== 'select' || statement.query.body.kind !== 'queryBlock')
      throw new Error('no block');
    expect(text.toString('utf8', statement.start, statement.end)).toBe("SELECT 'ä' AS `ö`, b FROM t");
    const [first, second] = statement.query.body.items;
    expect(first).toMatchObject({ alias: { text: 'ö' } });
    expect(text.toString('utf8', second!.start, second!.end)).toBe('b');
  });
});

describe('trees', () => {
  test('IN binds tighter than =', () => {
    expect(expression('a = b IN (1)')).toMatchObject({ operator: '=', right: { kind: 'inList' } });
  });

  test('NOT by sql_mode', () => {
    expect(expression('NOT a = b')).toMatchObject({ operator: 'not', operand: { kind: 'comparison' } });
    const high = lexModeOf('HIGH_NOT_PRECEDENCE', 'utf8mb4', 90_704, false);
    expect(expression('NOT a = b', high)).toMatchObject({ kind: 'comparison', left: { operator: '!' } });
  });

  test('|| by sql_mode', () => {
    expect(expression('a || b')).toMatchObject({ kind: 'logical', operator: 'or' });
    const pipes = lexModeOf('PIPES_AS_CONCAT', 'utf8mb4', 90_704, false);
    expect(expression('a || b', pipes)).toMatchObject({ kind: 'binary', operator: 'concat' });
  });

  test('double quotes by sql_mode', () => {
    expect(expression('"a"')).toMatchObject({ kind: 'literal', type: 'string' });
    const ansi = lexModeOf('ANSI_QUOTES', 'utf8mb4', 90_704, false);
    expect(expression('"a""b"', ansi)).toMatchObject({ kind: 'column', name: 'a"b' });
  });

  test('a blank before the parenthesis by sql_mode', () => {
    expect(expression('sum (a)')).toMatchObject({ name: 'sum', builtin: false });
    expect(expression('SUM(a)')).toMatchObject({ name: 'sum', builtin: true });
    const ignore = lexModeOf('IGNORE_SPACE', 'utf8mb4', 90_704, false);
    expect(expression('sum (a)', ignore)).toMatchObject({ name: 'sum', builtin: true });
    expect(expression('ABS (a)')).toMatchObject({ name: 'abs', builtin: true });
    expect(expression('s.ABS(a)')).toMatchObject({ schema: 's', name: 'ABS', builtin: false });
  });

  test('chains of AND are one node', () => {
    const found = expression('a AND b AND NOT c && d');
    expect(found).toMatchObject({ kind: 'logical', operands: { length: 4 } });
  });

  test('parentheses: rows, queries, operands', () => {
    expect(expression('(a, b)')).toMatchObject({ kind: 'row', items: { length: 2 } });
    expect(expression('((a))')).toMatchObject({ kind: 'column', start: 7, end: 12, nameStart: 9 });
    expect(expression('((SELECT 1))')).toMatchObject({ kind: 'subquery', end: 19 });
    expect(expression('((SELECT 1) UNION (SELECT 2) LIMIT 1)')).toMatchObject({
      kind: 'subquery',
      query: { body: { kind: 'setOperation' }, limit: { kind: 'limit' } },
    });
    expect(expression('((SELECT 1) + 1, 2)')).toMatchObject({ kind: 'row', items: [{ kind: 'binary' }, {}] });
    expect(expression('a IN ((SELECT 1))')).toMatchObject({ kind: 'inSubquery' });
    expect(expression('a IN ((1, 2), (3, 4))')).toMatchObject({ items: [{ kind: 'row' }, { kind: 'row' }] });
    expect(expression('a IN ((1, 2))')).toMatchObject({ items: [{ kind: 'row' }] });
  });

  test('joins without a condition bind to the left', () => {
    const [join] = block('SELECT 1 FROM a JOIN b LEFT JOIN c ON x').from;
    expect(join).toMatchObject({
      type: 'left',
      left: { kind: 'join', left: { name: 'a' }, right: { name: 'b' }, on: undefined },
      right: { name: 'c' },
    });
  });

  test('conditions of nested joins', () => {
    const [join] = block('SELECT 1 FROM a JOIN b JOIN c ON x ON y').from;
    expect(join).toMatchObject({ left: { name: 'a' }, on: { name: 'y' }, right: { on: { name: 'x' } } });
  });

  test('set operations: INTERSECT first, chains are one node', () => {
    const { body } = parseAs(
      'SELECT 1 UNION SELECT 2 UNION SELECT 3 INTERSECT SELECT 4 UNION ALL TABLE t',
      'select',
    ).query;
    expect(body).toMatchObject({
      operator: 'union',
      all: true,
      operands: [
        {
          all: false,
          operands: [{ kind: 'queryBlock' }, { kind: 'queryBlock' }, { operator: 'intersect' }],
        },
        { kind: 'tableBody', name: 't' },
      ],
    });
  });

  test('names that are keywords', () => {
    expect(expression('t.select')).toMatchObject({ kind: 'column', table: 't', name: 'select' });
    expect(expression('count')).toMatchObject({ kind: 'column', name: 'count' });
    expect(expression("date '2020-01-01'")).toMatchObject({ kind: 'literal', type: 'date' });
    expect(expression('date')).toMatchObject({ kind: 'column' });
    expect(expression("_latin1 'a' 'b'")).toMatchObject({ introducer: 'latin1', more: { length: 1 } });
    const old = lexModeOf('', 'utf8mb4', 80_406, false);
    expect(expression('library', old)).toMatchObject({ kind: 'column' });
    expect(parse('SELECT library')).toMatchObject({ kind: 'syntaxProblem' });
  });

  test('version comments are code', () => {
    const statement = parseAs('SELECT a /*!80000 , b */ FROM t', 'select');
    expect(statement.hasVersionComment).toBe(true);
    expect(statement.query.body).toMatchObject({ items: { length: 2 } });
    expect(parseAs('SELECT a /* , b */ FROM t', 'select').hasVersionComment).toBe(false);
  });

  test('a marker has its number', () => {
    const statement = parseAs('SELECT ? FROM t WHERE a IN (?, ?)', 'select');
    expect(statement.parameterCount).toBe(3);
  });
});

describe('texts that are none', () => {
  const deep = [
    '('.repeat(100_000),
    `SELECT ${'('.repeat(100_000)}1${')'.repeat(100_000)}`,
    `SELECT ${'- '.repeat(100_000)}1`,
    `SELECT ${'NOT '.repeat(100_000)}1`,
    `SELECT ${'f('.repeat(100_000)}`,
    `SELECT ${'CASE '.repeat(100_000)}`,
    `SELECT ${'INTERVAL '.repeat(100_000)}`,
    `SELECT ${'@a := '.repeat(100_000)}1`,
    `SELECT 1${' BETWEEN 1 AND 1'.repeat(100_000)}`,
    `SELECT 1${' + 1'.repeat(100_000)}`,
    `SELECT 1${' UNION SELECT 1 UNION ALL SELECT 1'.repeat(100_000)}`,
    `SELECT 1 FROM ${'('.repeat(100_000)}`,
    `SELECT 1 FROM t${' JOIN t'.repeat(100_000)}`,
    `SELECT 1 FROM ${'{OJ '.repeat(100_000)}`,
    `WITH ${'a AS (WITH '.repeat(100_000)}`,
  ];

  test.each(deep.map((sql) => [sql.slice(0, 30), sql]))('nested too deep: %s', (_name, sql) => {
    expect(parse(sql)).toMatchObject({ kind: 'syntaxProblem' });
  });

  test('long but flat', () => {
    const many = 20_000;
    expect(parse(`SELECT 1${' AND 1'.repeat(many)}${' OR 1'.repeat(many)}`).kind).toBe('select');
    expect(parse(`SELECT 1 IN (1${', 1'.repeat(many)})`).kind).toBe('select');
    expect(parse(`SELECT 1${' UNION SELECT 1'.repeat(many)}`).kind).toBe('select');
    expect(parse(`INSERT INTO t VALUES (1 + 2)${', (1 + 2)'.repeat(many)}`).kind).toBe('insert');
    const sums = `(${'1 + '.repeat(20)}1) * 2`;
    expect(parse(`INSERT INTO t VALUES (1)${`, (${sums}, ${sums})`.repeat(many / 10)}`).kind).toBe('insert');
  });

  test('mutilated statements neither throw nor hang', () => {
    const random = new Random(5);
    const tokens = acceptedStatements.map(tokensOf);
    const all = tokens.flat();
    for (let count = 0; count < 20_000; count++) {
      const mutilated = [...random.pick(tokens)];
      for (let changes = random.between(1, 3); changes > 0; changes--) {
        mutilated.splice(random.below(mutilated.length), random.below(3), random.pick(all));
      }
      expect(() => parse(mutilated.join(' '))).not.toThrow();
    }
    for (let count = 0; count < 2_000; count++) {
      const source = random.bytes(random.below(60));
      expect(() => parseStatement(source, 0, source.length, mode)).not.toThrow();
    }
  });
});

function tokensOf(sql: string): string[] {
  const lexer = new Lexer(Buffer.from(sql), 0, mode);
  const found: string[] = [];
  while (lexer.next() !== token.end) found.push(sql.slice(lexer.start, lexer.end));
  return found;
}
