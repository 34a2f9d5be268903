/** LOAD DATA LOCAL into a sharded table: how the client's file is read, and the statement with which each shard gets its rows. */
import { HeadgateError } from '../errors/headgate-error.ts';
import type { TableSchema } from '../schema/schema.ts';
import type { LoadStatement } from '../sql/ast/load.ts';
import { nodesOfKind } from '../sql/ast/walk.ts';
import { resolveTable } from '../vschema/resolve-table.ts';
import type { TableVSchema } from '../vschema/vschema.ts';
import { isExact, routingKey } from './analysis/keys.ts';
import type { InsertSequence, QueryPlan } from './plan.ts';
import {
  keyspaceOf,
  type Planning,
  requireNoLookups,
  templateRenaming,
  unshardedPlan,
  wholeText,
} from './plan-statement.ts';
import type { RoutingKey } from './route.ts';
import type { Renamed, Template } from './template.ts';

export type LoadPlan = Readonly<{
  kind: 'load';
  keyspace: string;
  table: TableVSchema;
  /** The primary vindex; undefined for a pinned table. */
  key: RoutingKey | undefined;
  pinned: Buffer | undefined;
  /** The text for one shard where it cannot be the client's own; undefined: as it came. */
  text: Template | undefined;
  /** The text for each of several shards, which get rows only: without IGNORE n LINES, with the sequence's column. */
  shardText: Template;
  /** Fields of a row. */
  fieldCount: number;
  /** Which fields are those of the key's columns, in its order. */
  keyPositions: readonly number[];
  fields: LoadStatement['fields'];
  lines: LoadStatement['lines'];
  ignoredLines: number;
  /** Of the file, lower case; undefined for that of the database. */
  charset: string | undefined;
  /** Without REPLACE, LOCAL means IGNORE: what strict mode would refuse is stored changed. */
  replace: boolean;
  /** The variables of the list, lower case; on the shards they are called `privateVariable` of their places here. */
  variables: readonly string[];
  /** Gives values for a column that is not in the file, or must not be left out in it. */
  sequence: InsertSequence | undefined;
}>;

const unplanned = (detail: string): HeadgateError => new HeadgateError('HG_SHARDED_NOT_PLANNED', { detail });

/** Plans LOAD. Raises MySQL's errors for unknown tables, and HG_SHARDED_NOT_PLANNED. Undefined where the table is the server's own. */
export function planLoad(statement: LoadStatement, planning: Planning): LoadPlan | QueryPlan | undefined {
  const { analyzer, input } = planning;
  const { table: node } = statement;
  if (node.schema !== undefined && input.isSystemSchema(node.schema)) return undefined;
  const found = resolveTable(input.vschema, node.schema, node.name, input.keyspace, input.tabletType);
  if (found.kind === 'vindex') throw unplanned(`loading into the vindex ${node.name}`);
  if (found.kind !== 'table') throw found.error;
  const { table } = found;
  analyzer.written.push({ node, table, schema: undefined });
  if (table.kind === 'unsharded' || table.kind === 'sequence')
    return unshardedPlan(planning, keyspaceOf(analyzer) ?? table.keyspace);
  if (table.kind === 'reference') throw unplanned(`loading into the reference table ${table.name}`);
  requireNoLookups({ uses: [{ table }] });
  return planRows(statement, table, planning);
}

function planRows(statement: LoadStatement, table: TableVSchema, planning: Planning): LoadPlan {
  const schema = schemaOf(table, planning);
  requireSplittable(statement, table);
  const key = table.pinned === undefined ? routingKey(table, schema) : undefined;
  if (table.pinned === undefined && key === undefined)
    throw unplanned(`loading into ${table.name}, whose vindex column is not in the table`);
  const names = fieldNames(statement, schema);
  const position = (name: string): number => names.indexOf(name.toLowerCase());
  const sequence = sequenceOf(table, schema, position);
  const keyPositions = (key?.columns ?? []).map(({ name }) => {
    const at = position(name);
    if (at < 0 && sequence?.column.name !== name)
      throw unplanned(
        `loading into ${table.name}: the file has no field for ${name}, the column of its vindex (a variable or SET cannot place rows)`,
      );
    return at;
  });
  requireNoKeyChange(statement, table, sequence);
  if (key !== undefined) requireDuplicatesTogether(statement, table, schema, key);
  return Object.freeze({
    kind: 'load',
    keyspace: table.keyspace,
    table,
    key,
    pinned: table.pinned,
    text: wholeText(planning),
    shardText: shardTextOf(statement, names, sequence, planning),
    fieldCount: names.length,
    keyPositions,
    fields: statement.fields,
    lines: statement.lines,
    ignoredLines: Number(statement.ignoredLines?.count ?? 0),
    charset: statement.charset?.toLowerCase(),
    replace: statement.duplicates === 'replace',
    variables: listedVariables(statement),
    sequence,
  });
}

function schemaOf(table: TableVSchema, { input }: Planning): TableSchema {
  const keyspace = input.schemaOf(table.keyspace);
  const schema = keyspace?.tables.get(table.name);
  if (schema !== undefined) return schema;
  const problem = keyspace?.disagreements.get(table.name);
  if (problem !== undefined) throw new HeadgateError('HG_SCHEMA_DISAGREES', { detail: problem });
  throw new HeadgateError('ER_NO_SUCH_TABLE', {
    message: `Table '${table.keyspace}.${table.name}' doesn't exist`,
  });
}

/** Raises for what has no rows that could be told apart here. */
function requireSplittable(statement: LoadStatement, table: TableVSchema): void {
  const { local, format, bulkOption, fields, lines, ignoredLines, hasPartitions, hasVersionComment } =
    statement;
  const into = `into ${table.name}, over several shards`;
  if (!local)
    throw unplanned(
      `LOAD DATA of a file on a server ${into}: use LOAD DATA LOCAL, or choose the shard that has the file`,
    );
  if (format === 'xml') throw unplanned(`LOAD XML ${into}`);
  if (bulkOption !== undefined) throw unplanned(`LOAD DATA with ${bulkOption.toUpperCase()} ${into}`);
  if (hasPartitions) throw unplanned(`LOAD DATA with PARTITION ${into}`);
  if (hasVersionComment) throw unplanned(`a version comment (/*! */) in LOAD DATA ${into}`);
  if (nodesOfKind(statement, 'query').length > 0) throw unplanned(`LOAD DATA with a subquery ${into}`);
  if (nodesOfKind(statement, 'assignVariable').length > 0)
    throw unplanned(`LOAD DATA that assigns a user variable ${into}`);
  if (ignoredLines !== undefined && lines.terminated?.length === 0)
    throw unplanned(`LOAD DATA with IGNORE LINES, but without line terminators ${into}`);
  if (fields.terminated?.length === 0) throw unplanned(`LOAD DATA without field terminators ${into}`);
  for (const bytes of [
    fields.terminated,
    fields.enclosed,
    fields.escaped,
    lines.starting,
    lines.terminated,
  ]) {
    if (bytes?.some((byte) => byte >= 0x80)) throw unplanned(`LOAD DATA with such a separator ${into}`);
  }
}

/** What the fields of a row are for, lower case; '' for a variable. */
function fieldNames({ columns }: LoadStatement, schema: TableSchema): readonly string[] {
  if (columns === undefined || columns.length === 0)
    return schema.columns.filter(({ invisible }) => !invisible).map(({ name }) => name.toLowerCase());
  return columns.map((column) => (column.kind === 'column' ? column.name.toLowerCase() : ''));
}

function sequenceOf(
  table: TableVSchema,
  schema: TableSchema,
  position: (name: string) => number,
): InsertSequence | undefined {
  const { autoIncrement } = table;
  if (autoIncrement === undefined) {
    const own = schema.columns.find((column) => column.autoIncrement);
    if (own === undefined) return undefined;
    throw unplanned(
      `loading into ${table.name}: its column ${own.name} is AUTO_INCREMENT, which each shard counts for itself; name a sequence under auto_increment in the VSchema`,
    );
  }
  const wanted = autoIncrement.column.toLowerCase();
  const column = schema.columns.find(({ name }) => name.toLowerCase() === wanted);
  if (column === undefined)
    throw unplanned(
      `the column ${autoIncrement.column} of the sequence of ${table.name}, which the table does not have`,
    );
  const { sequenceKeyspace: keyspace, sequence } = autoIncrement;
  return { keyspace, table: sequence, column, position: position(column.name) };
}

/** SET must leave alone by what rows are placed, and what the sequence gives. */
function requireNoKeyChange(
  { assignments }: LoadStatement,
  table: TableVSchema,
  sequence: InsertSequence | undefined,
): void {
  const kept = new Set(
    table.columnVindexes.flatMap(({ columns }) => columns.map((name) => name.toLowerCase())),
  );
  if (sequence !== undefined) kept.add(sequence.column.name.toLowerCase());
  const changed = assignments.find(({ column }) => kept.has(column.name.toLowerCase()));
  if (changed !== undefined)
    throw unplanned(
      `LOAD DATA that sets ${table.name}.${changed.column.name}, a column of its vindex or sequence`,
    );
}

/**
 * REPLACE and IGNORE act on rows with an equal key: those must be on the same shard. Where neither is said, LOCAL means IGNORE, but nobody has
 * asked for it: then unique keys hold within a shard, as for INSERT.
 */
function requireDuplicatesTogether(
  { duplicates }: LoadStatement,
  table: TableVSchema,
  schema: TableSchema,
  key: RoutingKey,
): void {
  if (duplicates === undefined) return;
  const names = key.columns.map(({ name }) => name.toLowerCase());
  const open = schema.keys.find(
    ({ unique, columns }) =>
      unique && !names.every((name) => columns.some((column) => column?.toLowerCase() === name)),
  );
  if (open === undefined && isExact(key)) return;
  throw unplanned(
    `LOAD DATA with ${duplicates.toUpperCase()} into ${table.name}, whose unique key ${open?.name ?? ''} can have its equal row on another shard`,
  );
}

/** A variable's name on the shards: each of them has a last row of its own, of which only the file's may become the client's. */
export const privateVariable = (at: number): string => `headgate_load_${at}`;

const listedVariables = ({ columns }: LoadStatement): string[] =>
  (columns ?? []).flatMap((column) => (column.kind === 'userVariable' ? [column.name.toLowerCase()] : []));

function shardTextOf(
  statement: LoadStatement,
  names: readonly string[],
  sequence: InsertSequence | undefined,
  planning: Planning,
): Template {
  const { start, end } = planning.input;
  const { ignoredLines, columns, columnsStart, columnsEnd } = statement;
  const text = templateRenaming(planning, renamedVariables(statement)).skipTo(start);
  if (ignoredLines !== undefined) text.upTo(ignoredLines.start).skipTo(ignoredLines.end);
  if (sequence?.position === -1) {
    const own = `\`${sequence.column.name.replaceAll('`', '``')}\``;
    const isListed = columns !== undefined && columns.length > 0;
    // Without a list the file has the visible columns; one that is not listed is then invisible.
    const list = isListed
      ? undefined
      : [own, ...names.map((name) => `\`${name.replaceAll('`', '``')}\``)].join(', ');
    if (list !== undefined)
      text
        .upTo(columnsStart)
        .bytes(Buffer.from(` (${list})`))
        .skipTo(columnsEnd);
    else text.upTo(columnsStart + 1).bytes(Buffer.from(`${own}, `));
  }
  return text.rest(end).build();
}

/** Variables that are not in the list are the session's, which every shard's connection has. */
function renamedVariables(statement: LoadStatement): Renamed[] {
  const listed = listedVariables(statement);
  return nodesOfKind(statement, 'userVariable').flatMap(({ name, start, end }) => {
    const at = listed.indexOf(name.toLowerCase());
    return at < 0 ? [] : [{ start, end, bytes: Buffer.from(`@${privateVariable(at)}`) }];
  });
}
