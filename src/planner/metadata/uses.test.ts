import { expect, test } from 'vitest';
import { lexModeOf } from '../../sql/lex-mode.ts';
import { stringText } from '../../sql/literals.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { databasesOf } from './databases.ts';
import { isCurrentSchema, metadataUses } from './uses.ts';

const mode = lexModeOf('', 'utf8mb4', 90704, false);
const keyspaces = new Set(['a', 'b_c', 'bxc', 'User']);
const system = 'information_schema mysql performance_schema sys';
const all = `a b_c bxc User ${system}`;

/** Of each table in the query, in the order of the text, the databases whose rows it has to show; DATABASE() is `a`, parameters are given. */
function shown(sql: string, parameters: readonly (string | null)[] = []): string[] {
  const text = Buffer.from(sql);
  const parsed = parseStatement(text, 0, text.length, mode);
  if (parsed.kind !== 'select') throw new Error(`not understood: ${sql}`);
  const uses = metadataUses(parsed.query, (schema) => schema?.toLowerCase() === 'information_schema');
  return [...uses]
    .sort((a, b) => a.node.start - b.node.start)
    .map((use) =>
      [
        ...databasesOf(use, {
          keyspaces,
          noBackslashEscapes: false,
          textOf: (operand) => {
            if (operand.kind === 'parameter') return parameters[operand.index];
            if (isCurrentSchema(operand)) return 'a';
            return operand.kind === 'literal'
              ? stringText(text, operand.valueStart, operand.valueEnd, mode)
              : undefined;
          },
        }),
      ].join(' '),
    );
}

const tables = 'FROM information_schema.TABLES';

test.each<[string, string[]]>([
  [`SELECT 1 ${tables}`, [all]],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA = 'a'`, ['a']],
  [`SELECT 1 ${tables} WHERE 'a' = table_schema AND TABLE_NAME = 'User'`, ['a']],
  [`SELECT 1 ${tables} t WHERE t.TABLE_SCHEMA = 'user'`, ['User']],
  [`SELECT 1 ${tables} t WHERE t.TABLE_SCHEMA = 'nowhere'`, ['']],
  [`SELECT 1 ${tables} WHERE TABLE_NAME = 'a'`, [all]],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA <> 'a'`, [`b_c bxc User ${system}`]],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA <> 'A'`, [all]],
  [
    `SELECT 1 ${tables} WHERE TABLE_SCHEMA NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')`,
    ['a b_c bxc User'],
  ],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA IN ('a', 'mysql', 'x')`, ['a mysql']],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA IN ('a', CONCAT('b', '_c'))`, [all]],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA LIKE 'b_c'`, ['b_c bxc']],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA LIKE 'b\\\\_c'`, ['b_c']],
  [
    `SELECT 1 ${tables} WHERE TABLE_SCHEMA LIKE '%schema' AND TABLE_SCHEMA NOT LIKE 'perf%'`,
    ['information_schema'],
  ],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA NOT LIKE 'PERF%'`, [all]],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA = DATABASE()`, ['a']],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA COLLATE utf8mb3_bin = SCHEMA()`, ['a']],
  [`SELECT 1 ${tables} WHERE BINARY TABLE_SCHEMA = 'a'`, ['a']],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA = 'a' OR TABLE_NAME = 'x'`, [all]],
  [`SELECT 1 ${tables} WHERE (TABLE_SCHEMA = 'a' OR TABLE_SCHEMA IN ('sys')) AND 1`, ['a sys']],
  [`SELECT 1 ${tables} WHERE NOT TABLE_SCHEMA = 'a'`, [all]],
  [`SELECT 1 ${tables} WHERE TABLE_SCHEMA = 'ä'`, [all]],
  [`SELECT 1 ${tables} HAVING TABLE_SCHEMA = 'a'`, [all]],
  [`SELECT 1 ${tables} UNION SELECT 1 ${tables} WHERE TABLE_SCHEMA = 'a'`, [all, 'a']],
  [`SELECT 1 FROM (SELECT * ${tables}) x WHERE TABLE_SCHEMA = 'a'`, [all]],
  [`WITH TABLES AS (SELECT 1) SELECT 1 FROM TABLES`, []],
])('%s', (sql, expected) => expect(shown(sql)).toEqual(expected));

const kcu = 'information_schema.KEY_COLUMN_USAGE k';
const rc = 'information_schema.REFERENTIAL_CONSTRAINTS r';

test.each<[string, string[]]>([
  [
    `SELECT 1 FROM ${kcu} JOIN ${rc} ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA WHERE k.TABLE_SCHEMA = 'a'`,
    ['a', 'a'],
  ],
  [
    `SELECT 1 FROM ${kcu}, ${rc} WHERE k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND r.CONSTRAINT_SCHEMA = 'a'`,
    ['a', 'a'],
  ],
  [
    `SELECT 1 FROM ${kcu} LEFT JOIN ${rc} ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA WHERE k.TABLE_SCHEMA = 'a'`,
    ['a', 'a'],
  ],
  // Rows without a partner stay.
  [
    `SELECT 1 FROM ${kcu} LEFT JOIN ${rc} ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND k.TABLE_SCHEMA = 'a'`,
    [all, all],
  ],
  [
    `SELECT 1 FROM ${kcu} LEFT JOIN ${rc} ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND r.CONSTRAINT_SCHEMA = 'a'`,
    [all, 'a'],
  ],
  [
    `SELECT 1 FROM ${kcu} RIGHT JOIN ${rc} ON k.CONSTRAINT_SCHEMA = r.CONSTRAINT_SCHEMA AND r.CONSTRAINT_SCHEMA = 'a'`,
    [all, all],
  ],
  [
    `SELECT 1 FROM ${kcu} JOIN ${rc} USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME) WHERE CONSTRAINT_SCHEMA = 'a'`,
    ['a', 'a'],
  ],
  [
    `SELECT 1 FROM ${kcu} RIGHT JOIN ${rc} USING (CONSTRAINT_SCHEMA) WHERE CONSTRAINT_SCHEMA = 'a'`,
    [all, all],
  ],
  [
    `SELECT 1 FROM ${kcu} JOIN ${rc} ON k.REFERENCED_TABLE_SCHEMA = r.CONSTRAINT_SCHEMA WHERE r.CONSTRAINT_SCHEMA = 'a'`,
    [all, 'a'],
  ],
  [
    `SELECT (SELECT COUNT(*) FROM ${rc} WHERE r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA) FROM ${kcu} WHERE TABLE_SCHEMA = 'a'`,
    ['a', 'a'],
  ],
  // A condition of the inner query leaves the outer one's rows.
  [`SELECT (SELECT COUNT(*) FROM ${rc} WHERE k.CONSTRAINT_SCHEMA = 'a') FROM ${kcu}`, [all, all]],
])('%s', (sql, expected) => expect(shown(sql)).toEqual(expected));

test('parameters have their values', () => {
  const sql = `SELECT 1 ${tables} WHERE TABLE_SCHEMA IN (?, ?)`;
  expect(shown(sql, ['a', 'b_c'])).toEqual(['a b_c']);
  expect(shown(sql, ['a', null])).toEqual(['a']);
  expect(shown(sql)).toEqual([all]);
});
