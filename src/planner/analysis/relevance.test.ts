import { describe, expect, it } from 'vitest';
import { lexModeOf } from '../../sql/lex-mode.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import { seesRelevance } from './relevance.ts';

function sees(sql: string): boolean {
  const text = Buffer.from(sql);
  const statement = parseStatement(text, 0, text.length, lexModeOf('', 'utf8mb4', 90_704, false));
  if (statement.kind !== 'select') throw new Error(`not a SELECT: ${sql}`);
  return seesRelevance(statement.query);
}

describe('the relevance of rows', () => {
  it.each([
    "SELECT a FROM t WHERE MATCH (a) AGAINST ('x')",
    "SELECT a FROM t WHERE b > 1 AND (NOT MATCH (a) AGAINST ('x' IN BOOLEAN MODE) OR b IS NULL)",
    "SELECT t.a FROM t JOIN u ON u.b = t.b AND MATCH (t.a) AGAINST ('x')",
    "SELECT a FROM t WHERE b IN (SELECT b FROM u WHERE MATCH (c) AGAINST ('x'))",
    "SELECT a FROM t WHERE b = 'MATCH (a) AGAINST (1)'",
  ])('is not seen by %s', (sql) => {
    expect(sees(sql)).toBe(false);
  });

  it.each([
    "SELECT a, MATCH (a) AGAINST ('x') FROM t",
    "SELECT a FROM t ORDER BY MATCH (a) AGAINST ('x')",
    "SELECT a FROM t WHERE MATCH (a) AGAINST ('x') > 0.5",
    "SELECT a FROM t WHERE b + MATCH (a) AGAINST ('x')",
    "SELECT a FROM t WHERE MATCH (a) AGAINST ('x' WITH QUERY EXPANSION)",
    "SELECT b FROM u WHERE b IN (SELECT MATCH (a) AGAINST ('x') FROM t)",
  ])('is seen by %s', (sql) => {
    expect(sees(sql)).toBe(true);
  });
});
