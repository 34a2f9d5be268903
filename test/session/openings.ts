/** What clients send when they connect, as their sources and traces show it. */

export type Opening = Readonly<{ name: string; statements: readonly string[] }>;

const jdbcVariables = [
  'auto_increment_increment',
  'character_set_client',
  'character_set_connection',
  'character_set_results',
  'character_set_server',
  'collation_server',
  'collation_connection',
  'init_connect',
  'interactive_timeout',
  'license',
  'lower_case_table_names',
  'max_allowed_packet',
  'net_write_timeout',
  'performance_schema',
  'sql_mode',
  'system_time_zone',
  'time_zone',
  'transaction_isolation',
  'wait_timeout',
];

const jdbc = `/* mysql-connector-j-9.1.0 (Revision: 0) */SELECT  ${jdbcVariables
  .map((name) => `@@${name === 'auto_increment_increment' ? 'session.' : ''}${name} AS ${name}`)
  .join(', ')}`;

const dumpHead = [
  '/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */',
  '/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */',
  '/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */',
  '/*!50503 SET NAMES utf8mb4 */',
  '/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */',
  "/*!40103 SET TIME_ZONE='+00:00' */",
  '/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */',
  '/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */',
  "/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */",
  '/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */',
  '/*!40101 SET @saved_cs_client     = @@character_set_client */',
  '/*!50503 SET character_set_client = utf8mb4 */',
  '/*!40101 SET character_set_client = @saved_cs_client */',
];

const dumpTail = [
  '/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */',
  '/*!40101 SET SQL_MODE=@OLD_SQL_MODE */',
  '/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */',
  '/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */',
  '/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */',
  '/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */',
  '/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */',
  '/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */',
];

export const openings: readonly Opening[] = [
  {
    name: 'mysql',
    statements: ['select @@version_comment limit 1', 'select USER()', 'show databases', 'SELECT DATABASE()'],
  },
  {
    name: 'mysqldump',
    statements: [
      "/*!40100 SET @@SQL_MODE='' */",
      "/*!40103 SET TIME_ZONE='+00:00' */",
      '/*!80000 SET SESSION information_schema_stats_expiry=0 */',
      'SET SESSION NET_READ_TIMEOUT= 86400, SESSION NET_WRITE_TIMEOUT= 86400',
      "SHOW VARIABLES LIKE 'gtid\\_mode'",
      'SET SQL_QUOTE_SHOW_CREATE=1',
      "SET SESSION character_set_results = 'binary'",
      "SET SESSION character_set_results = 'utf8mb4'",
      'select @@collation_database',
    ],
  },
  { name: 'a dump being loaded', statements: [...dumpHead, ...dumpTail] },
  {
    name: 'a dump with GTIDs being loaded',
    statements: [
      'SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN',
      'SET @@SESSION.SQL_LOG_BIN= 0',
      ...dumpHead,
      ...dumpTail,
      'SET @@SESSION.SQL_LOG_BIN = @MYSQLDUMP_TEMP_LOG_BIN',
    ],
  },
  {
    name: 'MySQL Connector/J',
    statements: [
      jdbc,
      'SET character_set_results = NULL',
      'SET autocommit=1',
      "SET sql_mode='STRICT_TRANS_TABLES'",
      'SET SESSION TRANSACTION READ WRITE',
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      'SELECT @@session.transaction_read_only',
      'SELECT @@session.transaction_isolation',
      'SET SQL_SELECT_LIMIT=DEFAULT',
    ],
  },
  {
    name: 'MariaDB Connector/J',
    statements: [
      "set sql_mode=concat(@@sql_mode,',STRICT_TRANS_TABLES'), session_track_schema=1",
      'SELECT @@max_allowed_packet, @@system_time_zone, @@time_zone, @@auto_increment_increment, @@transaction_isolation',
      'set session transaction isolation level repeatable read',
    ],
  },
  {
    name: 'go-sql-driver',
    statements: [
      'SELECT @@max_allowed_packet',
      'SET NAMES utf8mb4 COLLATE utf8mb4_general_ci',
      "SET time_zone = '+00:00', sql_mode = 'ANSI'",
    ],
  },
  { name: 'mysql2', statements: ['SET NAMES utf8mb4', 'SELECT @@version'] },
  { name: 'mysqljs', statements: ["SET time_zone='+00:00'", 'SELECT 1 + 1 AS solution'] },
  {
    name: 'PyMySQL',
    statements: [
      'SET AUTOCOMMIT = 0',
      "SET sql_mode='TRADITIONAL'",
      'SET NAMES utf8mb4',
      'SET AUTOCOMMIT = 1',
    ],
  },
  {
    name: 'mysql-connector-python',
    statements: [
      "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_0900_ai_ci'",
      'SET @@session.autocommit = OFF',
      "SET @@session.time_zone = '+00:00'",
      "SET @@session.sql_mode = 'TRADITIONAL'",
      'SET @@session.autocommit = ON',
    ],
  },
  {
    name: 'SQLAlchemy',
    statements: [
      'SELECT VERSION()',
      'SELECT @@transaction_isolation',
      'SELECT @@sql_mode',
      'SELECT @@lower_case_table_names',
      "SELECT CAST('test plain returns' AS CHAR(60)) AS anon_1",
      'ROLLBACK',
      'SET autocommit=0',
      'ROLLBACK',
      'SET autocommit=1',
    ],
  },
  {
    name: 'Django',
    statements: [
      "SELECT VERSION(), @@sql_mode, @@default_storage_engine, @@sql_auto_is_null, @@lower_case_table_names, CONVERT_TZ('2001-01-01 01:00:00', 'UTC', 'UTC') IS NOT NULL",
      'SET SQL_AUTO_IS_NULL = 0',
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      'SET foreign_key_checks=0',
      'SET foreign_key_checks=1',
    ],
  },
  {
    name: 'Rails',
    statements: [
      "SET NAMES utf8mb4,  @@SESSION.sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO'),  @@SESSION.sql_auto_is_null = 0, @@SESSION.wait_timeout = 2147483",
      'SELECT VERSION()',
      'SELECT @@SESSION.transaction_isolation',
      "SHOW VARIABLES LIKE 'collation_database'",
      'SET FOREIGN_KEY_CHECKS = 0',
      'SET FOREIGN_KEY_CHECKS = 1',
    ],
  },
  {
    name: 'Laravel',
    statements: [
      'use `main`',
      "set names 'utf8mb4' collate 'utf8mb4_unicode_ci'",
      'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
      "set time_zone='+00:00'",
      "set session sql_mode='ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
    ],
  },
  {
    name: 'Doctrine',
    statements: [
      'SET NAMES utf8mb4',
      "SET SESSION sql_mode=(SELECT CONCAT(@@sql_mode, ',ANSI_QUOTES'))",
      'SELECT DATABASE()',
    ],
  },
  {
    name: 'Hibernate and HikariCP',
    statements: [
      jdbc,
      'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
      '/* ping */ SELECT 1',
      'SET autocommit=0',
      'SET autocommit=1',
      'SET SESSION TRANSACTION READ ONLY',
      'SET SESSION TRANSACTION READ WRITE',
    ],
  },
  {
    name: 'DBeaver',
    statements: [
      jdbc,
      'SET character_set_results = NULL',
      'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
      'SELECT DATABASE()',
      "SHOW VARIABLES LIKE 'lower_case_table_names'",
      'SHOW ENGINES',
      'SHOW CHARSET',
      'SHOW COLLATION',
      'SELECT @@GLOBAL.character_set_server,@@GLOBAL.collation_server',
      'SHOW PLUGINS',
      'SET SQL_SELECT_LIMIT=200',
      'SET SQL_SELECT_LIMIT=DEFAULT',
    ],
  },
  {
    name: 'MySQL Workbench',
    statements: [
      'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
      'SET NAMES utf8mb4',
      'SET CHARACTER SET utf8mb4',
      'SET SQL_SAFE_UPDATES=1',
      'SELECT CONNECTION_ID()',
      "SHOW SESSION STATUS LIKE 'Ssl_cipher'",
      'SELECT current_user()',
      "SHOW SESSION VARIABLES LIKE 'lower_case_table_names'",
      "SHOW SESSION VARIABLES LIKE 'sql_mode'",
      'SHOW DATABASES',
      'SET SESSION sql_mode = @@global.sql_mode',
      'set session max_execution_time = 30000',
      'SET SQL_SAFE_UPDATES=0',
    ],
  },
  {
    name: 'Prisma',
    statements: [
      'SET NAMES utf8mb4',
      'SELECT @@version, @@GLOBAL.version',
      'SELECT @@socket',
      'SELECT @@lower_case_table_names',
      'SET SESSION wait_timeout = 28800',
      "SET @@session.sql_mode = CONCAT(@@session.sql_mode, ',ANSI_QUOTES')",
      'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
      'BEGIN',
      'COMMIT',
    ],
  },
  {
    name: 'Sequelize',
    statements: [
      "SET time_zone = '+00:00'",
      'SELECT VERSION() as `version`',
      'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
      'START TRANSACTION',
      'COMMIT',
    ],
  },
  {
    name: 'TypeORM',
    statements: [
      'SELECT VERSION() AS `version`',
      'SELECT DATABASE() AS `db_name`',
      'SET FOREIGN_KEY_CHECKS = 0',
      'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
      'START TRANSACTION',
      'COMMIT',
      'SET FOREIGN_KEY_CHECKS = 1',
    ],
  },
  {
    name: 'Metabase and R2DBC',
    statements: [
      "SET time_zone = 'SYSTEM'",
      'SET session_track_schema = ON, innodb_lock_wait_timeout = 20, group_concat_max_len = 100000',
      'SELECT @@transaction_isolation AS i, @@innodb_lock_wait_timeout AS l, @@version_comment AS v, @@version',
      'SET SESSION max_execution_time=60000',
    ],
  },
  {
    name: 'phpMyAdmin',
    statements: [
      'SELECT @@version, @@version_comment',
      "SET NAMES 'utf8mb4' COLLATE 'utf8mb4_unicode_ci'",
      "SET lc_messages = 'en_US'",
      'SELECT CURRENT_USER()',
      'SELECT @@have_profiling',
      'SET SQL_SELECT_LIMIT = DEFAULT',
      'SET SQL_QUOTE_SHOW_CREATE = 1',
    ],
  },
];
