/**
 * A query that becomes one input as a whole, seen as a table: conditions from around it reach the columns that it gives out as its tables have
 * them, and go into its WHERE.
 */
import type { ColumnSchema } from '../../schema/schema.ts';
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression, SelectItem } from '../../sql/ast/query.ts';
import type { TableName, TableReference } from '../../sql/ast/table.ts';
import type { TableVSchema } from '../../vschema/vschema.ts';
import { isOfSeveral, resolveColumn, type Scope } from '../analysis/scope.ts';
import type { Source } from '../analysis/table-use.ts';
import { type CommonScope, commonScope } from './common-tables.ts';
import { requiredSources } from './conditions.ts';
import type { GatherInput } from './gather-plan.ts';
import { mappedPlan } from './map-plan.ts';
import { NestedText } from './nested-text.ts';
import { takesRowsAlone } from './passed-columns.ts';
import type { PlanNested } from './plan-nested.ts';
import { flattened, type NamesInput, sourceOf } from './source-names.ts';
import type { NamedSource } from './sources.ts';
import type { TableDraft } from './table-draft.ts';
import { keysOf, writeExpression } from './table-input.ts';
import type { InnerQuery } from './whole-query.ts';

/** The query behind a draft, with the entries of its select list that are columns which conditions can go to, by their titles. */
export type WholeQuery = Readonly<{
  inner: InnerQuery;
  input: GatherInput;
  items: ReadonlyMap<string, ColumnReference>;
}>;

/** The input as a draft; `input` is what it is without conditions. */
export function wholeDraft(inner: InnerQuery, input: GatherInput, names: NamesInput): TableDraft {
  const columns: ColumnSchema[] = [];
  const items = new Map<string, ColumnReference>();
  for (const [at, found] of passedItems(inner, names).entries()) {
    const title = input.columns[at]?.name;
    if (found === undefined || title === undefined) continue;
    columns.push({ ...found.column, name: title });
    items.set(title, found.item);
  }
  const table: TableVSchema = {
    keyspace: input.plan.keyspace,
    name: input.table,
    kind: 'sharded',
    columnVindexes: [],
    columns: [],
    columnListAuthoritative: false,
  };
  return {
    source: inner.source,
    node: noNode,
    temporary: input.table,
    alias: input.table,
    table,
    schema: { name: input.table, kind: 'table', columns, keys: [], definition: undefined },
    names: new Set(),
    keepsAll: true,
    filters: [],
    computed: [],
    compared: new Map(),
    locking: [],
    whole: { inner, input, items },
    joined: undefined,
  };
}

/** A whole query has no name in the text. */
const noNode: TableName = {
  kind: 'table',
  start: 0,
  end: 0,
  schema: undefined,
  name: '',
  nameStart: 0,
  nameEnd: 0,
  partitions: [],
  alias: undefined,
  indexHints: [],
  sample: undefined,
};

/** The input with the conditions that its draft has come by. */
export function filteredWhole(
  draft: TableDraft,
  { inner, input, items }: WholeQuery,
  plan: PlanNested,
): GatherInput {
  const keyed = { ...input, keys: keysOf(draft, input.columns) };
  const { query, source } = inner;
  const { body } = query;
  if (draft.filters.length === 0 || body.kind !== 'queryBlock') return Object.freeze(keyed);
  const text = new NestedText(plan.hasSlots);
  const { where } = body;
  const from = body.from.at(-1)!.end;
  if (where === undefined) text.copy(source, query.start, from).sql(' WHERE TRUE');
  else text.copy(source, query.start, where.start).sql('(').copy(source, where.start, where.end).sql(')');
  for (const filter of draft.filters) {
    text.sql(' AND (');
    writeExpression(text, filter, (to, title) => {
      const { start, end } = items.get(title)!;
      to.copy(source, start, end);
    });
    text.sql(')');
  }
  text.copy(source, where?.end ?? from, query.end);
  const merged = plan.merged(text.text, text.literals);
  if (merged === undefined) return Object.freeze(keyed);
  return Object.freeze({ ...keyed, plan: mappedPlan(merged, text.template(), text.map) });
}

type PassedItem = Readonly<{ item: ColumnReference; column: ColumnSchema }>;

/** The entries of the select list that are tables' columns, of rows that can be left out before the query looks at them. */
function passedItems({ query, common }: InnerQuery, names: NamesInput): readonly (PassedItem | undefined)[] {
  const { body } = query;
  if (body.kind !== 'queryBlock' || !takesRowsAlone(body, query)) return [];
  // Behind a * positions would have to be counted.
  if (body.items.some(({ kind }) => kind === 'selectStar')) return [];
  const scope = scopeIn(body, query, common, names);
  return body.items.map((item) => passedItem(item, body, scope));
}

type RequiredScope = Readonly<{ scope: Scope; required: ReadonlySet<Source> }>;

function scopeIn(
  body: QueryBlock,
  query: QueryExpression,
  around: CommonScope | undefined,
  names: NamesInput,
): RequiredScope {
  const common = query.with === undefined ? around : commonScope(query.with, around);
  const byNode = new Map<TableReference, NamedSource>();
  for (const reference of flattened(body.from)) {
    const source = sourceOf(reference, common, names);
    byNode.set(reference, { source, draft: undefined, passes: undefined, shown: source.name });
  }
  const required = new Set([...requiredSources(body, byNode)].map(({ source }) => source));
  return { scope: { sources: [...byNode.values()].map(({ source }) => source), outer: undefined }, required };
}

function passedItem(item: SelectItem, body: QueryBlock, within: RequiredScope): PassedItem | undefined {
  if (item.kind !== 'selectExpression' || item.expression.kind !== 'column') return undefined;
  const found = columnIn(item.expression, within);
  if (found === undefined) return undefined;
  const isGrouped =
    body.groupBy === undefined ||
    body.groupBy.items.some((group) => {
      const other = columnIn(group, within);
      return other?.source === found.source && other.column === found.column;
    });
  return isGrouped ? { item: item.expression, column: found.column } : undefined;
}

/** The column of a table that each row has. */
function columnIn(
  expression: Expression,
  { scope, required }: RequiredScope,
): { source: Source; column: ColumnSchema } | undefined {
  if (expression.kind !== 'column' || (expression.table === undefined && isOfSeveral(scope, expression.name)))
    return undefined;
  const found = resolveColumn(scope, expression);
  const column = found.kind === 'column' ? found.column.origin?.column : undefined;
  if (found.kind !== 'column' || column === undefined || !required.has(found.source)) return undefined;
  return { source: found.source, column };
}
