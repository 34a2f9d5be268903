/** SHOW TABLE STATUS of a sharded keyspace: the figures of all its shards together. */
import type { ShardHandle } from '../../gateway/shard-handle.ts';
import { quotedName, tableText } from '../../planner/metadata/json-table.ts';
import { metadataTable } from '../../planner/metadata/tables.ts';
import type { ShowStatement } from '../../sql/ast/administration.ts';
import { parseStatement } from '../../sql/parser/statement.ts';
import type { Session } from '../session.ts';
import type { MetadataQuestion } from './metadata-query.ts';
import { metadataRows } from './metadata-rows.ts';

/** SHOW's titles, and information_schema's. */
const columns = {
  Name: 'TABLE_NAME',
  Engine: 'ENGINE',
  Version: 'VERSION',
  Row_format: 'ROW_FORMAT',
  Rows: 'TABLE_ROWS',
  Avg_row_length: 'AVG_ROW_LENGTH',
  Data_length: 'DATA_LENGTH',
  Max_data_length: 'MAX_DATA_LENGTH',
  Index_length: 'INDEX_LENGTH',
  Data_free: 'DATA_FREE',
  Auto_increment: 'AUTO_INCREMENT',
  Create_time: 'CREATE_TIME',
  Update_time: 'UPDATE_TIME',
  Check_time: 'CHECK_TIME',
  Collation: 'TABLE_COLLATION',
  Checksum: 'CHECKSUM',
  Create_options: 'CREATE_OPTIONS',
  Comment: 'TABLE_COMMENT',
} as const;

export type TableStatus = Readonly<{ show: ShowStatement; keyspace: string }>;

/** The statement and its keyspace; undefined for all others, and where one tablet can answer. */
export function readTableStatus(
  session: Session,
  question: Omit<MetadataQuestion, 'parameter'>,
): TableStatus | undefined {
  const { text, scan, mode, target } = question;
  const { topology } = session.services.gateway;
  if (scan.kind !== 'show' || scan.showKind !== 'other' || topology === undefined) return undefined;
  const keyspace = scan.qualifiers[0] ?? target.keyspace;
  const known = topology.keyspaces.get(keyspace);
  if (known === undefined || known.shards.size <= 1) return undefined;
  if (target.shard !== undefined && target.keyspace === keyspace) return undefined;
  const parsed = parseStatement(text, scan.start, scan.end, mode);
  if (parsed.kind !== 'show' || parsed.show !== 'table status' || parsed.hasVersionComment) return undefined;
  return { show: parsed, keyspace };
}

/** As a query for a tablet. `rows`: whether the rows are in it, or it is only to be described. */
export async function tableStatusQuery(
  session: Session,
  text: Buffer,
  { show, keyspace }: TableStatus,
  rows: 'all' | 'none',
  own: ShardHandle,
): Promise<Buffer> {
  const wanted = {
    table: metadataTable('TABLES')!,
    columns: new Set<string>(Object.values(columns)),
    databases: new Set(rows === 'all' ? [keyspace] : []),
  };
  const found = await metadataRows(session, wanted, own);
  const list = Object.entries(columns).map(([title, name]) => `${quotedName(name)} AS ${quotedName(title)}`);
  const table = tableText(found!.columns, found!.rows);
  const inner = `(SELECT ${list.join(', ')} FROM ${table} AS \`tables\`)`;
  const filter = show.like ?? show.where;
  const where = filter === undefined ? '' : show.like === undefined ? 'WHERE ' : 'WHERE `Name` LIKE ';
  return Buffer.concat([
    Buffer.from(`SELECT * FROM ${inner} AS \`shown\` ${where}`),
    filter === undefined ? Buffer.alloc(0) : text.subarray(filter.start, filter.end),
    Buffer.from(' ORDER BY `Name`'),
  ]);
}
