/**
 * INSERT and REPLACE of rows of values: every row goes to the shard of its key, hashed as MySQL will store it, and rows of one shard go
 * there in one statement, in their order.
 */
import { HeadgateError } from '../errors/headgate-error.ts';
import { findColumn, type TableSchema } from '../schema/schema.ts';
import type { InsertStatement } from '../sql/ast/dml.ts';
import type { Expression } from '../sql/ast/expression.ts';
import { nodesOfKind } from '../sql/ast/walk.ts';
import { slotKind } from '../sql/literals-found.ts';
import { resolveTable } from '../vschema/resolve-table.ts';
import type { TableVSchema } from '../vschema/vschema.ts';
import { isExact, routingKey } from './analysis/keys.ts';
import type { InsertPlan, InsertRow, InsertRows, InsertSequence, Plan, Refusal } from './plan.ts';
import { refused } from './plan.ts';
import { keyspaceOf, type Planning, requireNoLookups, unshardedPlan, wholeText } from './plan-statement.ts';
import type { RoutingKey } from './route.ts';

const unplanned = (detail: string): HeadgateError => new HeadgateError('HG_SHARDED_NOT_PLANNED', { detail });

export function planInsert(statement: InsertStatement, planning: Planning): Plan | undefined {
  const { analyzer, input } = planning;
  const { table: node } = statement;
  if (node.schema !== undefined && input.isSystemSchema(node.schema)) return undefined;
  const found = resolveTable(input.vschema, node.schema, node.name, input.keyspace, input.tabletType);
  if (found.kind === 'vindex') throw unplanned(`writing to the vindex ${node.name}`);
  if (found.kind !== 'table') throw found.error;
  const { table } = found;
  const { source } = statement;
  analyzer.written.push({ node, table, schema: undefined });
  if (table.kind === 'unsharded' || table.kind === 'sequence') {
    if (source.kind === 'insertQuery') {
      analyzer.statement(source.query);
      if (analyzer.uses.length > 0)
        throw unplanned(`INSERT … SELECT from the sharded table ${analyzer.uses[0]!.table.name}`);
    }
    return unshardedPlan(planning, keyspaceOf(analyzer) ?? table.keyspace);
  }
  if (table.kind === 'reference') throw unplanned(`writing to the reference table ${table.name}`);
  if (source.kind === 'insertQuery') throw unplanned('INSERT … SELECT into a sharded table');
  requireNoLookups({ uses: [{ table }] });
  return planRows(statement, table, planning);
}

function planRows(statement: InsertStatement, table: TableVSchema, planning: Planning): InsertPlan {
  const { input } = planning;
  const schema = input.schemaOf(table.keyspace)?.tables.get(table.name);
  if (schema === undefined) {
    const problem = input.schemaOf(table.keyspace)?.disagreements.get(table.name);
    if (problem !== undefined) throw new HeadgateError('HG_SCHEMA_DISAGREES', { detail: problem });
    throw new HeadgateError('ER_NO_SUCH_TABLE', {
      message: `Table '${table.keyspace}.${table.name}' doesn't exist`,
    });
  }
  if (nodesOfKind(statement, 'query').length > 0)
    throw unplanned('INSERT with a subquery into a sharded table');
  const names = columnNames(statement, schema);
  const key = table.pinned === undefined ? routingKey(table, schema) : undefined;
  if (table.pinned === undefined && key === undefined)
    throw unplanned(`writing to ${table.name}, whose vindex column is not in the table`);
  const position = (name: string): number =>
    names.findIndex((each) => each.toLowerCase() === name.toLowerCase());
  const sequence = sequenceOf(table, schema, position);
  const { head, columns } = headOf(statement, sequence, planning);
  const tail = planning.template().copy(endOfRows(statement), input.end).build();
  return Object.freeze({
    kind: 'insert',
    verb: statement.kind,
    ignore: statement.ignore,
    form: statement.source.kind === 'insertSet' ? 'set' : 'values',
    keyspace: table.keyspace,
    table,
    key,
    keyPositions: (key?.columns ?? []).map(({ name }) => position(name)),
    columns,
    text: wholeText(planning),
    head,
    tail,
    rows: rowsOf(statement, planning),
    sequence,
    refusal: refusalOf(statement, table, schema, key),
    pinned: table.pinned,
  });
}

/** The columns for which rows have values, in their order. */
function columnNames({ columns, source }: InsertStatement, schema: TableSchema): readonly string[] {
  if (source.kind === 'insertSet') return source.assignments.map(({ column }) => column.name);
  const visible = schema.columns.filter(({ invisible }) => !invisible).map(({ name }) => name);
  if (columns === undefined) return visible;
  // `()` is all columns by default.
  return columns.map(({ name }) => name);
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
    // Given values for all rows would do no harm, but whether they are given is not known for each text of the plan.
    throw unplanned(
      `writing to ${table.name}: its column ${own.name} is AUTO_INCREMENT, which each shard counts for itself; name a sequence under auto_increment in the VSchema`,
    );
  }
  const column = findColumn(schema, autoIncrement.column);
  if (column === undefined)
    throw unplanned(
      `the column ${autoIncrement.column} of the sequence of ${table.name}, which the table does not have`,
    );
  return {
    keyspace: autoIncrement.sequenceKeyspace,
    table: autoIncrement.sequence,
    column,
    position: position(column.name),
  };
}

/** The text before the rows, with the sequence's column in the list where the client's has it not. */
function headOf(
  statement: InsertStatement,
  sequence: InsertSequence | undefined,
  { input, template }: Planning,
): Pick<InsertPlan, 'head' | 'columns'> {
  const { source, hint, verbEnd, columns, columnsStart, columnsEnd } = statement;
  const sql = template().withTimestamp(input.start, verbEnd, hint);
  if (source.kind === 'insertSet') {
    const first = source.assignments[0];
    const names = source.assignments.map(({ column }) => template().copy(column.start, column.end).build());
    return { head: sql.upTo(first?.start ?? source.end).build(), columns: names };
  }
  if (sequence?.position === -1 && columns !== undefined) {
    const name = `\`${sequence.column.name.replaceAll('`', '``')}\``;
    sql.upTo(columnsStart + 1).bytes(Buffer.from(columns.length === 0 ? name : `${name}, `));
    sql.upTo(columnsEnd);
  }
  const first = source.kind === 'insertRows' ? source.rows[0] : undefined;
  return { head: sql.upTo(first?.start ?? source.end).build(), columns: [] };
}

function endOfRows({ source }: InsertStatement): number {
  if (source.kind === 'insertRows') return source.rows.at(-1)?.end ?? source.end;
  return source.kind === 'insertSet' ? (source.assignments.at(-1)?.end ?? source.end) : source.end;
}

function rowsOf({ source }: InsertStatement, planning: Planning): InsertRows {
  const { literals } = planning.input;
  if (source.kind === 'insertSet')
    return {
      kind: 'written',
      rows: [
        writtenRow(
          source.assignments.map(({ value }) => value),
          planning,
        ),
      ],
    };
  if (source.kind !== 'insertRows') return { kind: 'written', rows: [] };
  const [first] = source.rows;
  const slot = first === undefined ? -1 : (literals?.slotWithin(first.start, first.end) ?? -1);
  if (slot >= 0 && literals!.slotKinds[slot] === slotKind.rows && literals!.slotStarts[slot] === first!.start)
    return { kind: 'slot', slot, columns: literals!.slotColumns[slot]! };
  return { kind: 'written', rows: source.rows.map(({ values }) => writtenRow(values, planning)) };
}

function writtenRow(values: readonly Expression[], { operands, template }: Planning): InsertRow {
  return {
    values: values.map((value) => ({
      text: template().copy(value.start, value.end).build(),
      value: value.kind === 'default' ? 'default' : operands.read(value),
    })),
  };
}

/**
 * REPLACE, IGNORE and ON DUPLICATE KEY UPDATE act on rows that are already there with an equal key: those are on the same shard
 * only where every unique key has the columns of the primary vindex in it.
 */
function refusalOf(
  { kind, ignore, onDuplicate, hasVersionComment }: InsertStatement,
  table: TableVSchema,
  schema: TableSchema,
  key: RoutingKey | undefined,
): Refusal | undefined {
  if (hasVersionComment)
    return refused('HG_SHARDED_NOT_PLANNED', 'a version comment (/*! */) in an INSERT into a sharded table');
  const what =
    kind === 'replace'
      ? 'REPLACE'
      : ignore
        ? 'INSERT IGNORE'
        : onDuplicate === undefined
          ? undefined
          : 'ON DUPLICATE KEY UPDATE';
  if (what === undefined || table.pinned !== undefined) return undefined;
  if (table.autoIncrement !== undefined) return refused('HG_SHARDED_NOT_PLANNED', `${what} with a sequence`);
  const vindexColumns = new Set(
    table.columnVindexes.flatMap(({ columns }) => columns.map((name) => name.toLowerCase())),
  );
  const changed = onDuplicate?.find(({ column }) => vindexColumns.has(column.name.toLowerCase()));
  if (changed !== undefined)
    return refused(
      'HG_SHARDED_NOT_PLANNED',
      `changing ${table.name}.${changed.column.name}, which is the column of a vindex`,
    );
  const keyNames = key!.columns.map(({ name }) => name.toLowerCase());
  const open = schema.keys.find(
    ({ unique, columns }) =>
      unique && !keyNames.every((name) => columns.some((column) => column?.toLowerCase() === name)),
  );
  if (open === undefined && isExact(key!)) return undefined;
  return refused(
    'HG_SHARDED_NOT_PLANNED',
    `${what} into ${table.name}, whose unique key ${open?.name ?? ''} can have its equal row on another shard`,
  );
}
