import { capability, columnType } from '../../../src/mysql/protocol.ts';
import { double, long, longlong, nullValue, text } from '../../support/parameters.ts';
import {
  close,
  execute,
  fetch,
  prepare,
  queries,
  reset,
  type Script,
  type Step,
  textQueries,
} from '../script.ts';

const make = textQueries(
  'DROP PROCEDURE IF EXISTS call_out',
  'DROP PROCEDURE IF EXISTS call_mixed',
  'DROP PROCEDURE IF EXISTS call_fail',
  'DROP PROCEDURE IF EXISTS call_types',
  'DROP PROCEDURE IF EXISTS call_warn',
  'DROP PROCEDURE IF EXISTS call_big',
  'DROP TABLE IF EXISTS call_t',
  'CREATE TABLE call_t (a INT PRIMARY KEY AUTO_INCREMENT, b VARCHAR(20))',
  "CREATE PROCEDURE call_out(IN a INT, OUT b INT, INOUT c VARCHAR(20)) BEGIN SET b = a * 2; SET c = CONCAT(c, ';', a); END",
  "CREATE PROCEDURE call_mixed(IN a INT, OUT b BIGINT UNSIGNED) BEGIN SELECT a, a + 1 AS next; INSERT INTO call_t (b) VALUES ('x'), ('y'); SELECT * FROM call_t ORDER BY a; SET b = LAST_INSERT_ID(); END",
  "CREATE PROCEDURE call_fail(OUT b INT) BEGIN SET b = 5; SELECT 1; SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'stop', MYSQL_ERRNO = 7777; END",
  'CREATE PROCEDURE call_types(OUT a TINYINT UNSIGNED, OUT b DECIMAL(20,5), OUT c DOUBLE, OUT d DATETIME(6), OUT e TIME(3), OUT f JSON, OUT g BLOB, OUT h BIT(9), OUT i YEAR, OUT j DATE, OUT k TEXT, OUT l FLOAT) ' +
    "BEGIN SET a = 200, b = -1.5, c = 1e100, d = '2024-02-29 01:02:03.456789', e = '-12:34:56.789', f = '[1, {}]', g = x'00ff', h = b'101010101', i = 2024, j = '2024-02-29', l = 0.5; END",
  "CREATE PROCEDURE call_warn(OUT a INT) BEGIN SELECT 1/0; SET a = ROW_COUNT(); INSERT IGNORE INTO call_t VALUES (1, 'again'); END",
  "CREATE PROCEDURE call_big(OUT a LONGTEXT) BEGIN SET a = REPEAT('z', 70000); SELECT a; END",
);

const steps: readonly Step[] = [
  ...make,
  prepare('out', 'CALL call_out(?, ?, ?)'),
  execute('out', [long(4), nullValue(columnType.long), text('start')]),
  execute('out', [long(5), long(9), text('again')]),
  execute('out', [nullValue(), nullValue(), nullValue()]),
  execute('out', [text('7'), double(1.5), longlong(8n)]),
  ...queries('SELECT ROW_COUNT(), @@warning_count'),
  prepare('fixed', "SET @c = 'u'"),
  execute('fixed'),
  prepare('half', 'CALL call_out(3, @b, ?)'),
  execute('half', [text('w')]),
  ...queries('SELECT @b, @c'),
  prepare('users', 'CALL call_out(3, @b, @c)'),
  execute('users'),
  ...queries('SELECT @b, @c'),
  prepare('mixed', 'CALL call_mixed(?, ?)'),
  execute('mixed', [long(1), nullValue()]),
  execute('mixed', [long(2), nullValue()]),
  ...queries('SELECT FOUND_ROWS()', 'SELECT LAST_INSERT_ID()', 'SELECT COUNT(*) FROM call_t'),
  prepare('fail', 'CALL call_fail(?)'),
  execute('fail', [nullValue()]),
  ...queries('SHOW WARNINGS'),
  prepare('types', 'CALL call_types(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
  execute(
    'types',
    Array.from({ length: 12 }, () => nullValue()),
  ),
  prepare('warn', 'CALL call_warn(?)'),
  execute('warn', [nullValue()]),
  ...queries('SHOW WARNINGS', 'SHOW COUNT(*) WARNINGS'),
  prepare('big', 'CALL call_big(?)'),
  execute('big', [nullValue()]),
  execute('mixed', [long(1), nullValue()], { cursor: 1 }),
  {
    ...fetch('mixed', 10),
    mask: { reason: 'Statement ids are numbers of a server’s own.', text: /The statement \(\d+\)/g },
  },
  reset('mixed'),
  execute('mixed', [long(3), nullValue()]),
  prepare('literal', 'CALL call_out(1, 2, 3)'),
  prepare('few', 'CALL call_out(?)'),
  execute('few', [long(1)]),
  prepare('unknown', 'CALL call_nothing(?)'),
  execute('unknown', [long(1)]),
  ...textQueries(
    'CALL call_mixed(1, @m); SELECT @m IS NULL; CALL call_out(1, @m, @m); SELECT 3',
    'CALL call_warn(@m); SHOW WARNINGS',
    'CALL call_mixed(1, 2)',
    'CALL call_out(1, 2, 3)',
    'CALL call_fail(@f); SELECT 1',
    'SELECT @f',
    "PREPARE p FROM 'CALL call_out(?, ?, ?)'",
    "SET @x = 1, @y = 2, @z = 'z'",
    'EXECUTE p USING @x, @y, @z',
    'SELECT @x, @y, @z',
    'DEALLOCATE PREPARE p',
    'BEGIN',
    'CALL call_mixed(1, @m)',
    'ROLLBACK',
    'SELECT COUNT(*) FROM call_t',
  ),
  ...['out', 'mixed', 'types', 'big', 'half'].map(close),
  ...textQueries(
    'DROP PROCEDURE call_out; DROP PROCEDURE call_mixed; DROP PROCEDURE call_fail; DROP PROCEDURE call_types; DROP PROCEDURE call_warn; DROP PROCEDURE call_big; DROP TABLE call_t',
  ),
];

/** Results of several kinds: rows, counts, and OUT parameters as a result of their own. */
export const calls: Script = { name: 'CALL with OUT parameters', steps };

/** A client that has not said that it reads several results of EXECUTE gets no OUT parameters. */
export const callsWithoutMulti: Script = {
  name: 'CALL, one result at a time',
  without: capability.psMultiResults,
  heavy: true,
  steps,
};

export const callsWithoutAny: Script = {
  name: 'CALL, no further results',
  without: capability.psMultiResults | capability.multiResults | capability.multiStatements,
  heavy: true,
  steps,
};
