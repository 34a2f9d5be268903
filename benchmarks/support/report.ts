/** The tables that a person reads; the JSON file holds the same figures and every single round. */
import type { CellResult, LayerResult } from './comparison.ts';
import type { Machine } from './machine.ts';
import type { IdleResult, MemoryResult } from './memory.ts';
import { isLarge } from './workloads.ts';

const mebibyte = 1024 * 1024;

export function machineLines(machine: Machine): string {
  const memory = `${Math.round(machine.memoryBytes / 1024 ** 3)} GiB`;
  return [
    `${machine.cores} cores (${machine.cpuModel}), ${memory}, kernel ${machine.kernel}, load before ${machine.loadBefore.toFixed(2)}`,
    `Node ${machine.node}, MySQL ${machine.mysqld}, HAProxy ${machine.haproxy}, commit ${machine.commit}`,
  ].join('\n');
}

type Column = Readonly<{ title: string; value: (cell: CellResult, result: LayerResult) => string }>;

const number = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '';
const microseconds = (secondsPer1000: number): string => number(secondsPer1000 * 1000, 1);
const ofMiddle = (result: LayerResult, text: string): string => (result.layer === 'direct' ? '' : text);

const commonColumns: readonly Column[] = [
  { title: 'workload', value: (cell) => cell.workload },
  { title: 'conns', value: (cell) => String(cell.connections) },
  { title: 'layer', value: (_, { layer }) => layer },
];

const queryColumns: readonly Column[] = [
  ...commonColumns,
  { title: 'queries/s', value: (_, { medians }) => number(medians.statementsPerSecond, 0) },
  { title: '×direct', value: (_, { ratios }) => number(ratios.throughputToDirect, 2) },
  { title: 'p50 ms', value: (_, { medians }) => number(medians.p50Ms, 3) },
  { title: '+p50 ×HAProxy', value: (_, { ratios }) => number(ratios.addedP50ToHaproxy, 2) },
  { title: 'p99 ms', value: (_, { medians }) => number(medians.p99Ms, 2) },
  { title: 'p99.9 ms', value: (_, { medians }) => number(medians.p999Ms, 2) },
  {
    title: 'middle µs',
    value: (_, result) => ofMiddle(result, microseconds(result.medians.middleCpuSecondsPer1000)),
  },
  {
    title: 'in user mode',
    value: (_, result) => ofMiddle(result, microseconds(result.medians.middleUserCpuSecondsPer1000)),
  },
  { title: '×HAProxy', value: (_, { ratios }) => number(ratios.cpuToHaproxy, 2) },
  { title: '×unsharded', value: (_, { ratios }) => number(ratios.cpuToUnsharded, 2) },
  { title: 'p50 ×cached', value: (_, { ratios }) => number(ratios.p50ToCached, 2) },
  { title: 'mysqld µs', value: (_, { medians }) => microseconds(medians.mysqldCpuSecondsPer1000) },
  { title: 'both ×HAProxy', value: (_, { ratios }) => number(ratios.cpuWithMysqldToHaproxy, 2) },
  { title: 'RSS MiB', value: (_, result) => ofMiddle(result, mebibytes(result.medians.middleResidentBytes)) },
];

const resultColumns: readonly Column[] = [
  ...commonColumns,
  { title: 'MB/s', value: (_, { medians }) => number(medians.megabytesPerSecond, 0) },
  { title: '×direct', value: (_, { ratios }) => number(ratios.throughputToDirect, 2) },
  { title: 'p50 ms', value: (_, { medians }) => number(medians.p50Ms, 0) },
  {
    title: 'middle s/GB',
    value: (_, result) => ofMiddle(result, number(result.medians.middleCpuSecondsPerGigabyte, 2)),
  },
  { title: '×HAProxy', value: (_, { ratios }) => number(ratios.cpuToHaproxy, 2) },
  { title: '×unsharded', value: (_, { ratios }) => number(ratios.cpuToUnsharded, 2) },
  { title: 'both ×HAProxy', value: (_, { ratios }) => number(ratios.cpuWithMysqldToHaproxy, 2) },
  { title: 'RSS MiB', value: (_, result) => ofMiddle(result, mebibytes(result.medians.middleResidentBytes)) },
  {
    title: 'peak MiB',
    value: (_, result) => ofMiddle(result, mebibytes(result.medians.middlePeakResidentBytes)),
  },
];

const mebibytes = (bytes: number): string => number(bytes / mebibyte, 0);

export function cellTable(cells: readonly CellResult[]): string {
  const rowsOf = (columns: readonly Column[], large: boolean): string[][] =>
    cells
      .filter(({ workload }) => isLarge(workload) === large)
      .flatMap((cell) => cell.layers.map((result) => columns.map(({ value }) => value(cell, result))));
  const tables = [
    { columns: queryColumns, rows: rowsOf(queryColumns, false) },
    { columns: resultColumns, rows: rowsOf(resultColumns, true) },
  ];
  return tables
    .filter(({ rows }) => rows.length > 0)
    .map(({ columns, rows }) => {
      const isFilled = columns.map((_, at) => rows.some((row) => row[at] !== ''));
      return alignedTable(
        columns.filter((_, at) => isFilled[at]).map(({ title }) => title),
        rows.map((row) => row.filter((_, at) => isFilled[at])),
      );
    })
    .join('\n\n');
}

export function memoryTable(results: readonly MemoryResult[]): string {
  return alignedTable(
    ['layer', 'peak 10 MB', 'peak 1 GB', 'peak slow 1 GB', 'growth', 'growth slow', 'bar < 32 MiB'],
    results.map((result) => [
      result.layer,
      mebibytes(result.smallPeakBytes),
      mebibytes(result.largePeakBytes),
      mebibytes(result.slowPeakBytes),
      number(result.largeGrowthBytes / mebibyte, 1),
      number(result.slowGrowthBytes / mebibyte, 1),
      result.withinBar ? 'held' : 'MISSED',
    ]),
  );
}

export function idleTable(results: readonly IdleResult[]): string {
  return alignedTable(
    ['layer', 'idle connections', 'KiB each'],
    results.map(({ layer, connections, bytesPerConnection }) => [
      layer,
      String(connections),
      number(bytesPerConnection / 1024, 1),
    ]),
  );
}

/** Text columns to the left, figures to the right. */
export function alignedTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [titles, ...rows];
  const widths = titles.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const isText = titles.map((_, column) => rows.every((row) => !/^[\d.-]+$/.test(row[column]!)));
  const line = (row: readonly string[]): string =>
    row
      .map((text, column) => (isText[column] ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}
