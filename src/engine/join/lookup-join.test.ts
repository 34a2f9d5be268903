import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Cell,
  Clock,
  CollectingSink,
  column,
  MemoryRows,
  textRows,
} from '../../../test/support/row-stage.ts';
import { HeadgateError } from '../../errors/headgate-error.ts';
import { readTextRow } from '../../wire/packets.ts';
import { MemoryBudget } from '../operators/memory-budget.ts';
import type { RowProducer } from '../row-stream.ts';
import type { JoinColumn } from './compose-rows.ts';
import {
  type JoinKind,
  type JoinLimits,
  joinLimits,
  type LookupJoinOptions,
  lookupJoin,
} from './lookup-join.ts';
import type { LookupKeys } from './outer-batch.ts';

const outerColumns = [column('k'), column('a')];
const innerColumns = [column('b'), column('k')];
const MIB = 1024 * 1024;

type Row = readonly [key: number | null, value: number];
const outerCells = (rows: readonly Row[]): Cell[][] => rows.map((row) => row.map(cell));
const innerCells = (rows: readonly Row[]): Cell[][] => rows.map(([key, value]) => [cell(value), cell(key)]);
const cell = (value: number | null): Cell => (value === null ? null : String(value));

const joinedColumns: readonly JoinColumn[] = [
  { side: 'outer', column: 0 },
  { side: 'inner', column: 0 },
  { side: 'outer', column: 1 },
  { side: 'inner', column: 1 },
];
const outerOnly: readonly JoinColumn[] = [
  { side: 'outer', column: 1 },
  { side: 'outer', column: 0 },
];

/** What one MySQL would give: outer rows in their order, inner ones in theirs. */
function naive(kind: JoinKind, outer: readonly Row[], inner: readonly Row[]): Cell[][] {
  return outer.flatMap(([key, a]) => {
    const found = inner.filter(([other]) => key !== null && other === key);
    if (kind === 'semi' || kind === 'anti')
      return found.length > 0 === (kind === 'semi') ? [[cell(a), cell(key)]] : [];
    if (found.length === 0 && kind === 'left') return [[cell(key), null, cell(a), null]];
    return found.map(([k, b]) => [cell(key), cell(b), cell(a), cell(k)]);
  });
}

class Play {
  readonly clock = new Clock();
  readonly lookups: { keys: (string | undefined)[]; source: MemoryRows }[] = [];
  readonly sink: CollectingSink;
  outer!: MemoryRows;

  constructor(breaks: readonly number[] = []) {
    this.sink = new CollectingSink(this.clock, breaks);
  }

  join(
    outer: readonly Row[],
    inner: readonly Row[],
    options: Pick<LookupJoinOptions, 'kind' | 'ordered'> & { limits?: JoinLimits },
    chunks: readonly number[] = [3],
  ): RowProducer {
    this.outer = new MemoryRows(this.clock, {
      definitions: outerColumns,
      rows: textRows(outerCells(outer)),
      chunks,
    });
    const isFilter = options.kind === 'semi' || options.kind === 'anti';
    return lookupJoin(this.outer.producer, {
      protocol: 'text',
      outerKeys: [{ column: 0 }],
      innerKeys: [{ column: 1 }],
      output: isFilter ? outerOnly : joinedColumns,
      budget: new MemoryBudget(MIB),
      lookup: (keys) => this.lookup(keys, inner, chunks),
      ...options,
    });
  }

  lookup(keys: LookupKeys, inner: readonly Row[], chunks: readonly number[]): RowProducer {
    const wanted: string[] = [];
    keys.each(1, (bytes, ranges) => wanted.push(bytes.toString('latin1', ranges[0], ranges[1])));
    const rows = textRows(innerCells(inner.filter(([key]) => wanted.includes(String(key)))));
    const summary = { warnings: 1, status: 0 };
    const source = new MemoryRows(this.clock, { definitions: innerColumns, rows, chunks, summary });
    this.lookups.push({ keys: wanted, source });
    return source.producer;
  }

  run(producer: RowProducer): Cell[][] {
    this.sink.start(producer);
    this.clock.run();
    const width = this.sink.definitions?.length ?? 0;
    return this.sink.rows.map((row) => readTextRow(row, width).map((one) => one?.toString() ?? null));
  }
}

const row = fc.tuple(fc.option(fc.integer({ min: -3, max: 6 })), fc.integer({ min: 0, max: 1000 }));
const rows = fc.array(row, { maxLength: 40 });
const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
const kinds = fc.constantFrom<JoinKind>('inner', 'left', 'semi', 'anti');
const limits = fc.record({
  batchRows: fc.integer({ min: 1, max: 12 }),
  batchBytes: fc.integer({ min: 10, max: 400 }),
  innerBytes: fc.integer({ min: 1, max: 1000 }),
  firstRows: fc.integer({ min: 1, max: 20 }),
});

describe('any rows, any sizes of batches, any pace', () => {
  test('in order: what a naive join gives', () => {
    fc.assert(
      fc.property(rows, rows, kinds, limits, sizes, sizes, (outer, inner, kind, some, chunks, breaks) => {
        const play = new Play(breaks);
        const got = play.run(play.join(outer, inner, { kind, ordered: true, limits: some }, chunks));
        expect(got).toEqual(naive(kind, outer, inner));
        expect(play.sink.summary).toBeDefined();
        expect(play.sink.whilePaused).toBe(0);
      }),
    );
  });

  test('in any order: the same rows, and none is looked up twice', () => {
    fc.assert(
      fc.property(rows, rows, kinds, limits, sizes, sizes, (outer, inner, kind, some, chunks, breaks) => {
        const play = new Play(breaks);
        const got = play.run(play.join(outer, inner, { kind, ordered: false, limits: some }, chunks));
        expect(got.toSorted()).toEqual(naive(kind, outer, inner).toSorted());
        expect(play.sink.summary!.warnings).toBe(play.lookups.length);
        expect(play.lookups.some(({ source }) => source.cancelled)).toBe(false);
        expect(play.sink.whilePaused).toBe(0);
      }),
    );
  });
});

test.each<JoinKind>(['inner', 'left', 'semi'])('rows that are longer than all before them: %s', (kind) => {
  const play = new Play();
  const values = [10, 3_000, 20, 50_000, 400_000];
  const wide = values.map((length, at): Cell[] => [String(at), 'x'.repeat(length)]);
  const source = (definitions: readonly Buffer[], cells: readonly Cell[][]): MemoryRows =>
    new MemoryRows(play.clock, { definitions, rows: textRows(cells), chunks: [1] });
  const inner = kind === 'left' ? [] : values.map((_, at): Cell[] => ['y', String(at)]);
  const joined = lookupJoin(source(outerColumns, wide).producer, {
    protocol: 'text',
    kind,
    ordered: true,
    outerKeys: [{ column: 0 }],
    innerKeys: [{ column: 1 }],
    output: kind === 'semi' ? outerOnly : joinedColumns,
    budget: new MemoryBudget(4 * MIB),
    lookup: () => source(innerColumns, inner).producer,
  });
  const got = play.run(joined);
  expect(got.map((cells) => cells[kind === 'semi' ? 0 : 2]?.length)).toEqual(values);
});

const many = (count: number): Row[] => Array.from({ length: count }, (_, at) => [at, at]);
const big: JoinLimits = { batchRows: 100, batchBytes: MIB, innerBytes: MIB };

describe('batches', () => {
  test('one lookup for a batch, with each key once', () => {
    const play = new Play();
    const outer = [...many(50), ...many(50)];
    play.run(play.join(outer, many(10), { kind: 'inner', ordered: true, limits: big }));
    expect(play.lookups.map(({ keys }) => keys.length)).toEqual([50]);
    expect(play.sink.rows).toHaveLength(20);
  });

  test('where few rows are wanted the first batches are small', () => {
    const play = new Play();
    const limited = { ...big, firstRows: 2, batchRows: 20 };
    play.run(play.join(many(60), [], { kind: 'inner', ordered: true, limits: limited }));
    expect(play.lookups.map(({ keys }) => keys.length)).toEqual([2, 8, 20, 20, 10]);
  });

  test('the next batch fills while one is looked up, and no further', () => {
    const play = new Play();
    const limited = { ...big, batchRows: 10 };
    const joined = play.join(many(1000), many(1000), { kind: 'inner', ordered: true, limits: limited }, [1]);
    play.sink.start((sink) => {
      const source = joined(sink);
      source.pause();
      return source;
    });
    play.clock.run();
    expect(play.outer.delivered).toBe(20);
    play.sink.source!.resume();
    play.clock.run();
    expect(play.sink.rows).toHaveLength(1000);
  });

  test('without outer rows the definitions are asked for; NOT NULL is not said where a row may be missing', () => {
    const notNull = 1;
    const play = new Play();
    play.run(play.join([], [], { kind: 'left', ordered: true }));
    expect(play.lookups.map(({ keys }) => keys)).toEqual([[]]);
    expect(play.sink.definitions).toEqual([
      outerColumns[0],
      innerColumns[0],
      outerColumns[1],
      innerColumns[1],
    ]);
    const strict = new Play();
    const flagged = column('b', undefined, { flags: notNull });
    const outer = new MemoryRows(strict.clock, { definitions: outerColumns, rows: textRows([['1', '2']]) });
    const inner = new MemoryRows(strict.clock, { definitions: [flagged, column('k')], rows: [] });
    const options = { protocol: 'text', ordered: true, budget: new MemoryBudget(MIB) } as const;
    const keys = { outerKeys: [{ column: 0 }], innerKeys: [{ column: 1 }], output: joinedColumns };
    strict.run(
      lookupJoin(outer.producer, { ...options, ...keys, kind: 'left', lookup: () => inner.producer }),
    );
    expect(strict.sink.definitions![1]).toEqual(column('b'));
  });

  test('batches are as large as the memory allows, larger ones where no index serves', () => {
    expect(joinLimits(Number.POSITIVE_INFINITY, true)).toEqual({
      batchRows: 2000,
      batchBytes: MIB / 2,
      innerBytes: 4 * MIB,
    });
    expect(joinLimits(64 * MIB, false)).toEqual({
      batchRows: 50_000,
      batchBytes: 8 * MIB,
      innerBytes: 16 * MIB,
    });
    expect(joinLimits(MIB, true).batchRows).toBeLessThan(2000);
    expect(joinLimits(1, true).batchRows).toBe(1);
  });

  test.each([true, false])('many joined rows leave others their turn (in order: %s)', async (ordered) => {
    const play = new Play();
    const same = (count: number): Row[] => Array.from({ length: count }, (_, at) => [1, at]);
    const joined = play.join(same(200), same(100), { kind: 'inner', ordered, limits: big }, [100]);
    play.sink.start(joined);
    play.clock.run();
    const atOnce = play.sink.rows.length;
    expect(atOnce).toBeGreaterThan(1000);
    expect(atOnce).toBeLessThan(20_000);
    while (play.sink.summary === undefined) {
      await new Promise((resolve) => setImmediate(resolve));
      play.clock.run();
    }
    expect(play.sink.rows).toHaveLength(20_000);
  });

  test('semi joins pass rows on as they are', () => {
    const play = new Play();
    const got = play.run(play.join(many(5), [[3, 7]], { kind: 'semi', ordered: true }));
    expect(got).toEqual([['3', '3']]);
  });
});

describe('ends before the end', () => {
  const failing = (play: Play): RowProducer =>
    new MemoryRows(play.clock, {
      definitions: innerColumns,
      rows: textRows([['1', '1']]),
      error: new HeadgateError('HG_TABLET_LOST'),
    }).producer;

  test.each([true, false])('an inner side that fails stops the outer one (in order: %s)', (ordered) => {
    const play = new Play();
    const outer = new MemoryRows(play.clock, {
      definitions: outerColumns,
      rows: textRows(outerCells(many(1000))),
    });
    const joined = lookupJoin(outer.producer, {
      protocol: 'text',
      kind: 'inner',
      outerKeys: [{ column: 0 }],
      innerKeys: [{ column: 1 }],
      output: joinedColumns,
      ordered,
      budget: new MemoryBudget(MIB),
      limits: { ...big, batchRows: 10 },
      lookup: () => failing(play),
    });
    play.run(joined);
    expect(play.sink.error).toMatchObject({ code: 'HG_TABLET_LOST' });
    expect(outer.cancelled).toBe(true);
  });

  test('an outer side that fails stops the lookup', () => {
    const play = new Play();
    const outer = new MemoryRows(play.clock, {
      definitions: outerColumns,
      rows: textRows(outerCells(many(15))),
      chunks: [12],
      error: new HeadgateError('HG_TABLET_LOST'),
    });
    play.run(
      lookupJoin(outer.producer, {
        protocol: 'text',
        kind: 'inner',
        outerKeys: [{ column: 0 }],
        innerKeys: [{ column: 1 }],
        output: joinedColumns,
        ordered: true,
        budget: new MemoryBudget(MIB),
        limits: { ...big, batchRows: 10 },
        lookup: (keys) => play.lookup(keys, many(15), [1]),
      }),
    );
    expect(play.sink.error).toMatchObject({ code: 'HG_TABLET_LOST' });
    expect(play.lookups.map(({ source }) => source.cancelled)).toEqual([true]);
  });

  test('a reader that wants no more stops both sides', () => {
    const play = new Play([1]);
    const options = { kind: 'inner', ordered: false, limits: { ...big, batchRows: 10 } } as const;
    const joined = play.join(many(100), many(100), options, [1]);
    play.sink.start(joined);
    const stop = (): void => {
      if (play.sink.rows.length < 3) play.clock.later(stop);
      else play.sink.source!.cancel();
    };
    stop();
    play.clock.run();
    expect(play.sink.rows.length).toBeLessThan(10);
    expect(play.outer.cancelled).toBe(true);
    expect(play.lookups.at(-1)!.source.cancelled).toBe(true);
  });

  test('the budget holds for the batches', () => {
    const play = new Play();
    const outer = new MemoryRows(play.clock, {
      definitions: outerColumns,
      rows: textRows(outerCells(many(1000))),
    });
    play.run(
      lookupJoin(outer.producer, {
        protocol: 'text',
        kind: 'inner',
        outerKeys: [{ column: 0 }],
        innerKeys: [{ column: 1 }],
        output: joinedColumns,
        ordered: true,
        budget: new MemoryBudget(1000),
        limits: big,
        lookup: (keys) => play.lookup(keys, [], [1]),
      }),
    );
    expect(play.sink.error).toMatchObject({ code: 'HG_STATEMENT_MEMORY' });
    expect(outer.cancelled).toBe(true);
  });
});
