import { expect, test } from 'vitest';
import { Clock, CollectingSink, column, MemoryRows, textRows } from '../../../test/support/row-stage.ts';
import { MemoryBudget } from './memory-budget.ts';
import { triedRows } from './tried-rows.ts';

const rows = textRows(Array.from({ length: 100 }, (_, at) => [String(at).padStart(1000, '0')]));

function play(bytesMax: number) {
  const clock = new Clock();
  const budget = new MemoryBudget(1024 * 1024);
  const source = () => new MemoryRows(clock, { definitions: [column('c')], rows, chunks: [10] });
  const [first, second] = [source(), source()];
  const sink = new CollectingSink(clock);
  let known: readonly Buffer[] | undefined;
  const again = (definitions: readonly Buffer[]) => {
    known = definitions;
    return second.producer;
  };
  sink.start(triedRows(first.producer, { budget, bytesMax, again }));
  clock.run();
  return { budget, first, second, sink, known };
}

test('rows that can be kept are given out when all are here', () => {
  const { budget, second, sink } = play(200_000);
  expect(Buffer.concat(sink.rows).equals(Buffer.concat(rows))).toBe(true);
  expect(sink.summary).toBeDefined();
  expect(second.delivered).toBe(0);
  expect(budget.usedBytes).toBe(0);
});

test('of too many rows nobody hears: they are asked for again', () => {
  const { budget, first, sink, known } = play(20_000);
  expect(first.delivered).toBeLessThan(40);
  expect(known).toEqual([column('c')]);
  expect(Buffer.concat(sink.rows).equals(Buffer.concat(rows))).toBe(true);
  expect(sink.summary).toBeDefined();
  expect(budget.usedBytes).toBe(0);
});
