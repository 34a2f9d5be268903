/**
 * Conditions by which tables can be filtered before their rows are gathered. The remainder keeps all of them: this only spares rows that
 * cannot matter.
 */
import type { ColumnReference, Expression, Logical } from '../../sql/ast/expression.ts';
import type { QueryBlock } from '../../sql/ast/query.ts';
import type { Join, TableReference } from '../../sql/ast/table.ts';
import { conjunctsOf } from '../analysis/predicates.ts';
import { sameEquality } from '../analysis/same-equality.ts';
import { columnsIn } from '../analysis/subqueries.ts';
import { isPure, rejectsNull } from './pure-expression.ts';
import type { Bond } from './reductions.ts';
import type { SourceText } from './source-text.ts';
import {
  type BlockScope,
  columnOf,
  type DraftColumn,
  type FoundColumn,
  type NamedSource,
  sourceColumn,
} from './sources.ts';
import { columnSchema, noteCompared, type TableFilter } from './table-draft.ts';

/** The sources of each entry of FROM, by its node. */
export type SourcesByNode = ReadonlyMap<TableReference, NamedSource>;

type Reach = Readonly<{ all: readonly NamedSource[]; required: readonly NamedSource[] }>;

/** The entries of FROM of which each row of the block has one. */
export function requiredSources(block: QueryBlock, byNode: SourcesByNode): ReadonlySet<NamedSource> {
  const reaches = block.from.map((reference) => reach(reference, byNode, () => {}));
  return new Set(reaches.flatMap(({ required }) => required));
}

/** A condition of a block that all of the entries' rows which matter fulfil. */
export type RestrictedCondition = Readonly<{
  expression: Expression;
  restricted: ReadonlySet<NamedSource>;
}>;

/** Those of WHERE and of ON, but for what NATURAL and USING stand for. */
export function restrictedConditions(
  block: QueryBlock,
  byNode: SourcesByNode,
): readonly RestrictedCondition[] {
  const conditions: RestrictedCondition[] = [];
  const take = (expression: Expression | undefined, restricted: readonly NamedSource[]): void => {
    for (const each of conjunctsOf(expression))
      conditions.push({ expression: each, restricted: new Set(restricted) });
  };
  const onJoin: OnJoin = (join, _left, _right, restricted) => take(join.on, restricted);
  const reaches = block.from.map((reference) => reach(reference, byNode, onJoin));
  take(
    block.where,
    reaches.flatMap(({ required }) => required),
  );
  return conditions;
}

/** Gathers what the conditions of all blocks say; asked for the outcome at the end. */
export class Conditions {
  readonly #bonds: Bond[] = [];

  get bonds(): readonly Bond[] {
    return this.#bonds;
  }

  /** The conditions of a block. */
  block(block: QueryBlock, scope: BlockScope, byNode: SourcesByNode, source: SourceText): void {
    const take = (expression: Expression, sources: readonly NamedSource[]): void =>
      this.#take(expression, new Set(sources), scope, source);
    const onJoin: OnJoin = (join, left, right, restricted) => {
      for (const expression of conjunctsOf(join.on)) take(expression, restricted);
      const names = join.natural ? commonNames(left, right) : (join.using ?? []).map(({ text }) => text);
      for (const name of names) this.#equalNamed(name, left, right, new Set(restricted), scope);
    };
    const reaches = block.from.map((reference) => reach(reference, byNode, onJoin));
    const required = reaches.flatMap((each) => each.required);
    const all = reaches.flatMap((each) => each.all);
    for (const expression of conjunctsOf(block.where))
      take(expression, rejectsNull(expression) ? all : required);
  }

  /** `outside IN (SELECT inside …)` as a condition of a block. */
  member(inside: DraftColumn, outside: FoundColumn): void {
    noteCompared(inside.draft, inside.column, outside.draft);
    noteCompared(outside.draft, outside.column, inside.draft);
    this.#bonds.push({ inside, outside });
    if (outside.depth === 0) this.#bonds.push({ inside: outside, outside: inside });
  }

  /** What holds for one column holds for those that are equal to it. Call it last. */
  spread(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const bond of this.#bonds) if (spreadOver(bond)) changed = true;
    }
  }

  #take(
    expression: Expression,
    sources: ReadonlySet<NamedSource>,
    scope: BlockScope,
    source: SourceText,
  ): void {
    this.#equalities(expression, sources, scope);
    const own = ownCondition(expression, scope);
    if (own === undefined) {
      if (expression.kind === 'logical' && expression.operator === 'or')
        this.#alternatives(expression, sources, scope, source);
    } else if (sources.has(own.named)) {
      own.draft.filters.push({ expression, source, columns: own.columns });
    }
  }

  /** What each operand of an OR says: equal columns, and something of one table. */
  #alternatives(
    expression: Logical,
    sources: ReadonlySet<NamedSource>,
    scope: BlockScope,
    source: SourceText,
  ): void {
    const branches = expression.operands.map((operand) => conjunctsOf(operand));
    const [first, ...others] = branches;
    const sameIn = (branch: readonly Expression[], one: Expression): boolean =>
      branch.some((other) => isSameEquality(one, other, scope));
    for (const one of first!)
      if (others.every((branch) => sameIn(branch, one))) this.#equalities(one, sources, scope);
    const conditions = branches.map((branch) =>
      branch.flatMap((one) => {
        const own = ownCondition(one, scope);
        return own !== undefined && sources.has(own.named) ? [{ ...own, expression: one }] : [];
      }),
    );
    for (const draft of new Set(conditions[0]!.map((own) => own.draft))) {
      const alternatives = conditions.map((branch) => branch.filter((own) => own.draft === draft));
      if (alternatives.some((branch) => branch.length === 0)) continue;
      const columns = new Map(alternatives.flatMap((branch) => branch.flatMap((own) => [...own.columns])));
      draft.filters.push({
        expression,
        source,
        columns,
        alternatives: alternatives.map((branch) => branch.map((own) => own.expression)),
      });
    }
  }

  #equalities(expression: Expression, sources: ReadonlySet<NamedSource>, scope: BlockScope): void {
    if (expression.kind !== 'comparison' || expression.operator !== '=') return;
    const { left, right } = expression;
    const pairs: (readonly [Expression, Expression])[] =
      left.kind === 'row' && right.kind === 'row' && left.items.length === right.items.length
        ? left.items.map((item, at) => [item, right.items[at]!] as const)
        : [[left, right]];
    for (const [one, other] of pairs) {
      const a = one.kind === 'column' ? columnOf(scope, one) : undefined;
      const b = other.kind === 'column' ? columnOf(scope, other) : undefined;
      // Computed values, and the columns of derived tables, are looked up too.
      if (a !== undefined && b === undefined && other.kind === 'column')
        noteCompared(a.draft, a.column, other);
      if (b !== undefined && a === undefined && one.kind === 'column') noteCompared(b.draft, b.column, one);
      if (a !== undefined && b !== undefined) this.#equal(a, b, sources);
    }
  }

  #equal(a: FoundColumn, b: FoundColumn, sources: ReadonlySet<NamedSource>): void {
    if (a.draft === b.draft) return;
    noteCompared(a.draft, a.column, b.draft);
    noteCompared(b.draft, b.column, a.draft);
    if (a.depth === 0 && sources.has(a.named)) this.#bonds.push({ inside: a, outside: b });
    if (b.depth === 0 && sources.has(b.named)) this.#bonds.push({ inside: b, outside: a });
  }

  /** USING: certain where one entry on each side has the column. */
  #equalNamed(
    name: string,
    left: Reach,
    right: Reach,
    sources: ReadonlySet<NamedSource>,
    { isMerged }: BlockScope,
  ): void {
    const [a, b] = [left, right].map(({ all }) => {
      const having = all.filter((named) => positionOf(named, name) !== -1);
      return having.length === 1 || (having.length > 1 && isMerged(name))
        ? columnNamed(having[0]!, name)
        : undefined;
    });
    if (a !== undefined && b !== undefined) this.#equal(a, b, sources);
  }
}

/** A condition of one table alone, which can filter its rows. */
type OwnCondition = Readonly<{
  draft: FoundColumn['draft'];
  named: NamedSource;
  columns: ReadonlyMap<ColumnReference, string>;
}>;

function ownCondition(expression: Expression, scope: BlockScope): OwnCondition | undefined {
  const schemaOf = (name: ColumnReference) => {
    const found = columnOf(scope, name);
    return found === undefined ? undefined : columnSchema(found.draft, found.column);
  };
  if (!isPure(expression, schemaOf)) return undefined;
  const columns = new Map<ColumnReference, string>();
  let only: FoundColumn | undefined;
  for (const name of columnsIn(expression)) {
    const found = columnOf(scope, name);
    if (found === undefined || found.depth > 0 || (only !== undefined && only.draft !== found.draft))
      return undefined;
    only = found;
    columns.set(name, found.column);
  }
  return only === undefined ? undefined : { draft: only.draft, named: only.named, columns };
}

/** Whether two conditions say that the same two columns are equal. */
function isSameEquality(one: Expression, other: Expression, scope: BlockScope): boolean {
  const [a, b] = [one, other].map((expression) => {
    if (expression.kind !== 'comparison' || expression.operator !== '=') return [];
    const sides = [expression.left, expression.right];
    return sides.map((side) => (side.kind === 'column' ? columnOf(scope, side) : undefined));
  });
  const isSame = (x: FoundColumn | undefined, y: FoundColumn | undefined): boolean =>
    x !== undefined && y !== undefined && x.named === y.named && x.draft === y.draft && x.column === y.column;
  if (a!.length === 0 || b!.length === 0) return false;
  return (isSame(a![0], b![0]) && isSame(a![1], b![1])) || (isSame(a![0], b![1]) && isSame(a![1], b![0]));
}

/** The columns by which NATURAL joins; none where they are not all known. */
function commonNames(left: Reach, right: Reach): string[] {
  const sources = [...left.all, ...right.all];
  if (sources.some(({ source }) => source.columns === undefined)) return [];
  const namesIn = ({ all }: Reach): string[] =>
    all.flatMap(({ source }) => source.columns!.filter(({ hidden }) => !hidden).map(({ name }) => name));
  const own = new Set(namesIn(left).map((name) => name.toLowerCase()));
  return [...new Set(namesIn(right))].filter((name) => own.has(name.toLowerCase()));
}

/** The position of a column; -1 for none, -2 where the columns are not known. */
function positionOf({ source }: NamedSource, name: string): number {
  const wanted = name.toLowerCase();
  return source.columns?.findIndex((column) => column.name.toLowerCase() === wanted) ?? -2;
}

function columnNamed(named: NamedSource, name: string): FoundColumn | undefined {
  const at = positionOf(named, name);
  if (at < 0) return undefined;
  const column = sourceColumn(named, at);
  return column === undefined ? undefined : { ...column, depth: 0 };
}

/** More than one way round a circle of equal columns brings nothing new. */
const FILTERS_MAX = 20;

function spreadOver({ inside, outside }: Bond): boolean {
  const [own, other] = [
    columnSchema(inside.draft, inside.column),
    columnSchema(outside.draft, outside.column),
  ];
  if (own === undefined || other === undefined || !sameEquality(own, other)) return false;
  let changed = false;
  for (const filter of outside.draft.filters) {
    const { filters } = inside.draft;
    const names = [...filter.columns.values()];
    const isOfColumn = names.every((name) => name.toLowerCase() === outside.column.toLowerCase());
    const isKnown = filters.some(
      ({ expression, columns }) =>
        expression === filter.expression &&
        [...columns.values()][0]!.toLowerCase() === own.name.toLowerCase(),
    );
    if (!isOfColumn || isKnown || filters.length >= FILTERS_MAX) continue;
    const columns = new Map([...filter.columns.keys()].map((name) => [name, own.name]));
    const moved: TableFilter = { ...filter, columns };
    filters.push(moved);
    changed = true;
  }
  return changed;
}

/** What a join adds, with the entries of FROM whose rows its condition restricts. */
type OnJoin = (join: Join, left: Reach, right: Reach, restricted: readonly NamedSource[]) => void;

/** The entries of a reference, and those of them of which each of its rows has one. */
function reach(reference: TableReference, byNode: SourcesByNode, onJoin: OnJoin): Reach {
  switch (reference.kind) {
    case 'table':
    case 'derivedTable':
    case 'jsonTable': {
      const own = [byNode.get(reference)!];
      return { all: own, required: own };
    }
    case 'tableList': {
      const parts = reference.tables.map((table) => reach(table, byNode, onJoin));
      return {
        all: parts.flatMap((part) => part.all),
        required: parts.flatMap((part) => part.required),
      };
    }
    case 'odbcJoin':
      return reach(reference.table, byNode, onJoin);
    case 'join': {
      const left = reach(reference.left, byNode, onJoin);
      const right = reach(reference.right, byNode, onJoin);
      const { type } = reference;
      const both = [...left.required, ...right.required];
      onJoin(
        reference,
        left,
        right,
        type === 'left' ? right.required : type === 'right' ? left.required : both,
      );
      const required = type === 'left' ? left.required : type === 'right' ? right.required : both;
      return { all: [...left.all, ...right.all], required };
    }
    case 'dual':
      return { all: [], required: [] };
  }
}
