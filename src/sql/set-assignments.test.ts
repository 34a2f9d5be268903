import { expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { scanStatement } from './statement-scan.ts';

const mode = lexModeOf('', 'utf8mb4', 90_704, false);

/** Each assignment as `target name kind value`. */
function read(sql: string): string[] {
  const { assignments } = scanStatement(Buffer.from(sql), 0, mode, new Set());
  return assignments!.map(({ target, name, valueKind, value, valueStart, valueEnd, collate }) =>
    [target, name, valueKind, value ?? `(${sql.slice(valueStart, valueEnd)})`, collate]
      .filter(Boolean)
      .join(' '),
  );
}

test.each([
  ['set autocommit=0', ['session autocommit literal 0']],
  ['SET SQL_MODE := CONCAT(@@sql_mode, ",X")', ['session sql_mode expression (CONCAT(@@sql_mode, ",X"))']],
  [
    "set time_zone = '+00:00', `foreign_key_checks` = off",
    ['session time_zone literal +00:00', 'session foreign_key_checks word off'],
  ],
  [
    'set @@a = default, @@session.b = -1, @@global.c = 1.5, @@local.`d` = 2',
    ['session a default (default)', 'session b literal -1', 'global c literal 1.5', 'session d literal 2'],
  ],
  [
    'set global a = 1, b = 2, @@c = 3, session d = 4, e = 5, persist f = 6, persist_only g = 7',
    [
      'global a literal 1',
      'global b literal 2',
      'session c literal 3',
      'session d literal 4',
      'session e literal 5',
      'persist f literal 6',
      'persistOnly g literal 7',
    ],
  ],
  [
    "set @a = 1, @'B' := 'it''s', @`c` = (select 1, 2)",
    ['userVariable a literal 1', "userVariable b literal it's", 'userVariable c expression ((select 1, 2))'],
  ],
  ['set names utf8mb4', ['names names word utf8mb4']],
  [
    "set names 'latin1' collate latin1_bin, autocommit = 1",
    ['names names literal latin1 latin1_bin', 'session autocommit literal 1'],
  ],
  ['set names default', ['names names default (default)']],
  ['set character set utf8mb4', ['charset charset word utf8mb4']],
  ['set charset default', ['charset charset default (default)']],
  [
    'set transaction isolation level read committed, read only',
    [
      'nextTransaction transaction_isolation literal READ-COMMITTED',
      'nextTransaction transaction_read_only literal 1',
    ],
  ],
  ['set session transaction read write', ['session transaction_read_only literal 0']],
  [
    'set local transaction isolation level repeatable read',
    ['session transaction_isolation literal REPEATABLE-READ'],
  ],
  [
    'set global transaction isolation level serializable',
    ['global transaction_isolation literal SERIALIZABLE'],
  ],
  [
    "set transaction_isolation = 'SERIALIZABLE', @@transaction_isolation = 'x'",
    ['session transaction_isolation literal SERIALIZABLE', 'nextTransaction transaction_isolation literal x'],
  ],
  ["set password = 'x'", ['session password literal x']],
  ["set password for a@b = 'x'", ["password expression (password for a@b = 'x')"]],
  ['set role none', ['role expression (role none)']],
  ['set default role all to a', ['role expression (default role all to a)']],
  ['set resource group g', ['resourceGroup expression (resource group g)']],
  ['set global keys.key_buffer_size = 1', ['global keys.key_buffer_size literal 1']],
  ['set a = 0x10', ['session a expression (0x10)']],
  ['set a', ['other expression ()']],
  ['set a = 1, b', ['session a literal 1', 'other expression ()']],
  ['set a = 1 b', ['session a expression (1 b)']],
  ['set a = ', ['other expression ()']],
])('%s', (sql, expected) => {
  expect(read(sql)).toEqual(expected);
});
