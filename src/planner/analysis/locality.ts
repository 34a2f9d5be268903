/** What in a query block looks at several rows at once, so that it has to see all of them. */
import type { Call, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import { children } from '../../sql/ast/walk.ts';
import { resolveColumn, type Scope } from './scope.ts';
import { columnsIn, expressionsOf } from './subqueries.ts';
import type { Origin } from './table-use.ts';

const aggregates: ReadonlySet<string> = new Set([
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'group_concat',
  'bit_and',
  'bit_or',
  'bit_xor',
  'std',
  'stddev',
  'stddev_pop',
  'stddev_samp',
  'var_pop',
  'var_samp',
  'variance',
  'json_arrayagg',
  'json_objectagg',
  'st_collect',
]);

/** A name followed by a blank is a stored function's, where IGNORE_SPACE is not set. */
const isAggregate = ({ name, builtin }: Call): boolean => builtin && aggregates.has(name);

export type Computation = Readonly<{ aggregate: boolean; window: boolean; subquery: boolean }>;

/** Whether an expression has aggregates, window functions or subqueries in it. */
export function computationIn(expression: Expression): Computation {
  const found = { aggregate: false, window: false, subquery: false };
  const visit = (node: Parameters<typeof children>[0]): void => {
    if (node.kind === 'query') {
      found.subquery = true;
      return;
    }
    if (node.kind === 'call') {
      if (node.over !== undefined) found.window = true;
      else if (isAggregate(node)) found.aggregate = true;
    }
    for (const child of children(node)) visit(child);
  };
  visit(expression);
  return found;
}

/** What in the block has to see all its rows, in words; undefined for nothing. */
export function localityProblem(block: QueryBlock, query: QueryExpression): string | undefined {
  if (query.limit !== undefined) return 'LIMIT';
  if (block.options.distinct) return 'DISTINCT';
  if (block.groupBy !== undefined) return 'GROUP BY';
  const { items, having, qualify } = block;
  for (const item of items) {
    if (item.kind !== 'selectExpression') continue;
    const { aggregate, window } = computationIn(item.expression);
    if (aggregate) return 'an aggregate';
    if (window) return 'a window function';
  }
  const ordered = query.orderBy?.items ?? [];
  if (ordered.some(({ expression }) => computationIn(expression).aggregate)) return 'an aggregate';
  if (having !== undefined) return 'HAVING';
  return qualify === undefined && block.windows.length === 0 ? undefined : 'a window function';
}

/**
 * Whether rows that the block takes together are always on one shard: it groups by a key, or its distinct rows contain one.
 */
export function isKeyed(
  block: QueryBlock,
  query: QueryExpression,
  scope: Scope,
  isKey: (origin: Origin) => boolean,
): boolean {
  const { groupBy, options, items, windows, qualify } = block;
  const hasKey = (expressions: readonly Expression[]): boolean =>
    expressions.some((expression) => {
      const found = expression.kind === 'column' ? resolveColumn(scope, expression) : undefined;
      if (found?.kind !== 'column' || found.column.origin === undefined) return false;
      // A row that an outer join has made up has NULL there on each shard; so may a nullable column have.
      return !found.column.nullable && isKey(found.column.origin);
    });
  if (query.limit !== undefined || windows.length > 0 || qualify !== undefined) return false;
  const values = items.flatMap((item) => (item.kind === 'selectExpression' ? [item.expression] : []));
  if (values.some((value) => computationIn(value).window)) return false;
  if (groupBy !== undefined) {
    const grouped = groupBy.grouping === 'plain' && hasKey(groupBy.items);
    return grouped && (!options.distinct || hasKey(values));
  }
  return options.distinct && !values.some((value) => computationIn(value).aggregate) && hasKey(values);
}

/** Whether the block of a subquery has an aggregate of nothing but columns of the queries around it. */
export function hasOuterAggregate(block: QueryBlock, query: QueryExpression, scope: Scope): boolean {
  return expressionsOf(block, query).some((expression) => {
    let found = false;
    const visit = (node: Parameters<typeof children>[0]): void => {
      if (node.kind === 'query' || found) return;
      if (node.kind === 'call' && isAggregate(node)) {
        const columns = node.args.flatMap(columnsIn).map((column) => resolveColumn(scope, column));
        const outer = columns.filter((column) => column.kind !== 'column' || column.depth > 0);
        found ||= columns.length > 0 && outer.length === columns.length;
      }
      for (const child of children(node)) visit(child);
    };
    visit(expression);
    return found;
  });
}
