/**
 * The tables of information_schema that a query reads, and of which databases each has to show rows: what its conditions say for certain.
 * A use of which nothing is certain shows all; that costs time, never rows.
 */
import type { ColumnReference, Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryExpression } from '../../sql/ast/query.ts';
import type { Join, TableName, TableReference } from '../../sql/ast/table.ts';
import { type AnyNode, children, nodesOfKind } from '../../sql/ast/walk.ts';
import { type MetadataTable, metadataTable } from './tables.ts';

/** What a database's name is compared with. */
export type SchemaValue = Readonly<{ kind: 'equal' | 'like'; operand: Expression }>;

/** One use of a table. */
export type MetadataUse = {
  readonly node: TableName;
  readonly table: MetadataTable;
  /** The databases are among these; undefined where any may be meant. */
  among: readonly SchemaValue[] | undefined;
  /** And not among these. */
  readonly except: SchemaValue[];
};

/** What stands in FROM of one block under a name; `use` is undefined for what is no table with databases. */
type Source = Readonly<{ name: string; use: MetadataUse | undefined }>;
type Scope = Readonly<{
  sources: readonly Source[];
  /** Columns of USING, upper case, which are then the first table's; undefined where RIGHT JOIN makes them another's. */
  using: ReadonlySet<string> | undefined;
  parent: Scope | undefined;
}>;

/** Two columns that are equal wherever a row of `to` counts. */
type Edge = Readonly<{ from: MetadataUse; to: MetadataUse }>;

/** All uses of a query. `isInformationSchema`: whether a table's name means one there (undefined: without a database before it). */
export function metadataUses(
  query: QueryExpression,
  isInformationSchema: (schema: string | undefined) => boolean,
): readonly MetadataUse[] {
  const reader = new UseReader(query, isInformationSchema);
  reader.read(query, undefined);
  reader.spread();
  return reader.uses;
}

class UseReader {
  readonly uses: MetadataUse[] = [];
  readonly #edges: Edge[] = [];
  readonly #commonTables: ReadonlySet<string>;
  readonly #isInformationSchema: (schema: string | undefined) => boolean;

  constructor(query: QueryExpression, isInformationSchema: (schema: string | undefined) => boolean) {
    this.#commonTables = new Set(
      nodesOfKind(query, 'commonTable').map(({ name }) => name.text.toLowerCase()),
    );
    this.#isInformationSchema = isInformationSchema;
  }

  /** Everything from a node down, in the scope in which it stands. */
  read(node: AnyNode, scope: Scope | undefined): void {
    if (node.kind === 'queryBlock') {
      this.#block(node, scope);
      return;
    }
    for (const child of children(node)) this.read(child, scope);
  }

  /** What restricts one of two equal columns restricts the other. */
  spread(): void {
    for (let changed = true; changed; ) {
      changed = false;
      for (const { from, to } of this.#edges) {
        if (from.among === undefined || to.among !== undefined) continue;
        to.among = from.among;
        changed = true;
      }
    }
  }

  #block(block: QueryBlock, parent: Scope | undefined): void {
    const sources = block.from.flatMap((reference) => this.#sourcesOf(reference));
    const joins = block.from.flatMap((reference) => nodesOfKind(reference, 'join'));
    const names = joins.flatMap((join) => (join.using ?? []).map(({ text }) => text.toUpperCase()));
    const using = joins.some(({ type }) => type === 'right') ? undefined : new Set(names);
    const scope: Scope = { sources, using, parent };
    const own = new Set(sources.flatMap(({ use }) => (use === undefined ? [] : [use])));
    if (block.where !== undefined) this.#condition(block.where, scope, own);
    for (const reference of block.from) this.#joins(reference, scope);
    // Queries in FROM see what is around this block, or beside them: both are looked up from here without harm.
    for (const child of children(block)) this.read(child, scope);
  }

  #sourcesOf(reference: TableReference): Source[] {
    switch (reference.kind) {
      case 'table':
        return [this.#tableSource(reference)];
      case 'derivedTable':
      case 'jsonTable':
        return [{ name: reference.alias?.text ?? '', use: undefined }];
      case 'join':
        return [...this.#sourcesOf(reference.left), ...this.#sourcesOf(reference.right)];
      case 'tableList':
        return reference.tables.flatMap((each) => this.#sourcesOf(each));
      case 'odbcJoin':
        return this.#sourcesOf(reference.table);
      case 'dual':
        return [];
    }
  }

  #tableSource(node: TableName): Source {
    const name = node.alias?.text ?? node.name;
    const isCommon = node.schema === undefined && this.#commonTables.has(node.name.toLowerCase());
    const table = isCommon || !this.#isInformationSchema(node.schema) ? undefined : metadataTable(node.name);
    if (table === undefined) return { name, use: undefined };
    const use = this.uses.find((known) => known.node === node);
    if (use !== undefined) return { name, use };
    const made: MetadataUse = { node, table, among: undefined, except: [] };
    this.uses.push(made);
    return { name, use: made };
  }

  /** The conditions of joins: what they say of the side that a missing partner leaves empty. */
  #joins(reference: TableReference, scope: Scope): void {
    switch (reference.kind) {
      case 'join': {
        const left = this.#usesIn(reference.left);
        const right = this.#usesIn(reference.right);
        const bound = boundSides(reference, left, right);
        if (reference.on !== undefined) this.#condition(reference.on, scope, bound);
        for (const { text } of reference.using ?? []) this.#using(text, left, right, bound);
        this.#joins(reference.left, scope);
        this.#joins(reference.right, scope);
        return;
      }
      case 'tableList':
        for (const each of reference.tables) this.#joins(each, scope);
        return;
      case 'odbcJoin':
        this.#joins(reference.table, scope);
        return;
      default:
        return;
    }
  }

  #usesIn(reference: TableReference): MetadataUse[] {
    return this.#sourcesOf(reference).flatMap(({ use }) => (use === undefined ? [] : [use]));
  }

  #using(
    name: string,
    left: readonly MetadataUse[],
    right: readonly MetadataUse[],
    bound: ReadonlySet<MetadataUse>,
  ): void {
    const has = ({ table }: MetadataUse) => table.schemaColumns.includes(name.toUpperCase());
    const [a, ...moreLeft] = left.filter(has);
    const [b, ...moreRight] = right.filter(has);
    if (a === undefined || b === undefined || moreRight.length > 0) return;
    // Those to the left are one by a USING of their own.
    for (const each of [a, ...moreLeft]) this.#equal(each, b, bound);
  }

  #equal(a: MetadataUse, b: MetadataUse, bound: ReadonlySet<MetadataUse>): void {
    if (bound.has(b)) this.#edges.push({ from: a, to: b });
    if (bound.has(a)) this.#edges.push({ from: b, to: a });
  }

  /** A condition without which no row of the uses in `bound` counts. */
  #condition(condition: Expression, scope: Scope, bound: ReadonlySet<MetadataUse>): void {
    if (condition.kind === 'logical' && condition.operator === 'and') {
      for (const operand of condition.operands) this.#condition(operand, scope, bound);
      return;
    }
    if (condition.kind === 'comparison' && condition.operator === '=') {
      const left = this.#useOf(condition.left, scope);
      const right = this.#useOf(condition.right, scope);
      if (left !== undefined && right !== undefined) this.#equal(left, right, bound);
    }
    const said = this.#said(condition, scope);
    if (said === undefined || !bound.has(said.use)) return;
    if (said.negated) said.use.except.push(...said.values);
    else said.use.among ??= said.values;
  }

  /** What one condition says of one use; undefined where that is not certain. */
  #said(condition: Expression, scope: Scope): Said | undefined {
    switch (condition.kind) {
      case 'comparison':
        return this.#compared(condition, scope);
      case 'inList': {
        const use = this.#useOf(condition.operand, scope);
        if (use === undefined || !condition.items.every(isConstant)) return undefined;
        return { use, values: condition.items.map(equalTo), negated: condition.negated };
      }
      case 'like': {
        const use = this.#useOf(condition.operand, scope);
        if (use === undefined || condition.escape !== undefined || !isConstant(condition.pattern))
          return undefined;
        return { use, values: [{ kind: 'like', operand: condition.pattern }], negated: condition.negated };
      }
      case 'logical':
        return condition.operator === 'or' ? this.#either(condition.operands, scope) : undefined;
      default:
        return undefined;
    }
  }

  #compared({ operator, left, right }: Expression & { kind: 'comparison' }, scope: Scope): Said | undefined {
    if (operator !== '=' && operator !== '<>') return undefined;
    const negated = operator === '<>';
    for (const [column, value] of [
      [left, right],
      [right, left],
    ] as const) {
      const use = this.#useOf(column, scope);
      if (use !== undefined && isConstant(value)) return { use, values: [equalTo(value)], negated };
    }
    return undefined;
  }

  #either(operands: readonly Expression[], scope: Scope): Said | undefined {
    const all = operands.map((operand) => this.#said(operand, scope));
    const [first] = all;
    if (first === undefined) return undefined;
    const agree = all.every((said) => said !== undefined && said.use === first.use && !said.negated);
    return agree
      ? { use: first.use, values: all.flatMap((said) => said!.values), negated: false }
      : undefined;
  }

  /** The use whose database a column is; undefined for any other column and where that is not certain. */
  #useOf(expression: Expression, scope: Scope): MetadataUse | undefined {
    const isSame =
      expression.kind === 'collate' || (expression.kind === 'unary' && expression.operator === 'binary');
    if (isSame) return this.#useOf(expression.operand, scope);
    if (expression.kind !== 'column') return undefined;
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
      const found = sourceOf(expression, at);
      if (found !== 'elsewhere') return found;
    }
    return undefined;
  }
}

type Said = Readonly<{ use: MetadataUse; values: readonly SchemaValue[]; negated: boolean }>;

const equalTo = (operand: Expression): SchemaValue => ({ kind: 'equal', operand });

/** What has one value for the whole statement, known before it runs. */
function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case 'literal':
      return (
        expression.type === 'string' && expression.introducer === undefined && expression.more === undefined
      );
    case 'parameter':
      return true;
    case 'call':
      return isCurrentSchema(expression);
    default:
      return false;
  }
}

/** DATABASE() and SCHEMA(). */
export const isCurrentSchema = (expression: Expression): boolean =>
  expression.kind === 'call' &&
  expression.schema === undefined &&
  (expression.name === 'database' || expression.name === 'schema') &&
  expression.args.length === 0;

/** The uses of which a row counts only where the join's condition is true. */
function boundSides(
  { type }: Join,
  left: readonly MetadataUse[],
  right: readonly MetadataUse[],
): ReadonlySet<MetadataUse> {
  if (type === 'left') return new Set(right);
  return new Set(type === 'right' ? left : [...left, ...right]);
}

function sourceOf(
  { table, name }: ColumnReference,
  { sources, using }: Scope,
): MetadataUse | 'elsewhere' | undefined {
  const upper = name.toUpperCase();
  if (table !== undefined) {
    const named = sources.filter((source) => source.name.toLowerCase() === table.toLowerCase());
    if (named.length === 0) return 'elsewhere';
    const use = named.length === 1 ? named[0]!.use : undefined;
    return use?.table.schemaColumns.includes(upper) ? use : undefined;
  }
  const having = sources.filter(({ use }) => use?.table.schemaColumns.includes(upper));
  if (using?.has(upper)) return having[0]?.use;
  if (having.length === 1 && using !== undefined) return having[0]!.use;
  return sources.length === 0 ? 'elsewhere' : undefined;
}
