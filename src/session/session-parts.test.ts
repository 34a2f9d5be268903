import { describe, expect, test } from 'vitest';
import { capability } from '../mysql/protocol.ts';
import { lexModeOf } from '../sql/lex-mode.ts';
import { scanStatement } from '../sql/statement-scan.ts';
import type { Topology } from '../topology/topology.ts';
import { pin, pinReasons, pinsOf } from './pins.ts';
import { SessionState } from './session-state.ts';
import { assignedText, carriedVariable, valueText } from './settings.ts';
import { substituted } from './substitute.ts';
import { databaseOf, noTarget, parseTarget, type Target } from './target.ts';
import { textPacket } from './text-packet.ts';

const mode = lexModeOf('', 'utf8mb4', 90_704, false);
const scanOf = (sql: string) => scanStatement(Buffer.from(sql), 0, mode, new Set(['ks']));

const shard = (name: string) => [name, { keyspace: 'ks', shard: name, primaryAlias: null, term: 1 }] as const;
const topology: Topology = {
  revision: 1,
  keyspaces: new Map([
    [
      'ks',
      {
        name: 'ks',
        sharded: true,
        scatterPolicy: undefined,
        vschema: undefined,
        shards: new Map([shard('-80'), shard('80-')]),
      },
    ],
  ]),
  routingRules: undefined,
  tablets: new Map(),
};

/** How a target is written: `commerce`, `customer:-80@replica`. */
function targetText(target: Target): string {
  const shard = target.shard === undefined ? '' : `:${target.shard}`;
  const type = target.type === 'primary' ? '' : `@${target.type}`;
  return `${databaseOf(target)}${shard}${type}`;
}

describe('target', () => {
  test.each([
    ['ks', 'ks'],
    ['ks:-80', 'ks:-80'],
    ['ks/80-', 'ks:80-'],
    ['ks:80-@replica', 'ks:80-@replica'],
    ['ks@MASTER', 'ks'],
    ['@rdonly', '@rdonly'],
    ['information_schema', 'information_schema'],
  ])('%s is read as %s', (text, meant) => {
    expect(targetText(parseTarget(text, noTarget, topology))).toBe(meant);
  });

  test('what is left out stays', () => {
    const current = parseTarget('ks:-80', noTarget, topology);
    expect(targetText(parseTarget('@replica', current, topology))).toBe('ks:-80@replica');
    expect(targetText(parseTarget(':80-', current, topology))).toBe('ks:80-');
  });

  test.each(['nope', 'ks:40-', 'ks@nope', 'KS'])('%s is an unknown database', (text) => {
    expect(() => parseTarget(text, noTarget, topology)).toThrow(expect.objectContaining({ errno: 1049 }));
  });
});

describe('pins', () => {
  test.each<[string, number]>([
    ['SELECT 1', 0],
    ['INSERT INTO t VALUES (1)', 0],
    ['SELECT @a', 0],
    ['SELECT @a := 1', 0],
    ['SELECT 1 INTO @a', 0],
    ["SELECT GET_LOCK('x', 1)", pin.namedLocks],
    ['CREATE TEMPORARY TABLE t (a INT)', pin.temporaryTables],
    ['SELECT my_function(1)', pin.unknown],
    ['CALL p()', pin.unknown],
    ["PREPARE s FROM 'SELECT 1'", pin.sqlPrepared],
    ['LOCK TABLES t READ', pin.tableLocks],
    ['HANDLER t OPEN', pin.connectionLocks],
    ['FROBNICATE', pin.unknown],
  ])('%s leaves %d', (sql, expected) => {
    expect(pinsOf(scanOf(sql))).toBe(expected);
  });

  test('each has a name to be shown', () => {
    expect(pinReasons(pin.transaction | pin.nextTransaction | pin.tableLocks)).toEqual([
      'transaction',
      'nextTransaction',
      'tableLocks',
    ]);
  });
});

describe('settings', () => {
  const assignmentOf = (sql: string) => scanOf(sql).assignments![0]!;

  test.each([
    ["SET sql_mode = 'ANSI_QUOTES'", "'ANSI_QUOTES'"],
    ['SET sql_mode = ANSI', 'ANSI'],
    ['SET time_zone = "+02:00"', "'+02:00'"],
    ['SET wait_timeout = 30', '30'],
    ["SET lc_time_names = '1'", "'1'"],
    ['SET sql_mode = DEFAULT', 'DEFAULT'],
    ['SET SESSION TRANSACTION READ ONLY', '1'],
    ['SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED', "'READ-COMMITTED'"],
    ["SET sql_mode = CONCAT(@@sql_mode, ',ANSI')", undefined],
  ])('%s is written again as %s', (sql, text) => {
    expect(assignedText(assignmentOf(sql), Buffer.from(sql))).toBe(text);
  });

  test('values that read differently under other modes are written as bytes', () => {
    expect(valueText('a\\b')).toBe('0x615c62');
    expect(valueText("it's")).toBe("'it''s'");
    expect(valueText(null)).toBe('NULL');
  });

  test('what another connection cannot take over is not carried', () => {
    const carried = (sql: string) =>
      scanOf(sql).assignments!.every(
        ({ target, name }) => target === 'session' && carriedVariable(name) !== undefined,
      );
    expect(carried('SET sql_mode = 1, time_zone = 2')).toBe(true);
    for (const sql of ['SET insert_id = 1', 'SET @a = 1', 'SET GLOBAL sql_mode = 1', 'SET insert_id = 5']) {
      expect(carried(sql), sql).toBe(false);
    }
  });
});

describe('session state', () => {
  test('equal settings by different ways are one need', () => {
    const a = new SessionState(capability.foundRows, 8);
    const b = new SessionState(capability.foundRows, 255);
    a.setNames('utf8mb4', undefined);
    a.setAutocommit(false);
    expect(a.need.key).not.toBe(b.need.key);
    a.setAutocommit(true);
    expect(a.need.key).toBe(b.need.key);
  });

  test('a setting made again moves behind the others and replaces itself; sql_mode always comes first', () => {
    const state = new SessionState(0, 255);
    state.setVariable('lc_time_names', "'de_DE'", 'de_DE');
    state.setVariable('time_zone', "'+01:00'", '+01:00');
    state.setVariable('lc_time_names', "'fr_FR'", 'fr_FR');
    expect(state.need.settings).toEqual([
      "@@session.sql_mode=''",
      "@@session.time_zone='+01:00'",
      "@@session.lc_time_names='fr_FR'",
    ]);
  });

  test('CLIENT_IGNORE_SPACE is part of the mode with which a session begins, until it sets its own', () => {
    const state = new SessionState(capability.ignoreSpace, 255);
    state.begin('STRICT_TRANS_TABLES');
    expect(state.need.settings).toEqual(["@@session.sql_mode='IGNORE_SPACE,STRICT_TRANS_TABLES'"]);
    state.setVariable('sql_mode', 'DEFAULT', undefined);
    expect(state.need.settings).toEqual(["@@session.sql_mode='STRICT_TRANS_TABLES'"]);
  });

  test('sql_mode and character set decide how statements are read', () => {
    const state = new SessionState(0, 255);
    state.begin('NO_BACKSLASH_ESCAPES');
    expect(state.lexMode(90_704)).toMatchObject({ ansiQuotes: false, charset: 'utf8mb4' });
    state.setVariable('sql_mode', "'ANSI'", 'ANSI');
    state.setNames('gbk', undefined);
    expect(state.lexMode(90_704)).toMatchObject({ ansiQuotes: true, charset: 'gbk' });
    state.reset();
    expect(state.lexMode(90_704)).toMatchObject({
      ansiQuotes: false,
      noBackslashEscapes: true,
      charset: 'utf8mb4',
    });
  });
});

describe('substituted values', () => {
  const values = { found_rows: '17', row_count: '(-1)' };
  const rewritten = (sql: string): string => {
    const source = Buffer.from(sql);
    return substituted({ source, scan: scanOf(sql), packet: textPacket(source) }, values).toString('utf8', 5);
  };

  test.each([
    ['SELECT FOUND_ROWS()', 'SELECT 17 AS `FOUND_ROWS()`'],
    ['SELECT FOUND_ROWS() AS n', 'SELECT 17 AS n'],
    ['SELECT 1, ROW_COUNT() + 1, 2', 'SELECT 1, (-1) + 1 AS `ROW_COUNT() + 1`, 2'],
    ['SELECT `a``b` + FOUND_ROWS() FROM t', 'SELECT `a``b` + 17 AS ```a````b`` + FOUND_ROWS()` FROM t'],
    ['SELECT a FROM t WHERE b = FOUND_ROWS()', 'SELECT a FROM t WHERE b = 17'],
    ['SELECT 1', 'SELECT 1'],
  ])('%s becomes %s', (sql, expected) => {
    expect(rewritten(sql)).toBe(expected);
  });
});
