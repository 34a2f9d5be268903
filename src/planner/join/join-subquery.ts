/** Subqueries as conditions that say whether a row has a partner: IN, EXISTS, and their negations. */
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import { conjunctsOf } from '../analysis/predicates.ts';
import { columnsIn, queriesIn } from '../analysis/subqueries.ts';
import { isPure } from '../gather/pure-expression.ts';
import { Refused } from '../refused.ts';
import { joinTable } from './join-from.ts';
import { type KeyPair, pairsIn } from './join-keys.ts';
import { JoinNames } from './join-names.ts';
import { JoinUnit } from './join-unit.ts';

/** A condition on rows of other tables that meet by `pairs`, of each the outer column first. */
export type Membership = Readonly<{
  unit: JoinUnit;
  isNegated: boolean;
  pairs: readonly KeyPair[];
  /** NOT IN, which is not true where the outer side is NULL. */
  isNotIn: boolean;
}>;

type Found = Readonly<{
  query: QueryExpression;
  isNegated: boolean;
  /** Of IN. */
  operand: Expression | undefined;
}>;

/** Undefined where the condition is no such subquery. Raises Refused for those that no lookup can answer. */
export function membershipOf(
  condition: Expression,
  outer: JoinNames,
  analyzer: Analyzer,
): Membership | undefined {
  const found = foundIn(condition);
  if (found === undefined) return undefined;
  const { query, isNegated, operand } = found;
  const block = plainBlock(query);
  const [node] = block.from;
  if (block.from.length !== 1 || node?.kind !== 'table')
    throw new Refused('a subquery over something else than one table');
  const table = joinTable(node, undefined, analyzer);
  const names = new JoinNames([table], [], outer);
  const unit = new JoinUnit();
  unit.tables.push(table);
  const pairs: KeyPair[] = [];
  const take = (all: readonly KeyPair[]): void => {
    for (const [a, b] of all) {
      if ((a.table === table) === (b.table === table))
        throw new Refused('a subquery that compares columns of one side');
      pairs.push(a.table === table ? [b, a] : [a, b]);
    }
  };
  for (const each of conjunctsOf(block.where)) {
    if (queriesIn(each).length > 0) throw new Refused('a subquery in a subquery');
    const columns = columnsIn(each).map((column) => names.resolve(column));
    const isOwn = columns.every((column) => column.table === table);
    if (isOwn && isPure(each, (column) => names.resolve(column).column)) unit.conditions.push(each);
    else take(isOwn ? [] : (pairsIn(each, names) ?? notComparable()));
    if (isOwn && !unit.conditions.includes(each)) notComparable();
  }
  if (operand === undefined) requireHarmless(block);
  else take(memberPairs(operand, block, outer, names));
  if (pairs.length === 0) throw new Refused('a subquery that is the same for all rows');
  const isNotIn = isNegated && operand !== undefined;
  if (isNotIn && pairs.some((pair) => pair.some(({ column }) => column.nullable)))
    throw new Refused('NOT IN of columns that may be NULL');
  return { unit, isNegated, pairs, isNotIn };
}

const notComparable = (): never => {
  throw new Refused('a condition in a subquery that no list of keys can say');
};

function foundIn(condition: Expression): Found | undefined {
  switch (condition.kind) {
    case 'inSubquery':
      return { query: condition.query, isNegated: condition.negated, operand: condition.operand };
    case 'exists':
      return { query: condition.query, isNegated: false, operand: undefined };
    case 'unary': {
      const isNot = condition.operator === 'not' || condition.operator === '!';
      return isNot && condition.operand.kind === 'exists'
        ? { query: condition.operand.query, isNegated: true, operand: undefined }
        : undefined;
    }
    default:
      return undefined;
  }
}

function plainBlock({ with: clause, body, limit, into, locking }: QueryExpression): QueryBlock {
  const isPlain = clause === undefined && limit === undefined && into === undefined && locking.length === 0;
  if (!isPlain || body.kind !== 'queryBlock') throw new Refused('a subquery with parts of its own');
  const { groupBy, having, windows, qualify, hint, options } = body;
  const isSimple =
    groupBy === undefined &&
    having === undefined &&
    qualify === undefined &&
    hint === undefined &&
    windows.length === 0 &&
    !options.calcFoundRows &&
    body.into === undefined;
  if (!isSimple) throw new Refused('a subquery with groups');
  return body;
}

/** What EXISTS selects is not looked at, but an aggregate would give a row where there is none. */
function requireHarmless({ items }: QueryBlock): void {
  for (const item of items)
    if (
      item.kind === 'selectExpression' &&
      item.expression.kind !== 'literal' &&
      item.expression.kind !== 'column'
    )
      throw new Refused('EXISTS of an expression');
}

function memberPairs(
  operand: Expression,
  { items }: QueryBlock,
  outer: JoinNames,
  inner: JoinNames,
): KeyPair[] {
  const left = operand.kind === 'row' ? operand.items : [operand];
  if (left.length !== items.length) throw new Refused('IN of another number of columns');
  return items.flatMap((item, at) => {
    const one = left[at]!;
    const isColumns = item.kind === 'selectExpression' && item.expression.kind === 'column';
    if (!isColumns || one.kind !== 'column') throw new Refused('IN of an expression');
    const value = inner.resolve(item.expression as Extract<Expression, { kind: 'column' }>);
    return [[outer.resolve(one), value] as const];
  });
}
