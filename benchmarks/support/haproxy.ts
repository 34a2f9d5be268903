/** HAProxy in front of a server, as the yardstick of a layer that only copies bytes: one thread, TCP mode. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, isPortFree } from '../../src/local/ports.ts';
import { logTail, startServer } from '../../src/local/server-process.ts';

const readyMsMax = 20_000;

export type RunningHaproxy = Readonly<{ host: string; port: number; pid: number; stop: () => Promise<void> }>;

export async function startHaproxy(
  program: string,
  folder: string,
  backendPort: number,
): Promise<RunningHaproxy> {
  const port = await freePort();
  const configFile = path.join(folder, 'haproxy.cfg');
  writeFileSync(configFile, configuration(port, backendPort));
  const logFile = path.join(folder, 'haproxy.log');
  const server = await startServer({ program, args: ['-db', '-f', configFile], logFile });
  const giveUpAtMs = Date.now() + readyMsMax;
  while (await isPortFree(port)) {
    if (server.end() !== undefined || Date.now() > giveUpAtMs) {
      await server.stop();
      throw new Error(`HAProxy did not start:\n${logTail(logFile)}`);
    }
    await sleep(25);
  }
  return { host: '127.0.0.1', port, pid: server.identity.pid, stop: () => server.stop() };
}

const configuration = (port: number, backendPort: number): string => `global
  nbthread 1
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen mysql
  bind 127.0.0.1:${port}
  server only 127.0.0.1:${backendPort}
`;
