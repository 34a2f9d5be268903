/**
 * Walks through a query and writes what is left of it when the rows of its tables stand in temporary tables. What becomes an input of its
 * own is decided in `#table`.
 */
import { columnKey } from '../../schema/schema.ts';
import type { ColumnReference } from '../../sql/ast/expression.ts';
import type { Locking, QueryBlock, QueryBody, QueryExpression, SelectStar } from '../../sql/ast/query.ts';
import type { Join, TableName, TableReference } from '../../sql/ast/table.ts';
import { type AnyNode, children, nodesOfKind } from '../../sql/ast/walk.ts';
import { conjunctsOf } from '../analysis/predicates.ts';
import { columnsIn, expressionsOf } from '../analysis/subqueries.ts';
import { Refused } from '../refused.ts';
import type { Template } from '../template.ts';
import { type CommonScope, commonScope, findDefinition, referenceTo, writeWith } from './common-tables.ts';
import { computedColumn } from './computed-columns.ts';
import { Conditions, requiredSources } from './conditions.ts';
import { isGrouped, restsOnKeys } from './group-check.ts';
import {
  isElsewhere,
  isGone,
  isPlainText,
  titleColumns,
  writtenColumn,
  writtenStar,
  writtenTable,
} from './joined-text.ts';
import { namesIn } from './needed-columns.ts';
import { passedBy } from './passed-columns.ts';
import type { PlanNested } from './plan-nested.ts';
import type { Bond } from './reductions.ts';
import { apart, clausesOf, serverTable, shownFor } from './same-names.ts';
import {
  flattened,
  type Meaning,
  meaningOf,
  type NamesInput,
  sourceOf,
  tableNameOf,
} from './source-names.ts';
import { type Edit, edited, quoted, type SourceText, sqlPiece } from './source-text.ts';
import { type BlockScope, columnOf, mergedNames, type NamedSource, type Passes } from './sources.ts';
import { lockingOf, type TableDraft } from './table-draft.ts';
import { joinTables } from './tables-together.ts';
import { keptTitles } from './titles.ts';
import { type UnknownColumn, unknownColumn } from './unknown-columns.ts';
import { viewText } from './view-text.ts';
import { wholeDraft } from './whole-draft.ts';
import { type InnerQuery, isMergeable, wholeInput } from './whole-query.ts';

/** Where a query stands: its text, the names around it, the edits of the text. */
type Place = Readonly<{
  source: SourceText;
  outer: BlockScope | undefined;
  common: CommonScope | undefined;
  locking: readonly Locking[];
  /** The rows are only counted or asked for: no `*` needs their columns. */
  existsOnly: boolean;
  /** Among the conditions of an outer join, or directly below. */
  inOuterOn: boolean;
  edits: Edit[];
}>;

/**
 * Behind SELECT. Where a subquery in an outer join's ON says nothing of the inner table, MySQL 9.7 may forget that it gives no row twice: the
 * temporary tables lead it to ways of running semijoins that the tables themselves do not.
 */
const NO_SEMIJOIN = ' /*+ NO_SEMIJOIN() */';

/** What a query is to what stands around it: the rows of a table, a part of a set operation, a value, or all that a query in parentheses is. */
type QueryUse = 'statement' | 'rows' | 'operand' | 'value' | 'nested';

/** A block with the temporary tables of one use each: more than MySQL joins is of no use. */
const INPUTS_MAX = 1000;
/** Beyond it MySQL forgets a LIMIT around it. */
const ALL_ROWS = ' LIMIT 9223372036854775807';

export class Remainder {
  readonly drafts: TableDraft[] = [];
  readonly keyspaces = new Set<string>();
  /** Names under which the text has views' queries. */
  readonly views = new Set<string>();
  /** Names of columns that no table has. */
  readonly unknown: UnknownColumn[] = [];
  /** Whether unique keys of tables can matter to what MySQL has against the text. */
  restsOnKeys = false;
  /** Whether any block has groups. */
  isGrouped = false;
  readonly #input: NamesInput;
  readonly #plan: PlanNested;
  readonly #filters: boolean;
  readonly #conditions = new Conditions();
  /** What can be asked when the whole statement has been walked through. */
  readonly #later: (() => void)[] = [];
  readonly #passes = new Map<QueryExpression, Passes | undefined>();
  /** Conditions that the shards have tested. */
  readonly #tested = new Set<AnyNode>();
  readonly #joins: (block: QueryBlock) => boolean;
  #copies = 0;
  /** Names of temporary tables that the client has for something else. */
  #skippedNames = 0;

  /** `filters`: rows that do not matter may be left out of the inputs. `joins`: whether tables of a block may be joined on the shards. */
  constructor(
    input: NamesInput,
    plan: PlanNested,
    { filters, joins }: Readonly<{ filters: boolean; joins: (block: QueryBlock) => boolean }>,
  ) {
    this.#input = input;
    this.#plan = plan;
    this.#filters = filters;
    this.#joins = joins;
  }

  /** Columns of the drafts that have to be equal. */
  get bonds(): readonly Bond[] {
    return this.#conditions.bonds;
  }

  /** The text of the whole statement's query from `start` to `end`; the drafts are complete then. */
  write(query: QueryExpression, source: SourceText, start: number, end: number): Template {
    const { text } = this.#text(query, source, start, end);
    if (this.#filters) for (const ask of this.#later) ask();
    this.#conditions.spread();
    return text;
  }

  #text(
    query: QueryExpression,
    source: SourceText,
    start: number,
    end: number,
  ): { text: Template; passes: Passes | undefined } {
    const edits: Edit[] = [];
    const passes = this.#query(query, placed(source, undefined, undefined, edits), 'statement');
    return { text: edited(source, start, end, edits), passes };
  }

  #query(query: QueryExpression, around: Place, use: QueryUse = 'rows'): Passes | undefined {
    const whole = this.#whole(query, around, use);
    if (whole !== undefined) {
      this.#passes.set(query, whole);
      return whole;
    }
    const common = query.with === undefined ? around.common : commonScope(query.with, around.common);
    const place: Place = { ...around, common, locking: [...around.locking, ...query.locking] };
    for (const { start, end } of query.locking) place.edits.push({ start, end, with: [] });
    const passes = this.#body(query.body, query, place);
    this.#passes.set(query, passes);
    if (query.with === undefined) return passes;
    const { source, outer } = place;
    place.edits.push(
      writeWith(source, query.with, common!, (node, scope) => {
        const edits: Edit[] = [];
        return { edits, passes: this.#query(node.query, placed(source, outer, scope, edits)) };
      }),
    );
    return passes;
  }

  /** Puts one temporary table in the place of the query, where the shards can answer all of it. */
  #whole(query: QueryExpression, place: Place, use: QueryUse): Passes | undefined {
    if (use === 'statement' || !this.#filters || place.locking.length > 0) return undefined;
    const { source, common, outer } = place;
    const inner: InnerQuery = {
      query,
      source,
      common,
      isValue: use === 'value',
      isWithin: outer !== undefined,
      isComputed: use === 'nested' && query.limit === undefined,
    };
    const table = this.#nextTable(common);
    const whole = wholeInput(inner, table, this.#input, this.#plan);
    if (whole === undefined) return undefined;
    const draft = wholeDraft(inner, whole, this.#input);
    this.drafts.push(draft);
    this.keyspaces.add(whole.plan.keyspace);
    // MySQL makes the rows of some queries as a whole, which shows in the columns, and refuses LIMIT behind IN: a LIMIT makes it the same here.
    const isMade = use === 'rows' ? !isMergeable(query) : query.limit !== undefined;
    const limit = isMade && use !== 'operand' ? ALL_ROWS : '';
    // Within EXISTS MySQL takes a * for one column, and then misses the others of a UNION.
    const items = use === 'operand' ? whole.columns.map(({ name }) => quoted(name)).join(', ') : '*';
    const text = `SELECT${place.inOuterOn ? NO_SEMIJOIN : ''} ${items} FROM ${quoted(table)}${limit}`;
    place.edits.push({ start: query.start, end: query.end, with: sqlPiece(text) });
    return (at) => {
      const column = whole.columns[at]?.name;
      return column === undefined ? undefined : { draft, column };
    };
  }

  /** A name that means no common table where it stands. */
  #nextTable(common: CommonScope | undefined): string {
    const count = this.drafts.length;
    if (count >= INPUTS_MAX) throw new Refused(`more than ${INPUTS_MAX} tables in one statement`);
    for (;;) {
      const name = `headgate_${count + this.#skippedNames + 1}`;
      if (findDefinition(common, name) === undefined) return name;
      this.#skippedNames++;
    }
  }

  #body(body: QueryBody, query: QueryExpression, place: Place): Passes | undefined {
    switch (body.kind) {
      case 'queryBlock':
        return this.#block(body, query, place);
      case 'nestedQuery': {
        const passes = this.#query(body.query, place, 'nested');
        this.#subqueriesIn(query.orderBy, place);
        return query.limit === undefined ? passes : undefined;
      }
      case 'setOperation': {
        for (const operand of body.operands) {
          const alone = { ...query, orderBy: undefined, limit: undefined };
          const inside = { ...place, existsOnly: false, inOuterOn: false };
          const { start, end } = operand;
          const part = { ...alone, with: undefined, body: operand, start, end };
          const whole = this.#whole(part, inside, 'operand');
          if (whole === undefined) this.#body(operand, alone, inside);
        }
        this.#subqueriesIn(query.orderBy, place);
        return undefined;
      }
      case 'values':
        this.#subqueriesIn(body, place);
        return undefined;
      case 'tableBody': {
        const node = tableNameOf(body);
        const names = new Set(
          (query.orderBy?.items ?? [])
            .flatMap(({ expression }) => columnsIn(expression))
            .map(({ name }) => columnKey(name)),
        );
        const named = this.#named(node, names, place);
        if (named.draft !== undefined) named.draft.keepsAll = true;
        const reference = this.#reference(node, named, place);
        const table = reference.length > 0 ? reference : serverTable(node, named.shown);
        place.edits.push({
          start: body.start,
          end: body.end,
          with: [...sqlPiece(`SELECT${place.inOuterOn ? NO_SEMIJOIN : ''} * FROM `), ...table],
        });
        this.#subqueriesIn(query.orderBy, place);
        return undefined;
      }
    }
  }

  #subqueriesIn(node: AnyNode | undefined, place: Place): void {
    if (node !== undefined) this.#expression(node, place.outer, place);
  }

  #block(block: QueryBlock, query: QueryExpression, around: Place): Passes | undefined {
    const place = { ...around, inOuterOn: false };
    const { verbEnd } = block;
    if (around.inOuterOn && block.hint === undefined)
      place.edits.push({ start: verbEnd, end: verbEnd, with: sqlPiece(NO_SEMIJOIN) });
    const names = namesIn(block, query);
    const byNode = new Map<TableReference, NamedSource>();
    for (const reference of flattened(block.from))
      byNode.set(reference, this.#named(reference, names, place));
    const sources = apart([...byNode.values()]);
    for (const [at, reference] of [...byNode.keys()].entries()) byNode.set(reference, sources[at]!);
    const scope: BlockScope = {
      sources,
      outer: place.outer,
      isMerged: mergedNames(block.from),
      clauseAt: clausesOf(block, query),
    };
    this.#keepStars(block, scope, place);
    if (this.#filters && isPlainText(place.source) && this.#joins(block)) {
      const tested = joinTables({ block, query, scope, byNode, source: place.source });
      for (const condition of tested) this.#tested.add(condition);
    }
    for (const [at, reference] of block.from.entries()) {
      this.#from(reference, byNode, scope, place);
      if (reference.kind === 'table' && isElsewhere(byNode.get(reference)!))
        place.edits.push({ start: block.from[at - 1]!.end, end: reference.end, with: [] });
    }
    for (const expression of expressionsOf(block, query)) this.#expression(expression, scope, place);
    this.#later.push(() => this.#conditions.block(block, scope, byNode, place.source));
    this.#memberships(block, scope);
    this.restsOnKeys ||= restsOnKeys(block, query);
    this.isGrouped ||= isGrouped(block, query);
    for (const item of block.items) if (item.kind === 'selectStar') this.#star(item, scope, place);
    titleColumns(block, scope);
    if (!place.existsOnly) place.edits.push(...keptTitles(block.items, place.source, place.edits));
    return passedBy(block, query, scope, requiredSources(block, byNode));
  }

  /** `a IN (SELECT b …)` among the conditions. */
  #memberships(block: QueryBlock, scope: BlockScope): void {
    for (const condition of conjunctsOf(block.where)) {
      if (condition.kind !== 'inSubquery' || condition.negated || condition.operand.kind !== 'column')
        continue;
      const { operand } = condition;
      const passes = this.#passes.get(condition.query);
      this.#later.push(() => {
        const outside = columnOf(scope, operand);
        const inside = passes?.(0);
        if (outside !== undefined && inside !== undefined) this.#conditions.member(inside, outside);
      });
    }
  }

  /** Marks the tables of which all columns count. */
  #keepStars(block: QueryBlock, scope: BlockScope, { existsOnly }: Place): void {
    const isNatural = block.from.some((reference) => nodesOfKind(reference, 'join').some(isNaturalJoin));
    const isPlain = existsOnly && block.groupBy === undefined && !block.options.distinct;
    for (const { draft, source } of scope.sources) {
      if (draft === undefined) continue;
      const starred = block.items.some(
        (item) => item.kind === 'selectStar' && (item.table === undefined || item.table === source.name),
      );
      if (isNatural || (starred && !isPlain)) draft.keepsAll = true;
    }
  }

  /** An entry of FROM with its draft, if it is a table. */
  #named(
    reference: ReturnType<typeof flattened>[number],
    names: ReadonlySet<string>,
    place: Place,
  ): NamedSource {
    const { common, source: text } = place;
    const source = sourceOf(reference, common, this.#input);
    const shown = source.name;
    if (reference.kind !== 'table') return { source, draft: undefined, passes: undefined, shown };
    const meaning = meaningOf(reference, common, this.#input);
    if (meaning.kind !== 'table') return { source, draft: undefined, passes: undefined, shown };
    const { table, schema } = meaning;
    this.keyspaces.add(table.keyspace);
    const draft: TableDraft = {
      source: text,
      node: reference,
      temporary: this.#nextTable(common),
      alias: source.name,
      table,
      schema,
      names,
      keepsAll: false,
      filters: [],
      computed: [],
      compared: new Map(),
      locking: lockingOf(place.locking, source),
      whole: undefined,
      joined: undefined,
    };
    this.drafts.push(draft);
    return { source, draft, passes: undefined, shown };
  }

  #from(
    reference: TableReference,
    byNode: ReadonlyMap<TableReference, NamedSource>,
    scope: BlockScope,
    place: Place,
  ): void {
    switch (reference.kind) {
      case 'table': {
        const text = this.#reference(reference, byNode.get(reference)!, place);
        if (text.length > 0) place.edits.push({ start: reference.start, end: reference.end, with: text });
        return;
      }
      case 'derivedTable':
        byNode.get(reference)!.passes = this.#query(reference.query, {
          ...place,
          outer: reference.lateral ? scope : place.outer,
          locking: [],
          existsOnly: false,
        });
        return;
      case 'jsonTable':
        this.#expression(reference.document, scope, place);
        return;
      case 'join':
        this.#from(reference.left, byNode, scope, place);
        if (isGone(reference, byNode, this.#tested)) {
          place.edits.push({ start: reference.left.end, end: reference.end, with: [] });
          return;
        }
        this.#from(reference.right, byNode, scope, place);
        if (reference.on !== undefined) {
          const inOuterOn = reference.type === 'left' || reference.type === 'right';
          this.#expression(reference.on, scope, { ...place, inOuterOn });
        }
        return;
      case 'tableList':
        for (const table of reference.tables) this.#from(table, byNode, scope, place);
        return;
      case 'odbcJoin':
        this.#from(reference.table, byNode, scope, place);
        return;
      case 'dual':
        return;
    }
  }

  /** What stands in the place of a table's name; nothing where it stays. */
  #reference(node: TableName, named: NamedSource, place: Place): Template {
    const { draft, shown } = named;
    if (draft?.joined !== undefined) return writtenTable(draft, draft.joined);
    if (draft !== undefined) return sqlPiece(`${quoted(draft.temporary)} AS ${quoted(shown)}`);
    const meaning = meaningOf(node, place.common, this.#input);
    switch (meaning.kind) {
      case 'common': {
        const { definition } = meaning.found;
        const copy = referenceTo(definition, () => `${definition.node.name.text} ${++this.#copies + 1}`);
        named.passes = (at) => copy.passes?.(at);
        const { name } = copy;
        return name === node.name ? [] : sqlPiece(`${quoted(name)} AS ${quoted(shown)}`);
      }
      case 'view':
        return this.#view(meaning, named);
      case 'server':
        return shown === node.alias?.text || shown === node.name ? [] : serverTable(node, shown);
      case 'table':
        throw new Refused(`${node.name} without its rows`);
    }
  }

  /** A view's query as a derived table. */
  #view({ schema, keyspace }: Extract<Meaning, { kind: 'view' }>, named: NamedSource): Template {
    this.keyspaces.add(keyspace);
    this.views.add(named.shown);
    const { source, query } = viewText(schema);
    const { text, passes } = this.#text(query, source, query.start, query.end);
    named.passes = passes;
    const columns = schema.columns.map(({ name }) => quoted(name)).join(', ');
    return [...sqlPiece('('), ...text, ...sqlPiece(`) AS ${quoted(named.shown)} (${columns})`)];
  }

  /** Queries below an expression, and names of databases that the remainder does not have. */
  #expression(node: AnyNode, scope: BlockScope | undefined, place: Place): void {
    if (node.kind === 'query') {
      this.#query(node, { ...place, outer: scope, locking: [] }, 'value');
      return;
    }
    if (this.#tested.has(node)) {
      place.edits.push({ start: node.start, end: node.end, with: sqlPiece('TRUE') });
      return;
    }
    if (node.kind === 'column') this.#column(node, scope, place);
    if (node.kind === 'match' || node.kind === 'defaultOf')
      place.edits.push(computedColumn(node, scope, place.source));
    // A value's text makes titles, also those of parameters.
    const inOuterOn = place.inOuterOn && node.kind !== 'subquery';
    const inside = { ...place, existsOnly: node.kind === 'exists', inOuterOn };
    for (const child of children(node)) this.#expression(child, scope, inside);
  }

  #column(node: ColumnReference, scope: BlockScope | undefined, { edits }: Place): void {
    const unknown = scope === undefined ? undefined : unknownColumn(node, scope);
    if (unknown !== undefined) this.unknown.push(unknown);
    const joined = scope === undefined ? undefined : writtenColumn(node, scope);
    if (joined !== undefined) {
      // The node begins with its parentheses.
      edits.push({ start: node.schemaStart, end: node.nameEnd, with: joined });
      return;
    }
    if (node.schema === undefined) {
      const shown = node.table === undefined ? undefined : shownFor(node, scope);
      if (shown !== undefined)
        edits.push({ start: node.tableStart, end: node.nameStart, with: sqlPiece(`${quoted(shown)}.`) });
      return;
    }
    for (let level = scope; level !== undefined; level = level.outer) {
      const found = level.sources.find(
        ({ source }) => source.name === node.table && source.schema === node.schema,
      );
      if (found === undefined) continue;
      edits.push({ start: node.schemaStart, end: node.nameStart, with: sqlPiece(`${quoted(found.shown)}.`) });
      return;
    }
  }

  #star({ schema, table, start, end }: SelectStar, { sources }: BlockScope, place: Place): void {
    const { edits, existsOnly } = place;
    const joined = writtenStar({ schema, table }, sources, existsOnly);
    if (joined !== undefined) edits.push({ start, end, with: joined });
    if (joined !== undefined || table === undefined) return;
    const found = sources.filter(
      ({ source }) => source.name === table && (schema === undefined || source.schema === schema),
    );
    const isSame = schema === undefined && found.every(({ shown }) => shown === table);
    if (found.length === 0 || isSame) return;
    const text = found.map(({ shown }) => `${quoted(shown)}.*`).join(', ');
    edits.push({ start, end, with: sqlPiece(text) });
  }
}

const placed = (
  source: SourceText,
  outer: BlockScope | undefined,
  common: CommonScope | undefined,
  edits: Edit[],
): Place => ({ source, outer, common, locking: [], existsOnly: false, inOuterOn: false, edits });

const isNaturalJoin = ({ natural }: Join): boolean => natural;
