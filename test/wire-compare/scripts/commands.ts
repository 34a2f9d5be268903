import { command } from '../../../src/mysql/protocol.ts';
import { masks } from '../differences.ts';
import {
  changeUser,
  closing,
  databaseName,
  queries,
  query,
  type Script,
  send,
  textQueries,
} from '../script.ts';

export const commands: Script = {
  name: 'commands besides queries',
  steps: [
    ...textQueries(
      'DROP TABLE IF EXISTS fields',
      'CREATE TABLE fields (a INT NOT NULL DEFAULT 5, b VARCHAR(20) DEFAULT "x", c BLOB)',
    ),
    send(command.ping),
    send(command.ping, 'with a payload'),
    send(command.initDb, 'mysql'),
    query('SELECT DATABASE()'),
    send(command.initDb, 'missing_db'),
    query('SELECT DATABASE()'),
    send(command.initDb, ''),
    send(command.initDb, databaseName),
    query('SELECT DATABASE()'),
    send(command.initDb, 'information_schema'),
    query('SELECT DATABASE(), @@character_set_database'),
    send(command.initDb, databaseName),
    send(command.statistics, '', masks.statistics),
    send(command.fieldList, 'fields\0'),
    send(command.fieldList, 'fields\0b%'),
    send(command.fieldList, 'fields\0nothing'),
    send(command.fieldList, 'missing\0'),
    send(command.fieldList, 'fields'),
    send(command.fieldList, ''),
    query('SELECT 1'),
    ...[
      command.sleep,
      command.createDb,
      command.dropDb,
      command.connect,
      command.time,
      command.delayedInsert,
    ].map((byte) => send(byte, 'x')),
    ...[command.tableDump, command.connectOut, 0x40, 0x7f, 0xfe].map((byte) => send(byte, 'x')),
    query('SELECT "alive"'),
    send(command.resetConnection),
    send(command.resetConnection, 'more'),
    query('DROP TABLE fields'),
  ],
};

const idleCommands = [
  send(command.ping),
  send(command.initDb, databaseName),
  send(command.setOption, Buffer.from([0, 0])),
];

export const commandsBetween: Script = {
  name: 'what is left of a statement after a command',
  steps: idleCommands.flatMap((idle) => [
    ...['SHOW WARNINGS', 'SELECT @@warning_count', 'SELECT ROW_COUNT()'].flatMap((question) => [
      query('SELECT 1/0'),
      idle,
      idle,
      query(question),
    ]),
    query('SELECT 1 UNION SELECT 2'),
    idle,
    query('SELECT FOUND_ROWS()'),
    query('SELECT nothing'),
    idle,
    query('SHOW WARNINGS'),
  ]),
};

/** State that COM_RESET_CONNECTION and COM_CHANGE_USER must clear. */
const makeState = queries(
  'SET @v = 1, sql_mode = "", time_zone = "+05:00", autocommit = 0',
  'SET NAMES latin1',
  'CREATE TEMPORARY TABLE temp_state (a INT)',
  'SELECT LAST_INSERT_ID(99)',
  'PREPARE kept FROM "SELECT 1"',
  'SELECT GET_LOCK("state", 0)',
  'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
  'USE mysql',
  'INSERT INTO compare.state VALUES (1)',
);
const lookForState = queries(
  'SELECT @v, @@sql_mode, @@time_zone, @@autocommit, @@character_set_client, @@collation_connection',
  'SELECT * FROM compare.temp_state',
  'SELECT LAST_INSERT_ID()',
  'EXECUTE kept',
  'SELECT IS_FREE_LOCK("state")',
  'SELECT DATABASE()',
  'SELECT * FROM compare.state',
  'SHOW WARNINGS',
);

export const resets: Script = {
  name: 'COM_RESET_CONNECTION and COM_CHANGE_USER clear the session',
  steps: [
    ...textQueries('DROP TABLE IF EXISTS state', 'CREATE TABLE state (a INT)'),
    ...makeState,
    send(command.resetConnection),
    ...lookForState,
    ...makeState,
    changeUser(databaseName),
    ...lookForState,
    changeUser('mysql', 8),
    ...queries('SELECT DATABASE(), @@character_set_client'),
    // A refused COM_CHANGE_USER ends the connection; what follows is a new one.
    closing(changeUser('missing_db')),
    ...queries('SELECT DATABASE()'),
    changeUser(''),
    ...queries('SELECT DATABASE()', 'SELECT * FROM state', 'DROP TABLE compare.state'),
  ],
};

export const noDatabase: Script = {
  name: 'no database selected',
  noDatabase: true,
  steps: [
    ...textQueries('DROP TABLE IF EXISTS compare.nodb', 'CREATE TABLE compare.nodb (a INT)'),
    ...queries(
      'SELECT DATABASE()',
      'SELECT 1',
      'SELECT * FROM nodb',
      'CREATE TABLE here (a INT)',
      'SHOW TABLES',
      'SELECT * FROM compare.nodb',
      'INSERT INTO compare.nodb VALUES (1)',
      'SHOW TABLES FROM compare LIKE "nodb"',
      'DESCRIBE compare.nodb',
      'USE `compare`',
      'SELECT * FROM nodb',
      'DROP TABLE nodb',
      'use compare',
      'USE compare extra',
      'USE information_schema',
      'SELECT DATABASE()',
      'SELECT TABLE_NAME FROM TABLES WHERE TABLE_SCHEMA = "compare" AND TABLE_NAME = "nodb"',
    ),
  ],
};
