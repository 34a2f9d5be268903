/** Rows of information_schema about several keyspaces, or about all shards of one: what their tablets say, put together. */
import { HeadgateError } from '../../errors/headgate-error.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import type { ShardHandle } from '../../gateway/shard-handle.ts';
import { systemDatabases } from '../../planner/metadata/databases.ts';
import { type MetadataRow, quotedName, type TypedColumn } from '../../planner/metadata/json-table.ts';
import { mergedRows } from '../../planner/metadata/merge-rows.ts';
import { isStatistic, type MetadataTable } from '../../planner/metadata/tables.ts';
import type { Session } from '../session.ts';
import { askAside } from './aside.ts';

/** What is to be shown of one table. */
export type RowsWanted = Readonly<{
  table: MetadataTable;
  /** Upper case; undefined for all. */
  columns: ReadonlySet<string> | undefined;
  databases: ReadonlySet<string>;
}>;

export type MetadataRows = Readonly<{ columns: readonly TypedColumn[]; rows: readonly MetadataRow[] }>;

/** Columns of information_schema, by the tablets' version and by table. They are the same wherever the version is. */
type Catalogue = Readonly<{ version: string; tables: ReadonlyMap<string, readonly TypedColumn[]> }>;
const catalogues = new WeakMap<Gateway, Catalogue>();

/**
 * Asks one shard of each keyspace, all shards where they add up. `own` is asked about MySQL's own databases. Undefined for a table that the
 * tablets do not have.
 */
export async function metadataRows(
  session: Session,
  wanted: RowsWanted,
  own: ShardHandle,
): Promise<MetadataRows | undefined> {
  const { table, databases } = wanted;
  const all = await columnsOf(session, table.name, own);
  if (all === undefined) return undefined;
  // What names a row is needed to find the same one on another shard.
  const keys = new Set<string>(table.statistics?.keys ?? [table.schemaColumns[0]]);
  const helping = new Set(table.statistics?.quotient ?? []);
  const named = wanted.columns;
  const columns =
    named === undefined
      ? all
      : all.filter(({ name }) => named.has(name) || keys.has(name) || helping.has(name));
  const list = columns.map(({ name }) => quotedName(name)).join(', ');
  const select = `SELECT ${list} FROM information_schema.${quotedName(table.name)} WHERE ${quotedName(table.schemaColumns[0])}`;
  const system = systemDatabases.filter((name) => databases.has(name));
  const questions = [...session.services.gateway.keyspaces]
    .filter((name) => databases.has(name))
    .map((keyspace) => rowsOfKeyspace(session, { table, columns, select, keyspace }));
  if (system.length > 0) {
    const names = system.map((name) => `'${name}'`).join(', ');
    questions.unshift(askAside(session, own, `${select} IN (${names})`));
  }
  const rows = (await Promise.all(questions)).flat();
  requireRoom(session, table, rows);
  return { columns, rows };
}

/** Whether a keyspace's shards differ in what is asked. */
export function needsAllShards(
  session: Session,
  keyspace: string,
  table: MetadataTable,
  columns: ReadonlySet<string> | undefined,
): boolean {
  const shards = session.services.gateway.topology?.keyspaces.get(keyspace)?.shards.size ?? 0;
  if (shards <= 1 || table.statistics === undefined) return false;
  return columns === undefined || [...columns].some((name) => isStatistic(table, name));
}

type KeyspaceQuestion = Readonly<{
  table: MetadataTable;
  columns: readonly TypedColumn[];
  select: string;
  keyspace: string;
}>;

async function rowsOfKeyspace(
  session: Session,
  { table, columns, select, keyspace }: KeyspaceQuestion,
): Promise<readonly MetadataRow[]> {
  const { gateway } = session.services;
  const names = columns.map(({ name }) => name);
  const all = needsAllShards(session, keyspace, table, new Set(names));
  const shards = all
    ? [...(gateway.topology?.keyspaces.get(keyspace)?.shards.keys() ?? [])].map((name) =>
        gateway.shard(keyspace, name),
      )
    : [gateway.firstShard(keyspace)];
  const known = shards.filter((shard) => shard !== undefined);
  const answers = await Promise.all(
    known.map((shard) => askAside(session, shard, `${select} = '${keyspace}'`)),
  );
  return all ? mergedRows(table, names, answers) : answers.flat();
}

/** Columns of a table of information_schema as the tablets have it. */
async function columnsOf(
  session: Session,
  table: string,
  own: ShardHandle,
): Promise<readonly TypedColumn[] | undefined> {
  const { gateway } = session.services;
  const version = String(gateway.serverVersionNumber);
  let catalogue = catalogues.get(gateway);
  if (catalogue?.version !== version) {
    catalogue = { version, tables: await readCatalogue(session, own) };
    catalogues.set(gateway, catalogue);
  }
  return catalogue.tables.get(table);
}

const catalogueQuestion = `SELECT table_name, column_name, column_type, character_set_name, collation_name
  FROM information_schema.columns WHERE table_schema = 'information_schema' ORDER BY table_name, ordinal_position`;

async function readCatalogue(session: Session, own: ShardHandle): Promise<Map<string, TypedColumn[]>> {
  const tables = new Map<string, TypedColumn[]>();
  for (const [table, name, columnType, charset, collation] of await askAside(
    session,
    own,
    catalogueQuestion,
  )) {
    const typed =
      charset === null ? columnType! : `${columnType} CHARACTER SET ${charset} COLLATE ${collation}`;
    const columns = tables.get(table!.toUpperCase()) ?? [];
    columns.push({ name: name!, type: typed });
    tables.set(table!.toUpperCase(), columns);
  }
  return tables;
}

/** They go to a tablet as text. */
function requireRoom({ services }: Session, { name }: MetadataTable, rows: readonly MetadataRow[]): void {
  let bytes = 0;
  for (const row of rows) for (const value of row) bytes += value?.length ?? 0;
  if (bytes <= services.statementBytesMax) return;
  throw new HeadgateError('HG_STATEMENT_MEMORY', {
    detail: `information_schema.${name} of all keyspaces; ask for one of them (WHERE TABLE_SCHEMA = …)`,
  });
}
