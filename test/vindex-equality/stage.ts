/** A server with a table for each type of column, full of values that are nearly equal. */
import type { LiteralValue, ValueContext } from '../../src/planner/literal-value.ts';
import { buildTables, columnFields } from '../../src/schema/build-schema.ts';
import type { ColumnSchema } from '../../src/schema/schema.ts';
import type { VindexValue } from '../../src/vschema/vindexes/vindex.ts';
import { xxhash } from '../../src/vschema/vindexes/xxhash.ts';
import type { ColumnVindex } from '../../src/vschema/vschema.ts';
import { labelPackets, rowTexts } from '../support/decode.ts';
import { readError, textRowSpans } from '../support/decode-parts.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';
import { RawClient, ServerError } from '../support/raw-client.ts';

/** Every type, with every class of collation. `BIT` and the like are columns that are keys in nobody's VSchema, yet may be. */
export const columnTypes = [
  ...['TINYINT', 'SMALLINT', 'MEDIUMINT', 'INT', 'BIGINT'].flatMap((type) => [type, `${type} UNSIGNED`]),
  'INT(6) UNSIGNED ZEROFILL',
  'BOOL',
  'DECIMAL(10,2)',
  'DECIMAL(15,0)',
  'DECIMAL(20,0)',
  'DECIMAL(30,10)',
  'DECIMAL(8,3) UNSIGNED',
  'DECIMAL(65,30)',
  'FLOAT',
  'DOUBLE',
  'VARBINARY(10)',
  'BINARY(4)',
  'BLOB',
  'TINYBLOB',
  ...['VARCHAR(10)', 'CHAR(10)', 'TEXT'].flatMap((type) =>
    ['utf8mb4_0900_ai_ci', 'utf8mb4_0900_bin', 'utf8mb4_bin'].map(
      (collation) => `${type} COLLATE ${collation}`,
    ),
  ),
  ...[
    'utf8mb4_0900_as_cs',
    'utf8mb4_general_ci',
    'utf8mb4_unicode_ci',
    'utf8mb4_sv_0900_ai_ci',
    'utf8mb3_bin',
    'utf8mb3_general_ci',
    'latin1_bin',
    'latin1_swedish_ci',
    'ascii_bin',
  ].map((collation) => `VARCHAR(10) COLLATE ${collation}`),
  ...[
    'utf8mb3_bin',
    'latin1_bin',
    'ascii_bin',
    'utf16_bin',
    'gbk_bin',
    'sjis_bin',
    'latin2_bin',
    'swe7_bin',
    'utf8mb4_general_ci',
  ].map((collation) => `CHAR(10) COLLATE ${collation}`),
  'DATE',
  'DATETIME',
  'DATETIME(2)',
  'TIMESTAMP',
  'TIME',
  'TIME(1)',
  'YEAR',
  'BIT(1)',
  'BIT(12)',
  'BIT(64)',
  "ENUM('a','b','10','ab c')",
  "ENUM('a','B','é') COLLATE utf8mb4_bin",
  "ENUM('x','y','5') COLLATE latin1_swedish_ci",
  "SET('a','b')",
  'JSON',
] as const;

export type Table = Readonly<{ name: string; type: string; column: ColumnSchema }>;

/** A vindex that tells any two texts apart. */
export function textVindex(type = 'xxhash', canonicalValues = false): ColumnVindex {
  const vindex = { name: type, type, params: {}, vindex: xxhash, canonicalValues };
  return { columns: ['c'], vindex, canonicalValues };
}

/** What a session is, and the statements that make it so. */
export type Setting = Readonly<{ name: string; context: ValueContext; statements: readonly string[] }>;

const STRICT = 'STRICT_TRANS_TABLES';

export function setting(charset: string, collation: string, sqlMode: readonly string[] = [STRICT]): Setting {
  const context = { sqlMode: new Set(sqlMode), charset, collation, timeZone: undefined };
  return {
    name: `${charset}, ${collation}, ${sqlMode.join(',') || 'no mode'}`,
    context,
    statements: [
      `SET NAMES ${charset}`,
      `SET collation_connection = ${collation}, character_set_results = utf8mb4, sql_mode = '${sqlMode.join(',')}'`,
    ],
  };
}

export class EqualityStage {
  readonly client: RawClient;
  readonly tables: readonly Table[];
  readonly #mysqld: Mysqld;

  private constructor(mysqld: Mysqld, client: RawClient, tables: readonly Table[]) {
    this.#mysqld = mysqld;
    this.client = client;
    this.tables = tables;
  }

  static async set(): Promise<EqualityStage> {
    const mysqld = await startMysqld({ databases: ['equality'] });
    const client = await RawClient.connect(mysqld.endpoint, { database: 'equality', timeoutMs: 60_000 });
    const indexed = (type: string): string =>
      /BLOB|TEXT/.test(type) ? 'KEY k (c(20))' : /JSON/.test(type) ? 'KEY k (id)' : 'KEY k (c)';
    for (const [at, type] of columnTypes.entries())
      await ask(
        client,
        `CREATE TABLE t${at} (id INT AUTO_INCREMENT PRIMARY KEY, c ${type}, ${indexed(type)})`,
      );
    const known = await columnsOf(client);
    const tables = columnTypes.map(
      (type, at): Table => ({ name: `t${at}`, type, column: known.get(`t${at}`)! }),
    );
    return new EqualityStage(mysqld, client, tables);
  }

  /** Makes the session another. */
  async use({ statements }: Setting): Promise<void> {
    for (const sql of statements) await ask(this.client, sql);
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.#mysqld.stop();
  }

  /** The rows' first column as bytes in utf8mb4, null for NULL. */
  ask(sql: string | Buffer): Promise<(Buffer | null)[]> {
    return ask(this.client, sql);
  }
}

async function columnsOf(client: RawClient): Promise<Map<string, ColumnSchema>> {
  const fields = columnFields.map((field) => `${field} AS ${field}`).join(', ');
  const answer = await client.query(
    `SELECT ${fields} FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'equality'`,
  );
  const labelled = labelPackets(answer.packets, answer.capabilities, answer.commandByte);
  const rows = labelled
    .filter(({ role }) => role === 'textRow')
    .map((row) => {
      const texts = rowTexts(row);
      return Object.fromEntries(columnFields.map((field, at) => [field, texts[at] ?? null])) as Record<
        (typeof columnFields)[number],
        string | null
      >;
    });
  const names = [...new Set(rows.map(({ TABLE_NAME }) => TABLE_NAME))];
  const tables = buildTables({
    columns: rows,
    keys: [],
    tables: names.map((name) => ({ TABLE_NAME: name, TABLE_TYPE: 'BASE TABLE' })),
    views: [],
  });
  return new Map(
    [...tables].map(([name, { columns }]) => [name, columns.find((column) => column.name === 'c')!]),
  );
}

async function ask(client: RawClient, sql: string | Buffer): Promise<(Buffer | null)[]> {
  const answer = await client.query(sql);
  const labelled = labelPackets(answer.packets, answer.capabilities, answer.commandByte);
  const failed = labelled.find(({ role }) => role === 'error');
  if (failed) throw new ServerError(readError(failed.payload));
  return labelled
    .filter(({ role }) => role === 'textRow')
    .map(({ payload }) => {
      const span = textRowSpans(payload)[0] ?? null;
      return span === null ? null : payload.subarray(span.start, span.end);
    });
}

/** A stored value in the form that vindexes take; ZEROFILL is for people. */
export const storedInput = ({ columnType }: ColumnSchema, bytes: Buffer | null): string =>
  bytes === null
    ? 'NULL'
    : columnType.includes('zerofill')
      ? String(BigInt(bytes.toString()))
      : bytes.toString('latin1');

export const inputText = (value: VindexValue): string =>
  value.kind === 'null' ? 'NULL' : value.bytes.toString('latin1');

export const describeLiteral = (value: LiteralValue): string =>
  JSON.stringify(value, (_, each) =>
    typeof each === 'bigint'
      ? String(each)
      : each?.type === 'Buffer'
        ? Buffer.from(each.data).toString('latin1')
        : each,
  );
