/** Statements against a server: what is a syntax error there, and whether joins and set operations are read as there. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueryBody } from '../../src/sql/ast/query.ts';
import type { ParsedStatement, SyntaxProblem } from '../../src/sql/ast/statement.ts';
import type { TableReference } from '../../src/sql/ast/table.ts';
import { isExpression } from '../../src/sql/ast/walk.ts';
import { type LexMode, lexModeOf } from '../../src/sql/lex-mode.ts';
import { parseStatement } from '../../src/sql/parser/statement.ts';
import { print } from '../../src/sql/printer/print.ts';
import { readResults } from '../support/decode.ts';
import { type Mysqld, runStatements, startMysqld } from '../support/mysqld.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';
import { acceptedStatements, refusedStatements } from './statement-cases.ts';

const DATABASE = 'grammar';
const SYNTAX_ERROR = 1064;
const QUERIES = 1_500;
const mode: LexMode = lexModeOf('', 'utf8mb4', 90_704, false);

let server: Mysqld;
let client: RawClient;

beforeAll(async () => {
  server = await startMysqld({ databases: [DATABASE] });
  const tables = [1, 2, 3, 4].flatMap((number) => [
    `CREATE TABLE t${number} (a INT, b${number} INT, c INT)`,
    `INSERT INTO t${number} VALUES ${[0, 1, 2].map((row) => `(${row + (number % 3)}, ${row * number}, ${number})`)}`,
  ]);
  await runStatements(server.endpoint, tables, DATABASE);
  client = await RawClient.connect(server.endpoint, { database: DATABASE });
});

afterAll(async () => {
  client.destroy();
  await server.stop();
});

type Parsed = Exclude<ParsedStatement, SyntaxProblem>;

function parse(sql: string): Parsed {
  const source = Buffer.from(sql);
  const statement = parseStatement(source, 0, source.length, mode);
  if (statement.kind === 'syntaxProblem') throw new Error(`${statement.message}: ${sql}`);
  return statement;
}

/** The error's number when the server prepares the statement, 0 for none. */
async function prepared(sql: string): Promise<number> {
  const literal = sql.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return readResults(await client.query(`PREPARE x FROM '${literal}'`))[0]!.error?.errno ?? 0;
}

describe('the cases are right', () => {
  test.each(acceptedStatements)('%s', async (sql) => {
    const errno = await prepared(sql);
    expect(errno).not.toBe(SYNTAX_ERROR);
    expect(await prepared(print(parse(sql), Buffer.from(sql), mode))).toBe(errno);
  });

  test.each(refusedStatements)('%s', async (sql) => {
    expect(await prepared(sql)).toBe(SYNTAX_ERROR);
  });
});

// --- joins by chance ---

const joinWords = ['JOIN', 'INNER JOIN', 'CROSS JOIN', 'STRAIGHT_JOIN', 'LEFT JOIN', 'RIGHT OUTER JOIN', ','];

/** A condition between some of the first `count` tables, or none. */
function conditionByChance(random: Random, count: number): string {
  if (random.chance(0.4)) return '';
  if (random.chance(0.08)) return ' USING (c)';
  const column = (): string => `x${random.between(1, count)}.${random.pick(['a', 'c'])}`;
  return ` ON ${column()} ${random.pick(['=', '<', '<='])} ${column()}`;
}

function tablesByChance(random: Random): string {
  const last = random.between(2, 4);
  let text = 't1 AS x1';
  let open = 0;
  for (let number = 2; number <= last; number++) {
    const word = random.chance(0.08) ? 'NATURAL JOIN' : random.pick(joinWords);
    const parenthesis = random.chance(0.15) ? '(' : '';
    if (parenthesis !== '') open++;
    text += ` ${word} ${parenthesis}t${number} AS x${number}${conditionByChance(random, number)}`;
    if (random.chance(0.15)) text += conditionByChance(random, number);
    if (open > 0 && random.chance(0.4)) {
      text += `)${conditionByChance(random, number)}`;
      open--;
    }
  }
  return text + ')'.repeat(open) + (open > 0 ? conditionByChance(random, last) : '');
}

/** Table references with parentheses around every join. */
function withParentheses(table: TableReference, source: Buffer): string {
  switch (table.kind) {
    case 'table':
      return `${table.name} AS ${table.alias?.text}`;
    case 'tableList':
      return `(${table.tables.map((one) => withParentheses(one, source)).join(', ')})`;
    case 'join': {
      const word = table.type === 'straight' ? 'STRAIGHT_JOIN' : `${table.type} JOIN`;
      let condition = '';
      if (table.on !== undefined) condition = ` ON ${print(table.on, source, mode)}`;
      if (table.using !== undefined) condition = ` USING (${table.using.map(({ text }) => text)})`;
      const words = table.natural ? 'NATURAL JOIN' : word;
      return `(${withParentheses(table.left, source)} ${words} ${withParentheses(table.right, source)}${condition})`;
    }
    default:
      throw new Error(table.kind);
  }
}

/** The set operation with parentheses around every operand. */
function bodyText(body: QueryBody, source: Buffer): string {
  if (body.kind !== 'setOperation') return `(${source.toString('utf8', body.start, body.end)})`;
  const operator = `${body.operator}${body.all ? ' ALL' : ''}`;
  return body.operands
    .map((operand) => bodyText(operand, source))
    .reduce((left, right) => `(${left} ${operator} ${right})`);
}

async function rowsOf(sql: string): Promise<string> {
  const [result] = readResults(await client.query(sql));
  if (result!.error) return `error ${result!.error.errno}`;
  return JSON.stringify(result!.rows.map((row) => JSON.stringify(row)).sort());
}

test('joins are read as by the server', async () => {
  const random = new Random(21);
  const differences: string[] = [];
  let answered = 0;
  for (let count = 0; count < QUERIES; count++) {
    const sql = `SELECT * FROM ${tablesByChance(random)}`;
    const source = Buffer.from(sql);
    const expected = await rowsOf(sql);
    const statement = parseStatement(source, 0, source.length, mode);
    const isRefused = statement.kind === 'syntaxProblem';
    if (isRefused || expected === `error ${SYNTAX_ERROR}`) {
      if (!isRefused || expected !== `error ${SYNTAX_ERROR}`) differences.push(`${sql}: ${expected}`);
      continue;
    }
    if (isExpression(statement) || statement.kind !== 'select') throw new Error(statement.kind);
    const { body } = statement.query;
    if (body.kind !== 'queryBlock') throw new Error(body.kind);
    const whole = `SELECT * FROM ${body.from.map((table) => withParentheses(table, source)).join(', ')}`;
    if (!expected.startsWith('error')) answered++;
    for (const again of [whole, print(statement, source, mode)]) {
      const got = await rowsOf(again);
      if (got !== expected) differences.push(`${sql}\n  as ${again}\n  ${expected}\n  ${got}`);
    }
  }
  expect(differences).toEqual([]);
  expect(answered).toBeGreaterThan(QUERIES / 10);
});

test('set operations are read as by the server', async () => {
  const random = new Random(22);
  const operators = ['UNION', 'UNION ALL', 'EXCEPT', 'EXCEPT ALL', 'INTERSECT', 'INTERSECT ALL'];
  const operands = [
    'SELECT a FROM t1',
    'SELECT a FROM t2',
    'SELECT b3 FROM t3',
    'VALUES ROW(1), ROW(1)',
    '(SELECT 2)',
  ];
  for (let count = 0; count < QUERIES / 3; count++) {
    let sql = random.pick(operands);
    for (let left = random.between(1, 4); left > 0; left--)
      sql += ` ${random.pick(operators)} ${random.pick(operands)}`;
    const source = Buffer.from(sql);
    const statement = parse(sql);
    if (statement.kind !== 'select') throw new Error(statement.kind);
    const expected = await rowsOf(sql);
    expect(expected).not.toContain('error');
    expect([sql, await rowsOf(bodyText(statement.query.body, source))]).toEqual([sql, expected]);
    expect([sql, await rowsOf(print(statement, source, mode))]).toEqual([sql, expected]);
  }
});
