import { expect, test } from 'vitest';
import { buildVSchema } from './build-vschema.ts';
import { isError, problemText } from './problem.ts';
import { validateTables } from './validate-tables.ts';

type Key = { name: string; unique: boolean; columns: (string | undefined)[] };

const column = (name: string) => ({ name, autoIncrement: name.endsWith('!') });
const known = (columns: string, ...keys: [string, ...(string | undefined)[]][]) => ({
  kind: 'table' as const,
  columns: columns.split(' ').map(column),
  keys: keys.map(([name, ...parts]): Key => ({ name, unique: true, columns: parts })),
});

const lookup = { type: 'lookup_unique', params: { table: 'l', from: 'mail', to: 'id' }, owner: 't' };

function lines(table: object, tables: Record<string, ReturnType<typeof known>>, why?: string): string[] {
  const usesLookup = JSON.stringify(table).includes('by_mail');
  const vindexes = { hash: { type: 'hash' }, ...(usesLookup ? { by_mail: lookup } : {}) };
  const { vschema, problems } = buildVSchema(
    [
      { name: 'main', sharded: false, vschema: { tables: { seq: { type: 'sequence' } } } },
      { name: 'ks', sharded: true, vschema: { sharded: true, vindexes, tables: { t: table } } },
    ],
    undefined,
  );
  expect(problems.filter(isError)).toEqual([]);
  const given = { tables: new Map(Object.entries(tables)) };
  return validateTables(vschema.keyspaces.get('ks')!, given, () => why).map(problemText);
}

const byId = { column_vindexes: [{ column: 'Id', name: 'hash' }] };

test.each<[string, object, Record<string, ReturnType<typeof known>>, string[]]>([
  ['all is well', byId, { t: known('id a', ['PRIMARY', 'id'], ['u', 'a', 'ID']) }, []],
  [
    'no such table',
    byId,
    { tt: known('id') },
    [
      'warning: tables.t the tablets have no table "t"; did you mean tt?',
      'warning: tables.tt is missing: the tablets have the table, but statements that use it are refused',
    ],
  ],
  [
    'no such column',
    byId,
    { t: known('ids') },
    ['tables.t.column_vindexes[0] the table has no column "Id"; did you mean ids?'],
  ],
  [
    'a unique key across shards',
    byId,
    { t: known('id a', ['u', 'a']) },
    ['warning: tables.t UNIQUE key u does not contain Id, so MySQL enforces it within each shard only'],
  ],
  [
    'a unique key over an expression',
    byId,
    { t: known('id', ['u', undefined]) },
    ['warning: tables.t UNIQUE key u'],
  ],
  [
    'a unique key that a lookup vindex enforces',
    { column_vindexes: [...byId.column_vindexes, { column: 'mail', name: 'by_mail' }] },
    { t: known('id mail', ['u', 'mail']) },
    [],
  ],
  [
    'a counter of each shard',
    byId,
    { t: known('id n!') },
    ['warning: tables.t.auto_increment n! is AUTO_INCREMENT in MySQL'],
  ],
  [
    'numbers from a sequence',
    { ...byId, auto_increment: { column: 'n', sequence: 'main.seq' } },
    { t: known('id n', ['PRIMARY', 'n']) },
    [],
  ],
  [
    'numbers for no column',
    { ...byId, auto_increment: { column: 'm', sequence: 'main.seq' } },
    { t: known('id n') },
    ['tables.t.auto_increment.column the table has no column "m"'],
  ],
  ['pinned', { pinned: '00' }, { t: known('id', ['u', 'id']) }, []],
  [
    'a listed column that is none',
    { ...byId, columns: [{ name: 'idd' }] },
    { t: known('id') },
    ['warning: tables.t.columns[0].name the table has no column "idd"; did you mean id?'],
  ],
])('%s', (_what, table, tables, expected) => {
  expect(lines(table, tables)).toEqual(expected.map((line) => expect.stringContaining(line)));
});

test('a vindex that tells values apart which MySQL does not', () => {
  expect(lines(byId, { t: known('id') }, 'its collation ignores case')).toEqual([
    expect.stringContaining(
      "warning: tables.t.column_vindexes[0] its collation ignores case: where MySQL's comparison may match other spellings, statements by hash go to all shards",
    ),
  ]);
});

test('a sequence has its three columns', () => {
  const vschema = { tables: { s: { type: 'sequence' } } };
  const { vschema: built } = buildVSchema([{ name: 'main', sharded: false, vschema }], undefined);
  const check = (columns: string): string[] =>
    validateTables(built.keyspaces.get('main')!, { tables: new Map([['s', known(columns)]]) }).map(
      problemText,
    );
  expect(check('id next_id cache')).toEqual([]);
  expect(check('id value')).toEqual([expect.stringContaining('the table has no next_id, cache')]);
});
