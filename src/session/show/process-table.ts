/** The process list as a table in SQL: for PREPARE of SHOW PROCESSLIST, and for queries over MySQL's own tables of it. */
import { type MetadataRow, type TypedColumn, tableText } from '../../planner/metadata/json-table.ts';
import type { MetadataUse } from '../../planner/metadata/uses.ts';
import type { QueryExpression } from '../../sql/ast/query.ts';
import { nodesOfKind } from '../../sql/ast/walk.ts';
import type { Process } from '../cluster.ts';
import type { Session } from '../session.ts';
import { askerOf } from '../show-processes.ts';

const TABLE = 'PROCESSLIST';
const systemText = (type: string): string => `${type} CHARACTER SET utf8mb3 COLLATE utf8mb3_general_ci`;

/** In the order of `valuesOf`, with the titles of `information_schema.PROCESSLIST`. */
const columns: readonly TypedColumn[] = [
  { name: 'ID', type: 'bigint unsigned' },
  { name: 'USER', type: systemText('varchar(32)') },
  { name: 'HOST', type: systemText('varchar(261)') },
  { name: 'DB', type: systemText('varchar(64)') },
  { name: 'COMMAND', type: systemText('varchar(16)') },
  { name: 'TIME', type: 'int' },
  { name: 'STATE', type: systemText('varchar(64)') },
  { name: 'INFO', type: 'longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci' },
];

/** Of `performance_schema.processlist`. */
const performanceColumns: readonly TypedColumn[] = [
  ...columns,
  { name: 'EXECUTION_ENGINE', type: systemText('varchar(9)') },
];

const shownTitles = ['Id', 'User', 'Host', 'db', 'Command', 'Time', 'State', 'Info'];
const shownColumns = columns.map(({ type }, at) => ({ name: shownTitles[at]!, type }));

const valuesOf = ({ id, user, host, database, command, seconds, state, info }: Process): MetadataRow => [
  String(id),
  user,
  host,
  database,
  command,
  String(seconds),
  state,
  info,
];

async function processRows(session: Session): Promise<MetadataRow[]> {
  const { activity, services } = session;
  const gathering = services.cluster.processes(askerOf(session));
  const { rows } = await activity.during('waiting for other routers', gathering);
  return rows.map(valuesOf);
}

/** SHOW [FULL] PROCESSLIST as a query. */
export async function processQuery(session: Session, isFull: boolean, rows: 'all' | 'none'): Promise<Buffer> {
  const table = tableText(shownColumns, rows === 'all' ? await processRows(session) : []);
  const info = isFull ? '`Info`' : 'LEFT(`Info`, 100) AS `Info`';
  const titles = shownTitles.slice(0, -1).map((title) => `\`${title}\``);
  return Buffer.from(`SELECT ${titles.join(', ')}, ${info} FROM ${table} AS \`shown\``);
}

/** Where a query reads the process list. `schemaOf`: the database of a table's name, lower case. */
export function processUses(
  query: QueryExpression,
  schemaOf: (schema: string | undefined) => string | undefined,
): MetadataUse[] {
  return nodesOfKind(query, 'table')
    .filter(({ name, schema }) => name.toUpperCase() === TABLE && isSchema(schemaOf(schema)))
    .map((node) => {
      const name = schemaOf(node.schema) === 'performance_schema' ? TABLE.toLowerCase() : TABLE;
      const table = { name, schemaColumns: ['DB'], statistics: undefined } as const;
      return { node, table, among: undefined, except: [] };
    });
}

const isSchema = (schema: string | undefined): boolean =>
  schema === 'information_schema' || schema === 'performance_schema';

/** Whether a use is one of `processUses`. */
export const isProcessUse = ({ table }: MetadataUse): boolean => table.name.toUpperCase() === TABLE;

/** What stands in the place of the use. */
export async function processTable(session: Session, { table }: MetadataUse): Promise<string> {
  const rows = await processRows(session);
  if (table.name === TABLE) return tableText(columns, rows);
  return tableText(
    performanceColumns,
    rows.map((row) => [...row, 'PRIMARY']),
  );
}
