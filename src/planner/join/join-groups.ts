/**
 * GROUP BY and aggregates over joined rows. All aggregates are of one unit's rows: that unit sends groups instead of rows, one for each
 * combination of the columns by which it meets the others, with the aggregates of each. Rows of a group meet the same rows of the others, so
 * what a group has counts once for each of those, and the router adds up as it does for groups of several shards.
 */
import type { Call, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import { computationIn } from '../analysis/locality.ts';
import { columnsIn } from '../analysis/subqueries.ts';
import type { PlanAggregate } from '../plan.ts';
import { Refused } from '../refused.ts';
import { isConstant, type SortItem } from '../scatter-sql.ts';
import type { SelectNames } from '../select-names.ts';
import { comparableColumn } from '../sort-keys.ts';
import type { JoinColumnName, JoinNames } from './join-names.ts';
import type { ColumnRef, JoinUnit } from './join-unit.ts';
import { isSafeNumber } from './safe-number.ts';

/** An aggregate before its columns are numbered. */
export type DraftAggregate = Readonly<{
  kind: 'count' | 'sum' | 'min' | 'max' | 'average';
  column: ColumnRef;
  /** Of an average: SUM and COUNT of the same. */
  parts?: Readonly<{ sum: ColumnRef; count: ColumnRef }>;
}>;

/** By what the result is sorted: a group's column, or an aggregate. */
export type GroupSort = Readonly<{ by: JoinColumnName | ColumnRef; descending: boolean }>;

/** Whether a query has groups, or aggregates in its select list. */
export const isGroupedBlock = ({ groupBy, items }: QueryBlock): boolean =>
  groupBy !== undefined ||
  items.some((item) => item.kind === 'selectExpression' && computationIn(item.expression).aggregate);

export class JoinGroups {
  /** The columns by which rows are grouped. */
  readonly columns: readonly JoinColumnName[];
  readonly aggregates: DraftAggregate[] = [];
  readonly #block: QueryBlock;
  readonly #names: JoinNames;
  readonly #select: SelectNames;
  /** By the select list's entry. */
  readonly #aggregateAt = new Map<number, DraftAggregate>();

  /** Raises Refused for groups by something else than columns. */
  constructor(block: QueryBlock, names: JoinNames, select: SelectNames) {
    const { groupBy, having, options } = block;
    if (groupBy !== undefined && groupBy.grouping !== 'plain') throw new Refused('WITH ROLLUP');
    if (having !== undefined || options.distinct) throw new Refused('HAVING or DISTINCT of groups');
    this.#block = block;
    this.#names = names;
    this.#select = select;
    const items = (groupBy?.items ?? []).map((item) => this.#grouped(item));
    this.columns = items.filter((each) => !isConstant(each)).map((each) => this.#column(each));
  }

  /** The unit of whose rows all aggregates are; undefined where they are of no columns. Raises Refused for several. */
  unit(unitOf: (name: JoinColumnName) => JoinUnit): JoinUnit | undefined {
    const units = new Set<JoinUnit>();
    for (const item of this.#block.items) {
      if (item.kind !== 'selectExpression' || !computationIn(item.expression).aggregate) continue;
      for (const column of columnsIn(item.expression)) units.add(unitOf(this.#names.resolve(column)));
    }
    if (units.size > 1) throw new Refused('aggregates of columns of several places');
    const [unit] = units;
    return unit;
  }

  /** The select list: `unit` computes the aggregates, `show` adds a column. */
  items(unit: JoinUnit, show: (name: JoinColumnName, start: number, end: number) => ColumnRef): ColumnRef[] {
    unit.isGrouped = true;
    const visible: ColumnRef[] = [];
    for (const [at, item] of this.#block.items.entries()) {
      if (item.kind !== 'selectExpression') throw new Refused('GROUP BY with *');
      const { expression, start, end } = item;
      if (expression.kind === 'call' && computationIn(expression).aggregate) {
        unit.requireClear(expression);
        const column = unit.aggregate((to) => to.copy(start, end), false);
        const aggregate = this.#aggregate(expression, unit, column);
        this.aggregates.push(aggregate);
        this.#aggregateAt.set(at, aggregate);
        visible.push(column);
        continue;
      }
      const name = this.#column(expression);
      if (!this.#isGroupColumn(name)) throw new Refused('a column that is not in GROUP BY');
      visible.push(show(name, start, end));
    }
    return visible;
  }

  #aggregate(call: Call, unit: JoinUnit, column: ColumnRef): DraftAggregate {
    const { name, args, star, over } = call;
    const [argument] = args;
    const isDistinct = call.distinct && name !== 'min' && name !== 'max';
    if (over !== undefined || isDistinct || args.length > 1) throw new Refused('an aggregate of this kind');
    if (star) return { kind: 'count', column };
    if (argument === undefined) throw new Refused('an aggregate of nothing');
    switch (name) {
      case 'count':
        if (argument.kind !== 'column' && !isConstant(argument)) throw new Refused('COUNT of an expression');
        return { kind: 'count', column };
      case 'sum':
        this.#requireSafe(argument);
        return { kind: 'sum', column };
      case 'avg': {
        this.#requireSafe(argument);
        const { start, end } = argument;
        const partOf = (of: string): ColumnRef =>
          unit.aggregate((to) => to.text(`${of}(`).copy(start, end).text(')'), true);
        return { kind: 'average', column, parts: { sum: partOf('SUM'), count: partOf('COUNT') } };
      }
      case 'min':
      case 'max': {
        const isPlain =
          argument.kind === 'column' &&
          comparableColumn(this.#names.resolve(argument).column).kind === 'plain';
        if (!isPlain) throw new Refused('MIN and MAX of something else than a number or a time');
        return { kind: name, column };
      }
      default:
        throw new Refused('an aggregate that is not put together of parts');
    }
  }

  /** Also rows that meet no other are added up. */
  #requireSafe(argument: Expression): void {
    if (!isSafeNumber(argument, (name) => this.#names.resolve(name).column))
      throw new Refused('a sum of what might fail, or of doubles');
  }

  /** ORDER BY of the groups. */
  sorting(query: QueryExpression): GroupSort[] {
    return this.#select.sortItems(query.orderBy?.items ?? []).map((item) => this.#sortOf(item));
  }

  #sortOf({ expression, item, descending }: SortItem): GroupSort {
    const aggregate = this.#aggregateAt.get(item);
    if (aggregate !== undefined) return { by: aggregate.column, descending };
    const name = this.#column(expression);
    if (!this.#isGroupColumn(name)) throw new Refused('ORDER BY of something that is not in GROUP BY');
    return { by: name, descending };
  }

  #isGroupColumn({ table, column }: JoinColumnName): boolean {
    return this.columns.some((each) => each.table === table && each.column === column);
  }

  #column(expression: Expression): JoinColumnName {
    if (expression.kind !== 'column') throw new Refused('groups with something else than columns');
    return this.#names.resolve(expression);
  }

  /** GROUP BY names columns before it names what the select list calls so. */
  #grouped(expression: Expression): Expression {
    const position = this.#select.position(expression);
    if (position >= 0) return this.#select.selected(position, undefined).expression;
    if (expression.kind !== 'column') return expression;
    const titled = this.#select.itemNamed(expression);
    if (titled < 0) return expression;
    const { expression: named } = this.#select.selected(titled, undefined);
    if (!this.#names.knows(expression.name)) return named;
    if (named.kind !== 'column' || !this.#select.sameText(named, expression))
      throw new Refused('GROUP BY a name that is a column and the title of something else');
    return expression;
  }
}

/** With the positions of its columns. */
export function planAggregateOf(
  { kind, column, parts }: DraftAggregate,
  positionOf: (ref: ColumnRef) => number,
): PlanAggregate {
  const at = positionOf(column);
  switch (kind) {
    case 'average':
      return { kind, column: at, sum: positionOf(parts!.sum), count: positionOf(parts!.count) };
    case 'min':
    case 'max':
      return { kind, column: at, by: { column: at } };
    default:
      return { kind, column: at };
  }
}
