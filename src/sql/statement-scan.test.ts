import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lexModeOf } from './lex-mode.ts';
import { effect, type StatementKind, type StatementScan, scanStatement } from './statement-scan.ts';

const modeOf = (sqlMode = '', serverVersion = 80_406) => lexModeOf(sqlMode, 'utf8mb4', serverVersion, false);
const keyspaces = new Set(['commerce', 'customer']);

const scan = (sql: string, mode = modeOf()): StatementScan =>
  scanStatement(Buffer.from(sql), 0, mode, keyspaces);

function scanAll(sql: string, mode = modeOf()): string[] {
  const text = Buffer.from(sql);
  const found: string[] = [];
  for (let at = 0; at >= 0; ) {
    const { start, end, next } = scanStatement(text, at, mode, keyspaces);
    found.push(text.toString('utf8', start, end));
    at = next;
  }
  return found;
}

const effectNames = (effects: number): string =>
  Object.entries(effect)
    .filter(([, bit]) => (effects & bit) !== 0)
    .map(([name]) => name)
    .join(' ');

const kinds: Record<StatementKind, string[]> = {
  select: [
    'select 1',
    '(select 1)',
    '((select 1) union select 2)',
    'with c as (select 1) select * from c',
    '/* c */ select 1',
    '/*!50000 select 1 */',
  ],
  insert: ['insert into t values (1)', 'insert t set a=1'],
  replace: ['replace t values (1)'],
  update: ['update t set a=1', 'with c as (select 1) update t set a=1'],
  delete: ['delete from t', 'with c as (select 1), d(a) as (select 2) delete from t'],
  values: ['values row(1)'],
  table: ['table t'],
  do: ['do 1'],
  set: ['set a=1'],
  use: ['use a'],
  begin: ['begin', 'begin work', 'start transaction'],
  commit: ['commit', 'commit and chain'],
  rollback: ['rollback', 'rollback work'],
  savepoint: ['savepoint a'],
  rollbackTo: ['rollback to a', 'rollback work to savepoint a'],
  release: ['release savepoint a'],
  show: ['show tables'],
  describe: ['desc t', 'describe a.t', 'explain t', 'desc format'],
  explain: [
    'explain select 1',
    'explain format=json select 1',
    'explain analyze select 1',
    'desc update t set a=1',
    'explain (select 1)',
    'explain for connection 1',
    'vexplain select 1',
    'vexplain plan select 1',
    'vexplain plan with a as (select 1) select 1 from a',
  ],
  kill: ['kill 1'],
  prepare: ["prepare s from 'x'"],
  execute: ['execute s'],
  deallocate: ['deallocate prepare s', 'drop prepare s'],
  call: ['call p()'],
  lockTables: ['lock tables t read'],
  unlockTables: ['unlock tables'],
  ddl: [
    'create table t (a int)',
    'create or replace view v as select 1',
    'drop table t',
    'truncate t',
    'alter table t add b int',
    'create unique index i on t (a)',
    'rename table a to b',
    'create database d',
    'drop procedure p',
    'create definer=user@localhost view v as select 1',
  ],
  createRoutine: [
    'create procedure p() select 1',
    'create definer=a@b trigger t before insert on u for each row set @x=1',
    'create event e on schedule every 1 day do select 1',
    'create aggregate function f returns int soname "x"',
  ],
  load: ["load data infile 'x' into table t"],
  handler: ['handler t open'],
  xa: ["xa start 'a'"],
  admin: [
    'analyze table t',
    'flush tables',
    'optimize table t',
    'lock instance for backup',
    'start replica',
    'reset master',
  ],
  account: [
    'grant select on a.* to b@c',
    'create user a@b',
    'drop role r',
    'alter user a identified by "b"',
    'revoke all on a.* from b',
  ],
  signal: ["signal sqlstate '45000'", 'resignal'],
  getDiagnostics: ['get diagnostics @a = number'],
  help: ["help 'x'"],
  empty: ['', '  ', '/* c */', '-- c', ';', ' ; ; '],
  unknown: ['foo', '1', '`select` 1', "'a'"],
};

describe('kinds', () => {
  test.each(Object.entries(kinds))('%s', (kind, statements) => {
    for (const sql of statements) expect([sql, scan(sql).kind]).toEqual([sql, kind]);
  });
});

describe('borders', () => {
  test.each([
    ['select 1; select 2', ['select 1', 'select 2']],
    [' select 1 ; ', ['select 1']],
    ['select 1;;', ['select 1']],
    ["select ';'; select 2 -- ;\n; select 3", ["select ';'", 'select 2 -- ;', 'select 3']],
    ['select 1; -- c', ['select 1', '-- c']],
    ['; select 1', ['; select 1']],
    ['select 1; /* c */; select 2', ['select 1', '/* c */; select 2']],
    ["select 1; select 'a; select 2", ['select 1', "select 'a; select 2"]],
    ['select 1 --; select 2', ['select 1 --; select 2']],
    ['/*!50000 select 1; select 2 */', ['/*!50000 select 1; select 2 */']],
    ['create procedure p() select 1; call p()', ['create procedure p() select 1', 'call p()']],
    [
      'create procedure p() begin if a then select if(b, 1, 2); else begin end; end if; while a do set b = 1; end while; end; select 1',
      [
        'create procedure p() begin if a then select if(b, 1, 2); else begin end; end if; while a do set b = 1; end while; end',
        'select 1',
      ],
    ],
    [
      'create trigger x before insert on t for each row begin declare exit handler for sqlexception begin rollback; end; case when a then set b = case when c then if(d, 1, 2) else repeat("e", 3) end; end case; end; select 1',
      [
        'create trigger x before insert on t for each row begin declare exit handler for sqlexception begin rollback; end; case when a then set b = case when c then if(d, 1, 2) else repeat("e", 3) end; end case; end',
        'select 1',
      ],
    ],
    [
      'create function f() returns int deterministic l: loop repeat set a = 1; until a end repeat; leave l; end loop; select 1',
      [
        'create function f() returns int deterministic l: loop repeat set a = 1; until a end repeat; leave l; end loop',
        'select 1',
      ],
    ],
    [
      'create procedure if not exists p(a int) if a then select 1; end if; select 2',
      ['create procedure if not exists p(a int) if a then select 1; end if', 'select 2'],
    ],
    ['create procedure p() begin select 1; select 2', ['create procedure p() begin select 1; select 2']],
    ['alter event e do begin select 1; end; select 2', ['alter event e do begin select 1; end', 'select 2']],
  ])('%j', (sql, expected) => {
    expect(scanAll(sql)).toEqual(expected);
  });

  test('any bytes: statements lie apart and go forward', () => {
    const words = fc.constantFrom(
      'select',
      'insert',
      'with',
      'create',
      'procedure',
      'begin',
      'end',
      'if',
      'case',
      'set',
      'show',
      'explain',
      'from',
      'delete',
      'using',
      'kill',
      'table',
      'in',
      '(',
      ')',
      ',',
      '.',
      ';',
      "'",
      '`',
      '@',
      '@@',
      '=',
      ':=',
      '/*!',
      '*/',
      '--',
      ' ',
      'a',
      '1',
      '*',
      '\0',
      'é',
      'names',
      'transaction',
      'last_insert_id',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 40 }), (parts) => {
        const text = Buffer.from(parts.join(' '));
        let last = 0;
        for (let at = 0; at >= 0; ) {
          const found = scanStatement(text, at, modeOf(), keyspaces);
          expect(found.start).toBeGreaterThanOrEqual(last);
          expect(found.end).toBeGreaterThanOrEqual(found.start);
          expect(found.end).toBeLessThanOrEqual(text.length);
          if (found.next >= 0) expect(found.next).toBeGreaterThan(found.end);
          last = found.end;
          at = found.next;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('effects', () => {
  test.each([
    ['select a from t where b = 1', ''],
    ['select @a', 'readsUserVariable'],
    ['select @a:=1', 'readsUserVariable writesUserVariable'],
    ['select a into @b, @c from t', 'readsUserVariable writesUserVariable'],
    ['set @a = 1', 'readsUserVariable writesUserVariable'],
    ['SET@a=1', 'readsUserVariable writesUserVariable'],
    ['explain format=json into @a select 1', 'readsUserVariable writesUserVariable'],
    ['create table t as select@a:=1', 'readsUserVariable writesUserVariable implicitCommit'],
    ['call p(@a)', 'readsUserVariable writesUserVariable'],
    ['update t set a := 1', ''],
    ["select get_lock('a', 1)", 'namedLock'],
    ["select GET_LOCK /* c */ ('a', 1)", 'namedLock'],
    ["select `Get_Lock`('a', 1)", 'namedLock'],
    ['do release_all_locks()', 'namedLock'],
    ['select last_insert_id()', 'lastInsertIdRead'],
    ['select last_insert_id ( /* c */ )', 'lastInsertIdRead'],
    ['update t set a = last_insert_id(a + 1)', 'lastInsertIdWrite'],
    ['select @@identity', 'lastInsertIdRead readsSystemVariable'],
    ['select @@session . `last_insert_id`', 'lastInsertIdRead readsSystemVariable'],
    ['select @@`warning_count`', 'diagnosticsRead readsSystemVariable'],
    ['select @@local./* c */error_count', 'diagnosticsRead readsSystemVariable'],
    ['select found_rows(), row_count()', 'foundRows rowCount'],
    ['select sql_calc_found_rows a from t', 'calcFoundRows'],
    ['select connection_id(), @@pseudo_thread_id', 'connectionId readsSystemVariable'],
    ['show warnings', 'diagnosticsRead'],
    ['show count(*) errors', 'diagnosticsRead'],
    ['create temporary table t (a int)', 'temporaryTable'],
    ['drop temporary table if exists t', 'temporaryTable'],
    ['select a from t for update', 'locksRows'],
    ['select a from t for share nowait', 'locksRows'],
    ['select a from t lock in share mode', 'locksRows'],
    ["select 1 into outfile 'x'", 'intoOutfile'],
    [
      'select sleep(1), rand(), user(), current_user, database()',
      'sleeps nonDeterministic currentUser currentDatabase',
    ],
    ['lock tables t read', 'implicitCommit connectionLock'],
    ['flush tables with read lock', 'implicitCommit connectionLock'],
    ['flush tables', 'implicitCommit'],
    ['lock instance for backup', 'connectionLock'],
    ['checksum table t', ''],
    ['set default role none to a', 'implicitCommit'],
    ['set role none', ''],
    ["select '", 'lexError'],
    ["select extractvalue(a, '$@b')", 'readsUserVariable'],
    ['grant select on a.b to c@d', 'implicitCommit'],
    ['show grants for a@b', ''],
    ['select /*! @a:=1 */ 1', 'readsUserVariable writesUserVariable codeComment'],
    ['select /* @a:=1 */ 1', ''],
    ['select /*!99999 @a:=1 */ 1', 'versionComment'],
  ])('%s', (sql, expected) => {
    expect(effectNames(scan(sql).effects)).toBe(expected);
  });

  const isUnknown = (sql: string, mode = modeOf()): boolean =>
    (scan(sql, mode).effects & effect.unknownFunction) !== 0;

  test.each([
    'select f(1)',
    'select f (1)',
    'select f/* c */(1)',
    'select a.f(1)',
    'select a . `f` (1)',
    'select `f`(1)',
    'select now ()',
    'select count/**/(*)',
    'select `count`(1)',
    'insert into t (a) values (f(1))',
    'set a = f(1)',
    'do f()',
    'create table t as select f()',
    'create table t values row(f())',
    'select a from t group by b, f(1)',
    'select trim(a from f(1))',
    'insert into t select a from u on duplicate key update a = 1, b = f(1)',
    'select a from t where (1) or f(1)',
    'show tables where f(1)',
    'select * from (select f(1)) d (a)',
    'select case when (a) then f(1) end',
    'select vector_dim(a)',
  ])('unknown function in %s', (sql) => {
    expect(isUnknown(sql)).toBe(true);
  });

  test.each([
    'select now(), count(*), abs (1), `abs`(1), if(a, b, c), coalesce(a), json_value(a, "$")',
    'insert into t (a) values (1) as new (b) on duplicate key update a = values(a)',
    'insert into a.t(a) select b from u',
    'with c (a) as (select 1), d(b) as (select 2) select * from c',
    'select * from (select 1) d (a), (select 2) as e (b) join f using (a)',
    'select a from t partition (p) use index (i) where (a, b) in ((1, 2)) and exists (select 1)',
    'select sum(a) over w, rank() over (order by b) from t window w as (partition by c)',
    "select * from json_table('[]', '$' columns (a int path '$', b decimal(1,2) path '$')) j",
    'create table t (a int, key k (a), constraint c foreign key (a) references u (b))',
    'create view v (a) as select 1',
    'values row(1, 2)',
    'select cast(a as char(3)), convert(a, decimal(1,2)), trim(both from b), extract(year from c)',
    'call p(1)',
    "select char(65 using utf8mb4), interval(1, 2), a in (1), not(1), a and(1), a member of ('[1]')",
  ])('no unknown function in %s', (sql) => {
    expect(isUnknown(sql)).toBe(false);
  });

  test('what is built in depends on the server and on IGNORE_SPACE', () => {
    expect(isUnknown('select md5(1)', modeOf('', 80_406))).toBe(false);
    expect(isUnknown('select md5(1)', modeOf('', 90_704))).toBe(true);
    expect(isUnknown('select vector_dim(a)', modeOf('', 90_704))).toBe(false);
    expect(isUnknown('select now ()', modeOf('IGNORE_SPACE'))).toBe(false);
    expect(isUnknown('select now/**/()', modeOf('IGNORE_SPACE'))).toBe(true);
  });

  test.each([
    ['select a from t', true],
    ['table t', true],
    ['show tables', true],
    ['explain select 1', true],
    ['explain delete from t', false],
    ['select @a', false],
    ['select f()', false],
    ['select a from t for update', false],
    ['insert into t values (1)', false],
    ['with c as (select 1) delete from t', false],
    ['set a = 1', false],
    ['select 1 into @a', false],
    ["select '", false],
  ])('%s may be repeated: %s', (sql, expected) => {
    expect(scan(sql).readOnly).toBe(expected);
  });
});

describe('names', () => {
  test.each([
    ['select 1', [], false],
    ['select a.b from t', [], true],
    [
      'select * from a.t, b.u join c.v on d.x = e.y, f.w where g.z in (select 1 from h.s)',
      ['a', 'b', 'c', 'f', 'h'],
      false,
    ],
    ['select * from `a b`.t', ['a b'], false],
    ['insert into a.t (b.c) values (1)', ['a'], false],
    ['insert ignore t select * from a.u on duplicate key update b = 1, c.d = 2', ['a'], true],
    ['update low_priority a.t, b.u set c.d = 1, e.f = 2', ['a', 'b'], false],
    ['delete a, b.t from c.u a join b.t', ['b', 'c'], false],
    ['delete quick from a using b.t as a', ['b'], false],
    ['delete from a.t where b.c = 1', ['a'], false],
    ['with x as (select * from a.t) select * from x', ['a'], false],
    ['with x as (select * from x) select 1', [], true],
    ['with recursive x as (select 1 union select * from x) select 1', [], false],
    ['select * from (with x as (select 1) select * from x) y, x', [], true],
    ['create table a.t (b int references c.u (d))', ['a', 'c'], false],
    ['create table a.t like b.u', ['a', 'b'], false],
    ['create index i on a.t (b)', ['a'], false],
    ['create trigger a.x before insert on a.t for each row insert into b.u values (1)', ['a'], false],
    ['drop table if exists a.t, b.u', ['a', 'b'], false],
    ['rename table a.t to b.u, c.v to d.w', ['a', 'b', 'c', 'd'], false],
    ['alter table a.t rename to b.u', ['a', 'b'], false],
    ['alter table a.t rename column b to c', ['a'], false],
    ['truncate a.t', ['a'], false],
    ['lock tables a.t read, b.u as c write', ['a', 'b'], false],
    ['analyze table a.t, u', ['a'], true],
    ['handler a.t open', ['a'], false],
    ['call a.p(1)', ['a'], false],
    ['desc a.t', ['a'], false],
    ['show columns from t from a', ['a'], false],
    ['show create table a.t', ['a'], false],
    ['show tables in a', ['a'], false],
    ['show tables', [], true],
    ["load data infile 'x' into table a.t (b)", ['a'], false],
    ['select * from t use index for order by (i), a.u', ['a'], true],
    ['select trim(a from b), extract(year from c) from d.t', ['d'], false],
    ['select * from { oj a.t left join b.u on 1 }', ['a', 'b'], false],
    ['select * from (a.t, b.u)', ['a', 'b'], false],
    ['select * from lateral (select 1 from a.t) x, dual', ['a'], false],
    ['select 1 from a.t for update of b, c', ['a'], false],
    ['table a.t', ['a'], false],
    ['set @x = (table a.t)', ['a'], false],
    ['do (select 1 from a.t), (table u)', ['a'], true],
  ] as const)('%s', (sql, qualifiers, hasUnqualifiedTable) => {
    const found = scan(sql);
    expect([...found.qualifiers].sort()).toEqual(qualifiers);
    expect(found.hasUnqualifiedTable).toBe(hasUnqualifiedTable);
  });

  test('keyspaces among literals, for information_schema only', () => {
    const sql = "table_schema = 'commerce' and x in ('customer', 'other', 'commerce')";
    expect(scan(`select 1 from Information_Schema.tables where ${sql}`).schemaLiterals).toEqual([
      'commerce',
      'customer',
    ]);
    expect(scan(`select 1 from mysql.user where ${sql}`).schemaLiterals).toEqual([]);
  });

  test('databases', () => {
    expect(scan('create database if not exists `a`').databaseName).toBe('a');
    expect(scan('drop schema a').databaseName).toBe('a');
    expect(scan('show create database a')).toMatchObject({ databaseName: 'a', showKind: 'createDatabase' });
  });
});

describe('details', () => {
  test.each([
    ['use `a``b`', { use: 'a`b' }],
    ['KILL 12', { killTarget: { query: false, id: 12, idStart: 5, idEnd: 7 } }],
    ['kill query 1+1', { killTarget: { query: true, id: undefined, idStart: 11, idEnd: 14 } }],
    [
      'start transaction with consistent snapshot, read only',
      { begin: { readOnly: true, readWrite: false, consistentSnapshot: true } },
    ],
    ['begin', { begin: { readOnly: false, readWrite: false, consistentSnapshot: false } }],
    ['commit and no chain release', { completion: { chain: false, release: true } }],
    ['rollback and chain', { completion: { chain: true, release: false } }],
    ['rollback to savepoint `a b`', { savepoint: 'a b' }],
    ['release savepoint a', { savepoint: 'a' }],
    ['show full processlist', { showKind: 'processlist' }],
    ['show session variables like "a"', { showKind: 'variables' }],
    ['show global status', { showKind: 'status' }],
    ['show schemas', { showKind: 'databases' }],
    ['show vitess_shards', { showKind: 'vitess' }],
    ['show headgate shards', { showKind: 'headgate' }],
    ['show index from a', { showKind: 'other' }],
  ])('%s', (sql, expected) => {
    expect(scan(sql)).toMatchObject(expected);
  });

  test('items of a plain select list', () => {
    const sql =
      "select distinct found_rows(), @@session.autocommit a, current_user as 'b', 1 + last_insert_id() c limit 1";
    const { items } = scan(sql);
    expect(
      items!.map(({ start, end, aliasStart, aliasEnd, systemVariable }) => [
        sql.slice(start, end),
        sql.slice(aliasStart, aliasEnd),
        systemVariable,
      ]),
    ).toEqual([
      ['found_rows()', '', undefined],
      ['@@session.autocommit', 'a', 'session.autocommit'],
      ['current_user', "'b'", undefined],
      ['1 + last_insert_id()', 'c', undefined],
    ]);
    for (const other of [
      'select 1 from t',
      'select 1 union select 2',
      'select 1 where 1',
      'select 1 into @a',
      '(select 1)',
    ]) {
      expect(scan(other).items).toBeUndefined();
    }
  });

  test('calls to replace', () => {
    const sql = 'select a, found_rows() + 1 b, row_count() from t where c = row_count()';
    const { substitutions } = scan(sql);
    expect(
      substitutions.map(({ name, start, end, itemStart, itemEnd, itemHasAlias }) => [
        name,
        sql.slice(start, end),
        itemStart < 0 ? '' : sql.slice(itemStart, itemEnd),
        itemHasAlias,
      ]),
    ).toEqual([
      ['found_rows', 'found_rows()', 'found_rows() + 1', true],
      ['row_count', 'row_count()', 'row_count()', false],
      ['row_count', 'row_count()', '', false],
    ]);
  });
});
