/**
 * A block over tables whose rows lie together that groups them and computes with the groups: the shards' groups are put together as for a query that
 * selects nothing else, and what is computed over groups (expressions over aggregates, HAVING, windows, DISTINCT) is the remainder.
 */
import type { Call, ColumnReference, Expression } from '../../sql/ast/expression.ts';
import type { OrderItem, QueryBlock, QueryExpression, SelectExpression } from '../../sql/ast/query.ts';
import { type AnyNode, children } from '../../sql/ast/walk.ts';
import { computationIn, isAggregate } from '../analysis/locality.ts';
import { isOfSeveral, originOf, resolveColumn, type Scope } from '../analysis/scope.ts';
import { columnsIn } from '../analysis/subqueries.ts';
import { isSurelyDouble, valueClass } from '../analysis/value-class.ts';
import type { QueryPlan } from '../plan.ts';
import { isCombined, isRefusal } from '../plan.ts';
import { Refused } from '../refused.ts';
import { SelectNames } from '../select-names.ts';
import type { GatherPlan } from './gather-plan.ts';
import { mappedPlan } from './map-plan.ts';
import { NestedText } from './nested-text.ts';
import { type Edit, edited, quoted, type SourceText, sqlPiece } from './source-text.ts';
import { keptTitles } from './titles.ts';

export type GroupedInput = Readonly<{
  source: SourceText;
  /** The statement's borders in the text. */
  start: number;
  end: number;
  scope: Scope;
  keyspace: string;
  /** Why the shards cannot answer it by themselves. */
  reason: string;
  /** Plans a text by what shards compute and the router merges, nothing else. */
  plan: (text: NestedText) => QueryPlan | undefined;
}>;

/** Undefined where it is no such query, or its groups cannot be put together exactly. */
export function planGrouped(
  block: QueryBlock,
  query: QueryExpression,
  input: GroupedInput,
): GatherPlan | undefined {
  try {
    return new GroupedPlanner(block, query, input).plan();
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

const TABLE = 'headgate_1';

/** A value of each group that the shards' part gives. */
type GroupValue = Readonly<{ name: string; expression: Expression }>;

class GroupedPlanner {
  readonly #block: QueryBlock;
  readonly #query: QueryExpression;
  readonly #input: GroupedInput;
  readonly #names: SelectNames;
  readonly #items: readonly SelectExpression[];
  /** By their texts. */
  readonly #values = new Map<string, GroupValue>();
  readonly #groups: readonly Expression[];
  readonly #edits: Edit[] = [];

  constructor(block: QueryBlock, query: QueryExpression, input: GroupedInput) {
    this.#block = block;
    this.#query = query;
    this.#input = input;
    this.#names = new SelectNames(block.items, input.source.text, input.scope);
    this.#items = block.items.map((item) => {
      if (item.kind === 'selectExpression') return item;
      throw new Refused('a * beside groups');
    });
    this.#groups = (block.groupBy?.items ?? []).map((item) => this.#groupOf(item));
  }

  plan(): GatherPlan | undefined {
    this.#requireGroups();
    const { source, start, end, keyspace, reason } = this.#input;
    for (const item of this.#items) this.#replace(item.expression, false);
    for (const { specification } of this.#block.windows) this.#replace(specification, false);
    for (const { expression } of this.#query.orderBy?.items ?? []) this.#replaceOrder(expression);
    const having = this.#having();
    const values = [...this.#values.values()];
    // One row without any of its values would be lost.
    if (values.length === 0) return undefined;
    this.#edits.push(...keptTitles(this.#items, source, this.#edits));
    this.#edits.push({
      start: this.#block.fromStart,
      end: this.#fromEnd(),
      with: [...sqlPiece(`FROM ${quoted(TABLE)}`), ...having],
    });
    const { with: clause } = this.#query;
    if (clause !== undefined) this.#edits.push({ start: clause.start, end: this.#block.start, with: [] });
    const text = this.#shardsText(values);
    const plan = this.#input.plan(text);
    if (plan === undefined || isCombined(plan.scatter) || isRefusal(plan.scatter)) return undefined;
    return Object.freeze({
      kind: 'gather',
      keyspace,
      keyspaces: [keyspace],
      inputs: [
        {
          table: TABLE,
          label: this.#block.groupBy === undefined ? 'aggregates' : 'groups',
          plan: mappedPlan(plan, text.template(), text.map),
          columns: values.map(({ name }) => ({ name, type: undefined })),
          keys: [],
          reductions: [],
          origin: undefined,
          isComputed: true,
        },
      ],
      text: edited(source, start, end, this.#edits),
      check: undefined,
      reason,
    });
  }

  #requireGroups(): void {
    const { groupBy, options, hint, qualify, having, from } = this.#block;
    const query = this.#query;
    const isPlain = groupBy === undefined || groupBy.grouping === 'plain';
    const isOdd =
      options.calcFoundRows || hint !== undefined || qualify !== undefined || query.locking.length > 0;
    if (!isPlain || isOdd || from.length === 0) throw new Refused('no groups of the plain kind');
    const all = this.#items.map(({ expression }) => expression);
    for (const { expression } of query.orderBy?.items ?? []) all.push(expression);
    if (having !== undefined) all.push(having);
    const isGrouped = groupBy !== undefined || all.some((expression) => computationIn(expression).aggregate);
    // MySQL forgets such an order, and what is wrong with it.
    if (groupBy === undefined && query.orderBy !== undefined) throw new Refused('an order of one row');
    if (!isGrouped || all.some((expression) => computationIn(expression).subquery))
      throw new Refused('no groups');
    if (all.some(isOfGrouping)) throw new Refused('GROUPING of groups that are no groups there');
    // What DISTINCT forbids to sort by, MySQL tells by the expressions that were written.
    const isSelected = (item: OrderItem): boolean =>
      this.#names.position(item.expression) >= 0 ||
      this.#names.sameItem(item.expression) >= 0 ||
      (item.expression.kind === 'column' && this.#names.itemNamed(item.expression) >= 0);
    if (options.distinct && !(query.orderBy?.items ?? []).every(isSelected))
      throw new Refused('DISTINCT sorted by what it does not select');
  }

  /** What an entry of GROUP BY means: columns come before what the select list calls so. */
  #groupOf(item: Expression): Expression {
    const group = this.#meantBy(item);
    // A constant would be a position there, and the name of another entry has no meaning without it.
    const names = columnsIn(group);
    const isPlaced = names.length === 0 && group !== item;
    if (isPlaced || names.some((name) => resolveColumn(this.#input.scope, name).kind !== 'column'))
      throw new Refused('groups by what is not computed of columns alone');
    return group;
  }

  #meantBy(item: Expression): Expression {
    const position = this.#names.position(item);
    if (position >= 0) return this.#items[position]!.expression;
    if (item.kind !== 'column' || resolveColumn(this.#input.scope, item).kind === 'column') return item;
    const named = this.#names.itemNamed(item);
    return named >= 0 ? this.#items[named]!.expression : item;
  }

  /** What two nodes have in common that are the same in each text of the statement's kind: other texts have other literals in their slots. */
  #textOf({ start, end }: AnyNode): string {
    const { text, literals, parameters } = this.#input.source;
    const slot = literals?.slotWithin(start, end) ?? -1;
    const hasSlot = slot >= 0 && slot < literals!.slotCount && literals!.slotStarts[slot]! < end;
    const isFixed = !hasSlot && !parameters.some(({ start: at }) => at >= start && at < end);
    return `${isFixed ? '' : start}:${text.toString('latin1', start, end)}`;
  }

  /** Puts the groups' values into the place of what they are of. `inHaving`: as conditions on groups may look at them. */
  #replace(node: AnyNode, inHaving: boolean): void {
    const aliased = inHaving && node.kind === 'column' ? this.#aliased(node) : undefined;
    if (aliased !== undefined) {
      this.#edits.push({ start: node.start, end: node.end, with: aliased });
      return;
    }
    const name = this.#valueNamed(node, inHaving);
    if (name === undefined) {
      for (const child of children(node)) this.#replace(child, inHaving);
      return;
    }
    const { start, end } = node;
    this.#edits.push({ start, end, with: sqlPiece(`${quoted(TABLE)}.${quoted(name)}`) });
  }

  /** In ORDER BY the select list's names come first. */
  #replaceOrder(expression: Expression): void {
    if (expression.kind === 'literal' || expression.kind === 'parameter') return;
    if (expression.kind === 'column') {
      if (this.#names.itemNamed(expression) >= 0) return;
    } else
      for (const name of columnsIn(expression))
        if (this.#names.itemNamed(name) >= 0 && !this.#isInAggregate(name, expression))
          throw new Refused('an alias within ORDER BY');
    this.#replace(expression, false);
  }

  /** Such a name surely is the column: within an aggregate no alias may stand. */
  #isInAggregate(name: ColumnReference, expression: Expression): boolean {
    let found = false;
    const visit = (node: AnyNode): void => {
      if (node.kind === 'call' && node.over === undefined && isAggregate(node)) {
        found ||= node.start <= name.start && name.end <= node.end;
        return;
      }
      for (const child of children(node)) visit(child);
    };
    visit(expression);
    return found && resolveColumn(this.#input.scope, name).kind === 'column';
  }

  /** The value of the groups that a node is; undefined for one that is computed of others. */
  #valueNamed(node: AnyNode, inHaving: boolean): string | undefined {
    if (node.kind === 'column') return this.#columnValue(node, inHaving);
    const text = this.#textOf(node);
    if (node.kind === 'call' && node.over === undefined && isAggregate(node)) {
      this.#requireExact(node, text);
      return this.#values.get(text)?.name ?? this.#add(text, node);
    }
    const group = this.#groups.find((each) => each.kind === node.kind && this.#textOf(each) === text);
    if (group === undefined || columnsIn(group).length === 0) return undefined;
    // MySQL does not see that something computed of such a value is one per group.
    if (!this.#isWhole(node)) throw new Refused('an expression over an expression of GROUP BY');
    return this.#values.get(text)?.name ?? this.#add(text, group);
  }

  /** Whether it is all of what is selected or ordered by. */
  #isWhole(node: AnyNode): boolean {
    const ordered = this.#query.orderBy?.items ?? [];
    return [...this.#items, ...ordered].some(({ expression }) => expression === node);
  }

  #columnValue(column: ColumnReference, inHaving: boolean): string {
    const found = resolveColumn(this.#input.scope, column);
    if (found.kind !== 'column' || found.depth > 0) throw new Refused('a name that is no column');
    // Which of them it is, USING decides.
    if (column.table === undefined && isOfSeveral(this.#input.scope, column.name))
      throw new Refused('a column of several tables');
    const type = found.column.origin?.column;
    // Types that do not go through a temporary table as they are.
    if (type === undefined || type.values !== undefined || untold.has(type.dataType))
      throw new Refused('a column of a type that is not certain beside groups');
    const isSame = (other: Expression): boolean => {
      const own = other.kind === 'column' ? resolveColumn(this.#input.scope, other) : undefined;
      return own?.kind === 'column' && own.source === found.source && own.column === found.column;
    };
    const isGroup = this.#groups.some(isSame);
    const isSelected = this.#items.some(({ expression }) => isSame(expression));
    // There MySQL knows no other columns.
    if (inHaving && !isGroup && !isSelected) throw new Refused('HAVING with a column of no group');
    const text = `column ${this.#input.scope.sources.indexOf(found.source)} ${found.column.name}`;
    return this.#values.get(text)?.name ?? this.#add(text, column);
  }

  #add(text: string, expression: Expression): string {
    const name = `v${this.#values.size + 1}`;
    this.#values.set(text, { name, expression });
    return name;
  }

  /** AVG of exact numbers has more digits within an expression than it shows: those of the groups would be lost. */
  #requireExact(call: Call, text: string): void {
    const { scope } = this.#input;
    const isUntold = (name: ColumnReference): boolean => {
      const type = originOf(scope, name)?.column;
      return (
        type !== undefined && (untold.has(type.dataType) || (type.values !== undefined && keepsType(call)))
      );
    };
    if (call.name !== 'count' && call.args.flatMap(columnsIn).some(isUntold))
      throw new Refused('an aggregate of a type that is not certain');
    const isText = valueClass(call, scope) === undefined;
    // The members of an ENUM are not in what shards say of their greatest.
    const hasMembers = call.args
      .flatMap(columnsIn)
      .some((name) => originOf(scope, name)?.column.values !== undefined);
    if (isText && hasMembers) throw new Refused('an aggregate of ENUM or SET');
    // A text that is no column's gives way to another collation, which a column of a temporary table does not.
    const isColumn = call.args.every(({ kind }) => kind === 'column');
    if (!isColumn && isText) throw new Refused('an aggregate of a text that is no column');
    const isExact = call.name === 'avg' && !call.args.every((argument) => isSurelyDouble(argument, scope));
    if (!isExact) return;
    const isWithin = (node: AnyNode): boolean =>
      (node.kind === 'call' && this.#textOf(node) === text) || children(node).some(isWithin);
    const { having } = this.#block;
    const others: Expression[] = this.#items
      .map(({ expression }) => expression)
      .filter((expression) => this.#textOf(expression) !== text);
    if (having !== undefined) others.push(having);
    if (others.some(isWithin)) throw new Refused('AVG within an expression');
  }

  /** HAVING as a condition on the groups' rows. */
  #having(): Edit['with'] {
    const { having } = this.#block;
    if (having === undefined) return [];
    const before = this.#edits.length;
    this.#replace(having, true);
    const edits = this.#edits.splice(before);
    return [
      ...sqlPiece(' WHERE ('),
      ...edited(this.#input.source, having.start, having.end, edits),
      ...sqlPiece(')'),
    ];
  }

  /** What an alias stands for, written out: WHERE does not know it. Undefined where the name is none. */
  #aliased(name: ColumnReference): Edit['with'] | undefined {
    const at = this.#names.itemNamed(name);
    if (at < 0) return undefined;
    const { expression } = this.#items[at]!;
    const isOther = expression.kind !== 'column' || this.#textOf(expression) !== this.#textOf(name);
    if (isOther && resolveColumn(this.#input.scope, name).kind === 'column')
      throw new Refused('HAVING with an alias that is a column too');
    if (computationIn(expression).window) throw new Refused('HAVING with a window function');
    const { start, end } = expression;
    return [...sqlPiece('('), ...edited(this.#input.source, start, end, this.#edits), ...sqlPiece(')')];
  }

  #fromEnd(): number {
    const { having, groupBy, where, from } = this.#block;
    return having?.end ?? groupBy?.end ?? where?.end ?? from.at(-1)!.end;
  }

  /** What the shards' groups are asked for. */
  #shardsText(values: readonly GroupValue[]): NestedText {
    const { with: clause } = this.#query;
    const { options, fromStart, where, from, groupBy } = this.#block;
    const { source } = this.#input;
    const text = new NestedText(source.literals !== undefined);
    if (clause !== undefined) text.copy(source, clause.start, clause.end).sql(' ');
    text.sql(options.straightJoin ? 'SELECT STRAIGHT_JOIN ' : 'SELECT ');
    for (const [at, { name, expression }] of values.entries()) {
      text
        .sql(at === 0 ? '' : ', ')
        .copy(source, expression.start, expression.end)
        .sql(` AS ${quoted(name)}`);
    }
    text.sql(' ').copy(source, fromStart, where?.end ?? from.at(-1)!.end);
    if (groupBy === undefined) return text;
    text.sql(' GROUP BY ');
    for (const [at, { start, end }] of this.#groups.entries())
      text.sql(at === 0 ? '' : ', ').copy(source, start, end);
    return text;
  }
}

/** Whether GROUPING() is asked, also within the window of a function. */
const isOfGrouping = (node: AnyNode): boolean =>
  (node.kind === 'call' && node.name === 'grouping') || children(node).some(isOfGrouping);

/** FLOAT loses digits as text, a TIMESTAMP's hour can be ambiguous, JSON does not say what is in it. */
const untold: ReadonlySet<string> = new Set(['float', 'timestamp', 'json']);

/** An ENUM stays one, whose members nobody knows where the groups are put together. */
const keepsType = ({ name }: Call): boolean => name === 'min' || name === 'max' || name === 'any_value';
