import { expect, test } from 'vitest';
import { lexModeOf } from '../lex-mode.ts';
import { parseStatement } from '../parser/statement.ts';
import { type AnyNode, expressions, nodesOfKind, subqueries, tableNames, walk } from './walk.ts';

const mode = lexModeOf('', 'utf8mb4', 90_704, false);

function parse(sql: string): AnyNode {
  const source = Buffer.from(sql);
  return parseStatement(source, 0, source.length, mode) as AnyNode;
}

const tree = parse(`SELECT a, (SELECT b FROM u WHERE u.x = t.x) FROM t JOIN (SELECT 1 c FROM v) d ON t.a = d.c
  WHERE EXISTS (TABLE w) AND a IN (SELECT 1 FROM z) ORDER BY a`);

test('tables at any depth', () => {
  expect(tableNames(tree).map(({ name }) => name)).toEqual(['u', 't', 'v', 'z']);
  expect(nodesOfKind(tree, 'tableBody').map(({ name }) => name)).toEqual(['w']);
});

test('queries inside of a query', () => {
  // The statement's own query is one of them, seen from the statement.
  expect(subqueries(tree)).toHaveLength(5);
});

test('expressions with and without those of subqueries', () => {
  const [where] = nodesOfKind(tree, 'logical');
  const kinds = (withSubqueries: boolean): string[] =>
    expressions(where!, withSubqueries).map(({ kind }) => kind);
  expect(kinds(false)).toEqual(['logical', 'exists', 'inSubquery', 'column']);
  expect(kinds(true)).toEqual(['logical', 'exists', 'inSubquery', 'column', 'literal']);
});

test('a visitor can leave out what is below, and knows the parent', () => {
  const seen: string[] = [];
  walk(parse('DELETE FROM t WHERE a = (SELECT 1)'), (node, parent) => {
    seen.push(`${parent?.kind ?? ''}>${node.kind}`);
    return node.kind !== 'subquery';
  });
  expect(seen).toEqual([
    '>delete',
    'delete>table',
    'delete>comparison',
    'comparison>column',
    'comparison>subquery',
  ]);
});
