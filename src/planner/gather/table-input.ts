/** The input of one table: its columns that matter, its rows that can matter. */
import { typeBytes } from '../../mysql/type-bytes.ts';
import type { ColumnSchema } from '../../schema/schema.ts';
import type { Locking } from '../../sql/ast/query.ts';
import type { GatherColumn, GatherInput } from './gather-plan.ts';
import { jsonSource } from './json-source.ts';
import { mappedPlan } from './map-plan.ts';
import { isNeeded } from './needed-columns.ts';
import { NestedText } from './nested-text.ts';
import type { PlanNested } from './plan-nested.ts';
import { type NamedReduction, withReductions } from './reductions.ts';
import { quoted } from './source-text.ts';
import type { ComputedColumn, TableDraft, TableFilter } from './table-draft.ts';

/** So many indexes at most. */
export const KEYS_MAX = 6;

/** Plans the input. `reductions`: by the values of inputs before it. */
export function tableInput(
  draft: TableDraft,
  plan: PlanNested,
  reductions: readonly NamedReduction[],
): GatherInput {
  const { table, temporary } = draft;
  const columns = columnsOf(draft);
  const text = new NestedText(plan.hasSlots);
  text.sql(`SELECT ${columns.map((column) => selected(column)).join(', ')}`);
  for (const computed of draft.computed) {
    // As for columns: its text has not all digits.
    const isFloat = computed.type.startsWith('float');
    text.sql(isFloat ? ', CAST(' : ', ');
    writeExpression(text, computed);
    text.sql(`${isFloat ? ' AS DOUBLE)' : ''} AS ${quoted(computed.name)}`);
  }
  text.sql(' FROM ');
  writeTable(text, draft, plan);
  for (const [at, filter] of draft.filters.entries()) {
    text.sql(at === 0 ? ' WHERE (' : ' AND (');
    writeFilter(text, filter);
    text.sql(')');
  }
  if (reductions.length > 0 && draft.filters.length === 0) text.sql(' WHERE TRUE');
  for (const { strength, wait } of draft.locking) text.sql(lockingText(strength, wait));
  const planned = mappedPlan(plan.query(text.text, text.literals), text.template(), text.map);
  const lists = reductions.map(({ column }) => quoted(column));
  return Object.freeze({
    table: temporary,
    label: labelOf(draft),
    plan: withReductions(planned, lists),
    columns: [...columns.map(gatherColumn), ...draft.computed.map((each) => computedColumn(each, draft))],
    keys: keysOf(draft, columns),
    reductions: reductions.map(({ column, from, fromColumn }) => ({
      from,
      fromColumn,
      column: columns.findIndex(({ name }) => name === column),
      key: undefined,
    })),
    origin: { schema: table.keyspace, table: table.name, aliases: [draft.alias] },
  });
}

/** DEFAULT(column) is that column to whoever asks. */
function computedColumn(
  { name, type, expression, columns }: ComputedColumn,
  { table }: TableDraft,
): GatherColumn {
  const [column] = columns.values();
  return expression.kind === 'defaultOf'
    ? { name, type, of: { schema: table.keyspace, table: table.name, alias: '', column: column! } }
    : { name, type, isValue: true };
}

/** The table as the shards know it, under the name that it has in the text. */
export function writeTable(
  text: NestedText,
  { node, alias, table, source }: TableDraft,
  plan: PlanNested,
): void {
  const isSame = plan.resolves(table);
  // Where a routing rule leads from the table's own name elsewhere, the name as it was written leads to it.
  const written =
    node.schema === undefined ? quoted(node.name) : `${quoted(node.schema)}.${quoted(node.name)}`;
  text.sql(isSame ? `${quoted(table.keyspace)}.${quoted(table.name)}` : written);
  if (node.partitions.length > 0)
    text.sql(` PARTITION (${node.partitions.map((name) => quoted(name.text)).join(', ')})`);
  text.sql(` AS ${quoted(alias)}`);
  for (const { start, end } of node.indexHints) text.sql(` ${source.text.toString('utf8', start, end)}`);
}

/** `write`: of a column's name. */
export function writeFilter(text: NestedText, filter: TableFilter, write = writeName): void {
  const { alternatives } = filter;
  if (alternatives === undefined) return writeExpression(text, filter, write);
  for (const [at, all] of alternatives.entries()) {
    text.sql(at === 0 ? '' : ' OR ');
    for (const [position, expression] of all.entries()) {
      text.sql(position === 0 ? '(' : ') AND (');
      const columns = [...filter.columns].filter(
        ([{ start, end }]) => start >= expression.start && end <= expression.end,
      );
      writeExpression(text, { ...filter, expression, columns: new Map(columns) }, write);
    }
    text.sql(')');
  }
}

const writeName = (to: NestedText, column: string): void => void to.sql(quoted(column));

/** An expression of the client's with the table's own names for its columns. */
export function writeExpression(
  text: NestedText,
  { expression, source, columns }: TableFilter,
  write = writeName,
): void {
  let at = expression.start;
  for (const [name, column] of [...columns].sort(([a], [b]) => a.start - b.start)) {
    write(text.copy(source, at, name.start), column);
    at = name.end;
  }
  text.copy(source, at, expression.end);
}

const lockingText = (strength: Locking['strength'], wait: Locking['wait']): string => {
  if (strength === 'shareMode') return ' LOCK IN SHARE MODE';
  const tail = wait === undefined ? '' : wait === 'nowait' ? ' NOWAIT' : ' SKIP LOCKED';
  return ` FOR ${strength.toUpperCase()}${tail}`;
};

/** The columns that can matter. */
export const neededColumns = ({ schema, keepsAll, names, alias }: TableDraft): readonly ColumnSchema[] =>
  schema.columns.filter(({ name, invisible }) => (keepsAll && !invisible) || isNeeded(names, alias, name));

/** The same; never none. */
function columnsOf(draft: TableDraft): readonly ColumnSchema[] {
  const needed = neededColumns(draft);
  return needed.some(({ invisible }) => !invisible) ? needed : [cheapestOf(draft), ...needed];
}

/** The column with the shortest values. */
export function cheapestOf({ schema }: TableDraft): ColumnSchema {
  const visible = schema.columns.filter(({ invisible }) => !invisible);
  return visible.reduce((best, column) => (costOf(column) < costOf(best) ? column : best));
}

/** About how many bytes a value takes at most. */
export function costOf({ dataType, length }: ColumnSchema): number {
  const known = typeBytes[dataType];
  return known ?? (isUnbounded.test(dataType) ? Number.POSITIVE_INFINITY : 16 + (length ?? 0));
}

const isUnbounded = /(?:text|blob)$|^(?:json|vector|geometry|point|linestring|polygon|multi\w+|geom\w+)$/;

/**
 * The select item: what survives on its way, whatever the protocol and the time zone are. TIMESTAMP goes as its number, FLOAT with all its
 * digits, JSON with the types of what is in it, ENUM and SET by their numbers where one of their members is the empty text that also stands for none.
 */
export function selected({ name, dataType, values }: ColumnSchema, table = '', title = name): string {
  const column = `${table}${quoted(name)}`;
  const as = ` AS ${quoted(title)}`;
  if (values?.includes('')) return `CAST(${column} AS UNSIGNED)${as}`;
  if (dataType === 'float') return `CAST(${column} AS DOUBLE)${as}`;
  if (dataType === 'json') return `${jsonSource(column)}${as}`;
  if (dataType === 'timestamp') return `UNIX_TIMESTAMP(${column})${as}`;
  return title === name ? column : `${column}${as}`;
}

/** The table with its name in the text. */
export const labelOf = ({ alias, table }: TableDraft): string =>
  alias === table.name ? table.name : `${table.name} AS ${alias}`;

function gatherColumn(column: ColumnSchema): GatherColumn {
  const tail = `${column.nullable ? ' NULL' : ' NOT NULL'}${column.invisible ? ' INVISIBLE' : ''}`;
  return { name: column.name, type: `${columnType(column)}${tail}` };
}

/** A type with its character set and collation. */
export const columnType = ({ columnType: type, charset, collation }: ColumnSchema): string =>
  charset === undefined ? type : `${type} CHARACTER SET ${charset} COLLATE ${collation}`;

/** One key for the columns that are compared with the same other table. */
export function keysOf(
  { compared }: TableDraft,
  columns: readonly Readonly<{ name: string }>[],
): readonly (readonly number[])[] {
  const keys = new Map<string, readonly number[]>();
  for (const names of compared.values()) {
    const positions = columns.flatMap(({ name }, at) => (names.has(name) ? [at] : []));
    if (positions.length > 0) keys.set(positions.join(), positions);
  }
  return [...keys.values()].slice(0, KEYS_MAX);
}
