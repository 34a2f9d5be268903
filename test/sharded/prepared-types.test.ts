/** Parameters of all types, in INSERTs and queries over several shards: as one MySQL takes them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { columnType } from '../../src/mysql/protocol.ts';
import {
  date,
  double,
  float,
  long,
  longData,
  longlong,
  nullValue,
  type Parameter,
  short,
  text,
  time,
  tiny,
} from '../support/parameters.ts';
import type { RawClient } from '../support/raw-client.ts';
import type { RouterUnderTest } from '../support/router-stage.ts';
import { explained } from '../support/session-play.ts';
import { run, ShardedStage } from './stage.ts';

let stage: ShardedStage;
let router: RouterUnderTest;
let reference: RawClient;
let client: RawClient;

const columns = [
  'i BIGINT UNSIGNED',
  'n DECIMAL(30, 6)',
  'f DOUBLE',
  'da DATE',
  'dt DATETIME(6)',
  'ts TIMESTAMP(3) NULL',
  't TIME(6)',
  'y YEAR',
  'b BIT(12)',
  'j JSON',
  'g GEOMETRY',
  's VARCHAR(60)',
  'l VARCHAR(60) CHARACTER SET latin1',
  'v VARBINARY(60)',
  'e ENUM("one", "two")',
];
const names = columns.map((column) => column.split(' ')[0]!);

beforeAll(async () => {
  stage = await ShardedStage.set();
  router = await stage.startRouter('--pool-connections-max=3');
  client = await stage.client(router);
  reference = await stage.client({ endpoint: stage.reference });
  for (const each of [client, reference])
    await run(each, `CREATE TABLE fresh (id BIGINT PRIMARY KEY, ${columns.join(', ')})`, "SET sql_mode = ''");
});
afterAll(() => stage?.stop());

/**
 * A status that depends on the optimizer says nothing here, and a warning comes from each shard
 * that has a reason.
 */
const seen = (lines: readonly string[]): string =>
  lines
    .map((line) => line.replace(/\+noIndexUsed|\+noGoodIndexUsed| warnings=\d+|(?<=PREPARED) id=\d+/g, ''))
    .join('\n');

const warningsSeen = (lines: readonly string[]): string[] => [
  ...new Set(lines.filter((line) => line.startsWith('ROW')).map((line) => line.replace(/ at row \d+/, ''))),
];

type Step = Readonly<{ sql: string; runs: readonly (readonly Parameter[])[]; ahead?: string }>;

/** Each run by a statement of its own: MySQL takes a parameter for what it was before. The second time the types are known. */
async function play(on: RawClient, { sql, runs, ahead }: Step): Promise<string[]> {
  const lines: string[] = [];
  for (const parameters of runs) {
    const { id, answer } = await on.prepare(sql);
    lines.push(seen(explained(answer)));
    if (id === 0) continue;
    for (const withTypes of [true, false]) {
      for (const [index, parameter] of parameters.entries())
        if (parameter.longData) on.sendLongData(id, index, ahead ?? '');
      lines.push(seen(explained(await on.execute(id, parameters, { withTypes }))));
      lines.push(...warningsSeen(explained(await on.query('SHOW WARNINGS'))).sort());
    }
    on.closeStatement(id);
  }
  return lines;
}

async function same(step: Step): Promise<void> {
  expect({ step, answers: await play(client, step) }).toEqual({ step, answers: await play(reference, step) });
}

const { varString, newDecimal, json, bit, blob, timestamp, date: dateType } = columnType;
const day = { y: 2024, m: 2, d: 29 };
const point = Buffer.from('000000000101000000000000000000f03f0000000000000040', 'hex');

/** By column, values that go there in one way or another. */
const values: Readonly<Record<string, readonly Parameter[]>> = {
  i: [
    tiny(-1),
    tiny(200, true),
    short(-2),
    long(7),
    longlong(2n ** 64n - 1n, true),
    longlong(-5n),
    nullValue(columnType.longlong),
    text('12'),
    text('1e3'),
    double(2.5),
  ],
  n: [
    text('12345678901234567890.123456', newDecimal),
    text('-0.0000005', newDecimal),
    float(1.1),
    double(1e20),
    long(-3),
    text('x'),
  ],
  f: [double(-0.1), float(1.1), text('1.5'), longlong(2n ** 63n - 1n), double(1e308)],
  da: [
    date(day, dateType),
    date(null, dateType),
    date({ ...day, time: [1, 2, 3] }),
    text('2024-02-30'),
    text('0000-00-00'),
    long(20_240_102),
  ],
  dt: [
    date({ ...day, time: [23, 59, 59], micros: 999_999 }),
    date(null),
    date(day),
    date({ y: 0, m: 0, d: 0 }),
    text('2024-01-01 00:00:00.5'),
    time(false, 0, [1, 2, 3]),
  ],
  ts: [
    date({ ...day, time: [1, 2, 3], micros: 4000 }, timestamp),
    date(null, timestamp),
    nullValue(timestamp),
  ],
  t: [
    time(true, 2, [3, 4, 5], 6),
    time(false, 34, [22, 59, 59]),
    time(false, 0, [0, 0, 0]),
    text('-12:00'),
    long(-101),
  ],
  y: [short(2024), short(70), text('99'), long(1)],
  b: [text(Buffer.from([0x0f, 0xff]), bit), long(5), text('1')],
  j: [text('{"a": [1, 2, {"b": null}]}', json), text('[]'), text('"é"', json), nullValue(json)],
  g: [text(point, blob), nullValue(blob)],
  s: [
    text('é💧'),
    text(''),
    text('a\0b'),
    text('trailing '),
    long(-5),
    date(day),
    double(0.1),
    text(Buffer.from([0xff, 0xfe]), blob),
  ],
  l: [text('é'), text('💧'), text(Buffer.from([0xe9]), blob)],
  v: [
    text(Buffer.from([0, 255, 39, 92]), blob),
    text('é'),
    longlong(2n ** 63n, true),
    time(false, 1, [2, 3, 4]),
  ],
  e: [text('two'), long(1), text('three'), nullValue(varString)],
};

test.each(names)('INSERT, UPDATE and comparisons: %s', async (name) => {
  const given = values[name]!;
  await same({
    sql: `REPLACE INTO fresh (id, ${name}) VALUES (?, ?), (?, ?)`,
    runs: given.map((value, at) => [long(2 * at), value, longlong(2 * at + 1), value]),
  });
  await same({
    sql: `SELECT id, ${name} FROM fresh WHERE id < ? ORDER BY id`,
    runs: [[long(100)], [short(5)]],
  });
  for (const operator of ['=', '<', '<=>'])
    await same({
      sql: `SELECT id, ${name} FROM fresh WHERE ${name} ${operator} ? ORDER BY id`,
      runs: given.map((value) => [value]),
    });
  await same({
    sql: `SELECT id, ? FROM fresh WHERE id > ? ORDER BY id LIMIT 2`,
    runs: given.filter(({ bytes }) => bytes !== null).map((value) => [value, long(3)]),
  });
  await same({
    sql: `UPDATE fresh SET ${name} = ? WHERE id > ?`,
    runs: given.map((value) => [value, long(3)]),
  });
  await same({
    sql: `SELECT id, ${name} FROM fresh WHERE id IN (?, ?) ORDER BY id`,
    runs: [
      [long(4), long(5)],
      [text('4'), double(5)],
    ],
  });
  await same({ sql: 'DELETE FROM fresh WHERE id >= ?', runs: [[double(0)]] });
});

test('keys of all types lead to their rows', async () => {
  await same({
    sql: 'INSERT INTO fresh (id, s) VALUES (?, ?)',
    runs: [
      [tiny(3), text('a')],
      [text('17'), text('b')],
      [text('18', newDecimal), text('c')],
      [double(19), text('d')],
      [longlong(2n ** 63n - 1n), text('e')],
    ],
  });
  await same({
    sql: 'SELECT id, s FROM fresh WHERE id = ? ORDER BY id',
    runs: [
      [tiny(3)],
      [text('17')],
      [text('17.0')],
      [text('18', newDecimal)],
      [text('18.5', newDecimal)],
      [double(19)],
      [float(19)],
      [longlong(2n ** 63n - 1n)],
      [longlong(2n ** 64n - 3n, true)],
      [nullValue()],
      [text(Buffer.from('17'), blob)],
      [date(day)],
    ],
  });
  await same({
    sql: 'SELECT id FROM fresh WHERE s = ? ORDER BY id',
    runs: [[longData(varString)], [longData(blob)]],
    ahead: 'b',
  });
});

test('strings in another character set of the client', async () => {
  for (const each of [client, reference]) await run(each, 'SET NAMES latin1');
  await same({
    sql: 'INSERT INTO fresh (id, s, l, v) VALUES (?, ?, ?, ?), (?, ?, ?, ?)',
    runs: [
      [30, 31].flatMap((id) => [
        long(id),
        ...Array.from({ length: 3 }, () => text(Buffer.from([0xe9, 0x80]))),
      ]),
    ],
  });
  await same({
    sql: 'SELECT id, s, l, v, HEX(s) FROM fresh WHERE s = ? OR l = ? ORDER BY id',
    runs: [[text(Buffer.from([0xe9, 0x80])), text(Buffer.from([0xc9, 0x80]))]],
  });
  for (const each of [client, reference]) await run(each, 'SET NAMES utf8mb4');
  await same({
    sql: 'SELECT id, HEX(s), HEX(l), HEX(v) FROM fresh WHERE l = ? ORDER BY id',
    runs: [[text('é€')]],
  });
});
