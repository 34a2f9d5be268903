/**
 * Which inputs are gathered first, so that what came of them can leave rows out of others: of `o.c_id = c.id` only the orders of customers
 * that are there can matter. Values go as a list of integers into the text that the shards get.
 */
import type { ColumnSchema } from '../../schema/schema.ts';
import { integerTypes } from '../analysis/predicates.ts';
import { isCombined, isRefusal, type QueryPlan } from '../plan.ts';
import { TemplateBuilder } from '../template.ts';
import type { GatherInput } from './gather-plan.ts';
import type { DraftColumn } from './sources.ts';
import { columnSchema, type TableDraft, type TableFilter } from './table-draft.ts';

/** Rows of `inside` count only where they are equal to the other one. */
export type Bond = Readonly<{ inside: DraftColumn; outside: DraftColumn }>;

/** Of an input: `column` is only of use with a value that `outside` has. */
export type DraftReduction = Readonly<{ column: string; outside: DraftColumn }>;

/** The same with the position of the input, and of its column. */
export type NamedReduction = Readonly<{ column: string; from: number; fromColumn: number }>;

export type OrderedDraft = Readonly<{ draft: TableDraft; reductions: readonly DraftReduction[] }>;

/** Tables may name each other in a circle. */
const LEVELS_MAX = 3;
/** More lists say little more. */
const REDUCTIONS_MAX = 3;

/** The drafts in an order in which each comes behind those that reduce it. */
export function orderedByReductions(drafts: readonly TableDraft[], bonds: readonly Bond[]): OrderedDraft[] {
  const usable = bonds.filter(isUsable);
  const levels = levelsOf(usable);
  const left = [...drafts];
  const ordered: OrderedDraft[] = [];
  // What a condition or a list makes few: the values of a whole table leave nothing out.
  const few = new Set<TableDraft>();
  while (left.length > 0) {
    const reductions = new Map(left.map((draft) => [draft, reductionsOf(draft, usable, few)]));
    const rankOf = (draft: TableDraft): number =>
      rank(draft, reductions.get(draft)!) + (levels.get(draft) ?? 0) / 4;
    const next = left.reduce((best, draft) => (rankOf(draft) > rankOf(best) ? draft : best));
    left.splice(left.indexOf(next), 1);
    const own = next.locking.length === 0 && next.whole === undefined ? reductions.get(next)! : [];
    ordered.push({ draft: next, reductions: own });
    if (next.filters.length > 0 || own.length > 0 || next.whole !== undefined) few.add(next);
  }
  return ordered;
}

/** Plans the inputs in that order, each told of those before it. */
export function reducedInputs(
  drafts: readonly TableDraft[],
  bonds: readonly Bond[],
  inputOf: (draft: TableDraft, reductions: readonly NamedReduction[]) => GatherInput,
): Map<GatherInput, TableDraft> {
  const inputs = new Map<GatherInput, TableDraft>();
  const places = new Map<TableDraft, Readonly<{ at: number; input: GatherInput }>>();
  const ordered = orderedByReductions(drafts, bonds);
  if (ordered.every(({ reductions }) => reductions.length === 0))
    return new Map(drafts.map((draft) => [inputOf(draft, []), draft]));
  for (const { draft, reductions } of ordered) {
    const named = reductions.map(({ column, outside }): NamedReduction => {
      const { at, input } = places.get(outside.draft)!;
      const { name } = columnSchema(outside.draft, outside.column)!;
      return { column, from: at, fromColumn: input.columns.findIndex((one) => one.name === name) };
    });
    const input = inputOf(draft, named);
    places.set(draft, { at: inputs.size, input });
    inputs.set(input, draft);
  }
  return inputs;
}

/** The text of an input with the lists behind it. It ends with its conditions. */
export function withReductions(plan: QueryPlan, columns: readonly string[]): QueryPlan {
  if (columns.length === 0) return plan;
  const behind = new TemplateBuilder(Buffer.alloc(0), undefined, [], []);
  for (const [index, column] of columns.entries()) behind.reduction(index, ` AND ${column} IN (`, ')');
  const pieces = behind.build();
  const { text, scatter } = plan;
  if (text === undefined || isRefusal(scatter) || isCombined(scatter)) return plan;
  return Object.freeze({
    ...plan,
    text: Object.freeze([...text, ...pieces]),
    scatter: Object.freeze({ ...scatter, text: Object.freeze([...scatter.text, ...pieces]) }),
  });
}

/** Integers are written in one way, and compared as what they are. */
function isUsable({ inside, outside }: Bond): boolean {
  const columns = [inside, outside].map(({ draft, column }) => columnSchema(draft, column));
  return (
    inside.draft !== outside.draft &&
    columns.every((column) => column !== undefined && integerTypes.has(column.dataType))
  );
}

function reductionsOf(
  draft: TableDraft,
  bonds: readonly Bond[],
  few: ReadonlySet<TableDraft>,
): readonly DraftReduction[] {
  const found = new Map<string, DraftReduction>();
  for (const { inside, outside } of bonds) {
    if (inside.draft !== draft || !few.has(outside.draft)) continue;
    const { name } = columnSchema(draft, inside.column)!;
    // One list for a column: another one would say nearly the same.
    if (!found.has(name)) found.set(name, { column: name, outside });
  }
  return [...found.values()].slice(0, REDUCTIONS_MAX);
}

/** How many steps from key to key a table is away from one that names others' rows: the further, the fewer rows it has, mostly. */
function levelsOf(bonds: readonly Bond[]): ReadonlyMap<TableDraft, number> {
  const levels = new Map<TableDraft, number>();
  const named = bonds.filter(({ inside, outside }) => isKey(inside) && !isKey(outside));
  for (let step = 0; step < LEVELS_MAX; step++)
    for (const { inside, outside } of named) {
      const level = Math.min((levels.get(outside.draft) ?? 0) + 1, LEVELS_MAX);
      if (level > (levels.get(inside.draft) ?? 0)) levels.set(inside.draft, level);
    }
  return levels;
}

function isKey({ draft, column }: DraftColumn): boolean {
  const name = columnSchema(draft, column)?.name;
  return draft.schema.keys.some(
    ({ unique, columns }) => unique && columns.length === 1 && columns[0] === name,
  );
}

/** The more is known of a table's rows, the earlier it comes. A list of values says more than most conditions do. */
function rank(draft: TableDraft, reductions: readonly DraftReduction[]): number {
  const { filters, table } = draft;
  const ranges = filters.flatMap((filter) => (isRange(filter) ? [...new Set(filter.columns.values())] : []));
  // From here to there says more than two conditions by themselves.
  const bounded = ranges.length - new Set(ranges).size;
  const known = filters.reduce((sum, filter) => sum + weightOf(filter, draft), 0) + bounded;
  const listed = reductions.length === 0 ? 0 : 6 + 2 * reductions.length;
  // Tables that are on every shard are small.
  return known + listed + (known > 0 && table.kind === 'reference' ? 1 : 0);
}

const isRange = ({ expression, alternatives }: TableFilter): boolean =>
  alternatives === undefined && expression.kind === 'comparison' && /^[<>]=?$/.test(expression.operator);

function weightOf({ expression, columns, alternatives }: TableFilter, draft: TableDraft): number {
  if (alternatives !== undefined)
    return alternatives.every((all) => all.some((one) => one.kind === 'comparison' && one.operator === '='))
      ? 3
      : 1;
  if (expression.kind === 'inList') return 3;
  if (expression.kind !== 'comparison' || expression.operator !== '=') return 1;
  const [column] = columns.values();
  return column !== undefined && isFlag(columnSchema(draft, column)) ? 2 : 4;
}

/** A column of few different values. */
const isFlag = (column: ColumnSchema | undefined): boolean =>
  column !== undefined &&
  (/^(?:enum|set|bit|tinyint)$/.test(column.dataType) ||
    (column.dataType === 'char' && (column.length ?? 0) <= 2));
