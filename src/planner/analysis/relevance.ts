/** Where MATCH … AGAINST is more than a condition: its number rests on all rows of the table. */
import type { QueryExpression } from '../../sql/ast/query.ts';
import { type AnyNode, children } from '../../sql/ast/walk.ts';

/**
 * Whether a query sees the relevance of rows, or which rows a query expansion adds. InnoDB computes both of how many rows a word is in, and
 * a shard counts its own. Whether a row has a word at all each shard knows.
 * https://dev.mysql.com/doc/refman/9.0/en/fulltext-boolean.html (how relevancy ranking is calculated)
 */
export const seesRelevance = (query: QueryExpression): boolean => isSeen(query, false);

/** `asked`: only whether the node is true matters. */
function isSeen(node: AnyNode, asked: boolean): boolean {
  if (node.kind === 'match')
    return !asked || node.mode === 'expansion' || node.mode === 'naturalLanguageExpansion';
  const conditions = conditionsOf(node, asked);
  return children(node).some((child) => isSeen(child, conditions.includes(child)));
}

function conditionsOf(node: AnyNode, asked: boolean): readonly (AnyNode | undefined)[] {
  switch (node.kind) {
    case 'queryBlock':
      return [node.where, node.having];
    case 'join':
      return [node.on];
    case 'logical':
      return asked ? node.operands : [];
    case 'unary':
      return asked && (node.operator === 'not' || node.operator === '!') ? [node.operand] : [];
    default:
      return [];
  }
}
