/** From a parsed statement to its plan: which keyspace it belongs to, and which of the planners makes it. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { KeyspaceSchema } from '../schema/schema.ts';
import type { DeleteStatement, UpdateStatement } from '../sql/ast/dml.ts';
import type { Parameter } from '../sql/ast/expression.ts';
import type { LoadStatement } from '../sql/ast/load.ts';
import type { ParsedStatement, SelectStatement } from '../sql/ast/statement.ts';
import { nodesOfKind } from '../sql/ast/walk.ts';
import type { LexMode } from '../sql/lex-mode.ts';
import type { Literals } from '../sql/literals-found.ts';
import { parseStatement } from '../sql/parser/statement.ts';
import type { TableVSchema, VSchema } from '../vschema/vschema.ts';
import { Analyzer, type PlainTable } from './analysis/analyzer.ts';
import type { Group } from './analysis/groups.ts';
import { isKeyColumn } from './analysis/keys.ts';
import { seesRelevance } from './analysis/relevance.ts';
import type { Source, TableUse } from './analysis/table-use.ts';
import type { GatherPlan } from './gather/gather-plan.ts';
import { planGrouped } from './gather/grouped.ts';
import type { NestedText } from './gather/nested-text.ts';
import { planGather, sourceText } from './gather/plan-gather.ts';
import { keptTitles } from './gather/titles.ts';
import { planInsert } from './insert.ts';
import { planJoin } from './join/plan-join.ts';
import { type LoadPlan, planLoad } from './load.ts';
import { OperandReader } from './operands.ts';
import type { ChangePlan, Plan, QueryPlan, Refusal, RoutedGroup, Scatter } from './plan.ts';
import { isRefusal, refused } from './plan.ts';
import { Refused } from './refused.ts';
import { planScatter } from './scatter.ts';
import { planUnion } from './scatter-union.ts';
import { type Renamed, type Template, TemplateBuilder } from './template.ts';
import { planVindexQuery } from './vindex-query.ts';

export type PlannerInput = Readonly<{
  text: Buffer;
  /** The statement's borders in the text. */
  start: number;
  end: number;
  mode: LexMode;
  /** Undefined where the text has no fingerprint. */
  literals: Literals | undefined;
  vschema: VSchema;
  schemaOf: (keyspace: string) => KeyspaceSchema | undefined;
  keyspace: string | undefined;
  tabletType: string;
  isSystemSchema: (name: string) => boolean;
  /** One tablet has to see all of the statement's tables: no joins by lookups. */
  isGathered?: boolean;
}>;

/** What the planners of the statements share. */
export type Planning = Readonly<{
  input: PlannerInput;
  operands: OperandReader;
  analyzer: Analyzer;
  /** A builder for text made from the client's. */
  /** `titled`: columns that keep their titles by an alias. */
  template: (titled?: readonly Renamed[]) => TemplateBuilder;
}>;

type Plannable = Exclude<ParsedStatement, { kind: 'syntaxProblem' }>;

/**
 * Plans SELECT, INSERT, REPLACE, UPDATE, DELETE. Raises MySQL's errors for unknown tables and HG_SEVERAL_KEYSPACES; what cannot
 * run over several shards is in the plan as a refusal, since it may be on one shard after all. Undefined for other statements.
 */
export function planStatement(statement: Plannable, input: PlannerInput): Plan | undefined {
  switch (statement.kind) {
    case 'select':
      return withoutRelevance(statement, input, planSelect(statement, planningOf(statement, input)));
    case 'update':
    case 'delete':
      return planChange(statement, planningOf(statement, input));
    case 'insert':
    case 'replace':
      return planInsert(statement, planningOf(statement, input));
    default:
      return undefined;
  }
}

/** As `planStatement`, for LOAD. */
export function planLoadStatement(
  statement: LoadStatement,
  input: PlannerInput,
): LoadPlan | QueryPlan | undefined {
  return planLoad(statement, planningOf(statement, input));
}

/** A builder that, beside the tables, gives other things another name. */
export const templateRenaming = (
  { analyzer, input }: Planning,
  renamed: readonly Renamed[],
): TemplateBuilder =>
  new TemplateBuilder(input.text, input.literals, [], [...renamedIn(analyzer, input), ...renamed]);

function planningOf(statement: Parameters<typeof nodesOfKind>[0], input: PlannerInput): Planning {
  const { text, mode, literals } = input;
  const hasConstantVariables = nodesOfKind(statement, 'assignVariable').length === 0;
  const operands = new OperandReader(text, mode, literals, hasConstantVariables);
  const analyzer = new Analyzer({
    vschema: input.vschema,
    schemaOf: input.schemaOf,
    keyspace: input.keyspace,
    tabletType: input.tabletType,
    readOperand: (expression) => operands.read(expression),
    isSystemSchema: input.isSystemSchema,
  });
  const parameters = nodesOfKind(statement, 'parameter').map(({ start, index }: Parameter) => ({
    start,
    index,
  }));
  return {
    input,
    operands,
    analyzer,
    template: (titled = []) => {
      const renamed = [...renamedIn(analyzer, input), ...qualifiersIn(statement, analyzer, input), ...titled];
      return new TemplateBuilder(text, literals, parameters, renamed);
    },
  };
}

/** Names of tables that mean another one than they would by themselves on a connection of the session. */
function renamedIn(analyzer: Analyzer, { text, keyspace }: PlannerInput): Renamed[] {
  return tablesOf(analyzer).flatMap(({ node, table }) => {
    const named = node.schema ?? keyspace;
    if (named === table.keyspace && node.name === table.name) return [];
    // The statement's other names for it stay right; INSERT takes no alias there.
    const needsAlias = node.alias === undefined && node.name !== table.name;
    const isWritten = analyzer.written.some((written) => written.node === node);
    const alias = needsAlias && !isWritten ? ` AS ${quoted(node.name)}` : '';
    // What stands behind TABLE can have no alias.
    const isBody = /^table\b/i.test(text.toString('latin1', node.start, node.nameStart));
    const before = isBody ? 'SELECT * FROM ' : '';
    const bytes = Buffer.from(`${before}${quoted(table.keyspace)}.${quoted(table.name)}${alias}`);
    return text.subarray(node.start, node.nameEnd).equals(bytes)
      ? []
      : [{ start: node.start, end: node.nameEnd, bytes }];
  });
}

/** What stands before columns of such tables: the name of a database in which they are not. */
function qualifiersIn(
  statement: Parameters<typeof nodesOfKind>[0],
  analyzer: Analyzer,
  { keyspace }: PlannerInput,
): Renamed[] {
  const elsewhere = tablesOf(analyzer).filter(
    ({ node, table }) => node.alias === undefined && (node.schema ?? keyspace) !== table.keyspace,
  );
  if (elsewhere.length === 0) return [];
  const isElsewhere = (schema: string | undefined, name: string | undefined): boolean =>
    schema !== undefined &&
    elsewhere.some(({ node }) => node.name === name && (node.schema ?? keyspace) === schema);
  return [
    ...nodesOfKind(statement, 'column')
      .filter(({ schema, table }) => isElsewhere(schema, table))
      .map(({ schemaStart, nameStart, table }) => ({
        start: schemaStart,
        end: nameStart,
        bytes: Buffer.from(`${quoted(table!)}.`),
      })),
    ...nodesOfKind(statement, 'selectStar')
      .filter(({ schema, table }) => isElsewhere(schema, table))
      .map(({ start, end, table }) => ({ start, end, bytes: Buffer.from(`${quoted(table!)}.*`) })),
  ];
}

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

const tablesOf = ({ uses, references, unsharded, written }: Analyzer): readonly (TableUse | PlainTable)[] => [
  ...written,
  ...uses,
  ...references,
  ...unsharded,
];

const keyspacesOf = (analyzer: Analyzer): string[] => [
  ...new Set(tablesOf(analyzer).map(({ table }) => table.keyspace)),
];

/** The keyspace in which the statement runs. Raises HG_SEVERAL_KEYSPACES. */
export function keyspaceOf(analyzer: Analyzer): string | undefined {
  const keyspaces = keyspacesOf(analyzer);
  if (keyspaces.length > 1) throw new HeadgateError('HG_SEVERAL_KEYSPACES', { detail: keyspaces.join(', ') });
  return keyspaces[0];
}

/**
 * The whole text with its tables' names as the shards know them; undefined where it needs no change. `query`: whose columns keep their
 * titles.
 */
export function wholeText(
  { analyzer, input, template }: Planning,
  query?: SelectStatement,
): Template | undefined {
  const renamed = renamedIn(analyzer, input);
  if (renamed.length === 0) return undefined;
  const titled =
    query === undefined ? [] : titlesOf(query, [...renamed, ...qualifiersIn(query, analyzer, input)], input);
  return template(titled).copy(input.start, input.end).build();
}

function titlesOf(statement: SelectStatement, renamed: readonly Renamed[], input: PlannerInput): Renamed[] {
  let { body } = statement.query;
  while (body.kind === 'nestedQuery' || body.kind === 'setOperation')
    body = body.kind === 'nestedQuery' ? body.query.body : body.operands[0]!;
  if (body.kind !== 'queryBlock') return [];
  const edits = renamed.map(({ start, end }) => ({ start, end, with: [] }));
  try {
    return keptTitles(body.items, sourceText(statement, input), edits).map(
      ({ start, end, with: pieces }) => ({
        start,
        end,
        bytes: Buffer.concat(pieces.flatMap((piece) => (piece.kind === 'text' ? [piece.bytes] : []))),
      }),
    );
  } catch (error) {
    // They would have a literal in them that differs from one execution to the next.
    if (error instanceof Refused) return [];
    throw error;
  }
}

/** On one shard alone a relevance is what its table says. */
function withoutRelevance(
  { query }: SelectStatement,
  { vschema }: PlannerInput,
  plan: Plan | undefined,
): Plan | undefined {
  if (plan === undefined || !seesRelevance(query)) return plan;
  const refusal = refused(
    'HG_SHARDED_NOT_PLANNED',
    'the relevance that MATCH … AGAINST computes, and WITH QUERY EXPANSION: each shard counts its own rows (as a condition it runs)',
  );
  if (plan.kind === 'query') return Object.freeze({ ...plan, scatter: refusal });
  const isSharded =
    'keyspaces' in plan && plan.keyspaces.some((name) => vschema.keyspaces.get(name)?.sharded);
  if (isSharded) throw new HeadgateError(refusal.code, { detail: refusal.detail });
  return plan;
}

/** The session's keyspace, where tables are only in common table expressions that nothing uses: MySQL does not look at those. */
function unusedIn(
  { query }: SelectStatement,
  { keyspace, isSystemSchema }: PlannerInput,
): string | undefined {
  if (query.with === undefined || keyspace === '') return undefined;
  const tables = nodesOfKind(query, 'table');
  const isOwn = tables.every(({ schema }) => schema === undefined || !isSystemSchema(schema));
  return tables.length > 0 && isOwn ? keyspace : undefined;
}

/** `merges`: what the shards cannot answer by themselves is refused. */
function planSelect(statement: SelectStatement, planning: Planning, merges = false): Plan | undefined {
  const { analyzer, input } = planning;
  const sources = analyzer.statement(statement.query);
  if (analyzer.vindexes.length > 0) return planVindexQuery(statement, planning);
  const keyspaces = keyspacesOf(analyzer);
  // Views without tables are on every shard.
  const keyspace = keyspaces[0] ?? (analyzer.viewKeyspace || unusedIn(statement, input));
  if (keyspace === undefined) return undefined;
  if (keyspaces.length > 1 && merges) return undefined;
  if (keyspaces.length > 1) {
    const joined =
      input.isGathered === true ? undefined : planJoin(statement, planning, analyzer.groups(), sources);
    if (joined !== undefined) return joined;
    const several = gatherPlan(`tables of several keyspaces: ${keyspaces.join(', ')}`);
    if (isRefusal(several)) throw new HeadgateError(several.code, { detail: several.detail });
    return several;
  }
  const groups = analyzer.groups();
  const plan: QueryPlan = {
    kind: 'query',
    keyspace,
    groups: groups.map(routedGroup),
    text: wholeText(planning, statement),
    scatter: severalShards(),
  };
  return Object.freeze(plan);

  function severalShards(): QueryPlan['scatter'] {
    const scatter = scatterOf(statement, planning, groups, sources);
    if (input.isGathered === true && !merges) return gatherPlan('one connection has to see all of its rows');
    // Without groups it never comes to several shards.
    if (groups.length === 0 || merges) return scatter;
    if (!isRefusal(scatter)) return scatter;
    const grouped = groupedPlan(scatter.detail);
    if (grouped !== undefined) return grouped;
    const joined = planJoin(statement, planning, groups, sources);
    if (joined !== undefined) return joined;
    try {
      return gatherPlan(scatter.detail);
    } catch (error) {
      // On one shard it may run all the same.
      if (error instanceof HeadgateError) return scatter;
      throw error;
    }
  }

  function groupedPlan(reason: string): GatherPlan | undefined {
    const { query, hasVersionComment } = statement;
    const isLocal = groupsProblem(groups, analyzer) === undefined && !hasVersionComment;
    if (!isLocal || query.body.kind !== 'queryBlock' || sources === undefined) return undefined;
    const { mode, start, end } = input;
    const scope = { sources, outer: undefined };
    const source = sourceText(statement, input);
    return planGrouped(query.body, query, { source, start, end, scope, keyspace: keyspace!, reason, plan });

    function plan(text: NestedText): QueryPlan | undefined {
      const own = { ...input, text: text.text, literals: text.literals, start: 0, end: text.text.length };
      const parsed = parseStatement(own.text, 0, own.end, mode);
      const planned =
        parsed.kind === 'select' ? planSelect(parsed, planningOf(parsed, own), true) : undefined;
      return planned?.kind === 'query' ? planned : undefined;
    }
  }

  function gatherPlan(reason: string): GatherPlan | Refusal {
    // Its inputs are planned as any query.
    const own = { ...input, isGathered: false };
    return planGather(statement, own, reason, (nested, nestedInput, onlyMerges) =>
      planSelect(nested, planningOf(nested, nestedInput), onlyMerges),
    );
  }

  function scatterOf(
    { query, hasVersionComment }: SelectStatement,
    { operands, template }: Planning,
    all: readonly Group[],
    top: readonly Source[] | undefined,
  ): Scatter | Refusal {
    let outer = query;
    while (outer.body.kind === 'nestedQuery' && outer.limit === undefined && outer.orderBy === undefined)
      outer = outer.body.query;
    const isUnion = outer.body.kind === 'setOperation' && (query.with === undefined || outer === query);
    const problem = isUnion ? undefined : groupsProblem(all, analyzer);
    if (problem !== undefined) return problem;
    const inputs = { ...input, template, operands, hasViews: analyzer.views > 0 };
    if (isUnion && !hasVersionComment) return planUnion(outer, { ...inputs, analyzer });
    if (outer.body.kind !== 'queryBlock' || top === undefined)
      return refused(
        'HG_SHARDED_NOT_PLANNED',
        `${outer.body.kind === 'tableBody' ? 'TABLE' : 'this form of query'} over several shards`,
      );
    if (hasVersionComment)
      return refused(
        'HG_SHARDED_NOT_PLANNED',
        'a version comment (/*! */) in a statement over several shards',
      );
    const scope = { sources: top, outer: undefined };
    return planScatter(outer.body, outer, { ...inputs, scope, isKey: isKeyColumn });
  }
}

/** Why rows of several shards cannot be computed shard by shard; undefined where they can. */
function groupsProblem(groups: readonly Group[], analyzer: Analyzer): Refusal | undefined {
  for (const reason of analyzer.singleOnly)
    return refused('HG_SHARDED_NOT_PLANNED', `${reason}, over several shards`);
  if (groups.length > 1) {
    const [a, b] = groups.map(({ uses }) => uses[0]!.table.name);
    return refused(
      'HG_SHARDED_NOT_PLANNED',
      `${a === b ? `${a} with itself` : `${a} and ${b}`}: their rows are not bound together by equality of their vindex columns`,
    );
  }
  if (groups[0]?.anchored === false) {
    return refused(
      'HG_SHARDED_NOT_PLANNED',
      `${groups[0].uses[0]!.table.name} is only in a subquery or behind an outer join, so that each shard would give the other rows again`,
    );
  }
  return undefined;
}

const routedGroup = ({ uses, route }: Group): RoutedGroup => ({
  tables: uses.map(({ node }) => node.alias?.text ?? node.name),
  route,
  key: uses[0]?.key,
});

function planChange(
  statement: UpdateStatement | DeleteStatement,
  planning: Planning,
): ChangePlan | QueryPlan | undefined {
  const { analyzer, input, template } = planning;
  const { tables, where, orderBy, limit, hint, verbEnd } = statement;
  const values = statement.kind === 'update' ? statement.assignments.map(({ value }) => value) : [];
  const ordered = (orderBy?.items ?? []).map(({ expression }) => expression);
  const sources = analyzer.change(tables, where, [...values, ...ordered], statement.with);
  const keyspace = keyspaceOf(analyzer);
  if (keyspace === undefined) return undefined;
  const groups = analyzer.groups();
  if (groups.length === 0 && analyzer.references.length === 0) return unshardedPlan(planning, keyspace);
  if (analyzer.references.length > 0) {
    throw new HeadgateError('HG_SHARDED_NOT_PLANNED', {
      detail: `${statement.kind.toUpperCase()} with the reference table ${analyzer.references[0]!.table.name}`,
    });
  }
  requireNoLookups(analyzer);
  if (analyzer.views > 0) {
    throw new HeadgateError('HG_SHARDED_NOT_PLANNED', {
      detail: `${statement.kind.toUpperCase()} with a view`,
    });
  }
  if (statement.kind === 'update') requireNoKeyChange(statement, sources);
  const text = template();
  text.withTimestamp(input.start, verbEnd, hint).rest(input.end);
  let refusal = groupsProblem(groups, analyzer);
  if (limit !== undefined)
    refusal ??= refused(
      'HG_SHARDED_NOT_PLANNED',
      `${statement.kind.toUpperCase()} with LIMIT over several shards`,
    );
  if (statement.hasVersionComment)
    refusal ??= refused(
      'HG_SHARDED_NOT_PLANNED',
      'a version comment (/*! */) in a statement over several shards',
    );
  return Object.freeze({
    kind: 'change',
    verb: statement.kind,
    keyspace,
    groups: groups.map(routedGroup),
    text: wholeText(planning),
    scatterText: text.build(),
    refusal,
  });
}

/** A statement whose tables are all in one unsharded keyspace: its text, there. */
export function unshardedPlan(planning: Planning, keyspace: string): QueryPlan {
  return Object.freeze({
    kind: 'query',
    keyspace,
    groups: [],
    text: wholeText(planning),
    scatter: refused('HG_SHARDED_NOT_PLANNED', keyspace),
  });
}

/** Raises where a table has a vindex that is kept in a table of its own. */
export function requireNoLookups({ uses }: { uses: readonly { table: TableVSchema }[] }): void {
  for (const { table } of uses) {
    const lookup = table.columnVindexes.find(({ vindex }) => !vindex.vindex.functional);
    if (lookup === undefined) continue;
    throw new HeadgateError('HG_SHARDED_NOT_PLANNED', {
      detail: `writing to ${table.name}, which has the lookup vindex ${lookup.vindex.name}`,
    });
  }
}

function requireNoKeyChange({ assignments }: UpdateStatement, sources: readonly Source[]): void {
  for (const { column } of assignments) {
    const wanted = column.name.toLowerCase();
    for (const { uses, name } of sources) {
      if (column.table !== undefined && column.table !== name) continue;
      const changed = uses.find(({ table }) =>
        table.columnVindexes.some(({ columns }) => columns.some((each) => each.toLowerCase() === wanted)),
      );
      if (changed === undefined) continue;
      throw new HeadgateError('HG_SHARDED_NOT_PLANNED', {
        detail: `changing ${changed.table.name}.${column.name}, which is the column of a vindex`,
      });
    }
  }
}
