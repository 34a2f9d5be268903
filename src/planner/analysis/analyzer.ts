/**
 * Reads a statement for routing: which sharded tables it uses, which of their rows belong together, where they can be, and
 * what in it only holds when all of it runs on one shard. Names that it cannot resolve narrow nothing.
 */
import { HeadgateError } from '../../errors/headgate-error.ts';
import { findTable, type KeyspaceSchema, type TableSchema } from '../../schema/schema.ts';
import type { Expression } from '../../sql/ast/expression.ts';
import type { QueryBlock, QueryBody, QueryExpression, WithClause } from '../../sql/ast/query.ts';
import type { Join, TableName, TableReference } from '../../sql/ast/table.ts';
import { resolveTable } from '../../vschema/resolve-table.ts';
import type { TableVSchema, VindexDefinition, VSchema } from '../../vschema/vschema.ts';
import { type Block, bare, byReach, type Condition, innerMode, type Place } from './block.ts';
import { type Bond, type Group, groupsOf } from './groups.ts';
import { isKeyColumn, routingKey } from './keys.ts';
import { aggregatesOuter, hasOuterAggregate, isKeyed, localityProblem } from './locality.ts';
import { conjunctsOf, equalitiesIn, type ReadOperand, routesFrom } from './predicates.ts';
import { sameEquality } from './same-equality.ts';
import { type CommonTables, findCommonTable, originOf, type Scope } from './scope.ts';
import {
  columnNamed,
  commonNames,
  jsonTableSource,
  nullableSource,
  outputColumns,
  unitedColumns,
  valuesColumns,
  withNames,
  withoutOrigins,
} from './sources.ts';
import { expressionsOf, queriesIn } from './subqueries.ts';
import {
  Classes,
  type NewTableUse,
  type Origin,
  type Source,
  type SourceColumn,
  type TableUse,
} from './table-use.ts';
import { requireOwnName, viewNamed, viewQuery } from './view-query.ts';

export type AnalysisInput = Readonly<{
  vschema: VSchema;
  schemaOf: (keyspace: string) => KeyspaceSchema | undefined;
  /** The session's keyspace, undefined where none is selected. */
  keyspace: string | undefined;
  tabletType: string;
  readOperand: ReadOperand;
  isSystemSchema: (name: string) => boolean;
}>;

/** A table in an unsharded keyspace, or a copy on every shard. */
export type PlainTable = Readonly<{ node: TableName; table: TableVSchema; schema: TableSchema | undefined }>;

const OUTER_AGGREGATE = 'an aggregate of the outer query in a subquery';

/** A query within another one: what it exports. */
type Facts = Readonly<{ columns: readonly SourceColumn[] | undefined; uses: readonly TableUse[] }>;

const DEPTH_MAX = 60;
const BLOCKS_MAX = 1000;

export class Analyzer {
  readonly uses: TableUse[] = [];
  readonly references: PlainTable[] = [];
  readonly unsharded: PlainTable[] = [];
  /** What INSERT writes to. */
  readonly written: PlainTable[] = [];
  readonly vindexes: { keyspace: string; vindex: VindexDefinition; node: TableName }[] = [];
  views = 0;
  /** Where the first view is. */
  viewKeyspace: string | undefined;
  #readOperand: ReadOperand;
  /** Why the statement can only run where all its rows are on one shard. */
  readonly singleOnly = new Set<string>();
  readonly input: AnalysisInput;
  readonly #equal = new Classes<Origin>();
  readonly #bonds: Bond[] = [];
  readonly #facts = new Map<QueryExpression, Facts>();
  #blocks = 0;
  #depth = 0;

  constructor(input: AnalysisInput) {
    this.input = input;
    this.#readOperand = input.readOperand;
  }

  /** The outermost query; returns the sources of its (only) block, undefined for other bodies. */
  statement(query: QueryExpression): readonly Source[] | undefined {
    let sources: readonly Source[] | undefined;
    const place: Place = { mode: 'top', anchor: true, outer: undefined, tables: undefined };
    this.#query(query, place, (top) => {
      sources = top;
    });
    return sources;
  }

  /** The tables and the condition of UPDATE and DELETE. */
  change(
    tables: readonly TableReference[],
    where: Expression | undefined,
    others: readonly Expression[],
    clause: WithClause | undefined,
  ): readonly Source[] {
    const first: Place = { mode: 'top', anchor: true, outer: undefined, tables: undefined };
    const place = { ...first, tables: this.#commonTables(clause, first) };
    const block = this.#newBlock(place);
    const sources = tables.flatMap((table) => this.#from(table, false, block));
    const scope: Scope = { sources, outer: undefined };
    for (const expression of where === undefined ? others : [...others, where])
      this.#expression(expression, scope, place);
    this.#conditions(block, where, scope);
    return sources;
  }

  /** The uses by group. Call it last. */
  groups(): Group[] {
    return groupsOf(this.uses, this.#equal, this.#bonds);
  }

  #query(query: QueryExpression, place: Place, onTop?: (sources: readonly Source[]) => void): Facts {
    if (++this.#depth > DEPTH_MAX)
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message: `Headgate reads queries up to ${DEPTH_MAX} levels deep`,
      });
    const inner = { ...place, tables: this.#commonTables(query.with, place) };
    const facts = this.#body(query.body, query, inner, onTop);
    this.#facts.set(query, facts);
    this.#depth--;
    return facts;
  }

  #commonTables(clause: WithClause | undefined, place: Place): CommonTables | undefined {
    let tables = place.tables;
    for (const { name, columns, query } of clause?.expressions ?? []) {
      const table = {
        name: name.text,
        columns: columns.map((column) => column.text),
        query,
        scope: tables,
        recursive: clause!.recursive,
      };
      tables = { table, outer: tables };
    }
    return tables;
  }

  #body(
    body: QueryBody,
    query: QueryExpression,
    place: Place,
    onTop?: (sources: readonly Source[]) => void,
  ): Facts {
    switch (body.kind) {
      case 'queryBlock':
        return this.#block(body, query, place, onTop);
      case 'nestedQuery': {
        const plain = query.limit === undefined && query.orderBy === undefined;
        if (plain) return this.#query(body.query, place, onTop);
        this.#onlyOnOneShard(place, 'a query in parentheses with its own ORDER BY or LIMIT');
        return factsWithoutOrigins(this.#query(body.query, { ...place, mode: innerMode(place) }));
      }
      case 'setOperation': {
        this.#onlyOnOneShard(place, body.operator.toUpperCase());
        const parts = body.operands.map((operand) =>
          this.#body(operand, bare(query), { ...place, mode: innerMode(place) }),
        );
        const ordered = (query.orderBy?.items ?? []).map(({ expression }) => expression);
        const scope: Scope = { sources: [], outer: place.outer };
        for (const expression of ordered) this.#expression(expression, scope, place);
        if (place.outer !== undefined && aggregatesOuter(ordered, scope))
          this.singleOnly.add(OUTER_AGGREGATE);
        const [first, ...others] = parts.map(({ columns }) => columns);
        const columns = first === undefined ? undefined : unitedColumns(first, others);
        return { columns, uses: parts.flatMap(({ uses }) => uses) };
      }
      case 'values':
        for (const row of body.rows)
          for (const value of row.values) this.#expression(value, { sources: [], outer: place.outer }, place);
        return { columns: valuesColumns(body), uses: [] };
      case 'tableBody': {
        const { start, end, schema, name, nameStart } = body;
        const node: TableName = {
          kind: 'table',
          start,
          end,
          schema,
          name,
          nameStart,
          nameEnd: end,
          partitions: [],
          alias: undefined,
          indexHints: [],
          sample: undefined,
        };
        const block = this.#newBlock(place);
        const source = this.#table(node, false, block);
        if (query.limit !== undefined && place.mode === 'derived')
          this.#onlyOnOneShard(place, 'LIMIT in a derived table');
        onTop?.([source]);
        return { columns: source.columns?.filter(({ hidden }) => !hidden), uses: source.uses };
      }
    }
  }

  #newBlock(place: Place): Block {
    // A common table is read anew for each of its uses, and so is what it uses.
    if (this.#blocks >= BLOCKS_MAX) {
      throw new HeadgateError('ER_NOT_SUPPORTED_YET', {
        message: `Headgate reads statements of up to ${BLOCKS_MAX} query blocks`,
      });
    }
    return { id: this.#blocks++, place, conditions: [], equal: [], lateral: [] };
  }

  /** Subqueries as values are of no concern here: there each row of the outside asks for itself. */
  #onlyOnOneShard(place: Place, what: string): void {
    if (place.mode !== 'expression') this.singleOnly.add(what);
  }

  #block(
    node: QueryBlock,
    query: QueryExpression,
    place: Place,
    onTop?: (sources: readonly Source[]) => void,
  ): Facts {
    const block = this.#newBlock(place);
    const sources = node.from.flatMap((reference) => {
      const found = this.#from(reference, false, block);
      block.lateral.push(...found);
      return found;
    });
    const scope: Scope = { sources, outer: place.outer };
    for (const expression of expressionsOf(node, query)) this.#expression(expression, scope, place);
    this.#conditions(block, node.where, scope);
    onTop?.(sources);
    const uses = sources.flatMap((source) => source.uses);
    const columns = outputColumns(node, scope);
    if (place.outer !== undefined && hasOuterAggregate(node, query, scope))
      this.singleOnly.add(OUTER_AGGREGATE);
    if (place.mode === 'top' || uses.length === 0) return { columns, uses };
    const keyed = isKeyed(node, query, scope, isKeyColumn);
    const problem = keyed ? undefined : localityProblem(node, query);
    if (problem === undefined) return { columns, uses };
    if (place.mode === 'derived')
      this.#onlyOnOneShard(place, `${problem} in a derived table, common table expression or view`);
    return factsWithoutOrigins({ columns, uses });
  }

  /** Subqueries below an expression. */
  #expression(expression: Expression, scope: Scope, place: Place): void {
    for (const query of queriesIn(expression))
      this.#query(query, { mode: 'expression', anchor: false, outer: scope, tables: place.tables });
  }

  #conditions(block: Block, where: Expression | undefined, scope: Scope): void {
    const all: Condition[] = [...block.conditions];
    for (const expression of conjunctsOf(where)) all.push({ expression, scope, restricts: undefined });
    const own = usesOf(scope.sources);
    for (const [a, b, restricts] of block.equal) this.#equate(a, b, restricts ?? own);
    for (const condition of all) this.#equalities(condition);
    // Those of one scope and reach together: a key of several columns needs all of its conditions.
    for (const some of byReach(all)) {
      const { scope: within, restricts } = some[0]!;
      const routes = routesFrom(
        some.map(({ expression }) => expression),
        within,
        this.#readOperand,
      );
      // What a subquery asks of a row around it says nothing of where that row is.
      for (const [use, route] of routes) if ((restricts ?? own).has(use)) use.routes.push(route);
    }
  }

  #equalities({ expression, scope, restricts }: Condition): void {
    const reach = restricts ?? usesOf(scope.sources);
    for (const [a, b] of equalitiesIn(expression, scope)) this.#equate(a, b, reach);
    const member = this.#membership(expression, scope);
    if (member !== undefined && sameEquality(member[0].column, member[1].column)) this.#bonds.push(member);
  }

  /**
   * Two columns are equal in the rows that a condition restricts. Where one of them is of other rows, the condition says nothing of those:
   * they may meet rows of no such partner, and two of them need not be equal because one row inside is equal to each.
   */
  #equate(a: Origin, b: Origin, restricts: ReadonlySet<TableUse>): void {
    if (!sameEquality(a.column, b.column)) return;
    const [insideA, insideB] = [a, b].map(({ use }) => use !== undefined && restricts.has(use));
    if (insideA && insideB) this.#equal.join(a, b);
    else if (insideA) this.#bonds.push([a, b]);
    else if (insideB) this.#bonds.push([b, a]);
  }

  /** `a IN (SELECT b …)` as a condition: only rows with b = a count. */
  #membership(expression: Expression, scope: Scope): Bond | undefined {
    if (expression.kind !== 'inSubquery' || expression.negated || expression.operand.kind !== 'column')
      return undefined;
    const outside = originOf(scope, expression.operand);
    const inside = this.#facts.get(expression.query)?.columns?.[0]?.origin;
    return outside === undefined || inside === undefined ? undefined : [inside, outside];
  }

  /** The sources of one entry of FROM. */
  #from(reference: TableReference, nullable: boolean, block: Block): Source[] {
    switch (reference.kind) {
      case 'table':
        return [
          nullable
            ? nullableSource(this.#table(reference, true, block))
            : this.#table(reference, false, block),
        ];
      case 'derivedTable': {
        const { place } = block;
        const anchor = place.anchor && !nullable;
        const outer = reference.lateral ? { sources: [...block.lateral], outer: place.outer } : place.outer;
        const mode = reference.lateral ? 'expression' : 'derived';
        const facts = this.#query(reference.query, {
          mode,
          anchor: anchor && !reference.lateral,
          outer,
          tables: place.tables,
        });
        const columns = withNames(
          facts.columns,
          reference.columns.map(({ text }) => text),
        );
        const source = { name: reference.alias?.text ?? '', schema: undefined, columns, uses: facts.uses };
        return [nullable ? nullableSource(source) : source];
      }
      case 'jsonTable':
        return [jsonTableSource(reference)];
      case 'join':
        return this.#join(reference, nullable, block);
      case 'tableList':
        return reference.tables.flatMap((table) => this.#from(table, nullable, block));
      case 'odbcJoin':
        return this.#from(reference.table, nullable, block);
      case 'dual':
        return [];
    }
  }

  #join(join: Join, nullable: boolean, block: Block): Source[] {
    const left = this.#from(join.left, nullable || join.type === 'right', block);
    block.lateral.push(...left);
    const right = this.#from(join.right, nullable || join.type === 'left', block);
    const sources = [...left, ...right];
    const inner = join.type === 'left' ? right : join.type === 'right' ? left : undefined;
    const restricts = inner === undefined ? undefined : new Set(inner.flatMap((source) => source.uses));
    // A condition of an inner join within an outer one restricts what it joins, and nothing else.
    const own = restricts ?? (nullable ? new Set(sources.flatMap((source) => source.uses)) : undefined);
    const scope: Scope = { sources, outer: block.place.outer };
    if (join.on !== undefined) {
      this.#expression(join.on, scope, block.place);
      for (const expression of conjunctsOf(join.on))
        block.conditions.push({ expression, scope, restricts: own });
    }
    const names = join.natural ? commonNames(left, right) : (join.using ?? []).map(({ text }) => text);
    for (const name of names) {
      const a = columnNamed(left, name)?.origin;
      const b = columnNamed(right, name)?.origin;
      if (a !== undefined && b !== undefined) block.equal.push([a, b, own]);
    }
    return sources;
  }

  #table(node: TableName, nullable: boolean, block: Block): Source {
    const { place } = block;
    const common = node.schema === undefined ? findCommonTable(place.tables, node.name) : undefined;
    const name = node.alias?.text ?? node.name;
    if (common !== undefined) {
      const tables = common.recursive ? place.tables : common.scope;
      if (common.recursive && ++this.#depth > DEPTH_MAX / 2) {
        this.#depth--;
        return { name, schema: undefined, columns: undefined, uses: [] };
      }
      if (common.recursive) this.singleOnly.add('a recursive common table expression');
      const anchor = place.anchor && !nullable;
      const facts = common.recursive
        ? this.#recursive(common.query, { mode: 'derived', anchor, outer: undefined, tables })
        : this.#query(common.query, { mode: 'derived', anchor, outer: undefined, tables });
      if (common.recursive) this.#depth--;
      return { name, schema: undefined, columns: withNames(facts.columns, common.columns), uses: facts.uses };
    }
    if (node.schema !== undefined && this.input.isSystemSchema(node.schema)) {
      this.singleOnly.add(`${node.schema}, which each server has for itself`);
      return { name, schema: node.schema, columns: undefined, uses: [] };
    }
    return this.#stored(node, name, nullable, block);
  }

  readonly #recursing = new Set<QueryExpression>();

  /** A recursive table that names itself is not followed again. */
  #recursive(query: QueryExpression, place: Place): Facts {
    if (this.#recursing.has(query)) return { columns: undefined, uses: [] };
    this.#recursing.add(query);
    const facts = this.#query(query, place);
    this.#recursing.delete(query);
    return factsWithoutOrigins(facts);
  }

  #stored(node: TableName, name: string, nullable: boolean, block: Block): Source {
    const { vschema, keyspace, tabletType } = this.input;
    const found = resolveTable(vschema, node.schema, node.name, keyspace, tabletType);
    if (found.kind === 'vindex') {
      this.vindexes.push({ keyspace: found.keyspace, vindex: found.vindex, node });
      return { name, schema: undefined, columns: undefined, uses: [] };
    }
    if (found.kind !== 'table') {
      const view = found.kind === 'unknown' ? viewNamed(node, this.input) : undefined;
      if (view === undefined) throw found.error;
      return this.#view(view, { name, schema: node.schema ?? keyspace }, nullable, block);
    }
    const { table } = found;
    if (this.#readOperand !== this.input.readOperand) requireOwnName(node, table);
    const schema = this.#schemaOf(table);
    const qualifier = table.keyspace;
    if (table.kind !== 'sharded') {
      (table.kind === 'reference' ? this.references : this.unsharded).push({ node, table, schema });
      const columns = schema?.columns.map((column) => ({
        name: column.name,
        origin: { use: undefined, column },
        hidden: column.invisible,
      }));
      return { name, schema: qualifier, columns, uses: [] };
    }
    const { use, columns } = this.#use(node, table, schema!, nullable, block);
    return { name, schema: qualifier, columns, uses: [use] };
  }

  /** A view is read as the derived table that it stands for. */
  #view(view: TableSchema, named: Pick<Source, 'name' | 'schema'>, nullable: boolean, block: Block): Source {
    const defined = viewQuery(view);
    this.views++;
    this.viewKeyspace ??= named.schema;
    const outside = this.#readOperand;
    // Its constants stand in its own text.
    this.#readOperand = defined.readOperand;
    const anchor = block.place.anchor && !nullable;
    const facts = this.#query(defined.query, {
      mode: 'derived',
      anchor,
      outer: undefined,
      tables: undefined,
    });
    this.#readOperand = outside;
    const names = view.columns.map((column) => column.name);
    return { ...named, columns: withNames(facts.columns, names), uses: facts.uses };
  }

  /** Raises what MySQL says of a table that is not there, or HG_SCHEMA_DISAGREES. */
  #schemaOf(table: TableVSchema): TableSchema | undefined {
    const all = this.input.schemaOf(table.keyspace);
    const schema = all === undefined ? undefined : findTable(all, table.name);
    if (schema !== undefined || table.kind === 'unsharded' || table.kind === 'sequence') return schema;
    const problem = all?.disagreements.get(table.name);
    if (problem !== undefined) throw new HeadgateError('HG_SCHEMA_DISAGREES', { detail: problem });
    throw new HeadgateError('ER_NO_SUCH_TABLE', {
      message: `Table '${table.keyspace}.${table.name}' doesn't exist`,
    });
  }

  #use(
    node: TableName,
    table: TableVSchema,
    schema: TableSchema,
    nullable: boolean,
    block: Block,
  ): { use: TableUse; columns: SourceColumn[] } {
    const key = routingKey(table, schema);
    const use: NewTableUse = {
      id: this.uses.length,
      node,
      table,
      schema,
      key,
      keyOrigins: [],
      block: block.id,
      nullable,
      anchor: block.place.anchor && !nullable,
      routes: table.pinned === undefined ? [] : [{ kind: 'keyspaceId', id: table.pinned }],
    };
    const columns = schema.columns.map(
      (column): SourceColumn => ({ name: column.name, origin: { use, column }, hidden: column.invisible }),
    );
    use.keyOrigins = (key?.columns ?? []).map(
      (wanted) => columns.find(({ origin }) => origin!.column === wanted)!.origin!,
    );
    this.uses.push(use);
    return { use, columns };
  }
}

const usesOf = (sources: readonly Source[]): ReadonlySet<TableUse> =>
  new Set(sources.flatMap(({ uses }) => uses));

const factsWithoutOrigins = ({ columns, uses }: Facts): Facts => ({
  uses,
  columns: columns === undefined ? undefined : withoutOrigins(columns),
});
