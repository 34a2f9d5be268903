/** Which tables of a FROM are joined on the shards: see `JoinedDraft` for the rule. */
import { columnKey } from '../../schema/schema.ts';
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import type { Join, TableReference } from '../../sql/ast/table.ts';
import { type AnyNode, nodesOfKind } from '../../sql/ast/walk.ts';
import { conjunctsOf } from '../analysis/predicates.ts';
import { columnsIn, queriesIn } from '../analysis/subqueries.ts';
import {
  type RestrictedCondition,
  requiredSources,
  restrictedConditions,
  type SourcesByNode,
} from './conditions.ts';
import { type JoinedCondition, type JoinedDraft, type JoinedMember, useColumn } from './joined-draft.ts';
import { EqualColumns, lookupOf } from './joined-lookup.ts';
import { isPure } from './pure-expression.ts';
import type { SourceText } from './source-text.ts';
import { type BlockScope, columnOf, type FoundColumn, type NamedSource } from './sources.ts';
import { columnSchema, type TableDraft } from './table-draft.ts';

/** What is known of a block before its text is written. */
export type JoinableBlock = Readonly<{
  block: QueryBlock;
  query: QueryExpression;
  scope: BlockScope;
  byNode: SourcesByNode;
  source: SourceText;
}>;

/**
 * Marks the tables that are joined on the shards (`TableDraft.joined`). Returns the conditions that the shards have tested then, which the remainder
 * need not.
 */
export function joinTables(input: JoinableBlock): ReadonlySet<Expression> {
  const { block, byNode } = input;
  const tested = new Set<Expression>();
  if (!isPlain(block)) return tested;
  const conditions = restrictedConditions(block, byNode);
  const required = requiredSources(block, byNode);
  for (const island of islandsOf(block, byNode)) {
    const named = island.filter((each) => required.has(each) && isJoinable(each, input.scope));
    for (const joined of new Islander(input, named, conditions).joined(leftJoinsOf(block, island, input))) {
      for (const { draft, left = [] } of joined.members) {
        draft.joined = joined;
        for (const { expression } of left) tested.add(expression);
      }
      for (const condition of testedOn(joined, input, conditions)) tested.add(condition);
    }
  }
  return tested;
}

/** Joins that go from left to right: then each condition sees what stands before it. */
function isPlain({ from, hint }: QueryBlock): boolean {
  if (hint !== undefined) return false;
  const joins = from.flatMap((reference) => nodesOfKind(reference, 'join'));
  if (joins.some(({ natural, using, type }) => natural || using !== undefined || type === 'right'))
    return false;
  return from.every((reference) => isPlainReference(reference));
}

function isPlainReference(reference: TableReference): boolean {
  switch (reference.kind) {
    case 'table':
      return true;
    case 'derivedTable':
      return !reference.lateral;
    case 'join':
      return (
        isPlainReference(reference.left) &&
        reference.right.kind !== 'join' &&
        isPlainReference(reference.right)
      );
    default:
      return false;
  }
}

/** Entries of FROM of which each sees the others: a condition behind ON knows nothing of what is beyond a comma. */
function islandsOf({ from }: QueryBlock, byNode: SourcesByNode): NamedSource[][] {
  const listed = from.flatMap((reference) => (reference.kind === 'join' ? [] : [byNode.get(reference)!]));
  const chains = from.flatMap((reference) => (reference.kind === 'join' ? [chainOf(reference)] : []));
  return [listed, ...chains.map((chain) => chain.map((each) => byNode.get(each)!))];
}

const chainOf = ({ left, right }: Join): TableReference[] => [
  ...(left.kind === 'join' ? chainOf(left) : [left]),
  right,
];

/** A table behind LEFT JOIN, and the join's conditions. */
type LeftJoin = Readonly<{ named: NamedSource; conditions: readonly Expression[] }>;

/** Those of an island in the order of the text. */
function leftJoinsOf(
  { from }: QueryBlock,
  island: readonly NamedSource[],
  { byNode, scope }: JoinableBlock,
): LeftJoin[] {
  const joins = from.flatMap((reference) => (reference.kind === 'join' ? joinsOf(reference) : []));
  return joins.flatMap(({ type, right, on }) => {
    const named = type === 'left' && right.kind === 'table' ? byNode.get(right)! : undefined;
    if (named === undefined || !island.includes(named) || !isJoinable(named, scope)) return [];
    return [{ named, conditions: conjunctsOf(on) }];
  });
}

const joinsOf = (join: Join): Join[] => [...(join.left.kind === 'join' ? joinsOf(join.left) : []), join];

const isJoinable = ({ draft, source }: NamedSource, { sources }: BlockScope): boolean =>
  draft !== undefined &&
  draft.locking.length === 0 &&
  draft.table.pinned === undefined &&
  draft.table.kind !== 'sequence' &&
  sources.filter((other) => other.source.name === source.name).length === 1;

/** The conditions that are tested on the shards; those of several members are noted. */
function testedOn(
  joined: JoinedDraft,
  { scope, source }: JoinableBlock,
  conditions: readonly RestrictedCondition[],
): Expression[] {
  return conditions.flatMap(({ expression, restricted }) => {
    const columns = new Map(columnsIn(expression).map((name) => [name, columnOf(scope, name)] as const));
    const isOwn = (found: FoundColumn | undefined): found is FoundColumn =>
      found?.depth === 0 && isDirect(found) && found.draft.joined === joined && restricted.has(found.named);
    const found = [...columns.values()];
    if (found.length === 0 || !found.every(isOwn)) return [];
    if (!isPure(expression, (name) => schemaOf(columns.get(name)))) return [];
    // What concerns one table is a filter of its own, as always.
    if (found.some(({ draft }) => draft !== found[0]!.draft))
      joined.conditions.push({ expression, source, columns: columns as Map<never, FoundColumn> });
    return [expression];
  });
}

const schemaOf = (found: FoundColumn | undefined) =>
  found === undefined ? undefined : columnSchema(found.draft, found.column);

/** The name is the table's own, not that of a derived table's column. */
const isDirect = ({ named, draft }: FoundColumn): boolean => named.draft === draft;

/** The two columns of a condition that says that they are equal. */
function equalColumns(
  expression: Expression,
  columns: ReadonlyMap<ColumnReference, FoundColumn | undefined>,
): readonly [FoundColumn, FoundColumn] | undefined {
  if (expression.kind !== 'comparison' || expression.operator !== '=') return undefined;
  const { left, right } = expression;
  const [a, b] = [left, right].map((side) => (side.kind === 'column' ? columns.get(side) : undefined));
  return a === undefined || b === undefined ? undefined : [a, b];
}

class Islander {
  readonly #input: JoinableBlock;
  readonly #named: readonly NamedSource[];
  readonly #equal = new EqualColumns();

  constructor(
    input: JoinableBlock,
    named: readonly NamedSource[],
    conditions: readonly RestrictedCondition[],
  ) {
    this.#input = input;
    this.#named = named;
    for (const { expression, restricted } of conditions) {
      const columns = this.#columnsIn(expression);
      const isOwn = (found: FoundColumn): boolean =>
        restricted.has(found.named) && named.includes(found.named);
      const pair = columns && equalColumns(expression, columns);
      if (pair?.every(isOwn)) this.#equal.equate(...pair);
    }
  }

  joined(leftJoins: readonly LeftJoin[]): JoinedDraft[] {
    const left = new Set(this.#named.map(({ draft }) => draft!));
    const all: JoinedMember[][] = [];
    while (left.size > 0) {
      const grown = [...left].map((fact) => this.#grown(fact, left));
      const best = grown.reduce((a, b) => (this.#score(b) > this.#score(a) ? b : a));
      for (const { draft } of best) left.delete(draft);
      all.push(best);
    }
    for (const join of leftJoins) this.#attach(join, all);
    const several = all.filter((members) => members.length > 1).map((members) => this.#draftOf(members));
    return several.filter((joined) => !this.#isRenamed(joined) && !this.#isAlone(joined));
  }

  /** Puts a table behind LEFT JOIN to those that are all that its conditions speak of, if it is looked up along them. */
  #attach({ named, conditions }: LeftJoin, all: readonly JoinedMember[][]): void {
    const { source } = this.#input;
    const draft = named.draft!;
    const equal = new EqualColumns();
    const others = new Set<TableDraft>();
    const left: JoinedCondition[] = [];
    for (const expression of conditions) {
      const columns = this.#columnsIn(expression);
      if (columns === undefined || !isPure(expression, (name) => schemaOf(columns.get(name)))) return;
      left.push({ expression, source, columns });
      for (const found of columns.values()) if (found.draft !== draft) others.add(found.draft);
      const pair = equalColumns(expression, columns);
      if (pair !== undefined) equal.equate(...pair);
    }
    const members = all.find((each) => [...others].every((other) => each.some((one) => one.draft === other)));
    if (others.size === 0 || members === undefined || lookupOf(draft, members, equal) === undefined) return;
    members.push({ draft, on: [], left });
  }

  /** Undefined where one of them is not a table's column for certain, or there are none. */
  #columnsIn(expression: Expression): ReadonlyMap<ColumnReference, FoundColumn> | undefined {
    const columns = new Map<ColumnReference, FoundColumn>();
    for (const name of columnsIn(expression)) {
      const found = columnOf(this.#input.scope, name);
      if (found?.depth !== 0 || !isDirect(found)) return undefined;
      columns.set(name, found);
    }
    return columns.size === 0 ? undefined : columns;
  }

  /** What can be looked up along a table, and along what has been looked up. */
  #grown(fact: TableDraft, left: ReadonlySet<TableDraft>): JoinedMember[] {
    const members: JoinedMember[] = [{ draft: fact, on: [] }];
    for (let grew = true; grew; ) {
      grew = false;
      for (const draft of left) {
        if (members.some((member) => member.draft === draft)) continue;
        const on = lookupOf(draft, members, this.#equal);
        if (on === undefined) continue;
        members.push({ draft, on });
        grew = true;
      }
    }
    return members;
  }

  /** Many tables, and of as many those whose conditions say so themselves. */
  #score(members: readonly JoinedMember[]): number {
    const pairs = members.flatMap(({ on }) => on);
    const direct = pairs.filter((pair) => this.#equal.isDirect(pair)).length;
    return members.length + direct / (pairs.length + 1);
  }

  #draftOf(members: readonly JoinedMember[]): JoinedDraft {
    const place = this.#named.find(({ draft }) => members.some((member) => member.draft === draft))!.draft!;
    const joined: JoinedDraft = {
      block: this.#input.block,
      temporary: place.temporary,
      members,
      place,
      conditions: [],
      used: new Map(),
      titles: new Map(),
    };
    for (const { draft } of members)
      if (draft.keepsAll)
        for (const { name, invisible } of draft.schema.columns)
          if (!invisible) useColumn(joined, draft, name);
    return joined;
  }

  /** MySQL joins the rows of a subquery that is a value to a table that is alone in FROM, whose columns may be NULL in their definitions then. */
  #isAlone({ members }: JoinedDraft): boolean {
    const { block, scope } = this.#input;
    if (members.length < scope.sources.length) return false;
    return block.items.some(
      (item) => item.kind === 'selectExpression' && queriesIn(item.expression).length > 0,
    );
  }

  /** Whether a name behind the select list may mean an alias of it instead of a member's column. */
  #isRenamed({ members }: JoinedDraft): boolean {
    const { block, query } = this.#input;
    const aliases = new Set(
      block.items.flatMap((item) => {
        if (item.kind !== 'selectExpression' || item.alias === undefined) return [];
        const { expression, alias } = item;
        const isSame = expression.kind === 'column' && columnKey(expression.name) === columnKey(alias.text);
        return isSame ? [] : [columnKey(alias.text)];
      }),
    );
    if (aliases.size === 0) return false;
    const behind: (AnyNode | undefined)[] = [block.having, block.qualify, query.orderBy];
    behind.push(...(block.groupBy?.items ?? []), ...block.windows.map(({ specification }) => specification));
    const names = behind.flatMap((node) => (node === undefined ? [] : nodesOfKind(node, 'column')));
    return names.some(
      ({ table, name }) =>
        table === undefined &&
        aliases.has(columnKey(name)) &&
        members.some(({ draft }) => columnSchema(draft, name) !== undefined),
    );
  }
}
