/**
 * What ONLY_FULL_GROUP_BY allows can rest on a table's unique keys, which hold on each shard but not over all of them, so that a temporary
 * table cannot have them. The remainder is prepared over empty tables that have them, for MySQL's own judgement, and then runs without that mode.
 */
import type { TableSchema } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import { type AnyNode, children } from '../../sql/ast/walk.ts';
import { computationIn } from '../analysis/locality.ts';
import type { Template } from '../template.ts';
import type { GatherInput, GroupCheck } from './gather-plan.ts';
import { quoted } from './source-text.ts';

/** Whether a block has columns of which only a key can say that there is one value for each of its rows. */
export function restsOnKeys(block: QueryBlock, query: QueryExpression): boolean {
  const ordered = (query.orderBy?.items ?? []).map(({ expression }) => expression);
  const listed = block.items.flatMap((item) => (item.kind === 'selectExpression' ? [item.expression] : []));
  const having = block.having === undefined ? [] : [block.having];
  const all = [...listed, ...having, ...ordered];
  const isAggregated = all.some((expression) => computationIn(expression).aggregate);
  if (block.groupBy === undefined && !isAggregated) return block.options.distinct && ordered.length > 0;
  if (block.items.some((item) => item.kind === 'selectStar')) return true;
  const groups = new Set(block.groupBy?.items.flatMap((item) => (item.kind === 'column' ? [item.name] : [])));
  const titles = new Set(
    block.items.flatMap((item) => ('alias' in item && item.alias ? [item.alias.text] : [])),
  );
  const names = all.flatMap(namesOutsideAggregates);
  return names.some((name) => !groups.has(name) && !titles.has(name));
}

/** Whether a block's columns are those of groups, or of rows that are made different. */
export function isGrouped({ groupBy, items, having, options }: QueryBlock, query: QueryExpression): boolean {
  if (groupBy !== undefined || options.distinct) return true;
  const listed = items.flatMap((item) => (item.kind === 'selectExpression' ? [item.expression] : []));
  const ordered = (query.orderBy?.items ?? []).map(({ expression }) => expression);
  const all = [...listed, ...ordered, ...(having === undefined ? [] : [having])];
  return all.some((expression) => computationIn(expression).aggregate);
}

/** Names of columns, also those in subqueries. */
function namesOutsideAggregates(expression: Expression): string[] {
  const names: string[] = [];
  const visit = (node: AnyNode): void => {
    if (node.kind === 'call' && computationIn(node).aggregate && node.over === undefined) return;
    if (node.kind === 'column') names.push(node.name);
    for (const child of children(node)) visit(child);
  };
  visit(expression);
  return names;
}

/** The statements for it; undefined where no table has a key. `text`: another remainder than the plan's, which is checked whatever keys there are. */
export function groupCheck(
  inputs: readonly GatherInput[],
  schemaOf: (input: GatherInput) => TableSchema | undefined,
  text?: Template,
): GroupCheck | undefined {
  const keys = inputs.map((input) => uniqueKeys(input, schemaOf(input)));
  if (text === undefined && keys.every((own) => own.length === 0)) return undefined;
  const create = inputs.flatMap(({ table, copies = [], columns }, at) => {
    // Of which type a column is, is no matter of groups.
    const parts = columns.map(({ name, type }) => `${quoted(name)} ${type ?? 'int'}`);
    const body = `(${[...parts, ...keys[at]!].join(', ')})`;
    return [table, ...copies].map((each) => `CREATE TEMPORARY TABLE ${quoted(each)} ${body}`);
  });
  const tables = inputs.flatMap(({ table, copies = [] }) => [table, ...copies]);
  const drop = `DROP TEMPORARY TABLE ${tables.map(quoted).join(', ')}`;
  return Object.freeze({ create, drop, ...(text === undefined ? {} : { text }) });
}

/** Keys of which all columns are there and none can be NULL. */
function uniqueKeys({ columns }: GatherInput, schema: TableSchema | undefined): string[] {
  const names = new Set(columns.map(({ name }) => name));
  return (schema?.keys ?? []).flatMap((key) => {
    const parts = key.columns.map((name) => schema!.columns.find((column) => column.name === name));
    const isFit = parts.every(
      (part) => part && !part.nullable && names.has(part.name) && !isLong(part.dataType),
    );
    return key.unique && isFit ? [`UNIQUE KEY (${parts.map((part) => quoted(part!.name)).join(', ')})`] : [];
  });
}

/** A key has a beginning of them only. */
const isLong = (dataType: string): boolean => dataType.endsWith('text') || dataType.endsWith('blob');
