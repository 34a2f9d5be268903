/**
 * What is asked of a tablet about its tables, and how the answers are read. Keyspace names consist of letters, digits, `_`
 * and `-` (`topology/records.ts`), so they can stand in quotes; names of tables go as their bytes.
 */
import {
  columnFields,
  keyFields,
  type SchemaRow,
  tableFields,
  viewFields,
} from '../../schema/build-schema.ts';
import { type CollectedAnswer, textValues } from '../answer-collector.ts';
import { storedCodeExpression } from '../tablet-observer.ts';

/**
 * A hash of a set of rows. Hashes of rows joined by XOR do not depend on the order of rows; SHA-256 since with CRC32, which is
 * linear, two rows that exchange parts of themselves would leave the result as it was.
 */
const hashOf = (fields: readonly string[]): string =>
  `HEX(BIT_XOR(UNHEX(SHA2(JSON_ARRAY(${fields.join(', ')}), 256))))`;

/**
 * The cheap question, asked all the time; its answer is another one whenever tables may have changed. Two parts:
 * - how many rows of system tables InnoDB has updated and deleted: moves with each change of a definition, though not by a new
 *   view, and when the change is made, which may be before it can be seen;
 * - names of the tables and when each was created or last altered: moves when a change can be seen, if not twice within a
 *   second.
 */
export const signatureQuestion = (keyspace: string): string => `SELECT ${storedCodeExpression},
  (SELECT GROUP_CONCAT(VARIABLE_VALUE ORDER BY VARIABLE_NAME) FROM performance_schema.global_status
    WHERE VARIABLE_NAME IN ('Innodb_system_rows_deleted', 'Innodb_system_rows_updated')),
  (SELECT ${hashOf(['TABLE_NAME', 'TABLE_TYPE', 'CREATE_TIME'])} FROM information_schema.TABLES
    WHERE TABLE_SCHEMA = '${keyspace}')`;

export type Signature = Readonly<{
  hasStoredCode: boolean;
  /** Undefined if the server does not count (which MySQL does since 8.0.19). */
  systemRows: string | undefined;
  tables: string | undefined;
}>;

export function readSignature(answer: CollectedAnswer): Signature {
  const [storedCode, systemRows, tables] = textValues(answer, 0);
  return {
    hasStoredCode: storedCode !== '0',
    systemRows: systemRows ?? undefined,
    tables: tables ?? undefined,
  };
}

/** One row per table and kind of fact, each with a hash of all of which a TableSchema is made. */
export const digestQuestion = (keyspace: string): string =>
  `SELECT 'columns', TABLE_NAME, COUNT(*), ${hashOf(columnFields.slice(1))}
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = '${keyspace}' GROUP BY TABLE_NAME
  UNION ALL SELECT 'keys', TABLE_NAME, 0, ${hashOf(keyFields.slice(1))}
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = '${keyspace}' GROUP BY TABLE_NAME
  UNION ALL SELECT 'table', TABLE_NAME, 0, TABLE_TYPE
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${keyspace}'
  UNION ALL SELECT 'view', TABLE_NAME, 0, SHA2(VIEW_DEFINITION, 256)
    FROM information_schema.VIEWS WHERE TABLE_SCHEMA = '${keyspace}'`;

/** What is known of a table before it is read: equal digests, equal tables. */
export type TableDigest = Readonly<{ digest: string; columnCount: number }>;

export function readDigests(answer: CollectedAnswer): ReadonlyMap<string, TableDigest> {
  const parts = new Map<string, { texts: string[]; columnCount: number }>();
  for (let row = 0; row < answer.rows.length; row++) {
    const [kind, name, count, hash] = textValues(answer, row);
    const part = parts.get(name!) ?? { texts: [], columnCount: 0 };
    parts.set(name!, part);
    part.texts.push(`${kind}=${hash}`);
    part.columnCount += Number(count);
  }
  const digests = new Map<string, TableDigest>();
  for (const [name, { texts, columnCount }] of parts) {
    // A table that came or went while the server was answering.
    if (columnCount === 0) continue;
    digests.set(name, { digest: texts.sort().join(), columnCount });
  }
  return digests;
}

/** Whether the database is there for the router's account, which sees only what it has rights on. */
export const databaseQuestion = (keyspace: string): string =>
  `SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '${keyspace}'`;

/** The questions for whole tables: of all, or of those named. */
export function tableQuestions(keyspace: string, names: readonly string[] | undefined) {
  const literals = names?.map((name) => `CONVERT(0x${Buffer.from(name).toString('hex')} USING utf8mb4)`);
  const where = `TABLE_SCHEMA = '${keyspace}'${literals === undefined ? '' : ` AND TABLE_NAME IN (${literals.join(', ')})`}`;
  const select = (fields: readonly string[], table: string): string =>
    `SELECT ${fields.join(', ')} FROM information_schema.${table} WHERE ${where}`;
  return {
    columns: select(columnFields, 'COLUMNS'),
    keys: select(keyFields, 'STATISTICS'),
    tables: select(tableFields, 'TABLES'),
    views: select(viewFields, 'VIEWS'),
  };
}

/** The rows of an answer by the names of their fields. */
export const readRows = <Field extends string>(
  answer: CollectedAnswer,
  fields: readonly Field[],
): SchemaRow<Field>[] =>
  answer.rows.map((_row, at) => {
    const values = textValues(answer, at);
    return Object.fromEntries(fields.map((field, index) => [field, values[index]])) as SchemaRow<Field>;
  });
