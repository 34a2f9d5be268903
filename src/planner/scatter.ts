/**
 * A query over several shards: each shard gets the client's text with columns added behind the select list, by which the rows are
 * put in order, taken together and told apart here. What a shard cannot compute for its own rows alone is refused.
 */
import type { Expression } from '../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression, SelectItem } from '../sql/ast/query.ts';
import { callsSeededRandom, computationIn, isKeyed } from './analysis/locality.ts';
import { isNamed, resolveColumn, type Scope } from './analysis/scope.ts';
import { outputColumns } from './analysis/sources.ts';
import { columnsIn } from './analysis/subqueries.ts';
import type { Origin } from './analysis/table-use.ts';
import { HiddenColumns } from './hidden-columns.ts';
import type { Operand, OperandReader } from './operands.ts';
import type { PlanKey, Refusal, Scatter, Step } from './plan.ts';
import { Refused } from './refused.ts';
import { type DistinctArgument, ScatterAggregates } from './scatter-aggregates.ts';
import {
  hasParameter,
  isConstant,
  isOfMembers,
  quoted,
  type SortItem,
  type SqlText,
  withDirection,
  write,
} from './scatter-sql.ts';
import { SelectNames } from './select-names.ts';
import { type Comparable, comparableOf, comparableSource, isPadded } from './sort-keys.ts';
import type { Template, TemplateBuilder } from './template.ts';
import { usesTime } from './time-functions.ts';

export type ScatterInput = Readonly<{
  text: Buffer;
  /** The statement's borders in the text. */
  start: number;
  end: number;
  /** A builder for text made from the client's. */
  template: () => TemplateBuilder;
  operands: OperandReader;
  scope: Scope;
  /** Views may ask for the time without a word of it in the text. */
  hasViews: boolean;
  /** Whether a column alone decides the shard of a row. */
  isKey: (origin: Origin) => boolean;
}>;

/** Plans one query block. */
export function planScatter(
  block: QueryBlock,
  query: QueryExpression,
  input: ScatterInput,
): Scatter | Refusal {
  try {
    return new ScatterPlanner(block, query, input).plan();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
}

/** Behind ORDER BY: whatever the session has made of sql_select_limit. */
export const NO_LIMIT = ' LIMIT 18446744073709551615 ';

class ScatterPlanner {
  readonly #block: QueryBlock;
  readonly #query: QueryExpression;
  readonly #input: ScatterInput;
  readonly #items: readonly SelectItem[];
  readonly #names: SelectNames;
  readonly #hidden: HiddenColumns;
  /** Columns that the client sees; undefined where they cannot be counted. */
  readonly #visible: number | undefined;
  readonly #steps: Step[] = [];
  #merge: readonly PlanKey[] | undefined;
  /** What stands in place of the client's ORDER BY; undefined: that stays. */
  #order: readonly string[] | undefined;
  #keepsLimit = true;
  /** Of the columns for which a * stands, where something rests on their places. */
  #titles: readonly (string | undefined)[] | undefined;

  constructor(block: QueryBlock, query: QueryExpression, input: ScatterInput) {
    this.#block = block;
    this.#query = query;
    this.#input = input;
    this.#items = block.items;
    this.#names = new SelectNames(block.items, input.text, input.scope);
    this.#visible = outputColumns(block, input.scope)?.length;
    this.#hidden = new HiddenColumns(this.#visible);
  }

  plan(): Scatter {
    const { options, groupBy, into } = this.#block;
    const limit = this.#limit();
    const keyed = isKeyed(
      this.#block,
      { ...this.#query, limit: undefined },
      this.#input.scope,
      this.#input.isKey,
    );
    if (!keyed) this.#requireNoWindows();
    if (options.calcFoundRows) throw new Refused('SQL_CALC_FOUND_ROWS over several shards');
    const aggregated = this.#isAggregated();
    if (callsSeededRandom(this.#query)) throw new Refused('RAND with a seed over several shards');
    if (into !== undefined || this.#query.into !== undefined) throw new Refused('INTO over several shards');
    if (!keyed && (groupBy !== undefined || aggregated)) this.#group();
    else if (!keyed && options.distinct) this.#distinct();
    else this.#concatenate(keyed);
    if (limit !== undefined) this.#steps.push({ kind: 'limit', ...limit, pushed: this.#keepsLimit });
    const { count: hidden } = this.#hidden;
    if (hidden > 0) this.#steps.push({ kind: 'project', visible: this.#visible! });
    const text = this.#text(limit);
    const placed = hidden > 0 || this.#steps.length > 0 || this.#merge !== undefined;
    const columns = placed && this.#visible !== undefined ? this.#visible + hidden : undefined;
    const plan: Scatter = { text, columns, merge: this.#merge, steps: this.#steps };
    return Object.freeze({
      ...plan,
      ...(this.#keepsLimit ? {} : { unlimited: this.#text(limit, true) }),
      ...(this.#titles === undefined ? {} : { titles: this.#titles }),
    });
  }

  /** An aggregate anywhere in it makes a query without GROUP BY one of a single row. */
  #isAggregated(): boolean {
    const expressions = this.#items.flatMap((item) =>
      item.kind === 'selectExpression' ? [item.expression] : [],
    );
    if (this.#block.having !== undefined) expressions.push(this.#block.having);
    for (const { expression } of this.#query.orderBy?.items ?? []) expressions.push(expression);
    return expressions.some((expression) => computationIn(expression).aggregate);
  }

  #requireNoWindows(): void {
    const { windows, qualify } = this.#block;
    if (windows.length > 0 || qualify !== undefined)
      throw new Refused('window functions over several shards');
    const ordered = (this.#query.orderBy?.items ?? []).map(({ expression }) => expression);
    const listed = this.#items.flatMap((item) => (item.kind === 'selectExpression' ? [item.expression] : []));
    if ([...listed, ...ordered].some((expression) => computationIn(expression).window))
      throw new Refused('window functions over several shards');
  }

  #limit(): { count: Operand; offset: Operand | undefined } | undefined {
    const { limit } = this.#query;
    if (limit === undefined) return undefined;
    const count = this.#input.operands.read(limit.count);
    const offset = limit.offset === undefined ? undefined : this.#input.operands.read(limit.offset);
    if (count === undefined || (limit.offset !== undefined && offset === undefined))
      throw new Refused('a LIMIT that is no number');
    return { count, offset };
  }

  /** Rows as they are, in the order that the shards have given them. */
  #concatenate(keyed: boolean): void {
    const items = this.#names.sortItems(this.#query.orderBy?.items ?? []);
    const isGrouped = keyed && this.#block.groupBy !== undefined;
    if (this.#block.options.distinct && items.some(({ expression }) => this.#isPadded(expression))) {
      if (isGrouped) throw new Refused('DISTINCT of groups over several shards');
      this.#distinct();
      return;
    }
    if (this.#block.options.distinct && items.some(({ item }) => item < 0))
      throw new Refused('ORDER BY of something else than DISTINCT selects');
    if (items.length > 0) this.#merge = items.map((item) => this.#key(item, isGrouped));
  }

  #isPadded(expression: Expression): boolean {
    const comparable = comparableOf(expression, this.#input.scope);
    return comparable.kind === 'weight' && isPadded(comparable.collationId);
  }

  #distinct(): void {
    const order = this.#names.sortItems(this.#query.orderBy?.items ?? []);
    if (order.some(({ item }) => item < 0))
      throw new Refused('ORDER BY of something else than DISTINCT selects');
    const all = this.#visibleItems().filter(
      ({ sql }) => !('expression' in sql && isConstant(sql.expression)),
    );
    const byItem = new Map(
      all.map(({ item, comparable, sql }) => [item, this.#hidden.key(item, comparable, sql)]),
    );
    const keys = [...byItem.values()];
    if (keys.some(({ weight }) => weight !== undefined && isPadded(weight.collationId)))
      this.#keepsLimit = false;
    const long = all.some(({ comparable }) => comparable.kind === 'weight' && comparable.long);
    if (long) {
      if (order.length > 0) this.#merge = order.map((item) => this.#key(item, false));
      this.#steps.push({ kind: 'distinct', method: 'hash', keys });
      return;
    }
    const first = order.map(({ item, descending }) => ({ at: item, descending }));
    const rest = all.flatMap(({ item }) =>
      first.some(({ at }) => at === item) ? [] : [{ at: item, descending: false }],
    );
    const positions = [...first, ...rest];
    this.#order = positions.map(({ at, descending }) => `${at + 1}${descending ? ' DESC' : ''}`);
    this.#merge = positions.map(({ at, descending }) => withDirection(byItem.get(at)!, descending));
    this.#steps.push({ kind: 'distinct', method: 'sorted', keys });
  }

  /** All visible columns; a star stands for those of its tables. */
  #visibleItems(): { item: number; comparable: Comparable; sql: SqlText }[] {
    if (this.#visible === undefined) throw new Refused('DISTINCT of columns that are not known');
    const all: { item: number; comparable: Comparable; sql: SqlText }[] = [];
    const titles: (string | undefined)[] = [];
    for (const item of this.#items) {
      if (item.kind === 'selectExpression') {
        const { expression } = item;
        all.push({
          item: all.length,
          comparable: comparableOf(expression, this.#input.scope),
          sql: { kind: 'copy', expression },
        });
        continue;
      }
      for (const source of this.#input.scope.sources) {
        if (item.table !== undefined && !isNamed(source, item)) continue;
        for (const column of source.columns ?? []) {
          const { name, origin, hidden } = column;
          if (hidden) continue;
          const comparable = comparableSource(column);
          titles[all.length] = origin === undefined ? undefined : name;
          all.push({
            item: all.length,
            comparable,
            sql: { kind: 'name', text: `${quoted(source.name)}.${quoted(name)}` },
          });
        }
      }
    }
    if (titles.length > 0) this.#titles = titles;
    return all;
  }

  #group(): void {
    const { groupBy, having, options } = this.#block;
    if (options.distinct) throw new Refused('DISTINCT of groups over several shards');
    if (groupBy !== undefined && groupBy.grouping !== 'plain')
      throw new Refused('WITH ROLLUP over several shards');
    if (this.#items.some((item) => item.kind === 'selectStar'))
      throw new Refused('GROUP BY with * over several shards');
    if (having !== undefined) this.#requireLocalHaving(having);
    const { scope, text } = this.#input;
    const aggregates = new ScatterAggregates(this.#hidden, scope, text);
    for (const [at, item] of this.#items.entries())
      if (item.kind === 'selectExpression') aggregates.add(item.expression, at);
    this.#keepsLimit = false;
    // One row needs no order, but what MySQL has against the client's it has to say.
    if (groupBy === undefined) {
      aggregates.addValuesOfAny(this.#items);
      this.#distinctValues = aggregates.distinct;
      const always = aggregates.distinct.length > 0;
      if (always && this.#query.orderBy !== undefined)
        throw new Refused('ORDER BY of aggregates with DISTINCT and without GROUP BY');
      const all = aggregates.all;
      this.#steps.push({
        kind: 'group',
        keys: [],
        aggregates: all,
        method: 'sorted',
        ...(always ? { always } : {}),
      });
      return;
    }
    const groups = groupBy.items
      .map((item) => this.#groupItem(item))
      .filter(({ expression }) => !isConstant(expression));
    // In ORDER BY it would be another one to MySQL.
    if (groups.some(({ expression }) => computationIn(expression).subquery))
      throw new Refused('groups by a subquery over several shards');
    const keys = groups.map((item) => this.#key(item, true));
    const order = this.#names.sortItems(this.#query.orderBy?.items ?? []);
    const sorting = order.map((item) => this.#groupOrder(item, groups, keys, aggregates));
    const long = groups.some(({ expression }) => {
      const comparable = comparableOf(expression, this.#input.scope);
      return comparable.kind === 'weight' && comparable.long;
    });
    if (aggregates.distinct.length > 0) this.#requireGroups(groups, aggregates);
    this.#distinctValues = aggregates.distinct;
    const grouping = { kind: 'group', keys, aggregates: aggregates.all } as const;
    if (long) {
      this.#order = [];
      this.#steps.push({ ...grouping, method: 'hash' });
      if (sorting.length > 0) this.#steps.push({ kind: 'sort', keys: sorting.map(({ key }) => key) });
      return;
    }
    // By the client's order as far as it goes by groups, then by the rest: then the merged order is the client's.
    const led = sorting.every(({ group }) => group >= 0)
      ? sorting.map(({ group, key }) => ({ group, descending: key.descending === true }))
      : [];
    const rest = groups.flatMap((_, group) =>
      led.some((one) => one.group === group) ? [] : [{ group, descending: false }],
    );
    const sequence = [...led, ...rest];
    this.#orderTemplate = sequence.map(({ group, descending }) => ({
      sql: this.#inOrderBy(groups[group]!),
      descending,
    }));
    this.#order = [];
    if (keys.length > 0)
      this.#merge = sequence.map(({ group, descending }) => withDirection(keys[group]!, descending));
    this.#steps.push({ ...grouping, method: 'sorted' });
    if (sorting.length > 0 && led.length === 0)
      this.#steps.push({ kind: 'sort', keys: sorting.map(({ key }) => key) });
  }

  /** Arguments of aggregates with DISTINCT, which the shards group by too. */
  #distinctValues: readonly DistinctArgument[] = [];

  /**
   * Where shards group by more than the client has written, MySQL no longer sees what must not stand beside aggregates: so nothing does
   * but the groups themselves.
   */
  #requireGroups(groups: readonly SortItem[], aggregates: ScatterAggregates): void {
    if (this.#block.having !== undefined)
      throw new Refused('HAVING with aggregates with DISTINCT over several shards');
    for (const [at, item] of this.#items.entries()) {
      if (item.kind !== 'selectExpression' || aggregates.byColumn.has(at)) continue;
      const { expression } = item;
      const isGroup = groups.some(
        (group) => group.item === at || this.#names.sameText(group.expression, expression),
      );
      if (!isGroup && columnsIn(expression).length > 0)
        throw new Refused('something else than groups beside aggregates with DISTINCT over several shards');
    }
  }

  /** ORDER BY for the shards by expressions of the client's. */
  #orderTemplate: readonly { sql: SqlText; descending: boolean }[] = [];

  /** ORDER BY takes a name for an alias of the select list before it takes it for a column, GROUP BY does not. */
  #inOrderBy({ expression, item }: SortItem): SqlText {
    // A subquery that is written twice is two subqueries to ONLY_FULL_GROUP_BY.
    if (computationIn(expression).subquery) {
      if (item < 0) throw new Refused('GROUP BY a subquery that is not selected');
      return { kind: 'position', position: item + 1 };
    }
    if (expression.kind === 'column') {
      const found = resolveColumn(this.#input.scope, expression);
      if (this.#names.isOfSeveral(expression)) {
        this.#names.requireOnlyItself(expression);
        return { kind: 'copy', expression };
      }
      if (found.kind === 'column' && expression.table === undefined)
        return { kind: 'name', text: `${quoted(found.source.name)}.${quoted(found.column.name)}` };
    } else {
      for (const name of columnsIn(expression)) this.#names.requireNoAlias(name);
    }
    // To ONLY_FULL_GROUP_BY a parameter there and one here are two values.
    return { kind: hasParameter(expression) ? 'any' : 'copy', expression };
  }

  /** HAVING that looks at the groups' own columns only holds on each shard as it does for all. */
  #requireLocalHaving(having: Expression): void {
    const { aggregate, subquery } = computationIn(having);
    if (aggregate || subquery)
      throw new Refused('HAVING with an aggregate or a subquery over several shards');
    const names = columnsIn(having);
    if (names.length > 0 && this.#block.groupBy === undefined)
      throw new Refused('HAVING with a column and no GROUP BY over several shards');
    for (const name of names) {
      const named = this.#names.itemNamed(name);
      // Where it is no column it may be the title of any.
      const isColumn = resolveColumn(this.#input.scope, name).kind === 'column';
      const items = named >= 0 ? [this.#items[named]!] : isColumn ? [] : this.#items;
      if (items.some((item) => item.kind === 'selectExpression' && computationIn(item.expression).aggregate))
        throw new Refused('HAVING with an aggregate over several shards');
    }
  }

  /** GROUP BY names columns before it names what the select list calls so. */
  #groupItem(expression: Expression): SortItem {
    const position = this.#names.position(expression);
    if (position >= 0) return this.#names.selected(position, undefined);
    if (expression.kind === 'column' && resolveColumn(this.#input.scope, expression).kind !== 'column') {
      const named = this.#names.itemNamed(expression);
      if (named >= 0) return this.#names.selected(named, undefined);
    } else if (columnsIn(expression).some((name) => resolveColumn(this.#input.scope, name).kind !== 'column'))
      throw new Refused('groups by an expression with an alias in it over several shards');
    return { expression, item: this.#names.sameItem(expression), descending: false };
  }

  /** Where a grouped result's ORDER BY finds its values; `group` is the group column that it is, or -1. */
  #groupOrder(
    item: SortItem,
    groups: readonly SortItem[],
    keys: readonly PlanKey[],
    aggregates: ScatterAggregates,
  ): { key: PlanKey; group: number } {
    const group = groups.findIndex(
      ({ expression, item: at }) =>
        (at >= 0 && at === item.item) || this.#names.sameText(expression, item.expression),
    );
    if (group >= 0) return { group, key: withDirection(keys[group]!, item.descending) };
    const { aggregate } = computationIn(item.expression);
    // MySQL has to see it in ORDER BY to refuse it where it is not one per group.
    if (!aggregate && item.item < 0)
      throw new Refused('ORDER BY of something else than GROUP BY and the select list have');
    if (!aggregate) return { group: -1, key: this.#key(item, true) };
    let at = item.item;
    if (at < 0) {
      const { expression } = item;
      at = this.#hidden.add((sql) => sql.copy(expression.start, expression.end));
      aggregates.add(expression, at);
    }
    const known = aggregates.byColumn.get(at);
    if (known?.kind === 'min' || known?.kind === 'max') {
      if (isOfMembers(item.expression, this.#input.scope))
        throw new Refused('ORDER BY MIN or MAX of an ENUM or SET over several shards');
      return { group: -1, key: withDirection(known.by, item.descending) };
    }
    return { group: -1, key: { column: at, descending: item.descending } };
  }

  #key({ expression, item, descending }: SortItem, grouped: boolean): PlanKey {
    const comparable = comparableOf(expression, this.#input.scope);
    const any = grouped && !computationIn(expression).aggregate;
    return withDirection(
      this.#hidden.key(item, comparable, { kind: any ? 'any' : 'copy', expression }),
      descending,
    );
  }

  /** `unlimited`: with a LIMIT that says so. */
  #text(limit: { count: Operand; offset: Operand | undefined } | undefined, unlimited = false): Template {
    const { start, end } = this.#input;
    const block = this.#block;
    const query = this.#query;
    const sql = this.#input.template();
    if (this.#input.hasViews || usesTime(query)) sql.withTimestamp(start, block.verbEnd, block.hint);
    else sql.skipTo(start);
    sql.upTo(block.itemsEnd);
    for (const [at, column] of this.#hidden.columns.entries()) {
      sql.text(', ');
      column(sql);
      // A name of its own, so that no name in ORDER BY can mean it.
      sql.text(` AS \`headgate ${at + 1}\``);
    }
    this.#writeGroups(sql);
    if (this.#order !== undefined) {
      sql.upTo(query.orderBy?.start ?? block.end);
      this.#writeOrder(sql);
      if (query.orderBy !== undefined) sql.skipTo(query.orderBy.end);
    }
    if (unlimited) sql.upTo(query.orderBy?.end ?? block.end).text(NO_LIMIT);
    if (limit !== undefined) {
      sql.upTo(query.limit!.start);
      const operands = limit.offset === undefined ? [limit.count] : [limit.count, limit.offset];
      if (this.#keepsLimit) sql.text('LIMIT ').sum(operands);
      sql.skipTo(query.limit!.end);
    }
    return sql.rest(end).build();
  }

  #writeGroups(sql: TemplateBuilder): void {
    const { groupBy, end } = this.#block;
    if (this.#distinctValues.length === 0) return;
    sql.upTo(groupBy?.end ?? end);
    for (const [at, { expression }] of this.#distinctValues.entries()) {
      sql.text(groupBy === undefined && at === 0 ? ' GROUP BY ' : ', ');
      write(sql, { kind: 'copy', expression }, '(', ')');
    }
  }

  #writeOrder(sql: TemplateBuilder): void {
    const positions = this.#order ?? [];
    if (positions.length === 0 && this.#orderTemplate.length === 0) return;
    sql.text(` ORDER BY ${positions.join(', ')}`);
    for (const [at, { sql: text, descending }] of this.#orderTemplate.entries()) {
      if (at > 0) sql.text(', ');
      write(sql, text, '(', ')');
      if (descending) sql.text(' DESC');
    }
    sql.text(' ');
  }
}
