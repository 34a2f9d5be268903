/** `npm run bench`: direct MySQL, HAProxy and Headgate side by side, in one interleaved run. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Options, readOptions, usage } from './options.ts';
import { type Arena, openArena } from './support/arena.ts';
import { type CellResult, compare } from './support/comparison.ts';
import { LoadGenerator } from './support/load.ts';
import { type Machine, machineFacts } from './support/machine.ts';
import { type IdleResult, type MemoryResult, measureIdle, measureMemory } from './support/memory.ts';
import { cellTable, idleTable, machineLines, memoryTable } from './support/report.ts';

type Results = { machine: Machine; cells: CellResult[]; memory: MemoryResult[]; idle: IdleResult[] };

const progress = (text: string): void => console.error(text);

async function measureAll(arena: Arena, options: Options, load: LoadGenerator): Promise<Results> {
  const results: Results = { machine: machineFacts(arena), cells: [], memory: [], idle: [] };
  // Memory first: a layer that has served hundreds of connections has a bigger heap to hide growth in.
  for (const layer of arena.layers.filter(({ pids }) => pids.length > 0)) {
    if (options.memory) {
      progress(`memory: ${layer.name}`);
      results.memory.push(await measureMemory(layer));
    }
    if (options.idleConnections > 0) {
      progress(`idle connections: ${layer.name}`);
      results.idle.push(await measureIdle(layer, options.idleConnections));
    }
  }
  for (const cell of options.cells) {
    progress(`${cell.workload}, ${cell.connections} connections`);
    results.cells.push(await compare(arena, load, cell, options.pace));
  }
  return results;
}

function print(results: Results): void {
  const tables = [
    results.cells.length > 0 ? cellTable(results.cells) : '',
    results.memory.length > 0 ? memoryTable(results.memory) : '',
    results.idle.length > 0 ? idleTable(results.idle) : '',
  ].filter((table) => table !== '');
  console.log([machineLines(results.machine), ...tables].join('\n\n'));
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

async function main(options: Options): Promise<void> {
  progress('starting servers and filling the table');
  const arena = await openArena(options);
  const load = new LoadGenerator(options.clients);
  process.once('SIGINT', () => {
    load.stop();
    void arena.stop().finally(() => process.exit(130));
  });
  try {
    const missing = options.layers.filter((name) => !arena.layers.some((layer) => layer.name === name));
    if (missing.length > 0) progress(`not available here, so not measured: ${missing.join(', ')}`);
    pin(options, arena, load);
    const results = await measureAll(arena, options, load);
    print(results);
    progress(`\nall rounds: ${save(results)}`);
  } finally {
    load.stop();
    await arena.stop();
  }
}

try {
  if (process.argv.includes('--help')) console.log(usage);
  else await main(readOptions(process.argv.slice(2)));
} catch (cause) {
  console.error(cause instanceof Error ? cause.message : cause);
  process.exitCode = 1;
}
