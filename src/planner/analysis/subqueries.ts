/** Where queries hide in expressions. */
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import { children } from '../../sql/ast/walk.ts';

/** The queries directly below an expression: not those within them. */
export function queriesIn(expression: Expression): QueryExpression[] {
  const found: QueryExpression[] = [];
  const visit = (node: Parameters<typeof children>[0]): void => {
    if (node.kind === 'query') found.push(node);
    else for (const child of children(node)) visit(child);
  };
  visit(expression);
  return found;
}

/** All expressions of a block outside its FROM, with those that stand behind it in its query. */
export function expressionsOf(block: QueryBlock, query: QueryExpression): Expression[] {
  const all: Expression[] = [];
  for (const item of block.items) if (item.kind === 'selectExpression') all.push(item.expression);
  for (const expression of [block.where, block.having, block.qualify])
    if (expression !== undefined) all.push(expression);
  all.push(...(block.groupBy?.items ?? []));
  for (const { expression } of query.orderBy?.items ?? []) all.push(expression);
  for (const { specification } of block.windows) {
    all.push(...specification.partitionBy);
    for (const { expression } of specification.orderBy) all.push(expression);
  }
  return all;
}

/** The columns that an expression names outside its subqueries. */
export function columnsIn(expression: Expression): ColumnReference[] {
  const found: ColumnReference[] = [];
  const visit = (node: Parameters<typeof children>[0]): void => {
    if (node.kind === 'column') found.push(node);
    else if (node.kind !== 'query') for (const child of children(node)) visit(child);
  };
  visit(expression);
  return found;
}
