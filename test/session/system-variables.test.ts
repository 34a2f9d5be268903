/**
 * The table of system variables against a server: none is missing, each is what it is said to be; and each that a session may
 * set is set through a router with a single connection for two sessions, with good and bad values, as on mysqld.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { classOfVariable, variablesOf } from '../../src/session/system-variables.ts';
import { RawClient } from '../support/raw-client.ts';
import { RouterStage, type RouterUnderTest } from '../support/router-stage.ts';
import { ask, playSame, refusal, type Turn } from '../support/session-play.ts';

let stage: RouterStage;
let router: RouterUnderTest;
let server: RawClient;

beforeAll(async () => {
  stage = await RouterStage.set();
  router = await stage.startRouter(['--pool-connections-max=1']);
  server = await RawClient.connect(stage.baseline, { database: 'main' });
});
afterAll(async () => {
  server?.destroy();
  await stage?.stop();
});

const rowsOf = async (sql: string) => (await ask(server, sql)).rows.map((row) => row as readonly string[]);

test('all variables of the server are in the table', async () => {
  const shown = new Set<string>();
  for (const scope of ['GLOBAL', 'SESSION'])
    for (const [name] of await rowsOf(`SHOW ${scope} VARIABLES`)) shown.add(name!);
  expect([...shown].filter((name) => classOfVariable(name) === undefined)).toEqual([]);
});

test.each([
  ['server', '1229'],
  ['readOnly', '1238'],
] as const)('%s variables cannot be set in a session', async (kind, errno) => {
  const accepted: string[] = [];
  for (const name of variablesOf(kind)) {
    const error = (await refusal(server, `SET SESSION ${name} = DEFAULT`)) ?? 'accepted';
    if (!error.startsWith(errno) && !error.startsWith('1621')) accepted.push(`${name}: ${error}`);
  }
  expect(accepted).toEqual([]);
});

test('those that a session carries or keeps can be set', async () => {
  const refused: string[] = [];
  for (const kind of ['carried', 'kept', 'own'] as const) {
    for (const name of variablesOf(kind)) {
      const error = await refusal(server, `SET SESSION ${name} = DEFAULT`);
      // Some have no default; `new` is gone from MySQL 9.
      if (error !== undefined && !error.startsWith('1230') && name !== 'new')
        refused.push(`${name}: ${error}`);
    }
  }
  expect(refused).toEqual([]);
});

/** Other values than the default, where neither a switch nor a number does. */
const samples: Readonly<Record<string, string>> = {
  binlog_format: "'ROW'",
  binlog_row_image: "'MINIMAL'",
  binlog_row_value_options: "'PARTIAL_JSON'",
  block_encryption_mode: "'aes-256-cbc'",
  character_set_client: 'latin1',
  character_set_connection: 'latin1',
  character_set_database: 'latin1',
  character_set_filesystem: 'utf8mb4',
  character_set_results: 'latin1',
  character_set_server: 'latin1',
  collation_connection: 'utf8mb4_bin',
  collation_database: 'latin1_bin',
  collation_server: 'latin1_bin',
  default_collation_for_utf8mb4: 'utf8mb4_general_ci',
  default_storage_engine: 'MyISAM',
  default_tmp_storage_engine: 'MEMORY',
  explain_format: "'TREE'",
  internal_tmp_mem_storage_engine: "'MEMORY'",
  lc_messages: "'de_DE'",
  lc_time_names: "'fr_FR'",
  myisam_stats_method: "'nulls_equal'",
  optimizer_switch: "'index_merge=off'",
  rbr_exec_mode: "'IDEMPOTENT'",
  session_track_gtids: "'OWN_GTID'",
  session_track_system_variables: "'time_zone,autocommit'",
  session_track_transaction_info: "'STATE'",
  sql_mode: "'ANSI,NO_BACKSLASH_ESCAPES'",
  time_zone: "'+05:30'",
  transaction_isolation: "'READ-COMMITTED'",
  use_secondary_engine: "'FORCED'",
};

function sampleOf(name: string, value: string | null): string {
  const sample = samples[name];
  if (sample !== undefined) return sample;
  if (value === 'ON' || value === 'OFF') return value === 'ON' ? 'OFF' : 'ON';
  return /^\d+(\.\d+)?$/.test(value ?? '')
    ? String(Number(value) > 1e18 ? 4096 : Math.floor(Number(value) / 2) + 1)
    : "'x'";
}

/** `new` is gone from MySQL 9; the clock goes on. */
const apart: ReadonlySet<string> = new Set(['new', 'timestamp']);

const bad = ["'nonsense'", '-1', '1.5e0', 'NULL', "''", '(SELECT 1 UNION SELECT 2)', 'nowhere.column'];

describe('as on mysqld', () => {
  const own = (statement: string): Turn => ['a', statement];
  const other: Turn = ['b', 'SELECT 1'];

  test.each(variablesOf('carried').filter((name) => !apart.has(name)))('%s', async (name) => {
    const [row] = await rowsOf(`SELECT @@session.${name}`);
    const show = own(`SHOW VARIABLES LIKE '${name}'`);
    const read = own(`SELECT @@${name}, @@session.${name}, @@local.${name}`);
    const sample = sampleOf(name, row![0]!);
    await playSame(stage.baseline, router.endpoint, [
      own(`SET ${name} = ${sample}`),
      other,
      show,
      read,
      ...bad.flatMap((value) => [own(`SET SESSION ${name} = ${value}`), own('SHOW WARNINGS'), other, read]),
      own(`SET @@local.${name} = DEFAULT`),
      other,
      read,
      own(`SET @kept = ${sample}, @@session.${name} = @kept`),
      other,
      read,
      own(`SET ${name} = @@global.${name}`),
      other,
      read,
    ]);
  });

  test('timestamp', async () => {
    await playSame(stage.baseline, router.endpoint, [
      own('SET timestamp = 1000000000.25'),
      other,
      own('SELECT @@timestamp, NOW(6), CURDATE()'),
      ['b', 'SELECT @@timestamp > 1700000000'],
      own("SET timestamp = 'x'"),
      own('SET timestamp = -1'),
      own('SELECT NOW()'),
      own('SET timestamp = DEFAULT'),
      other,
      own("SELECT @@timestamp > 1700000000, NOW() > '2024-01-01'"),
    ]);
  });

  test.each<[string, readonly string[]]>([
    [
      'optimizer_switch adds up',
      [
        "SET optimizer_switch = 'index_merge=off'",
        "SET optimizer_switch = 'mrr=off'",
        'SELECT @@optimizer_switch',
        'SET optimizer_switch = DEFAULT',
        'SELECT @@optimizer_switch',
      ],
    ],
    [
      'several, one of them wrong',
      [
        "SET sql_notes = 0, time_zone = 'nowhere', sql_warnings = 1",
        'SELECT @@sql_notes, @@time_zone, @@sql_warnings',
        'SET sql_notes = 0, nonsense = 1',
        'SELECT @@sql_notes',
        'SET @@session.sql_notes = 0, @@local.sql_warnings = 1, LOCAL sql_safe_updates = 1',
        'SELECT @@sql_notes, @@sql_warnings, @@sql_safe_updates',
      ],
    ],
    [
      'values that refer to others',
      [
        'SET sql_notes = 0, sql_warnings = @@sql_notes',
        'SELECT @@sql_notes, @@sql_warnings',
        "SET time_zone = CONCAT('+0', 1 + 1, ':00')",
        'SELECT @@time_zone',
        'SET max_sort_length = (SELECT 100 + 28)',
        'SELECT @@max_sort_length',
        'SET sort_buffer_size = @@global.sort_buffer_size * 2',
        'SELECT @@sort_buffer_size',
      ],
    ],
    [
      'names',
      [
        'SET NAMES latin1 COLLATE latin1_german2_ci',
        "SELECT @@character_set_client, @@collation_connection, @@character_set_results, 'a' < 'ä'",
        'SET NAMES utf8mb4 COLLATE latin1_bin',
        'SET NAMES nonsense',
        'SET NAMES DEFAULT',
        'SELECT @@character_set_client, @@collation_connection',
        'SET CHARACTER SET latin1',
        'SELECT @@character_set_client, @@collation_connection, @@character_set_results',
        'SET CHARSET DEFAULT',
        'SELECT @@character_set_client, @@collation_connection',
        'SET NAMES utf16',
        'SET character_set_client = ucs2',
      ],
    ],
    [
      'unknown and read only',
      [
        'SET nonsense = 1',
        'SET @@nonsense = 1',
        'SET @@session.version = 1',
        'SET port = 1',
        'SET max_connections = 5',
        'SELECT @@nonsense',
        'SELECT @@global.timestamp',
        'SET a.b = 1',
        'SELECT @@session.max_connections',
      ],
    ],
    [
      'those of the database',
      [
        'SET character_set_database = latin1',
        'SELECT @@character_set_database, @@collation_database',
        'USE other',
        'SELECT @@character_set_database',
        'USE main',
        'SELECT @@character_set_database',
        'SET collation_database = latin1_bin',
        'USE main',
        'SELECT @@collation_database',
      ],
    ],
    [
      'sql_select_limit',
      [
        'SET sql_select_limit = 0',
        'SELECT 1 UNION SELECT 2',
        'SELECT LAST_INSERT_ID()',
        'SET @x = 5',
        'SELECT @x LIMIT 1',
        'SET sql_select_limit = 1',
        'SELECT 1 UNION SELECT 2',
        'SET sql_select_limit = DEFAULT',
        'SELECT 1 UNION SELECT 2',
      ],
    ],
    [
      'SET TRANSACTION',
      [
        'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY',
        'BEGIN',
        'SET TRANSACTION READ WRITE',
        'SELECT @@transaction_isolation, @@transaction_read_only',
        'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
        'COMMIT',
        'SELECT @@transaction_isolation',
        'SET @@transaction_read_only = 1',
        'START TRANSACTION READ WRITE',
        'ROLLBACK',
        'SET TRANSACTION ISOLATION LEVEL nonsense',
      ],
    ],
  ])('%s', async (_, statements) => {
    const alone = statements.includes('BEGIN');
    await playSame(
      stage.baseline,
      router.endpoint,
      statements.flatMap((sql) => (alone ? [own(sql)] : [own(sql), other])),
    );
  });
});

test.each([
  ['SET GLOBAL sort_buffer_size = 100000', 9301],
  ['SET @@persist.sort_buffer_size = 100000', 9301],
  ['SET sql_notes = 0, PERSIST_ONLY sort_buffer_size = 100000', 9301],
  ["SET PASSWORD = 'secret'", 1235],
  ["SET PASSWORD FOR CURRENT_USER() = 'secret'", 1235],
  ['SET RESOURCE GROUP other', 1235],
])('%s is refused with %i', async (sql, errno) => {
  const client = await RawClient.connect(router.endpoint, { database: 'main' });
  expect(await refusal(client, sql)).toContain(`${errno} (`);
  expect(await refusal(client, 'SELECT 1')).toBeUndefined();
  client.destroy();
});
