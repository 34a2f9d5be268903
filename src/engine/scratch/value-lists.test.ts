import { describe, expect, test } from 'vitest';
import { Clock, CollectingSink, column, MemoryRows, textRows } from '../../../test/support/row-stage.ts';
import { columnType } from '../../mysql/protocol.ts';
import { ValueLists } from './value-lists.ts';

const definitions = [column('a'), column('b', columnType.varString), column('c')];

function pass(
  lists: ValueLists,
  rows: readonly Buffer[],
  protocol: 'text' | 'binary' = 'text',
  described = definitions,
) {
  const clock = new Clock();
  const source = new MemoryRows(clock, { definitions: described, rows });
  const sink = new CollectingSink(clock).start(lists.of(source.producer, protocol));
  clock.run();
  return sink;
}

describe('value lists', () => {
  test('each value once, NULL never, numbers of any size; the rows pass unchanged', () => {
    const lists = new ValueLists([2, 0, 2]);
    const rows = textRows([
      ['1', 'x', '-5'],
      ['1', 'y', null],
      ['18446744073709551615', null, '0'],
      ['22', 'x', '-5'],
    ]);
    const sink = pass(lists, rows);
    expect(sink.rows).toEqual(rows);
    expect(lists.list(0)?.toString()).toBe('1,18446744073709551615,22');
    expect(lists.list(2)?.toString()).toBe('-5,0');
  });

  test('a column without values has a list that nothing is equal to', () => {
    const lists = new ValueLists([0]);
    pass(lists, textRows([[null, 'x', '1']]));
    expect(lists.list(0)?.toString()).toBe('NULL');
  });

  test('too many values are no list', () => {
    const lists = new ValueLists([0, 2]);
    pass(lists, textRows(Array.from({ length: 5001 }, (_, at) => [String(at), 'x', String(at % 5000)])));
    expect(lists.list(0)).toBeUndefined();
    expect(lists.list(2)?.toString().split(',')).toHaveLength(5000);
  });

  test('binary rows of every width', () => {
    const UNSIGNED = 1 << 5;
    const described = [
      column('a', columnType.tiny),
      column('b', columnType.longlong, { flags: UNSIGNED }),
      column('c', columnType.long),
      column('d', columnType.short, { flags: UNSIGNED }),
    ];
    const row = Buffer.alloc(2 + 1 + 8 + 4 + 2);
    row.writeInt8(-3, 2);
    row.writeBigUInt64LE(18446744073709551615n, 3);
    row.writeInt32LE(-70_000, 11);
    row.writeUInt16LE(65_535, 15);
    const lists = new ValueLists([0, 1, 2, 3]);
    pass(lists, [row], 'binary', described);
    expect([0, 1, 2, 3].map((at) => lists.list(at)?.toString())).toEqual([
      '-3',
      '18446744073709551615',
      '-70000',
      '65535',
    ]);
  });
});
