/** The columns that queries and tables in FROM offer by name. */
import type { QueryBlock, ValuesBody } from '../../sql/ast/query.ts';
import type { JsonTable, JsonTableColumn, TableReference } from '../../sql/ast/table.ts';
import { isNamed, resolveColumn, type Scope } from './scope.ts';
import type { Source, SourceColumn } from './table-use.ts';
import { columnClass, type ValueClass, valueClass } from './value-class.ts';

const expression = (name: string): SourceColumn => ({ name, origin: undefined, hidden: false });

/** The columns of a block's result; undefined where a `*` stands for columns that are not known. */
export function outputColumns(block: QueryBlock, scope: Scope): readonly SourceColumn[] | undefined {
  const columns: SourceColumn[] = [];
  for (const item of block.items) {
    if (item.kind === 'selectStar') {
      // NATURAL and USING show a common column once.
      if (item.table === undefined && block.from.some(mergesColumns)) return undefined;
      for (const source of scope.sources) {
        if (item.table !== undefined && !isNamed(source, item)) continue;
        if (source.columns === undefined) return undefined;
        columns.push(...source.columns.filter(({ hidden }) => !hidden));
      }
      continue;
    }
    const { expression: value, alias } = item;
    if (value.kind === 'column') {
      const found = resolveColumn(scope, value);
      const column = found.kind === 'column' ? found.column : undefined;
      const nullable = column?.nullable === true;
      const name = alias?.text ?? value.name;
      columns.push({ name, origin: column?.origin, hidden: false, nullable, valueClass: column?.valueClass });
    } else {
      // Its title is the text; nobody refers to it by that in a way that would matter here.
      columns.push({ ...expression(alias?.text ?? ''), valueClass: valueClass(value, scope) });
    }
  }
  return columns;
}

/** Columns under the names that a derived table or common table gives them. */
export function withNames(
  columns: readonly SourceColumn[] | undefined,
  names: readonly string[],
): readonly SourceColumn[] | undefined {
  if (names.length === 0) return columns;
  return names.map((name, at) => ({
    name,
    origin: columns?.[at]?.origin,
    hidden: false,
    nullable: columns?.[at]?.nullable === true,
    valueClass: columns?.[at]?.valueClass,
  }));
}

export function jsonTableSource(table: JsonTable): Source {
  const columns = table.columns.flatMap(jsonNames).map(expression);
  return { name: table.alias?.text ?? '', schema: undefined, columns, uses: [] };
}

function jsonNames(column: JsonTableColumn): readonly string[] {
  return column.kind === 'jsonNested' ? column.columns.flatMap(jsonNames) : [column.name.text];
}

/** Whether NATURAL or USING shows a common column once. */
export function mergesColumns(reference: TableReference): boolean {
  switch (reference.kind) {
    case 'join':
      return (
        reference.natural ||
        reference.using !== undefined ||
        mergesColumns(reference.left) ||
        mergesColumns(reference.right)
      );
    case 'tableList':
      return reference.tables.some(mergesColumns);
    case 'odbcJoin':
      return mergesColumns(reference.table);
    default:
      return false;
  }
}

/** Columns of which it is no longer certain which rows they are of. */
export const withoutOrigins = (columns: readonly SourceColumn[]): readonly SourceColumn[] =>
  columns.map((column) => ({ ...column, origin: undefined, valueClass: classOf(column) }));

/** The columns of VALUES: of their rows' length, under names of its own. */
export const valuesColumns = ({ rows: [row] }: ValuesBody): readonly SourceColumn[] | undefined =>
  row?.values.map((_, at) => ({ name: `column_${at}`, origin: undefined, hidden: false }));

/** The columns of a set operation, under the names of the first part. */
export const unitedColumns = (
  first: readonly SourceColumn[],
  others: readonly (readonly SourceColumn[] | undefined)[],
): readonly SourceColumn[] =>
  withoutOrigins(first).map((column, at) => {
    const isSame = others.every(
      (other) => other?.[at] !== undefined && classOf(other[at]) === column.valueClass,
    );
    return isSame ? column : { ...column, valueClass: undefined };
  });

const classOf = ({ origin, valueClass: known }: SourceColumn): ValueClass | undefined =>
  origin === undefined ? known : columnClass(origin.column);

/** The first column of a name. */
export function columnNamed(sources: readonly Source[], name: string): SourceColumn | undefined {
  const wanted = name.toLowerCase();
  for (const { columns } of sources) {
    const found = columns?.find((column) => column.name.toLowerCase() === wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The columns by which NATURAL joins; none where they are not all known. */
export function commonNames(left: readonly Source[], right: readonly Source[]): string[] {
  const visible = ({ columns = [] }: Source) =>
    columns.filter(({ hidden }) => !hidden).map(({ name }) => name);
  return left.flatMap(visible).filter((name) => columnNamed(right, name)?.hidden === false);
}

/** A source on the inner side of an outer join. */
export const nullableSource = (source: Source): Source => ({
  ...source,
  columns: source.columns?.map((column) => ({ ...column, nullable: true })),
});
