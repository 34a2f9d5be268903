/**
 * Plans queries over several places that lookups can answer exactly: columns of tables that are joined by equalities. Everything else is left
 * to others, so what does not fit is given up at the first sign of it.
 */
import { unreachable } from '../../errors/unreachable.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression, SelectStar } from '../../sql/ast/query.ts';
import type { SelectStatement } from '../../sql/ast/statement.ts';
import type { Group } from '../analysis/groups.ts';
import type { Scope } from '../analysis/scope.ts';
import { columnsIn } from '../analysis/subqueries.ts';
import type { Source } from '../analysis/table-use.ts';
import { isPlainValue } from '../gather/pure-expression.ts';
import type { Operand } from '../operands.ts';
import type { QueryPlan, Scatter, Step } from '../plan.ts';
import type { Planning } from '../plan-statement.ts';
import { Refused } from '../refused.ts';
import type { SortItem } from '../scatter-sql.ts';
import { SelectNames } from '../select-names.ts';
import { type Comparable, comparableColumn } from '../sort-keys.ts';
import type { JoinTable } from './join-from.ts';
import { isGroupedBlock, JoinGroups, planAggregateOf } from './join-groups.ts';
import { collationIdOf, type KeyPair, keyForm } from './join-keys.ts';
import {
  columnsOfKey,
  type Layout,
  planKey,
  positionIn,
  requirePosition,
  type SortColumns,
  wholeOf,
  withColumns,
} from './join-layout.ts';
import type { JoinColumnName } from './join-names.ts';
import { isFirstOfKey, isVindexColumn, type JoinOrder, joinOrder } from './join-order.ts';
import { type JoinParts, joinParts } from './join-parts.ts';
import type { JoinPlan, Lookup, LookupKey, LookupKind } from './join-plan.ts';
import type { Membership } from './join-subquery.ts';
import { type ColumnRef, type JoinUnit, qualified } from './join-unit.ts';

/** The plan; undefined where the query is none that lookups can answer. `top`: the sources of the outermost block. */
export function planJoin(
  statement: SelectStatement,
  planning: Planning,
  groups: readonly Group[],
  top: readonly Source[] | undefined,
): JoinPlan | undefined {
  const { analyzer } = planning;
  if (top === undefined || statement.hasVersionComment) return undefined;
  if (analyzer.singleOnly.size > 0 || analyzer.views > 0) return undefined;
  const { query } = statement;
  let outer = query;
  while (outer.body.kind === 'nestedQuery' && outer.limit === undefined && outer.orderBy === undefined)
    outer = outer.body.query;
  if (outer.body.kind !== 'queryBlock' || !isPlain(outer, outer.body)) return undefined;
  try {
    const parts = joinParts(outer.body, top, analyzer, groups);
    return new JoinPlanner(outer.body, outer, parts, planning, { sources: top, outer: undefined }).plan();
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** Cheap signs of what needs more than a join. */
function isPlain(query: QueryExpression, block: QueryBlock): boolean {
  return (
    query.with === undefined &&
    query.into === undefined &&
    query.locking.length === 0 &&
    block.into === undefined &&
    block.having === undefined &&
    block.qualify === undefined &&
    block.windows.length === 0 &&
    block.hint === undefined &&
    !block.options.calcFoundRows &&
    block.from.length > 0
  );
}

/** A lookup before its columns are numbered. */
type Draft = Readonly<{
  kind: LookupKind;
  unit: JoinUnit;
  pairs: readonly KeyPair[];
  keys: readonly DraftKey[];
  isNullable: boolean;
}>;

type DraftKey = Readonly<{ outer: ColumnRef; inner: ColumnRef; outerWeight: ColumnRef | undefined }>;

type DraftSort = SortColumns & Readonly<{ name: JoinColumnName }>;

/** The joined rows' columns, and what is done to them. */
type JoinEnd = Readonly<{ final: Layout; steps: readonly Step[] }>;

type Sorting = Readonly<{ name: JoinColumnName; descending: boolean }>;
type RowLimit = Readonly<{ count: Operand; offset: Operand | undefined }>;

class JoinPlanner {
  readonly #block: QueryBlock;
  readonly #query: QueryExpression;
  readonly #parts: JoinParts;
  readonly #planning: Planning;
  readonly #scope: Scope;
  readonly #visible: ColumnRef[] = [];
  /** The tables' columns that the visible ones show. */
  readonly #shown: (JoinColumnName | undefined)[] = [];

  constructor(block: QueryBlock, query: QueryExpression, parts: JoinParts, planning: Planning, scope: Scope) {
    this.#block = block;
    this.#query = query;
    this.#parts = parts;
    this.#planning = planning;
    this.#scope = scope;
  }

  plan(): JoinPlan {
    const limit = this.#limit();
    const names = new SelectNames(this.#block.items, this.#planning.input.text, this.#scope);
    const groups = isGroupedBlock(this.#block)
      ? new JoinGroups(this.#block, this.#parts.names, names)
      : undefined;
    const sorting = groups === undefined ? this.#sorting(names) : [];
    const sortedUnits = new Set(sorting.map(({ name }) => this.#unitOf(name)));
    const [sortedBy] = sortedUnits.size === 1 ? sortedUnits : [];
    const order = joinOrder(this.#parts, sortedBy, limit !== undefined && groups === undefined);
    const { first } = order;
    first.conditions.push(...this.#parts.constant);
    if (groups === undefined) this.#items(first);
    else this.#groupedItems(groups, first);
    const drafts = this.#drafts(order);
    if (drafts.length === 0) throw new Refused('nothing to look up');
    if (groups !== undefined) {
      if (drafts.filter(givesRows).length > 1) throw new Refused('groups over more than two places');
      return this.#joined(order, drafts, this.#groupedEnd(groups, limit), [], undefined);
    }
    const keys = sorting.map(({ name, descending }) => this.#draftSort(name, descending));
    const isOrdered = keys.length > 0 && sortedBy === first;
    const sorted = isOrdered ? [] : keys;
    const distinct = this.#block.options.distinct
      ? this.#shown.flatMap((name) => (name === undefined ? [] : [this.#draftSort(name, false)]))
      : [];
    const final = withColumns(this.#visible, [...sorted, ...distinct].flatMap(columnsOfKey));
    // Each row of the driving side gives one at least, so the first rows come of the first ones.
    const isLimited =
      limit !== undefined &&
      sorted.length === 0 &&
      !this.#block.options.distinct &&
      drafts.every(({ kind }) => kind === 'left');
    const end = { final, steps: this.#steps(final, sorted, distinct, limit) };
    return this.#joined(order, drafts, end, isOrdered ? keys : [], isLimited ? limit : undefined);
  }

  /** `by`: what the driving side is sorted by; `limit`: so many of its rows are enough. */
  #joined(
    { first }: JoinOrder,
    drafts: readonly Draft[],
    { final, steps }: JoinEnd,
    by: readonly DraftSort[],
    limit: RowLimit | undefined,
  ): JoinPlan {
    const driving = this.#driving(first, by, limit);
    const layouts = layoutsOf(first, drafts, final);
    const units = [first, ...drafts.map(({ unit }) => unit)];
    return Object.freeze({
      kind: 'join',
      keyspace: first.keyspace,
      keyspaces: [...new Set(units.map(({ keyspace }) => keyspace))],
      driving,
      label: first.label,
      isLimited: limit !== undefined,
      lookups: drafts.map((draft, at) => this.#lookup(draft, layouts[at]!, layouts[at + 1]!, by.length > 0)),
      steps,
      reason: `the rows of ${units.map(({ label }) => label).join(' and ')} meet on no shard`,
    });
  }

  #groupedItems(groups: JoinGroups, first: JoinUnit): void {
    const unit = groups.unit((name) => this.#unitOf(name)) ?? first;
    if (!this.#parts.units.includes(unit)) throw new Refused('aggregates of a table behind a left join');
    this.#visible.push(
      ...groups.items(unit, (name, start, end) => {
        const host = this.#unitOf(name);
        return host.shows(host.item(start, end), name);
      }),
    );
  }

  #groupedEnd(groups: JoinGroups, limit: RowLimit | undefined): JoinEnd {
    const keys = groups.columns.map((name) => this.#draftSort(name, false));
    const sorting = groups
      .sorting(this.#query)
      .map(
        ({ by, descending }): SortColumns =>
          'unit' in by ? { column: by, weight: undefined, descending } : this.#draftSort(by, descending),
      );
    const { aggregates } = groups;
    const parts = aggregates.flatMap(({ parts }) => (parts === undefined ? [] : [parts.sum, parts.count]));
    const final = withColumns(this.#visible, [...[...keys, ...sorting].flatMap(columnsOfKey), ...parts]);
    const steps: Step[] = [
      {
        kind: 'group',
        // Without GROUP BY there is one group, also of no rows.
        ...(this.#block.groupBy === undefined ? { method: 'sorted', always: true } : { method: 'hash' }),
        keys: keys.map((key) => planKey(final, key)),
        aggregates: aggregates.map((each) => planAggregateOf(each, (ref) => positionIn(final, ref))),
      },
    ];
    if (sorting.length > 0 && keys.length > 0)
      steps.push({ kind: 'sort', keys: sorting.map((key) => planKey(final, key)) });
    if (limit !== undefined) steps.push({ kind: 'limit', ...limit, pushed: false });
    if (final.length > this.#visible.length) steps.push({ kind: 'project', visible: this.#visible.length });
    return { final, steps };
  }

  #limit(): RowLimit | undefined {
    const { limit } = this.#query;
    if (limit === undefined) return undefined;
    const { operands } = this.#planning;
    const count = operands.read(limit.count);
    const offset = limit.offset === undefined ? undefined : operands.read(limit.offset);
    if (count === undefined || (limit.offset !== undefined && offset === undefined))
      throw new Refused('a LIMIT that is no number');
    return { count, offset };
  }

  #sorting(names: SelectNames): Sorting[] {
    return names
      .sortItems(this.#query.orderBy?.items ?? [])
      .map(({ expression, item, descending }: SortItem) => {
        if (expression.kind !== 'column') throw new Refused('ORDER BY an expression');
        if (this.#block.options.distinct && item < 0)
          throw new Refused('ORDER BY of something else than DISTINCT selects');
        return { name: this.#parts.names.resolve(expression), descending };
      });
  }

  #unitOf({ table }: JoinColumnName): JoinUnit {
    const { units, optional } = this.#parts;
    return units.find((unit) => unit.has(table)) ?? optional.find(({ unit }) => unit.has(table))!.unit;
  }

  /** The select list: columns, and literals, which the first unit sends. */
  #items(first: JoinUnit): void {
    const { names } = this.#parts;
    for (const item of this.#block.items) {
      if (item.kind === 'selectStar') {
        this.#star(item);
        continue;
      }
      const { expression, start, end } = item;
      if (expression.kind === 'column') {
        const name = names.resolve(expression);
        this.#unitOf(name).requireClear(expression);
        this.#show(name, { start, end });
      } else {
        const unit = expression.kind === 'literal' ? first : this.#unitOfCall(expression);
        unit.requireClear(expression);
        this.#visible.push(unit.item(start, end));
        this.#shown.push(undefined);
      }
    }
  }

  #star({ schema, table: name }: SelectStar): void {
    const { all, star } = this.#parts.from;
    if (schema !== undefined) throw new Refused('a * with the name of a database');
    if (name === undefined) {
      for (const column of star) this.#show(named(column.table, column.name), undefined);
      return;
    }
    const table = all.find(({ source }) => source.name === name);
    if (table === undefined) throw new Refused('a * of a table that is not known');
    for (const { hidden, origin } of table.source.columns!)
      if (!hidden) this.#show({ table, column: origin!.column }, undefined);
  }

  /** The unit that computes a function: one that never fails, and is NULL where its columns are. */
  #unitOfCall(expression: Expression): JoinUnit {
    const { names } = this.#parts;
    const units = new Set(columnsIn(expression).map((column) => this.#unitOf(names.resolve(column))));
    const [unit] = units;
    const isSafe =
      expression.kind === 'call' &&
      expression.name !== 'mod' &&
      isPlainValue(expression, (column) => names.resolve(column).column);
    if (!isSafe || unit === undefined || units.size > 1 || this.#block.options.distinct)
      throw new Refused('an expression in the select list');
    return unit;
  }

  #show(name: JoinColumnName, text: Readonly<{ start: number; end: number }> | undefined): void {
    const unit = this.#unitOf(name);
    const ref = text === undefined ? unit.star(name) : unit.item(text.start, text.end);
    this.#visible.push(unit.shows(ref, name));
    this.#shown.push(name);
  }

  /** In the order in which they run: what thins out the rows comes as early as it can. */
  #drafts({ first, others }: JoinOrder): Draft[] {
    const drafts: Draft[] = [];
    const joined = new Set([first]);
    let waiting = this.#parts.memberships;
    const addMemberships = (): void => {
      const isReady = ({ pairs }: Membership): boolean =>
        pairs.every(([outer]) => joined.has(this.#unitOf(outer)));
      for (const { unit, pairs, isNegated } of waiting.filter(isReady))
        drafts.push(this.#draft(isNegated ? 'anti' : 'semi', unit, pairs));
      waiting = waiting.filter((each) => !isReady(each));
    };
    addMemberships();
    for (const { unit, pairs } of others) {
      drafts.push(this.#draft('inner', unit, pairs));
      joined.add(unit);
      addMemberships();
    }
    for (const { unit, pairs, kind } of this.#parts.optional)
      drafts.push({ ...this.#draft(kind, unit, pairs), isNullable: true });
    return drafts;
  }

  #draft(kind: LookupKind, unit: JoinUnit, pairs: readonly KeyPair[]): Draft {
    const keys = pairs.map(([outer, inner]): DraftKey => {
      const host = this.#unitOf(outer);
      if (keyForm(outer.column, inner.column).kind !== 'text')
        return {
          outer: host.hidden(outer, 'value'),
          inner: unit.hidden(inner, 'value'),
          outerWeight: undefined,
        };
      return {
        outer: host.hidden(outer, 'bytes'),
        inner: unit.hidden(inner, 'weight'),
        outerWeight: host.hidden(outer, 'weight'),
      };
    });
    return { kind, unit, pairs, keys, isNullable: false };
  }

  #draftSort(name: JoinColumnName, descending: boolean): DraftSort {
    const unit = this.#unitOf(name);
    const comparable: Comparable = comparableColumn(name.column);
    switch (comparable.kind) {
      case 'plain':
        return { name, column: unit.hidden(name, 'value'), weight: undefined, descending };
      case 'number':
      case 'double':
        return { name, column: unit.hidden(name, comparable.kind), weight: undefined, descending };
      case 'weight': {
        const column = unit.hidden(name, 'weight');
        const { collationId } = comparable;
        return { name, column: unit.hidden(name, 'value'), weight: { column, collationId }, descending };
      }
      case 'refused':
        throw new Refused(`comparing ${comparable.reason}`);
      default:
        return unreachable(comparable);
    }
  }

  #driving(first: JoinUnit, order: readonly DraftSort[], limit: RowLimit | undefined): QueryPlan {
    const to = first.text(this.#planning.template());
    for (const [at, { name, descending }] of order.entries())
      to.text(at === 0 ? ' ORDER BY ' : ', ')
        .bytes(Buffer.from(qualified(name.table, name.column)))
        .text(descending ? ' DESC' : '');
    if (limit !== undefined) {
      const { count, offset } = limit;
      to.text(' LIMIT ').sum(offset === undefined ? [count] : [count, offset]);
    }
    if (first.isGrouped) to.bytes(Buffer.from(first.grouping));
    const text = to.build();
    const layout = wholeOf(first);
    const merge = order.length === 0 ? undefined : order.map((key) => planKey(layout, key));
    const scatter: Scatter = { text, columns: Math.max(1, first.columnCount), merge, steps: [] };
    return Object.freeze({ kind: 'query', keyspace: first.keyspace, groups: first.groups, text, scatter });
  }

  #lookup(draft: Draft, outer: Layout, output: Layout, ordered: boolean): Lookup {
    const { kind, unit, pairs, keys, isNullable } = draft;
    const isFilter = kind === 'semi' || kind === 'anti';
    const columns = pairs.map(([, inner]) => qualified(inner.table, inner.column)).join(', ');
    const to = unit.text(this.#planning.template(), { distinct: isFilter, isOpen: true });
    to.bytes(Buffer.from(pairs.length === 1 ? `${columns} IN (` : `(${columns}) IN (`));
    const routed = pairs.findIndex(([, inner]) => isVindexColumn(inner));
    const by = routed < 0 ? undefined : pairs[routed]![1].table.use!.key!;
    return Object.freeze({
      kind,
      isNullable,
      label: unit.label,
      keyspace: unit.keyspace,
      groups: unit.groups,
      text: to.build(),
      behind: unit.grouping,
      columns: unit.columnCount,
      keys: keys.map((key, at) => lookupKey(key, pairs[at]!, outer)),
      route: by === undefined ? undefined : { key: routed, by },
      isIndexed: pairs.some(([, inner]) => isFirstOfKey(inner)),
      output: output.map((ref) =>
        ref.unit === unit && !isFilter
          ? ({ side: 'inner', column: ref.at } as const)
          : ({ side: 'outer', column: requirePosition(outer, ref) } as const),
      ),
      ordered,
    });
  }

  #steps(
    final: Layout,
    sorted: readonly DraftSort[],
    distinct: readonly DraftSort[],
    limit: RowLimit | undefined,
  ): readonly Step[] {
    const steps: Step[] = [];
    if (this.#block.options.distinct)
      steps.push({ kind: 'distinct', method: 'hash', keys: distinct.map((key) => planKey(final, key)) });
    if (sorted.length > 0) steps.push({ kind: 'sort', keys: sorted.map((key) => planKey(final, key)) });
    if (limit !== undefined) steps.push({ kind: 'limit', ...limit, pushed: false });
    if (final.length > this.#visible.length) steps.push({ kind: 'project', visible: this.#visible.length });
    return steps;
  }
}

/** Whether a lookup gives rows of its own. */
const givesRows = ({ kind }: Draft): boolean => kind === 'inner' || kind === 'left';

function named(table: JoinTable, name: string): JoinColumnName {
  const column = table.source.columns!.find((each) => each.name === name)!;
  return { table, column: column.origin!.column };
}

/** The rows before the first lookup, and behind each: no column goes further than it is needed. */
function layoutsOf(first: JoinUnit, drafts: readonly Draft[], final: Layout): Layout[] {
  const layouts: Layout[] = [wholeOf(first)];
  const joined = new Set([first]);
  for (const [at, draft] of drafts.entries()) {
    if (draft.kind === 'inner' || draft.kind === 'left') joined.add(draft.unit);
    if (at === drafts.length - 1) {
      layouts.push(final);
      break;
    }
    const later = drafts
      .slice(at + 1)
      .flatMap(({ keys }) =>
        keys.flatMap(({ outer, outerWeight }) =>
          outerWeight === undefined ? [outer] : [outer, outerWeight],
        ),
      );
    layouts.push(withColumns([], [...final, ...later]).filter(({ unit }) => joined.has(unit)));
  }
  return layouts;
}

function lookupKey(
  { outer, inner, outerWeight }: DraftKey,
  [one, other]: KeyPair,
  layout: Layout,
): LookupKey {
  const form = keyForm(one.column, other.column);
  const weights =
    outerWeight === undefined
      ? undefined
      : {
          outer: positionIn(layout, outerWeight),
          inner: inner.at,
          collationId: collationIdOf(one.column),
        };
  const text = [one, other].map(({ table, column }) => `${table.source.name}.${column.name}`).join(' = ');
  return { text, outer: positionIn(layout, outer), inner: inner.at, weights, form };
}
