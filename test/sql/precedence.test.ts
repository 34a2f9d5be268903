/**
 * The parser's trees against a server: an expression, the same with all parentheses of our tree, and our own print
 * of it must have the same values. What one of the two takes for a syntax error, the other has to as well.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Expression } from '../../src/sql/ast/expression.ts';
import { type LexMode, lexModeOf } from '../../src/sql/lex-mode.ts';
import { parseStatement } from '../../src/sql/parser/statement.ts';
import { print } from '../../src/sql/printer/print.ts';
import { readResults } from '../support/decode.ts';
import { type Mysqld, runStatements, startMysqld } from '../support/mysqld.ts';
import { Random } from '../support/random.ts';
import { RawClient } from '../support/raw-client.ts';

const DATABASE = 'precedence';
const SYNTAX_ERROR = 1064;
const EXPRESSIONS = 2_500;
const OPERATORS_MAX = 5;
const SERVER_VERSION = 90_704;

let server: Mysqld;

beforeAll(async () => {
  server = await startMysqld({ databases: [DATABASE] });
  await runStatements(
    server.endpoint,
    [
      'CREATE TABLE t (i INT, j INT, k INT, s VARCHAR(20), r VARCHAR(20), d DATE, a JSON)',
      `INSERT INTO t VALUES (0, 1, 2, '1', '0', '2020-01-31', '[1, 2]'), (1, 0, 3, 'A', 'a', '2021-02-28', '[0]'),
        (2, 2, -1, 'ab', '2', NULL, '[2, "a"]'), (3, NULL, 1, '3', 'B', '1999-12-31', '[3, 1]'),
        (NULL, 5, 0, '2020', '%', '2000-01-01', '[]'), (7, 3, 4, '', '-1', '2004-02-29', '[true, 7]')`,
    ],
    DATABASE,
  );
});

afterAll(() => server.stop());

// --- expressions by chance ---

const operands = ['i', 'j', 'k', 's', 'r', 'd', '0', '1', '2', '3', "'1'", "'a'", 'NULL', '1.5', "'B'"];
const infixes =
  `OR AND XOR || && = <=> < <= > >= <> != + - * / % DIV MOD | & ^ << >> LIKE REGEXP RLIKE`.split(' ');
const negatable = ['LIKE', 'REGEXP'];
const prefixes = ['NOT ', '!', '-', '+', '~', 'BINARY ', 'INTERVAL 1 DAY + ', 'INTERVAL j MONTH + '];
const postfixes = [
  ' IS NULL',
  ' IS NOT NULL',
  ' IS TRUE',
  ' IS NOT FALSE',
  ' IS UNKNOWN',
  ' COLLATE utf8mb4_bin',
  ' + INTERVAL 1 DAY',
  ' - INTERVAL k MONTH',
  ' + INTERVAL(i, j, k)',
  ' IN (1, 2)',
  ' NOT IN (i, 3)',
  ' IN (SELECT 1)',
  " LIKE 'a|%' ESCAPE '|'",
  ' MEMBER OF (a)',
  ' = ANY (SELECT 1)',
  ' < ALL (SELECT 2)',
];

function operand(random: Random): string {
  let text = random.pick(operands);
  if (random.chance(0.08))
    text = `(${random.pick(operands)} ${random.pick(infixes)} ${random.pick(operands)})`;
  if (random.chance(0.05)) text = `CASE ${text} WHEN 1 THEN i ELSE 2 END`;
  for (let depth = 0; depth < 2; depth++) if (random.chance(0.18)) text = random.pick(prefixes) + text;
  if (random.chance(0.2)) text += random.pick(postfixes);
  return text;
}

function joint(random: Random): string {
  const between = random.below(12);
  if (between === 0) return ` BETWEEN ${operand(random)} AND `;
  if (between === 1) return ` NOT BETWEEN ${operand(random)} AND `;
  if (between === 2) return ' SOUNDS LIKE ';
  if (between === 3) return ` NOT ${random.pick(negatable)} `;
  return ` ${random.pick(infixes)} `;
}

function expressionText(random: Random): string {
  let text = operand(random);
  for (let left = random.between(1, OPERATORS_MAX); left > 0; left--) text += joint(random) + operand(random);
  return random.chance(0.05) ? `NOT ${text}` : text;
}

// --- all parentheses ---

/** The tree's text with parentheses around every operator. */
function withParentheses(node: Expression, source: Buffer, mode: LexMode): string {
  const of = (below: Expression): string => withParentheses(below, source, mode);
  const not = 'negated' in node && node.negated ? 'NOT ' : '';
  switch (node.kind) {
    case 'unary':
      return `(${node.operator === 'binary' ? 'BINARY' : node.operator} ${of(node.operand)})`;
    case 'binary':
      if (node.operator === 'concat') return `CONCAT(${of(node.left)}, ${of(node.right)})`;
      return `(${of(node.left)} ${node.operator} ${of(node.right)})`;
    case 'interval':
      return `INTERVAL ${of(node.amount)} ${node.unit}`;
    case 'comparison':
      return `(${of(node.left)} ${node.operator} ${of(node.right)})`;
    case 'logical':
      return `(${node.operands.map(of).join(` ${node.operator} `)})`;
    case 'is':
      return `(${of(node.operand)} IS ${not}${node.test})`;
    case 'inList':
      return `(${of(node.operand)} ${not}IN (${node.items.map(of).join(', ')}))`;
    case 'inSubquery':
      return `(${of(node.operand)} ${not}IN (${print(node.query, source, mode)}))`;
    case 'quantified':
      return `(${of(node.left)} ${node.operator} ${node.quantifier} (${print(node.query, source, mode)}))`;
    case 'between':
      return `(${of(node.operand)} ${not}BETWEEN ${of(node.low)} AND ${of(node.high)})`;
    case 'like': {
      const escaper = node.escape === undefined ? '' : ` ESCAPE ${of(node.escape)}`;
      return `(${of(node.operand)} ${not}LIKE ${of(node.pattern)}${escaper})`;
    }
    case 'regexp':
      return `(${of(node.operand)} ${not}REGEXP ${of(node.pattern)})`;
    case 'soundsLike':
      return `(${of(node.left)} SOUNDS LIKE ${of(node.right)})`;
    case 'memberOf':
      return `(${of(node.operand)} MEMBER OF (${of(node.array)}))`;
    case 'collate':
      return `(${of(node.operand)} COLLATE ${node.collation})`;
    default:
      return print(node, source, mode);
  }
}

/** Values of the expression for all rows, or the error's number. */
async function valuesOf(client: RawClient, expression: string): Promise<string> {
  const [result] = readResults(await client.query(`SELECT ${expression} FROM t`));
  return result!.error
    ? `error ${result!.error.errno}`
    : JSON.stringify(result!.rows.map(([value]) => value));
}

function parseExpressionText(
  text: string,
  mode: LexMode,
): { source: Buffer; expression: Expression } | undefined {
  const source = Buffer.from(`SELECT ${text} FROM t`);
  const statement = parseStatement(source, 0, source.length, mode);
  if (statement.kind !== 'select' || statement.query.body.kind !== 'queryBlock') return undefined;
  const [item] = statement.query.body.items;
  return item?.kind === 'selectExpression' ? { source, expression: item.expression } : undefined;
}

describe('operators bind as in MySQL', () => {
  const cases = [
    ['', 11],
    ['PIPES_AS_CONCAT', 12],
    ['HIGH_NOT_PRECEDENCE', 13],
  ] as const;
  test.each(cases)('sql_mode %j', async (sqlMode, seed) => {
    const mode = lexModeOf(sqlMode, 'utf8mb4', SERVER_VERSION, false);
    const client = await RawClient.connect(server.endpoint, { database: DATABASE });
    const random = new Random(seed);
    const differences: string[] = [];
    let accepted = 0;
    await client.query(`SET NAMES utf8mb4, sql_mode = '${sqlMode}'`);
    for (let count = 0; count < EXPRESSIONS; count++) {
      const text = expressionText(random);
      const expected = await valuesOf(client, text);
      const parsed = parseExpressionText(text, mode);
      if (parsed === undefined || expected === `error ${SYNTAX_ERROR}`) {
        if (parsed !== undefined || expected !== `error ${SYNTAX_ERROR}`) {
          differences.push(`${text}: ${parsed === undefined ? 'refused here' : 'refused by MySQL'}`);
        }
        continue;
      }
      accepted++;
      const { source, expression } = parsed;
      for (const again of [withParentheses(expression, source, mode), print(expression, source, mode)]) {
        const got = await valuesOf(client, again);
        if (got !== expected) differences.push(`${text}\n  as ${again}\n  ${expected}\n  ${got}`);
      }
    }
    client.destroy();
    expect(differences).toEqual([]);
    expect(accepted).toBeGreaterThan(EXPRESSIONS / 4);
  });
});
