/**
 * `npm run bench:profile`: a CPU profile of the router under load. Prints the functions with the most time of their
 * own and leaves the profile in `benchmarks/results/`, where Chrome's developer tools and speedscope can open it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openArena } from './support/arena.ts';
import type { Endpoint } from './support/connection.ts';
import { profileWhile, topSelfTimes } from './support/inspector.ts';
import { LoadGenerator, type LoadResult } from './support/load.ts';
import { perfNodeOptions, perfWhile } from './support/perf.ts';
import { cpuSeconds, cpuTime } from './support/process-figures.ts';
import { alignedTable } from './support/report.ts';
import { isSharded, workloadNames } from './support/workloads.ts';

const usage = `npm run bench:profile -- [options]
  --workload NAME         ${workloadNames.join(', ')} (default point-text)
  --connections N         (default 64)
  --seconds N             (default 5)
  --perf                  with Linux' perf, which also sees the kernel and native code
  --attach DIR            the running cluster of "headgate local --keyspace sbtest=1 --data DIR"
  --pid PID --port N      any Node process that serves MySQL clients on this port
With --perf, a router that runs already must have been started with NODE_OPTIONS=${perfNodeOptions}.`;

const warmUpSeconds = 2;
const linesShown = 30;

const { values } = parseArgs({
  options: {
    workload: { type: 'string', default: 'point-text' },
    connections: { type: 'string', default: '64' },
    seconds: { type: 'string', default: '5' },
    perf: { type: 'boolean', default: false },
    attach: { type: 'string' },
    pid: { type: 'string' },
    port: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

type Subject = Readonly<{ pids: readonly number[]; endpoint: Endpoint; stop: () => Promise<void> }>;

async function openSubject(): Promise<Subject> {
  if (values.pid) {
    const endpoint = { host: '127.0.0.1', port: Number(values.port), user: 'root', database: 'sbtest' };
    return { pids: [Number(values.pid)], endpoint, stop: async () => {} };
  }
  // The cluster and its router inherit it.
  if (values.perf) process.env.NODE_OPTIONS = perfNodeOptions;
  const workload = workloadNames.find((name) => name === values.workload);
  const wanted = workload !== undefined && isSharded(workload) ? 'sharded' : 'headgate';
  const layers = ['headgate', wanted] as const;
  const arena = await openArena({ layers, attach: values.attach });
  delete process.env.NODE_OPTIONS;
  const layer = arena.layers.find(({ name }) => name === wanted);
  if (layer) return { pids: layer.pids, endpoint: layer.endpoint, stop: arena.stop };
  await arena.stop();
  throw new Error('this tree has no router to profile');
}

async function profile({ pids, endpoint }: Subject, load: LoadGenerator): Promise<void> {
  const workload = workloadNames.find((name) => name === values.workload);
  if (!workload) throw new Error(`--workload: allowed are ${workloadNames.join(', ')}`);
  const run = (secondsMax: number): Promise<LoadResult> =>
    load.run({ endpoint, workload, connections: Number(values.connections), secondsMax, seed: 1 });
  const before = pids.map((pid) => cpuSeconds([pid]));
  await run(warmUpSeconds);
  // Of several processes the one that does the work is meant.
  const spent = pids.map((pid, index) => cpuSeconds([pid]) - before[index]!);
  const pid = pids[spent.indexOf(Math.max(...spent))]!;
  const work = async (): Promise<void> => {
    const start = cpuTime([pid]);
    const { statements, seconds } = await run(Number(values.seconds));
    const end = cpuTime([pid]);
    const each = (time: number): string => ((time / statements) * 1e6).toFixed(1);
    console.log(
      `${workload}, ${values.connections} connections: ${Math.round(statements / seconds)} queries/s; process ${pid} spent ${each(end.user - start.user)} µs of its own and ${each(end.system - start.system)} µs in the kernel on each (the profiler's share included)\n`,
    );
  };
  const folder = fileURLToPath(new URL('./results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${workload}-${pid}.${values.perf ? 'perf' : 'cpuprofile'}`);
  if (values.perf) await showPerf(pid, file, work);
  else await showFunctions(pid, file, work);
  console.log(`\n${path.relative(process.cwd(), file)}`);
}

async function showFunctions(pid: number, file: string, work: () => Promise<void>): Promise<void> {
  const found = await profileWhile(pid, work);
  writeFileSync(file, JSON.stringify(found));
  const rows = topSelfTimes(found, linesShown).map(({ name, place, share }) => [percent(share), name, place]);
  console.log(alignedTable(['% of busy time', 'function', 'place'], rows));
}

async function showPerf(pid: number, file: string, work: () => Promise<void>): Promise<void> {
  const { objects, symbols } = await perfWhile(pid, Number(values.seconds), file, work);
  const rows = (lines: typeof objects): string[][] =>
    lines.slice(0, linesShown).map(({ share, object, symbol }) => [percent(share), object, symbol]);
  console.log(alignedTable(['%', 'where', ''], rows(objects.slice(0, 6))));
  console.log(`\n${alignedTable(['%', 'where', 'symbol'], rows(symbols))}`);
}

const percent = (share: number): string => (share * 100).toFixed(1);

async function main(): Promise<void> {
  if (values.help) return console.log(usage);
  const subject = await openSubject();
  const load = new LoadGenerator(2);
  try {
    await profile(subject, load);
  } finally {
    load.stop();
    await subject.stop();
  }
}

try {
  await main();
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 1;
}
