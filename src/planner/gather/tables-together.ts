/** Which tables of a FROM are joined on the shards: see `JoinedDraft` for the rule. */
import { columnKey } from '../../schema/schema.ts';
import type { Comparison, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import type { Join, TableReference } from '../../sql/ast/table.ts';
import { type AnyNode, nodesOfKind } from '../../sql/ast/walk.ts';
import { isExact, routingKey, sameFunction } from '../analysis/keys.ts';
import { sameEquality } from '../analysis/same-equality.ts';
import { columnsIn } from '../analysis/subqueries.ts';
import { Classes } from '../analysis/table-use.ts';
import {
  type RestrictedCondition,
  requiredSources,
  restrictedConditions,
  type SourcesByNode,
} from './conditions.ts';
import { type JoinedDraft, type JoinedMember, useColumn } from './joined-draft.ts';
import { isPure } from './pure-expression.ts';
import type { SourceText } from './source-text.ts';
import {
  type BlockScope,
  columnOf,
  type DraftColumn,
  type FoundColumn,
  type NamedSource,
} from './sources.ts';
import { columnSchema, type TableDraft } from './table-draft.ts';
import { costOf, neededColumns } from './table-input.ts';

/** What is known of a block before its text is written. */
export type JoinableBlock = Readonly<{
  block: QueryBlock;
  query: QueryExpression;
  scope: BlockScope;
  byNode: SourcesByNode;
  source: SourceText;
}>;

/** A row of a table that is looked up is repeated for each of the rows that name it: so many bytes, about, may that be. */
const REPEATED_BYTES_MAX = 256;

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
    for (const joined of new Islander(input, named, conditions).joined()) {
      for (const { draft } of joined.members) draft.joined = joined;
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

class Islander {
  readonly #input: JoinableBlock;
  readonly #named: readonly NamedSource[];
  readonly #equal = new Classes<string>();
  /** Columns that a condition names as equal, by their names. */
  readonly #direct = new Set<string>();
  readonly #columns = new Map<string, DraftColumn>();

  constructor(
    input: JoinableBlock,
    named: readonly NamedSource[],
    conditions: readonly RestrictedCondition[],
  ) {
    this.#input = input;
    this.#named = named;
    for (const { expression, restricted } of conditions)
      if (expression.kind === 'comparison' && expression.operator === '=')
        this.#equate(expression, restricted);
  }

  joined(): JoinedDraft[] {
    const left = new Set(this.#named.map(({ draft }) => draft!));
    const all: JoinedDraft[] = [];
    while (left.size > 1) {
      const grown = [...left].map((fact) => this.#grown(fact, left));
      const best = grown.reduce((a, b) => (this.#score(b) > this.#score(a) ? b : a));
      if (best.length === 1) break;
      for (const { draft } of best) left.delete(draft);
      const joined = this.#draftOf(best);
      if (!this.#isRenamed(joined)) all.push(joined);
    }
    return all;
  }

  #equate({ left, right }: Comparison, restricted: ReadonlySet<NamedSource>): void {
    const { scope } = this.#input;
    const [a, b] = [left, right].map((side) => (side.kind === 'column' ? columnOf(scope, side) : undefined));
    if (a === undefined || b === undefined || a.draft === b.draft) return;
    const isOwn = (found: FoundColumn): boolean =>
      found.depth === 0 &&
      isDirect(found) &&
      restricted.has(found.named) &&
      this.#named.includes(found.named);
    if (!isOwn(a) || !isOwn(b) || !sameEquality(schemaOf(a)!, schemaOf(b)!)) return;
    const [one, other] = [this.#key(a), this.#key(b)];
    this.#equal.join(one, other);
    this.#direct.add(`${one} ${other}`).add(`${other} ${one}`);
  }

  #key({ draft, column }: DraftColumn): string {
    const { name } = columnSchema(draft, column)!;
    const key = `${draft.temporary}.${name}`;
    this.#columns.set(key, { draft, column: name });
    return key;
  }

  /** What can be looked up along a table, and along what has been looked up. */
  #grown(fact: TableDraft, left: ReadonlySet<TableDraft>): JoinedMember[] {
    const members: JoinedMember[] = [{ draft: fact, on: [] }];
    for (let grew = true; grew; ) {
      grew = false;
      for (const draft of left) {
        if (members.some((member) => member.draft === draft)) continue;
        const on = this.#lookup(draft, members);
        if (on === undefined) continue;
        members.push({ draft, on });
        grew = true;
      }
    }
    return members;
  }

  /** The columns by which a table's rows are found, one at most for each row of the members. */
  #lookup(draft: TableDraft, members: readonly JoinedMember[]): JoinedMember['on'] | undefined {
    if (members.some((member) => member.draft.table.keyspace !== draft.table.keyspace)) return undefined;
    const width = neededColumns(draft).reduce((sum, column) => sum + costOf(column), 0);
    if (width > REPEATED_BYTES_MAX) return undefined;
    const placed = this.#placed(draft, members);
    if (placed === undefined) return undefined;
    for (const { unique, columns } of draft.schema.keys) {
      const found = unique ? this.#pairs(draft, columns, members) : undefined;
      if (found !== undefined) return [...found, ...placed.filter(([own]) => !columns.includes(own.column))];
    }
    return undefined;
  }

  /** The columns that bring a table's rows to the members' shards; undefined where they are not certain to be there. */
  #placed(draft: TableDraft, members: readonly JoinedMember[]): JoinedMember['on'] | undefined {
    if (draft.table.kind !== 'sharded') return [];
    const key = routingKey(draft.table, draft.schema);
    if (key === undefined || !isExact(key)) return undefined;
    for (const { draft: other } of members) {
      const otherKey = other.table.kind === 'sharded' ? routingKey(other.table, other.schema) : undefined;
      if (otherKey === undefined || !sameFunction(key, otherKey) || !isExact(otherKey)) continue;
      if (key.columns.length !== otherKey.columns.length) continue;
      const pairs = key.columns.map(
        ({ name }, at) =>
          [
            { draft, column: name },
            { draft: other, column: otherKey.columns[at]!.name },
          ] as const,
      );
      if (pairs.every(([a, b]) => this.#areEqual(a, b))) return pairs;
    }
    return undefined;
  }

  #pairs(
    draft: TableDraft,
    columns: readonly (string | undefined)[],
    members: readonly JoinedMember[],
  ): JoinedMember['on'] | undefined {
    const pairs: (readonly [DraftColumn, DraftColumn])[] = [];
    for (const column of columns) {
      if (column === undefined) return undefined;
      const own = { draft, column };
      const partners = [...this.#columns.values()].filter(
        (other) => members.some((member) => member.draft === other.draft) && this.#areEqual(own, other),
      );
      const partner = partners.find((other) => this.#isDirect(own, other)) ?? partners[0];
      if (partner === undefined) return undefined;
      pairs.push([own, partner]);
    }
    return pairs;
  }

  #areEqual(a: DraftColumn, b: DraftColumn): boolean {
    return this.#equal.of(this.#key(a)) === this.#equal.of(this.#key(b));
  }

  #isDirect(a: DraftColumn, b: DraftColumn): boolean {
    return this.#direct.has(`${this.#key(a)} ${this.#key(b)}`);
  }

  /** Many tables, and of as many those whose conditions say so themselves. */
  #score(members: readonly JoinedMember[]): number {
    const pairs = members.flatMap(({ on }) => on);
    const direct = pairs.filter(([a, b]) => this.#isDirect(a, b)).length;
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
