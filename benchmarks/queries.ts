/** `npm run bench:queries`: whole queries over shards against one MySQL with the same rows, in one interleaved run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { connectAsRoot } from '../src/local/mysqld.ts';
import type { KeyspaceStage } from '../test/support/keyspace-stage.ts';
import { keyspaceNames } from '../test/tpch/stage.ts';
import { profileWhile, topSelfTimes } from './support/inspector.ts';
import { machineFacts } from './support/machine.ts';
import { cpuSeconds, withDescendants } from './support/process-figures.ts';
import { type ArenaPart, openQueryArena } from './support/query-arena.ts';
import { cellsNamed, type QueryCell } from './support/query-cells.ts';
import { QueryClock } from './support/query-clock.ts';
import { compareQuery, type QueryResult } from './support/query-comparison.ts';
import {
  type MemoryQuery,
  measureQueryMemory,
  memoryQueries,
  type QueryMemory,
} from './support/query-memory.ts';
import { alignedTable, machineLines } from './support/report.ts';

const usage = `npm run bench:queries -- [options]
  --only NAME       cells whose names begin so: join, join-100, join-10000, keyspaces, aggregate, page, window, tpch,
                    tpch-q3, tpch_scattered, memory; may be repeated
  --rounds N        rounds over all ways (default 3)
  --seconds N       time for one way in a round (default 0.5)
  --scale N         of TPC-H: 12,000 lines of orders times N (default 5)
  --megabytes N     size of the large answers of memory (default 1000)
  --profile         the router's functions by their own time, for the first cell, instead of times`;

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '0.5' },
    scale: { type: 'string', default: '5' },
    megabytes: { type: 'string', default: '1000' },
    profile: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const progress = (text: string): void => console.error(text);
const figure = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '';
const mebibytes = (bytes: number): string => figure(bytes / 1024 / 1024, 0);

function cellLines(results: readonly QueryResult[]): string {
  return alignedTable(
    ['query', 'rows', 'one ms', 'router ms', '×one', 'slowest shard ms', '×shard'],
    results.map((result) =>
      result.kind === 'refused'
        ? [result.name, 'refused', '', '', '', '', '']
        : [
            result.name,
            String(result.rows),
            figure(result.oneMs, 2),
            figure(result.routerMs, 2),
            figure(result.toOne, 2),
            figure(result.slowestShardMs, 2),
            figure(result.toShard, 2),
          ],
    ),
  );
}

/** The sums over all queries of a sharding that are answered. */
function totalLines(results: readonly QueryResult[]): string {
  const rows = keyspaceNames.flatMap((keyspace) => {
    const own = results.filter((result) => result.keyspace === keyspace);
    if (own.length === 0) return [];
    const measured = own.flatMap((result) => (result.kind === 'measured' ? [result] : []));
    const sum = (of: 'oneMs' | 'routerMs'): number => measured.reduce((total, each) => total + each[of], 0);
    const ratio = sum('routerMs') / sum('oneMs');
    return [
      [
        keyspace,
        `${measured.length} of ${own.length}`,
        figure(sum('oneMs'), 0),
        figure(sum('routerMs'), 0),
        figure(ratio, 2),
      ],
    ];
  });
  return rows.length === 0 ? '' : alignedTable(['all of', 'answered', 'one ms', 'router ms', '×one'], rows);
}

const memoryLines = (results: readonly QueryMemory[]): string =>
  alignedTable(
    ['memory', 'peak 10 MB', 'peak large', 'peak large, slow reader', 'growth', 'growth slow'],
    results.map((result) =>
      result.kind === 'refused'
        ? [result.name, 'refused', '', '', '', '']
        : [
            result.name,
            mebibytes(result.smallPeakBytes),
            mebibytes(result.largePeakBytes),
            mebibytes(result.slowPeakBytes),
            mebibytes(result.largePeakBytes - result.smallPeakBytes),
            mebibytes(result.slowPeakBytes - result.smallPeakBytes),
          ],
    ),
  );

async function profileCell(stage: KeyspaceStage, cell: QueryCell): Promise<void> {
  const clock = await QueryClock.open(stage.router, cell.keyspace);
  const pids = withDescendants([stage.routerPid()]);
  const run = async (seconds: number): Promise<number> => {
    const endMs = performance.now() + seconds * 1000;
    let count = 0;
    for (; performance.now() < endMs; count++) await clock.ask(cell.sql);
    return count;
  };
  await run(1);
  const before = pids.map((pid) => cpuSeconds([pid]));
  await run(1);
  const spent = pids.map((pid, at) => cpuSeconds([pid]) - before[at]!);
  let count = 0;
  const profile = await profileWhile(pids[spent.indexOf(Math.max(...spent))]!, async () => {
    count = await run(Number(values.seconds) * 4);
  });
  clock.close();
  const lines = topSelfTimes(profile, 25).map(({ name, place, share }) => [
    figure(share * 100, 1),
    name,
    place,
  ]);
  console.log(
    `\n${cell.name}: ${count} times\n${alignedTable(['% of busy time', 'function', 'place'], lines)}`,
  );
}

function save(results: object): string {
  const folder = fileURLToPath(new URL('./results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = path.join(
    folder,
    `queries-${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`,
  );
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  return path.relative(process.cwd(), file);
}

async function measure(stage: KeyspaceStage, cells: readonly QueryCell[], memory: boolean): Promise<void> {
  const version = await mysqldVersion(stage);
  const machine = machineFacts({ mysqldVersion: version, haproxyProgram: undefined });
  const results: QueryResult[] = [];
  const pace = { rounds: Number(values.rounds), secondsEach: Number(values.seconds) };
  for (const cell of cells) {
    progress(cell.name);
    results.push(await compareQuery(stage, cell, pace));
  }
  const memories: QueryMemory[] = [];
  for (const name of memory ? (Object.keys(memoryQueries) as MemoryQuery[]) : []) {
    progress(`memory: ${name}`);
    memories.push(await measureQueryMemory(stage, name, Number(values.megabytes) * 1e6));
  }
  const tables = [
    machineLines(machine),
    results.length > 0 ? cellLines(results) : '',
    totalLines(results),
    memories.length > 0 ? memoryLines(memories) : '',
  ];
  console.log(tables.filter((table) => table !== '').join('\n\n'));
  const refusals = [...results, ...memories].flatMap((each) =>
    each.kind === 'refused' ? [`${each.name}: ${each.message}`] : [],
  );
  if (refusals.length > 0) console.log(`\n${refusals.join('\n')}`);
  progress(`\nall figures: ${save({ machine, results, memories })}`);
}

async function mysqldVersion({ reference }: KeyspaceStage): Promise<string> {
  const connection = await connectAsRoot(reference.port);
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version');
    return String((rows as { version: string }[])[0]?.version);
  } finally {
    await connection.end();
  }
}

async function main(): Promise<void> {
  if (values.help) return console.log(usage);
  const { only } = values;
  const memory = only.length === 0 || only.includes('memory');
  const cells = cellsNamed(only);
  if (cells.length === 0 && !memory) throw new Error(`--only ${only.join(' ')}: no cell is named so`);
  const parts = new Set<ArenaPart>([
    ...cells.map(({ part }) => part),
    ...(memory ? (['wide'] as const) : []),
  ]);
  progress('starting servers and filling the tables');
  const stage = await openQueryArena(parts, Number(values.scale));
  try {
    const [first] = cells;
    if (values.profile && first !== undefined) await profileCell(stage, first);
    else await measure(stage, cells, memory);
  } finally {
    await stage.stop();
  }
}

try {
  await main();
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 1;
}
