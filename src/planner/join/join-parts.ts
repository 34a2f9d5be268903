/** What a query block says of its tables: which are read together, by which columns the others meet them, what holds for one alone. */
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock } from '../../sql/ast/query.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import type { Group } from '../analysis/groups.ts';
import { columnsIn, queriesIn } from '../analysis/subqueries.ts';
import type { Source } from '../analysis/table-use.ts';
import { isPure, rejectsNull } from '../gather/pure-expression.ts';
import { Refused } from '../refused.ts';
import { flattenFrom, type JoinFrom, type JoinTable, type LeftJoin } from './join-from.ts';
import { type KeyPair, keyForm, pairsIn } from './join-keys.ts';
import { type JoinColumnName, JoinNames } from './join-names.ts';
import { type Membership, membershipOf } from './join-subquery.ts';
import { JoinUnit, unitsOf } from './join-unit.ts';

/**
 * A table behind a left join that is looked up, of each pair the outer column first. `left`: rows without a partner stay; `inner`: a condition
 * drops them; `anti`: only they stay.
 */
export type OptionalPart = {
  readonly unit: JoinUnit;
  readonly pairs: readonly KeyPair[];
  kind: 'left' | 'inner' | 'anti';
};

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
  const names = new JoinNames(from.all, from.merged, undefined);
  const units = unitsOf(from.inner, groups, boundIn(from, names));
  const optional: OptionalPart[] = [];
  for (const join of from.left)
    if (!joinsOnShards(join, units, names, groups)) optional.push(optionalPart(join, names));
  const parts = new PartsBuilder(units, optional, names, analyzer);
  for (const { name, tables } of from.using)
    parts.equal([columnOf(tables[0], name), columnOf(tables[1], name)]);
  for (const condition of from.conditions) parts.condition(condition);
  return { from, names, units, optional, ...parts.found() };
}

/** Whether two tables are bound by an equality of columns. */
function boundIn({ conditions, using }: JoinFrom, names: JoinNames): (a: JoinTable, b: JoinTable) => boolean {
  const pairs = conditions
    .filter((condition) => queriesIn(condition).length === 0)
    .flatMap((condition) => pairsIn(condition, names) ?? [])
    .map((pair) => pair.map(({ table }) => table));
  const bound = [...pairs, ...using.map(({ tables }) => tables)];
  return (a, b) => bound.some((pair) => pair.includes(a) && pair.includes(b));
}

class PartsBuilder {
  readonly #units: readonly JoinUnit[];
  readonly #optional: readonly OptionalPart[];
  readonly #names: JoinNames;
  readonly #analyzer: Analyzer;
  readonly #pairs: KeyPair[] = [];
  readonly #constant: Expression[] = [];
  readonly #memberships: Membership[] = [];

  constructor(
    units: readonly JoinUnit[],
    optional: readonly OptionalPart[],
    names: JoinNames,
    analyzer: Analyzer,
  ) {
    this.#units = units;
    this.#optional = optional;
    this.#names = names;
    this.#analyzer = analyzer;
  }

  found(): Pick<JoinParts, 'pairs' | 'constant' | 'memberships'> {
    for (const { pairs } of [...this.#optional, ...this.#memberships])
      for (const [a, b] of pairs) keyForm(a.column, b.column);
    return { pairs: this.#pairs, constant: this.#constant, memberships: this.#memberships };
  }

  /** Two columns are equal: a condition within a unit, or what joins two. */
  equal(pair: KeyPair): void {
    const [a, b] = pair.map(({ table }) => this.#unitOf(table));
    keyForm(pair[0].column, pair[1].column);
    if (a === b) a!.equalities.push(pair);
    else this.#pairs.push(pair);
  }

  condition(condition: Expression): void {
    const membership = membershipOf(condition, this.#names, this.#analyzer);
    if (membership !== undefined) {
      for (const [outer] of membership.pairs) {
        const unit = this.#unitOf(outer.table);
        // Behind a left join anything may be NULL.
        if (membership.isNotIn && !unit.tables.includes(outer.table))
          throw new Refused('NOT IN of columns that may be NULL');
      }
      this.#memberships.push(membership);
      return;
    }
    if (queriesIn(condition).length > 0) throw new Refused('a subquery in an expression');
    const columns = columnsIn(condition).map((column) => this.#names.resolve(column));
    const part = this.#optional.find(({ unit }) => columns.some(({ table }) => unit.has(table)));
    if (part !== undefined) return this.#onOptional(condition, columns, part);
    const [unit, ...others] = new Set(columns.map(({ table }) => this.#unitOf(table)));
    if (others.length > 0) {
      for (const pair of pairsIn(condition, this.#names) ?? notEqual()) this.equal(pair);
      return;
    }
    if (!this.#isPure(condition))
      throw new Refused('a condition that is not certain to be the same in another place');
    if (unit === undefined) this.#constant.push(condition);
    else unit.conditions.push(condition);
  }

  /** A condition on the rows that a left join gives: without a partner they are NULL. */
  #onOptional(condition: Expression, columns: readonly JoinColumnName[], part: OptionalPart): void {
    const { unit } = part;
    if (columns.some(({ table }) => !unit.has(table)) || part.kind === 'anti' || !this.#isPure(condition))
      throw new Refused('a condition on a table behind a left join and others');
    const isThere = condition.kind === 'is' && condition.negated && condition.operand.kind === 'column';
    if (isThere || rejectsNull(condition)) {
      part.kind = 'inner';
      unit.conditions.push(condition);
      return;
    }
    const isMissing =
      condition.kind === 'is' &&
      !condition.negated &&
      condition.operand.kind === 'column' &&
      !columns[0]!.column.nullable &&
      // A zero date counts as NULL there.
      !datesWithZero.has(columns[0]!.column.dataType);
    const isUsed = this.#optional.some(({ pairs }) => pairs.some(([outer]) => unit.has(outer.table)));
    if (!isMissing || part.kind === 'inner' || isUsed)
      throw new Refused('a condition on a table behind a left join that NULLs may fulfil');
    part.kind = 'anti';
  }

  #isPure(condition: Expression): boolean {
    return isPure(condition, (column) => this.#names.resolve(column).column);
  }

  #unitOf(table: JoinTable): JoinUnit {
    const unit = this.#units.find((each) => each.has(table));
    if (unit === undefined) throw new Refused('a condition on a table behind a left join');
    return unit;
  }
}

const datesWithZero: ReadonlySet<string> = new Set(['date', 'datetime', 'timestamp']);

const notEqual = (): never => {
  throw new Refused('a condition on tables of several places that is no equality of columns');
};

function columnOf(table: JoinTable, name: string): JoinColumnName {
  const found = table.source.columns!.find((column) => column.name.toLowerCase() === name);
  return { table, column: found!.origin!.column };
}

/** Makes a left join a part of the unit whose rows have their partners on their own shards; false where there is none. */
function joinsOnShards(
  { table, on, using }: LeftJoin,
  units: readonly JoinUnit[],
  names: JoinNames,
  groups: readonly Group[],
): boolean {
  const outer = [
    ...on.flatMap(columnsIn).map((column) => names.resolve(column).table),
    ...using.map(({ tables }) => tables[0]),
  ].filter((each) => each !== table);
  const unit = units.find((each) => outer.length > 0 && outer.every((one) => each.has(one)));
  if (unit === undefined || on.some((condition) => queriesIn(condition).length > 0)) return false;
  const groupOf = (use: JoinTable['use']): Group | undefined =>
    use === undefined ? undefined : groups.find(({ uses }) => uses.includes(use));
  const isLocal =
    table.use === undefined
      ? table.table.keyspace === unit.keyspace
      : unit.tables.some(({ use }) => use !== undefined && groupOf(use) === groupOf(table.use));
  if (!isLocal) return false;
  const equalities = using.map(
    ({ name, tables }) => [columnOf(tables[0], name), columnOf(table, name)] as const,
  );
  unit.left.push({ table, on, equalities });
  return true;
}

/** Conditions of a left join: those on its own table alone are its own, the others must be equalities with tables before it. */
function optionalPart({ table, on, using }: LeftJoin, names: JoinNames): OptionalPart {
  const unit = new JoinUnit();
  unit.tables.push(table);
  const pairs: KeyPair[] = using.map(({ name, tables }) => [
    columnOf(tables[0], name),
    columnOf(table, name),
  ]);
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
  return { unit, pairs, kind: 'left' };
}
