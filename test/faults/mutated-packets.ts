/**
 * Sends mutated packets in random phases of a connection, and meanwhile asks on control connections for tokens: whatever
 * one client does, the others get their own answers, and nothing of it stays in the router.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { capability } from '../../src/mysql/protocol.ts';
import { frame } from '../support/bytes.ts';
import { readResults } from '../support/decode.ts';
import { loginHead, loginPayload } from '../support/handshake.ts';
import { type ProcessFigures, processFigures } from '../support/process-figures.ts';
import { Random } from '../support/random.ts';
import { type Endpoint, RawClient, usualCapabilities } from '../support/raw-client.ts';
import { mutate, plausibleRequest } from './mutate.ts';

export type FuzzOptions = Readonly<{
  cases: number;
  seed: number;
  database: string;
  /** Misbehaving connections at a time. */
  parallel?: number;
  progress?: (line: string) => void;
}>;

export type FuzzReport = {
  cases: number;
  refusedLogins: number;
  answers: number;
  controlAnswers: number;
  /** Every broken promise, with the seed of its case. */
  failures: string[];
  before: ProcessFigures | undefined;
  after: ProcessFigures | undefined;
};

const failuresMax = 8;

/** Runs `cases` seeded cases against a server; `pid` is watched for life and leaks. */
export async function fuzzPackets(server: Endpoint, pid: number, options: FuzzOptions): Promise<FuzzReport> {
  const { cases, seed, database, parallel = 8, progress } = options;
  const report: FuzzReport = {
    cases: 0,
    refusedLogins: 0,
    answers: 0,
    controlAnswers: 0,
    failures: [],
    before: undefined,
    after: undefined,
  };
  // Caches and pools fill first, so that only what keeps growing is seen as a leak.
  for (let i = 0; i < 50; i += 1) await playCase(server, seed ^ (0x5eed0000 + i), database, report);
  report.before = await settledFigures(pid);
  let next = 0;
  let running = true;
  const control = controlClient(server, database, () => running, report);
  const worker = async () => {
    while (next < cases && report.failures.length < failuresMax) {
      const number = next;
      next += 1;
      await playCase(server, seed + number, database, report);
      report.cases += 1;
      if (number > 0 && number % 5000 === 0)
        progress?.(`${number} of ${cases} cases, ${report.answers} answers`);
      if (number % 100 === 0 && !(await processFigures(pid))) {
        report.failures.push(`the process ${pid} is gone at case ${seed + number}`);
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  running = false;
  await control;
  report.after = await settledFigures(pid);
  return report;
}

/** One connection that misbehaves somewhere between its greeting and its end; a seed is a case. */
export async function playCase(
  server: Endpoint,
  seed: number,
  database: string,
  report: FuzzReport,
): Promise<void> {
  const random = new Random(seed);
  const compression = random.pick([undefined, undefined, 'zlib', 'zstd'] as const);
  // With query attributes the same bytes mean something else.
  const attributes = random.chance(0.2) ? capability.queryAttributes : 0;
  const options = { database, timeoutMs: 10_000, compression, with: attributes };
  if (random.chance(0.3)) return playHandshakeCase(server, random, seed, report);
  const client = await RawClient.connect(server, options).catch((error: Error) => {
    report.failures.push(`case ${seed}: a correct login failed: ${error.message}`);
  });
  if (!client) return;
  try {
    const sends = 1 + random.below(5);
    for (let i = 0; i < sends && !client.closed; i += 1) {
      const bytes = plausibleRequest(random);
      // Behind compression either the packets or the frames around them are injured.
      if (client.compressed && random.chance(0.6)) {
        client.compressed.sequence = 0;
        client.sendUnwrapped(mutate(client.compressed.wrap(bytes), random));
      } else client.sendRaw(random.chance(0.8) ? mutate(bytes, random) : bytes);
      if (random.chance(0.3))
        await Promise.race([client.receive().catch(() => undefined), sleep(random.below(5))]);
    }
    report.answers += await drain(client, random);
  } finally {
    if (random.chance(0.3)) client.reset();
    else client.destroy();
  }
}

async function playHandshakeCase(
  server: Endpoint,
  random: Random,
  seed: number,
  report: FuzzReport,
): Promise<void> {
  const client = await RawClient.open(server, 10_000).catch((error: Error) => {
    report.failures.push(`case ${seed}: no greeting: ${error.message}`);
  });
  if (!client) return;
  const login = {
    user: random.pick([server.user, 'nobody', 'x'.repeat(300)]),
    password: '',
    database: random.pick(['compare', 'nowhere', '']),
    charset: random.pick([8, 33, 45, 255, 0, 999]),
    capabilities: random.chance(0.5) ? usualCapabilities : random.below(0x4000_0000),
    attributes: { _client_name: 'fuzz', long: 'a'.repeat(random.below(400)) },
  };
  const plugin = random.pick(['caching_sha2_password', 'mysql_native_password', 'nope', '']);
  const payload = random.chance(0.2)
    ? loginHead(login.capabilities, login.charset)
    : loginPayload(login, plugin, random.bytes(random.pick([0, 0, 20, 32])));
  client.sendRaw(mutate(frame(payload, 1), random));
  if (random.chance(0.5)) client.sendRaw(random.bytes(random.below(300)));
  await drain(client, random);
  report.refusedLogins += 1;
  client.destroy();
}

/** Reads for a moment whatever comes. */
async function drain(client: RawClient, random: Random): Promise<number> {
  let packets = 0;
  const until = Date.now() + random.pick([2, 8, 30]);
  while (Date.now() < until && !client.closed) {
    const got = await Promise.race([
      client.receive().catch(() => undefined),
      sleep(8).then(() => 'late' as const),
    ]);
    if (got === 'late' || got === undefined) break;
    packets += 1;
  }
  return packets;
}

/** Asks for tokens until told to stop; each answer must be the token just asked for. */
async function controlClient(
  server: Endpoint,
  database: string,
  running: () => boolean,
  report: FuzzReport,
): Promise<void> {
  try {
    const client = await RawClient.connect(server, { database });
    for (let count = 0; running(); count += 1) {
      const token = `token-${count}-${Math.random().toString(36).slice(2)}`;
      const [result] = readResults(await client.query(`SELECT '${token}' AS t`));
      if (result?.rows[0]?.[0] !== token) {
        report.failures.push(
          `control: asked for ${token}, got ${JSON.stringify(result?.error ?? result?.rows)}`,
        );
        return;
      }
      report.controlAnswers += 1;
      await sleep(2);
    }
    await client.quit();
  } catch (error) {
    report.failures.push(`control: ${(error as Error).message}`);
  }
}

/** The figures once they have stopped falling: closed connections need a moment to be cleared away. */
async function settledFigures(pid: number): Promise<ProcessFigures | undefined> {
  let best = await processFigures(pid);
  for (let i = 0; i < 40 && best; i += 1) {
    await sleep(100);
    const now = await processFigures(pid);
    if (!now) return undefined;
    if (i > 10 && now.files >= best.files) break;
    best = now;
  }
  return best;
}
