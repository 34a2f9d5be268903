/**
 * The questions of tools, in an unsharded keyspace and in a sharded one: titles, values and errors as on one mysqld with all the databases. (What
 * MySQL tells of information_schema's columns beside their titles depends on its plan, which depends on how many databases a server has.)
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Result } from '../support/decode.ts';
import { MetadataStage, seen } from './stage.ts';
import { type ToolQuery, tools } from './tools.ts';

let stage: MetadataStage;
beforeAll(async () => {
  stage = await MetadataStage.set();
});
afterAll(() => stage?.stop());

const places = { shop: ['sale', 'product'], user: ['item', 'account'] } as const;

/** Estimates, and the moments at which the tables were made. */
const ownOfServer =
  /^(create_time|update_time|check_time|cardinality|table_rows|avg_row_length|data_length|index_length|data_free)$/i;

function withoutOwn({ columns, rows, error }: Result): Result {
  const own = columns.flatMap(({ name }, at) => (ownOfServer.test(name) ? [at] : []));
  return { columns, rows: rows.map((row) => row.filter((_, at) => !own.includes(at))), error };
}

/** What has to be equal. */
function compared(result: Result, { titles }: ToolQuery): unknown {
  const plain = withoutOwn(result);
  if (titles) return { titles: plain.columns.map(({ name }) => name), error: plain.error?.message };
  // Rows without an order come as they come.
  return seen({ ...plain, rows: [...plain.rows].sort() });
}

describe.each(Object.entries(places))('%s', (database, [table, parent]) => {
  test.each(Object.entries(tools))('%s', async (_, queries) => {
    for (const query of queries) {
      const sql = query.sql
        .replaceAll('{db}', database)
        .replaceAll('{table}', table)
        .replaceAll('{parent}', parent);
      for (const prepared of [false, true]) {
        const [expected, got] = await stage.both({ sql, database }, prepared);
        expect([sql, compared(got, query)]).toEqual([sql, compared(expected, query)]);
      }
    }
  });
});
