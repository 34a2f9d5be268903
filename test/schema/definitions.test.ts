/** Tables read from CREATE TABLE statements are those that a server makes of them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  buildTables,
  columnFields,
  keyFields,
  type SchemaRow,
  tableFields,
} from '../../src/schema/build-schema.ts';
import { tablesOfDefinitions } from '../../src/schema/definitions/tables-of-definitions.ts';
import type { TableSchema } from '../../src/schema/schema.ts';
import { lexModeOf } from '../../src/sql/lex-mode.ts';
import { type Mysqld, startMysqld } from '../support/mysqld.ts';

const definitions = readFileSync(join(import.meta.dirname, 'definitions.sql'));
let server: Mysqld;

beforeAll(async () => {
  server = await startMysqld({ databases: ['defined'] });
});
afterAll(() => server?.stop());

test('all types, attributes and keys', async () => {
  const { tables, notes } = tablesOfDefinitions(definitions, lexModeOf('', 'utf8mb4', 90704, false));
  expect(notes).toEqual([]);
  const known = await tablesOfServer();
  expect([...tables.keys()].sort()).toEqual([...known.keys()].sort());
  const all = (from: ReadonlyMap<string, TableSchema>) =>
    [...known.keys()].sort().map((name) => asWritten(from.get(name)));
  expect(all(tables)).toEqual(all(known));
});

/** A server writes expressions anew. */
const asWritten = (table: TableSchema | undefined) =>
  table && {
    ...table,
    columns: table.columns.map((column) =>
      column.defaultIsExpression ? { ...column, defaultText: column.defaultText?.toLowerCase() } : column,
    ),
  };

async function tablesOfServer(): Promise<ReadonlyMap<string, TableSchema>> {
  const { host, port } = server.endpoint;
  const connection = await createConnection({
    host,
    port,
    user: 'root',
    database: 'defined',
    multipleStatements: true,
  });
  try {
    await connection.query(definitions.toString('utf8'));
    const rowsOf = async <Field extends string>(table: string, fields: readonly Field[]) => {
      const list = fields.map((field) => `CAST(\`${field}\` AS CHAR) AS \`${field}\``).join(', ');
      const [rows] = await connection.query(
        `SELECT ${list} FROM information_schema.${table} WHERE TABLE_SCHEMA = 'defined'`,
      );
      return rows as SchemaRow<Field>[];
    };
    return buildTables({
      columns: await rowsOf('COLUMNS', columnFields),
      keys: await rowsOf('STATISTICS', keyFields),
      tables: await rowsOf('TABLES', tableFields),
      views: [],
    });
  } finally {
    await connection.end();
  }
}
