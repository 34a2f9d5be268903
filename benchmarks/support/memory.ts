/** What results and idle connections cost a layer in memory. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AnswerReader } from './answer-reader.ts';
import type { Layer, LayerName } from './arena.ts';
import { Connection, type Endpoint } from './connection.ts';
import { MemorySampler, residentBytes } from './process-figures.ts';
import { openScript, type WorkloadName } from './workloads.ts';

/** Rows of about 200 bytes. */
const smallRows = 50_000;
const largeRows = 5_000_000;
const slowSeconds = 20;
const slowBytesPerSecond = 1_000_000;

/** A 1 GB result may raise the resident memory by this much over a 10 MB one. */
export const growthBytesMax = 32 * 1024 * 1024;

export type MemoryResult = Readonly<{
  layer: LayerName;
  smallPeakBytes: number;
  largePeakBytes: number;
  slowPeakBytes: number;
  largeGrowthBytes: number;
  slowGrowthBytes: number;
  withinBar: boolean;
}>;

/** Peak memory of a layer under a 10 MB result, a 1 GB result, and a 1 GB result whose reader takes 1 MB/s. */
export async function measureMemory(layer: Layer): Promise<MemoryResult> {
  const peak = async (work: () => Promise<void>): Promise<number> => {
    const sampler = new MemorySampler(layer.pids);
    try {
      await work();
    } finally {
      sampler.stop();
    }
    return sampler.stop();
  };
  // The first results also load code and grow the heap to its usual size.
  for (let warmUp = 0; warmUp < 3; warmUp++) await readResult(layer, smallRows);
  const smallPeakBytes = await peak(() => readResult(layer, smallRows));
  const largePeakBytes = await peak(() => readResult(layer, largeRows));
  const slowPeakBytes = await peak(() => readSlowly(layer));
  await readResult(layer, smallRows);
  const largeGrowthBytes = largePeakBytes - smallPeakBytes;
  const slowGrowthBytes = slowPeakBytes - smallPeakBytes;
  return {
    layer: layer.name,
    smallPeakBytes,
    largePeakBytes,
    slowPeakBytes,
    largeGrowthBytes,
    slowGrowthBytes,
    withinBar: Math.max(largeGrowthBytes, slowGrowthBytes) < growthBytesMax,
  };
}

/** Of a sharded keyspace: the rows of all shards, merged. */
const workloadOf = ({ name }: Layer): WorkloadName =>
  name === 'sharded' ? 'sharded-result' : 'large-result';

async function readResult(layer: Layer, rows: number): Promise<void> {
  const connection = await Connection.open(layer.endpoint);
  const script = await openScript(workloadOf(layer), connection, 1, { rows });
  try {
    await new Promise<void>((resolve, reject) => {
      const reader = new AnswerReader(script.tokenAt, () => {
        if (script.accept(reader) === 'operation') resolve();
        else reject(new Error(`incomplete result: ${reader.rows} of ${rows} rows ${reader.errorText}`));
      });
      connection.reader = reader;
      connection.onFailure = reject;
      connection.socket.write(script.next());
    });
  } finally {
    connection.close();
  }
}

/** Takes a large result at a trickle for a while, then hangs up in the middle of it. */
async function readSlowly(layer: Layer): Promise<void> {
  const connection = await Connection.open(layer.endpoint);
  const script = await openScript(workloadOf(layer), connection, 1, { rows: largeRows });
  const reader = new AnswerReader(script.tokenAt, () => {});
  const broken = new Promise<never>((_, reject) => {
    connection.onFailure = reject;
  });
  connection.reader = reader;
  connection.bytesPerSecondMax = slowBytesPerSecond;
  connection.socket.write(script.next());
  try {
    await Promise.race([sleep(slowSeconds * 1000), broken]);
  } finally {
    connection.onFailure = () => {};
    connection.close();
  }
  const expectedBytes = slowSeconds * slowBytesPerSecond;
  if (reader.bytes < expectedBytes / 2) throw new Error(`the slow reader got only ${reader.bytes} bytes`);
}

export type IdleResult = Readonly<{ layer: LayerName; connections: number; bytesPerConnection: number }>;

const settleMs = 2000;
const warmUpConnections = 100;

/** Resident memory per connection that has logged in and asks nothing. */
export async function measureIdle(layer: Layer, connections: number): Promise<IdleResult> {
  closeAll(await openMany(layer.endpoint, warmUpConnections));
  await sleep(settleMs);
  const before = residentBytes(layer.pids);
  const opened = await openMany(layer.endpoint, connections);
  await sleep(settleMs);
  const after = residentBytes(layer.pids);
  closeAll(opened);
  await sleep(settleMs);
  return { layer: layer.name, connections, bytesPerConnection: (after - before) / connections };
}

async function openMany(endpoint: Endpoint, count: number): Promise<Connection[]> {
  const opened: Connection[] = [];
  while (opened.length < count) {
    const batch = Array.from({ length: Math.min(50, count - opened.length) }, () =>
      Connection.open(endpoint),
    );
    opened.push(...(await Promise.all(batch)));
  }
  return opened;
}

function closeAll(connections: readonly Connection[]): void {
  for (const connection of connections) connection.close();
}
