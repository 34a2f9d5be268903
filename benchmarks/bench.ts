/** `npm run bench`: direct MySQL, HAProxy and Headgate side by side, in one interleaved run. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Options, readOptions, usage } from './options.ts';
import { type Arena, type Layer, type LayerName, openArena } from './support/arena.ts';
import { type Cell, type CellResult, compare } from './support/comparison.ts';
import { LoadGenerator } from './support/load.ts';
import { type Machine, machineFacts } from './support/machine.ts';
import { type IdleResult, type MemoryResult, measureIdle, measureMemory } from './support/memory.ts';
import { cellTable, idleTable, machineLines, memoryTable } from './support/report.ts';
import { isSharded } from './support/workloads.ts';

type Results = {
  machine: Machine | undefined;
  cells: CellResult[];
  memory: MemoryResult[];
  idle: IdleResult[];
};

const progress = (text: string): void => console.error(text);

/** Work in an arena with these layers. */
type Part = Readonly<{ layers: readonly LayerName[]; work: (arena: Arena) => Promise<void> }>;

const inTheMiddle = (arena: Arena): Layer[] => arena.layers.filter(({ pids }) => pids.length > 0);

const plainLayers: readonly LayerName[] = ['direct', 'haproxy', 'headgate'];
const shardedLayers: readonly LayerName[] = ['direct', 'headgate', 'sharded', 'cold'];

/** Each part gets servers of its own: a heap that one has grown would hide or shift what the next one measures. */
function partsOf(options: Options, load: LoadGenerator, results: Results): Part[] {
  const memory = async (arena: Arena): Promise<void> => {
    for (const layer of inTheMiddle(arena)) {
      // The same as `sharded`.
      if (layer.name === 'cold') continue;
      progress(`memory: ${layer.name}`);
      results.memory.push(await measureMemory(layer));
    }
  };
  const idle = async (arena: Arena): Promise<void> => {
    for (const layer of inTheMiddle(arena)) {
      progress(`idle connections: ${layer.name}`);
      results.idle.push(await measureIdle(layer, options.idleConnections));
    }
  };
  const cells = (chosen: readonly Cell[]) => async (arena: Arena) => {
    pin(options, arena, load);
    for (const cell of chosen) {
      progress(`${cell.workload}, ${cell.connections} connections`);
      results.cells.push(await compare(arena, load, cell, options.pace));
    }
  };
  const wanted = (names: readonly LayerName[]) => names.filter((name) => options.layers.includes(name));
  const plain = wanted(plainLayers);
  const sharded = wanted(shardedLayers);
  const plainCells = options.cells.filter(({ workload }) => !isSharded(workload));
  const shardedCells = options.cells.filter(({ workload }) => isSharded(workload));
  return [
    ...(options.memory ? [{ layers: plain, work: memory }] : []),
    ...(options.shardedMemory ? [{ layers: wanted(['headgate', 'sharded']), work: memory }] : []),
    ...(options.idleConnections > 0 ? [{ layers: plain, work: idle }] : []),
    ...(plainCells.length > 0 ? [{ layers: plain, work: cells(plainCells) }] : []),
    ...(shardedCells.length > 0 ? [{ layers: sharded, work: cells(shardedCells) }] : []),
  ];
}

function print(results: Results): void {
  const tables = [
    results.cells.length > 0 ? cellTable(results.cells) : '',
    results.memory.length > 0 ? memoryTable(results.memory) : '',
    results.idle.length > 0 ? idleTable(results.idle) : '',
  ].filter((table) => table !== '');
  const facts = results.machine ? [machineLines(results.machine)] : [];
  console.log([...facts, ...tables].join('\n\n'));
}

function save(results: Results): string {
  const folder = fileURLToPath(new URL('./results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  return path.relative(process.cwd(), file);
}

function pin(options: Options, arena: Arena, load: LoadGenerator): void {
  const roles = new Map([
    ['mysqld', arena.mysqldPids],
    ['middle', arena.layers.flatMap(({ pids }) => pids)],
    ['clients', load.pids],
  ]);
  for (const [role, cpus] of options.taskset) {
    for (const pid of roles.get(role) ?? []) {
      execFileSync('taskset', ['-a', '-p', '-c', cpus, String(pid)], { stdio: 'ignore' });
    }
  }
}

async function inArena(options: Options, results: Results, { layers, work }: Part): Promise<void> {
  progress('starting servers and filling the table');
  const arena = await openArena({ ...options, layers });
  const interrupt = (): void => void arena.stop().finally(() => process.exit(130));
  process.once('SIGINT', interrupt);
  try {
    results.machine ??= machineFacts(arena);
    const missing = layers.filter((name) => !arena.layers.some((layer) => layer.name === name));
    if (missing.length > 0) progress(`not available here, so not measured: ${missing.join(', ')}`);
    await work(arena);
  } finally {
    process.off('SIGINT', interrupt);
    await arena.stop();
  }
}

async function main(options: Options): Promise<void> {
  const load = new LoadGenerator(options.clients);
  const results: Results = { machine: undefined, cells: [], memory: [], idle: [] };
  try {
    for (const part of partsOf(options, load, results)) await inArena(options, results, part);
    print(results);
    progress(`\nall rounds: ${save(results)}`);
  } finally {
    load.stop();
  }
}

try {
  if (process.argv.includes('--help')) console.log(usage);
  else await main(readOptions(process.argv.slice(2)));
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 1;
}
