/** The tables of a query block's FROM, flattened: those that are joined inwardly, then the inner sides of left joins. */
import type { TableSchema } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock } from '../../sql/ast/query.ts';
import type { Join, TableName, TableReference } from '../../sql/ast/table.ts';
import type { TableVSchema } from '../../vschema/vschema.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import { conjunctsOf } from '../analysis/predicates.ts';
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

export type LeftJoin = Readonly<{ table: JoinTable; on: readonly Expression[] }>;

export type JoinFrom = Readonly<{
  inner: readonly JoinTable[];
  /** Conditions that all rows fulfil. */
  conditions: readonly Expression[];
  /** In their order: each may look at those before. */
  left: readonly LeftJoin[];
  /** The order of the tables in the text, which that of a `*` is. */
  all: readonly JoinTable[];
  /** Names that USING has made one. */
  merged: ReadonlySet<string>;
  /** The first table has to be read first. */
  straight: boolean;
}>;

type Flat = {
  inner: JoinTable[];
  conditions: Expression[];
  left: LeftJoin[];
  all: JoinTable[];
  using: { name: string; tables: readonly [JoinTable, JoinTable] }[];
};

/** Equalities of USING: of columns, not of expressions in the text. */
export type UsingPair = Readonly<{ name: string; tables: readonly [JoinTable, JoinTable] }>;

/** Raises Refused for forms that are not joins of plain tables. */
export function flattenFrom(
  block: QueryBlock,
  sources: readonly Source[],
  analyzer: Analyzer,
): JoinFrom & { using: readonly UsingPair[] } {
  const waiting = [...sources];
  const parts = block.from.map((reference) => flat(reference, waiting, analyzer));
  if (waiting.length > 0) throw new Refused('tables that are not in FROM');
  const whole = parts.reduce(crossed);
  return {
    ...whole,
    conditions: [...whole.conditions, ...conjunctsOf(block.where)],
    merged: new Set(whole.using.map(({ name }) => name)),
    straight: block.options.straightJoin || block.from.some(hasStraight),
  };
}

const crossed = (a: Flat, b: Flat): Flat => ({
  inner: [...a.inner, ...b.inner],
  conditions: [...a.conditions, ...b.conditions],
  left: [...a.left, ...b.left],
  all: [...a.all, ...b.all],
  using: [...a.using, ...b.using],
});

function flat(reference: TableReference, waiting: Source[], analyzer: Analyzer): Flat {
  switch (reference.kind) {
    case 'table': {
      const table = joinTable(reference, waiting.shift(), analyzer);
      return { inner: [table], conditions: [], left: [], all: [table], using: [] };
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
  if (join.natural) throw new Refused('NATURAL JOIN');
  const left = flat(join.left, waiting, analyzer);
  const right = flat(join.right, waiting, analyzer);
  const all = [...left.all, ...right.all];
  const isOuter = join.type === 'left' || join.type === 'right';
  const on = conjunctsOf(join.on);
  if (!isOuter) {
    const both = crossed(left, right);
    both.conditions.push(...on);
    for (const { text } of join.using ?? []) both.using.push(pairOf(text, left, right));
    return both;
  }
  // A left join of several tables is one of all that they give together.
  const [kept, optional] = join.type === 'left' ? [left, right] : [right, left];
  if (join.using !== undefined) throw new Refused('an outer join with USING');
  if (optional.all.length !== 1 || optional.conditions.length > 0)
    throw new Refused('an outer join of several tables');
  const added: LeftJoin = { table: optional.all[0]!, on };
  return { ...kept, left: [...kept.left, added], all };
}

function pairOf(name: string, left: Flat, right: Flat): UsingPair {
  const wanted = name.toLowerCase();
  const [a, b] = [left, right].map(({ inner, left: optional }) => {
    const having = inner.filter((table) => hasColumn(table, wanted));
    if (having.length !== 1 || optional.some(({ table }) => hasColumn(table, wanted)))
      throw new Refused('USING of a column of several tables');
    return having[0]!;
  });
  return { name: wanted, tables: [a!, b!] };
}

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
