/**
 * Conditions of a block that its tables can be filtered by before their rows are gathered. The remainder keeps all of them: this only spares
 * rows that cannot matter.
 */
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock } from '../../sql/ast/query.ts';
import type { Join, TableReference } from '../../sql/ast/table.ts';
import { conjunctsOf } from '../analysis/predicates.ts';
import { isPure, rejectsNull } from './pure-expression.ts';
import { type BlockScope, type NamedSource, onlyTable, tableOf } from './sources.ts';
import type { TableDraft } from './table-input.ts';

/** The sources of each entry of FROM, by its node. */
export type SourcesByNode = ReadonlyMap<TableReference, NamedSource>;

/** A condition and the tables that it may filter. */
type Filter = Readonly<{ expression: Expression; tables: ReadonlySet<TableDraft> }>;

/** Tells the tables of a block which conditions their rows fulfil, and by which columns they are compared. */
export function applyConditions(block: QueryBlock, scope: BlockScope, byNode: SourcesByNode): void {
  const filters: Filter[] = [];
  const inner = block.from.map((reference) => reach(reference, byNode, filters, scope));
  const required = new Set(inner.flatMap((each) => [...each.required]));
  const all = new Set(inner.flatMap((each) => [...each.all]));
  for (const expression of conjunctsOf(block.where))
    filters.push({ expression, tables: rejectsNull(expression) ? all : required });
  for (const { expression, tables } of filters) {
    compare(expression, scope);
    if (!isPure(expression, (name) => tableOf(scope, name)?.draft.schema)) continue;
    const table = onlyTable(expression, scope);
    if (table !== undefined && tables.has(table)) table.conditions.push(expression);
  }
}

type Reach = Readonly<{ all: readonly TableDraft[]; required: readonly TableDraft[] }>;

/** The tables of a reference, and those of them of which each of its rows has one; collects the conditions of its joins. */
function reach(
  reference: TableReference,
  byNode: SourcesByNode,
  filters: Filter[],
  scope: BlockScope,
): Reach {
  switch (reference.kind) {
    case 'table':
    case 'derivedTable':
    case 'jsonTable': {
      const draft = byNode.get(reference)?.draft;
      const own = draft === undefined ? [] : [draft];
      return { all: own, required: own };
    }
    case 'tableList': {
      const parts = reference.tables.map((table) => reach(table, byNode, filters, scope));
      return {
        all: parts.flatMap((part) => part.all),
        required: parts.flatMap((part) => part.required),
      };
    }
    case 'odbcJoin':
      return reach(reference.table, byNode, filters, scope);
    case 'join':
      return joined(reference, byNode, filters, scope);
    case 'dual':
      return { all: [], required: [] };
  }
}

function joined(join: Join, byNode: SourcesByNode, filters: Filter[], scope: BlockScope): Reach {
  const left = reach(join.left, byNode, filters, scope);
  const right = reach(join.right, byNode, filters, scope);
  const { type, on } = join;
  const restricted =
    type === 'left'
      ? right.required
      : type === 'right'
        ? left.required
        : [...left.required, ...right.required];
  for (const expression of conjunctsOf(on)) filters.push({ expression, tables: new Set(restricted) });
  const required =
    type === 'left'
      ? left.required
      : type === 'right'
        ? right.required
        : [...left.required, ...right.required];
  for (const { text } of join.using ?? []) {
    const [a, b] = [left.all, right.all].map((side) => side.filter((draft) => hasColumn(draft, text)));
    for (const one of a!) for (const other of b!) compareBoth(one, text, other, text);
  }
  return { all: [...left.all, ...right.all], required };
}

const hasColumn = ({ schema }: TableDraft, name: string): boolean =>
  schema.columns.some((column) => column.name.toLowerCase() === name.toLowerCase());

/** Notes equal columns of two tables, also of one in a query around. */
function compare(expression: Expression, scope: BlockScope): void {
  if (expression.kind === 'logical') {
    for (const operand of expression.operands) compare(operand, scope);
    return;
  }
  if (expression.kind !== 'comparison' || expression.operator !== '=') return;
  const { left, right } = expression;
  const pairs: (readonly [Expression, Expression])[] =
    left.kind === 'row' && right.kind === 'row' && left.items.length === right.items.length
      ? left.items.map((item, at) => [item, right.items[at]!] as const)
      : [[left, right]];
  for (const [one, other] of pairs) {
    const a = one.kind === 'column' ? tableOf(scope, one) : undefined;
    const b = other.kind === 'column' ? tableOf(scope, other) : undefined;
    if (a !== undefined && b !== undefined) compareBoth(a.draft, a.column, b.draft, b.column);
    // Something computed, and the columns of derived tables, are looked up too.
    else if (a !== undefined && other.kind === 'column') note(a.draft, a.column, other);
    else if (b !== undefined && one.kind === 'column') note(b.draft, b.column, one);
  }
}

function compareBoth(a: TableDraft, columnA: string, b: TableDraft, columnB: string): void {
  if (a === b) return;
  note(a, columnA, b);
  note(b, columnB, a);
}

export function note({ compared, schema }: TableDraft, column: string, other: object): void {
  const own = schema.columns.find(({ name }) => name.toLowerCase() === column.toLowerCase());
  if (own === undefined) return;
  const names = compared.get(other) ?? new Set();
  compared.set(other, names.add(own.name));
}
