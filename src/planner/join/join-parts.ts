/** What a query block says of its tables: which are read together, by which columns the others meet them, what holds for one alone. */
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock } from '../../sql/ast/query.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import type { Group } from '../analysis/groups.ts';
import { columnsIn, queriesIn } from '../analysis/subqueries.ts';
import type { Source } from '../analysis/table-use.ts';
import { isPure } from '../gather/pure-expression.ts';
import { Refused } from '../refused.ts';
import { flattenFrom, type JoinFrom, type JoinTable, type LeftJoin } from './join-from.ts';
import { type KeyPair, keyForm, pairsIn } from './join-keys.ts';
import { JoinNames } from './join-names.ts';
import { type Membership, membershipOf } from './join-subquery.ts';
import { JoinUnit, unitsOf } from './join-unit.ts';

/** A table behind a left join, of each pair the outer column first. */
export type OptionalPart = Readonly<{ unit: JoinUnit; pairs: readonly KeyPair[] }>;

export type JoinParts = Readonly<{
  from: JoinFrom;
  names: JoinNames;
  /** Joined with each other by `pairs`. */
  units: readonly JoinUnit[];
  pairs: readonly KeyPair[];
  optional: readonly OptionalPart[];
  memberships: readonly Membership[];
  /** Conditions that look at no table. */
  constant: readonly Expression[];
}>;

/** Raises Refused for what no chain of lookups can answer exactly. */
export function joinParts(
  block: QueryBlock,
  sources: readonly Source[],
  analyzer: Analyzer,
  groups: readonly Group[],
): JoinParts {
  const from = flattenFrom(block, sources, analyzer);
  const names = new JoinNames(from.all, from.using, undefined);
  const units = unitsOf(from.inner, groups);
  const unitOf = (table: JoinTable): JoinUnit => {
    const unit = units.find((each) => each.has(table));
    if (unit === undefined) throw new Refused('a condition on a table behind a left join');
    return unit;
  };
  const pairs: KeyPair[] = [];
  const constant: Expression[] = [];
  const memberships: Membership[] = [];
  for (const { name, tables } of from.using) {
    const [a, b] = tables.map((table) => columnOf(table, name));
    if (unitOf(a!.table) === unitOf(b!.table)) throw new Refused('USING of tables that are read together');
    pairs.push([a!, b!]);
  }
  for (const condition of from.conditions) {
    const membership = membershipOf(condition, names, analyzer);
    if (membership !== undefined) {
      for (const [outer] of membership.pairs) unitOf(outer.table);
      memberships.push(membership);
      continue;
    }
    if (queriesIn(condition).length > 0) throw new Refused('a subquery in an expression');
    const concerned = new Set(columnsIn(condition).map((column) => unitOf(names.resolve(column).table)));
    const [unit] = concerned;
    if (concerned.size > 1) pairs.push(...(pairsIn(condition, names) ?? notEqual()));
    else if (!isPure(condition, (column) => names.resolve(column).column))
      throw new Refused('a condition that is not certain to be the same in another place');
    else if (unit === undefined) constant.push(condition);
    else unit.conditions.push(condition);
  }
  for (const pair of pairs) requireKey(pair);
  const optional = optionalParts(from.left, names);
  for (const { pairs: all } of [...optional, ...memberships]) for (const pair of all) requireKey(pair);
  return { from, names, units, pairs: apart(pairs, unitOf), optional, memberships, constant };
}

const notEqual = (): never => {
  throw new Refused('a condition on tables of several places that is no equality of columns');
};

const requireKey = ([a, b]: KeyPair): unknown => keyForm(a.column, b.column);

/** Equalities of rows may hold columns of one place: those are conditions there. */
function apart(pairs: readonly KeyPair[], unitOf: (table: JoinTable) => JoinUnit): readonly KeyPair[] {
  if (pairs.some(([a, b]) => unitOf(a.table) === unitOf(b.table)))
    throw new Refused('an equality of rows with columns of one place');
  return pairs;
}

function columnOf(table: JoinTable, name: string): KeyPair[number] {
  const found = table.source.columns!.find((column) => column.name.toLowerCase() === name);
  return { table, column: found!.origin!.column };
}

/** Conditions of a left join: those on its own table alone are its own, the others must be equalities with tables before it. */
function optionalParts(joins: readonly LeftJoin[], names: JoinNames): OptionalPart[] {
  return joins.map(({ table, on }) => {
    const unit = new JoinUnit();
    unit.tables.push(table);
    const pairs: KeyPair[] = [];
    for (const condition of on) {
      if (queriesIn(condition).length > 0) throw new Refused('a subquery in the condition of a left join');
      const columns = columnsIn(condition).map((column) => names.resolve(column));
      const own = columns.filter((column) => column.table === table).length;
      if (own > 0 && own === columns.length) {
        if (!isPure(condition, (column) => names.resolve(column).column))
          throw new Refused('a condition of a left join that is not certain to be the same in another place');
        unit.conditions.push(condition);
        continue;
      }
      for (const [a, b] of pairsIn(condition, names) ?? notEqual()) {
        if ((a.table === table) === (b.table === table)) notEqual();
        pairs.push(a.table === table ? [b, a] : [a, b]);
      }
    }
    if (pairs.length === 0) throw new Refused('a left join without an equality');
    return { unit, pairs };
  });
}
