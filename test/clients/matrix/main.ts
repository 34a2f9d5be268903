/**
 * `npm run clients`: plays all clients, says what differs, and writes docs/compatibility.md. `--only TEXT` plays those whose name
 * has the text; the others' part of the page is then as it was found last. `--report` only writes the page anew.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findServers, packageRoot } from '../../../src/local/servers.ts';
import { findClients, isMissing } from './clients.ts';
import { parting } from './compare.ts';
import { readRecord, writeRecord } from './record.ts';
import { reportOf } from './report.ts';
import { type ClientResult, playAll, resultOf } from './run.ts';
import { ClientStage, databases, PASSWORD, places } from './stage.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    only: { type: 'string', multiple: true },
    /** Only starts the servers, says where they are, and ends with its input. */
    serve: { type: 'boolean' },
    report: { type: 'boolean' },
    /** `--no-install` takes what is there. */
    install: { type: 'boolean' },
  },
});
const wanted = (name: string): boolean => values.only?.some((text) => name.includes(text)) ?? true;

const record = readRecord();

function tell(result: ClientResult): void {
  const { client, baseline, passed, ms } = result;
  const counts = [...passed].map(([place, count]) => `${place} ${count}`).join(', ');
  console.log(`== ${client.name} ${client.version}: ${baseline.size} checks, ${counts}, ${ms} ms`);
  for (const [name, { outcome, value }] of baseline) {
    if (outcome === 'error') console.log(`   mysqld, ${name}: ${value.slice(-700)}`);
  }
  for (const each of result.differences) {
    if (each.known) continue;
    console.log(`   ${each.place}, ${each.check}:\n      ${parting(each).replaceAll('\n', '\n      ')}`);
  }
}

async function serve(stage: ClientStage): Promise<void> {
  for (const place of places)
    console.log(`${place}: 127.0.0.1:${stage.port(place)}, database ${databases[place]}`);
  console.log(`user checker, password ${PASSWORD}, CA ${stage.ca}`);
  process.stdin.resume();
  await once(process.stdin, 'end');
}

async function playClients(stage: ClientStage): Promise<void> {
  for (const client of findClients().filter(({ name }) => wanted(name))) {
    if (isMissing(client)) {
      console.log(`-- ${client.name}: skipped: ${client.reason}`);
      continue;
    }
    const played = await playAll(client, stage);
    tell(resultOf(played));
    record.set(client.name, played);
    writeRecord(record);
  }
}

if (!values.report) {
  if (values.install !== false) {
    const script = join(packageRoot, 'scripts/clients.sh');
    await new Promise((resolve) => spawn('bash', [script], { stdio: 'inherit' }).once('close', resolve));
  }
  const stage = await ClientStage.set();
  try {
    await (values.serve ? serve(stage) : playClients(stage));
  } finally {
    await stage.stop();
  }
}
const clients = findClients();
const results = clients.flatMap(({ name }) => {
  const played = record.get(name);
  return played === undefined ? [] : [resultOf(played)];
});
const page = reportOf(results, clients.filter(isMissing), {
  date: new Date().toISOString().slice(0, 10),
  server: (await findServers()).mysql.version,
});
if (results.length > 0) await writeFile(join(packageRoot, 'docs/compatibility.md'), page);
const unexplained = results.flatMap(({ differences }) => differences.filter(({ known }) => !known)).length;
console.log(`${unexplained} differences without an explanation`);
process.exitCode = unexplained === 0 ? 0 : 1;
