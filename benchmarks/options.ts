/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import { type LayerName, layerNames } from './support/arena.ts';
import type { Cell, Pace } from './support/comparison.ts';
import { isLarge, type WorkloadName, workloadNames } from './support/workloads.ts';

export const partNames = [...workloadNames, 'memory', 'idle', 'sharded-memory'] as const;
export type PartName = (typeof partNames)[number];

export type Options = Readonly<{
  cells: readonly Cell[];
  pace: Pace;
  memory: boolean;
  shardedMemory: boolean;
  idleConnections: number;
  layers: readonly LayerName[];
  clients: number;
  attach: string | undefined;
  routerArgs: readonly string[];
  taskset: ReadonlyMap<string, string>;
}>;

export const usage = `npm run bench -- [options]
  --quick              a few cells, two short rounds: under a minute
  --only NAME          ${partNames.join(', ')}; may be repeated
  --connections N,…    instead of 1,16,64,256 (sharded: 1,16,64; large results: 1,16; see README.md)
  --rounds N           rounds over all layers (default 3)
  --seconds N          length of one measurement (default 3)
  --layers NAME,…      ${layerNames.join(', ')}
  --clients N          client processes (default 2)
  --attach DIR         use the running cluster of "headgate local --keyspace sbtest=1 --data DIR"
  --router-arg ARG     a flag for "headgate serve", such as --router-arg=--log-level=warn; may be repeated
  --taskset ROLE=CPUS  pin mysqld, middle or clients, for example middle=2; may be repeated`;

const defaultConnections = [1, 16, 64, 256];
const largeResultConnections = [1, 16];
const shardedConnections: Partial<Record<WorkloadName, readonly number[]>> = {
  'sharded-point-text': [1, 16, 64],
  'sharded-point-prepared': [1, 16, 64],
  'sharded-aggregate': [1],
  'sharded-page': [1, 16],
  'sharded-range': [1, 16],
  'sharded-insert-100': [4],
  'sharded-insert-1000': [4],
  'sharded-plan': [1, 16],
  'sharded-result': [1],
};
const idleConnections = 1000;

const quickCells: readonly Cell[] = [
  { workload: 'point-text', connections: 1 },
  { workload: 'point-text', connections: 64 },
  { workload: 'point-prepared', connections: 64 },
  { workload: 'read-write', connections: 16 },
  { workload: 'large-result', connections: 1 },
  { workload: 'sharded-point-text', connections: 16 },
  { workload: 'sharded-range', connections: 16 },
];

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      connections: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      layers: { type: 'string', default: layerNames.join(',') },
      clients: { type: 'string', default: '2' },
      attach: { type: 'string' },
      'router-arg': { type: 'string', multiple: true, default: [] },
      taskset: { type: 'string', multiple: true, default: [] },
    },
  });
  const { quick } = values;
  const only = values.only.map((name) => oneOf(partNames, name, '--only'));
  const connections = values.connections?.split(',').map((text) => positive(text, '--connections'));
  const includes = (part: PartName): boolean => (only.length === 0 ? !quick : only.includes(part));
  return {
    cells: chooseCells(quick, only, connections),
    pace: {
      rounds: positive(values.rounds ?? (quick ? '2' : '3'), '--rounds'),
      seconds: positive(values.seconds ?? (quick ? '0.9' : '3'), '--seconds'),
      warmUpSeconds: quick ? 0.2 : 0.7,
    },
    memory: includes('memory'),
    shardedMemory: includes('sharded-memory'),
    idleConnections: includes('idle') ? idleConnections : 0,
    layers: values.layers.split(',').map((name) => oneOf(layerNames, name, '--layers')),
    clients: positive(values.clients, '--clients'),
    attach: values.attach,
    routerArgs: values['router-arg'],
    taskset: new Map(values.taskset.map(readPin)),
  };
}

function chooseCells(
  quick: boolean,
  only: readonly PartName[],
  connections: readonly number[] | undefined,
): readonly Cell[] {
  const isWanted = (workload: WorkloadName): boolean => only.length === 0 || only.includes(workload);
  if (quick && !connections) return quickCells.filter(({ workload }) => isWanted(workload));
  return workloadNames.filter(isWanted).flatMap((workload) => {
    const byDefault =
      shardedConnections[workload] ?? (isLarge(workload) ? largeResultConnections : defaultConnections);
    return (connections ?? byDefault).map((count) => ({ workload, connections: count }));
  });
}

function oneOf<T extends string>(allowed: readonly T[], text: string, flag: string): T {
  const found = allowed.find((name) => name === text);
  if (!found) throw new Error(`${flag} ${text}: allowed are ${allowed.join(', ')}`);
  return found;
}

function positive(text: string, flag: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${flag} ${text}: a number above zero is wanted`);
  return value;
}

function readPin(text: string): [string, string] {
  const [role = '', cpus = ''] = text.split('=');
  oneOf(['mysqld', 'middle', 'clients'] as const, role, '--taskset');
  if (!/^[\d,-]+$/.test(cpus)) throw new Error(`--taskset ${text}: a list such as 0-1,3 is wanted`);
  return [role, cpus];
}
