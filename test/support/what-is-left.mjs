/** Loaded into a router by NODE_OPTIONS: on SIGUSR2 it collects garbage and writes what is left to standard error, as JSON. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

process.on('SIGUSR2', () => {
  collectGarbage();
  collectGarbage();
  const resources = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  const { rss, heapUsed } = process.memoryUsage();
  process.stderr.write(`${JSON.stringify({ msg: 'what is left', resources, rss, heapUsed })}\n`);
});
