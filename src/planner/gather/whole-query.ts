/**
 * Queries within a statement that the shards can answer alone: one temporary table has all of their rows, instead of one for each of their
 * tables.
 */
import { columnKey } from '../../schema/schema.ts';
import type { QueryBlock, QueryBody, QueryExpression, SelectItem } from '../../sql/ast/query.ts';
import { type AnyNode, children, nodesOfKind } from '../../sql/ast/walk.ts';
import { computationIn, isAggregate } from '../analysis/locality.ts';
import { resolveColumn, type Scope } from '../analysis/scope.ts';
import { valueClass } from '../analysis/value-class.ts';
import { viewMode } from '../analysis/view-query.ts';
import { type CommonScope, commonScope, findDefinition } from './common-tables.ts';
import type { GatherInput } from './gather-plan.ts';
import { mappedPlan } from './map-plan.ts';
import { NestedText } from './nested-text.ts';
import type { PlanNested } from './plan-nested.ts';
import { columnsOf, flattened, meaningOf, type NamesInput, sourceOf } from './source-names.ts';
import type { SourceText } from './source-text.ts';

/** A query somewhere in a statement. */
export type InnerQuery = Readonly<{
  query: QueryExpression;
  source: SourceText;
  /** The definitions that it sees. */
  common: CommonScope | undefined;
  /** It stands in an expression, where the value of AVG has digits that a column has not. */
  isValue: boolean;
  /** There are queries around it whose columns it might name. */
  isWithin: boolean;
  /** Its columns stay what they are, under their tables' names. */
  isComputed: boolean;
}>;

/** The input that has its rows; undefined where it is not certain that there can be one, or it would be no better. */
export function wholeInput(
  inner: InnerQuery,
  temporary: string,
  names: NamesInput,
  plan: PlanNested,
): GatherInput | undefined {
  const { query, source, common, isWithin, isComputed } = inner;
  // A view's text is read in another way than the client's.
  if (source.mode === viewMode || source.hasVersionComment) return undefined;
  if (!pays(query.body, query) || namesDefinitions(query, common)) return undefined;
  if (isWithin && !isSelfContained(query, common, undefined, names)) return undefined;
  if (inner.isValue && nodesOfKind(query, 'call').some(({ name, builtin }) => builtin && name === 'avg'))
    return undefined;
  // A stored function is in one keyspace.
  if (nodesOfKind(query, 'call').some(({ builtin }) => !builtin)) return undefined;
  if (query.locking.length > 0 || query.into !== undefined || hasUntold(query, common, names))
    return undefined;
  // Whether EXISTS can be NULL is told by what it is of.
  if (inner.isValue && query.body.kind === 'setOperation') return undefined;
  if (!keepsCollations(query.body, commonOf(query, common), names)) return undefined;
  const titles = titlesOf(
    query.body,
    columnsOf(query, common, names)?.map(({ name }) => name),
    source,
  );
  if (titles === undefined || new Set(titles.map(columnKey)).size < titles.length) return undefined;
  const text = new NestedText(plan.hasSlots).copy(source, query.start, query.end);
  const merged = plan.merged(text.text, text.literals);
  if (merged === undefined) return undefined;
  return Object.freeze({
    table: temporary,
    label: labelOf(query),
    plan: mappedPlan(merged, text.template(), text.map),
    columns: titles.map((name) => ({ name, type: undefined })),
    keys: [],
    reductions: [],
    origin: undefined,
    ...(isComputed ? { isComputed } : {}),
  });
}

/** By its tables: its text has literals, which differ from one execution to the next. */
const labelOf = (query: QueryExpression): string =>
  `a query of ${[...new Set(nodesOfKind(query, 'table').map(({ name }) => name))].join(', ')}`;

/** Whether its rows are likely fewer or less work than those of its tables: a single table is better filtered by what stands around it. */
function pays(body: QueryBody, query: QueryExpression): boolean {
  switch (body.kind) {
    case 'queryBlock': {
      const { from, groupBy, options, items, where } = body;
      const parts = flattened(from);
      if (parts.length === 0) return false;
      if (parts.length > 1 || groupBy !== undefined || options.distinct || query.limit !== undefined)
        return true;
      const values = items.flatMap((item) => (item.kind === 'selectExpression' ? [item.expression] : []));
      if (values.some((value) => computationIn(value).aggregate || computationIn(value).window)) return true;
      if (where !== undefined && computationIn(where).subquery) return true;
      const [only] = parts;
      return only?.kind === 'derivedTable' && pays(only.query.body, only.query);
    }
    case 'nestedQuery':
      return pays(body.query.body, body.query);
    case 'setOperation':
      return true;
    case 'values':
    case 'tableBody':
      return false;
  }
}

/** Whether MySQL may read a derived table without making all its rows first. */
export function isMergeable({ body, limit }: QueryExpression): boolean {
  if (body.kind !== 'queryBlock' || limit !== undefined) return false;
  const { groupBy, having, options, items } = body;
  if (groupBy !== undefined || having !== undefined || options.distinct) return false;
  const values = items.flatMap((item) => (item.kind === 'selectExpression' ? [item.expression] : []));
  return !values.some((value) => computationIn(value).aggregate || computationIn(value).window);
}

const commonOf = (query: QueryExpression, around: CommonScope | undefined): CommonScope | undefined =>
  query.with === undefined ? around : commonScope(query.with, around);

/**
 * Whether each text that it selects is a column's: a literal, or what is computed as text, gives way to another collation where a column of
 * a temporary table would not.
 */
function keepsCollations(body: QueryBody, common: CommonScope | undefined, names: NamesInput): boolean {
  switch (body.kind) {
    case 'queryBlock': {
      const sources = flattened(body.from).map((reference) => sourceOf(reference, common, names));
      const scope: Scope = { sources, outer: undefined };
      return body.items.every((item) => {
        if (item.kind === 'selectStar') return true;
        const { expression } = item;
        const value =
          expression.kind === 'call' && extremes.has(expression.name) ? expression.args[0] : expression;
        return value?.kind === 'column' || valueClass(expression, scope) !== undefined;
      });
    }
    case 'nestedQuery':
      return keepsCollations(body.query.body, commonOf(body.query, common), names);
    case 'setOperation':
      return body.operands.every((operand) => keepsCollations(operand, common, names));
    case 'values':
    case 'tableBody':
      return false;
  }
}

const extremes: ReadonlySet<string> = new Set(['min', 'max', 'any_value']);

/** Whether it names common tables that are defined around it. */
const namesDefinitions = (query: QueryExpression, common: CommonScope | undefined): boolean =>
  nodesOfKind(query, 'table').some(
    ({ schema, name }) => schema === undefined && findDefinition(common, name) !== undefined,
  );

/** Whether all its names are certain to mean its own columns. */
function isSelfContained(
  query: QueryExpression,
  around: CommonScope | undefined,
  outer: Scope | undefined,
  names: NamesInput,
): boolean {
  const common = commonOf(query, around);
  const own = (query.with?.expressions ?? []).every((each) =>
    isSelfContained(each.query, common, undefined, names),
  );
  return own && isBodyContained(query.body);

  function isBodyContained(body: QueryBody): boolean {
    switch (body.kind) {
      case 'queryBlock':
        return isBlockContained(body);
      case 'nestedQuery':
        return isSelfContained(body.query, common, outer, names);
      case 'setOperation':
        return body.operands.every(isBodyContained);
      case 'values':
      case 'tableBody':
        return false;
    }
  }

  function isBlockContained(block: QueryBlock): boolean {
    const sources = flattened(block.from).map((reference) => sourceOf(reference, common, names));
    const scope: Scope = { sources, outer };
    const aliases = new Set(block.items.flatMap((item) => aliasOf(item) ?? []).map(columnKey));
    const isContained = (node: AnyNode): boolean => {
      switch (node.kind) {
        case 'query':
          return isSelfContained(node, common, scope, names);
        case 'derivedTable':
          return !node.lateral && isSelfContained(node.query, common, outer, names);
        case 'column':
          return (
            resolveColumn(scope, node).kind === 'column' ||
            (node.table === undefined && aliases.has(columnKey(node.name)))
          );
        default:
          return children(node).every(isContained);
      }
    };
    const ordered = query.body === block ? (query.orderBy?.items ?? []) : [];
    // Aggregates in WHERE are those of a query around it, and so may be what HAVING does not find in its own block.
    if (block.where !== undefined && computationIn(block.where).aggregate) return false;
    if (block.having !== undefined && !isOfGroups(block.having, block, aliases)) return false;
    return children(block).every(isContained) && ordered.every(isContained);
  }
}

/** Whether the names in HAVING, beside those in aggregates, are selected or grouped by. */
function isOfGroups(having: AnyNode, { items, groupBy }: QueryBlock, aliases: ReadonlySet<string>): boolean {
  const known = new Set(aliases);
  const listed = items.flatMap((item) => (item.kind === 'selectExpression' ? [item.expression] : []));
  for (const each of [...listed, ...(groupBy?.items ?? [])])
    if (each.kind === 'column') known.add(columnKey(each.name));
  const visit = (node: AnyNode): boolean => {
    if (node.kind === 'call' && node.over === undefined && isAggregate(node)) return true;
    if (node.kind === 'column') return known.has(columnKey(node.name));
    return children(node).every(visit);
  };
  return items.some(({ kind }) => kind === 'selectStar') || visit(having);
}

const aliasOf = (item: SelectItem): string | undefined =>
  item.kind === 'selectExpression' ? item.alias?.text : undefined;

/** Types whose values do not go through a temporary table without being asked for in another form. */
const untold: ReadonlySet<string> = new Set(['float', 'timestamp', 'json']);

/** Whether such a value may be among what it selects, on any level. */
function hasUntold(query: QueryExpression, around: CommonScope | undefined, names: NamesInput): boolean {
  const common = commonOf(query, around);
  const columns = new Set<string>();
  for (const node of nodesOfKind(query, 'table')) {
    if (node.schema === undefined && findDefinition(common, node.name) !== undefined) continue;
    if (
      nodesOfKind(query, 'commonTable').some(
        ({ name }) => name.text.toLowerCase() === node.name.toLowerCase(),
      )
    )
      continue;
    const meaning = meaningOf(node, undefined, names);
    if (meaning.kind === 'common') continue;
    // Its columns are not known.
    if (meaning.kind === 'server') return true;
    for (const { name, dataType, values } of meaning.schema.columns)
      if (values !== undefined || untold.has(dataType)) columns.add(columnKey(name));
  }
  if (columns.size === 0) return false;
  if (nodesOfKind(query, 'selectStar').length > 0) return true;
  return nodesOfKind(query, 'selectExpression').some(({ expression }) => {
    const isCounted = expression.kind === 'call' && expression.name === 'count' && isAggregate(expression);
    return !isCounted && nodesOfKind(expression, 'column').some(({ name }) => columns.has(columnKey(name)));
  });
}

/** The names of its columns; undefined where they are not certain. */
function titlesOf(
  body: QueryBody,
  known: readonly string[] | undefined,
  source: SourceText,
): readonly string[] | undefined {
  switch (body.kind) {
    case 'queryBlock': {
      if (body.items.some(({ kind }) => kind === 'selectStar'))
        return known?.every((name) => name !== '') ? known : undefined;
      const titles = body.items.map((item) => titleOf(item, source));
      return titles.every((title) => title !== undefined) ? titles : undefined;
    }
    case 'nestedQuery':
      return titlesOf(body.query.body, known, source);
    case 'setOperation':
      return titlesOf(body.operands[0]!, known, source);
    case 'values':
    case 'tableBody':
      return undefined;
  }
}

/** Longer names are not those of columns any more. */
const NAME_LETTERS_MAX = 64;

function titleOf(item: SelectItem, { text }: SourceText): string | undefined {
  if (item.kind === 'selectStar') return undefined;
  const { expression, alias } = item;
  if (alias !== undefined) return alias.text;
  if (expression.kind === 'column') return expression.name;
  const isPlain = expression.kind !== 'literal' || expression.type === 'integer';
  const title = text.toString('latin1', item.start, item.end);
  const isName =
    title.length <= NAME_LETTERS_MAX && /^[!-~](?:[ -~]*[!-~])?$/.test(title) && !title.includes('/*');
  return isPlain && isName ? title : undefined;
}
