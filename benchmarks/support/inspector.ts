/**
 * A CPU profile of a running Node process, taken from outside: SIGUSR1 makes any Node open its inspector, so the
 * process needs no special start and is profiled warm.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isPortFree } from '../../src/local/ports.ts';

/** Where Node opens the inspector unless told otherwise. */
const inspectorPort = 9229;
const openMsMax = 5000;

export type ProfileNode = Readonly<{
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
}>;
export type CpuProfile = Readonly<{ nodes: ProfileNode[]; samples: number[]; timeDeltas: number[] }>;

/** Profiles process `pid` while `work` runs. */
export async function profileWhile(pid: number, work: () => Promise<void>): Promise<CpuProfile> {
  if (!(await isPortFree(inspectorPort))) {
    throw new Error(`port ${inspectorPort} is in use: end the other Node process that is being debugged`);
  }
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await debuggerUrl(pid));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const call = callsOver(socket);
  await call('Profiler.enable');
  await call('Profiler.setSamplingInterval', { interval: 200 });
  await call('Profiler.start');
  await work();
  const { profile } = (await call('Profiler.stop')) as { profile: CpuProfile };
  socket.close();
  return profile;
}

async function debuggerUrl(pid: number): Promise<string> {
  const giveUpAtMs = Date.now() + openMsMax;
  for (;;) {
    try {
      const answer = await fetch(`http://127.0.0.1:${inspectorPort}/json/list`);
      const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
      if (target) return target.webSocketDebuggerUrl;
    } catch (cause) {
      if (Date.now() > giveUpAtMs) throw new Error(`process ${pid} opened no inspector`, { cause });
    }
    await sleep(50);
  }
}

type Call = (method: string, params?: object) => Promise<unknown>;

function callsOver(socket: WebSocket): Call {
  const waiting = new Map<number, (result: unknown) => void>();
  let lastId = 0;
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
    if (id !== undefined) waiting.get(id)?.(result);
  };
  return (method, params = {}) =>
    new Promise((resolve) => {
      waiting.set(++lastId, resolve);
      socket.send(JSON.stringify({ id: lastId, method, params }));
    });
}

export type SelfTime = Readonly<{ name: string; place: string; share: number }>;

/** Functions by their own time, most expensive first; `share` is of the time in which the process was not idle. */
export function topSelfTimes(profile: CpuProfile, count: number): SelfTime[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const times = new Map<string, { name: string; place: string; time: number }>();
  let busy = 0;
  for (const [index, id] of profile.samples.entries()) {
    const { functionName, url, lineNumber } = nodes.get(id)!.callFrame;
    if (functionName === '(idle)') continue;
    const time = profile.timeDeltas[index]!;
    busy += time;
    const place =
      url === ''
        ? 'native'
        : `${url.replace(/^file:\/\/.*?\/(src|node_modules)\//, '$1/')}:${lineNumber + 1}`;
    const name = functionName === '' ? '(anonymous)' : functionName;
    const key = `${name} ${place}`;
    const entry = times.get(key) ?? { name, place, time: 0 };
    entry.time += time;
    times.set(key, entry);
  }
  return [...times.values()]
    .toSorted((a, b) => b.time - a.time)
    .slice(0, count)
    .map(({ name, place, time }) => ({ name, place, share: time / busy }));
}
