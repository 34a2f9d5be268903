/**
 * Which inputs are gathered first, so that what came of them can leave rows out of others: of `o.c_id = c.id` only the orders of customers
 * that are there can matter. Values go as a list of integers into the text that the shards get.
 */
import type { ColumnSchema } from '../../schema/schema.ts';
import type { QueryExpression } from '../../sql/ast/query.ts';
import { integerTypes } from '../analysis/predicates.ts';
import { isCombined, isRefusal, type QueryPlan } from '../plan.ts';
import { TemplateBuilder } from '../template.ts';
import type { GatherInput } from './gather-plan.ts';
import type { InputDraft } from './joined-draft.ts';
import type { DraftColumn } from './sources.ts';
import { columnSchema, type TableDraft, type TableFilter } from './table-draft.ts';

/** Rows of `inside` count only where they are equal to the other one. */
export type Bond = Readonly<{ inside: DraftColumn; outside: DraftColumn }>;

/** Of an input: the column is only of use with a value that `outside` has. */
export type DraftReduction = Readonly<{ inside: DraftColumn; outside: DraftColumn }>;

/** The same with the position of the input, and of its column. */
export type NamedReduction = DraftColumn & Readonly<{ from: number; fromColumn: number }>;

export type OrderedDraft = Readonly<{ input: InputDraft; reductions: readonly DraftReduction[] }>;

/** Tables may name each other in a circle. */
const LEVELS_MAX = 3;
/** More lists say little more. */
const REDUCTIONS_MAX = 3;

/** The inputs in an order in which each comes behind those that reduce it. */
export function orderedByReductions(inputs: readonly InputDraft[], bonds: readonly Bond[]): OrderedDraft[] {
  const owners = new Map(inputs.flatMap((input) => input.drafts.map((draft) => [draft, input] as const)));
  const usable = bonds.filter((bond) => isUsable(bond, owners));
  const levels = levelsOf(usable, owners);
  const left = [...inputs];
  const ordered: OrderedDraft[] = [];
  // What a condition or a list makes few: the values of a whole table leave nothing out.
  const few = new Set<TableDraft>();
  while (left.length > 0) {
    const reductions = new Map(left.map((input) => [input, reductionsOf(input, usable, few)]));
    const rankOf = (input: InputDraft): number =>
      rank(input, reductions.get(input)!) + (levels.get(input) ?? 0) / 4;
    const next = left.reduce((best, input) => (rankOf(input) > rankOf(best) ? input : best));
    left.splice(left.indexOf(next), 1);
    const takesLists = next.drafts.every(({ locking, whole }) => locking.length === 0 && whole === undefined);
    const own = takesLists ? reductions.get(next)! : [];
    ordered.push({ input: next, reductions: own });
    const isFew = own.length > 0 || next.drafts.some(({ filters, whole }) => filters.length > 0 || whole);
    if (isFew) for (const draft of next.drafts) few.add(draft);
  }
  return ordered;
}

/** Plans the inputs in that order, each told of those before it. */
export function reducedInputs(
  drafts: readonly InputDraft[],
  bonds: readonly Bond[],
  inputOf: (draft: InputDraft, reductions: readonly NamedReduction[]) => GatherInput,
): Map<GatherInput, InputDraft> {
  const inputs = new Map<GatherInput, InputDraft>();
  const places = new Map<TableDraft, Readonly<{ at: number; input: GatherInput }>>();
  const ordered = orderedByReductions(drafts, bonds);
  if (ordered.every(({ reductions }) => reductions.length === 0))
    return new Map(drafts.map((draft) => [inputOf(draft, []), draft]));
  for (const { input: own, reductions } of ordered) {
    const named = reductions.flatMap(({ inside, outside }): NamedReduction[] => {
      const { at, input } = places.get(outside.draft)!;
      const fromColumn = input.columns.findIndex(({ name }) => name === loadedName(outside));
      const { name } = columnSchema(inside.draft, inside.column)!;
      return fromColumn < 0 ? [] : [{ draft: inside.draft, column: name, from: at, fromColumn }];
    });
    const input = inputOf(own, named);
    for (const draft of own.drafts) places.set(draft, { at: inputs.size, input });
    inputs.set(input, own);
  }
  return inputs;
}

/** A column's name in the temporary table. */
function loadedName({ draft, column }: DraftColumn): string | undefined {
  const { name } = columnSchema(draft, column)!;
  return draft.joined === undefined ? name : draft.joined.used.get(draft)?.get(name);
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

type Owners = ReadonlyMap<TableDraft, InputDraft>;

/** Integers are written in one way, and compared as what they are. */
function isUsable({ inside, outside }: Bond, owners: Owners): boolean {
  const columns = [inside, outside].map(({ draft, column }) => columnSchema(draft, column));
  return (
    owners.get(inside.draft) !== owners.get(outside.draft) &&
    columns.every((column) => column !== undefined && integerTypes.has(column.dataType))
  );
}

function reductionsOf(
  { drafts }: InputDraft,
  bonds: readonly Bond[],
  few: ReadonlySet<TableDraft>,
): readonly DraftReduction[] {
  const found = new Map<string, DraftReduction>();
  for (const { inside, outside } of bonds) {
    if (!drafts.includes(inside.draft) || !few.has(outside.draft)) continue;
    const { name } = columnSchema(inside.draft, inside.column)!;
    const key = `${inside.draft.temporary}.${name}`;
    // One list for a column: another one would say nearly the same.
    if (!found.has(key)) found.set(key, { inside, outside });
  }
  return [...found.values()].slice(0, REDUCTIONS_MAX);
}

/** How many steps from key to key an input is away from one that names others' rows: the further, the fewer rows it has, mostly. */
function levelsOf(bonds: readonly Bond[], owners: Owners): ReadonlyMap<InputDraft, number> {
  const levels = new Map<InputDraft, number>();
  const named = bonds.filter(({ inside, outside }) => isKey(inside) && !isKey(outside));
  for (let step = 0; step < LEVELS_MAX; step++)
    for (const { inside, outside } of named) {
      const [own, other] = [owners.get(inside.draft)!, owners.get(outside.draft)!];
      const level = Math.min((levels.get(other) ?? 0) + 1, LEVELS_MAX);
      if (level > (levels.get(own) ?? 0)) levels.set(own, level);
    }
  return levels;
}

/** Whether each row of the input has another value there. */
function isKey({ draft, column }: DraftColumn): boolean {
  if (draft.joined !== undefined && draft.joined.members[0]!.draft !== draft) return false;
  const name = columnSchema(draft, column)?.name;
  return draft.schema.keys.some(
    ({ unique, columns }) => unique && columns.length === 1 && columns[0] === name,
  );
}

/** The more is known of an input's rows, the earlier it comes. A list of values says more than most conditions do. */
function rank({ drafts }: InputDraft, reductions: readonly DraftReduction[]): number {
  const known = drafts.reduce((sum, draft) => sum + knownOf(draft), 0);
  const listed = reductions.length === 0 ? 0 : 6 + 2 * reductions.length;
  // Tables that are on every shard are small.
  const isSmall = drafts.every(({ table }) => table.kind === 'reference');
  return known + listed + (known > 0 && isSmall ? 1 : 0);
}

function knownOf(draft: TableDraft): number {
  const { filters, whole } = draft;
  const ranges = filters.flatMap((filter) => (isRange(filter) ? [...new Set(filter.columns.values())] : []));
  // From here to there says more than two conditions by themselves.
  const bounded = ranges.length - new Set(ranges).size;
  const chosen = whole !== undefined && choosesRows(whole.inner.query) ? CHOSEN_WEIGHT : 0;
  return filters.reduce((sum, filter) => sum + weightOf(filter, draft), 0) + bounded + chosen;
}

/** Few of a query's groups come through HAVING, and few rows through LIMIT. */
const CHOSEN_WEIGHT = 3;

const choosesRows = ({ body, limit }: QueryExpression): boolean =>
  limit !== undefined || (body.kind === 'queryBlock' && body.having !== undefined);

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
