#!/usr/bin/env node
// Starts the program under a Node that runs TypeScript as it is: the one at hand if it is new enough,
// otherwise the one that the npm package `node` has put beside us.
import { bundledNode, relay, runsTypeScript, whenOrphaned } from './node-version.mjs';

if (runsTypeScript()) {
  const { main } = await import('../src/cli/main.ts');
  whenOrphaned(() => process.kill(process.pid, 'SIGTERM'));
  await main(process.argv.slice(2));
} else {
  const node = bundledNode();
  if (node === undefined) {
    console.error(
      `headgate needs Node 22.18 or newer; this is ${process.version}. Run "npm ci" here: it brings one along.`,
    );
    process.exit(1);
  }
  process.exit(await relay(node, process.argv.slice(1)));
}
