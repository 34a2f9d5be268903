import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { localError } from './local-error.ts';
import { freePort } from './ports.ts';
import { describeEnd, logTail, type ServerProcess, startServer } from './server-process.ts';
import { findServers, type Servers } from './servers.ts';

export type EtcdOptions = Readonly<{
  /** Made when it is missing; data in it is used again. */
  dataDir: string;
  port?: number;
  peerPort?: number;
  logFile?: string;
  servers?: Servers;
  /** Told of the process as soon as it runs, long before it answers. */
  onProcess?: (process: ServerProcess) => void;
}>;

/** A running etcd of one member. */
export type RunningEtcd = Readonly<{
  host: string;
  port: number;
  peerPort: number;
  process: ServerProcess;
  stop(): Promise<void>;
}>;

const HOST = '127.0.0.1';
const READY_MS_MAX = 60_000;
const POLL_MS = 25;

async function isHealthy(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://${HOST}:${port}/health`, { signal: AbortSignal.timeout(1_000) });
    return ((await answer.json()) as { health?: string }).health === 'true';
  } catch {
    return false;
  }
}

/** Starts etcd and waits until it has elected itself. */
export async function startEtcd(options: EtcdOptions): Promise<RunningEtcd> {
  const { etcd } = options.servers ?? (await findServers());
  const port = options.port ?? (await freePort());
  const peerPort = options.peerPort ?? (await freePort());
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const peerUrl = `http://${HOST}:${peerPort}`;
  const clientUrl = `http://${HOST}:${port}`;
  const process = await startServer({
    program: etcd.etcd,
    args: [
      '--name=local',
      `--data-dir=${options.dataDir}`,
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=local=${peerUrl}`,
      // A single member has nobody to wait for.
      '--heartbeat-interval=50',
      '--election-timeout=250',
      '--auto-compaction-mode=periodic',
      '--auto-compaction-retention=1h',
      '--log-level=warn',
      '--logger=zap',
    ],
    logFile: options.logFile ?? `${options.dataDir}.log`,
  });
  options.onProcess?.(process);
  const giveUpAtMs = Date.now() + READY_MS_MAX;
  while (!(await isHealthy(port))) {
    const end = process.end();
    if (end !== undefined || Date.now() > giveUpAtMs) {
      await process.stop();
      const why = end === undefined ? 'does not answer' : `ended with ${describeEnd(end)}`;
      throw localError(`etcd ${why}; ${process.logFile} says:\n${logTail(process.logFile)}`);
    }
    await sleep(POLL_MS);
  }
  return { host: HOST, port, peerPort, process, stop: () => process.stop() };
}
