import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Cell,
  Clock,
  CollectingSink,
  column,
  MemoryRows,
  type SourceScript,
  textRows,
} from '../../../test/support/row-stage.ts';
import { columnType } from '../../mysql/protocol.ts';
import { readTextRow } from '../../wire/packets.ts';
import type { RowProducer } from '../row-stream.ts';
import { concatenate, inSequence } from './concatenate.ts';
import { distinctHash, groupHash } from './group-hash.ts';
import { distinctSorted, groupSorted } from './group-sorted.ts';
import type { ShardRows } from './inputs.ts';
import { limit } from './limit.ts';
import { MemoryBudget } from './memory-budget.ts';
import { mergeSort } from './merge-sort.ts';
import { project } from './project.ts';
import { sortInMemory } from './sort-in-memory.ts';

const definitions = [column('k'), column('n')];
const MIB = 1024 * 1024;

/** A row of a number and a count, NULL where there is none. */
type Pair = readonly [key: number | null, count: number];
const cells = (pairs: readonly Pair[]): Cell[][] =>
  pairs.map(([key, count]) => [key === null ? null : String(key), String(count)]);

const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
const key = fc.option(fc.integer({ min: -5, max: 5 }));
const pairs = fc.array(fc.tuple(key, fc.integer({ min: 0, max: 1000 })), { maxLength: 40 });
const shards = fc.array(pairs, { minLength: 1, maxLength: 6 });

/** NULL first, as MySQL sorts. */
const byKey = ([a]: Pair, [b]: Pair): number => (a ?? -Infinity) - (b ?? -Infinity) || 0;
const sortKeys = [{ column: 0 }];

class Play {
  readonly clock = new Clock();
  readonly sources: MemoryRows[] = [];
  readonly sink: CollectingSink;

  constructor(breaks: readonly number[] = []) {
    this.sink = new CollectingSink(this.clock, breaks);
  }

  rows(script: Partial<SourceScript> & { cells?: readonly (readonly Cell[])[] }): RowProducer {
    const rows = textRows(script.cells ?? []);
    const source = new MemoryRows(this.clock, { definitions, rows, ...script });
    this.sources.push(source);
    return source.producer;
  }

  shards(lists: readonly (readonly Pair[])[], chunks: readonly number[]): ShardRows[] {
    return lists.map((list, i) => ({ name: `shard ${i}`, rows: this.rows({ cells: cells(list), chunks }) }));
  }

  run(producer: RowProducer): Cell[][] {
    this.sink.start(producer);
    this.clock.run();
    const width = this.sink.definitions?.length ?? 0;
    return this.sink.rows.map((row) => readTextRow(row, width).map((one) => one?.toString() ?? null));
  }
}

const limits = { high: 60, low: 20 };
const text = 'text' as const;
const budget = () => new MemoryBudget(MIB);

describe('any chunks, any breaks', () => {
  test('concatenate gives all rows, each shard in its order', () => {
    fc.assert(
      fc.property(shards, sizes, sizes, (lists, chunks, breaks) => {
        const play = new Play(breaks);
        const got = play.run(concatenate(play.shards(lists, chunks)));
        expect(got.toSorted()).toEqual(cells(lists.flat()).toSorted());
        expect(play.sink.summary).toBeDefined();
        const again = new Play(breaks);
        expect(again.run(inSequence(again.shards(lists, chunks).map(({ rows }) => rows)))).toEqual(
          cells(lists.flat()),
        );
      }),
    );
  });

  test('mergeSort sorts, equal rows in the order of the shards, whatever the pace', () => {
    fc.assert(
      fc.property(shards, sizes, sizes, (lists, chunks, breaks) => {
        const sorted = lists.map((list) => list.toSorted(byKey));
        const play = new Play(breaks);
        const got = play.run(mergeSort(play.shards(sorted, chunks), text, sortKeys, limits));
        expect(got).toEqual(cells(sorted.flat().toSorted(byKey)));
        expect(play.sink.whilePaused).toBe(0);
        const down = new Play(breaks);
        const reversed = lists.map((list) => list.toSorted((a, b) => byKey(b, a)));
        const keys = [{ column: 0, descending: true }];
        expect(down.run(mergeSort(down.shards(reversed, chunks), text, keys, limits))).toEqual(
          cells(reversed.flat().toSorted((a, b) => byKey(b, a))),
        );
      }),
    );
  });

  test('limit takes its part and stops the shards', () => {
    const number = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(shards, number, number, sizes, sizes, (lists, offset, count, chunks, breaks) => {
        const sorted = lists.map((list) => list.toSorted(byKey));
        const all = cells(sorted.flat().toSorted(byKey));
        const play = new Play(breaks);
        const merged = mergeSort(play.shards(sorted, chunks), text, sortKeys, limits);
        expect(play.run(limit(merged, { offset, count }))).toEqual(all.slice(offset, offset + count));
        expect(play.sink.summary).toBeDefined();
        if (offset + count < all.length && count > 0) {
          const open = play.sources.filter((one, i) => one.delivered < sorted[i]!.length);
          expect(open.every((one) => one.cancelled)).toBe(true);
        }
      }),
    );
  });

  test('groups by adjacency and by hash are the same, and right', () => {
    fc.assert(
      fc.property(shards, sizes, sizes, (lists, chunks, breaks) => {
        const sums = new Map<number | null, number>();
        for (const [one, count] of lists.flat()) sums.set(one, (sums.get(one) ?? 0) + count);
        const expected = cells([...sums].toSorted(byKey));
        const sorted = lists.map((list) => list.toSorted(byKey));
        const counts = [{ kind: 'count' as const, column: 1 }];
        const streamed = new Play(breaks);
        const merged = mergeSort(streamed.shards(sorted, chunks), text, sortKeys, limits);
        expect(streamed.run(groupSorted(merged, { protocol: text, keys: sortKeys }, counts))).toEqual(
          expected,
        );
        const hashed = new Play(breaks);
        const options = { protocol: text, keys: sortKeys, budget: budget() };
        const grouped = groupHash(concatenate(hashed.shards(lists, chunks)), options, counts);
        expect(hashed.run(sortInMemory(grouped, { ...options, keys: sortKeys }))).toEqual(expected);
        expect(options.budget.usedBytes).toBe(0);
        expect(hashed.sink.whilePaused).toBe(0);
      }),
    );
  });

  test('distinct rows by adjacency and by hash', () => {
    fc.assert(
      fc.property(shards, sizes, sizes, (lists, chunks, breaks) => {
        const keys = [{ column: 0 }, { column: 1 }];
        const small = lists.map((list) => list.map(([one, count]): Pair => [one, count % 3]));
        const order = (a: Pair, b: Pair) => byKey(a, b) || a[1] - b[1];
        const expected = [...new Map(small.flat().map((pair) => [String(pair), pair])).values()];
        const streamed = new Play(breaks);
        const sorted = small.map((list) => list.toSorted(order));
        const merged = mergeSort(streamed.shards(sorted, chunks), text, keys, limits);
        expect(streamed.run(distinctSorted(merged, text, keys))).toEqual(cells(expected.toSorted(order)));
        const hashed = new Play(breaks);
        const rows = distinctHash(concatenate(hashed.shards(small, chunks)), {
          protocol: text,
          keys,
          budget: budget(),
        });
        expect(hashed.run(rows).toSorted()).toEqual(cells(expected).toSorted());
      }),
    );
  });

  test('a sort for the first rows only gives the same first rows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 3 }), (rowsMax, seed) => {
        const list = Array.from({ length: 5000 }, (_, i): Pair => [(i * (7919 + seed)) % 2003, i]);
        const play = new Play();
        const options = { protocol: text, keys: sortKeys, budget: new MemoryBudget(2 * MIB), rowsMax };
        const sorted = sortInMemory(play.rows({ cells: cells(list), chunks: [100] }), options);
        const got = play.run(limit(sorted, { count: rowsMax }));
        expect(got).toEqual(cells(list.toSorted(byKey).slice(0, rowsMax)));
      }),
      { numRuns: 20 },
    );
  });
});

describe('limits and failures', () => {
  test('no more is read from a shard than its queue holds while another one is slow', () => {
    const play = new Play();
    const list = Array.from({ length: 500 }, (_, i): Pair => [i, i]);
    const [fast, slow] = play.shards([list, list], [1]);
    const late: ShardRows = {
      name: 'slow',
      rows: (sink) => {
        const source = slow!.rows(sink);
        source.pause();
        return source;
      },
    };
    play.run(mergeSort([fast!, late], text, sortKeys, limits));
    expect(play.sources[0]!.delivered).toBeLessThan(12);
    play.sources[1]!.resume();
    play.clock.run();
    expect(play.sink.rows).toHaveLength(1000);
  });

  test.each(['mergeSort', 'concatenate'])(
    '%s: one shard fails, the others stop, the client hears it once',
    (name) => {
      const play = new Play();
      const error = { errno: 1317, sqlState: '70100', message: 'interrupted' };
      const list: Pair[] = Array.from({ length: 50 }, (_, i) => [i, i]);
      const inputs: ShardRows[] = [
        { name: 'a', rows: play.rows({ cells: cells(list) }) },
        { name: 'b', rows: play.rows({ cells: cells(list.slice(0, 3)), error }) },
        { name: 'c', rows: play.rows({ cells: cells(list), error }) },
      ];
      play.run(name === 'mergeSort' ? mergeSort(inputs, text, sortKeys) : concatenate(inputs));
      expect(play.sink.error).toBe(error);
      expect(play.sources.map((one) => one.cancelled)).toEqual([true, true, true].map((_, i) => i !== 1));
    },
  );

  test('shards that disagree on the columns are named', () => {
    const play = new Play();
    const inputs: ShardRows[] = [
      { name: 'commerce/-80', rows: play.rows({ cells: cells([[1, 1]]) }) },
      {
        name: 'commerce/80-',
        rows: play.rows({ definitions: [column('k'), column('other')], cells: cells([[1, 1]]) }),
      },
    ];
    play.run(concatenate(inputs));
    expect(play.sink.error).toMatchObject({
      code: 'HG_COLUMNS_DISAGREE',
      message: expect.stringContaining('commerce/-80 and commerce/80-'),
    });
  });

  test('the budget ends a statement and names its key', () => {
    const list = Array.from({ length: 200 }, (_, i): Pair => [i, i]);
    const options = () => ({ protocol: text, keys: sortKeys, budget: new MemoryBudget(10_000) });
    for (const operator of [
      (rows: RowProducer) => groupHash(rows, options(), []),
      (rows: RowProducer) => distinctHash(rows, options()),
      (rows: RowProducer) => sortInMemory(rows, options()),
    ]) {
      const play = new Play();
      play.run(operator(play.rows({ cells: cells(list) })));
      expect(play.sink.error).toMatchObject({
        code: 'HG_STATEMENT_MEMORY',
        message: expect.stringContaining('engine.statementBytesMax'),
      });
      expect(play.sources[0]!.cancelled).toBe(true);
    }
  });

  test('values that MIN and MAX keep count for the budget, too', () => {
    const play = new Play();
    const rows = Array.from({ length: 30 }, (_, i): Cell[] => ['1', `${i + 10}${'x'.repeat(100 * i)}`]);
    const bytes = [column('k'), column('v', columnType.varString)];
    const options = { protocol: text, keys: sortKeys, budget: new MemoryBudget(2500) };
    const source = play.rows({ definitions: bytes, cells: rows });
    play.run(groupHash(source, options, [{ kind: 'max', column: 1 }]));
    expect(play.sink.error).toMatchObject({ code: 'HG_STATEMENT_MEMORY' });
  });

  test('warnings are added up, status bits or-ed', () => {
    const play = new Play();
    const inputs = [
      { name: 'a', rows: play.rows({ summary: { warnings: 65_000, status: 2 } }) },
      { name: 'b', rows: play.rows({ summary: { warnings: 1000, status: 32 } }) },
    ];
    play.run(concatenate(inputs));
    expect(play.sink.summary).toEqual({ warnings: 65_535, status: 34 });
  });

  test('a client that goes away cancels all inputs, and nothing follows', () => {
    for (const make of [concatenate, (inputs: ShardRows[]) => mergeSort(inputs, text, sortKeys)]) {
      const play = new Play();
      const list: Pair[] = Array.from({ length: 50 }, (_, i) => [i, i]);
      play.sink.start(project(make(play.shards([list, list], [2])), text, 1));
      play.clock.later(() => play.sink.source!.cancel());
      play.clock.run();
      expect(play.sources.every((one) => one.cancelled)).toBe(true);
      expect(play.sink.summary ?? play.sink.error).toBeUndefined();
    }
  });

  test('a weight that is NULL beside a text is an error, beside NULL it is NULL', () => {
    const rows = [
      [null, null],
      ['long', null],
    ];
    const keys = [{ column: 0, weight: { column: 1, collationId: 255 } }];
    for (const operator of [
      (input: RowProducer) => groupSorted(input, { protocol: text, keys }, []),
      (input: RowProducer) => groupHash(input, { protocol: text, keys, budget: budget() }, []),
    ]) {
      const play = new Play();
      play.run(operator(play.rows({ cells: [rows[0]!, rows[0]!] })));
      expect(play.sink.rows).toHaveLength(1);
      const failing = new Play();
      failing.run(operator(failing.rows({ cells: rows })));
      expect(failing.sink.error).toMatchObject({ code: 'HG_VALUE_TOO_LONG' });
    }
  });

  test('what cannot be compared fails before any row', () => {
    const play = new Play();
    const json = [column('j', columnType.json)];
    play.run(distinctSorted(play.rows({ definitions: json, cells: [['{}']] }), text, sortKeys));
    expect(play.sink.error).toMatchObject({ code: 'HG_NOT_COMPARABLE' });
    expect(play.sink.rows).toEqual([]);
  });

  test('project drops the hidden columns of rows and definitions', () => {
    const play = new Play();
    expect(
      play.run(
        project(
          play.rows({
            cells: [
              ['1', '2'],
              [null, '3'],
            ],
          }),
          text,
          1,
        ),
      ),
    ).toEqual([['1'], [null]]);
    expect(play.sink.definitions).toEqual([definitions[0]]);
  });
});
