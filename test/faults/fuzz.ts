/** `npm run fuzz -- --cases 100000 --seed 7`: the fault tests at any size; ends with 1 when a promise was broken. */
import { parseArgs } from 'node:util';
import { cutBySeed, prepareTables, runLoad } from './cut-connections.ts';
import { fuzzPackets } from './mutated-packets.ts';
import { setStage } from './stage.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const cases = Number(values.cases);
const seed = Number(values.seed);
if (!Number.isInteger(cases) || !Number.isInteger(seed)) {
  throw new Error('--cases and --seed want whole numbers');
}

console.log(`${cases} mutated cases and ${cases} operations under cuts, seed ${seed}`);
const stage = await setStage();
const failures: string[] = [];
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
console.log(failures.length === 0 ? 'every promise kept' : failures.join('\n'));
process.exitCode = failures.length === 0 ? 0 : 1;
