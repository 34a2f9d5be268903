import { expect, test } from 'vitest';
import { Clock, CollectingSink, column, MemoryRows, textRows } from '../../../test/support/row-stage.ts';
import { MemoryBudget } from './memory-budget.ts';
import { type Spool, spool } from './spool.ts';

const MIB = 1024 * 1024;
const ROWS = 1000;
const rows = textRows(Array.from({ length: ROWS }, (_, at) => [String(at).padStart(1000, '0')]));

/** A reader that takes a break behind the first row, until it is told to go on. */
function play(bytesMax: number) {
  const clock = new Clock();
  const budget = new MemoryBudget(bytesMax);
  const source = new MemoryRows(clock, { definitions: [column('c')], rows, chunks: [10] });
  const sink = new CollectingSink(clock);
  let given: Spool | undefined;
  const producer = spool(source.producer, budget, (operator) => {
    given = operator;
  });
  sink.start((to) => {
    const started = producer(to);
    started.pause();
    return started;
  });
  clock.run();
  return { clock, budget, source, sink, spool: given! };
}

test('rows wait in their source while nobody wants them, and then go through', () => {
  const { clock, source, sink } = play(16 * MIB);
  expect(source.delivered).toBe(0);
  sink.source!.resume();
  clock.run();
  expect(Buffer.concat(sink.rows).equals(Buffer.concat(rows))).toBe(true);
  expect(sink.summary).toBeDefined();
});

test('a spool takes all rows when it has to, in their order, and gives the memory back', () => {
  const { clock, budget, source, sink, spool: operator } = play(16 * MIB);
  operator.drain(true);
  clock.run();
  expect(source.delivered).toBe(ROWS);
  expect(budget.usedBytes).toBeGreaterThan(ROWS * 1000);
  sink.source!.resume();
  clock.run();
  expect(Buffer.concat(sink.rows).equals(Buffer.concat(rows))).toBe(true);
  expect(budget.usedBytes).toBe(0);
});

test('it takes no more than a part of the memory where it need not', () => {
  const { clock, source, sink, spool: operator } = play(MIB);
  operator.drain(false);
  clock.run();
  expect(source.delivered).toBeLessThan(400);
  sink.source!.resume();
  clock.run();
  expect(Buffer.concat(sink.rows).equals(Buffer.concat(rows))).toBe(true);
});

test('too many rows that it has to take are an error', () => {
  const { clock, source, sink, spool: operator } = play(MIB / 2);
  operator.drain(true);
  clock.run();
  expect(sink.error).toMatchObject({ code: 'HG_STATEMENT_MEMORY' });
  expect(source.cancelled).toBe(true);
});
