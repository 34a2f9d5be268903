/** Queries over information_schema: the keyspaces are the databases of one server. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nullValue, text } from '../support/parameters.ts';
import { ask, refusal, value } from '../support/session-play.ts';
import { MetadataStage, seen } from './stage.ts';

let stage: MetadataStage;
beforeAll(async () => {
  stage = await MetadataStage.set();
});
afterAll(() => stage?.stop());

const notSystem = "NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')";

/** Both ways, without a database and in each kind of keyspace. */
const queries = [
  `SELECT table_schema, Table_Name, TABLE_TYPE, engine FROM information_schema.tables WHERE table_schema ${notSystem} ORDER BY 1, 2`,
  'SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY 1',
  'SELECT * FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME',
  'SELECT DATABASE(), SCHEMA()',
  "SELECT DATABASE(), TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'user' ORDER BY 2",
  "SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA IN ('user', 'shop') ORDER BY TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION",
  "SELECT * FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'user' ORDER BY TABLE_NAME, ORDINAL_POSITION",
  'SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position',
  'SELECT table_schema, COUNT(*) n, GROUP_CONCAT(DISTINCT data_type ORDER BY 1) FROM information_schema.columns GROUP BY table_schema HAVING n > 2 ORDER BY n DESC, 1',
  `SELECT COUNT(*), (SELECT COUNT(*) FROM information_schema.TABLES), COUNT(*) + 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA ${notSystem}`,
  "SELECT UPPER(information_schema.TABLES.TABLE_NAME), information_schema.TABLES.TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA LIKE '%s%' AND TABLE_SCHEMA NOT LIKE '%sys%' AND TABLE_SCHEMA NOT LIKE '%schema' ORDER BY 1",
  `SELECT k.TABLE_SCHEMA, k.TABLE_NAME, k.COLUMN_NAME, r.DELETE_RULE FROM information_schema.KEY_COLUMN_USAGE k
     JOIN information_schema.REFERENTIAL_CONSTRAINTS r USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME) ORDER BY 1, 2, 3`,
  `SELECT k.CONSTRAINT_NAME, k.COLUMN_NAME, k.REFERENCED_TABLE_NAME, r.UPDATE_RULE FROM information_schema.KEY_COLUMN_USAGE k
     LEFT JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME
     WHERE k.TABLE_SCHEMA = 'user' ORDER BY 1, k.ORDINAL_POSITION`,
  "SELECT * FROM information_schema.TABLE_CONSTRAINTS WHERE CONSTRAINT_SCHEMA IN ('shop', 'user') ORDER BY 2, 3",
  `SELECT t.TABLE_SCHEMA, t.TABLE_NAME, (SELECT COUNT(*) FROM information_schema.COLUMNS c WHERE c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME) n
     FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA ${notSystem} ORDER BY 1, 2`,
  `WITH own AS (SELECT * FROM information_schema.VIEWS WHERE TABLE_SCHEMA ${notSystem}) SELECT TABLE_SCHEMA, TABLE_NAME FROM own`,
  "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' UNION ALL SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'user' ORDER BY 1",
  "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'nowhere'",
  "SELECT TABLE_SCHEMA FROM information_schema.TABLES WHERE TABLE_NAME = 'user' ORDER BY 1",
  'SELECT nothing FROM information_schema.TABLES',
  "SELECT t.TABLE_NAME, c.CHARACTER_SET_NAME FROM information_schema.TABLES t JOIN information_schema.COLLATION_CHARACTER_SET_APPLICABILITY c ON c.COLLATION_NAME = t.TABLE_COLLATION WHERE t.TABLE_SCHEMA IN ('shop', 'user') ORDER BY 1",
  "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ('shop', 'user') AND TABLE_NAME COLLATE utf8mb4_bin > 'c' ORDER BY TABLE_NAME DESC",
  "SELECT COUNT(*) /*!80000 , MAX(TABLE_NAME) */ FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ('shop', 'user')",
  'SELECT 1 FROM information_schema.nothing',
  "SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'extra' ORDER BY 2",
  "SELECT PARTITION_NAME FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA IN ('extra', 'shop') AND TABLE_NAME IN ('parted', 'sale') ORDER BY 1",
  "SELECT * FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA <> 'sys'",
];

describe.each([undefined, 'shop', 'user', 'information_schema'])('in %s', (database) => {
  test.each(queries)('%s', async (sql) => {
    for (const prepared of database === 'user' ? [false, true] : [false]) {
      const [expected, got] = await stage.both({ sql, database }, prepared);
      expect(seen(got)).toEqual(seen(expected));
      if (expected.error !== undefined) continue;
      const [warnings, gotWarnings] = await stage.both({ sql: 'SHOW WARNINGS', database });
      expect(gotWarnings.rows).toEqual(warnings.rows);
    }
  });
});

test.each([
  ['user', 'account'],
  ['shop', 'product'],
  ['nowhere', undefined],
])('parameters say which keyspace is meant: %s', async (name, first) => {
  const sql =
    'SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME <> ? ORDER BY 1';
  for (const database of [undefined, 'shop', 'user']) {
    const asked = { sql, database, parameters: [text(name), text('cheap')] };
    const [expected, got] = await stage.both(asked);
    expect(seen(got)).toEqual(seen(expected));
    expect(got.rows[0]?.[0]).toBe(first);
  }
});

test('parameters over several keyspaces', async () => {
  for (const parameters of [
    [text('user'), text('shop'), text('a%')],
    [text('extra'), nullValue(), text('%')],
  ]) {
    const sql =
      'SELECT TABLE_SCHEMA, TABLE_NAME, ? FROM information_schema.TABLES WHERE TABLE_SCHEMA IN (?, ?) ORDER BY 1, 2';
    const [expected, got] = await stage.both({
      sql,
      database: 'user',
      parameters: [parameters[2]!, parameters[0]!, parameters[1]!],
    });
    expect(seen(got)).toEqual(seen(expected));
  }
});

test('what a session has set holds for the other keyspaces too', async () => {
  const sql =
    "SELECT CREATE_TIME = (SELECT MAX(CREATE_TIME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'product') FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ('shop', 'user') AND TABLE_NAME = 'product'";
  const client = await stage.client(stage.system.router, { database: 'user' });
  for (const zone of ['+00:00', '+05:30']) {
    expect(await refusal(client, `SET time_zone = '${zone}'`)).toBeUndefined();
    expect(await value(client, sql)).toBe('1');
  }
  const [there] = (
    await ask(
      client,
      "SELECT CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'product'",
    )
  ).rows;
  const both = await ask(
    client,
    "SELECT CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA IN ('extra', 'shop') AND TABLE_NAME = 'product'",
  );
  expect(both.rows).toEqual([there]);
  await refusal(client, 'SET time_zone = DEFAULT');
});

test('the statistics of a sharded keyspace are those of its shards together', async () => {
  for (const endpoint of [stage.reference.endpoint, ...stage.tabletsOf('user')]) {
    const client = await stage.client(endpoint, { database: 'user' });
    await ask(client, 'ANALYZE TABLE account, item');
  }
  for (const database of [undefined, 'user', 'shop']) {
    const [expected, got] = await stage.both({
      sql: "SELECT TABLE_NAME, TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'user' ORDER BY 1",
      database,
    });
    expect(got.rows).toEqual([
      ['account', '40'],
      ['item', '80'],
    ]);
    expect(expected.rows).toEqual(got.rows);
  }
});

test('what sys says of a keyspace is asked there', async () => {
  for (const database of ['extra', 'user', undefined])
    for (const name of ['shop', 'user']) {
      const sql = `SELECT object_type, count FROM sys.schema_object_overview WHERE db = '${name}' ORDER BY 1`;
      const [expected, got] = await stage.both({ sql, database });
      expect(seen(got)).toEqual(seen(expected));
      expect(got.rows.length).toBeGreaterThan(1);
    }
});

test('mysqldump --routines asks for libraries that are missing', async () => {
  const sql = `SELECT rl.ROUTINE_NAME FROM INFORMATION_SCHEMA.ROUTINE_LIBRARIES rl LEFT JOIN INFORMATION_SCHEMA.LIBRARIES lib
    ON rl.LIBRARY_CATALOG = lib.LIBRARY_CATALOG AND rl.LIBRARY_SCHEMA = lib.LIBRARY_SCHEMA AND rl.LIBRARY_NAME = lib.LIBRARY_NAME
    WHERE lib.LIBRARY_NAME IS NULL AND rl.ROUTINE_SCHEMA = 'user'`;
  for (const database of ['shop', 'user']) {
    const [expected, got] = await stage.both({ sql, database });
    expect(seen(got)).toEqual(seen(expected));
  }
});

test('a shard that is selected shows what it has itself', async () => {
  const client = await stage.client(stage.system.router, { database: 'user:-80' });
  const rows = await value(
    client,
    "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'user' AND TABLE_NAME = 'account'",
  );
  expect(rows).toBe('20');
});

test('what cannot be answered right is refused', async () => {
  const client = await stage.client(stage.system.router);
  expect(
    await refusal(
      client,
      'SELECT 1 FROM information_schema.VIEWS WHERE EXISTS (TABLE information_schema.TABLES)',
    ),
  ).toMatch(/^9101 .*TABLE/);
});
