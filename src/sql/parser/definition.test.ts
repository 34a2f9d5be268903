/** What trees say about definitions and administration: kinds, tables and where they stand. */
import { describe, expect, test } from 'vitest';
import type { ParsedStatement } from '../ast/statement.ts';
import type { TableName } from '../ast/table.ts';
import { lexModeOf } from '../lex-mode.ts';
import { parseStatement } from './statement.ts';

const mode = lexModeOf('', 'utf8mb4', 90_704, false);

function parse(sql: string): ParsedStatement {
  const text = Buffer.from(sql);
  return parseStatement(text, 0, text.length, mode);
}

function parseKind<K extends ParsedStatement['kind']>(
  sql: string,
  kind: K,
): Extract<ParsedStatement, { kind: K }> {
  const statement = parse(sql);
  expect([sql, statement.kind]).toEqual([sql, kind]);
  return statement as Extract<ParsedStatement, { kind: K }>;
}

/** All tables below a node, each as the text between its positions. */
function tablesOf(sql: string): string[] {
  const found: TableName[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('kind' in value && value.kind === 'table') found.push(value as TableName);
    else for (const inner of Object.values(value)) visit(inner);
  };
  visit(parse(sql));
  return found.map(({ start, end, nameStart, nameEnd, name }) => {
    expect(sql.slice(nameStart, nameEnd).replaceAll('`', '')).toBe(name);
    return sql.slice(start, end);
  });
}

describe('tables have positions', () => {
  test.each<[string, string[]]>([
    [
      'CREATE TABLE IF NOT EXISTS `a`.b (x INT REFERENCES c (y), FOREIGN KEY (x) REFERENCES d.e (y)) UNION = (f, g.h)',
      ['`a`.b', 'c', 'd.e', 'f', 'g.h'],
    ],
    ['CREATE TABLE a LIKE b.c', ['a', 'b.c']],
    ['CREATE TABLE a SELECT * FROM b', ['a', 'b']],
    ['CREATE VIEW a.v AS SELECT 1 FROM b', ['a.v', 'b']],
    ['CREATE UNIQUE INDEX i ON a.b (x)', ['a.b']],
    ['ALTER TABLE a.b RENAME TO c.d', ['a.b', 'c.d']],
    ['ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b', ['a', 'b']],
    ['DROP TABLE a, b.c', ['a', 'b.c']],
    ['DROP VIEW v', ['v']],
    ['DROP INDEX i ON a', ['a']],
    ['TRUNCATE a.b', ['a.b']],
    ['RENAME TABLE a TO b, c.d TO e', ['a', 'b', 'c.d', 'e']],
    ['LOCK TABLES a READ, b.c AS x WRITE', ['a', 'b.c AS x']],
    ['ANALYZE TABLE a, b.c', ['a', 'b.c']],
    ['SHOW CREATE TABLE a.b', ['a.b']],
    ['SHOW COLUMNS FROM a FROM b', ['a']],
    ['DESC a.b c', ['a.b']],
    ['EXPLAIN SELECT 1 FROM a', ['a']],
    ['HANDLER a.b OPEN', ['a.b']],
    ['FLUSH TABLES a, b WITH READ LOCK', ['a', 'b']],
    ["LOAD DATA INFILE 'x' INTO TABLE a.b (c)", ['a.b']],
    ['CREATE TRIGGER g BEFORE INSERT ON a.b FOR EACH ROW BEGIN SET @x = 1; END', ['a.b']],
  ])('%s', (sql, tables) => {
    expect(tablesOf(sql)).toEqual(tables);
  });
});

test('columns with types and attributes', () => {
  const { elements } = parseKind(
    "CREATE TABLE t (a BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, b NUMERIC(10, 2) DEFAULT -1, c VARCHAR(20) CHARACTER SET Latin1, d ENUM('x', 'y'), e INT AS (a + 1) STORED, KEY k (b, c(5) DESC))",
    'createTable',
  );
  const summary = elements.map((element) => {
    if (element.kind === 'keyDefinition')
      return element.parts.map(({ column, length }) => [column?.text, length]);
    if (element.kind !== 'columnDefinition') return element.kind;
    const { name, type, attributes, generated } = element;
    const more = [type.length, type.decimals, type.charset, type.values.length, generated?.stored];
    return [name.text, type.name, type.unsigned, ...more, attributes.map(({ attribute }) => attribute)];
  });
  expect(summary).toEqual([
    [
      'a',
      'bigint',
      true,
      undefined,
      undefined,
      undefined,
      0,
      undefined,
      ['notNull', 'autoIncrement', 'primaryKey'],
    ],
    ['b', 'decimal', false, '10', '2', undefined, 0, undefined, ['default']],
    ['c', 'varchar', false, '20', undefined, 'latin1', 0, undefined, []],
    ['d', 'enum', false, undefined, undefined, undefined, 2, undefined, []],
    ['e', 'int', false, undefined, undefined, undefined, 0, true, []],
    [
      ['b', undefined],
      ['c', '5'],
    ],
  ]);
});

test('actions of ALTER TABLE', () => {
  const { actions } = parseKind(
    "ALTER TABLE t ADD COLUMN a INT FIRST, DROP b, CHANGE c d INT, RENAME INDEX i TO j, ENGINE = InnoDB COMMENT = 'x' PARTITION BY HASH (a)",
    'alterTable',
  );
  expect(
    actions.map(({ action, name, newName, option }) => [action, name?.text, newName?.text, option?.name]),
  ).toEqual([
    ['addColumn', undefined, undefined, undefined],
    ['dropColumn', 'b', undefined, undefined],
    ['changeColumn', 'c', 'd', undefined],
    ['renameIndex', 'i', 'j', undefined],
    ['option', undefined, undefined, 'engine'],
    ['option', undefined, undefined, 'comment'],
    ['partitionBy', undefined, undefined, undefined],
  ]);
});

test('options of a table', () => {
  const sql =
    "CREATE TABLE t (a INT) ENGINE=InnoDB DEFAULT CHARSET utf8mb4, COLLATE = utf8mb4_bin DATA DIRECTORY '/x'";
  const { options } = parseKind(sql, 'createTable');
  expect(options.map(({ name, valueStart, valueEnd }) => [name, sql.slice(valueStart, valueEnd)])).toEqual([
    ['engine', 'InnoDB'],
    ['character set', 'utf8mb4'],
    ['collate', 'utf8mb4_bin'],
    ['data directory', "'/x'"],
  ]);
});

test('assignments of SET', () => {
  const { assignments } = parseKind(
    'SET GLOBAL a = 1, @@session.b = DEFAULT, c.d = ON, @e := 2, NAMES utf8mb4 COLLATE utf8mb4_bin, time_zone = SYSTEM',
    'set',
  );
  expect(
    assignments.map((one) => {
      if (one.kind === 'setNames') return [one.charset, one.collation];
      if (one.kind === 'setUserVariable') return [one.variable.name, one.value.kind];
      return [
        one.scope,
        one.instance,
        one.name,
        one.value.kind === 'setKeyword' ? one.value.keyword : one.value.kind,
      ];
    }),
  ).toEqual([
    ['global', undefined, 'a', 'literal'],
    ['session', undefined, 'b', 'default'],
    [undefined, 'c', 'd', 'on'],
    ['e', 'literal'],
    ['utf8mb4', 'utf8mb4_bin'],
    [undefined, undefined, 'time_zone', 'system'],
  ]);
});

describe('SHOW', () => {
  test.each([
    ["SHOW FULL TABLES FROM s LIKE 'x'", 'tables', undefined, 's'],
    ['SHOW KEYS IN t IN s', 'index', 't', 's'],
    ['SHOW FIELDS FROM s.t', 'columns', 't', undefined],
    ['SHOW SCHEMAS', 'databases', undefined, undefined],
    ['SHOW CREATE SCHEMA s', 'create database', undefined, 's'],
    ['SHOW TABLE STATUS', 'table status', undefined, undefined],
    ['SHOW COUNT(*) WARNINGS', 'count warnings', undefined, undefined],
    ['SHOW ENGINE innodb MUTEX', 'engine mutex', undefined, undefined],
  ])('%s', (sql, shown, table, database) => {
    const { show, table: found, database: from } = parseKind(sql, 'show');
    expect([show, found?.name, from?.text]).toEqual([shown, table, database]);
  });
});

describe('EXPLAIN', () => {
  test.each([
    ['EXPLAIN SELECT 1', undefined, undefined, 'select'],
    ['EXPLAIN FORMAT=HEADGATE UPDATE t SET a = 1', 'headgate', undefined, 'update'],
    ["DESC FORMAT = 'json' DELETE FROM t", 'json', undefined, 'delete'],
    ['VEXPLAIN SELECT 1', undefined, 'plan', 'select'],
    ['VEXPLAIN PLAN (SELECT 1)', undefined, 'plan', 'select'],
    ['VEXPLAIN QUERIES INSERT INTO t VALUES (1)', undefined, 'queries', 'insert'],
    ['VEXPLAIN ALL SELECT 1', undefined, 'all', 'select'],
    ['VEXPLAIN TRACE SELECT 1', undefined, 'trace', 'select'],
    ['VEXPLAIN KEYS SELECT 1', undefined, 'keys', 'select'],
  ])('%s', (sql, format, vexplain, kind) => {
    const found = parseKind(sql, 'explain');
    expect([found.format, found.vexplain, found.statement?.kind]).toEqual([format, vexplain, kind]);
    expect(sql.slice(found.statement!.start, found.statement!.end)).toBe(sql.slice(found.statement!.start));
  });

  test('of a connection', () => {
    expect(parseKind('EXPLAIN FOR CONNECTION 5', 'explain').connection).toBe('5');
  });
});

describe('transactions', () => {
  test('options', () => {
    expect(parseKind('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', 'begin')).toMatchObject({
      consistentSnapshot: true,
      access: 'read only',
    });
    expect(parse('COMMIT AND NO CHAIN RELEASE')).toMatchObject({ chain: false, release: true });
    expect(parse('ROLLBACK')).toMatchObject({ chain: undefined, release: undefined });
    expect(parse('ROLLBACK WORK TO SAVEPOINT a')).toMatchObject({ kind: 'rollbackTo', name: { text: 'a' } });
    expect(
      parseKind('SET SESSION TRANSACTION READ WRITE, ISOLATION LEVEL READ COMMITTED', 'setTransaction'),
    ).toMatchObject({ scope: 'session', access: 'read write', isolation: 'read committed' });
  });
});

describe('recognised only', () => {
  test.each([
    ['GRANT SELECT ON a.b TO c', 'grant'],
    ['CREATE DEFINER = a@b PROCEDURE p () BEGIN SELECT 1; SELECT 2; END', 'create procedure'],
    ['ALTER USER a ACCOUNT LOCK', 'alter user'],
    ['DROP DATABASE s', 'drop database'],
    ["XA START 'a'", 'xa start'],
    ['START REPLICA', 'start replica'],
    ["SET PASSWORD = 'x'", 'set password'],
    ["CREATE JSON DUALITY VIEW v AS SELECT JSON_DUALITY_OBJECT('_id' : a) FROM t", 'create json'],
  ])('%s', (sql, verb) => {
    expect(parseKind(sql, 'other').verb).toBe(verb);
  });
});
