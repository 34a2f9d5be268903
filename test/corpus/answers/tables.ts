/** The reference's tables as other servers can be given them: definitions, and rows as literals that keep every byte. */

import { readResults } from '../../support/decode.ts';
import type { RawClient } from '../../support/raw-client.ts';

export type Cells = readonly (string | null)[];

/** A column that rows are read and written by, and how a value of it is written. */
type CopiedColumn = Readonly<{ name: string; type: string; charset: string | null; generated: boolean }>;

/** What decides the shard of a table's rows. */
export type Placing = Readonly<{
  column: string;
  vindex: string;
  kind: 'integer' | 'unsigned' | 'decimal' | 'text' | 'binary';
}>;

export type TableCopy = Readonly<{
  name: string;
  /** CREATE TABLE, as the reference shows it. */
  create: string;
  columns: readonly CopiedColumn[];
  placing: Placing | undefined;
}>;

export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
const quoteText = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

/** All rows of one statement as texts; an error throws. */
export async function askRows(client: RawClient, sql: string): Promise<(string | null)[][]> {
  const [result] = readResults(await client.query(sql));
  if (!result || result.error)
    throw new Error(`${sql.slice(0, 300)}: ${result?.error?.message ?? 'no answer'}`);
  return result.rows;
}

const COLUMNS = `SELECT c.COLUMN_NAME, c.DATA_TYPE, c.COLUMN_TYPE, c.CHARACTER_SET_NAME, c.GENERATION_EXPRESSION <> '', s.COLUMN_NAME IS NOT NULL, c.IS_NULLABLE
FROM information_schema.COLUMNS c
LEFT JOIN information_schema.STATISTICS s ON s.TABLE_SCHEMA = c.TABLE_SCHEMA AND s.TABLE_NAME = c.TABLE_NAME AND s.COLUMN_NAME = c.COLUMN_NAME AND s.INDEX_NAME = 'PRIMARY' AND s.SEQ_IN_INDEX = 1
WHERE c.TABLE_SCHEMA = 'test' AND c.TABLE_NAME = `;

/** Reads what a table is on the reference. */
export async function describeTable(client: RawClient, name: string): Promise<TableCopy> {
  const [shown] = await askRows(client, `SHOW CREATE TABLE test.${quoteName(name)}`);
  const rows = await askRows(client, `${COLUMNS}${quoteText(name)} ORDER BY c.ORDINAL_POSITION`);
  const columns = rows.map(([column, type, , charset, generated]) => ({
    name: column!,
    type: type!.toLowerCase(),
    charset: charset!,
    generated: generated === '1',
  }));
  const placings = rows.map((row) => placingOf(row));
  const first = (fits: (at: number) => boolean): Placing | undefined =>
    placings.find((placing, at) => placing !== undefined && !columns[at]!.generated && fits(at));
  const placing =
    first((at) => rows[at]![5] === '1') ?? first((at) => rows[at]![6] === 'NO') ?? first(() => true);
  return { name, create: shown![1]!, columns, placing };
}

function placingOf([column, type, full, charset]: Cells): Placing | undefined {
  const of = (vindex: string, kind: Placing['kind']): Placing => ({ column: column!, vindex, kind });
  switch (type!.toLowerCase()) {
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
      return full!.includes('unsigned') ? of('xxhash', 'unsigned') : of('hash', 'integer');
    case 'decimal':
      return of('xxhash', 'decimal');
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
      return charset === 'binary' ? undefined : of('unicode_loose_xxhash', 'text');
    case 'binary':
    case 'varbinary':
      return of('binary_md5', 'binary');
    case 'date':
    case 'datetime':
    case 'time':
    case 'year':
    case 'enum':
      return of('xxhash', 'text');
    default:
      return undefined;
  }
}

/** What a value is asked by, so that its text has all of it, and how that text is written as a literal. */
function wayOf({
  name,
  type,
  charset,
}: CopiedColumn): Readonly<{ ask: string; write: (text: string) => string }> {
  const column = quoteName(name);
  const plain = (text: string): string => text;
  switch (type) {
    case 'float':
      return { ask: `CAST(${column} AS DOUBLE)`, write: (text) => (/e/i.test(text) ? text : `${text}e0`) };
    case 'double':
      return { ask: column, write: (text) => (/e/i.test(text) ? text : `${text}e0`) };
    case 'enum':
    case 'set':
    case 'bit':
      return { ask: `CAST(${column} AS UNSIGNED)`, write: plain };
    case 'json':
      return { ask: `HEX(CAST(${column} AS CHAR))`, write: (hex) => `CONVERT(x'${hex}' USING utf8mb4)` };
    case 'date':
    case 'datetime':
    case 'timestamp':
    case 'time':
      return { ask: `CAST(${column} AS CHAR)`, write: (text) => `'${text}'` };
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'year':
      return { ask: column, write: plain };
    default:
      return {
        ask: charset === null ? `HEX(CAST(${column} AS BINARY))` : `HEX(${column})`,
        write: (hex) => `x'${hex}'`,
      };
  }
}

/** The vindex column's value as a client would send it. */
function placeValue({ column, kind }: Placing): string {
  const name = quoteName(column);
  if (kind === 'text') return `HEX(CONVERT(CAST(${name} AS CHAR) USING utf8mb4))`;
  return kind === 'binary' ? `HEX(${name})` : `HEX(CAST(${name} AS CHAR))`;
}

export type CopiedRow = Readonly<{ values: string; place: Buffer | null }>;

/** Reads all rows as `(…)` lists for INSERT; undefined when there are more than `rowsMax`. */
export async function readRows(
  client: RawClient,
  { name, columns, placing }: TableCopy,
  rowsMax: number,
): Promise<CopiedRow[] | undefined> {
  const copied = columns.filter(({ generated }) => !generated);
  const ways = copied.map(wayOf);
  const asked = [...ways.map(({ ask }) => ask), placing ? placeValue(placing) : '0'];
  const rows = await askRows(
    client,
    `SELECT ${asked.join(', ')} FROM test.${quoteName(name)} LIMIT ${rowsMax + 1}`,
  );
  if (rows.length > rowsMax) return undefined;
  return rows.map((row) => {
    const values = ways.map(({ write }, at) => (row[at] === null ? 'NULL' : write(row[at]!)));
    const place = row.at(-1) ?? null;
    return { values: `(${values.join(',')})`, place: place === null ? null : Buffer.from(place, 'hex') };
  });
}

const INSERT_BYTES_MAX = 500_000;

/** INSERTs of rows. */
export function* insertsOf({ name, columns }: TableCopy, rows: readonly CopiedRow[]): Generator<string> {
  const names = columns.filter(({ generated }) => !generated).map((column) => quoteName(column.name));
  const head = `INSERT INTO ${quoteName(name)} (${names.join(',')}) VALUES `;
  let values: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    values.push(row.values);
    bytes += row.values.length;
    if (bytes < INSERT_BYTES_MAX) continue;
    yield head + values.join(',');
    [values, bytes] = [[], 0];
  }
  if (values.length > 0) yield head + values.join(',');
}

/** The definition without keys: another access path, and rows in the order in which they were inserted. */
export function withoutKeys(create: string): string {
  const lines = create.split('\n');
  const kept = lines.filter(
    (line) => !/^ {2}(?:PRIMARY KEY|UNIQUE KEY|KEY|SPATIAL KEY|CONSTRAINT .* FOREIGN KEY)\b/.test(line),
  );
  return kept
    .join('\n')
    .replace(/ AUTO_INCREMENT(?==|,|\n| )/g, (found, at: number, all: string) =>
      all[at + found.length] === '=' ? found : '',
    )
    .replace(/,\n\)/, '\n)')
    .replace(/\n\/\*!50100 PARTITION[\s\S]*$/, '');
}
