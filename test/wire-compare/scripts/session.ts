import { capability } from '../../../src/mysql/protocol.ts';
import { masks } from '../differences.ts';
import { queries, query, type Script, textQueries } from '../script.ts';

const variables = (
  'autocommit auto_increment_increment auto_increment_offset big_tables character_set_client character_set_connection ' +
  'character_set_database character_set_results character_set_server character_set_system collation_connection ' +
  'collation_database collation_server completion_type default_storage_engine default_week_format div_precision_increment ' +
  'eq_range_index_dive_limit error_count explicit_defaults_for_timestamp foreign_key_checks group_concat_max_len identity ' +
  'innodb_lock_wait_timeout interactive_timeout join_buffer_size last_insert_id lc_time_names license lock_wait_timeout ' +
  'lower_case_table_names max_allowed_packet max_error_count max_execution_time max_join_size max_sort_length ' +
  'net_buffer_length net_read_timeout net_write_timeout old_alter_table optimizer_switch performance_schema profiling ' +
  'protocol_version pseudo_slave_mode read_only session_track_gtids session_track_schema session_track_state_change ' +
  'session_track_system_variables session_track_transaction_info sort_buffer_size sql_auto_is_null sql_big_selects sql_mode ' +
  'sql_notes sql_quote_show_create sql_safe_updates sql_select_limit sql_warnings system_time_zone time_zone tmp_table_size ' +
  'transaction_isolation transaction_read_only unique_checks updatable_views_with_limit version version_comment ' +
  'version_compile_os wait_timeout warning_count'
).split(' ');

export const readVariables: Script = {
  name: 'reading system variables',
  steps: [
    ...variables.map((name) => query(`SELECT @@${name}`)),
    ...queries(
      'SELECT @@session.sql_mode, @@global.sql_mode, @@SQL_MODE, @@local.autocommit',
      'SELECT @@session.`autocommit` AS a',
      'SELECT @@global.read_only, @@global.max_connections > 0',
      'SELECT @@session.max_connections',
      'SELECT @@global.error_count',
      'SELECT @@version_comment LIMIT 1',
      'SELECT @@max_allowed_packet, @@wait_timeout, @@tx_isolation',
      'SELECT @@session.auto_increment_increment AS auto_increment_increment, @@character_set_client AS character_set_client, @@collation_server AS collation_server, @@init_connect AS init_connect, @@sql_mode AS sql_mode, @@system_time_zone AS system_time_zone, @@time_zone AS time_zone',
      "SHOW VARIABLES LIKE 'sql_mode'",
      "SHOW SESSION VARIABLES LIKE 'character\\_set\\_c%'",
      "SHOW VARIABLES WHERE Variable_name IN ('autocommit', 'lower_case_table_names')",
      "SHOW GLOBAL VARIABLES LIKE 'transaction_isolation'",
      "SHOW VARIABLES LIKE 'nothing_like_this'",
    ),
  ],
};

const setAndRead: readonly (readonly [string, string])[] = [
  ["sql_mode = ''", '@@sql_mode'],
  ["sql_mode = 'ANSI'", '@@sql_mode'],
  ["sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES')", '@@sql_mode'],
  ["sql_mode = 'NOPE'", '@@sql_mode'],
  ['sql_mode = DEFAULT', '@@sql_mode'],
  ['sql_mode = 4', '@@sql_mode'],
  ['@@sql_mode := "TRADITIONAL"', '@@sql_mode'],
  ["time_zone = '+02:00'", '@@time_zone'],
  ["time_zone = '+02:00'", 'FROM_UNIXTIME(0)'],
  ["time_zone = 'Nowhere/Nowhere'", '@@time_zone'],
  ['time_zone = SYSTEM', '@@time_zone'],
  ["SESSION time_zone = '-11:30'", 'TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), NOW())'],
  ['time_zone = DEFAULT', '@@time_zone'],
  ['timestamp = 1700000000', 'NOW()'],
  ['timestamp = 1700000000.5', 'NOW(6)'],
  ['timestamp = DEFAULT', 'NOW() > "2024-01-01"'],
  ['autocommit = 2', '@@autocommit'],
  ["autocommit = 'on'", '@@autocommit'],
  ["autocommit = 'maybe'", '@@autocommit'],
  ['autocommit = NULL', '@@autocommit'],
  ['autocommit = 1.5', '@@autocommit'],
  ['max_execution_time = 5000', '@@max_execution_time'],
  ["max_execution_time = 'x'", '@@max_execution_time'],
  ['max_execution_time = -1', '@@max_execution_time'],
  ['sql_select_limit = 2', '@@sql_select_limit'],
  ['sql_select_limit = DEFAULT', '@@sql_select_limit'],
  ['foreign_key_checks = OFF', '@@foreign_key_checks'],
  ['unique_checks = 0', '@@unique_checks'],
  ['sql_safe_updates = 1', '@@sql_safe_updates'],
  ['sql_safe_updates = 0', '@@sql_safe_updates'],
  ['group_concat_max_len = 10', 'GROUP_CONCAT("abcdefghijklmnop")'],
  ['group_concat_max_len = 1', '@@group_concat_max_len'],
  ['div_precision_increment = 8', '1/3'],
  ["lc_time_names = 'de_DE'", 'DATE_FORMAT("2024-03-04", "%W %M")'],
  ["lc_time_names = 'xx_XX'", '@@lc_time_names'],
  ['default_week_format = 3', 'WEEK("2024-01-01")'],
  ["transaction_isolation = 'READ-COMMITTED'", '@@transaction_isolation'],
  ["transaction_isolation = 'SOMETIMES'", '@@transaction_isolation'],
  ['transaction_read_only = 1', '@@transaction_read_only'],
  ['transaction_read_only = 0', '@@transaction_read_only'],
  ['wait_timeout = 100', '@@wait_timeout'],
  ['wait_timeout = 0', '@@wait_timeout'],
  ['net_write_timeout = 99999999999', '@@net_write_timeout'],
  ['character_set_results = NULL', '@@character_set_results'],
  ['character_set_results = utf8mb4', '@@character_set_results'],
  ["character_set_client = 'utf16'", '@@character_set_client'],
  ['collation_connection = latin1_german1_ci', '@@character_set_connection'],
  ['collation_connection = nope', '@@collation_connection'],
  ['NAMES utf8mb4', '@@collation_connection'],
  ['sql_quote_show_create = 0', '@@sql_quote_show_create'],
  ['optimizer_switch = "mrr=off"', '@@optimizer_switch LIKE "%mrr=off%"'],
  ['version = "9"', '@@version'],
  ['nope = 1', '@@autocommit'],
  ['warning_count = 1', '@@warning_count'],
  ['max_connections = 5', '1'],
  ['SESSION max_connections = 5', '1'],
  ['LOCAL autocommit = 1', '@@autocommit'],
  ['pseudo_thread_id = 7', '1'],
  ['rand_seed1 = 5, rand_seed2 = 6', 'RAND()'],
  ['session_track_schema = OFF', '@@session_track_schema'],
  ["session_track_system_variables = 'sql_mode,wait_timeout'", '@@session_track_system_variables'],
  ['wait_timeout = 1000', '@@wait_timeout'],
  ['time_zone = "+01:00"', '@@time_zone'],
  ["session_track_system_variables = ''", '1'],
  ["session_track_system_variables = 'nope'", '@@session_track_system_variables'],
  ['sql_mode = "ANSI_QUOTES"', "'tracked'"],
  ['session_track_state_change = ON', '1'],
  ['sql_mode = DEFAULT', '1'],
  ["session_track_gtids = 'OWN_GTID'", '@@session_track_gtids'],
  ['session_track_gtids = OFF', '1'],
];

export const setVariables: Script = {
  name: 'setting system variables',
  steps: [
    ...setAndRead.flatMap(([assignment, expression]) => queries(`SET ${assignment}`, `SELECT ${expression}`)),
    ...queries(
      "SET sql_mode = 'ANSI_QUOTES', autocommit = 'bad', time_zone = '+01:00'",
      'SELECT @@sql_mode, @@autocommit, @@time_zone',
      'SET @a = 1, @b = @a + 1, sql_notes = 1, @c = (SELECT 5)',
      'SELECT @a, @b, @c',
      'SET @a = 9, nope = 1, @b = 9',
      'SELECT @a, @b',
      'SELECT @@sql_mode',
      'SET @@session.time_zone = "+03:00", @@session.sql_notes = 0',
      'SELECT @@time_zone, @@sql_notes',
      'SET SESSION TRANSACTION ISOLATION LEVEL NOPE',
      'SET PASSWORD = 1',
      'SET ROLE NONE',
    ),
    ...['GLOBAL nope = 1', 'PERSIST_ONLY nope = 1', 'SESSION sql_mode = DEFAULT, GLOBAL nope = 3'].flatMap(
      (assignment) => [query(`SET ${assignment}`, masks.globalRefused), query('SELECT @@sql_mode')],
    ),
  ],
};

export const userVariables: Script = {
  name: 'user variables',
  steps: queries(
    'SELECT @unset',
    "SET @i = 5, @d = 1.50, @f = 1e3, @s = 'text', @n = NULL, @b = x'00ff', @t = TRUE",
    'SELECT @i, @d, @f, @s, @n, @b, @t',
    'SELECT @i := @i + 1',
    'SHOW WARNINGS',
    'SELECT @i, @I',
    'SELECT @`odd name` := 3, @`odd name`',
    "SET @'quoted' = 4",
    'SELECT @quoted, @"quoted"',
    'SELECT 7, 8 INTO @x, @y',
    'SELECT @x + @y',
    'SELECT 7 INTO @x, @y',
    'SELECT 1 FROM DUAL WHERE 0 INTO @x',
    'SHOW WARNINGS',
    'SELECT 1 UNION SELECT 2 INTO @x',
    'SET @j = JSON_OBJECT("a", 1)',
    'SELECT @j, JSON_EXTRACT(@j, "$.a")',
    "SET @sql = 'SELECT ? + @i AS r'",
    'PREPARE p FROM @sql',
    'EXECUTE p USING @x',
    'EXECUTE p',
    'EXECUTE p USING @x, @y',
    'DEALLOCATE PREPARE p',
    'EXECUTE p USING @x',
    "PREPARE q FROM 'SELEC 1'",
    "PREPARE q FROM 'SELECT 1; SELECT 2'",
    "PREPARE r FROM 'SELECT @@autocommit'",
    'EXECUTE r',
    'DROP PREPARE r',
    'SET @big = REPEAT("v", 100000)',
    'SELECT LENGTH(@big)',
    'SET @c = _latin1 0xE9',
    'SELECT @c, CHARSET(@c), HEX(@c)',
  ),
};

const eAcute = (...around: readonly [string, string]) =>
  Buffer.concat([Buffer.from(around[0]), Buffer.from([0xe9]), Buffer.from(around[1])]);

export const charsets: Script = {
  name: 'character sets',
  steps: [
    ...textQueries(
      'DROP TABLE IF EXISTS words',
      'CREATE TABLE words (w VARCHAR(30), l VARCHAR(30) CHARACTER SET latin1)',
    ),
    ...['utf8mb4', 'latin1', 'utf8mb3', 'cp1251', 'binary', 'ascii', 'utf8', 'koi8r', 'latin2'].flatMap(
      (charset) => [
        ...queries(
          `SET NAMES ${charset}`,
          'SELECT @@character_set_client, @@character_set_results, @@collation_connection',
        ),
        query(eAcute("INSERT INTO words VALUES ('", "', 'x')")),
        ...queries('SELECT * FROM words', 'SELECT _utf8mb4"ü" AS u, "plain" AS p', 'SELECT nope'),
        query(eAcute('SELECT `', '` FROM words')),
      ],
    ),
    ...queries(
      'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
      "SELECT 'a' = 'A', @@collation_connection",
      'SET NAMES latin1 COLLATE utf8mb4_bin',
      'SET NAMES nope',
      "SET NAMES 'latin1'",
      'SET NAMES DEFAULT',
      'SELECT @@character_set_client',
      'SET CHARACTER SET latin1',
      'SELECT @@character_set_client, @@character_set_results, @@character_set_connection, @@collation_connection',
      'SET CHARSET utf8mb4',
      'SET CHARACTER SET DEFAULT',
      'SET NAMES ucs2',
      'SET character_set_results = NULL',
      'SELECT w, l FROM words',
      'SET character_set_results = latin1',
      'SELECT w, l FROM words',
      'SET NAMES utf8mb4',
      'SELECT HEX(w), HEX(l) FROM words',
      'SHOW CHARACTER SET LIKE "latin1"',
      'SHOW COLLATION LIKE "utf8mb4_0900_ai_ci"',
      'DROP TABLE words',
    ),
  ],
};

/** The handshake's charset alone decides. */
export const handshakeCharsets: readonly Script[] = [8, 33, 45, 46, 63, 51, 255].map((charset) => ({
  name: `handshake charset ${charset}`,
  charset,
  steps: [
    ...queries(
      'SELECT @@character_set_client, @@character_set_results, @@collation_connection',
      "SELECT 'a' AS a, _utf8mb4'ü' AS u",
    ),
    query(eAcute("SELECT '", "' AS e")),
  ],
}));

export const sqlModes: Script = {
  name: 'statements whose reading depends on sql_mode',
  steps: [
    ...textQueries(
      'DROP TABLE IF EXISTS lexing',
      'CREATE TABLE lexing (a INT, `b c` INT)',
      'INSERT INTO lexing VALUES (1, 2)',
    ),
    ...queries(
      'SELECT "a" FROM lexing',
      "SET sql_mode = 'ANSI_QUOTES'",
      'SELECT "a" FROM lexing',
      'SELECT "b c", \'x\' FROM "lexing"',
      'SELECT "nope"',
      'SELECT "a""b"',
      "SET sql_mode = 'NO_BACKSLASH_ESCAPES'",
      "SELECT '\\'",
      "SELECT 'a\\nb', '\\', 'c'",
      "SELECT 'x' LIKE 'x\\%' ESCAPE '\\'",
      "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
      'SELECT "a", \'\\\' FROM lexing',
      "SET sql_mode = 'PIPES_AS_CONCAT'",
      "SELECT 'a' || 'b', 1 || 0",
      "SET sql_mode = 'IGNORE_SPACE'",
      'SELECT COUNT (*) FROM lexing',
      'SELECT NOW () IS NULL',
      "SET sql_mode = 'HIGH_NOT_PRECEDENCE'",
      'SELECT NOT 1 BETWEEN -5 AND 5',
      "SET sql_mode = 'REAL_AS_FLOAT,NO_UNSIGNED_SUBTRACTION'",
      'SELECT CAST(0 AS UNSIGNED) - 1',
      "SET sql_mode = 'ONLY_FULL_GROUP_BY'",
      'SELECT a, COUNT(*) FROM lexing',
      "SET sql_mode = ''",
      'SELECT COUNT (*) FROM lexing',
      'SELECT a, COUNT(*) FROM lexing',
      "SELECT 'a' || 'b'",
      "SET sql_mode = 'NO_ZERO_DATE,ALLOW_INVALID_DATES'",
      "SELECT DATE'2024-02-31', CAST('0000-00-00' AS DATE)",
      "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,NO_DIR_IN_CREATE'",
      'SET sql_mode = DEFAULT',
      'DROP TABLE lexing',
    ),
  ],
};

/** CLIENT_IGNORE_SPACE and CLIENT_FOUND_ROWS change answers from the handshake on. */
export const clientFlags: readonly Script[] = [
  { name: 'flag IGNORE_SPACE', with: capability.ignoreSpace },
  { name: 'flag FOUND_ROWS', with: capability.foundRows },
  { name: 'flag INTERACTIVE', with: capability.interactive },
  { name: 'flag MULTI_STATEMENTS off', without: capability.multiStatements },
  { name: 'flag MULTI_RESULTS off', without: capability.multiResults | capability.multiStatements },
].map(({ name, ...flags }) => ({
  name,
  ...flags,
  steps: [
    ...textQueries(
      'DROP TABLE IF EXISTS flags',
      'CREATE TABLE flags (a INT PRIMARY KEY, b INT)',
      'INSERT INTO flags VALUES (1, 1), (2, 1)',
    ),
    ...queries(
      'SELECT COUNT (*) FROM flags',
      'SELECT @@sql_mode, @@wait_timeout',
      'UPDATE flags SET b = 1',
      'SELECT ROW_COUNT()',
      'INSERT INTO flags VALUES (1, 1) ON DUPLICATE KEY UPDATE b = 1',
      'SELECT 1; SELECT 2',
      'SELECT 3;',
    ),
    ...textQueries('SELECT 1; SELECT 2', 'SELECT 3;', 'DROP TABLE flags'),
  ],
}));
