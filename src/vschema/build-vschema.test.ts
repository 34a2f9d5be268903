import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { buildVSchema, vschemaProblems } from './build-vschema.ts';
import { problemText } from './problem.ts';

const sample = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../vschema/${name}.json`), 'utf8'));

const hash = { hash: { type: 'hash' } };
const byHash = (column: string) => ({ column_vindexes: [{ column, name: 'hash' }] });
const lookup = { type: 'consistent_lookup', params: { table: 'l', from: 'a', to: 'id' } };

/** Without the warning that each lookup vindex gets. */
const problemsOf = (vschema: unknown): string[] =>
  vschemaProblems(vschema)
    .map(problemText)
    .filter((line) => !line.includes('not followed yet'));

test('the sample has no problems, and the model says what it says', () => {
  const { vschema, problems } = buildVSchema(
    [
      { name: 'commerce', sharded: false, vschema: sample('commerce') },
      { name: 'customer', sharded: true, vschema: sample('customer') },
    ],
    undefined,
  );
  expect(problems).toEqual([]);
  const { tables } = vschema.keyspaces.get('customer')!;
  expect(tables.get('orders')).toMatchObject({
    keyspace: 'customer',
    name: 'orders',
    kind: 'sharded',
    columnVindexes: [
      { columns: ['customer_id'], vindex: { name: 'hash', type: 'hash' }, canonicalValues: false },
    ],
    autoIncrement: { column: 'order_id', sequenceKeyspace: 'commerce', sequence: 'order_seq' },
  });
  expect(vschema.keyspaces.get('commerce')!.tables.get('order_seq')).toMatchObject({ kind: 'sequence' });
});

test('all that Vitess writes is read', () => {
  const vschema = {
    sharded: true,
    foreignKeyMode: 'managed',
    requireExplicitRouting: true,
    multi_tenant_spec: { tenant_id_column_name: 'tenant', tenant_id_column_type: 'INT64' },
    vindexes: { ...hash, by_name: { ...lookup, owner: 't' } },
    tables: {
      t: {
        column_vindexes: [
          { column: 'id', name: 'hash' },
          { columns: ['name'], name: 'by_name' },
        ],
        columns: [
          { name: 'id', type: 'INT64' },
          { name: 'name', type: 'VARCHAR', collation_name: 'utf8mb4_bin', size: '80', nullable: true },
        ],
        columnListAuthoritative: true,
        autoIncrement: null,
      },
      p: { pinned: '00' },
      s: { type: 'sequence', pinned: '80' },
      country: { type: 'reference', source: 'commerce.country' },
    },
  };
  const { vschema: built, problems } = buildVSchema(
    [
      { name: 'commerce', sharded: false, vschema: { tables: { country: {} } } },
      { name: 'customer', sharded: true, vschema },
    ],
    undefined,
  );
  expect(problems.map(problemText)).toEqual([
    expect.stringContaining('warning: vindexes.by_name is a lookup vindex, which is not followed yet'),
  ]);
  const customer = built.keyspaces.get('customer')!;
  expect(customer).toMatchObject({
    requireExplicitRouting: true,
    foreignKeyMode: 'managed',
    multiTenant: { column: 'tenant', type: 'INT64' },
  });
  expect(customer.tables.get('t')).toMatchObject({
    columnListAuthoritative: true,
    columns: [
      { name: 'id', type: 'int64', invisible: false },
      { name: 'name', type: 'varchar', collation: 'utf8mb4_bin', size: 80, nullable: true },
    ],
  });
  expect(customer.tables.get('t')!.columnVindexes.map((each) => each.vindex.name)).toEqual([
    'hash',
    'by_name',
  ]);
  expect(customer.tables.get('p')!.pinned).toEqual(Buffer.from([0]));
  expect(customer.tables.get('country')).toMatchObject({
    kind: 'reference',
    source: { keyspace: 'commerce', table: 'country' },
  });
});

describe('form', () => {
  test.each<[unknown, string]>([
    [[], 'must be an object, not list'],
    [null, 'must be an object, not null'],
    [{ shraded: true }, 'warning: shraded is not known here; did you mean sharded?'],
    [{ sharded: 'yes' }, 'sharded must be true or false, not string'],
    [{ tables: [] }, 'tables must be an object, not list'],
    [{ tables: { t: 1 } }, 'tables.t must be an object, not number'],
    [{ tables: { 'a.b': 1 } }, 'tables["a.b"] must be an object, not number'],
    [{ tables: { t: { pined: '00' } } }, 'warning: tables.t.pined is not known here; did you mean pinned?'],
    [{ constructor: {} }, 'warning: constructor is not known here'],
    [{ foreign_key_mode: 'manged' }, 'foreign_key_mode "manged" is none of'],
    [{ multi_tenant_spec: {} }, 'multi_tenant_spec.tenant_id_column_name is missing'],
    [{ tables: { t: { column_vindexes: {} } } }, 'tables.t.column_vindexes must be a list, not object'],
    [
      { tables: { t: { pinned: '00', Pinned: '00' } } },
      'warning: tables.t.Pinned is not known here; did you mean pinned?',
    ],
    [
      { tables: { t: { autoIncrement: {}, auto_increment: {} } } },
      'tables.t.auto_increment stands here twice, also as auto_increment',
    ],
    [
      { tables: { t: { columns: [{ name: 'a', type: 'varchar' }] } } },
      'warning: tables.t.columns[0].type "varchar" is no type of Vitess; did you mean VARCHAR?',
    ],
    [
      { vindexes: { v: { type: 'region_experimental', params: { region_bytes: 1 } } } },
      'vindexes.v.params.region_bytes must be a string, not number; write "1"',
    ],
  ])('%j', (vschema, line) => {
    expect(problemsOf(vschema).some((each) => each.startsWith(line))).toBe(true);
  });
});

describe('rules of a keyspace', () => {
  const sharded = (tables: object, vindexes: object = hash) => ({ sharded: true, vindexes, tables });
  const cases: [unknown, string[]][] = [
    [sharded({ t: byHash('id') }), []],
    [
      sharded({ t: {} }),
      [
        'tables.t.column_vindexes is missing: a table of a sharded keyspace needs a primary vindex, or `pinned`, or `"type": "reference"`',
      ],
    ],
    [sharded({ t: { type: 'reference' }, u: { pinned: '00' } }), []],
    [sharded({ t: { pinned: '0' } }), ['tables.t.pinned must be a keyspace id in hexadecimal']],
    [sharded({ t: { type: 'sequence' } }), ['tables.t.type a sequence belongs into an unsharded keyspace']],
    [
      sharded({ t: { type: 'refrence' } }),
      ['tables.t.type must be "sequence", "reference" or left out, not "refrence"; did you mean reference?'],
    ],
    [
      sharded({ t: { column_vindexes: [{ column: 'id', name: 'hsh' }] } }),
      ['tables.t.column_vindexes[0].name there is no vindex "hsh"; did you mean hash?'],
    ],
    [
      sharded({ t: { column_vindexes: [{ name: 'hash' }] } }),
      ['tables.t.column_vindexes[0] names no `column` and no `columns`'],
    ],
    [
      sharded({ t: { column_vindexes: [{ column: 'a', columns: ['b'], name: 'hash' }] } }),
      ['tables.t.column_vindexes[0] has both `column` and `columns`'],
    ],
    [
      sharded({ t: { column_vindexes: [{ columns: ['a', 'b'], name: 'hash' }] } }),
      ['tables.t.column_vindexes[0] hash (hash) takes 1 column, not 2'],
    ],
    [
      sharded({ t: { column_vindexes: [{ column: 'a', name: 'l' }] } }, { l: lookup }),
      ['tables.t.column_vindexes[0].name l (consistent_lookup) is not unique'],
    ],
    [
      sharded({ t: byHash('id') }, { ...hash, l: { ...lookup, owner: 'tt' } }),
      ['vindexes.l.owner there is no table "tt" in this VSchema; did you mean t?'],
    ],
    [
      sharded({ t: byHash('id') }, { ...hash, l: { ...lookup, owner: 't' } }),
      ['vindexes.l.owner table t does not use l'],
    ],
    [
      sharded({ t: byHash('id') }, { hash: { type: 'hash', owner: 't' } }),
      ['warning: vindexes.hash.owner has no effect'],
    ],
    [
      sharded({}, { h: { type: 'xxhsh' } }),
      ['vindexes.h.type "xxhsh" is no vindex type; did you mean xxhash?'],
    ],
    [sharded({}, { h: {} }), ['vindexes.h.type is missing; known types are']],
    [
      sharded({}, { h: { type: 'hash', params: { canonical_valus: 'true' } } }),
      [
        'warning: vindexes.h.params.canonical_valus is no parameter of hash and is ignored; did you mean canonical_values?',
      ],
    ],
    [
      sharded({}, { h: { type: 'hash', params: { canonical_values: 'yes' } } }),
      ['vindexes.h.params.canonical_values must be "true" or "false"'],
    ],
    [
      sharded({}, { r: { type: 'region_experimental', params: { region_bytes: '3' } } }),
      ['vindexes.r.params '],
    ],
    [
      sharded({ t: { ...byHash('idd'), columns: [{ name: 'id' }], column_list_authoritative: true } }),
      ['tables.t.column_vindexes[0] "idd" is not among the table\'s `columns`; did you mean id?'],
    ],
    [
      sharded({ t: { ...byHash('id'), columns: [{ name: 'id' }, { name: 'ID' }] } }),
      ['tables.t.columns[1].name "ID" stands here twice'],
    ],
    [
      sharded({ t: { ...byHash('id'), auto_increment: {} } }),
      ['tables.t.auto_increment.column is missing', 'tables.t.auto_increment.sequence is missing'],
    ],
    [sharded({ t: { ...byHash('id'), source: 'a.b' } }), ['tables.t.source is for reference tables']],
    [sharded({ t: { type: 'reference', source: 'b' } }), ['tables.t.source must name the keyspace, too']],
    [
      { vindexes: hash, tables: { t: byHash('id') } },
      ['warning: vindexes.hash has no effect', 'warning: tables.t.column_vindexes has no effect'],
    ],
  ];
  test.each(cases)('%j', (vschema, lines) => {
    expect(problemsOf(vschema)).toEqual(lines.map((line) => expect.stringContaining(line)));
  });
});

test('canonical values are promised for a vindex, or for the columns of one table', () => {
  const vschema = {
    sharded: true,
    vindexes: {
      plain: { type: 'xxhash' },
      promised: { type: 'xxhash', params: { canonical_values: 'true' } },
    },
    tables: Object.fromEntries(
      [
        ['a', { name: 'plain' }],
        ['b', { name: 'plain', canonical_values: true }],
        ['c', { name: 'promised' }],
        ['d', { name: 'promised', canonicalValues: false }],
      ].map(([table, each]) => [table, { column_vindexes: [{ column: 'id', ...(each as object) }] }]),
    ),
  };
  const { vschema: built, problems } = buildVSchema([{ name: 'ks', sharded: true, vschema }], undefined);
  expect(problems).toEqual([]);
  const promised = [...built.keyspaces.get('ks')!.tables.values()].map(
    ({ columnVindexes }) => columnVindexes[0]!.canonicalValues,
  );
  expect(promised).toEqual([false, true, true, false]);
});

describe('what keyspaces say about each other', () => {
  const sequences = { tables: { s: { type: 'sequence' }, plain: {} } };
  const linesWith = (table: object, others: Record<string, unknown> = { main: sequences }): string[] =>
    buildVSchema(
      [
        ...Object.entries(others).map(([name, vschema]) => ({ name, sharded: false, vschema })),
        { name: 'ks', sharded: true, vschema: { sharded: true, vindexes: hash, tables: { t: table } } },
      ],
      undefined,
    ).problems.map((each) => `${each.keyspace}: ${problemText(each)}`);
  const counted = (sequence: string) => ({ ...byHash('id'), auto_increment: { column: 'id', sequence } });
  const copied = (source: string) => ({ type: 'reference', source });

  test.each<[object, string[]]>([
    [counted('main.s'), []],
    [counted('`main`.`s`'), []],
    [counted('s'), []],
    [counted('mian.s'), ['there is no keyspace "mian"; did you mean main?']],
    [counted('main.sq'), ['there is no table "sq" in keyspace main; did you mean s?']],
    [counted('main.other_name'), ['; add "other_name": {"type": "sequence"} to its VSchema']],
    [counted('main.plain'), ['main.plain is not of type sequence']],
    [counted('x'), ['no keyspace has a sequence "x"']],
    [copied('main.plain'), []],
    [copied('main.unlisted'), []],
    [copied('nowhere.plain'), ['there is no keyspace "nowhere"']],
    [copied('ks.t'), ['is in the same keyspace']],
  ])('%j', (table, lines) => {
    expect(linesWith(table)).toEqual(lines.map((line) => expect.stringContaining(line)));
  });

  test('a sequence of two keyspaces must be qualified', () => {
    expect(linesWith(counted('s'), { main: sequences, other: sequences })).toEqual([
      'ks: tables.t.auto_increment.sequence "s" is in keyspaces main, other; write main.s',
    ]);
  });
});

test('a keyspace with an error is out of use, the others are not', () => {
  const { vschema, problems } = buildVSchema(
    [
      { name: 'bad', sharded: true, vschema: { sharded: true, tables: { t: {}, u: {} } } },
      {
        name: 'good',
        sharded: true,
        vschema: { sharded: true, vindexes: hash, tables: { v: byHash('id') } },
      },
      { name: 'contrary', sharded: true, vschema: {} },
      { name: 'none', sharded: true, vschema: undefined },
    ],
    undefined,
  );
  expect(problems.map(({ keyspace, path }) => `${keyspace} ${path}`)).toEqual([
    'bad tables.t.column_vindexes',
    'bad tables.u.column_vindexes',
    'contrary sharded',
  ]);
  const bad = vschema.keyspaces.get('bad')!;
  expect(bad.problem).toMatch(/^tables\.t\.column_vindexes is missing: .* \(and 1 more\)$/);
  expect([bad.tables.size, [...bad.tableNames]]).toEqual([0, ['t', 'u']]);
  expect(vschema.keyspaces.get('good')!.problem).toBeUndefined();
  expect(vschema.keyspaces.get('none')).toMatchObject({ sharded: true, problem: undefined });
});
