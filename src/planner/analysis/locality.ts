/** What in a query block looks at several rows at once, so that it has to see all of them. */
import type { Call, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import { children, nodesOfKind } from '../../sql/ast/walk.ts';
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
export const isAggregate = ({ name, builtin }: Call): boolean => builtin && aggregates.has(name);

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
 * Whether rows that the block looks at together are always on one shard: it groups by a key, its distinct rows contain one, or all its
 * windows are partitioned by one.
 */
export function isKeyed(
  block: QueryBlock,
  query: QueryExpression,
  scope: Scope,
  isKey: (origin: Origin) => boolean,
): boolean {
  const { groupBy, options, items, qualify } = block;
  const hasKey = (expressions: readonly Expression[]): boolean =>
    expressions.some((expression) => {
      const found = expression.kind === 'column' ? resolveColumn(scope, expression) : undefined;
      if (found?.kind !== 'column' || found.column.origin === undefined) return false;
      // A row that an outer join has made up has NULL there on each shard; so may a nullable column have.
      return !found.column.nullable && isKey(found.column.origin);
    });
  if (query.limit !== undefined) return false;
  const values = items.flatMap((item) => (item.kind === 'selectExpression' ? [item.expression] : []));
  const windows = windowsOf(block, query);
  if (windows.length > 0 || qualify !== undefined) {
    const sees = [...values, ...(query.orderBy?.items ?? []).map(({ expression }) => expression)];
    const isPlain = groupBy === undefined && !sees.some((value) => computationIn(value).aggregate);
    const isPartitioned = windows.length > 0 && windows.every((partition) => hasKey(partition));
    return isPlain && isPartitioned && (!options.distinct || hasKey(values));
  }
  if (groupBy !== undefined) {
    const grouped = groupBy.grouping === 'plain' && hasKey(groupBy.items);
    return grouped && (!options.distinct || hasKey(values));
  }
  return options.distinct && !values.some((value) => computationIn(value).aggregate) && hasKey(values);
}

/** What each window function of a block partitions its rows by. */
function windowsOf(block: QueryBlock, query: QueryExpression): (readonly Expression[])[] {
  const found: (readonly Expression[])[] = [];
  // MySQL refuses windows that are defined by each other.
  const partitionOf = (over: NonNullable<Call['over']>, depth = 0): readonly Expression[] => {
    if (over.kind === 'window' && over.base === undefined) return over.partitionBy;
    if (depth > block.windows.length) return [];
    const wanted = (over.kind === 'window' ? over.base! : over).text.toLowerCase();
    const named = block.windows.find(({ name }) => name.text.toLowerCase() === wanted);
    return named === undefined || named.specification === over
      ? []
      : partitionOf(named.specification, depth + 1);
  };
  const visit = (node: Parameters<typeof children>[0]): void => {
    if (node.kind === 'query') return;
    if (node.kind === 'call' && node.over !== undefined) found.push(partitionOf(node.over));
    for (const child of children(node)) visit(child);
  };
  for (const expression of expressionsOf(block, query)) visit(expression);
  return found;
}

/** Whether the block of a subquery has an aggregate of nothing but columns of the queries around it. */
export const hasOuterAggregate = (block: QueryBlock, query: QueryExpression, scope: Scope): boolean =>
  // Its own cannot be in WHERE.
  (block.where !== undefined && computationIn(block.where).aggregate) ||
  aggregatesOuter(expressionsOf(block, query), scope);

/** The same for expressions, in the scope in which they stand. */
export function aggregatesOuter(expressions: readonly Expression[], scope: Scope): boolean {
  return expressions.some((expression) => {
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

/** Whether RAND is called with one seed for all rows: it numbers the rows, so one server has to see them all. */
export const callsSeededRandom = (query: QueryExpression): boolean =>
  nodesOfKind(query, 'call').some(
    ({ name, builtin, args: [seed] }) =>
      builtin && name === 'rand' && seed !== undefined && columnsIn(seed).length === 0,
  );
