import { expect, test } from 'vitest';
import { mergedRows } from './merge-rows.ts';
import { metadataTable } from './tables.ts';

test('counts and sizes are added up, the average is made anew', () => {
  const names = [
    'TABLE_SCHEMA',
    'TABLE_NAME',
    'ENGINE',
    'TABLE_ROWS',
    'DATA_LENGTH',
    'AVG_ROW_LENGTH',
    'AUTO_INCREMENT',
    'UPDATE_TIME',
  ];
  const merged = mergedRows(metadataTable('tables')!, names, [
    [
      ['k', 't', 'InnoDB', '3', '16384', '5461', '9', '2026-01-01 00:00:00'],
      ['k', 'v', null, null, null, null, null, null],
    ],
    [
      ['k', 't', 'InnoDB', '1', '18446744073709551615', '16384', '10', null],
      ['k', 'v', null, null, null, null, null, null],
      ['k', 'only', 'InnoDB', '0', '16384', '0', null, null],
    ],
  ]);
  expect(merged).toEqual([
    ['k', 't', 'InnoDB', '4', '18446744073709567999', '4611686018427391999', '10', '2026-01-01 00:00:00'],
    ['k', 'v', null, null, null, null, null, null],
    ['k', 'only', 'InnoDB', '0', '16384', '0', null, null],
  ]);
});

test('columns that were not asked for are left out', () => {
  const merged = mergedRows(
    metadataTable('TABLES')!,
    ['TABLE_SCHEMA', 'TABLE_NAME', 'TABLE_ROWS'],
    [[['k', 't', '3']], [['k', 't', '4']]],
  );
  expect(merged).toEqual([['k', 't', '7']]);
});
