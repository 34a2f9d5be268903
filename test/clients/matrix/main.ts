/**
 * `npm run clients`: plays all clients, says what differs, and writes docs/compatibility.md. `--only TEXT` plays those whose name
 * has the text, and writes nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findServers, packageRoot } from '../../../src/local/servers.ts';
import { findClients, isMissing } from './clients.ts';
import { parting } from './compare.ts';
import { reportOf } from './report.ts';
import { type ClientResult, playAll } from './run.ts';
import { ClientStage, databases, PASSWORD, places } from './stage.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    only: { type: 'string', multiple: true },
    /** Writes what every check gave on mysqld to this file, to read what a program really checks. */
    baseline: { type: 'string' },
    /** Only starts the servers, says where they are, and ends with its input. */
    serve: { type: 'boolean' },
    /** `--no-install` takes what is there. */
    install: { type: 'boolean' },
  },
});
const wanted = (name: string): boolean => values.only?.some((text) => name.includes(text)) ?? true;

if (values.install !== false) {
  const script = join(packageRoot, 'scripts/clients.sh');
  await new Promise((resolve) => spawn('bash', [script], { stdio: 'inherit' }).once('close', resolve));
}
const stage = await ClientStage.set();
let unexplained = 0;
const baselines: Record<string, unknown> = {};
const results: ClientResult[] = [];
try {
  if (values.serve) {
    for (const place of places)
      console.log(`${place}: 127.0.0.1:${stage.port(place)}, database ${databases[place]}`);
    console.log(`user checker, password ${PASSWORD}, CA ${stage.ca}`);
    process.stdin.resume();
    await once(process.stdin, 'end');
  }
  const chosen = values.serve ? [] : findClients().filter(({ name }) => wanted(name));
  for (const client of chosen) {
    if (isMissing(client)) {
      console.log(`-- ${client.name}: skipped: ${client.reason}`);
      continue;
    }
    const result = await playAll(client, stage);
    results.push(result);
    baselines[client.name] = Object.fromEntries(result.baseline);
    console.log(
      `== ${client.name} ${client.version}: ${result.baseline.size} checks, ${[...result.passed].map(([place, count]) => `${place} ${count}`).join(', ')}, ${result.ms} ms`,
    );
    for (const [name, { outcome, value }] of result.baseline) {
      if (outcome === 'error') console.log(`   mysqld, ${name}: ${value.slice(-700)}`);
    }
    for (const each of result.differences) {
      if (each.known) continue;
      unexplained += 1;
      console.log(`   ${each.place}, ${each.check}:\n      ${parting(each).replaceAll('\n', '\n      ')}`);
    }
  }
} finally {
  await stage.stop();
}
if (values.only === undefined && !values.serve) {
  const date = new Date().toISOString().slice(0, 10);
  const page = reportOf(results, findClients().filter(isMissing), {
    date,
    server: (await findServers()).mysql.version,
  });
  await writeFile(join(packageRoot, 'docs/compatibility.md'), page);
}
if (values.baseline) await writeFile(values.baseline, JSON.stringify(baselines, null, 1));
console.log(`${unexplained} differences without an explanation`);
process.exitCode = unexplained === 0 ? 0 : 1;
