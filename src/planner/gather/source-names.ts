/** Which table, view or definition a name in FROM means, and which columns it offers. */
import { suggestion } from '../../config/suggestion.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { findTable, type KeyspaceSchema, type TableSchema } from '../../schema/schema.ts';
import type { QueryBody, QueryExpression } from '../../sql/ast/query.ts';
import type { DerivedTable, TableName, TableReference } from '../../sql/ast/table.ts';
import { resolveTable } from '../../vschema/resolve-table.ts';
import type { TableVSchema, VSchema } from '../../vschema/vschema.ts';
import { jsonTableSource, outputColumns, withNames } from '../analysis/sources.ts';
import type { SourceColumn } from '../analysis/table-use.ts';
import { viewNamed } from '../analysis/view-query.ts';
import { Refused } from '../refused.ts';
import { type CommonScope, commonScope, findDefinition } from './common-tables.ts';

export type NamesInput = Readonly<{
  vschema: VSchema;
  schemaOf: (keyspace: string) => KeyspaceSchema | undefined;
  /** The session's keyspace. */
  keyspace: string | undefined;
  tabletType: string;
  isSystemSchema: (name: string) => boolean;
}>;

/** What a table's name means. */
export type Meaning =
  | Readonly<{ kind: 'common'; found: NonNullable<ReturnType<typeof findDefinition>> }>
  | Readonly<{ kind: 'table'; table: TableVSchema; schema: TableSchema }>
  /** A view over sharded tables. */
  | Readonly<{ kind: 'view'; schema: TableSchema; keyspace: string }>
  /** What each server has for itself: read where the rest of the query runs. */
  | Readonly<{ kind: 'server' }>;

/** Raises MySQL's errors for what is not there, and Refused for vindexes. */
export function meaningOf(node: TableName, common: CommonScope | undefined, input: NamesInput): Meaning {
  const { vschema, schemaOf, keyspace, tabletType } = input;
  const found = node.schema === undefined ? findDefinition(common, node.name) : undefined;
  if (found !== undefined) return { kind: 'common', found };
  if (node.schema !== undefined && input.isSystemSchema(node.schema)) return { kind: 'server' };
  const resolution = resolveTable(vschema, node.schema, node.name, keyspace, tabletType);
  if (resolution.kind === 'vindex') throw new Refused(`the vindex ${node.name} with other tables`);
  if (resolution.kind !== 'table') {
    const view = resolution.kind === 'unknown' ? viewNamed(node, input) : undefined;
    if (view === undefined) throw resolution.error;
    return { kind: 'view', schema: view, keyspace: node.schema ?? keyspace ?? '' };
  }
  return { kind: 'table', table: resolution.table, schema: schemaOfTable(resolution.table, schemaOf) };
}

function schemaOfTable({ keyspace, name }: TableVSchema, schemaOf: NamesInput['schemaOf']): TableSchema {
  const all = schemaOf(keyspace);
  const schema = all === undefined ? undefined : findTable(all, name);
  if (schema !== undefined) return schema;
  const problem = all?.disagreements.get(name);
  if (problem !== undefined) throw new HeadgateError('HG_SCHEMA_DISAGREES', { detail: problem });
  const meant = suggestion(name, [...(all?.tables.keys() ?? [])]);
  throw new HeadgateError('ER_NO_SUCH_TABLE', {
    message: `Table '${keyspace}.${name}' doesn't exist${meant}`,
  });
}

/** The columns of a query; undefined where they are not known. */
export function columnsOf(
  query: QueryExpression,
  outer: CommonScope | undefined,
  input: NamesInput,
): readonly SourceColumn[] | undefined {
  const common = query.with === undefined ? outer : commonScope(query.with, outer);
  return columnsOfBody(query.body, common, input);
}

function columnsOfBody(
  body: QueryBody,
  common: CommonScope | undefined,
  input: NamesInput,
): readonly SourceColumn[] | undefined {
  switch (body.kind) {
    case 'queryBlock': {
      const sources = flattened(body.from).map((reference) => sourceOf(reference, common, input));
      return outputColumns(body, { sources, outer: undefined });
    }
    case 'nestedQuery':
      return columnsOf(body.query, common, input);
    case 'setOperation':
      return columnsOfBody(body.operands[0]!, common, input);
    case 'values':
      return body.rows[0]?.values.map((_, at) => column(`column_${at}`));
    case 'tableBody':
      return sourceOf(tableNameOf(body), common, input).columns?.filter(({ hidden }) => !hidden);
  }
}

const column = (name: string): SourceColumn => ({ name, origin: undefined, hidden: false });

type SingleReference = Exclude<TableReference, { kind: 'join' | 'tableList' | 'odbcJoin' | 'dual' }>;

/** The entries of FROM in the order of the text. */
export const flattened = (references: readonly TableReference[]): SingleReference[] =>
  references.flatMap(partsOf);

function partsOf(reference: TableReference): SingleReference[] {
  switch (reference.kind) {
    case 'join':
      return flattened([reference.left, reference.right]);
    case 'tableList':
      return flattened(reference.tables);
    case 'odbcJoin':
      return partsOf(reference.table);
    case 'dual':
      return [];
    case 'table':
    case 'derivedTable':
    case 'jsonTable':
      return [reference];
  }
}

/** An entry of FROM as names see it. */
export function sourceOf(
  reference: SingleReference,
  common: CommonScope | undefined,
  input: NamesInput,
): { name: string; schema: string | undefined; columns: readonly SourceColumn[] | undefined; uses: [] } {
  switch (reference.kind) {
    case 'jsonTable':
      return { ...jsonTableSource(reference), uses: [] };
    case 'derivedTable':
      return {
        name: reference.alias?.text ?? '',
        schema: undefined,
        columns: derived(reference, common, input),
        uses: [],
      };
    case 'table': {
      const name = reference.alias?.text ?? reference.name;
      const meaning = meaningOf(reference, common, input);
      switch (meaning.kind) {
        case 'common': {
          const { definition, inside } = meaning.found;
          const names = definition.node.columns.map(({ text }) => text);
          // A recursive table's own text cannot be followed.
          const columns = definition.recursive ? undefined : columnsOf(definition.node.query, inside, input);
          return {
            name,
            schema: undefined,
            columns: names.length > 0 ? withNames(columns, names) : columns,
            uses: [],
          };
        }
        case 'view':
          return {
            name,
            schema: reference.schema ?? meaning.keyspace,
            columns: stored(meaning.schema),
            uses: [],
          };
        case 'table':
          return {
            name,
            schema: reference.schema ?? meaning.table.keyspace,
            columns: stored(meaning.schema),
            uses: [],
          };
        case 'server':
          return { name, schema: reference.schema, columns: undefined, uses: [] };
      }
    }
  }
}

const derived = ({ query, columns }: DerivedTable, common: CommonScope | undefined, input: NamesInput) =>
  withNames(
    columnsOf(query, common, input),
    columns.map(({ text }) => text),
  );

const stored = ({ columns }: TableSchema): SourceColumn[] =>
  columns.map((each) => ({
    name: each.name,
    origin: { use: undefined, column: each },
    hidden: each.invisible,
  }));

/** `TABLE t` as the entry of FROM that it stands for. */
export const tableNameOf = (body: Extract<QueryBody, { kind: 'tableBody' }>): TableName => ({
  kind: 'table',
  start: body.start,
  end: body.end,
  schema: body.schema,
  name: body.name,
  nameStart: body.nameStart,
  nameEnd: body.end,
  partitions: [],
  alias: undefined,
  indexHints: [],
  sample: undefined,
});
