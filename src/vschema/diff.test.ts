import { expect, test } from 'vitest';
import { diffText, diffVSchema } from './diff.ts';

test.each<[string, unknown, unknown, string[]]>([
  ['equal', { sharded: true }, { sharded: true }, []],
  ['first', undefined, { tables: { t: {} } }, ['+ tables: {"t":{}}']],
  ['an added table', { tables: { a: {} } }, { tables: { a: {}, b: {} } }, ['+ tables.b: {}']],
  [
    'a removed vindex',
    { vindexes: { h: { type: 'hash' } } },
    { vindexes: {} },
    ['- vindexes.h: {"type":"hash"}'],
  ],
  [
    'another vindex',
    { tables: { t: { column_vindexes: [{ column: 'a', name: 'h' }] } } },
    { tables: { t: { columnVindexes: [{ column: 'b', name: 'h' }] } } },
    ['~ tables.t.column_vindexes[0].column: "a" → "b"'],
  ],
  ['alike names', { tables: { aB: {} } }, { tables: { a_b: {} } }, ['- tables.aB: {}', '+ tables.a_b: {}']],
  [
    'what is empty',
    { sharded: false, tables: { t: { type: '', columns: null } } },
    { tables: { t: {} } },
    [],
  ],
  [
    'columns by their names',
    { columns: [{ name: 'a' }, { name: 'b', type: 'INT64' }] },
    { columns: [{ name: 'b', type: 'VARCHAR' }] },
    ['- columns[a]: {"name":"a"}', '~ columns[b].type: "INT64" → "VARCHAR"'],
  ],
  [
    'rules by what they are for',
    { rules: [{ from_table: 't', to_tables: ['a.t'] }] },
    {
      rules: [
        { from_table: 'u', to_tables: [] },
        { from_table: 't', to_tables: ['b.t'] },
      ],
    },
    ['~ rules[t].to_tables[0]: "a.t" → "b.t"', '+ rules[u]: {"from_table":"u","to_tables":[]}'],
  ],
])('%s', (_what, before, after, lines) => {
  expect(diffText(diffVSchema(before, after)).split('\n').filter(Boolean)).toEqual(lines);
});
