/**
 * One workload with so many connections over all layers, in turns: what the machine does meanwhile hits every layer
 * alike, and ratios are taken within a round.
 */
import type { Arena, Layer, LayerName } from './arena.ts';
import type { LoadGenerator } from './load.ts';
import { type CpuTime, cpuSeconds, cpuTime, residentBytes } from './process-figures.ts';
import { isSharded, type WorkloadName } from './workloads.ts';

export type Cell = Readonly<{ workload: WorkloadName; connections: number }>;

export type Pace = Readonly<{ rounds: number; seconds: number; warmUpSeconds: number }>;

/** One layer in one round, or its medians over all rounds. "Middle" is the layer's own processes. */
export type Figures = {
  statementsPerSecond: number;
  operationsPerSecond: number;
  megabytesPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  p999Ms: number;
  middleCpuSecondsPer1000: number;
  /** The part of it outside the kernel. */
  middleUserCpuSecondsPer1000: number;
  mysqldCpuSecondsPer1000: number;
  middleCpuSecondsPerGigabyte: number;
  middleResidentBytes: number;
  middlePeakResidentBytes: number;
  /** Cores that the client processes used: near their number, they were the bottleneck. */
  clientCores: number;
};

/** Medians of the ratios within each round; absent where the layer to compare with was not measured. */
export type Ratios = {
  throughputToDirect?: number;
  /** What the layer adds to direct's p50, against what HAProxy adds. */
  addedP50ToHaproxy?: number;
  cpuToHaproxy?: number;
  cpuWithMysqldToHaproxy?: number;
  /** Against the keyspace with one shard. */
  cpuToUnsharded?: number;
  /** A query's time when its plan has to be made, against the same when it is known. */
  p50ToCached?: number;
};

export type LayerResult = Readonly<{
  layer: LayerName;
  medians: Figures;
  ratios: Ratios;
  rounds: readonly Figures[];
}>;
export type CellResult = Cell & Readonly<{ layers: readonly LayerResult[] }>;

/** The layers that a workload is for. */
function layersFor(workload: WorkloadName): readonly LayerName[] {
  if (workload === 'sharded-plan') return ['sharded', 'cold'];
  return isSharded(workload) ? ['direct', 'headgate', 'sharded'] : ['direct', 'haproxy', 'headgate'];
}

export async function compare(
  arena: Arena,
  load: LoadGenerator,
  cell: Cell,
  pace: Pace,
): Promise<CellResult> {
  const wanted = layersFor(cell.workload);
  const compared = arena.layers.filter(({ name }) => wanted.includes(name));
  const rounds = new Map<LayerName, Figures[]>(compared.map(({ name }) => [name, []]));
  for (const layer of compared) await measure(arena, load, layer, cell, pace.warmUpSeconds, 0);
  for (let round = 1; round <= pace.rounds; round++) {
    for (let turn = 0; turn < compared.length; turn++) {
      // Every round begins with another layer, so that none always comes after the same neighbour.
      const layer = compared[(round + turn) % compared.length]!;
      rounds.get(layer.name)!.push(await measure(arena, load, layer, cell, pace.seconds, round));
    }
  }
  const layers = [...rounds].map(([layer, figures]) => ({
    layer,
    medians: medianFigures(figures),
    ratios: layerRatios(layer, rounds),
    rounds: figures,
  }));
  return { ...cell, layers };
}

async function measure(
  arena: Arena,
  load: LoadGenerator,
  layer: Layer,
  cell: Cell,
  secondsMax: number,
  seed: number,
): Promise<Figures> {
  let before: CpuTime = { user: 0, system: 0 };
  let after = before;
  let mysqld = 0;
  let resident = 0;
  let peak = 0;
  const result = await load.run(
    { endpoint: layer.endpoint, fresh: layer.fresh ?? false, ...cell, secondsMax, seed },
    {
      started: () => {
        before = cpuTime(layer.pids);
        mysqld = cpuSeconds(arena.mysqldPids);
      },
      finished: () => {
        after = cpuTime(layer.pids);
        mysqld = cpuSeconds(arena.mysqldPids) - mysqld;
        resident = residentBytes(layer.pids);
        peak = residentBytes(layer.pids, 'VmHWM');
      },
    },
  );
  const user = after.user - before.user;
  const middle = user + after.system - before.system;
  return {
    statementsPerSecond: result.statements / result.seconds,
    operationsPerSecond: result.operations / result.seconds,
    megabytesPerSecond: result.bytes / result.seconds / 1e6,
    p50Ms: result.histogram.percentileMs(0.5),
    p99Ms: result.histogram.percentileMs(0.99),
    p999Ms: result.histogram.percentileMs(0.999),
    middleCpuSecondsPer1000: (middle / result.statements) * 1000,
    middleUserCpuSecondsPer1000: (user / result.statements) * 1000,
    mysqldCpuSecondsPer1000: (mysqld / result.statements) * 1000,
    middleCpuSecondsPerGigabyte: (middle / result.bytes) * 1e9,
    middleResidentBytes: resident,
    middlePeakResidentBytes: peak,
    clientCores: result.clientCpuSeconds / result.seconds,
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function medianFigures(rounds: readonly Figures[]): Figures {
  const names = Object.keys(rounds[0]!) as (keyof Figures)[];
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((figures) => figures[name]))]),
  ) as Figures;
}

function layerRatios(layer: LayerName, rounds: ReadonlyMap<LayerName, readonly Figures[]>): Ratios {
  const own = rounds.get(layer)!;
  const ratio = (to: LayerName, value: (figures: Figures, round: number) => number): number | undefined => {
    const other = rounds.get(to);
    if (!other || layer === to) return undefined;
    return median(own.map((figures, round) => value(figures, round) / value(other[round]!, round)));
  };
  const direct = rounds.get('direct');
  const addedP50 = ({ p50Ms }: Figures, round: number): number => p50Ms - direct![round]!.p50Ms;
  const middle = (figures: Figures): number => figures.middleCpuSecondsPer1000;
  const both = (figures: Figures): number => middle(figures) + figures.mysqldCpuSecondsPer1000;
  const ratios = {
    throughputToDirect: ratio('direct', (figures) => figures.statementsPerSecond),
    addedP50ToHaproxy: layer === 'direct' || !direct ? undefined : ratio('haproxy', addedP50),
    cpuToHaproxy: layer === 'direct' ? undefined : ratio('haproxy', middle),
    cpuWithMysqldToHaproxy: ratio('haproxy', both),
    cpuToUnsharded: layer === 'sharded' ? ratio('headgate', middle) : undefined,
    p50ToCached: layer === 'cold' ? ratio('sharded', (figures) => figures.p50Ms) : undefined,
  };
  return Object.fromEntries(Object.entries(ratios).filter(([, value]) => value !== undefined));
}
