import { expect, test } from 'vitest';
import { lexModeOf } from '../../sql/lex-mode.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { columnsNamed, withTables } from './rewrite.ts';
import { metadataUses } from './uses.ts';

const mode = lexModeOf('', 'utf8mb4', 90704, false);

function read(sql: string) {
  const text = Buffer.from(sql);
  const parsed = parseStatement(text, 0, text.length, mode);
  if (parsed.kind !== 'select') throw new Error(`not understood: ${sql}`);
  return { text, parsed };
}

function rewritten(sql: string): string {
  const { text, parsed } = read(sql);
  const uses = metadataUses(parsed.query, (schema) => schema?.toLowerCase() === 'information_schema');
  return withTables(parsed, text, uses, ({ table }) => `(${table.name})`).toString();
}

test.each([
  ['SELECT a FROM information_schema.tables', 'SELECT a FROM (TABLES) AS `tables`'],
  ['SELECT t.a FROM information_schema . `TABLES` t;', 'SELECT t.a FROM (TABLES) t'],
  [
    'SELECT information_schema.TABLES.a, information_schema.TABLES.* FROM information_schema.TABLES',
    'SELECT TABLES.a, `TABLES`.* FROM (TABLES) AS `TABLES`',
  ],
  [
    'SELECT (SELECT COUNT(*) FROM information_schema.VIEWS), 1, (SELECT 1 FROM information_schema.VIEWS) AS x',
    'SELECT (SELECT COUNT(*) FROM (VIEWS) AS `VIEWS`) AS `(SELECT COUNT(*) FROM information_schema.VIEWS)`, 1, (SELECT 1 FROM (VIEWS) AS `VIEWS`) AS x',
  ],
  [
    'SELECT UPPER(information_schema.VIEWS.`a``b`) FROM information_schema.VIEWS',
    'SELECT UPPER(VIEWS.`a``b`) AS `UPPER(information_schema.VIEWS.``a````b``)` FROM (VIEWS) AS `VIEWS`',
  ],
  ['SELECT 1 FROM information_schema.ENGINES', 'SELECT 1 FROM information_schema.ENGINES'],
])('%s', (sql, expected) => expect(rewritten(sql)).toBe(expected));

test('the columns that a query can name', () => {
  expect(columnsNamed(read('SELECT a, t.B FROM x t JOIN y USING (c) ORDER BY d').parsed)).toEqual(
    new Set(['A', 'B', 'C', 'D']),
  );
  expect(columnsNamed(read('SELECT a FROM x WHERE EXISTS (SELECT * FROM y)').parsed)).toBeUndefined();
  expect(columnsNamed(read('SELECT a FROM x NATURAL JOIN y').parsed)).toBeUndefined();
});
