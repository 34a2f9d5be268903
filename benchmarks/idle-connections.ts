/**
 * `npm run bench:idle`: resident memory of a router per client connection that is logged in and asks nothing, plain and with
 * TLS. The clients live in this process, the router in its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startCluster } from '../src/local/cluster.ts';
import { rootAt } from '../test/support/mysqld.ts';
import { type ConnectOptions, RawClient } from '../test/support/raw-client.ts';
import { residentBytes } from './support/process-figures.ts';
import { alignedTable } from './support/report.ts';

const { values } = parseArgs({ options: { connections: { type: 'string', default: '5000' } } });
const connections = Number(values.connections);
if (!Number.isInteger(connections) || connections < 1) throw new Error('--connections wants a whole number');

const WARM_UP_CONNECTIONS = 500;
const PARALLEL = 50;
const SETTLE_MS = 4000;

/** What MySQL's own library says of itself. */
const attributes = { _client_name: 'libmysql', _client_version: '9.7.4', _os: 'Linux', _pid: '4711' };

const kinds: readonly (readonly [string, ConnectOptions])[] = [
  ['plain', { attributes }],
  ['TLS 1.3, X25519', { attributes, tls: true, tlsOptions: { ecdhCurve: 'X25519' } }],
  ['TLS 1.3, X25519MLKEM768', { attributes, tls: true, tlsOptions: { ecdhCurve: 'X25519MLKEM768' } }],
];

const folder = mkdtempSync(path.join(tmpdir(), 'headgate-bench-'));
const dataDir = path.join(folder, 'cluster');
const tablet = (name: string): string => path.join(dataDir, 'tablets', 'local-101', name);

async function open(port: number, count: number, options: ConnectOptions): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < count) {
    const batch = Array.from({ length: Math.min(PARALLEL, count - clients.length) }, () =>
      RawClient.connect(rootAt(port), options),
    );
    clients.push(...(await Promise.all(batch)));
  }
  return clients;
}

/** A router of its own for each kind: memory that was freed once is no longer counted when it is used again. */
async function measure(options: ConnectOptions): Promise<number> {
  const cluster = await startCluster({
    dataDir,
    port: 0,
    adminPort: 0,
    replicas: 0,
    keyspaces: [{ name: 'idle', shards: 1 }],
    routerArgs: [
      '--listen-tls-mode=optional',
      `--listen-tls-cert-file=${tablet('server-cert.pem')}`,
      `--listen-tls-key-file=${tablet('server-key.pem')}`,
    ],
  });
  try {
    const { port, pids } = (await cluster.status()).router;
    for (const client of await open(port, WARM_UP_CONNECTIONS, options)) client.destroy();
    await sleep(SETTLE_MS);
    const before = residentBytes(pids);
    const clients = await open(port, connections, options);
    await sleep(SETTLE_MS);
    const bytes = residentBytes(pids) - before;
    for (const client of clients) client.destroy();
    return bytes / connections;
  } finally {
    await cluster.stop();
  }
}

try {
  const rows: string[][] = [];
  for (const [name, options] of kinds)
    rows.push([name, `${((await measure(options)) / 1024).toFixed(1)} KiB`]);
  console.log(alignedTable([`${connections} idle connections`, 'each'], rows));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
