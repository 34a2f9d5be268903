import { expect, test } from 'vitest';
import { keyRangeContains, parseKeyRange } from '../vschema/key-range.ts';
import { hashKeyspaceId } from '../vschema/vindexes/hash.ts';
import { type SampleTable, sampleTables } from './sample-rows.ts';

const idsOf = (table: SampleTable): number[] => table.rows.map((row) => Number(row[0]));

test('two shards hold the same rows as one, each row once', () => {
  const whole = sampleTables('customer', '-');
  const halves = ['-80', '80-'].map((shard) => sampleTables('customer', shard));
  whole.forEach((table, at) => {
    const parts = halves.flatMap((tables) => idsOf(tables[at]!));
    expect(parts.toSorted((a, b) => a - b)).toEqual(idsOf(table));
    for (const tables of halves) expect(tables[at]!.rows.length).toBeGreaterThan(table.rows.length / 3);
  });
});

test('every row is where its customer belongs', () => {
  const range = parseKeyRange('-80')!;
  for (const table of sampleTables('customer', '-80')) {
    const column = table.columns.indexOf('customer_id');
    const lost = table.rows.filter((row) => !keyRangeContains(range, hashKeyspaceId(BigInt(row[column]!))));
    expect(lost).toEqual([]);
  }
});

test('the ids lie below what the sequences hand out first', () => {
  const highest = sampleTables('customer', '-').map((table) => Math.max(...idsOf(table)));
  expect(Math.max(...highest)).toBeLessThan(100_001);
});
