/**
 * `npm run fuzz -- --cases 2000 --seed 7`: the fault tests at any size; ends with 1 when a promise was broken. `--only orders` plays the random
 * orders alone, `--only packets` mutated packets and cuts.
 */
import { parseArgs } from 'node:util';
import { ShardedStage } from '../sharded/stage.ts';
import { cutBySeed, prepareTables, runLoad } from './cut-connections.ts';
import { fuzzPackets } from './mutated-packets.ts';
import { fillTables, playOrders } from './random-orders.ts';
import { setStage } from './stage.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
  },
});
const cases = Number(values.cases);
const seed = Number(values.seed);
if (!Number.isInteger(cases) || !Number.isInteger(seed)) {
  throw new Error('--cases and --seed want whole numbers');
}

const failures: string[] = [];

async function playPackets(): Promise<void> {
  console.log(`${cases} mutated cases and ${cases} operations under cuts, seed ${seed}`);
  const stage = await setStage();
  try {
    await prepareTables(stage.tablet, stage.database);
    const packets = await fuzzPackets(stage.router, stage.routerPid, {
      cases,
      seed,
      database: stage.database,
      progress: console.log,
    });
    console.log('mutated packets:', packets);
    failures.push(...packets.failures);
    // Each round cuts other connections; a fresh seed per round keeps the tables' tokens apart.
    const rounds = Math.max(1, Math.round(cases / 2000));
    for (let round = 0; round < rounds; round += 1) {
      cutBySeed(stage.clientProxy, seed + round, round % 3 === 1 ? 0 : 0.8);
      cutBySeed(stage.tabletProxy, seed + round, round % 3 === 0 ? 0 : 0.5);
      stage.tabletProxy.cutAll();
      const report = await runLoad(stage.throughClientProxy, stage.tablet, {
        seed: seed + round,
        operations: 2000,
        database: stage.database,
      });
      console.log(`cuts, round ${round + 1} of ${rounds}:`, report);
      failures.push(...report.failures);
    }
    failures.push(...(await stage.accidents()));
  } finally {
    await stage.stop();
  }
}

async function playRandomOrders(): Promise<void> {
  console.log(`${cases} connections with commands in random orders, seed ${seed}`);
  const stage = await ShardedStage.set();
  try {
    const router = await stage.startRouter('--pool-connections-max=12');
    await fillTables(stage, router);
    const startedMs = performance.now();
    const report = await playOrders(stage, router, { cases, seed, progress: console.log });
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    console.log(`random orders, ${seconds} s:`, report);
    failures.push(...report.failures);
  } finally {
    await stage.stop();
  }
}

if (values.only !== 'orders') await playPackets();
if (values.only !== 'packets') await playRandomOrders();
console.log(failures.length === 0 ? 'every promise kept' : failures.join('\n'));
process.exitCode = failures.length === 0 ? 0 : 1;
