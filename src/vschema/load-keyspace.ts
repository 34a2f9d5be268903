/**
 * From a keyspace's VSchema JSON to a typed tree, with a problem for every deviation in form. What the parts mean
 * together is checked by `validate-*.ts`.
 */
import { suggestion } from '../config/suggestion.ts';
import { type Fields, membersOf, readFields } from './load-json.ts';
import { errorAt, type VSchemaProblem, warningAt } from './problem.ts';
import type { ForeignKeyMode } from './vschema.ts';

const KEYSPACE = {
  sharded: 'boolean',
  require_explicit_routing: 'boolean',
  foreign_key_mode: 'string',
  multi_tenant_spec: 'object',
  vindexes: 'object',
  tables: 'object',
} as const;

const VINDEX = { type: 'string', params: 'strings', owner: 'string' } as const;

const TABLE = {
  type: 'string',
  column_vindexes: 'list',
  auto_increment: 'object',
  columns: 'list',
  pinned: 'string',
  column_list_authoritative: 'boolean',
  source: 'string',
} as const;

const COLUMN_VINDEX = {
  column: 'string',
  columns: 'texts',
  name: 'string',
  canonical_values: 'boolean',
} as const;

const AUTO_INCREMENT = { column: 'string', sequence: 'string' } as const;

const COLUMN = {
  name: 'string',
  type: 'string',
  invisible: 'boolean',
  default: 'string',
  collation_name: 'string',
  size: 'number',
  scale: 'number',
  nullable: 'boolean',
  values: 'texts',
} as const;

const MULTI_TENANT = { tenant_id_column_name: 'string', tenant_id_column_type: 'string' } as const;

const FOREIGN_KEY_MODES = ['unspecified', 'disallow', 'unmanaged', 'managed'] as const;

/** Vitess' names of column types (query.proto). */
const COLUMN_TYPES = `NULL_TYPE INT8 UINT8 INT16 UINT16 INT24 UINT24 INT32 UINT32 INT64 UINT64 FLOAT32 FLOAT64
  TIMESTAMP DATE TIME DATETIME YEAR DECIMAL TEXT BLOB VARCHAR VARBINARY CHAR BINARY BIT ENUM SET TUPLE GEOMETRY JSON
  EXPRESSION HEXNUM HEXVAL BITNUM VECTOR RAW ROW_TUPLE`.split(/\s+/);

export type VindexSource = Fields<typeof VINDEX>;
export type ColumnVindexSource = Fields<typeof COLUMN_VINDEX>;
export type ColumnSource = Fields<typeof COLUMN>;

/** A table's fields as written, lists and objects read in turn. */
export type TableSource = Omit<Fields<typeof TABLE>, 'column_vindexes' | 'auto_increment' | 'columns'> &
  Readonly<{
    column_vindexes: readonly ColumnVindexSource[];
    auto_increment?: Fields<typeof AUTO_INCREMENT>;
    columns: readonly ColumnSource[];
  }>;

export type KeyspaceSource = Readonly<{
  sharded: boolean;
  requireExplicitRouting: boolean;
  foreignKeyMode: ForeignKeyMode;
  multiTenant?: Readonly<{ column: string; type: string }>;
  vindexes: ReadonlyMap<string, VindexSource>;
  tables: ReadonlyMap<string, TableSource>;
}>;

/** Reads the JSON; undefined stands for a keyspace without a VSchema. */
export function loadKeyspace(vschema: unknown, problems: VSchemaProblem[]): KeyspaceSource {
  const fields = readFields(vschema, KEYSPACE, '', problems) ?? {};
  const vindexes = new Map<string, VindexSource>();
  for (const [name, value, path] of membersOf(fields.vindexes, 'vindexes')) {
    const vindex = readFields(value, VINDEX, path, problems);
    if (vindex !== undefined) vindexes.set(name, vindex);
  }
  const tables = new Map<string, TableSource>();
  for (const [name, value, path] of membersOf(fields.tables, 'tables')) {
    tables.set(name, loadTable(value, path, problems));
  }
  return {
    sharded: fields.sharded ?? false,
    requireExplicitRouting: fields.require_explicit_routing ?? false,
    foreignKeyMode: foreignKeyMode(fields.foreign_key_mode, problems),
    multiTenant: multiTenant(fields.multi_tenant_spec, problems),
    vindexes,
    tables,
  };
}

function loadTable(value: unknown, path: string, problems: VSchemaProblem[]): TableSource {
  const fields = readFields(value, TABLE, path, problems) ?? {};
  const { auto_increment, columns = [], column_vindexes = [], ...rest } = fields;
  return {
    ...rest,
    column_vindexes: column_vindexes.map(
      (each, at) => readFields(each, COLUMN_VINDEX, `${path}.column_vindexes[${at}]`, problems) ?? {},
    ),
    auto_increment:
      auto_increment && readFields(auto_increment, AUTO_INCREMENT, `${path}.auto_increment`, problems),
    columns: columns.map((each, at) => loadColumn(each, `${path}.columns[${at}]`, problems)),
  };
}

function loadColumn(value: unknown, path: string, problems: VSchemaProblem[]): ColumnSource {
  const column = readFields(value, COLUMN, path, problems) ?? {};
  if (column.type === undefined || COLUMN_TYPES.includes(column.type)) return column;
  const hint = suggestion(column.type, COLUMN_TYPES);
  problems.push(warningAt(`${path}.type`, `${JSON.stringify(column.type)} is no type of Vitess${hint}`));
  const { type: _, ...others } = column;
  return others;
}

function foreignKeyMode(mode: string | undefined, problems: VSchemaProblem[]): ForeignKeyMode {
  const known = FOREIGN_KEY_MODES.find((each) => each === mode);
  if (mode !== undefined && known === undefined) {
    const hint = suggestion(mode, FOREIGN_KEY_MODES);
    problems.push(
      errorAt(
        'foreign_key_mode',
        `${JSON.stringify(mode)} is none of ${FOREIGN_KEY_MODES.join(', ')}${hint}`,
      ),
    );
  }
  return known ?? 'unspecified';
}

function multiTenant(
  spec: unknown,
  problems: VSchemaProblem[],
): { column: string; type: string } | undefined {
  if (spec === undefined) return undefined;
  const fields = readFields(spec, MULTI_TENANT, 'multi_tenant_spec', problems);
  const { tenant_id_column_name: column = '', tenant_id_column_type: type = '' } = fields ?? {};
  if (column === '') problems.push(errorAt('multi_tenant_spec.tenant_id_column_name', 'is missing'));
  return { column, type };
}
