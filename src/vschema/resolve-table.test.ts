import { describe, expect, test } from 'vitest';
import { buildVSchema } from './build-vschema.ts';
import { problemText } from './problem.ts';
import { resolveTable } from './resolve-table.ts';

const byHash = { column_vindexes: [{ column: 'id', name: 'hash' }] };
const keyspaces = [
  {
    name: 'plain',
    sharded: false,
    vschema: { tables: { seq: { type: 'sequence' }, both: {}, country: {} } },
  },
  {
    name: 'split',
    sharded: true,
    vschema: {
      sharded: true,
      vindexes: { hash: { type: 'hash' }, only_here: { type: 'xxhash' } },
      tables: { users: byHash, both: byHash, country: { type: 'reference', source: 'plain.country' } },
    },
  },
  {
    name: 'hidden',
    sharded: true,
    vschema: {
      sharded: true,
      require_explicit_routing: true,
      vindexes: { hash: { type: 'hash' } },
      tables: { users: byHash, secret: byHash },
    },
  },
  { name: 'bad', sharded: true, vschema: { sharded: true, tables: { lost: {} } } },
];

/** What a name means, as one line. */
function means(rules: unknown, name: string, defaultKeyspace?: string, type = 'primary'): string {
  const { vschema } = buildVSchema(keyspaces, rules);
  const [table, qualifier] = name.split('.').reverse();
  const found = resolveTable(vschema, qualifier, table!, defaultKeyspace, type);
  switch (found.kind) {
    case 'table':
      return `${found.table.keyspace}.${found.table.name} ${found.table.kind}`;
    case 'vindex':
      return `vindex ${found.keyspace}.${found.vindex.name}`;
    default:
      return `${found.kind} ${found.error.code}: ${found.error.message}`;
  }
}

describe('without rules', () => {
  test.each<[string, string | undefined, string]>([
    ['split.users', undefined, 'split.users sharded'],
    ['users', 'split', 'split.users sharded'],
    ['users', 'hidden', 'hidden.users sharded'],
    ['users', undefined, 'split.users sharded'],
    ['hidden.secret', 'split', 'hidden.secret sharded'],
    ['plain.anything', undefined, 'plain.anything unsharded'],
    ['anything', 'plain', 'plain.anything unsharded'],
    ['seq', undefined, 'plain.seq sequence'],
    ['country', undefined, 'plain.country unsharded'],
    ['country', 'split', 'split.country reference'],
    ['only_here', undefined, 'vindex split.only_here'],
    ['hash', 'split', 'vindex split.hash'],
    [
      'both',
      undefined,
      'ambiguous HG_TABLE_AMBIGUOUS: Several keyspaces have a table of this name: `both` is in keyspaces plain, split',
    ],
    [
      'secret',
      undefined,
      'unknown ER_NO_DB_ERROR: No database selected: no keyspace is selected, and no VSchema has a table `secret`',
    ],
    [
      'user',
      undefined,
      'unknown ER_NO_DB_ERROR: No database selected: no keyspace is selected, and no VSchema has a table `user`; did you mean users?',
    ],
    [
      'usres',
      'split',
      "unknown ER_NO_SUCH_TABLE: Table 'split.usres' doesn't exist: it is not in the VSchema of sharded keyspace split; did you mean users?",
    ],
    [
      'nothing_like_it',
      'split',
      "unknown ER_NO_SUCH_TABLE: Table 'split.nothing_like_it' doesn't exist: it is not in the VSchema of sharded keyspace split; if the tablets have it, add it to the VSchema of split with a vindex, as pinned, or as a reference table",
    ],
    ['splt.users', 'split', "unknown ER_BAD_DB_ERROR: Unknown database 'splt'; did you mean split?"],
    [
      'lost',
      'bad',
      'broken HG_VSCHEMA: The VSchema is not valid: keyspace bad: tables.lost.column_vindexes is missing',
    ],
    [
      'lost',
      undefined,
      'broken HG_VSCHEMA: The VSchema is not valid: keyspace bad: tables.lost.column_vindexes is missing',
    ],
  ])('%s in %s', (name, defaultKeyspace, meaning) => {
    const found = means(undefined, name, defaultKeyspace);
    expect(found.slice(0, meaning.length)).toBe(meaning);
  });
});

describe('with rules', () => {
  const rules = {
    rules: [
      { from_table: 'users', to_tables: ['hidden.users'] },
      { from_table: 'split.users', to_tables: ['hidden.users'] },
      { from_table: 'split.users@replica', toTables: ['split.users'] },
      { from_table: 'both@MASTER', to_tables: ['split.both'] },
      { from_table: 'plain.gone', to_tables: [] },
      { from_table: '`plain`.renamed', to_tables: ['`split`.`users`'] },
      { from_table: 'plain.two', to_tables: ['split.users', 'hidden.users'] },
      { from_table: 'plain.lost', to_tables: ['bad.lost'] },
    ],
  };
  test.each<[string, string | undefined, string, string]>([
    ['users', undefined, 'primary', 'hidden.users sharded'],
    ['users', 'split', 'primary', 'hidden.users sharded'],
    ['split.users', undefined, 'PRIMARY', 'hidden.users sharded'],
    ['split.users', undefined, 'replica', 'split.users sharded'],
    ['users', 'plain', 'primary', 'plain.users unsharded'],
    ['both', undefined, 'primary', 'split.both sharded'],
    ['both', undefined, 'rdonly', 'ambiguous'],
    [
      'gone',
      'plain',
      'primary',
      'disabled HG_TABLE_DISABLED: The table is disabled by a routing rule: `plain.gone`',
    ],
    ['renamed', 'plain', 'primary', 'split.users sharded'],
    [
      'two',
      'plain',
      'primary',
      'broken HG_VSCHEMA: The VSchema is not valid: routing rule for `plain.two`: rules[6].to_tables has 2 tables',
    ],
    ['lost', 'plain', 'primary', 'broken HG_VSCHEMA: The VSchema is not valid: keyspace bad'],
  ])('%s in %s as %s', (name, defaultKeyspace, type, meaning) => {
    expect(means(rules, name, defaultKeyspace, type).slice(0, meaning.length)).toBe(meaning);
  });

  test.each<[unknown, string[]]>([
    [{ rules: [] }, []],
    [{ ruls: [] }, ['warning: ruls is not known here; did you mean rules?']],
    [{ rules: [{ from_table: 'a b', to_tables: [] }] }, ['rules[0].from_table must be `t`']],
    [
      { rules: [{ from_table: 't@replca', to_tables: [] }] },
      ['rules[0].from_table "replca" is no tablet type; did you mean replica?'],
    ],
    [
      { rules: [{ from_table: 'splt.t', to_tables: [] }] },
      ['warning: rules[0].from_table there is no keyspace "splt"; did you mean split?'],
    ],
    [
      { rules: [{ from_table: 't', to_tables: ['users'] }] },
      ['rules[0].to_tables[0] must be `ks.t`, not "users"'],
    ],
    [
      { rules: [{ from_table: 't', to_tables: ['splt.users'] }] },
      ['rules[0].to_tables[0] there is no keyspace "splt"; did you mean split?'],
    ],
    [
      { rules: [{ from_table: 't', to_tables: ['split.usrs'] }] },
      ['rules[0].to_tables[0] there is no table "usrs" in the VSchema of split; did you mean users?'],
    ],
    [
      {
        rules: [
          { from_table: 't', to_tables: [] },
          { from_table: '`t`', to_tables: [] },
        ],
      },
      ['rules[1].from_table "t" has a rule already'],
    ],
  ])('%j', (wrong, lines) => {
    const own = buildVSchema(keyspaces, wrong).problems.filter(({ keyspace }) => keyspace === undefined);
    expect(own.map(problemText)).toEqual(lines.map((line) => expect.stringContaining(line)));
  });

  test('rules that cannot be read put every table out of use', () => {
    expect(means({ rules: 'none' }, 'split.users')).toMatch(
      /^broken HG_VSCHEMA: .*routing rules: rules must be a list/,
    );
  });
});
