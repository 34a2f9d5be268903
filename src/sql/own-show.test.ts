import { expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { readOwnShow } from './own-show.ts';

const mode = lexModeOf('', 'utf8mb4', 90704, false);
const read = (sql: string) => readOwnShow(Buffer.from(sql), 0, Buffer.byteLength(sql), mode);
const plain = { keyspace: undefined, table: undefined, filter: undefined };

test.each([
  ['SHOW VITESS_SHARDS', { ...plain, form: 'vitess_shards' }],
  ['show keyspaces', { ...plain, form: 'keyspaces' }],
  ['show vitess_metadata  variables', { ...plain, form: 'vitess_metadata variables' }],
  ['SHOW VSCHEMA TABLES FROM `a-b`', { ...plain, form: 'vschema tables', keyspace: 'a-b' }],
  ['SHOW VSCHEMA VINDEXES ON k.t', { ...plain, form: 'vschema vindexes', keyspace: 'k', table: 't' }],
  ['SHOW VSCHEMA VINDEXES ON t', { ...plain, form: 'vschema vindexes', table: 't' }],
  [
    "SHOW VITESS_TABLETS LIKE 'a%'",
    { ...plain, form: 'vitess_tablets', filter: { kind: 'like', pattern: 'a%', start: 25, end: 29 } },
  ],
  [
    "SHOW VITESS_TABLETS WHERE Shard = '-80'",
    { ...plain, form: 'vitess_tablets', filter: { kind: 'where', start: 26, end: 39 } },
  ],
  ["SHOW VITESS_MIGRATIONS FROM x LIKE 'y'", { ...plain, form: 'vitess_migrations', keyspace: 'x' }],
  ["SHOW VITESS_MIGRATION 'id' LOGS", { ...plain, form: 'vitess_migration' }],
])('%s', (sql, expected) => expect(read(sql)).toEqual(expected));

test.each([
  'SHOW VITESS_THINGS',
  'SHOW VSCHEMA',
  'SHOW VSCHEMA VINDEXES ON',
  'SHOW VITESS_SHARDS x',
  "SHOW VITESS_SHARDS LIKE 'a' 'b'",
  'SHOW TABLES',
])('%s is none', (sql) => expect(read(sql)).toBeUndefined());
