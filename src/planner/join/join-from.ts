/** The tables of a query block's FROM, flattened: those that are joined inwardly, then the inner sides of left joins. */
import type { TableSchema } from '../../schema/schema.ts';
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock } from '../../sql/ast/query.ts';
import type { Join, TableName, TableReference } from '../../sql/ast/table.ts';
import type { TableVSchema } from '../../vschema/vschema.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import { conjunctsOf } from '../analysis/predicates.ts';
import { columnsIn } from '../analysis/subqueries.ts';
import type { Source, TableUse } from '../analysis/table-use.ts';
import { Refused } from '../refused.ts';

/** One table of the FROM. */
export type JoinTable = {
  readonly node: TableName;
  readonly source: Source;
  readonly table: TableVSchema;
  readonly schema: TableSchema;
  /** Of a sharded table. */
  readonly use: TableUse | undefined;
};

/** The inner side of a left join. `using`: names that must be equal, with the table before it that has them. */
export type LeftJoin = Readonly<{
  table: JoinTable;
  on: readonly Expression[];
  using: readonly UsingPair[];
}>;

/** Tables of which USING and NATURAL show one column: that of the first. */
export type MergedColumn = Readonly<{ name: string; tables: readonly JoinTable[] }>;

/** An equality of USING: of columns, not of expressions in the text. */
export type UsingPair = Readonly<{ name: string; tables: readonly [JoinTable, JoinTable] }>;

/** One column of a `*`. */
export type StarColumn = Readonly<{ table: JoinTable; name: string }>;

export type JoinFrom = Readonly<{
  inner: readonly JoinTable[];
  /** Conditions that all rows fulfil. */
  conditions: readonly Expression[];
  using: readonly UsingPair[];
  /** In their order: each may look at those before. */
  left: readonly LeftJoin[];
  /** In the order of the text. */
  all: readonly JoinTable[];
  merged: readonly MergedColumn[];
  /** What an unqualified `*` stands for. */
  star: readonly StarColumn[];
  /** The first table has to be read first. */
  straight: boolean;
}>;

type Flat = Omit<JoinFrom, 'straight'>;

/** Raises Refused for forms that are not joins of plain tables. */
export function flattenFrom(block: QueryBlock, sources: readonly Source[], analyzer: Analyzer): JoinFrom {
  const waiting = [...sources];
  const parts = block.from.map((reference) => flat(reference, waiting, analyzer));
  if (waiting.length > 0) throw new Refused('tables that are not in FROM');
  const whole = parts.reduce(crossed);
  return {
    ...whole,
    conditions: [...whole.conditions, ...conjunctsOf(block.where)],
    straight: block.options.straightJoin || block.from.some(hasStraight),
  };
}

const crossed = (a: Flat, b: Flat): Flat => ({
  inner: [...a.inner, ...b.inner],
  conditions: [...a.conditions, ...b.conditions],
  using: [...a.using, ...b.using],
  left: [...a.left, ...b.left],
  all: [...a.all, ...b.all],
  merged: [...a.merged, ...b.merged],
  star: [...a.star, ...b.star],
});

function flat(reference: TableReference, waiting: Source[], analyzer: Analyzer): Flat {
  switch (reference.kind) {
    case 'table': {
      const table = joinTable(reference, waiting.shift(), analyzer);
      const visible = table.source.columns!.filter(({ hidden }) => !hidden);
      const star = visible.map(({ name }) => ({ table, name }));
      return { inner: [table], conditions: [], using: [], left: [], all: [table], merged: [], star };
    }
    case 'tableList':
      return reference.tables.map((each) => flat(each, waiting, analyzer)).reduce(crossed);
    case 'odbcJoin':
      return flat(reference.table, waiting, analyzer);
    case 'join':
      return joined(reference, waiting, analyzer);
    default:
      throw new Refused('FROM with something else than tables');
  }
}

function joined(join: Join, waiting: Source[], analyzer: Analyzer): Flat {
  const left = flat(join.left, waiting, analyzer);
  const right = flat(join.right, waiting, analyzer);
  const names = join.natural
    ? left.star.filter(({ name }) => starNamed(right, name) !== undefined).map(({ name }) => name)
    : (join.using ?? []).map(({ text }) => text);
  const using = names.map((name) => pairOf(name, left, right));
  const on = conjunctsOf(join.on);
  const both = withMerged(crossed(left, right), left, right, using);
  // MySQL says so itself where it is asked.
  if (!on.flatMap(columnsIn).every((column) => both.all.some((table) => isIn(column, table))))
    throw new Refused('a condition of a join with a column of another table');
  if (join.type !== 'left' && join.type !== 'right')
    return { ...both, conditions: [...both.conditions, ...on], using: [...both.using, ...using] };
  // A left join of several tables is one of all that they give together.
  const [kept, optional] = join.type === 'left' ? [left, right] : [right, left];
  if (using.length > 0 && join.type === 'right') throw new Refused('a right join with USING');
  if (optional.all.length !== 1 || optional.conditions.length > 0)
    throw new Refused('an outer join of several tables');
  const { inner, conditions } = kept;
  const added: LeftJoin = { table: optional.all[0]!, on, using };
  return { ...both, inner, conditions, using: kept.using, left: [...kept.left, added] };
}

/** Merged columns come first, in the order of the left side; then the others of both. */
function withMerged(both: Flat, left: Flat, right: Flat, using: readonly UsingPair[]): Flat {
  if (using.length === 0) return both;
  const isMerged = ({ name }: StarColumn): boolean => using.some((pair) => pair.name === name.toLowerCase());
  const star = [
    ...left.star.filter(isMerged),
    ...left.star.filter((each) => !isMerged(each)),
    ...right.star.filter((each) => !isMerged(each)),
  ];
  const merged = both.merged.filter(({ name }) => !using.some((pair) => pair.name === name));
  for (const { name, tables } of using) {
    const before = left.merged.find((each) => each.name === name)?.tables ?? [tables[0]];
    const behind = right.merged.find((each) => each.name === name)?.tables ?? [tables[1]];
    merged.push({ name, tables: [...before, ...behind] });
  }
  return { ...both, star, merged };
}

const starNamed = ({ star }: Flat, name: string): StarColumn | undefined =>
  star.find((column) => column.name.toLowerCase() === name.toLowerCase());

function pairOf(name: string, left: Flat, right: Flat): UsingPair {
  const wanted = name.toLowerCase();
  const [a, b] = [left, right].map(({ all, merged, left: optional }) => {
    const having = all.filter((table) => hasColumn(table, wanted));
    const one = merged.find((each) => each.name === wanted);
    const isOne = having.length === 1 || having.every((table) => one?.tables.includes(table));
    if (having.length === 0 || !isOne || optional.some(({ table }) => hasColumn(table, wanted)))
      throw new Refused('USING of a column of several tables');
    return one?.tables[0] ?? having[0]!;
  });
  return { name: wanted, tables: [a!, b!] };
}

const isIn = ({ table: name, name: column }: ColumnReference, table: JoinTable): boolean =>
  (name === undefined || name.toLowerCase() === table.source.name.toLowerCase()) &&
  hasColumn(table, column.toLowerCase());

const hasColumn = ({ source }: JoinTable, name: string): boolean =>
  source.columns!.some((column) => column.name.toLowerCase() === name);

/** A table with its source. Raises Refused for what is read in another way than whole. */
export function joinTable(node: TableName, source: Source | undefined, analyzer: Analyzer): JoinTable {
  if (node.partitions.length > 0 || node.sample !== undefined) throw new Refused('PARTITION and TABLESAMPLE');
  const use = analyzer.uses.find((each) => each.node === node);
  const plain = [...analyzer.references, ...analyzer.unsharded].find((each) => each.node === node);
  const found = use ?? plain;
  const schema = found?.schema;
  if (found === undefined || schema === undefined || schema.kind !== 'table')
    throw new Refused('a view or a table whose columns are not known');
  const own = source ?? sourceOf(node, found.table, schema, use);
  if (own.columns === undefined) throw new Refused('columns that are not known');
  return { node, source: own, table: found.table, schema, use };
}

/** As the analysis has it: only the source of the outermost block comes from there. */
function sourceOf(
  node: TableName,
  table: TableVSchema,
  schema: TableSchema,
  use: TableUse | undefined,
): Source {
  const columns = schema.columns.map((column) => ({
    name: column.name,
    origin: { use, column },
    hidden: column.invisible,
  }));
  const name = node.alias?.text ?? node.name;
  return { name, schema: table.keyspace, columns, uses: use === undefined ? [] : [use] };
}

function hasStraight(reference: TableReference): boolean {
  switch (reference.kind) {
    case 'join':
      return reference.type === 'straight' || hasStraight(reference.left) || hasStraight(reference.right);
    case 'tableList':
      return reference.tables.some(hasStraight);
    case 'odbcJoin':
      return hasStraight(reference.table);
    default:
      return false;
  }
}
